"""``kdcourse doctor`` finds each fault and says what to do about it, in the reader's language."""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import SmallCourse

from kdcourse.course import FIGURE_FONT
from kdcourse.texts import LANGUAGES, use_language
from kdcourse.workspace import doctor
from kdcourse.workspace.doctor import Finding, examine, show
from kdcourse.workspace.kit import Kit, kit
from kdcourse.workspace.manifest import manifest_path
from kdcourse.workspace.sync import synchronise


@pytest.fixture
def home(tmp_path: Path, small_course: SmallCourse) -> Path:
    synchronise(tmp_path / "home", "en", small_course.root, kit().version)
    return tmp_path / "home"


def faults(findings: Any) -> list[Finding]:
    return [finding for finding in findings if finding.state == "fault"]


def test_a_sound_installation_has_no_fault(
    home: Path, small_course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(examine(home, small_course.root))
    said = capsys.readouterr().out
    assert said.rstrip().endswith("Everything is in order.")
    assert f"Python {sys.version.split()[0]}" in said
    for word in ("Packages", "font", "Disk", "Workspace", "Data", "kernel", "Terminal"):
        assert word in said


@pytest.mark.parametrize(("lang", "word"), [("en", "fault"), ("zh-CN", "有问题")])
def test_a_fault_is_a_word_a_sentence_and_a_remedy(
    lang: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    use_language(lang)
    long = "what " * 60
    assert not show(iter([Finding("ok", "fine"), Finding("fault", long, "do this")]))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(word)
    assert long in lines[1]  # not broken: a pipe has no width
    assert lines[2].strip() == "-> do this"


def test_another_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "kit", lambda: Kit("0.1.0", ">=99", ()))
    finding = doctor.check_python()
    assert finding.state == "fault"
    assert ">=99" in finding.remedy


def test_each_missing_or_outdated_package_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(name: str) -> str:
        if name == "pandas":
            raise PackageNotFoundError(name)
        return "0.19" if name == "typer" else "1.0"

    monkeypatch.setattr(doctor, "installed_version", version)
    needs = ("pandas>=3.0,<4", "typer>=0.20", "packaging", 'nbval; extra == "test"')
    monkeypatch.setattr(doctor, "kit", lambda: Kit("0.1.0", ">=3.11", needs))
    missing, *others = doctor.check_packages()
    assert "pandas" in missing.found
    assert missing.remedy == f'Run: "{sys.executable}" -m pip install "pandas<4,>=3.0"'
    (outdated,) = others  # a package in range, and one only tests need, are no fault
    assert "typer is 0.19; needed: typer>=0.20" in outdated.found
    assert outdated.state == missing.state == "fault"


def test_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=499 * 10**6))
    finding = doctor.check_disk(home / "not" / "yet")
    assert finding.state == "fault"
    assert "500 MB" in finding.remedy
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=500 * 10**6))
    assert doctor.check_disk(home).state == "ok"


def test_a_workspace_not_made_yet_is_no_fault(tmp_path: Path) -> None:
    assert doctor.check_workspace(tmp_path / "new").state == "note"
    assert doctor.check_workspace(tmp_path).state == "note"
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_that_cannot_be_used(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in doctor.check_workspace(tmp_path / "file").remedy
    stored = json.loads(manifest_path(home).read_bytes())
    manifest_path(home).write_text(json.dumps(stored | {"kit": "99.0"}))
    assert "99.0" in doctor.check_workspace(home).remedy

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    manifest_path(home).write_text(json.dumps(stored))
    monkeypatch.setattr(Path, "touch", refuse)
    assert "Permission denied" in doctor.check_workspace(home).remedy
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert doctor.check_workspace(tmp_path / "new").state == "fault"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_damaged_data_of_the_workspace_is_named(
    home: Path, small_course: SmallCourse, damage: str, lang: str
) -> None:
    use_language(lang)
    data = home / "datasets" / "lanyan" / "shipments.csv"
    data.write_text("?") if damage == "changed" else data.unlink()
    (fault,) = faults(examine(home, small_course.root))
    assert str(data) in fault.found
    assert "kdcourse start" in fault.found


def test_damaged_files_of_the_kit_are_named_with_the_way_back(
    home: Path, small_course: SmallCourse
) -> None:
    (small_course.root / "datasets" / "lanyan" / "shipments.csv").write_text("?")
    fault = doctor.check_kit_files(small_course.root)
    assert "lanyan/shipments.csv" in fault.found
    assert "--force-reinstall" in fault.remedy
    (small_course.root / ".git").mkdir()
    assert "git -C" in doctor.check_kit_files(small_course.root).remedy
    shutil.rmtree(small_course.root / "notebooks" / "zh-CN")
    small_course.data("as it was")
    fault = doctor.check_kit_files(small_course.root)
    assert "notebooks/zh-CN/00-start-here.ipynb is missing" in fault.found
    assert fault.remedy.endswith("checkout -- notebooks/zh-CN/00-start-here.ipynb")


def test_the_figures_font_is_opened(tmp_path: Path) -> None:
    assert doctor.check_font(FIGURE_FONT, tmp_path).state == "ok"
    broken = tmp_path / "font.otf"
    assert doctor.check_font(broken, tmp_path).state == "fault"
    broken.write_bytes(b"no font")
    finding = doctor.check_font(broken, tmp_path)
    assert finding.state == "fault"
    assert str(broken) in finding.found


@pytest.mark.parametrize(
    ("program", "state"),
    [("python", "ok"), ("python3", "ok"), (sys.executable, "ok"), ("/opt/other/python", "fault")],
)
def test_the_kernel_is_the_python_that_runs_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, state: str
) -> None:
    spec = {"argv": [program, "-m", "x"], "display_name": "Python 3", "language": "python"}
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert doctor.check_kernel().state == state


def test_a_missing_kernel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    finding = doctor.check_kernel()
    assert finding.state == "fault"
    assert "ipykernel" in finding.remedy


@pytest.mark.parametrize(
    ("encoding", "state"), [("utf-8", "ok"), ("gbk", "ok"), ("cp1252", "note")]
)
def test_a_terminal_without_chinese_is_noted(
    monkeypatch: pytest.MonkeyPatch, encoding: str, state: str
) -> None:
    class Terminal:
        pass

    terminal = Terminal()
    terminal.encoding = encoding  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stdout", terminal)
    finding = doctor.check_terminal()
    monkeypatch.undo()
    assert finding.state == state
    assert encoding in finding.found
