"""Notebooks run to their end whatever single cells do, and nothing of them is left behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from attacks.book import Book
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.course import course_root
from kdcourse.grading import runner as running
from kdcourse.grading.child import Job, Probe, Reading, Step
from kdcourse.grading.decoding import decode
from kdcourse.grading.listening import Listener, Ran, overfull
from kdcourse.grading.notebooks import NotANotebook, Sheet, read
from kdcourse.grading.plan import language_of, plan, released
from kdcourse.grading.runner import ForkRunner, Runner, SpawnRunner, new_runner
from kdcourse.grading.work import MIB, Limits, Submission, Worlds, grade_one
from kdcourse.texts import KitError

linux = pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")

DATA = course_root() / "datasets"
LIMITS = Limits(cell_seconds=1.0, total_seconds=20.0, memory=2048 * MIB)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = ForkRunner()
    yield runner
    runner.close()


def job(*sources: str, limits: Limits = LIMITS, **checks: int) -> Job:
    """Return a job; each keyword names a variable and the step after which it is checked."""
    steps = tuple(
        Step(source, tuple(name for name, at in checks.items() if at == place))
        for place, source in enumerate(sources)
    )
    return Job(steps, {name: Probe(name) for name in checks}, limits)


def values(sent: Mapping[str, str]) -> dict[str, object]:
    return {name: decode(json.loads(text)) for name, text in sent.items()}


STUBBORN = """
import time
while True:
    try:
        time.sleep(0.01)
    except BaseException:
        pass
