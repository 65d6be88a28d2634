"""A workspace that can't be used is refused in a sentence, and nothing in it is touched."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from conftest import SmallCourse

from kdcourse.texts import LANGUAGES, KitError, use_language
from kdcourse.workspace.manifest import manifest_path
from kdcourse.workspace.sync import synchronise

PAGE = "notebooks/en/00-start-here.ipynb"
DATA = "datasets/lanyan/shipments.csv"


def refusal(home: Path, course: SmallCourse, version: str = "0.1.0") -> KitError:
    """Start, expect a refusal without any write, and return it."""
    before = snapshot(home)
    with pytest.raises(KitError) as fault:
        synchronise(home, "en", course.root, version)
    assert snapshot(home) == before
    for lang in LANGUAGES:
        use_language(lang)
        assert len(str(fault.value)) > 20
    use_language("en")
    return fault.value


def snapshot(home: Path) -> dict[str, bytes | None]:
    if not home.is_dir():
        return {}
    return {str(p): p.read_bytes() if p.is_file() else None for p in sorted(home.rglob("*"))}


def test_a_foreign_file_in_the_kits_place(tmp_path: Path, small_course: SmallCourse) -> None:
    home = tmp_path / "home"
    (home / PAGE).parent.mkdir(parents=True)
    (home / PAGE).write_text("my own notes")
    fault = refusal(home, small_course)
    assert fault.key == "workspace.foreign"
    assert PAGE in str(fault)
    assert "--workspace" in str(fault)


def test_changed_data(tmp_path: Path, small_course: SmallCourse) -> None:
    home = tmp_path / "home"
    synchronise(home, "en", small_course.root, "0.1.0")
    (home / DATA).write_text("waybill,weight\nA1,99\n")
    fault = refusal(home, small_course)
    assert fault.key == "workspace.data-changed"
    assert DATA in str(fault)
    (home / DATA).rename(home / "datasets" / "mine.csv")
    assert synchronise(home, "en", small_course.root, "0.1.0").added == (DATA,)


@pytest.mark.parametrize("damage", ["changed", "gone", "sums"])
def test_damaged_data_in_the_kit(tmp_path: Path, small_course: SmallCourse, damage: str) -> None:
    data = small_course.root / DATA
    match damage:
        case "changed":
            data.write_text("waybill,weight\nA1,0.")
        case "gone":
            data.unlink()
        case "sums":
            (small_course.root / "datasets" / "checksums.json").write_text("{")
    fault = refusal(tmp_path / "home", small_course)
    assert fault.key == "workspace.kit-data-damaged"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("missing", [PAGE, "datasets/checksums.json"])
def test_an_incomplete_kit(tmp_path: Path, small_course: SmallCourse, missing: str) -> None:
    (small_course.root / missing).unlink()
    fault = refusal(tmp_path / "home", small_course)
    assert fault.key == "workspace.kit-incomplete"
    assert missing in str(fault)


@pytest.mark.parametrize(("format_", "kit"), [(1, "0.2.0"), (1, "1.0.0a1"), (2, "0.1.0")])
def test_a_workspace_of_a_newer_version(
    tmp_path: Path, small_course: SmallCourse, format_: int, kit: str
) -> None:
    home = tmp_path / "home"
    synchronise(home, "en", small_course.root, "0.1.0")
    stored = json.loads(manifest_path(home).read_bytes())
    manifest_path(home).write_text(json.dumps(stored | {"format": format_, "kit": kit}))
    fault = refusal(home, small_course)
    assert fault.key == "workspace.newer"
    assert kit in str(fault)


def test_the_kits_own_folder(small_course: SmallCourse) -> None:
    for home in (small_course.root, small_course.root / "notebooks" / "mine"):
        assert refusal(home, small_course).key == "workspace.own-kit-folder"


@pytest.mark.parametrize("below", [".", "deeper/still"])
def test_a_file_instead_of_a_folder(tmp_path: Path, small_course: SmallCourse, below: str) -> None:
    (tmp_path / "home").write_text("a file")
    fault = refusal(tmp_path / "home" / below, small_course)
    assert fault.key == "workspace.not-a-folder"
    assert str(tmp_path / "home") in str(fault)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="/proc refuses even the superuser")
def test_a_place_where_nothing_can_be_written(small_course: SmallCourse) -> None:
    fault = refusal(Path("/proc/kdcourse"), small_course)
    assert fault.key == "workspace.not-writable"


def test_a_disk_that_fills_up_in_mid_work(
    tmp_path: Path, small_course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    synchronise(home, "en", small_course.root, "0.1.0")
    mine = (home / PAGE).read_bytes()
    small_course.notebook(PAGE.removesuffix(".ipynb"), "2 + 2")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert refusal(home, small_course).key == "workspace.no-space"
    assert (home / PAGE).read_bytes() == mine


def test_a_file_that_cannot_be_read(
    tmp_path: Path, small_course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    synchronise(home, "en", small_course.root, "0.1.0")
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path == home / DATA:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(KitError) as fault:
        synchronise(home, "en", small_course.root, "0.1.0")
    assert fault.value.key == "workspace.not-readable"


def test_a_link_out_of_the_workspace(tmp_path: Path, small_course: SmallCourse) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in ("notebooks", "datasets", ".kdcourse"):
        home = tmp_path / f"home-{place}"
        home.mkdir()
        (home / place).symlink_to(outside)
        assert refusal(home, small_course).key == "workspace.link-outside"
    home = tmp_path / "home-file"
    (home / PAGE).parent.mkdir(parents=True)
    (home / PAGE).symlink_to(outside / "not-there.ipynb")
    assert refusal(home, small_course).key == "workspace.link-outside"
    assert list(outside.iterdir()) == []


def test_a_workspace_that_is_itself_a_link_is_followed(
    tmp_path: Path, small_course: SmallCourse
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    synchronise(tmp_path / "link", "en", small_course.root, "0.1.0")
    assert (tmp_path / "real" / PAGE).is_file()


def test_a_folder_where_a_file_belongs(tmp_path: Path, small_course: SmallCourse) -> None:
    (tmp_path / "home" / PAGE).mkdir(parents=True)
    assert refusal(tmp_path / "home", small_course).key == "workspace.folder-in-the-way"


@pytest.mark.parametrize("place", ["notebooks", "notebooks/en", ".kdcourse"])
def test_a_file_where_a_folder_belongs(
    tmp_path: Path, small_course: SmallCourse, place: str
) -> None:
    blocker = tmp_path / "home" / place
    blocker.parent.mkdir(parents=True, exist_ok=True)
    blocker.write_text("a file")
    fault = refusal(tmp_path / "home", small_course)
    assert fault.key == "workspace.file-in-the-way"
    assert str(blocker) in str(fault)
