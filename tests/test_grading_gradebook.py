"""A class is graded once each, whatever is killed when: no result twice, none lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import plain_environment
from grading_samples import CLASS, FILE, answered, fake_grade, gradebook_with, plain, put, result

from kdcourse.grading import run
from kdcourse.grading.classroom import Classroom, take_in
from kdcourse.grading.gradebook import Gradebook, Mark, digest_of
from kdcourse.grading.roster import Roster
from kdcourse.grading.run import checks_version, grade_class, here, version_of
from kdcourse.grading.standing import standings
from kdcourse.grading.store import alone
from kdcourse.grading.submissions import collect
from kdcourse.grading.work import Worlds
from kdcourse.texts import KitError

NUMBER = 24

#: Grades a class with a grader that notes each call and takes a moment.
GRADE = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from grading_samples import fake_grade
from kdcourse.grading.classroom import Classroom, take_in
from kdcourse.grading.gradebook import Gradebook
from kdcourse.grading.roster import Roster
from kdcourse.grading.run import grade_class, here
from kdcourse.grading import run
from kdcourse.grading.store import alone

# The course's own files may be at work in another window.
run.checks_version = lambda assignment: "one"
inbox, out, log = map(Path, sys.argv[1:])

def slowly(submission, worlds):
    with log.open("a") as file:
        file.write(submission.learner + chr(10))
    time.sleep(0.01)
    return fake_grade(submission, worlds)

with alone(out), Gradebook(out) as gradebook:
    room = Classroom.of(out, None, Roster(), ["1.1"])
    tasks, worlds = take_in(inbox, gradebook, room)
    print(len(tasks), flush=True)
    grade_class(gradebook, tasks, worlds, grade=slowly, mapper=here(1))
"""


def hand_in(inbox: Path, number: int = NUMBER) -> Path:
    for one in range(number):
        code = f"# q1: {one % 3}\n# q2: {one % 4}"
        put(inbox / f"l{one:02}" / "1.1" / FILE, answered(plain(), q1=code))
    return inbox


def grading(tmp_path):
    command = [sys.executable, "-c", GRADE.format(tests=str(Path(__file__).parent))]
    places = [tmp_path / "in", tmp_path / "out", tmp_path / "log"]
    return subprocess.Popen(
        [*command, *map(str, places)], env=plain_environment(), stdout=subprocess.PIPE
    )


def recorded(out: Path) -> list[str]:
    try:
        with sqlite3.connect(f"file:{out}/gradebook.sqlite?mode=ro", uri=True) as book:
            return [learner for (learner,) in book.execute("SELECT learner FROM result")]
    except sqlite3.OperationalError:  # killed before there was a file
        return []


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_at_any_moment_nothing_is_graded_twice_and_nothing_is_lost(tmp_path):
    hand_in(tmp_path / "in")
    rng = random.Random(5)
    before: list[str] = []
    calls_before: Counter[str] = Counter()
    for _ in range(6):
        process = grading(tmp_path)
        # From before the file is made to the middle of the work.
        if rng.random() < 0.7:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(rng.random() * 0.15)
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = recorded(tmp_path / "out")
        assert set(before) <= set(after)
        started = Counter((tmp_path / "log").read_text().split()) if after else Counter()
        # What was recorded by an earlier run has not been touched again.
        assert {who for who in before if started[who] > calls_before[who]} == set()
        before, calls_before = after, started
    assert 0 < len(before) < NUMBER, "the kills came too early or too late to say anything"
    assert grading(tmp_path).wait() == 0
    assert Counter(recorded(tmp_path / "out")) == Counter(f"l{one:02}" for one in range(NUMBER))
    with Gradebook(tmp_path / "out") as gradebook:
        assert {one.learner: one.points for one in standings(gradebook)} == {
            f"l{one:02}": one % 3 + one % 4 for one in range(NUMBER)
        }


# --- what is graded again


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "checks_version", lambda assignment: "one")
    return Classroom.of(tmp_path / "out", None, Roster(), ["1.1"])


def graded_again(tmp_path, room):
    """Take everything in and grade it; return who was graded."""
    with Gradebook(tmp_path / "out") as gradebook:
        tasks, worlds = take_in(tmp_path / "in", gradebook, room)
        outcome = grade_class(gradebook, tasks, worlds, grade=fake_grade, mapper=here(1))
        assert outcome.graded == len(tasks)
        return [task.learner for task in tasks]


