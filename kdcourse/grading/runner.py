"""Outside: starting learners' processes, and ending them when it is time.

A cell that overstays its time is interrupted from inside. One that resists, or takes its process
down with it, costs the process: a new one runs the notebook again without that cell. What the
answers looked like up to there is kept.
"""

from __future__ import annotations

import atexit
import os
import pickle
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

import kdcourse.texts
from kdcourse.grading.child import Job, Reading
from kdcourse.grading.listening import START_SECONDS, Listener, Ran, Receive
from kdcourse.grading.server import ENDED, READY, STOP, Order, send
from kdcourse.texts import KitError

#: How often a notebook is started, each time without the cell that was stuck before.
MOST_STARTS = 4
_MOST_AT_ONCE = 1 << 16


class Runner(ABC):
    """Runs notebooks one at a time.

    Args:
        trusted: Run them even behind too few locks.

    Attributes:
        spool: A folder of its own, gone when it is closed.
    """

    def __init__(self, trusted: bool = False) -> None:
        self.trusted = trusted
        self.spool = Path(tempfile.mkdtemp(prefix="kdcourse-grading-")).resolve()
        for name in ("root", "home", "desk"):
            self.spool.joinpath(name).mkdir()
        atexit.register(self.close)

    def run(self, job: Job | Reading, data: Path) -> Ran:
        """Run a notebook on the world in ``data``.

        Raises:
            KitError: This system has too few locks, or the process can't be started.
        """
        ran = Ran()
        self._warm()
        end = monotonic() + job.limits.total_seconds
        skip: set[int] = set()
        for _ in range(MOST_STARTS):
            desk = self.spool / "desk"
            shutil.rmtree(desk, ignore_errors=True)
            desk.mkdir(exist_ok=True)
            asked = replace(job, skip=frozenset(skip)) if isinstance(job, Job) else job
            order = Order(asked, desk, data, self.spool / "root", self.trusted)
            with self._started(order) as receive:
                stuck = Listener(ran, job, end, desk).listen(receive)
            if stuck is None:
                break
            skip.add(stuck)
        return ran

    def close(self) -> None:
        """End what was started and remove what was written."""
        atexit.unregister(self.close)
        shutil.rmtree(self.spool, ignore_errors=True)

    @abstractmethod
    def _warm(self) -> None:
        """Have ready what takes time, before the clock runs."""

    @abstractmethod
    def _started(self, order: Order) -> AbstractContextManager[Receive]:
        """Yield the way to hear a new learner's process; it is gone afterwards."""


class ForkRunner(Runner):
    """Forks each process from a server that has its libraries loaded, and locks it in: Linux."""

    def __init__(self, trusted: bool = False) -> None:
        super().__init__(trusted)
        self._server: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def close(self) -> None:
        """End the server."""
        self._hang_up()
        super().close()

    def _warm(self) -> None:
        self._connected()

    @contextmanager
    def _started(self, order: Order) -> Iterator[Receive]:
        line = self._connected()
        pipe, theirs = os.pipe()

        def receive(seconds: float) -> bytes | None:
            ready, _, _ = select.select([pipe], [], [], max(seconds, 0))
            return os.read(pipe, _MOST_AT_ONCE) if ready else None

        try:
            try:
                send(line, order, theirs)
            finally:
                os.close(theirs)
            yield receive
        finally:
            os.close(pipe)
            self._end(line)

    def _end(self, line: socket.socket) -> None:
        try:
            line.sendall(STOP)
            if line.recv(1) == ENDED:
                return
        except OSError:
            pass
        # Without its server nothing of a notebook is left running.
        self._hang_up()

    def _hang_up(self) -> None:
        if self._line:
            self._line.close()
        if self._server:
            self._server.wait()
        self._line = self._server = None

    def _connected(self) -> socket.socket:
        if self._server and self._server.poll() is not None:
            # Somebody has killed it, or memory ran out.
            self._hang_up()
        if self._line is None:
            self._line, theirs = socket.socketpair()
            # In a session of its own: an interrupt at the terminal is for the grader.
            self._server = subprocess.Popen(
                [*_python("main"), str(theirs.fileno()), str(self.spool)],
                pass_fds=[theirs.fileno()],
                env=_environment(self.spool / "home"),
                cwd=self.spool,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            theirs.close()
            self._line.settimeout(START_SECONDS)
            if self._line.recv(1) != READY:
                self._hang_up()
                raise KitError("grading.no-server")
        return self._line


class SpawnRunner(Runner):
    """Starts a Python per notebook, without locks: wherever there is no fork, for who is trusted.

    Slow, and simple enough to tell in tests whether the other one does what it should.
    """

    def _warm(self) -> None:
        """Nothing can be had ready."""

    @contextmanager
    def _started(self, order: Order) -> Iterator[Receive]:
        process = subprocess.Popen(
            _python("alone"),
            env=_environment(self.spool / "home"),
            cwd=self.spool,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        said: SimpleQueue[bytes] = SimpleQueue()

        def listen() -> None:
            assert process.stdout
            while part := os.read(process.stdout.fileno(), _MOST_AT_ONCE):
                said.put(part)
            said.put(b"")

        def receive(seconds: float) -> bytes | None:
            try:
                return said.get(timeout=max(seconds, 0))
            except Empty:
                return None

        # Not every system can wait for a pipe and a clock at once.
        ear = Thread(target=listen, daemon=True)
        try:
            assert process.stdin
            process.stdin.write(pickle.dumps(order))
            process.stdin.close()
            ear.start()
            yield receive
        finally:
            process.kill()
            process.wait()
            ear.join(1.0)


def new_runner(trusted: bool) -> Runner:
    """Return the runner for this system.

    Raises:
        KitError: There are no locks here, and the notebooks aren't trusted.
    """
    if sys.platform == "linux":
        return ForkRunner(trusted)
    if not trusted:
        raise KitError("grading.no-locks", platform=sys.platform)
    return SpawnRunner(trusted)


def _python(function: str) -> list[str]:
    return [
        sys.executable,
        "-P",
        "-c",
        f"from kdcourse.grading.server import {function}; {function}()",
    ]


def _environment(home: Path) -> dict[str, str]:
    """Return what a process is told of the outside: nearly nothing."""
    # Without this one, Windows starts no program at all.
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return kept | {
        "HOME": str(home),
        "IPYTHONDIR": str(home),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(home),
        # Several notebooks run at once; each has one core.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(kdcourse.texts.__file__).parents[1]),
        "TZ": "UTC",
    }
