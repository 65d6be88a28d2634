"""Add and edit records: values held against their declaration, every edit kept in the history.

Records that people edit have a ``row_version``, which grows with each edit. Who edits names the
version they saw; if somebody else was faster, nothing is overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kdcourse.crm.database import Crm
from kdcourse.texts import KitError
from kdcourse.world.cells import UnreadableError
from kdcourse.world.cells import day as read_day
from kdcourse.world.cells import time as read_time
from kdcourse.world.declarations import Column, tables


def record(crm: Crm, table: str, key: str) -> dict[str, Any]:
    """Return a record with all of its columns, clear; for the CRM's own code.

    Raises:
        KitError: There is none.
    """
    name = key_column(crm, table)
    text = f'SELECT * FROM main."{table}" WHERE "{name}" = :key'
    with crm.trusted(), crm.asking(text, {"key": key}) as cursor:
        row = cursor.fetchone()
        columns = [column[0] for column in cursor.description]
    if row is None:
        raise KitError("crm.no-record", table=table, key=key)
    return dict(zip(columns, row, strict=True))


def edit(
    crm: Crm, table: str, key: str, values: Mapping[str, Any], version: int | None = None
) -> int:
    """Change columns of a record, and write what changed into the history.

    Args:
        crm: The CRM.
        table: A table with a ``row_version``.
        key: Which record.
        values: Column -> new value. What is the same already is no change.
        version: The ``row_version`` that was seen when the edit began; default: the present one.

    Returns:
        The record's version now.

    Raises:
        KitError: No such record or column, a value that is not allowed, somebody else has edited
            the record meanwhile, or the user may not.
    """
    with crm.transaction() as db:
        now = record(crm, table, key)
        if version is not None and version != now["row_version"]:
            who, when = _last_editor(crm, table, key)
            raise KitError("crm.edited-meanwhile", table=table, key=key, user=who, at=when)
        new = {name: checked(table, name, value, now) for name, value in values.items()}
        new = {name: value for name, value in new.items() if value != now[name]}
        if not new:
            return int(now["row_version"])
        sets = ", ".join(f'"{name}" = ?' for name in new)
        db.execute(
            f'UPDATE main."{table}" SET {sets}, row_version = row_version + 1 '
            f'WHERE "{key_column(crm, table)}" = ?',
            (*new.values(), key),
        )
        db.executemany(
            "INSERT INTO main.changes (table_name, key, column, old, new, at, user) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (table, key, name, _text(now[name]), _text(value), crm.now, crm.user().name)
                for name, value in new.items()
            ],
        )
    return int(now["row_version"]) + 1


def add(crm: Crm, table: str, values: Mapping[str, Any]) -> None:
    """Add a record of a table that the world declares.

    Raises:
        KitError: A column is missing, unknown, or holds what is not allowed; the key is taken, or
            the user may not.
    """
    known = {column.name: column for column in tables()[table].columns}
    new = {name: checked(table, name, value, known) for name, value in values.items()}
    for name, column in known.items():
        if new.get(name) is None and not column.missing:
            raise KitError("crm.not-null", what=f"{table}.{name}", near="")
    names = ", ".join(f'"{name}"' for name in new)
    marks = ", ".join("?" * len(new))
    with crm.transaction() as db:
        db.execute(f'INSERT INTO main."{table}" ({names}) VALUES ({marks})', tuple(new.values()))


def next_id(crm: Crm, table: str, column: str) -> str:
    """Return the number after the highest one of a table, e.g. ``C0001201``."""
    with crm.trusted():
        last = str(crm.rows(f'SELECT max("{column}") FROM main."{table}"')[0][0])
    letters = last.rstrip("0123456789")
    digits = last[len(letters) :]
    return f"{letters}{int(digits) + 1:0{len(digits)}d}"


def key_column(crm: Crm, table: str) -> str:
    """Return the column that names a record of a table."""
    if table in tables():
        return tables()[table].key[0]
    with crm.trusted():
        found = crm.rows(
            "SELECT name FROM pragma_table_info(:table, 'main') WHERE pk = 1", table=table
        )
    if not found:
        raise KitError("crm.sql-no-table", what=table, near="")
    return str(found[0][0])


def checked(table: str, name: str, value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value as it is stored.

    Args:
        table: Its table.
        name: Its column.
        value: What somebody entered.
        known: The columns there are.

    Raises:
        KitError: There is no such column, or the value is not allowed in it.
    """
    if name not in known or name == "row_version":
        raise KitError("crm.sql-no-column", what=f"{table}.{name}", near=", ".join(known))
    declared = next((c for c in tables()[table].columns if c.name == name), None) if (
        table in tables()
    ) else None  # fmt: skip
    if isinstance(value, str):
        value = value.strip() or None
    if declared is None:
        return value
    if value is None:
        if not declared.missing:
            raise KitError("crm.not-null", what=f"{table}.{name}", near="")
        return None
    stored = _stored(declared, value)
    if stored is None or _breaks(declared, stored):
        raise KitError(
            "crm.not-allowed", what=f"{table}.{name}", value=value, near=_allowed(declared)
        )
    return stored


def _stored(column: Column, value: Any) -> Any:
    """Return a value in the form in which SQLite keeps it, None if it has no such form."""
    try:
        match column.type:
            case "date":
                return f"{read_day(value)[0]:%Y-%m-%d}"
            case "time":
                return f"{read_time(value)[0]:%Y-%m-%d %H:%M}"
            case "integer":
                return int(value)
            case "number":
                return round(float(value), column.decimals)
            case "flag":
                return int(bool(value))
    except (UnreadableError, ValueError, TypeError):
        return None
    return str(value)


def _breaks(column: Column, value: Any) -> bool:
    if column.pattern and not re.fullmatch(column.pattern, value):
        return True
    if column.values and not column.refers and value not in column.values:
        return True
    low, high = column.low, column.high
    return (low is not None and value < low) or (high is not None and value > high)


def _allowed(column: Column) -> str:
    """Return what a column takes, for a sentence."""
    if column.values:
        return ", ".join(column.values)
    if column.pattern:
        return column.pattern
    if column.low is not None or column.high is not None:
        return "…".join("" if end is None else f"{end:g}" for end in (column.low, column.high))
    return {"date": "2024-01-31", "time": "2024-01-31 14:05"}.get(column.type, column.type)


def _last_editor(crm: Crm, table: str, key: str) -> tuple[str, str]:
    with crm.trusted():
        found = crm.rows(
            "SELECT user, at FROM main.changes WHERE table_name = :table AND key = :key "
            "ORDER BY change_id DESC LIMIT 1",
            table=table,
            key=key,
        )
    return (str(found[0][0]), str(found[0][1])) if found else ("?", "?")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