def test_the_same_is_graded_once(tmp_path, room):
    hand_in(tmp_path / "in", 3)
    assert graded_again(tmp_path, room) == ["l00", "l01", "l02"]
    assert graded_again(tmp_path, room) == []


def test_a_changed_notebook_is_graded_again_and_the_former_is_kept(tmp_path, room):
    hand_in(tmp_path / "in", 3)
    graded_again(tmp_path, room)
    put(tmp_path / "in" / "l01" / "1.1" / FILE, answered(plain(), q2="# q2: 3"))
    assert graded_again(tmp_path, room) == ["l01"]
    with Gradebook(tmp_path / "out") as gradebook:
        assert {one.learner: one.points for one in standings(gradebook)}["l01"] == 3
    assert len(recorded(tmp_path / "out")) == 4
    assert len(list((tmp_path / "out" / "handed-in").iterdir())) == 4


def test_a_notebook_put_back_counts_with_the_result_it_had(tmp_path, room):
    hand_in(tmp_path / "in", 2)
    first = (tmp_path / "in" / "l01" / "1.1" / FILE).read_bytes()
    graded_again(tmp_path, room)
    put(tmp_path / "in" / "l01" / "1.1" / FILE, answered(plain(), q2="# q2: 3"))
    graded_again(tmp_path, room)
    put(tmp_path / "in" / "l01" / "1.1" / FILE, first)
    assert graded_again(tmp_path, room) == []
    with Gradebook(tmp_path / "out") as gradebook:
        assert {one.learner: one.points for one in standings(gradebook)}["l01"] == 2


def test_other_checks_grade_everybody_again(tmp_path, room, monkeypatch):
    hand_in(tmp_path / "in", 2)
    graded_again(tmp_path, room)
    monkeypatch.setattr(run, "checks_version", lambda assignment: "newer")
    assert graded_again(tmp_path, room) == ["l00", "l01"]
    with Gradebook(tmp_path / "out") as gradebook:
        assert len(standings(gradebook)) == 2


def test_the_version_follows_the_worlds_and_the_exercise():
    one, other = Worlds(1, 2), Worlds(1, 3)
    assert version_of("1.1", one) == version_of("1.1", Worlds(1, 2))
    assert version_of("1.1", one) != version_of("1.1", other)
    assert len(checks_version("1.1")) == 16


def test_a_second_folder_adds_to_the_class(tmp_path, room):
    hand_in(tmp_path / "in", 2)
    graded_again(tmp_path, room)
    (tmp_path / "in").rename(tmp_path / "first")
    put(tmp_path / "in" / "late" / "1.1" / FILE, answered(plain(), q1="# q1: 2"))
    assert graded_again(tmp_path, room) == ["late"]
    with Gradebook(tmp_path / "out") as gradebook:
        assert [one.learner for one in standings(gradebook)] == ["l00", "l01", "late"]


# --- marks


def test_a_mark_stays_with_its_answer(tmp_path):
    with gradebook_with(tmp_path, result("anna", memo="Economy.")) as gradebook:
        (one,) = gradebook.results()
        gradebook.mark(one, one.questions[4], Mark(1.0, (2, 2)))
        gradebook.mark(one, one.questions[4], Mark(2.5, (3, 4), "Good figures."))
        assert gradebook.marks() == {
            ("anna", "1.1.q5", digest_of("Economy.")): Mark(2.5, (3, 4), "Good figures.")
        }
        (standing,) = standings(gradebook)
        assert (standing.points, standing.awaiting, standing.lines[4].outcome) == (2.5, 0, "marked")


def test_another_answer_waits_anew(tmp_path):
    with gradebook_with(tmp_path, result("anna", memo="Economy.")) as gradebook:
        (one,) = gradebook.results()
        gradebook.mark(one, one.questions[4], Mark(2.5))
        (task,) = gradebook.tasks({("anna", "1.1"): "newer checks"})
        gradebook.add(task, result("anna", memo="Express."))
        (standing,) = standings(gradebook)
        assert (standing.points, standing.awaiting) == (0, 1)


# --- faults


