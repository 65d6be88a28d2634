"""What SQLite says when it refuses, in sentences: what is wrong, where, what to do."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from kdcourse.crm.backup import backups
from kdcourse.texts import KitError

if TYPE_CHECKING:
    from kdcourse.crm.database import Crm

#: How long typed SQL may run.
SECONDS = 5

#: SQLite's words -> our message; what is in brackets is the field ``what``.
_SAID = [
    (r"no such table: (?:main\.)?(.+)", "sql-no-table"),
    (r"no such column: (.+)", "sql-no-column"),
    (r"no such function: (.+)", "sql-no-function"),
    (r"ambiguous column name: (.+)", "sql-ambiguous"),
    (r'near "(.+)": syntax error', "sql-syntax"),
    (r'unrecognized token: "(.+)"?', "sql-syntax"),
    (r"incomplete input", "sql-incomplete"),
    (r"You can only execute one statement at a time\.?", "sql-one-statement"),
    (r"You did not supply a value for binding parameter :?(.+)", "sql-parameter"),
    (r"interrupted", "sql-too-long"),
    (r"string or blob too big|out of memory", "sql-too-big"),
    (r"cannot modify (.+) because it is a view", "sql-view"),
    (r"FOREIGN KEY constraint failed", "no-parent"),
    (r"UNIQUE constraint failed: (.+)", "not-unique"),
    (r"NOT NULL constraint failed: (.+)", "not-null"),
    (r"CHECK constraint failed: (.+)", "not-allowed"),
    (r"cannot store (?:.+) value in (?:.+) column (.+)", "wrong-type"),
]
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")

#: Message -> what there is to choose from.
_KNOWN = {
    "sql-no-table": "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
    "sql-no-column": "SELECT DISTINCT c.name FROM sqlite_schema t, pragma_table_info(t.name) c",
}


@contextmanager
def explained(crm: Crm) -> Iterator[None]:
    """Turn SQLite's refusal into a sentence; a refusal for want of a right is logged as well."""
    guard = crm.guard
    guard.denied = None
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as fault:
        if guard.denied:
            raise crm.refuse(guard.denied.action, guard.denied.table) from fault
        raise sentence(fault, crm.path, crm) from fault


def sentence(fault: Exception, path: Path | None, crm: Crm | None = None) -> KitError:
    """Return SQLite's complaint as a fault of ours.

    Args:
        fault: What it said.
        path: The file.
        crm: The open CRM, for names near a misspelt one.
    """
    said = str(fault)
    code = getattr(fault, "sqlite_errorname", "") or ""
    if code.startswith(_LOCKED) or code.startswith(_DAMAGED) or "malformed" in said:
        state = "locked" if code.startswith(_LOCKED) else "damaged"
        copies = backups(path) if path else []
        if not copies:
            return KitError(f"crm.{state}", path=path)
        return KitError(f"crm.{state}-with-backup", path=path, backup=copies[0].name)
    for words, key in _SAID:
        if found := re.match(words, said):
            what = (found.groups() or ("",))[0]
            about = {"what": what, "value": "", "near": _near(crm, key, what), "seconds": SECONDS}
            return KitError(f"crm.{key}", **about)
    return KitError("crm.sql-other", reason=said)


def _near(crm: Crm | None, key: str, name: str) -> str:
    """Return names that a misspelt one may have meant, all of them if none is near."""
    if crm is None or key not in _KNOWN:
        return ""
    with crm.trusted():
        known = [str(row[0]) for row in crm.rows(_KNOWN[key])]
    return ", ".join(get_close_matches(name.rpartition(".")[2], known, 3, 0.5) or known[:60])
