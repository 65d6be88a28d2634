"""Work on numbered blocks in several processes, results in order, only a few of them at a time."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from kdcourse.texts import KitError

T = TypeVar("T")


def in_order(work: Callable[[int], T], blocks: int, jobs: int) -> Generator[T]:
    """Yield ``work(0)``, ``work(1)`` … up to ``blocks``, computed by ``jobs`` processes.

    At most ``jobs`` results are computed or wait to be taken while one is in the caller's hands, so
    memory does not grow with the number of blocks.

    Args:
        work: Can be sent to another process, if ``jobs`` is above 1.
        blocks: How many.
        jobs: Processes; with 1, everything happens in this one.

    Raises:
        KitError: A process was ended from outside.
    """
    if jobs == 1 or blocks == 1:
        yield from map(work, range(blocks))
        return
    before = set(multiprocessing.active_children())
    # Not forked: a copy of a process in which threads run (a progress bar) can lock up.
    processes = ProcessPoolExecutor(
        min(jobs, blocks), multiprocessing.get_context("spawn"), _leave_interrupts_to_the_parent
    )
    waiting: deque[Future[T]] = deque()
    try:
        for block in range(blocks):
            with deaf():  # it may start a process
                waiting.append(processes.submit(work, block))
            if len(waiting) > jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        processes.shutdown()
    except BrokenProcessPool:
        raise KitError("data.process-ended", jobs=jobs) from None
    finally:
        # After a fault or Ctrl+C nobody wants the blocks that are still being made.
        processes.shutdown(wait=False, cancel_futures=True)
        left = set(multiprocessing.active_children()) - before
        for child in left:
            child.terminate()
        for child in left:
            child.join(timeout=5)


@contextmanager
def deaf() -> Iterator[None]:
    """Let processes be started that don't hear Ctrl+C even before they could be told not to.

    They inherit which signals wait. One that comes meanwhile reaches this process afterwards: also
    one that another thread takes, for which Python would interrupt this one half-way.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    missed: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: missed.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
        if missed:
            signal.raise_signal(signal.SIGINT)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
