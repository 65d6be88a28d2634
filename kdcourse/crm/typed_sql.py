"""SQL as a learner types it: it reads, it ends in time, and it can't reach outside of the file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdcourse.crm.database import Crm
from kdcourse.crm.faults import SECONDS, explained
from kdcourse.texts import KitError, say

if TYPE_CHECKING:
    import pandas as pd

#: More rows than these aren't fetched.
ROWS = 1000

#: SQLite's steps between two looks at the clock; about a thousandth of a second.
_STEPS = 10_000


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        table: The rows; empty after a change.
        cut: Whether there were more than were fetched.
        changed: How many rows were changed, None if nothing was to be.
    """

    table: pd.DataFrame
    cut: bool = False
    changed: int | None = None

    @property
    def remark(self) -> str:
        """What there is to say about it; mostly nothing."""
        if self.changed is not None:
            return say("crm.sql-done", count=self.changed)
        return say("crm.sql-cut", shown=len(self.table)) if self.cut else ""


def ask(
    crm: Crm, text: str, *, write: bool = False, rows: int = ROWS, seconds: float = SECONDS
) -> Answer:
    """Run one statement of SQL in the user's name.

    Reading needs no more than the right to read the tables. It sees personal data as the user may
    see them.

    Args:
        crm: The CRM.
        text: The statement.
        write: Whether it may change rows; the role needs the right ``sql-write``. The history
            doesn't see such changes, so operations are better.
        rows: How many rows to fetch at most.
        seconds: How long it may take.

    Raises:
        KitError: It is wrong, takes too long, reaches for what is closed, or the user may not.
    """
    import pandas as pd

    if not text.strip(" \n\t;"):
        raise KitError("crm.sql-empty")
    crm.need("sql", "")
    if write:
        crm.need("sql-write", "")
        with crm.transaction() as db, _in_time(crm, seconds), crm.guard.typing("write"):
            changed = db.execute(text).rowcount
        crm.log("sql-write", "", allowed=True, detail=str(changed))
        return Answer(pd.DataFrame(), changed=max(changed, 0))
    # The blank keeps a single word from being taken for the name of a query of ours.
    with _in_time(crm, seconds), crm.asking(f"{text} ", {}) as cursor:
        found = cursor.fetchmany(rows + 1)
        names = [column[0] for column in cursor.description or ()]
        cursor.close()  # an open one would keep others from writing
    return Answer(pd.DataFrame(found[:rows], columns=names), cut=len(found) > rows)


@contextmanager
def _in_time(crm: Crm, seconds: float) -> Iterator[None]:
    """Stop what runs inside of the ``with`` block when its time is over."""
    end = time.monotonic() + seconds
    with explained(crm):
        crm.connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            yield
        finally:
            crm.connection.set_progress_handler(None, _STEPS)
