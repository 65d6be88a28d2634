"""The learner's journal, ``.kdcourse/progress.sqlite``: what was done, one line per event.

Events are only ever added, so that kernels writing at once need not agree on anything, and every
count is made when it is read. Whatever is wrong with the file, a lesson goes on without it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple, NoReturn

from kdcourse.course import WORKSPACE_MARK, workspace_of
from kdcourse.texts import KitError

#: What brings a file from each version of its form to the next; version 0 is an empty file.
MIGRATIONS = (
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        result TEXT NOT NULL,
        points REAL,
        max_points REAL
    )""",
)

#: Seconds to wait for another kernel; after waiting in vain once, hardly at all.
_PATIENCE, _IMPATIENCE = 1.0, 0.005

_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_FORMAT")
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")

_Identity = tuple[int, int, int]


class Event(NamedTuple):
    """Something the learner did.

    Attributes:
        at: When, UTC, ISO 8601.
        kind: ``"begun"``, ``"check"``, ``"hint"``, ``"solution"``, ``"quiz"``, ``"play"`` or
            ``"simulate"``.
        name: Of what: a lesson ``"1.1"``, a question ``"1.1.q2"``, a quiz item ``"1.1/break"``, a
            role play ``"3.2.hidden-problem"`` (on another day than the first ``"…#2"``).
        result: How it came out, as a word: the outcome of a check, ``"right"`` or ``"wrong"`` in a
            quiz, the level of a hint, ``"lesson"`` or ``"exercise"`` for what was begun, of a role
            play ``"move:…"``, ``"back:…"`` or ``"end:…"``, of a simulation ``"decide:…"`` or
            ``"back:…"``.
        points: Reached, where there are any.
        max_points: Of how many.
    """

    at: str
    kind: str
    name: str
    result: str = ""
    points: float | None = None
    max_points: float | None = None


def journal_path(workspace: Path) -> Path:
    """Return where the journal of ``workspace`` lies."""
    return workspace / WORKSPACE_MARK / "progress.sqlite"


