"""Whatever is typed after ``kdcourse`` gets an answer in plain words, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import SmallCourse, on, plain_environment

from kdcourse import __main__ as program
from kdcourse import cli
from kdcourse.texts import KitError
from kdcourse.workspace.commands import choose_folder, choose_language


def kdcourse(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return call([sys.executable, "-m", "kdcourse", *arguments], **environment)


def call(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=plain_environment() | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("C.UTF-8", ["Options", "Commands", "Bring the workspace up to date", "Show this help"]),
        ("zh_CN.UTF-8", ["选项", "命令", "更新学习文件夹", "显示本帮助"]),
    ],
)
def test_help_speaks_the_readers_language(locale: str, words: list[str]) -> None:
    done = kdcourse("--help", LANG=locale)
    assert done.returncode == 0
    for word in (*words, "start", "doctor", "author"):
        assert word in done.stdout
    assert words[0] in kdcourse("start", "--help", LANG=locale).stdout


def test_the_version_is_told() -> None:
    done = kdcourse("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("kdcourse 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["strat"], '"kdcourse strat" cannot be understood. See "kdcourse --help".'),
        (["start", "--prot", "1"], 'There is no option --prot. See "kdcourse start --help".'),
        (["start", "--port"], "--port lacks its value, or does not take this one."),
        (["start", "--port", "a"], "--port lacks its value, or does not take this one."),
        (["start", "surplus"], '"kdcourse start surplus" cannot be understood.'),
        (["author", "new", "lesson", "2.4", "tiers"], '"--title-en" is missing.'),
        (["author", "preview"], '"names" is missing.'),
    ],
)
def test_a_slip_on_the_command_line_is_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert cli.run(arguments) == 2
    answer = capsys.readouterr()
    assert answer.err.startswith(said)
    assert len(answer.err.splitlines()) == 1


def test_nothing_typed_shows_the_help() -> None:
    done = kdcourse()
    assert "doctor" in done.stdout
    assert done.stderr == ""


def test_faults_and_interruptions_end_with_their_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(fault: BaseException) -> object:
        class Program:
            def main(self, **_: object) -> None:
                raise fault

        return Program

    monkeypatch.setattr(cli, "_program", failing(KitError("start.port-in-use", port=1)))
    assert cli.run([]) == 1
    assert capsys.readouterr().err.startswith(("Port 1 ", "端口 1 "))
    monkeypatch.setattr(cli, "_program", failing(KeyboardInterrupt()))
    assert cli.run([]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("module", "package"), [("typer", "typer"), ("jupyterlab", "jupyterlab"), ("zmq", "pyzmq")]
)
def test_a_missing_package_is_named_with_its_command(
    tmp_path: Path, small_course: SmallCourse, module: str, package: str
) -> None:
    """Hide a package from a real process, as a damaged installation would."""
    hide = f"import sys; sys.modules[{module!r}] = None"
    (tmp_path / "sitecustomize.py").write_text(hide)
    path = os.pathsep.join([str(tmp_path), plain_environment()["PYTHONPATH"]])
    start = on(small_course, "start", "--no-browser", "--workspace", tmp_path / "home")
    for locale, words in (("C.UTF-8", "is missing in"), ("zh_CN.UTF-8", "里缺少 Python 包")):
        done = call(start, PYTHONPATH=path, LANG=locale)
        assert done.returncode == 1
        assert words in done.stderr
        assert f'"{sys.executable}" -m pip install {package}' in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_missing_part_of_the_kit_is_our_own_fault() -> None:
    with pytest.raises(ModuleNotFoundError):
        program.name_missing(ModuleNotFoundError("no", name="kdcourse.lost"))


def test_the_folder_is_the_one_asked_for_then_the_environments_then_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("KDCOURSE_WORKSPACE", raising=False)
    assert choose_folder(None) == tmp_path / "kdcourse-workspace"
    monkeypatch.setenv("KDCOURSE_WORKSPACE", "~/class")
    assert choose_folder(None) == tmp_path / "class"
    assert choose_folder(tmp_path / "mine") == tmp_path / "mine"


def test_the_language_is_the_one_asked_for_then_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert choose_language(None, tmp_path) == "zh-CN"
    assert choose_language("en", tmp_path) == "en"


def test_the_command_line_is_ready_at_once() -> None:
    began = time.perf_counter()
    kdcourse("--version")
    first = time.perf_counter() - began
    heavy = "import sys, kdcourse.cli as c; c.run(['--version']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", heavy], env=plain_environment(), capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"pandas", "numpy", "matplotlib", "jupyterlab", "nbformat", "ipywidgets"}
    assert first < 10
