"""The file under the gradebook: SQLite, with transactions, and its faults in words.

A rollback journal, not a write-ahead log: one process writes a few times a second, the folder may
lie on a network disk, where a log's shared memory does not work, and the one file can be copied as
it is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kdcourse.grading.places import explained
from kdcourse.grading.schema import SCHEMA, VERSION
from kdcourse.texts import KitError

#: Seconds to wait for another program that is reading or writing.
_PATIENCE = 30.0


class Store:
    """A file of tables, made if it isn't there.

    Args:
        path: The file.

    Raises:
        KitError: It can't be written to, is damaged, or from a newer kit.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._faults():
            self._database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA foreign_keys = ON")
            self._prepare()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _prepare(self) -> None:
        with self.transaction() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise KitError("grading_class.gradebook-newer", path=self.path)
            if version == 0:
                for statement in SCHEMA.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do all of what follows, or nothing of it.

        Raises:
            KitError: The file can't be written to.
        """
        with self._faults():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                # On a full disk SQLite has rolled back already.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def rows(self, query: str, values: Iterable[object] = ()) -> list[Any]:
        """Return what a query finds.

        Raises:
            KitError: The file can't be read.
        """
        with self._faults():
            return self._database.execute(query, tuple(values)).fetchall()

    def recall(self, name: str, otherwise: Any) -> Any:
        """Return what :func:`remember` wrote down last under a name."""
        rows = self.rows("SELECT content FROM memory WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else otherwise

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            name = getattr(fault, "sqlite_errorname", "")
            key = {"SQLITE_FULL": "no-space", "SQLITE_BUSY": "gradebook-busy"}.get(name)
            damaged = name in ("SQLITE_NOTADB", "SQLITE_CORRUPT")
            key = key or ("gradebook-damaged" if damaged else "not-writable")
            raise KitError(f"grading_class.{key}", path=self.path, reason=fault) from fault


def remember(database: sqlite3.Connection, name: str, content: object) -> None:
    """Write down what JSON can hold, inside a transaction."""
    database.execute(
        "INSERT OR REPLACE INTO memory (name, content) VALUES (?, ?)", (name, json.dumps(content))
    )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other gradings away from a folder; a killed one leaves nothing to be cleared away.

    Raises:
        KitError: Another grading is at work there.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        # SQLite's locks hold on every platform and end with the process.
        lock = sqlite3.connect(folder / ".grading.lock", timeout=0, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as fault:
        if getattr(fault, "sqlite_errorname", "") == "SQLITE_BUSY":
            raise KitError("grading_class.at-work", folder=folder) from fault
        raise KitError("grading_class.not-writable", path=folder, reason=fault) from fault
    try:
        yield
    finally:
        lock.close()
