"""Grading a class: every notebook that has no result yet, one after the other or many at once.

What grades one notebook is handed in, and so is what maps it over the class: this process, several
of them, or a cluster. A worker that dies takes nothing with it but a second try.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from kdcourse.grading.gradebook import Gradebook, Task
from kdcourse.grading.places import explained
from kdcourse.grading.work import Limits, Submission, SubmissionResult, Worlds, grade_one
from kdcourse.texts import KitError, content

#: Grades one notebook; arguments and result are plain data, so that it works anywhere.
Grade = Callable[[Submission, Worlds], SubmissionResult]
#: A notebook to be graded, and its worlds.
Job = tuple[Task, Worlds]
#: A notebook that was graded, with what came of it.
_Graded = tuple[Task, SubmissionResult | Exception]
#: Grades many; yields each as it is done.
Mapper = Callable[[Grade, Iterable[Job]], Iterator[_Graded]]

#: What a verdict depends on, besides the notebook, its worlds and the exercise's own texts.
_JUDGED_BY = (
    "checks",
    "crm",
    "metrics",
    "world",
    "content/crm",
    "content/tables",
    "content/world",
    "data.py",
)


class WorkerDiedError(Exception):
    """The process that graded a notebook ended without a word."""


@dataclass
class Outcome:
    """What came of grading a class.

    Attributes:
        graded: How many notebooks have a new result.
        failed: Those that could not be graded, with why.
    """

    graded: int = 0
    failed: list[tuple[Task, KitError]] = field(default_factory=list)


def grade_class(
    gradebook: Gradebook,
    tasks: Sequence[Task],
    worlds: Mapping[tuple[str, str], Worlds],
    *,
    grade: Grade,
    mapper: Mapper,
    on_done: Callable[[Task], None] = lambda task: None,
) -> Outcome:
    """Grade what is to be graded; each result is written down as soon as it is there.

    Args:
        gradebook: Takes the results.
        tasks: What is to be graded.
        worlds: (learner, assignment) → what it is judged on.
        grade: Grades one notebook.
        mapper: Grades many.
        on_done: Called after each.

    Raises:
        KitError: Nothing can be graded here, or the gradebook can't be written to.
    """
    outcome = Outcome()
    jobs = ((task, worlds[task.learner, task.assignment]) for task in tasks)
    for task, result in mapper(grade, jobs):
        if isinstance(result, SubmissionResult):
            gradebook.add(task, result)
            outcome.graded += 1
        elif isinstance(result, KitError):
            # Not this notebook's fault: the next one would fare no better.
            raise result
        else:
            why = KitError(
                "grading_class.not-graded",
                learner=task.learner,
                name=task.name,
                reason=f"{type(result).__name__}: {result}"[:300],
            )
            outcome.failed.append((task, why))
        on_done(task)
    return outcome


def grader(limits: Limits | None = None, *, trusted: bool = False) -> Grade:
    """Return what grades one notebook for real."""
    return partial(grade_one, limits=limits, trusted=trusted)


def submission_of(task: Task) -> Submission:
    """Return a notebook as the unit of work takes it.

    Raises:
        KitError: The kept file can't be read.
    """
    with explained(task.file, reading=True):
        return Submission(task.learner, task.assignment, task.file.read_bytes(), task.name)


def version_of(assignment: str, worlds: Worlds) -> str:
    """Return what stands for everything a verdict depends on besides the notebook."""
    whole = sha256(f"{checks_version(assignment)} {worlds}".encode())
    return whole.hexdigest()[:16]


@cache
def checks_version(assignment: str) -> str:
    """Return what changes whenever the checks of an exercise do."""
    package = files("kdcourse")
    whole = sha256(repr(content(f"exercises/{assignment}")).encode())
    for name in _JUDGED_BY:
        for path, data in _sources(package.joinpath(*name.split("/")), name):
            whole.update(f"{path} {sha256(data).hexdigest()}\n".encode())
    return whole.hexdigest()[:16]


def _sources(place: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for part in sorted(place.iterdir(), key=lambda one: one.name):
            yield from _sources(part, f"{name}/{part.name}")
    elif name.endswith((".py", ".toml")):
        yield name, place.read_bytes()


# --- mappers


def here(jobs: int) -> Mapper:
    """Return what grades in ``jobs`` processes of this machine."""
    return partial(_in_processes, jobs=jobs) if jobs > 1 else _one_by_one


def _one_by_one(grade: Grade, jobs: Iterable[Job]) -> Iterator[_Graded]:
    for task, worlds in jobs:
        try:
            yield task, grade(submission_of(task), worlds)
        except Exception as fault:
            yield task, fault


def _in_processes(grade: Grade, waiting: Iterable[Job], *, jobs: int) -> Iterator[_Graded]:
    """Grade in several processes; what was at work when one died is tried again by itself."""
    waiting = iter(waiting)
    while suspects := deque((yield from _pool(grade, waiting, jobs, ahead=2 * jobs))):
        while suspects:
            # One at a time, so that it is known which of them the process died of.
            died = yield from _pool(grade, _taken(suspects), 1, ahead=1)
            for task, _ in died:
                yield task, WorkerDiedError()


def _taken(several: deque[Job]) -> Iterator[Job]:
    while several:
        yield several.popleft()


def _pool(
    grade: Grade, waiting: Iterator[Job], jobs: int, ahead: int
) -> Generator[_Graded, None, list[Job]]:
    """Grade until nothing waits or a process dies.

    Returns:
        What was at work then; nothing if all is done.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_work)
    running: dict[Future[SubmissionResult], Job] = {}
    try:
        while True:
            # Only as many as can be worked on soon: notebooks are read when they are due.
            while len(running) < ahead and (job := next(waiting, None)):
                try:
                    running[pool.submit(grade, submission_of(job[0]), job[1])] = job
                except BrokenProcessPool:
                    return [*running.values(), job]
                except Exception as fault:
                    yield job[0], fault
            if not running:
                return []
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                what = future.exception()
                if not isinstance(what, BrokenProcessPool):
                    task, _ = running.pop(future)
                    yield task, what if isinstance(what, Exception) else future.result()
            if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                return list(running.values())
    except BaseException:
        # Interrupted: the workers, which don't hear the interruption, are ended.
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin_work() -> None:
    """Leave Ctrl+C to the process that reads the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
