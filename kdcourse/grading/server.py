"""The process that forks learners' processes: its libraries are loaded, its hands are empty.

Started afresh and not forked from the grader, so that nothing the grader knows is in its memory: no
right answer, no seed, no other submission. It serves one notebook at a time.
"""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import signal
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdcourse.grading.child import Job, Reading, Telling, read_aside, run
from kdcourse.grading.shell import execute, new_shell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: What a grader says besides jobs.
STOP = b"\xff" * 8
READY = b"r"
ENDED = b"e"
_LENGTH = struct.Struct("!Q")
#: Kept at hand: a notebook may have put something else in its place.
_leave = os._exit


@dataclass(frozen=True)
class Order:
    """A job, and where to do it.

    Attributes:
        job: What to run.
        desk: An empty folder to work in.
        data: The folder of the world.
        root: An empty folder that can become the root.
        trusted: Run it even behind too few locks.
    """

    job: Job | Reading
    desk: Path
    data: Path
    root: Path
    trusted: bool = False


def main() -> None:
    """Serve the grader at the other end of a socket until it is gone.

    The first argument is the number of the socket, the second a folder that belongs to both: should
    the grader be killed, nobody else is left to remove it.
    """
    grader = socket.socket(fileno=int(sys.argv[1]))
    try:
        _serve_all(grader)
    finally:
        os.chdir("/")
        shutil.rmtree(sys.argv[2], ignore_errors=True)


def _serve_all(grader: socket.socket) -> None:
    from kdcourse.grading import locks
    from kdcourse.grading.reach import reach

    # First of all, while there is one thread.
    reached = locks.move_out()
    shell = prepare()
    # Looked up once for all.
    reach().whole  # noqa: B018
    grader.sendall(READY)
    while True:
        head, pipes, _, _ = socket.recv_fds(grader, _LENGTH.size, 1)
        if not head:
            return
        # Only the grader writes here; what learners write is never unpickled.
        order: Order = pickle.loads(_exactly(grader, _LENGTH.unpack(head)[0]))
        if not _serve(order, shell, pipes[0], grader, reached):
            return
        grader.sendall(ENDED)


def send(server: socket.socket, order: Order, pipe: int) -> None:
    """Send an order, and the pipe for what comes out."""
    whole = pickle.dumps(order)
    socket.send_fds(server, [_LENGTH.pack(len(whole))], [pipe])
    server.sendall(whole)


def prepare() -> InteractiveShell:
    """Load what notebooks need, and make the shell that each learner's process inherits."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt
    import pandas as pd

    import kdcourse.checks.session
    import kdcourse.data
    import kdcourse.plots
    import kdcourse.practice.lessons
    import kdcourse.world.files  # noqa: F401
    from kdcourse.plots import use_style

    use_style()
    # The first figure, the first table and the first cell load what the imports leave out.
    figure, axes = plt.subplots()
    axes.plot([0, 1], label="a")
    figure.canvas.draw()
    plt.close("all")
    pd.DataFrame({"key": ["a"], "value": [1.0]}).groupby("key")["value"].sum().sort_values()
    shell = new_shell()
    execute(shell, "import pandas as pd\nimport numpy as np")
    execute(shell, "del pd, np")
    gc.collect()
    # What is here stays here: the collector needn't touch, and so copy, it in each child.
    gc.freeze()
    return shell


def _serve(
    order: Order, shell: InteractiveShell, pipe: int, grader: socket.socket, reached: list[str]
) -> bool:
    """Fork a learner's process, and end it when the grader says so.

    Returns:
        Whether the grader is still there.
    """
    from kdcourse.grading import locks

    _lay_ready(order)
    learner = locks.fork(reached)
    if not learner:
        _be_the_learner(order, shell, pipe, reached)
    os.close(pipe)
    # The grader always has the last word: it hears the end of the pipe before anybody else does.
    said = grader.recv(_LENGTH.size)
    os.kill(learner, signal.SIGKILL)
    os.waitpid(learner, 0)
    return bool(said)


def _lay_ready(order: Order) -> None:
    """Have a CRM of the world at hand if the notebook speaks of one: made once for all learners.

    It holds what the tables hold, which the learner's process may read anyway.
    """
    if isinstance(order.job, Job) and any("crm" in step.source for step in order.job.steps):
        # What goes wrong goes wrong inside as well, and is told there.
        with suppress(Exception):
            from kdcourse.crm.opening import prepare_for

            prepare_for(order.data)


def _be_the_learner(order: Order, shell: InteractiveShell, pipe: int, reached: list[str]) -> None:
    """Lock this process in, do the job and end."""
    from kdcourse.grading import kernel, locks
    from kdcourse.grading.reach import reach

    try:
        with suppress(OSError, AttributeError):
            kernel.die_with_parent(signal.SIGKILL)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        pipe = os.dup2(pipe, 3)
        os.closerange(4, 65536)
        tell = Telling(pipe)
        room = locks.Room(order.desk, order.data, order.root, reach())
        reached = locks.lock_in(room, order.job.limits, locks.leave_namespaces(reached))
        if order.trusted or locks.enough(reached):
            tell(locks=reached)
            _do(order.job, shell, tell)
        else:
            tell(refused=reached)
    except BaseException as fault:
        with suppress(BaseException):
            tell(failed=f"{type(fault).__name__}: {fault}"[:300])
    finally:
        _leave(0)


def _do(job: Job | Reading, shell: InteractiveShell, tell: Telling) -> None:
    if isinstance(job, Reading):
        read_aside(job, tell)
    else:
        run(job, shell, tell)


def alone() -> None:
    """Do one job without a server and without locks: where nothing can be forked.

    The order comes by standard input, what there is to say goes to standard output.
    """
    # Only the grader writes here; what learners write is never unpickled.
    order: Order = pickle.loads(sys.stdin.buffer.read())
    shell = prepare()
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    tell = Telling(out)
    # Not every system lets everybody make symbolic links.
    shutil.copytree(order.data, order.desk / "datasets")
    os.chdir(order.desk)
    tell(locks=[])
    _do(order.job, shell, tell)
    _leave(0)


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise EOFError("the grader is gone")
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    main()