class Journal:
    """Writes down what happens in one kernel.

    Args:
        path: The file; None writes nothing down.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        # JupyterLab delivers clicks in a thread of their own.
        self._turn = threading.Lock()
        self._waiting: list[Event] = []
        self._database: sqlite3.Connection | None = None
        self._opened: _Identity | None = None
        self._patience = _PATIENCE
        self._told = False

    def record(
        self,
        kind: str,
        name: str,
        result: str = "",
        points: float | None = None,
        max_points: float | None = None,
    ) -> str:
        """Write an event down, with those that could not be written before; see :class:`Event`.

        Returns:
            A sentence for the learner if that failed for the first time, else nothing.
        """
        if self.path is None:
            return ""
        with self._turn:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            self._waiting.append(Event(at, kind, name, result, points, max_points))
            try:
                self._write(self.path)
            except KitError as fault:
                told, self._told = self._told, True
                return "" if told else str(fault)
        return ""

    def events(self) -> list[Event]:
        """Return all events so far, oldest first.

        Raises:
            KitError: The file can't be read.
        """
        if self.path is None:
            return []
        with self._turn:
            return [*read_events(self.path), *self._waiting]

    def _write(self, path: Path) -> None:
        """Write what is waiting; a damaged file first makes way for a new one."""
        before = _identity(path)
        try:
            self._insert(path)
            return
        except (sqlite3.Error, OSError) as fault:
            self._let_go()
            if not _is(fault, _DAMAGED):
                self._refuse(path, fault)
        kept = None
        try:
            # Unless another kernel has put a new file there meanwhile.
            if _identity(path) == before:
                kept = _set_aside(path)
            self._insert(path)
        except (sqlite3.Error, OSError) as fault:
            self._let_go()
            self._refuse(path, fault)
        if kept is not None:
            raise KitError("progress.set-aside", path=kept)

    def _insert(self, path: Path) -> None:
        if self._database is None or self._opened != _identity(path):
            self._let_go()
            self._database = _open(path, self._patience)
            self._opened = _identity(path)
        with self._database:
            self._database.executemany(
                "INSERT INTO events (at, kind, name, result, points, max_points)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                self._waiting,
            )
        self._waiting.clear()
        self._patience = _PATIENCE

    def _let_go(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _refuse(self, path: Path, fault: Exception) -> NoReturn:
        if _is(fault, _LOCKED):
            self._patience = _IMPATIENCE
            raise KitError("progress.locked", path=path) from fault
        raise KitError("progress.not-writable", path=path, reason=fault) from fault


def read_events(path: Path) -> list[Event]:
    """Return the events in a journal, oldest first, without changing it; none if there is no file.

    Raises:
        KitError: The file is damaged, can't be opened, or a newer kit has written it.
    """
    if not path.exists():
        return []
    try:
        try:
            return _select(path, "mode=ro")
        except sqlite3.OperationalError as fault:
            # In a folder that can't be written to, SQLite has to be told that nobody else writes.
            if not _is(fault, ("SQLITE_CANTOPEN", "SQLITE_READONLY")):
                raise
            return _select(path, "immutable=1")
    except (sqlite3.Error, OSError) as fault:
        raise KitError("progress.not-readable", path=path, reason=fault) from fault


def _select(path: Path, how: str) -> list[Event]:
    address = f"{path.resolve().as_uri()}?{how}"
    with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as database:
        if not _version(database, path):
            return []
        # The casts keep their promise of types even for a file that somebody wrote into by hand.
        rows = database.execute(
            "SELECT CAST(at AS TEXT), CAST(kind AS TEXT), CAST(name AS TEXT),"
            " CAST(result AS TEXT), CAST(points AS REAL), CAST(max_points AS REAL)"
            " FROM events ORDER BY id"
        )
        return [Event(*row) for row in rows]


def _open(path: Path, patience: float) -> sqlite3.Connection:
    """Open a journal for writing, made or brought to the present form if need be."""
    database = sqlite3.connect(path, timeout=patience, check_same_thread=False)
    try:
        # A file that a newer kit wrote is left entirely alone.
        version = _version(database, path)
        # With the log beside it, readers and writers don't wait for each other and a commit needs
        # no wait for the disk; a killed process loses nothing. Where that can't be had (network
        # folders), or another kernel is just arranging it, the file works the slower way.
        with suppress(sqlite3.OperationalError):
            database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        if version < len(MIGRATIONS):
            _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the present form, all at once; of two kernels, one finds it done."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        for step in MIGRATIONS[_version(database, path) :]:
            database.execute(step)
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _version(database: sqlite3.Connection, path: Path) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise KitError("progress.newer", path=path)
    return int(version)


def _set_aside(path: Path) -> Path:
    """Give a damaged journal, with its log, the first free name beside it; return that."""
    number = 1
    while (kept := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    # The log goes first: left alone, SQLite would throw it away with the next file.
    for part in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            Path(f"{path}{part}").rename(f"{kept}{part}")
    return kept


def _identity(path: Path) -> _Identity | None:
    """Tell this very file, opened by this very process: neither a successor's nor a parent's."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return os.getpid(), found.st_dev, found.st_ino


def _is(fault: Exception, names: tuple[str, ...]) -> bool:
    return getattr(fault, "sqlite_errorname", "").startswith(names)


def here() -> Journal:
    """Return the journal of the workspace that this kernel runs in; elsewhere one that is mute."""
    try:
        workspace = workspace_of(Path.cwd())
    except OSError:  # the folder is gone
        workspace = None
    # What nbgrader runs is not the learner at work.
    if workspace is None or os.environ.get("NBGRADER_EXECUTION"):
        return _journal(None)
    return _journal(journal_path(workspace))


@cache
def _journal(path: Path | None) -> Journal:
    return Journal(path)


def record(
    kind: str,
    name: str,
    result: str = "",
    points: float | None = None,
    max_points: float | None = None,
) -> None:
    """Write an event into the journal of this workspace; see :class:`Event`.

    If it can't be written, the learner is told once, and nothing else happens.
    """
    if trouble := here().record(kind, name, result, points, max_points):
        print(trouble)


def tried(question: str) -> bool:
    """Return whether the journal of this workspace knows of a try at ``question``."""
    try:
        return any(e.kind == "check" and e.name == question for e in here().events())
    except KitError:
        return False
