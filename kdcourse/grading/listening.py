"""Outside: listening to a learner's process, and believing nothing of it beyond its own answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from kdcourse.grading.child import LONGEST_FAULT, Job, Reading
from kdcourse.grading.work import Limits
from kdcourse.texts import KitError

#: What a cell has beyond its time to be interrupted from inside.
GRACE_SECONDS = 1.0
#: For loading the libraries, and for locking in.
START_SECONDS = 120.0
_PEEK_SECONDS = 0.25
_TOLD = ("error", "timeout", "memory", "disk", "files", "output")

#: Waits so many seconds for what a process says: some bytes, none at its end, None if it is silent.
Receive = Callable[[float], bytes | None]


@dataclass(frozen=True)
class Fault:
    """What went wrong with a cell.

    Attributes:
        sort: ``error``, ``timeout``, ``memory``, ``disk``, ``files``, ``output``, ``answers`` or
            ``died``.
        text: The exception as Python words it; empty if there was none.
    """

    sort: str
    text: str = ""


@dataclass
class Ran:
    """What came of a notebook on one world.

    Attributes:
        checked: By question its answer where the check stands: encoded, not yet believed.
        ended: By question its answer at the end, if it was another one then.
        faults: By place of the cell.
        seconds: By place of the cell.
        locks: What was on.
        finished: Whether the end was reached.
        said: What was said of a notebook that was only read.
    """

    checked: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    locks: tuple[str, ...] = ()
    finished: bool = False
    said: Mapping[str, Any] = field(default_factory=dict)


class Listener:
    """Listens to one process until it has ended, or has to be ended.

    Args:
        ran: What it says is added to this.
        job: What it was told to do.
        end: When all its time is over.
        desk: Where it may write.
    """

    def __init__(self, ran: Ran, job: Job | Reading, end: float, desk: Path) -> None:
        self.ran, self.job, self.end, self.desk = ran, job, end, desk
        self.limits: Limits = job.limits
        self.steps = len(job.steps) if isinstance(job, Job) else 0
        self.place = 0
        self.begun = False
        self.done = False
        self.since = monotonic()
        self.deadline = self.since + START_SECONDS

    def listen(self, receive: Receive) -> int | None:
        """Listen.

        Returns:
            The place of a cell that was stuck or has taken its process along; None if there is
            nothing to run again.

        Raises:
            KitError: The process couldn't be started behind enough locks.
        """
        held, size = bytearray(), 0
        while True:
            now = monotonic()
            if now >= min(self.deadline, self.end):
                return self._stuck("timeout")
            part = receive(min(self.deadline, self.end, now + _PEEK_SECONDS) - now)
            if part is None:
                if "root" not in self.ran.locks and (sort := overfull(self.desk, self.limits)):
                    return self._stuck(sort)
                continue
            if not part:
                return None if self.done else self._stuck("died")
            size += len(part)
            if size > self.limits.answers:
                return self._stuck("answers")
            held += part
            if b"\n" in part:
                *lines, held = held.split(b"\n")
                for line in lines:
                    self._hear(bytes(line))
            if self.done:
                return None

    def _stuck(self, sort: str) -> int | None:
        if not self.begun:
            raise KitError("grading.not-started", reason=sort)
        known = self.ran.faults.get(self.place)
        # What it said before it had to be ended is nearer to the cause.
        if known is None or known.sort == "error":
            self.ran.faults[self.place] = Fault(sort)
        self._clock()
        return self.place if monotonic() < self.end and self.place < self.steps else None

    def _hear(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        if not self.begun:
            # The learner's code isn't running yet: this much is true.
            self.begun = True
            self.ran.locks = tuple(_locks(message))
            # Reading is no cell; it has all the time there is.
            spare = self.limits.cell_seconds + GRACE_SECONDS
            self.deadline = self.end if isinstance(self.job, Reading) else monotonic() + spare
        elif isinstance(self.job, Reading):
            # All is in the first one.
            self.ran.said = self.ran.said or message
            self.done = self.ran.finished = True
        elif isinstance(message.get("answer"), str):
            self._take(self.job, message)
        elif message.get("done") is True:
            self.done = self.ran.finished = True
        elif (place := self._placed(message.get("begin"))) is not None:
            self.place, self.since = place, monotonic()
            self.deadline = self.since + self.limits.cell_seconds + GRACE_SECONDS
        elif (place := self._placed(message.get("flood"))) is not None:
            self.ran.faults[place] = Fault("output")
        elif (place := self._placed(message.get("end"))) is not None:
            self._clock()
            if (sort := message.get("fault")) in _TOLD:
                text = str(message.get("text", ""))[:LONGEST_FAULT]
                self.ran.faults[place] = Fault(str(sort), text)

    def _take(self, job: Job, message: Mapping[str, Any]) -> None:
        question, value = message["answer"], message.get("value")
        if question in job.probes and isinstance(value, str):
            told = self.ran.ended if message.get("last") is True else self.ran.checked
            told[question] = value

    def _placed(self, value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= self.steps:
            return value
        return None

    def _clock(self) -> None:
        spent = monotonic() - self.since
        self.ran.seconds[self.place] = max(spent, self.ran.seconds.get(self.place, 0.0))


def _locks(message: Mapping[str, Any]) -> list[str]:
    if "refused" in message:
        raise KitError("grading.too-few-locks", locks=", ".join(message["refused"]) or "–")
    if "locks" not in message:
        raise KitError("grading.not-started", reason=message.get("failed", "?"))
    return list(message["locks"])


def overfull(desk: Path, limits: Limits) -> str | None:
    """Say whether more was written than allowed, where no file system of its own sees to it."""
    size = count = 0
    for folder, folders, files in os.walk(desk):
        for name in (*folders, *files):
            count += 1
            if count > limits.files:
                return "files"
            with suppress(OSError):
                size += Path(folder, name).lstat().st_size
    return "disk" if size > limits.disk else None
