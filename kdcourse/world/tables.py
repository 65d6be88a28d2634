"""The tables as pandas has them and as CSV: read, write, and hold against their declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.texts import KitError, say
from kdcourse.world.declarations import Column, Table, display_names, table, tables
from kdcourse.world.dictionary import dictionary

#: What those who work with tables need from here; declarations and dictionary have own modules.
__all__ = [
    "Column",
    "Table",
    "broken",
    "dictionary",
    "display_names",
    "faults",
    "read_csv",
    "read_parquet",
    "table",
    "tables",
    "to_csv",
]

#: Date formats in files; minutes are as fine as a scanner's clock is trusted.
_FORMATS = {"date": "%Y-%m-%d", "time": "%Y-%m-%d %H:%M"}
_FLAG = {0: False, 1: True}

# --- files ------------------------------------------------------------------------------------


def read_csv(name: str, path: Path) -> pd.DataFrame:
    """Read the file of table ``name`` with the types of its declaration.

    Raises:
        KitError: A column is missing or doesn't hold what is declared.
    """
    columns = {column.name: column for column in table(name).columns}
    times = {n: _FORMATS[c.type] for n, c in columns.items() if c.type in _FORMATS}
    types: dict[str, Any] = {
        n: c.memory for n, c in columns.items() if c.type not in (*_FORMATS, "flag")
    }
    frame = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    if lacking := [column for column in columns if column not in frame]:
        raise KitError("data.column-missing", path=path, columns=", ".join(lacking))
    for column, form in times.items():
        frame[column] = pd.to_datetime(frame[column], format=form)
    for column, declared in columns.items():
        if declared.type == "flag":
            frame[column] = frame[column].map(_FLAG).astype(declared.memory)
    return frame[list(columns)]


def read_parquet(name: str, path: Path) -> pd.DataFrame:
    """Read a Parquet file of table ``name`` with the types of its declaration.

    Raises:
        KitError: A column is missing.
    """
    columns = {column.name: column.memory for column in table(name).columns}
    frame = pd.read_parquet(path)
    if lacking := [column for column in columns if column not in frame]:
        raise KitError("data.column-missing", path=path, columns=", ".join(lacking))
    return frame[list(columns)].astype(columns)


def to_csv(name: str, frame: pd.DataFrame, *, header: bool = True) -> str:
    """Return the text of the file of table ``name``: the same frame always gives the same bytes."""
    written: dict[str, Any] = {}
    for column in table(name).columns:
        values = frame[column.name]
        writer = _WRITERS.get(column.type)
        written[column.name] = writer(column, values) if writer else values
    return pd.DataFrame(written).to_csv(index=False, header=header, lineterminator="\n")


def _fixed(column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    return values.map(f"{{:.{column.decimals}f}}".format, na_action="ignore")


def _stamp(column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    # A calendar has few days and a day 1440 minutes: writing each once is six times as fast as
    # strftime on every value.
    moments = values.to_numpy("datetime64[m]")
    days = moments.astype("datetime64[D]")
    place, distinct = pd.factorize(days)
    text = np.datetime_as_string(distinct).astype(object)
    text = np.append(text, "")[place]  # factorize gives an empty moment the place -1, the last
    if column.type == "time":
        minutes = np.where(np.isnat(moments), 1440, (moments - days).astype(np.int64))
        text = text + _CLOCK[minutes]
    return pd.Series(text, values.index, dtype=object)


#: Text of each minute of a day, and of none.
_CLOCK = np.array([*(f" {m // 60:02}:{m % 60:02}" for m in range(1440)), ""], object)

_WRITERS: dict[str, Callable[[Column, pd.Series[Any]], pd.Series[Any]]] = {
    "number": _fixed,
    "date": _stamp,
    "time": _stamp,
    "integer": lambda _, values: values.astype("Int64"),
    "flag": lambda _, values: values.astype("Int64"),
}


# --- checks -----------------------------------------------------------------------------------


def faults(name: str, frame: pd.DataFrame, load: Callable[[str], pd.DataFrame]) -> Iterator[str]:
    """Say what in ``frame`` is not as declared, one sentence a fault and column.

    Args:
        name: The table.
        frame: Its rows.
        load: Gives the other tables, for foreign keys.

    Yields:
        A sentence that names table, column and the first row concerned.
    """
    declared = table(name)
    lacking = [column.name for column in declared.columns if column.name not in frame]
    if lacking:
        yield say("data.column-missing", path=name, columns=", ".join(lacking))
        return
    for column in declared.columns:
        for rule, bad in broken(column, frame[column.name], _referred(column, load)):
            if bad.any():
                row = int(bad.to_numpy().argmax())
                value = frame[column.name].iloc[row]
                yield say(
                    f"data.{rule}", table=name, column=column.name, row=row + 1, value=value,
                    count=int(bad.sum()),
                )  # fmt: skip
    if (twice := frame.duplicated(list(declared.key))).any():
        row = int(twice.to_numpy().argmax())
        key = ", ".join(str(frame[column].iloc[row]) for column in declared.key)
        yield say("data.key-twice", table=name, row=row + 1, key=key, count=int(twice.sum()))


#: Says of each value whether the table that a column refers to holds it.
Known = Callable[["pd.Series[Any]"], "pd.Series[bool]"]


def broken(
    column: Column, values: pd.Series[Any], known: Known | None = None
) -> Iterator[tuple[str, pd.Series[bool]]]:
    """Hold typed values against the declaration of their column.

    Args:
        column: What is declared.
        values: As :func:`read_csv` gives them.
        known: For a column that refers to another table; without it only codes are held against.

    Yields:
        A rule (``empty``, ``too-low``, ``too-high``, ``pattern``, ``not-allowed``) and which of the
        values break it.
    """
    filled = values.notna()
    if not column.missing:
        yield "empty", ~filled
    if column.low is not None:
        yield "too-low", filled & (values < column.low).fillna(False)
    if column.high is not None:
        yield "too-high", filled & (values > column.high).fillna(False)
    if column.pattern:
        yield "pattern", filled & ~values.astype("str").str.fullmatch(column.pattern)
    if known or (column.values and not column.refers):
        allowed = values.isin(list(column.values))
        if known:
            allowed |= known(values)
        yield "not-allowed", filled & ~allowed


def _referred(column: Column, load: Callable[[str], pd.DataFrame]) -> Known | None:
    if not column.refers:
        return None
    there, there_column = column.refers.split(".")
    allowed = load(there)[there_column]
    return lambda values: values.isin(allowed)
