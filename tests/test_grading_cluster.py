"""The same unit of work over a Dask cluster: a worker that is lost costs nobody their grade."""

import os
import signal
import sys
import time
from collections import Counter
from importlib.util import find_spec

import pytest
from grading_samples import FILE, answered, fake_grade, plain, put

from kdcourse.grading import run
from kdcourse.grading.classroom import Classroom, take_in
from kdcourse.grading.cluster import over_dask
from kdcourse.grading.gradebook import Gradebook
from kdcourse.grading.roster import Roster
from kdcourse.grading.run import grade_class
from kdcourse.grading.standing import standings
from kdcourse.texts import KitError

NUMBER = 12

needs_dask = pytest.mark.skipif(
    not find_spec("distributed"), reason='Dask is not installed: pip install "kdcourse[cluster]"'
)


def slow_grade(submission, worlds):
    time.sleep(0.15)
    return fake_grade(submission, worlds)


def failing_grade(submission, worlds):
    if submission.learner == "l03":
        raise RuntimeError("no more memory")
    return fake_grade(submission, worlds)


def foreign_grade(submission, worlds):
    raise ModuleNotFoundError("No module named 'kdcourse'")


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made


@pytest.fixture
def gradebook(tmp_path):
    with Gradebook(tmp_path / "out") as book:
        yield book


@pytest.fixture
def work(tmp_path, gradebook, monkeypatch):
    monkeypatch.setattr(run, "checks_version", lambda assignment: "one")
    for one in range(NUMBER):
        put(tmp_path / "in" / f"l{one:02}" / "1.1" / FILE, answered(plain(), q1=f"# q1: {one % 3}"))
    room = Classroom.of(tmp_path / "out", None, Roster(), ["1.1"])
    return take_in(tmp_path / "in", gradebook, room)


@needs_dask
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_worker_killed_in_the_middle_costs_nothing(cluster, gradebook, work):
    tasks, worlds = work
    done = []

    def on_done(task):
        done.append(task.learner)
        if len(done) == 3:
            # Outright, as when a machine goes down: the nanny learns of it as anyone would.
            os.kill(next(iter(cluster.workers.values())).process.pid, signal.SIGKILL)

    with over_dask(cluster.scheduler_address) as mapper:
        outcome = grade_class(
            gradebook, tasks, worlds, grade=slow_grade, mapper=mapper, on_done=on_done
        )
    assert (outcome.graded, outcome.failed) == (NUMBER, [])
    assert Counter(done) == Counter(f"l{one:02}" for one in range(NUMBER))
    assert {one.learner: one.points for one in standings(gradebook)} == {
        f"l{one:02}": one % 3 for one in range(NUMBER)
    }


@needs_dask
def test_a_notebook_that_fails_there_leaves_the_others(cluster, gradebook, work):
    tasks, worlds = work
    with over_dask(cluster.scheduler_address) as mapper:
        outcome = grade_class(gradebook, tasks, worlds, grade=failing_grade, mapper=mapper)
    assert outcome.graded == NUMBER - 1
    ((task, why),) = outcome.failed
    assert task.learner == "l03"
    assert "no more memory" in str(why)


@needs_dask
def test_workers_without_the_kit_end_it_with_a_sentence(cluster, gradebook, work):
    tasks, worlds = work
    with (
        over_dask(cluster.scheduler_address) as mapper,
        pytest.raises(KitError, match="Each worker needs this version of kdcourse"),
    ):
        grade_class(gradebook, tasks, worlds, grade=foreign_grade, mapper=mapper)


@needs_dask
def test_nobody_at_the_address_is_a_sentence(monkeypatch):
    monkeypatch.setattr("kdcourse.grading.cluster._PATIENCE", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense://here"):
        with pytest.raises(KitError, match="No Dask scheduler answers"), over_dask(address):
            pass


def test_without_dask_there_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(KitError, match="Dask is not installed"), over_dask("tcp://127.0.0.1:9"):
        pass
