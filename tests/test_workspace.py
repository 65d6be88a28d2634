"""Starting again, or after an update of the kit, never takes anything from the learner."""

from __future__ import annotations

import json
import os
import shutil
from itertools import count
from pathlib import Path

import pytest
from conftest import SmallCourse
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.texts import KitError, use_language
from kdcourse.workspace import files
from kdcourse.workspace.files import Fingerprint, fingerprint
from kdcourse.workspace.manifest import Manifest, manifest_path, read_manifest, remembered_language
from kdcourse.workspace.sync import Action, Report, decide, synchronise

EXERCISE = "exercises/en/1-industry/1.1-parcel-market.ipynb"
PAGE = "notebooks/en/00-start-here.ipynb"
DATA = "datasets/lanyan/shipments.csv"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "学习 folder"


def start(
    home: Path, course: SmallCourse, version: str = "0.1.0", lang: str = "en", chosen: bool = False
) -> Report:
    return synchronise(home, lang, course.root, version, chosen=chosen)


def tree(folder: Path) -> dict[str, bytes]:
    """Everything in ``folder`` but the manifest, whose versions may differ."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def type_into(notebook: Path, source: str) -> None:
    """Change the first cell as a learner would, with an editor that writes in its own way."""
    book = json.loads(notebook.read_bytes())
    book["cells"][0]["source"] = source
    notebook.write_text(json.dumps(book), encoding="utf-8")


def run_in_lab(notebook: Path) -> None:
    """Leave behind what running and saving does."""
    book = json.loads(notebook.read_bytes())
    book["metadata"]["language_info"]["version"] = "3.13.0"
    for cell in book["cells"]:
        cell["execution_count"] = 7
        cell["source"] = "".join(cell["source"])
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["2\n"]}]
    notebook.write_text(json.dumps(book), encoding="utf-8")


def test_the_first_start_brings_one_edition_and_the_data(
    home: Path, small_course: SmallCourse
) -> None:
    report = start(home, small_course)
    assert set(report.added) == {EXERCISE, PAGE, DATA, "datasets/checksums.json"}
    assert all(
        (home / p).read_bytes() == (small_course.root / p).read_bytes() for p in report.added
    )
    assert report.lines() == [f"Workspace {home}: 4 added, 0 updated, 0 of your own changes kept."]
    assert not (home / "notebooks" / "zh-CN").exists()


def test_the_other_edition_comes_with_its_own_start_and_the_first_stays(
    home: Path, small_course: SmallCourse
) -> None:
    start(home, small_course)
    type_into(home / EXERCISE, "growth = 3")
    report = start(home, small_course, lang="zh-CN")
    assert set(report.added) == {EXERCISE.replace("en", "zh-CN", 1), PAGE.replace("en", "zh-CN", 1)}
    assert b"growth = 3" in (home / EXERCISE).read_bytes()


def test_a_second_start_changes_nothing_and_says_so(home: Path, small_course: SmallCourse) -> None:
    start(home, small_course)
    before = tree(home)
    report = start(home, small_course)
    assert tree(home) == before
    assert report.lines() == [f"Workspace {home}: up to date."]
    use_language("zh-CN")
    assert report.lines() == [f"学习文件夹 {home}：已是最新。"]


def test_editors_checkpoints_in_the_kit_are_not_part_of_the_course(
    home: Path, small_course: SmallCourse
) -> None:
    small_course.notebook("notebooks/en/.ipynb_checkpoints/00-start-here-checkpoint", "old")
    assert not any("checkpoint" in path for path in start(home, small_course).added)


def test_what_the_learner_deleted_comes_back(home: Path, small_course: SmallCourse) -> None:
    start(home, small_course)
    (home / DATA).unlink()
    assert start(home, small_course).added == (DATA,)


def test_an_untouched_notebook_is_updated(home: Path, small_course: SmallCourse) -> None:
    start(home, small_course)
    small_course.notebook(PAGE.removesuffix(".ipynb"), "2 + 2")
    report = start(home, small_course, "0.2.0")
    assert report.updated == (PAGE,)
    assert (home / PAGE).read_bytes() == (small_course.root / PAGE).read_bytes()


def test_newer_outputs_of_the_kit_reach_a_notebook_nobody_ran(
    home: Path, small_course: SmallCourse
) -> None:
    start(home, small_course)
    run_in_lab(small_course.root / PAGE)
    assert start(home, small_course).updated == (PAGE,)


def test_running_a_notebook_is_no_change_and_its_outputs_stay_as_long_as_its_cells(
    home: Path, small_course: SmallCourse
) -> None:
    start(home, small_course)
    run_in_lab(home / PAGE)
    ran = (home / PAGE).read_bytes()
    assert start(home, small_course).lines() == [f"Workspace {home}: up to date."]
    assert (home / PAGE).read_bytes() == ran
    small_course.notebook(PAGE.removesuffix(".ipynb"), "2 + 2")
    assert start(home, small_course, "0.2.0").updated == (PAGE,)


def test_what_the_learner_typed_is_kept(home: Path, small_course: SmallCourse) -> None:
    start(home, small_course)
    type_into(home / EXERCISE, "growth = 3")
    mine = (home / EXERCISE).read_bytes()
    report = start(home, small_course)
    assert report.kept == (EXERCISE,)
    assert not report.beside
    assert (home / EXERCISE).read_bytes() == mine


def test_a_notebook_that_is_no_notebook_any_more_counts_as_the_learners(
    home: Path, small_course: SmallCourse
) -> None:
    start(home, small_course)
    for broken in (b"", b"{", b"[]", b'{"cells": [1]}', b"\xff\xfe", b"[" * 100_000):
        (home / EXERCISE).write_bytes(broken)
        assert start(home, small_course).kept == (EXERCISE,)
        assert (home / EXERCISE).read_bytes() == broken


def test_a_new_version_is_laid_beside_the_learners_own(
    home: Path, small_course: SmallCourse
) -> None:
    start(home, small_course)
    type_into(home / EXERCISE, "growth = 3")
    mine = (home / EXERCISE).read_bytes()
    new = small_course.notebook(EXERCISE.removesuffix(".ipynb"), "growth = ...  # in percent")
    report = start(home, small_course, "0.2.0")
    beside = home / Path(EXERCISE).with_name("1.1-parcel-market.kit-0.2.0.ipynb")
    assert (home / EXERCISE).read_bytes() == mine
    assert beside.read_bytes() == new.read_bytes()
    assert EXERCISE in report.lines()[0]
    assert beside.name in report.lines()[0]
    # Said once; later starts neither repeat it nor bring back a copy that was thrown away.
    beside.unlink()
    again = start(home, small_course, "0.2.0")
    assert (again.kept, again.beside) == ((EXERCISE,), {})
    assert not beside.exists()


def test_a_copy_laid_beside_never_covers_another_file(
    home: Path, small_course: SmallCourse
) -> None:
    start(home, small_course)
    type_into(home / EXERCISE, "growth = 3")
    taken = (home / EXERCISE).with_name("1.1-parcel-market.kit-0.2.0.ipynb")
    taken.write_text("my notes")
    small_course.notebook(EXERCISE.removesuffix(".ipynb"), "growth = ...  # in percent")
    report = start(home, small_course, "0.2.0")
    assert report.beside == {EXERCISE: "1.1-parcel-market.kit-0.2.0-2.ipynb"}
    assert taken.read_text() == "my notes"


def test_a_file_the_kit_gave_up_is_left_alone(home: Path, small_course: SmallCourse) -> None:
    small_course.notebook("notebooks/en/1-industry/old", "1")
    start(home, small_course)
    shutil.rmtree(small_course.root / "notebooks/en/1-industry")
    start(home, small_course, "0.2.0")
    assert (home / "notebooks/en/1-industry/old.ipynb").is_file()


def test_new_data_replaces_untouched_data(home: Path, small_course: SmallCourse) -> None:
    start(home, small_course)
    small_course.data("waybill,weight\nA1,0.7\n")
    assert set(start(home, small_course, "0.2.0").updated) == {DATA, "datasets/checksums.json"}


def test_a_workspace_whose_memory_is_lost_is_taken_on_again(
    home: Path, small_course: SmallCourse
) -> None:
    start(home, small_course)
    run_in_lab(home / PAGE)
    for broken in ("", "{", "[]", '{"format": 1}', '{"format": 1, "kit": "?", "files": {}}'):
        manifest_path(home).write_text(broken)
        start(home, small_course)
    manifest = read_manifest(home, "0.1.0")
    assert manifest is not None
    assert len(manifest.files) == 4


def test_only_a_language_that_was_chosen_is_remembered(
    home: Path, small_course: SmallCourse
) -> None:
    assert remembered_language(home) is None
    start(home, small_course)
    assert remembered_language(home) is None
    start(home, small_course, lang="zh-CN", chosen=True)
    start(home, small_course, lang="en")
    assert remembered_language(home) == "zh-CN"


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a kill in mid-work is tried on forked children"
)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_start_killed_at_any_moment_is_made_good_by_the_next(
    tmp_path: Path, small_course: SmallCourse, moment: str
) -> None:
    """Kill at each single write, half way through it or just done, of an update with everything."""
    used, wanted = tmp_path / "used", tmp_path / "wanted"
    start(used, small_course)
    type_into(used / EXERCISE, "growth = 3")
    small_course.notebook(EXERCISE.removesuffix(".ipynb"), "growth = ...  # in percent")
    small_course.notebook(PAGE.removesuffix(".ipynb"), "2 + 2")
    small_course.notebook("notebooks/en/1-industry/1.1-parcel-market", "load()")
    small_course.data("waybill,weight\nA1,0.7\n")
    shutil.copytree(used, wanted)
    start(wanted, small_course, "0.2.0")

    for nth in count():
        home = tmp_path / f"killed-{nth}"
        shutil.copytree(used, home)
        if not killed_at(nth, moment, home, small_course):
            break
        start(home, small_course, "0.2.0")
        assert tree(home) == tree(wanted)
        assert read_manifest(home, "0.2.0") == read_manifest(wanted, "0.2.0")
    assert nth >= 7  # mark, four updates and additions, the copy beside, the manifest


def killed_at(nth: int, moment: str, home: Path, course: SmallCourse) -> bool:
    """Start in a child that dies, uncleaned, at its ``nth`` write; return whether it died."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    replace, done = os.replace, count()

    def die(source: Path, target: Path) -> None:
        last = next(done) == nth
        if last and moment == "before":
            Path(source).write_bytes(b'{"half')
            os._exit(9)
        replace(source, target)
        if last:
            os._exit(9)

    os.replace = die  # type: ignore[assignment]
    start(home, course, "0.2.0")
    os._exit(0)


