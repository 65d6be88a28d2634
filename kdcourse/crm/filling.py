"""Fill the tables of a new CRM from a world, block by block, so that a large one fits as well."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.world.declarations import Column, table
from kdcourse.world.story import blocks
from kdcourse.world.world import World, block_tables


def fill(db: sqlite3.Connection, world: World) -> None:
    """Write a world's rows into the tables of their names, and what it is into the settings.

    The CRM's date is the last day of the data.
    """
    known = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for block in range(blocks(world.customers)):
        for name, frame in block_tables(world, block).items():
            if name in known:
                insert(db, name, frame)
    last = (world.ends - pd.Timedelta(days=1)).date()
    settings = {
        "today": str(last),
        "data_end": str(last),
        "seed": str(world.seed),
        "customers": str(world.customers),
        "months": str(world.months),
    }
    db.executemany("INSERT INTO settings VALUES (?, ?)", settings.items())


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
