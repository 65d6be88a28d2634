"""``author build`` leaves what is up to date alone, and a notebook that fails as it was."""

import json

import pytest
from author_samples import EXERCISE, LESSON, SOLUTION, cell, edit, loads, runnable
from nbclient import NotebookClient

from kdcourse.authoring import build as builder
from kdcourse.authoring.derive import STUB
from kdcourse.authoring.notebook import code_fingerprint, parse, read


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = runnable(tmp_path_factory.mktemp("course"))
    report = builder.build(root, jobs=2)
    assert [str(fault) for fault in report.faults] == []
    assert len(report.ran) == 6
    return root


@pytest.fixture
def copy(built, tmp_path):
    for path in built.rglob("*.ipynb"):
        target = tmp_path / path.relative_to(built)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path


@pytest.fixture
def nothing_runs(monkeypatch):
    async def run(*_, **__):
        raise AssertionError("a notebook was run")

    monkeypatch.setattr(builder, "run", run)


def faults(root, names=()):
    return [fault.key.removeprefix("author.") for fault in builder.check(root, names)]


def test_a_built_course_is_up_to_date(built, nothing_runs):
    assert faults(built) == []
    assert builder.build(built).written == []


def test_outputs_are_stored_with_the_fingerprint_of_their_code(built):
    nb = read(LESSON.path(built, "zh-CN"))
    assert nb["metadata"]["kdcourse"]["ran"] == code_fingerprint(nb)
    assert cell(nb, "quiz")["outputs"][0]["data"] == {"text/plain": "'zh-CN'"}
    assert cell(nb, "worked")["outputs"][0]["data"] == {"text/plain": "0.8"}


def test_the_untouched_exercise_was_run(built):
    nb = read(EXERCISE.path(built, "en"))
    assert STUB in cell(nb, "q1-answer")["source"]
    assert cell(nb, "q1-check")["outputs"][0]["data"] == {"text/plain": "'1.1.q1'"}


def test_a_kernel_that_dies_before_its_first_cell_is_started_again(copy, monkeypatch):
    start, failures = NotebookClient.async_start_new_kernel_client, ["port taken", "port taken"]

    async def start_at_last(self):
        if failures:
            raise RuntimeError(failures.pop())
        return await start(self)

    monkeypatch.setattr(NotebookClient, "async_start_new_kernel_client", start_at_last)
    assert builder.build(copy, ["notebooks/1.1"], run_all=True).faults == []
    assert failures == []


def test_running_again_gives_the_same_bytes(copy):
    assert builder.build(copy, ["notebooks/1.1"], run_all=True).written == []


def test_prose_is_passed_on_to_the_exercise_without_running(copy, nothing_runs):
    edit(SOLUTION.path(copy, "en"), lambda nb: cell(nb, "q1").update(source="## New"))
    assert faults(copy) == ["exercise-differs"]
    assert builder.build(copy).written == [EXERCISE.label("en")]
    assert faults(copy) == []
    kept = cell(read(EXERCISE.path(copy, "en")), "q1-check")["outputs"]
    assert kept, "outputs were kept"


@pytest.mark.parametrize("tree", ["notebooks", "solutions"])
def test_changed_code_needs_a_run(copy, tree):
    place = LESSON if tree == "notebooks" else SOLUTION
    edit(place.path(copy, "en"), lambda nb: cell(nb, "setup").update(source="lang = check = str"))
    assert "outputs-old" in faults(copy)


def test_a_single_changed_byte_of_an_exercise_is_seen(copy):
    path = EXERCISE.path(copy, "zh-CN")
    path.write_bytes(path.read_bytes().replace("第 1 题".encode(), "第 9 题".encode()))
    assert faults(copy) == ["exercise-differs"]