def test_a_gradebook_that_is_none_is_named_and_left_alone(tmp_path):
    put(tmp_path / "gradebook.sqlite", b"not a database at all, but long enough" * 100)
    with pytest.raises(KitError, match="is damaged, or no gradebook"):
        Gradebook(tmp_path)
    assert (tmp_path / "gradebook.sqlite").read_bytes().startswith(b"not a database")


def test_a_newer_gradebook_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as book:
        book.execute("PRAGMA user_version = 99")
    with pytest.raises(KitError, match="newer kdcourse"):
        Gradebook(tmp_path)


def test_two_gradings_at_once_are_refused(tmp_path):
    with alone(tmp_path), pytest.raises(KitError, match="Another grading"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path):
    with gradebook_with(tmp_path, result("anna"), result("ole", q1=2.0)) as gradebook:
        (pages,) = gradebook._store.rows("PRAGMA page_count")[0]
        gradebook._store.rows(f"PRAGMA max_page_count = {pages}")
        tasks = gradebook.tasks(dict.fromkeys(gradebook.counted(), "newer"))
        with pytest.raises(KitError, match="disk is full"):
            gradebook.add(tasks[0], result("anna", memo="x" * 100_000))
        assert [one.learner for one in gradebook.results()] == ["anna", "ole"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    put(tmp_path / "file", b"")
    with pytest.raises(KitError, match="cannot be written"):
        Gradebook(tmp_path / "file" / "grades")


def test_a_failing_grader_leaves_the_others(tmp_path, room):
    def fails_for_one(submission, worlds):
        if submission.learner == "l01":
            raise RuntimeError("no more memory")
        return fake_grade(submission, worlds)

    hand_in(tmp_path / "in", 3)
    with Gradebook(tmp_path / "out") as gradebook:
        tasks, worlds = take_in(tmp_path / "in", gradebook, room)
        outcome = grade_class(gradebook, tasks, worlds, grade=fails_for_one, mapper=here(1))
    assert outcome.graded == 2
    ((task, why),) = outcome.failed
    assert task.learner == "l01"
    assert "no more memory" in str(why)
    assert graded_again(tmp_path, room) == ["l01"]


def test_a_fault_that_every_notebook_would_meet_ends_the_grading(tmp_path, room):
    def refuses(submission, worlds):
        raise KitError("grading_class.no-dask")

    hand_in(tmp_path / "in", 3)
    with Gradebook(tmp_path / "out") as gradebook:
        tasks, worlds = take_in(tmp_path / "in", gradebook, room)
        with pytest.raises(KitError, match="Dask"):
            grade_class(gradebook, tasks, worlds, grade=refuses, mapper=here(1))


# --- several processes


def dies_for_one(submission, worlds):
    if submission.learner == "l02":
        os._exit(3)
    return fake_grade(submission, worlds)


def test_a_process_that_dies_costs_its_own_notebook_only(tmp_path, room):
    hand_in(tmp_path / "in", 6)
    with Gradebook(tmp_path / "out") as gradebook:
        tasks, worlds = take_in(tmp_path / "in", gradebook, room)
        outcome = grade_class(gradebook, tasks, worlds, grade=dies_for_one, mapper=here(2))
        assert [one.learner for one in gradebook.results()] == ["l00", "l01", "l03", "l04", "l05"]
    assert [task.learner for task, _ in outcome.failed] == ["l02"]


def test_several_processes_come_to_the_same(tmp_path, room):
    hand_in(tmp_path / "in", 5)
    with Gradebook(tmp_path / "out") as gradebook:
        tasks, worlds = take_in(tmp_path / "in", gradebook, room)
        grade_class(gradebook, tasks, worlds, grade=fake_grade, mapper=here(2))
        assert [one.points for one in standings(gradebook)] == [0, 2, 4, 3, 1]


def test_what_counts_can_be_shown_with_its_notebook(tmp_path):
    inbox = put(tmp_path / "in" / "anna" / "1.1" / FILE, plain()).parents[2]
    with Gradebook(tmp_path / "out") as gradebook:
        gradebook.remember(CLASS, ["1.1"])
        gradebook.take_in(collect(inbox, CLASS, ["1.1"], keep=gradebook.keep))
        assert gradebook.notebook("anna", "1.1") == (f"anna/1.1/{FILE}", plain())
        assert gradebook.roster() == CLASS
        assert gradebook.assignments() == ["1.1"]
