"""Inside: running a notebook's cells one by one, and sending out what the answers look like.

Nothing here is secret, and nothing here is trusted: a learner's code can reach all of it. Whoever
bends it, or writes to the pipe, hands in an answer and no verdict.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdcourse.checks.values import Unreadable, blank
from kdcourse.data import FOLDER_VARIABLE
from kdcourse.grading.encoding import encode, refusal
from kdcourse.grading.notebooks import NotANotebook, read
from kdcourse.grading.shell import Sink, TimeUp, at_most, execute
from kdcourse.grading.work import Limits

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from kdcourse.checks.judges import Judge

LONGEST_FAULT = 300
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TOO_MANY = (errno.EMFILE, errno.ENFILE)
_ABSENT = object()


@dataclass(frozen=True)
class Step:
    """A cell to run.

    Attributes:
        source: Its code.
        checks: The questions whose check stands here.
    """

    source: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Probe:
    """What to look at for one question.

    Attributes:
        variable: Name of the variable that holds the answer.
        judge: Observes what can't cross as it is: a function, a figure, a query, a database.
    """

    variable: str
    judge: Judge | None = None


@dataclass(frozen=True)
class Job:
    """What to run, and with what.

    Attributes:
        steps: The cells, in order.
        probes: By question.
        limits: What the cells may use.
        skip: Places of the cells to leave out, because they were stuck before.
    """

    steps: tuple[Step, ...]
    probes: Mapping[str, Probe]
    limits: Limits
    skip: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Reading:
    """A notebook so large that it is better read in here.

    Attributes:
        notebook: The file.
        limits: What reading it may use.
    """

    notebook: bytes
    limits: Limits


class Quiet:
    """What ``check``, ``hint`` and ``solution`` return while grading: nothing to see."""

    def __repr__(self) -> str:
        return ""


class Telling:
    """Sends messages out: one line of JSON each."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def __call__(self, **message: object) -> None:
        """Send a message."""
        # On a line of its own, should a notebook have left half of one behind.
        line = f"\n{json.dumps(message)}\n".encode("ascii")
        while line:
            line = line[os.write(self._pipe, line) :]


def run(job: Job, shell: InteractiveShell, tell: Telling) -> None:
    """Run the cells and send out what becomes of them.

    Sends ``begin`` and ``end`` of each cell by its place, with the fault if there was one, and
    ``answer`` for each question where its check stands; at the end again, if it has changed.
    """
    _settle()
    bench = _Bench(job, shell, tell)
    for place, step in enumerate(job.steps):
        if place not in job.skip:
            bench.run(place, step)
        # A cell that was cut off stands in nobody's way.
        if step.checks:
            bench.observe(place, step.checks)
    bench.observe(len(job.steps), tuple(job.probes), last=True)
    tell(done=True)


def read_aside(reading: Reading, tell: Telling) -> None:
    """Read a notebook, and send out its cells or why there are none."""
    try:
        tell(sheet=read(reading.notebook).to_plain())
    except NotANotebook as fault:
        tell(fault=fault.key, fields=fault.fields)
    except MemoryError:
        tell(fault="too-large", fields={})
    tell(done=True)


class _Bench:
    """One notebook at work."""

    def __init__(self, job: Job, shell: InteractiveShell, tell: Telling) -> None:
        self.job, self.shell, self.tell = job, shell, tell
        self.place = 0
        self.flooded = False
        self.sink = Sink(job.limits.output, self._overflow)
        self.handed: dict[str, object] = {}
        self.sent: dict[str, str] = {}
        sys.stdout = sys.stderr = self.sink
        _close_the_doors(self.handed)

    def run(self, place: int, step: Step) -> None:
        self.place, self.flooded = place, False
        self.sink.begin()
        self.tell(begin=place)
        fault: BaseException | None = None
        try:
            with at_most(self.job.limits.cell_seconds):
                result = execute(self.shell, step.source)
                fault = result.error_before_exec or result.error_in_exec
        except BaseException as error:
            fault = error
        with suppress(BaseException), at_most(1.0):
            _close_figures()
        sort, text = ("output", "") if self.flooded else _told(fault)
        self.tell(end=place, fault=sort, text=text)

    def observe(self, place: int, questions: tuple[str, ...], last: bool = False) -> None:
        """Send the answers to ``questions`` as they are now, unless they were sent like this."""
        self.tell(begin=place)
        for question in questions:
            text = json.dumps(self._observed(question))
            if self.sent.get(question) != text:
                self.sent[question] = text
                self.tell(answer=question, value=text, last=last)

    def _observed(self, question: str) -> object:
        probe = self.job.probes[question]
        value = self.shell.user_ns.get(probe.variable, _ABSENT)
        if value is _ABSENT or blank(value):
            # Whoever called check with another variable was told about that one.
            value = self.handed.get(question, value)
        if value is _ABSENT:
            return {"t": "absent"}
        try:
            with at_most(self.job.limits.cell_seconds):
                if probe.judge is None or blank(value):
                    return encode(value)
                return encode(probe.judge.observe(value))
        except Unreadable as fault:
            return refusal(fault.finding)
        except BaseException as error:
            # An object of the learner's own can do anything when it is looked at.
            return {"t": "broken", "v": type(error).__name__[:60]}

    def _overflow(self) -> None:
        if not self.flooded:
            self.flooded = True
            self.tell(flood=self.place)


def _settle() -> None:
    """Make the working folder the home of everything that looks for one."""
    here = Path.cwd()
    for name in ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME"):
        os.environ[name] = str(here)
    tempfile.tempdir = None
    os.environ[FOLDER_VARIABLE] = str(here / "datasets")
    # A notebook reads ../../../datasets where it doesn't call load.
    deep = here / "exercises" / "en" / "module"
    deep.mkdir(parents=True)
    os.chdir(deep)


def _close_the_doors(handed: dict[str, object]) -> None:
    """Let ``check`` only take note, and ``hint`` and ``solution`` say nothing."""
    from kdcourse.checks import session

    def check(question_id: str, answer: object = ..., *_: object, **__: object) -> Quiet:
        if isinstance(question_id, str):
            handed[question_id.strip()] = answer
        return Quiet()

    def say_nothing(*_: object, **__: object) -> Quiet:
        return Quiet()

    for name, door in (("check", check), ("hint", say_nothing), ("solution", say_nothing)):
        for module in (sys.modules["kdcourse"], session):
            setattr(module, name, door)


def _told(fault: BaseException | None) -> tuple[str | None, str]:
    """Return which sort of fault it is, and how it reads."""
    if fault is None:
        return None, ""
    sort = "error"
    if isinstance(fault, TimeUp):
        sort = "timeout"
    elif isinstance(fault, MemoryError):
        sort = "memory"
    elif isinstance(fault, OSError) and fault.errno in _FULL:
        sort = "disk"
    elif isinstance(fault, OSError) and fault.errno in _TOO_MANY:
        sort = "files"
    text = type(fault).__name__
    with suppress(BaseException), at_most(1.0):
        text = f"{text}: {fault}" if str(fault) else text
    return sort, text[:LONGEST_FAULT]


def _close_figures() -> None:
    """Begin the next cell without a figure, as the notebook's own backend does."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