def test_missing_and_left_over_exercises_are_seen_and_mended(copy):
    path = EXERCISE.path(copy, "en")
    path.rename(path.with_name("9.9-gone.ipynb"))
    assert sorted(faults(copy)) == ["exercise-left-over", "exercise-missing"]
    report = builder.build(copy)
    assert report.removed == ["exercises/en/1-industry/9.9-gone.ipynb"]
    assert report.written == [EXERCISE.label("en")]
    assert faults(copy) == []


def test_another_layout_of_the_same_notebook_is_not_canonical(copy, nothing_runs):
    path = LESSON.path(copy, "en")
    path.write_text(json.dumps(loads(path)), encoding="utf-8")
    assert faults(copy) == ["not-canonical"]
    assert builder.build(copy).written == [LESSON.label("en")]
    assert faults(copy) == []


def test_a_failing_cell_is_named_and_its_file_left_as_it_was(copy):
    path = LESSON.path(copy, "en")
    edit(path, lambda nb: cell(nb, "worked").update(source="1 / 0"))
    before = path.read_bytes()
    report = builder.build(copy)
    (fault,) = report.faults
    for part in (LESSON.label("en"), "worked", "ZeroDivisionError: division by zero"):
        assert part in str(fault)
    assert path.read_bytes() == before
    assert report.written == []


def test_a_cell_that_hangs_is_cut_off(copy, monkeypatch):
    path = LESSON.path(copy, "en")
    edit(path, lambda nb: cell(nb, "worked").update(source="while True: pass"))
    ordinary = builder.run
    monkeypatch.setattr(builder, "run", lambda nb, at, label: ordinary(nb, at, label, timeout=1))
    (fault,) = builder.build(copy, ["notebooks/1.1"]).faults
    assert "worked" in str(fault)
    assert "1 seconds" in str(fault)


def test_a_kernel_that_dies_is_named(copy):
    edit(
        LESSON.path(copy, "en"), lambda nb: cell(nb, "try").update(source="import os; os._exit(1)")
    )
    (fault,) = builder.build(copy, ["notebooks/1.1"]).faults
    assert fault.key == "author.kernel-died"
    assert "cell try" in str(fault)


def test_what_the_author_has_set_for_himself_changes_nothing(copy, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("KDCOURSE_DATA", "/elsewhere")
    source = "import os; sorted(k for k in os.environ if k.startswith(('MPL', 'KDC')))"
    edit(LESSON.path(copy, "en"), lambda nb: cell(nb, "try").update(source=source))
    assert builder.build(copy, ["notebooks/1.1"]).faults == []
    shown = cell(read(LESSON.path(copy, "en")), "try")["outputs"][0]["data"]["text/plain"]
    assert shown == "['MPLBACKEND']", "and that one is the notebook's own"


def test_a_broken_file_does_not_stop_the_others(copy):
    LESSON.path(copy, "en").write_text("{", encoding="utf-8")
    EXERCISE.path(copy, "en").unlink()
    report = builder.build(copy)
    assert len(report.faults) == 1
    assert report.written == [EXERCISE.label("en")]


def test_a_crash_while_writing_leaves_the_old_file(copy, monkeypatch):
    from kdcourse import atomic

    path = LESSON.path(copy, "en")
    before = path.read_bytes()

    def crash(*_):
        raise OSError("disk full")

    monkeypatch.setattr(atomic.os, "replace", crash)
    with pytest.raises(OSError, match="disk full"):
        edit(path, lambda nb: cell(nb, "predict").update(source="Other."))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_checking_writes_nothing(copy):
    edit(LESSON.path(copy, "en"), lambda nb: cell(nb, "worked").update(source="2"))
    EXERCISE.path(copy, "en").unlink()
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert faults(copy)
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_what_is_stored_opens_in_jupyter(built):
    import sys

    sys.modules.setdefault("rfc3987_syntax", None)
    import nbformat

    for path in built.rglob("*.ipynb"):
        nbformat.validate(nbformat.reads(path.read_text(encoding="utf-8"), as_version=4))
        parse(path.read_bytes(), path)
