"""Fill the tables of a new CRM."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.crm.sources import Source
from kdcourse.world.declarations import Column, table


def fill(db: sqlite3.Connection, source: Source) -> None:
    """Write the rows of a source into the tables of their names, and what it is into the settings.

    The CRM's date is the last day of the data.
    """
    asked = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    for name, frame in source.rows(frozenset(name for (name,) in asked)):
        insert(db, name, frame)
    db.executemany("INSERT INTO settings VALUES (?, ?)", source.settings().items())


def insert(db: sqlite3.Connection, name: str, frame: pd.DataFrame) -> None:
    """Add the rows of a declared table."""
    columns = table(name).columns
    names = ", ".join(f'"{column.name}"' for column in columns)
    marks = ", ".join("?" * len(columns))
    values = [stored(column, frame[column.name]) for column in columns]
    db.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", zip(*values, strict=True))


def stored(column: Column, values: pd.Series[Any]) -> list[Any]:
    """Return values as SQLite keeps them: dates as text, flags as 0 and 1, nothing as NULL."""
    if column.type in ("date", "time"):
        unit = "D" if column.type == "date" else "m"
        moments = values.to_numpy(f"datetime64[{unit}]")
        # A day, and a minute of it, come up often: each is written out once.
        place, distinct = pd.factorize(moments)
        texts = [text.replace("T", " ") for text in np.datetime_as_string(distinct).tolist()]
        return np.array([*texts, None], object)[place].tolist()
    if column.type == "number":
        values = values.round(column.decimals)
    if column.type == "flag":
        values = values.astype("Int64")
    cells = values.astype(object)
    return cells.where(values.notna(), None).tolist()
