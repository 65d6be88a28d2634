"""The same unit of work on a Dask cluster, for classes that take one machine too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from kdcourse.grading.gradebook import Task
from kdcourse.grading.run import Grade, Job, Mapper, submission_of
from kdcourse.grading.work import SubmissionResult
from kdcourse.texts import KitError

#: Seconds to wait for the scheduler to answer.
_PATIENCE = 15
#: Notebooks under way per worker, so that none waits for work and memory stays small.
_AHEAD = 3


@contextmanager
def over_dask(address: str) -> Iterator[Mapper]:
    """Connect to a cluster; yield what grades on it.

    A notebook whose worker is lost goes to another one. Whoever keeps the gradebook is this process
    alone, so a notebook that two workers came to grade counts once.

    Args:
        address: Of the scheduler, ``"tcp://host:8786"``.

    Raises:
        KitError: Dask isn't installed, or nobody answers.
    """
    try:
        # By name: type checkers can't do without what is installed here or there.
        distributed: Any = import_module("distributed")
    except ImportError:
        raise KitError("grading_class.no-dask") from None
    try:
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as fault:
        raise KitError("grading_class.no-cluster", address=address, reason=fault) from fault
    try:
        if not _workers(client):
            raise KitError("grading_class.no-workers", address=address)
        yield lambda grade, jobs: _map(
            client, distributed.as_completed(loop=client.loop), address, grade, jobs
        )
    finally:
        client.close(timeout=_PATIENCE)


def _workers(client: Any) -> int:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        return 0
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _map(
    client: Any, done: Any, address: str, grade: Grade, waiting: Iterable[Job]
) -> Iterator[tuple[Task, SubmissionResult | Exception]]:
    waiting = iter(waiting)
    running: dict[str, Task] = {}

    def refill() -> Iterator[tuple[Task, Exception]]:
        room = _AHEAD * max(_workers(client), 1)
        while len(running) < room and (job := next(waiting, None)):
            task, worlds = job
            try:
                # Not pure: what is graded again is meant to be run again.
                future = client.submit(grade, submission_of(task), worlds, pure=False)
            except KitError as fault:
                yield task, fault
                continue
            running[future.key] = task
            done.add(future)

    yield from refill()
    while running:
        future = next(done)
        task = running.pop(future.key)
        if future.status == "finished":
            yield task, future.result()
        elif future.status == "error" and not _is_ours(future.exception()):
            yield task, future.exception()
        else:
            fault = future.exception() if future.status == "error" else future.status
            raise KitError("grading_class.cluster-lost", address=address, reason=fault)
        future.release()
        yield from refill()


def _is_ours(fault: BaseException) -> bool:
    """Say whether a fault is the cluster's, not the notebook's: every notebook would meet it."""
    return isinstance(fault, (ImportError, AttributeError))
