"""The CRM's tables: SQL files, applied in the order of their numbers, each once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

#: What waits until the tables are filled.
_LATER = ("CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE TRIGGER", "INSERT")


@cache
def migrations() -> dict[int, str]:
    """Return number -> SQL of every file in ``content/crm/schema``, in order."""
    folder = files("kdcourse") / "content" / "crm" / "schema"
    found = {
        int(file.name.partition("-")[0]): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }
    return dict(sorted(found.items()))


def newest() -> int:
    """Return the number of the last migration."""
    return max(migrations())


def applied(db: sqlite3.Connection) -> int:
    """Return the number of the last migration that a file has; 0 if it is new."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> list[str]:
    """Apply what is not applied yet, all but indexes, triggers and the sums that they keep.

    The caller holds the transaction, so that a file has all of the new tables or none. (SQLite's
    own ``executescript`` would commit in between.)

    Returns:
        The statements that make those: a table is filled faster without them.
    """
    done, later = applied(db), []
    for number, script in migrations().items():
        if number > done:
            for statement in statements(script):
                if _bare(statement).startswith(_LATER):
                    later.append(statement)
                else:
                    db.execute(statement)
    db.execute(f"PRAGMA user_version = {newest()}")
    return later


def statements(script: str) -> Iterator[str]:
    """Take a script apart at its semicolons; those in texts and comments don't count."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _bare(statement: str) -> str:
    lines = (line for line in statement.splitlines() if not line.lstrip().startswith("--"))
    return " ".join(lines).strip().upper()
