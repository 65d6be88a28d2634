"""Collect what is found in a table and say it: the first few of a kind by row, then how many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kdcourse.texts import say
from kdcourse.world.declarations import Column
from kdcourse.world.formats import Formula, Mistake

#: So many of one kind in one column are listed; who repairs a file wants to see what kind it is.
LISTED = 5

_LONGEST = 40


@dataclass
class _Kind:
    count: int = 0
    rows: list[tuple[int, dict[str, object]]] = field(default_factory=list)


@dataclass
class Findings:
    """What is found in one table.

    Attributes:
        table: Its name.
        every: Whether to list every row instead of the first few.
    """

    table: str
    every: bool = False
    _kinds: dict[tuple[str, str], _Kind] = field(default_factory=dict)

    def add(
        self,
        key: str,
        column: Column,
        rows: Sequence[int],
        cells: pd.Series[Any],
        values: pd.Series[Any],
    ) -> None:
        """Add cells of one kind.

        Args:
            key: The message, ``fault-…`` or ``note-…``.
            column: Where.
            rows: Their numbers.
            cells: As they stand in the file.
            values: As they were read.
        """
        kind = self._kinds.setdefault((column.name, key), _Kind())
        kind.count += len(rows)
        room = len(rows) if self.every and key.startswith("fault") else LISTED - len(kind.rows)
        about = _about(column, key)
        for row, cell, value in zip(rows[:room], cells[:room], values[:room], strict=True):
            shown = {"value": written(cell), "should": canonical(column, value)}
            kind.rows.append((row, shown | about))

    def add_row(self, key: str, row: int, **fields: object) -> None:
        """Add a row that is odd as a whole."""
        kind = self._kinds.setdefault(("", key), _Kind())
        kind.count += 1
        if self.every or len(kind.rows) < LISTED:
            kind.rows.append((row, fields))

    def faults(self) -> Iterator[str]:
        """Say what is wrong: a sentence per cell or row, and how many more there are."""
        for (column, key), kind in self._kinds.items():
            if not key.startswith("fault"):
                continue
            place = {"table": self.table, "column": column}
            for row, fields in kind.rows:
                yield say(f"verify.{key}", **place, row=row, **fields)
            if more := kind.count - len(kind.rows):
                where = f"{self.table}.{column}" if column else self.table
                yield say("verify.more", where=where, count=more)

    def notes(self) -> Iterator[str]:
        """Say what can be read but should be otherwise: a sentence per kind and column."""
        for (column, key), kind in self._kinds.items():
            if key.startswith("note"):
                row, fields = kind.rows[0]
                place = {"table": self.table, "column": column, "count": kind.count}
                yield say(f"verify.{key}", **place, row=row, **fields)


def written(cell: Any) -> str:
    """Return a cell as its reader saw it, cut short if it is long."""
    if isinstance(cell, Formula):
        cell = cell.text if cell.value is None else cell.value
    if isinstance(cell, Mistake):
        cell = cell.text
    text = "" if cell is None or cell is pd.NA else str(cell)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def canonical(column: Column, value: Any) -> str:
    """Return a value as it stands in a file of ours; empty if there is none."""
    if pd.isna(value):
        return ""
    match column.type:
        case "number":
            return f"{value:.{column.decimals}f}"
        case "date":
            return f"{value:%Y-%m-%d}"
        case "time":
            return f"{value:%Y-%m-%d %H:%M}"
        case "integer" | "flag":
            return str(int(value))
    return str(value)


def _about(column: Column, key: str) -> dict[str, object]:
    """Return what the message needs to know about the column."""
    match key:
        case "fault-too-low":
            return {"low": f"{column.low:g}"}
        case "fault-too-high":
            return {"high": f"{column.high:g}"}
        case "fault-pattern" | "fault-shortened":
            return {"example": _example(column.pattern or "")}
        case "fault-not-allowed" | "fault-no-such":
            return {"codes": ", ".join(column.values), "refers": column.refers}
    return {}


def _example(pattern: str) -> str:
    """Return a text of the form of a pattern, or the pattern if it isn't a simple one."""
    digits = "1234567890" * 2
    made = re.sub(r"\\d\{(\d+)\}", lambda found: digits[: int(found[1])], pattern)
    return made if re.fullmatch(pattern, made) else pattern
