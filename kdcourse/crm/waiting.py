"""A bar for what takes longer than a second, moved by SQLite's own count of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from kdcourse.crm.database import Crm

#: Nobody needs to be told of less, in seconds.
AFTER = 1.0

#: SQLite's steps between two looks at the clock: some hundred looks a second.
_STEPS = 200_000


@contextmanager
def waiting(crm: Crm, what: str, steps: float) -> Iterator[None]:
    """Show a bar while SQLite works inside of the ``with`` block, if that takes long.

    Args:
        crm: The CRM.
        what: What is done, as it stands before the bar.
        steps: How many steps of SQLite's it will take, roughly; the bar waits just before its end
            if there are more.
    """
    look = _Look(what, steps)
    crm.connection.set_progress_handler(look, _STEPS)
    try:
        yield
    finally:
        crm.connection.set_progress_handler(None, _STEPS)
        look.end()


class _Look:
    """Looks at the clock and moves the bar."""

    def __init__(self, what: str, steps: float) -> None:
        self._what, self._looks = what, max(steps / _STEPS, 1.0)
        self._done, self._since = 0, monotonic()
        self._bar: Progress | None = None

    def __call__(self) -> int:
        """Count a look; 0 lets SQLite go on."""
        self._done += 1
        if self._bar is None and monotonic() - self._since >= AFTER:
            self._bar = _bar(self._what, self._looks)
        if self._bar:
            done = min(self._done, 0.99 * self._looks)
            self._bar.update(self._bar.task_ids[0], completed=done)
        return 0

    def end(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()


def _bar(what: str, total: float) -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    # It is gone when the work is done: what stays in the notebook is the result alone.
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, transient=True)
    bar.add_task(what, total=total)
    bar.start()
    return bar