@pytest.mark.parametrize("suffix", [".ipynb", ".csv"])
def test_a_failed_write_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    target = tmp_path / f"a{suffix}"
    target.write_text("old")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(KitError, match="Permission denied"):
        files.write_atomically(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert target.read_text() == "old"


def test_a_fingerprint_knows_what_was_typed(tmp_path: Path, small_course: SmallCourse) -> None:
    original = small_course.root / PAGE
    before = fingerprint(original)
    run_in_lab(original)
    assert fingerprint(original).typed == before.typed
    assert fingerprint(original).whole != before.whole
    for key, value in (("id", "other"), ("cell_type", "raw"), ("attachments", {"a.png": {}})):
        book = json.loads(original.read_bytes())
        book["cells"][0][key] = value
        other = tmp_path / "other.ipynb"
        other.write_text(json.dumps(book))
        assert fingerprint(other).typed != before.typed, key


prints = st.builds(Fingerprint, st.sampled_from("abc"), st.sampled_from("xyz"))


@given(kit=prints, known=st.none() | prints, mine=prints, is_data=st.booleans())
def test_nothing_typed_by_the_learner_is_ever_replaced(
    kit: Fingerprint, known: Fingerprint | None, mine: Fingerprint, is_data: bool
) -> None:
    action = decide(kit, known, mine, is_data=is_data)
    replaced = action in (Action.ADD, Action.UPDATE)
    written_by_kit = {one.typed for one in (kit, known) if one is not None}
    if mine.typed not in written_by_kit:
        assert not replaced
    if known is None:
        assert not replaced
    if action is Action.LEAVE:
        assert mine.typed == kit.typed
    if is_data and mine.typed not in written_by_kit:
        assert action in (Action.REFUSE_DATA, Action.REFUSE_FOREIGN)


def test_a_manifest_survives_writing_and_reading(home: Path, small_course: SmallCourse) -> None:
    report = start(home, small_course, chosen=True)
    stored = read_manifest(home, "0.1.0")
    assert stored == report.manifest
    assert isinstance(stored, Manifest)
    assert stored.files[DATA] == fingerprint(home / DATA)