"""


@linux
class TestCells:
    def test_one_after_the_other_in_one_namespace(self, runner: Runner) -> None:
        ran = runner.run(job("a = 1", "b = a + 1", b=1), DATA)
        assert values(ran.checked) == {"b": 2}
        assert ran.finished
        assert ran.faults == {}
        assert set(ran.seconds) >= {0, 1}

    def test_one_that_fails_stops_only_itself(self, runner: Runner) -> None:
        ran = runner.run(job("a = 1", "1 / 0", "a = a + 1", a=2), DATA)
        assert values(ran.checked) == {"a": 2}
        assert ran.faults[1].sort == "error"
        assert ran.faults[1].text == "ZeroDivisionError: division by zero"

    def test_one_that_hangs_is_cut_off(self, runner: Runner) -> None:
        ran = runner.run(job("a = 1", "while True: pass", "a += 1", a=2), DATA)
        assert values(ran.checked) == {"a": 2}
        assert ran.faults[1].sort == "timeout"

    @pytest.mark.parametrize(
        ("source", "sort"), [(STUBBORN, "timeout"), ("import os; os._exit(1)", "died")]
    )
    def test_one_that_resists_is_left_out_the_next_time(
        self, runner: Runner, source: str, sort: str
    ) -> None:
        ran = runner.run(job("a = 1", source, "a += 1", a=2), DATA)
        assert values(ran.checked) == {"a": 2}
        assert {place: fault.sort for place, fault in ran.faults.items()} == {1: sort}
        assert ran.finished

    def test_after_some_such_cells_what_was_seen_counts(self, runner: Runner) -> None:
        sources = ["a = 1", *["import os; os._exit(1)"] * running.MOST_STARTS, "b = 2"]
        ran = runner.run(job(*sources, a=0, b=len(sources) - 1), DATA)
        assert values(ran.checked) == {"a": 1}
        assert not ran.finished

    def test_all_together_have_an_end(self, runner: Runner) -> None:
        limits = Limits(cell_seconds=5.0, total_seconds=1.5)
        ran = runner.run(
            job("a = 1", *["import time; time.sleep(1)"] * 5, a=0, limits=limits), DATA
        )
        assert values(ran.checked) == {"a": 1}
        assert not ran.finished
        assert "timeout" in {fault.sort for fault in ran.faults.values()}

    def test_an_answer_is_taken_where_its_check_stands(self, runner: Runner) -> None:
        ran = runner.run(job("a = 1", "", "a = 2", a=1), DATA)
        assert values(ran.checked) == {"a": 1}
        assert values(ran.ended) == {"a": 2}

    def test_what_has_not_changed_is_not_sent_again(self, runner: Runner) -> None:
        ran = runner.run(job("a = [1]", a=0), DATA)
        assert values(ran.checked) == {"a": [1]}
        assert ran.ended == {}

    def test_each_begins_without_figures(self, runner: Runner) -> None:
        plots = "import matplotlib.pyplot as plt\nplt.plot([1])"
        ran = runner.run(job(plots, "left = len(plt.get_fignums())", left=1), DATA)
        assert values(ran.checked) == {"left": 0}

    def test_data_are_where_they_are_in_a_workspace(self, runner: Runner) -> None:
        source = (
            "import pandas as pd\nrows = len(pd.read_csv('../../../datasets/lanyan/cities.csv'))"
        )
        ran = runner.run(job(source, rows=0), DATA)
        assert values(ran.checked) == {"rows": 10}

    def test_one_notebook_sees_nothing_of_the_last(self, runner: Runner) -> None:
        leave = "import builtins, os\nbuiltins.mark = 1\nos.environ['MARK'] = '1'\nopen('m', 'w')"
        runner.run(job(leave), DATA)
        look = (
            "import builtins, os\n"
            "seen = [hasattr(builtins, 'mark'), 'MARK' in os.environ, os.path.exists('m')]"
        )
        assert values(runner.run(job(look, seen=0), DATA).checked) == {"seen": [False] * 3}


@linux
class TestProcesses:
    def test_the_one_without_locks_comes_to_the_same(self, runner: Runner) -> None:
        form = released("1.1", "en")
        from kdcourse.checks.catalogue import find_exercise

        exercise = find_exercise("1.1")
        what = plan(read(Book().raw()), exercise, form)
        probes = {
            full: Probe(question.answer)
            for full, question in zip(exercise.ids, exercise.questions, strict=True)
        }
        whole = Job(what.steps, probes, Limits())
        spawner = SpawnRunner(trusted=True)
        try:
            locked, free = (each.run(whole, DATA) for each in (runner, spawner))
        finally:
            spawner.close()
        assert len(locked.checked) == 5
        assert (locked.checked, locked.ended) == (free.checked, free.ended)
        assert locked.finished
        assert free.finished
        assert locked.faults == free.faults == {}
        assert free.locks == ()

    def test_a_stubborn_cell_is_ended_without_locks_too(self) -> None:
        spawner = SpawnRunner(trusted=True)
        try:
            ran = spawner.run(job("a = 1", STUBBORN, "a += 1", a=2), DATA)
        finally:
            spawner.close()
        assert values(ran.checked) == {"a": 2}
        assert ran.faults[1].sort == "timeout"
        assert not spawner.spool.exists()

    def test_a_server_that_was_killed_is_replaced(self) -> None:
        runner = ForkRunner()
        try:
            assert runner.run(job("a = 1", a=0), DATA).finished
            assert runner._server is not None
            os.kill(runner._server.pid, signal.SIGKILL)
            runner._server.wait()
            assert runner.run(job("a = 1", a=0), DATA).finished
        finally:
            runner.close()

    def test_nothing_is_left_of_it(self) -> None:
        runner = ForkRunner()
        runner.run(job("open('mine', 'w').write('x')", STUBBORN), DATA)
        server = runner._server
        assert server is not None
        assert list((runner.spool / "desk").iterdir()) == []
        runner.close()
        assert server.returncode is not None
        assert not runner.spool.exists()

    def test_a_notebook_ends_with_whoever_grades_it(self, tmp_path: Path) -> None:
        """Killed in the middle, the grader leaves no process behind."""
        context = multiprocessing.get_context("fork")
        grader = context.Process(target=_grade_for_ever, args=(tmp_path / "server",))
        grader.start()
        while not (tmp_path / "server").exists():
            grader.join(0.05)
            assert grader.is_alive()
        server = int((tmp_path / "server").read_text())
        grader.kill()
        grader.join()
        for _ in range(400):
            if not _running(server):
                break
            multiprocessing.connection.wait([], 0.05)
        assert not _running(server)
        assert list(tmp_path.glob("spool/*")) == []

    def test_processes_of_a_pool_have_servers_of_their_own(self) -> None:
        raw = Book().raw()
        mine = grade_one(Submission("a", "1.1", raw, "a"), Worlds(2024, 5), LIMITS)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            theirs = pool.starmap(
                grade_one,
                [(Submission("a", "1.1", raw, "a"), Worlds(2024, 5), LIMITS)] * 2,
                chunksize=1,
            )
        outcomes = [[q.outcome for q in result.questions] for result in (mine, *theirs)]
        assert outcomes == [outcomes[0]] * 3
        assert outcomes[0][:4] == ["correct"] * 4


def _grade_for_ever(note: Path) -> None:
    tempfile.tempdir = str(note.with_name("spool"))
    note.with_name("spool").mkdir()
    runner = ForkRunner()
    runner.run(job("a = 1"), DATA)
    assert runner._server is not None
    part = note.with_suffix(".part")
    part.write_text(str(runner._server.pid))
    part.rename(note)
    runner.run(job(STUBBORN, limits=Limits()), DATA)


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestPlatforms:
    def test_elsewhere_nothing_is_run_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        with pytest.raises(KitError, match="--trusted"):
            new_runner(trusted=False)
        runner = new_runner(trusted=True)
        assert isinstance(runner, SpawnRunner)
        runner.close()

    def test_too_few_locks_are_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(KitError, match=r"user, net.*--trusted"):
            listened(tmp_path, b'{"refused": ["user", "net"]}\n')

    def test_a_process_that_cannot_start_is_a_sentence(self, tmp_path: Path) -> None:
        for said in (b"", b'{"failed": "OSError: no memory"}\n'):
            with pytest.raises(KitError, match="could not be started"):
                listened(tmp_path, said)


def listened(desk: Path, *parts: bytes, limits: Limits = LIMITS) -> Ran:
    """Return what is believed of a process that says this and ends."""
    ran = Ran()
    said = iter([*parts, b""])
    whole = job("a = 1", a=0, limits=limits)
    Listener(ran, whole, 1e12, desk).listen(lambda _: next(said))
    return ran


BEGUN = b'{"locks": ["files"]}\n'


class TestListening:
    @given(st.lists(st.binary(max_size=200), max_size=5))
    def test_anything_may_be_said(self, parts: list[bytes]) -> None:
        ran = listened(Path(), BEGUN, *[part for part in parts if part])
        assert ran.locks == ("files",)

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
    def test_any_value_may_stand_in_a_message(self, value: object) -> None:
        keys = ("begin", "end", "flood", "answer", "value", "fault", "text", "last", "locks")
        for key in keys:
            message = {"answer": "a", "value": "1", "end": 0, "fault": "error"} | {key: value}
            ran = listened(Path(), BEGUN, json.dumps(message).encode() + b"\n")
            assert ran.locks == ("files",)
            assert set(ran.checked) | set(ran.ended) <= {"a"}

    def test_too_much_ends_it(self, tmp_path: Path) -> None:
        flood = [b"x" * 65536] * 200
        ran = listened(tmp_path, BEGUN, *flood, limits=Limits(answers=MIB))
        assert ran.faults[0].sort == "answers"

    def test_files_are_counted_where_no_lock_counts_them(self, tmp_path: Path) -> None:
        limits = Limits(disk=1000, files=3)
        assert overfull(tmp_path, limits) is None
        (tmp_path / "big").write_bytes(b"x" * 2000)
        assert overfull(tmp_path, limits) == "disk"
        for number in range(4):
            (tmp_path / f"{number}").mkdir()
        assert overfull(tmp_path, limits) == "files"


class TestReading:
    @linux
    def test_a_large_notebook_is_read_aside(self, runner: Runner) -> None:
        said = runner.run(Reading(Book().raw(), LIMITS), DATA).said
        assert Sheet.from_plain(said["sheet"]) == read(Book().raw())

    @linux
    def test_a_faulty_one_too(self, runner: Runner) -> None:
        assert runner.run(Reading(b"[", LIMITS), DATA).said["fault"] == "not-json"

    @given(st.binary(max_size=300))
    def test_any_bytes_are_a_notebook_or_none(self, raw: bytes) -> None:
        with suppress(NotANotebook):
            assert isinstance(read(raw), Sheet)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["cells", "metadata", "source", "id", "kdcourse", "worksheets"]
                    ),
                    inner,
                )
            ),
        )
    )
    def test_any_json_is_a_notebook_or_none(self, book: object) -> None:
        try:
            sheet = read(json.dumps(book).encode())
        except NotANotebook:
            return
        from kdcourse.checks.catalogue import find_exercise

        lang = language_of(sheet)
        whole = plan(sheet, find_exercise("1.1"), released("1.1", lang))
        assert all(isinstance(step.source, str) for step in whole.steps)

    def test_the_language_is_found_without_metadata_too(self) -> None:
        book = Book("zh-CN")
        assert language_of(read(book.raw())) == "zh-CN"
        del book.nb["metadata"]["kdcourse"]
        assert language_of(read(book.raw())) == "zh-CN"
        assert language_of(read(Book("en").drop("setup").raw())) == "en"


def test_an_unknown_exercise_is_a_sentence() -> None:
    with pytest.raises(KitError, match=r"9\.9-nothing"):
        grade_one(Submission("a", "9.9-nothing", b"{}", "x"), Worlds(1, 2))
