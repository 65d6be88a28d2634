"""Open the CRM's file: make it from the world when there is none, bring an older one up to date.

The journal is SQLite's plain one (rollback), not the write-ahead log: that needs memory shared
between processes, which network drives of a teaching server don't give, and it would make three
files of one. Whoever is killed while writing leaves a journal, and the next opening rolls back.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from kdcourse.course import workspace_of
from kdcourse.crm.backup import LARGEST, back_up
from kdcourse.crm.database import PATIENCE, Crm
from kdcourse.crm.faults import sentence
from kdcourse.crm.migrations import applied, migrate, newest
from kdcourse.crm.sql_magic import offer_magic
from kdcourse.texts import KitError
from kdcourse.world.world import World

#: Place of the CRM in a workspace.
FILE = Path("crm") / "lanyan.db"

#: Another notebook may be filling a new file; that takes longer than any other change.
_FILLING = 120.0

#: No value of a query may be longer, in bytes: a slip such as zeroblob(1e9) would fill the memory.
_LONGEST = 10_000_000


def open(path: Path | str | None = None, world: World | None = None) -> Crm:
    """Open the CRM.

    Args:
        path: Its file; ``":memory:"`` for one that is gone when it is closed. Default: the file of
            the workspace; outside of a workspace, in memory.
        world: The world from which a new file is made; default the course's own.

    Raises:
        KitError: The file is damaged, locked for too long, from a newer kit, or made from another
            world; the folder can't be written to.
    """
    place = place_of(path)
    try:
        if place:
            place.parent.mkdir(parents=True, exist_ok=True)
        db = connect(place)
    except (OSError, sqlite3.OperationalError) as refusal:
        raise KitError("crm.no-folder", path=place, reason=refusal) from refusal
    try:
        _bring_up_to_date(db, place, world)
        if place and place.stat().st_size <= LARGEST:
            # A full disk must not keep anybody from working; damage is a fault of its own.
            with suppress(OSError, sqlite3.OperationalError):
                back_up(db, place)
        crm = Crm(db, place)
        made_from = (crm.setting("seed"), crm.setting("customers"), crm.setting("months"))
    except sqlite3.Error as fault:
        db.close()
        raise sentence(fault, place) from fault
    except KitError:
        db.close()
        raise
    if world and made_from != tuple(map(str, (world.seed, world.customers, world.months))):
        crm.close()
        seed, customers, months = made_from
        raise KitError("crm.other-world", path=place, seed=seed, customers=customers, months=months)
    offer_magic(crm)
    return crm


def place_of(path: Path | str | None) -> Path | None:
    """Return where the CRM's file lies, None if it is in memory."""
    if path == ":memory:":
        return None
    if path is not None:
        return Path(path)
    workspace = workspace_of(Path.cwd())
    return workspace / FILE if workspace else None


def connect(place: Path | None) -> sqlite3.Connection:
    """Open a file as the CRM needs it.

    Statements aren't kept prepared: the guard is asked when one is prepared, and the user may have
    changed since. Python begins no transactions of its own. What is deleted is overwritten, so that
    a person who was forgotten doesn't live on in the file's empty pages. A click in JupyterLab
    comes in another thread than the cell; that only one works at a time is seen to by the CRM.
    """
    db = sqlite3.connect(
        place or ":memory:",
        timeout=_FILLING,
        isolation_level=None,
        cached_statements=0,
        check_same_thread=False,
    )
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.execute("PRAGMA secure_delete = ON")
    return db


def _bring_up_to_date(db: sqlite3.Connection, place: Path | None, world: World | None) -> None:
    """Make the tables that the file lacks, and fill a new one, in one transaction.

    Killed in between, SQLite rolls the file back, and the next opening begins anew.
    """
    from kdcourse.crm.filling import fill

    if applied(db) < newest():
        # Two notebooks may open a new file at once; the second waits and finds all done.
        db.execute("BEGIN EXCLUSIVE")
        try:
            fresh = applied(db) == 0
            if applied(db) < newest():
                indexes = migrate(db)
                if fresh:
                    fill(db, world or World())
                for statement in indexes:
                    db.execute(statement)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        if fresh:
            # Without it SQLite would choose indexes blindly.
            db.execute("ANALYZE")
    if applied(db) > newest():
        raise KitError("crm.newer", path=place)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
