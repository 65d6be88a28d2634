"""The tables, each declared once in ``content/tables``: to read, write, check and explain.

A declaration is the schema (types, keys), the validation (ranges, allowed values, foreign keys) and
the dictionary in both languages, so that the three can't disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from kdcourse.texts import KitError, content, pick, say

#: Date formats in files; minutes are as fine as a scanner's clock is trusted.
_FORMATS = {"date": "%Y-%m-%d", "time": "%Y-%m-%d %H:%M"}
_FLAG = {0: False, 1: True}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: English name, the same in both editions.
        type: ``text``, ``category``, ``integer``, ``number``, ``flag``, ``date`` or ``time``.
        meaning: Language -> what it holds.
        nature: ``synthetic`` (simulated), ``fact`` (published), or ``personal`` (synthetic, but in
            a real company it would be personal data).
        unit: Unit of a quantity.
        decimals: Digits after the point in files.
        low: Lowest value allowed.
        high: Highest value allowed.
        pattern: Regular expression that a text must match.
        values: Code -> language -> display name.
        refers: ``table.column`` whose values are allowed.
        missing: Whether it may be empty.
    """

    name: str
    type: str
    meaning: Mapping[str, str]
    nature: str = "synthetic"
    unit: str = ""
    decimals: int = 0
    low: float | None = None
    high: float | None = None
    pattern: str | None = None
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    refers: str | None = None
    missing: bool = False


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: English name, also the file's name.
        folder: Folder inside ``datasets``: ``lanyan`` (simulated) or ``industry`` (published).
        key: Columns whose values together name a row.
        about: Language -> what a row is.
        columns: Its columns, in order.
    """

    name: str
    folder: str
    key: tuple[str, ...]
    about: Mapping[str, str]
    columns: tuple[Column, ...]

    @property
    def path(self) -> Path:
        """Where its file lies inside ``datasets``."""
        return Path(self.folder) / f"{self.name}.csv"

    def column(self, name: str) -> Column:
        """Return the column called ``name``."""
        return next(column for column in self.columns if column.name == name)


@cache
def tables() -> Mapping[str, Table]:
    """Return every declared table by name."""
    folder = files("kdcourse") / "content" / "tables"
    names = sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")
    return {name: _declared(name, content(f"tables/{name}")) for name in names}


def _declared(name: str, toml: dict[str, Any]) -> Table:
    columns = tuple(Column(name=column, **about) for column, about in toml["columns"].items())
    return Table(name, toml["folder"], tuple(toml["key"]), toml["about"], columns)


def table(name: str) -> Table:
    """Return the declaration of the table called ``name``.

    Raises:
        KitError: There is no such table.
    """
    try:
        return tables()[name]
    except KeyError:
        raise KitError("world.unknown-table", name=name, known=", ".join(tables())) from None


def display_names(table_name: str, column: str, lang: str | None = None) -> dict[str, str]:
    """Return code -> display name of a column with codes, in ``lang``.

    A column that refers to another table's codes takes their names from there.
    """
    declared = table(table_name).column(column)
    names = {code: pick(name, lang) for code, name in declared.values.items()}
    if declared.refers:
        there, there_column = declared.refers.split(".")
        if table(there).column(there_column).values:
            return display_names(there, there_column, lang) | names
    return names


# --- files ------------------------------------------------------------------------------------


def read_csv(name: str, path: Path) -> pd.DataFrame:
    """Read the file of table ``name`` with the types of its declaration.

    Raises:
        KitError: A column is missing or doesn't hold what is declared.
    """
    columns = {column.name: column for column in table(name).columns}
    times = {n: _FORMATS[c.type] for n, c in columns.items() if c.type in _FORMATS}
    types: dict[str, Any] = {n: _PANDAS[c.type] for n, c in columns.items() if c.type in _PANDAS}
    frame = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    if lacking := [column for column in columns if column not in frame]:
        raise KitError("data.column-missing", path=path, columns=", ".join(lacking))
    for column, form in times.items():
        frame[column] = pd.to_datetime(frame[column], format=form)
    for column, declared in columns.items():
        if declared.type == "flag":
            frame[column] = frame[column].map(_FLAG).astype(bool)
    return frame[list(columns)]


#: Declared type -> type in memory. Codes are plain text: categories surprise beginners in groupby.
_PANDAS = {"text": "str", "category": "str", "integer": "int64", "number": "float64"}


def to_csv(name: str, frame: pd.DataFrame) -> str:
    """Return the text of the file of table ``name``: the same frame always gives the same bytes."""
    written: dict[str, Any] = {}
    for column in table(name).columns:
        values = frame[column.name]
        writer = _WRITERS.get(column.type)
        written[column.name] = writer(column, values) if writer else values
    return pd.DataFrame(written).to_csv(index=False, lineterminator="\n")


def _fixed(column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    return values.map(f"{{:.{column.decimals}f}}".format, na_action="ignore")


def _stamp(column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    return values.dt.strftime(_FORMATS[column.type])


_WRITERS: dict[str, Callable[[Column, pd.Series[Any]], pd.Series[Any]]] = {
    "number": _fixed,
    "date": _stamp,
    "time": _stamp,
    "flag": lambda _, values: values.astype("int64"),
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
        for rule, bad in _broken(column, frame[column.name], load):
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


def _broken(
    column: Column, values: pd.Series[Any], load: Callable[[str], pd.DataFrame]
) -> Iterator[tuple[str, pd.Series[Any]]]:
    empty = values.isna()
    if not column.missing:
        yield "empty", empty
    if column.low is not None:
        yield "too-low", ~empty & (values < column.low)
    if column.high is not None:
        yield "too-high", ~empty & (values > column.high)
    if column.pattern:
        yield "pattern", ~empty & ~values.astype("str").str.fullmatch(column.pattern)
    allowed = set(column.values)
    if column.refers:
        there, there_column = column.refers.split(".")
        allowed |= set(load(there)[there_column])
    if allowed:
        yield "not-allowed", ~empty & ~values.isin(allowed)


# --- dictionary -------------------------------------------------------------------------------


def dictionary(lang: str) -> str:
    """Return the data dictionary as Markdown in ``lang``."""

    def word(name: str, /, **fields: object) -> str:
        return say(f"dictionary.{name}", lang, **fields)

    lines = [f"# {word('title')}", "", word("about"), ""]
    heads = [word(head) for head in ("column", "type", "nature", "meaning")]
    for declared in sorted(tables().values(), key=lambda t: (t.folder != "lanyan", t.name)):
        lines += [f"## {declared.name}", "", pick(declared.about, lang), ""]
        lines += [word("file", path=declared.path.as_posix(), key=", ".join(declared.key)), ""]
        lines += ["| " + " | ".join(heads) + " |", "|---|---|---|---|"]
        for column in declared.columns:
            kind = word(column.type) + (f", {column.unit}" if column.unit else "")
            meaning = pick(column.meaning, lang)
            if column.values:
                codes = (f"`{code}` {pick(name, lang)}" for code, name in column.values.items())
                meaning += " " + word("codes", codes=word("comma").join(codes))
            if column.refers:
                meaning += " " + word("refers", refers=column.refers)
            lines.append(f"| `{column.name}` | {kind} | {word(column.nature)} | {meaning} |")
        lines.append("")
    return "\n".join(lines)
