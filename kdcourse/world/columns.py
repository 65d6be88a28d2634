"""Read a column of cells: at once what is written as it should be, the others one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.texts import LANGUAGES
from kdcourse.world import cells as readers
from kdcourse.world.cells import Read, UnreadableError
from kdcourse.world.declarations import Column, display_names
from kdcourse.world.formats import Formula, Mistake

#: Stands where bytes made no character in any encoding.
UNKNOWN = "\ufffd"

#: How people write that there is nothing.
_NOTHING = {"na", "n/a", "#n/a", "nan", "nat", "null", "none", "-", "--", "—", "无", "空", "<na>"}

_READERS: dict[str, Callable[[Any], Read]] = {
    "number": readers.number,
    "integer": readers.integer,
    "flag": readers.flag,
    "date": readers.day,
    "time": readers.time,
}

#: How a text file should have it: such cells are read at once, what differs one by one.
_PLAIN = {
    "number": r"[+-]?\d{1,15}(\.\d{1,15})?",
    "integer": r"[+-]?\d{1,15}",
    "flag": r"[01]",
    "date": r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "time": r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]) ([01]\d|2[0-3]):[0-5]\d",
}
_AT_ONCE: dict[str, Callable[[pd.Series[Any]], pd.Series[Any]]] = {
    "number": lambda cells: cells.astype("float64"),
    "integer": lambda cells: cells.astype("float64").astype("Int64"),
    "flag": lambda cells: cells.map({"0": False, "1": True}).astype("boolean"),
    "date": lambda cells: _moments(cells, "%Y-%m-%d"),
    "time": lambda cells: _moments(cells, "%Y-%m-%d %H:%M"),
}


def _moments(cells: pd.Series[Any], form: str) -> pd.Series[Any]:
    # The 31st of June has the form of a day; what it is instead is said when it is read by itself.
    return pd.to_datetime(cells, format=form, errors="coerce").astype("datetime64[us]")


def _as_text(cells: pd.Series[Any]) -> pd.Series[Any]:
    return cells.astype("str")


@dataclass(frozen=True)
class Values:
    """A column, read.

    Attributes:
        values: Typed as declared; empty where a cell is empty or can't be read.
        oddities: Name of a note or fault -> the positions of the cells it is about.
    """

    values: pd.Series[Any]
    oddities: dict[str, list[int]]

    @property
    def unreadable(self) -> list[int]:
        """Positions of the cells that hold something else than declared."""
        return [i for key, at in self.oddities.items() if key.startswith("fault") for i in at]


def read_column(table: str, column: Column, cells: pd.Series[Any], *, typed: bool) -> Values:
    """Read the cells of a column.

    Args:
        table: The table it belongs to.
        column: What is declared.
        cells: As they stand in the file; empty ones missing.
        typed: Whether the file knows types, so that a number kept as text is worth a note.
    """
    if (values := _as_they_are(column, cells)) is not None:
        return Values(values, {})
    reader: Callable[[Any], Read] = _READERS.get(column.type) or partial(readers.text, column)
    names = _names(table, column) if column.type == "category" else {}
    if names:
        reader = partial(readers.code, names, column)
    fits = np.zeros(len(cells), bool)
    if cells.dtype == "str" and not (typed and column.type in _READERS):
        fits = _plain(column, cells, set(names.values()))
    if fits.any():
        values = _AT_ONCE.get(column.type, _as_text)(cells.where(fits))
        fits = fits & values.notna().to_numpy()
    else:
        values = pd.Series(None, cells.index, dtype=column.memory_with_gaps)
    oddities: dict[str, list[int]] = {}
    known: dict[Any, Read] = {}
    positions, found = np.flatnonzero(cells.notna().to_numpy() & ~fits).tolist(), []
    for position in positions:
        cell = cells.iat[position]
        key = (type(cell), str(cell))  # 1, 1.0 and True are one to a dictionary
        if key not in known:
            known[key] = _read(reader, column, cell, typed)
        value, how = known[key]
        found.append(value)
        if how:
            oddities.setdefault(how, []).append(position)
    values.iloc[positions] = pd.Series(found, dtype=values.dtype).array
    return Values(values, oddities)


def _as_they_are(column: Column, cells: pd.Series[Any]) -> pd.Series[Any] | None:
    """Return cells that have the declared type already, None if any hasn't."""
    kind = cells.dtype.kind
    if column.type in ("date", "time") and kind == "M" and not hasattr(cells.dtype, "tz"):
        days = column.type == "time" or (cells.dt.normalize() == cells)[cells.notna()].all()
        return cells.astype("datetime64[us]") if days else None
    if column.type == "number" and kind in "iuf":
        return cells.astype("float64") if not np.isinf(cells).any() else None
    if column.type == "integer" and kind in "iuf":
        return cells.astype("Int64") if (cells % 1 == 0)[cells.notna()].all() else None
    if column.type == "flag" and kind == "b":
        return cells.astype("boolean")
    return None


def _plain(column: Column, cells: pd.Series[Any], codes: set[str]) -> Any:
    """Say which cells of a text file are written just as they should be."""
    if codes:
        return cells.isin(codes).to_numpy(bool)
    if pattern := _PLAIN.get(column.type) or column.pattern:
        return cells.str.fullmatch(pattern).eq(True).to_numpy(bool)
    return (cells.eq(cells.str.strip()) & ~cells.str.contains(UNKNOWN).eq(True)).to_numpy(bool)


def _read(reader: Callable[[Any], Read], column: Column, cell: Any, typed: bool) -> Read:
    """Read one cell; of one that can't be read the value is None and how it is a fault."""
    if isinstance(cell, Formula):
        value, how = (
            (None, "fault-formula")
            if cell.value is None
            else _read(reader, column, cell.value, typed)
        )
        return value, how or "note-formula"
    if isinstance(cell, Mistake):
        return None, "fault-error-cell"
    if isinstance(cell, str):
        if UNKNOWN in cell:
            return None, "fault-characters"
        bare = cell.strip()
        if not bare:
            return None, "note-blanks" if cell else None
        if column.type != "text" and bare.casefold() in _NOTHING and bare not in column.values:
            return None, "note-nothing"
    try:
        value, how = reader(cell)
    except UnreadableError as fault:
        return None, str(fault)
    if typed and isinstance(cell, str) and column.type in _READERS:
        how = how or "note-as-text"
    return value, how


def _names(table: str, column: Column) -> dict[str, str]:
    """Return each display name, in any language, and each code in small letters -> code."""
    shown = [display_names(table, column.name, lang) for lang in LANGUAGES]
    pairs = {(name.casefold(), code) for names in shown for code, name in names.items()}
    pairs |= {(code.casefold(), code) for names in shown for code in names}
    codes: dict[str, set[str]] = {}
    for name, own in pairs:
        codes.setdefault(name, set()).add(own)
    return {name: own.pop() for name, own in codes.items() if len(own) == 1}
