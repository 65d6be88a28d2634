"""Open the CRM's file: make it from the tables when there is none, bring an older one up to date.

The journal is SQLite's plain one (rollback), not the write-ahead log: that needs memory shared
between processes, which network drives of a teaching server don't give, and it would make three
files of one. Whoever is killed while writing leaves a journal, and the next opening rolls back.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from kdcourse.course import workspace_of
from kdcourse.crm.backup import LARGEST, back_up
from kdcourse.crm.database import PATIENCE, Crm
from kdcourse.crm.faults import sentence
from kdcourse.crm.filling import fill
from kdcourse.crm.migrations import applied, migrate, newest
from kdcourse.crm.sources import FromTables, Source, source_of
from kdcourse.crm.sql_magic import offer_magic
from kdcourse.crm.template import keep, lay_out
from kdcourse.data import FolderLoader, Loader
from kdcourse.texts import KitError
from kdcourse.world.world import World

#: Place of the CRM in a workspace.
FILE = Path("crm") / "lanyan.db"

#: Another notebook may be filling a new file; that takes longer than any other change.
_FILLING = 120.0

#: Pages of the file kept in memory, in bytes.
_CACHE = 64 * 2**20

#: No value of a query may be longer, in bytes: a slip such as zeroblob(1e9) would fill the memory.
_LONGEST = 10_000_000


def open(
    path: Path | str | None = None, world: World | None = None, *, load: Loader | None = None
) -> Crm:
    """Open the CRM.

    A new one holds what ``kdcourse.load`` shows, whether that is the course's data, those of the
    workspace, or those an answer is judged on.

    Args:
        path: Its file; ``":memory:"`` for one that is gone when it is closed. Default: the file of
            the workspace; outside of a workspace, in memory.
        world: A world from which a new file is made instead.
        load: A loader whose tables a new file holds instead: the one that a check is given.

    Raises:
        KitError: The file is damaged, locked for too long, from a newer kit, or made from another
            world; the folder can't be written to; the data are missing or not the original.
    """
    place = place_of(path)
    source = source_of(world, load)
    try:
        if place:
            place.parent.mkdir(parents=True, exist_ok=True)
            _begin_with_template(place, source)
        db = connect(place)
    except (OSError, sqlite3.OperationalError) as refusal:
        raise KitError("crm.no-folder", path=place, reason=refusal) from refusal
    try:
        _bring_up_to_date(db, place, source)
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


def prepare_for(folder: Path) -> None:
    """Have a CRM of the data in a folder at hand: this process and its children open it at once.

    Raises:
        KitError: The data are missing or not the original.
    """
    with closing(connect(None)) as db:
        _bring_up_to_date(db, None, FromTables(FolderLoader(folder), folder))


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


def _begin_with_template(place: Path, source: Source) -> None:
    """Put a filled file where there is none, if one is at hand; else it is filled when opened.

    It appears whole, and never in the place of another that came first.
    """
    if place.exists():
        return
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with closing(sqlite3.connect(draft)) as db:
            ready = lay_out(source, db)
        if ready:
            # Not every drive knows links.
            with suppress(OSError):
                os.link(draft, place)
    except sqlite3.Error:
        # No room, or no right to write here: the opening itself says so.
        return
    finally:
        draft.unlink(missing_ok=True)


def _bring_up_to_date(db: sqlite3.Connection, place: Path | None, source: Source) -> None:
    """Make the tables that the file lacks, and fill a new one, in one transaction.

    Killed in between, SQLite rolls the file back, and the next opening begins anew.
    """
    # Questions about everybody sort millions of rows; the usual 2 MB would send them to the disk.
    db.execute(f"PRAGMA cache_size = -{_CACHE // 1024}")
    db.execute("PRAGMA temp_store = MEMORY")
    if not place:
        lay_out(source, db)
    if applied(db) < newest():
        # Two notebooks may open a new file at once; the second waits and finds all done.
        db.execute("BEGIN EXCLUSIVE")
        try:
            fresh = applied(db) == 0
            if applied(db) < newest():
                later = migrate(db)
                if fresh:
                    fill(db, source)
                for statement in later:
                    db.execute(statement)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        if fresh:
            # Without it SQLite would choose indexes blindly.
            db.execute("ANALYZE")
            if not place:
                # In a file somebody else may already be at work.
                keep(source, db)
    if applied(db) > newest():
        raise KitError("crm.newer", path=place)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
