"""The tables, each declared once in ``content/tables``: what they hold, in both languages.

A declaration is the schema (types, keys), the validation (ranges, allowed values, foreign keys) and
the dictionary, so that the three can't disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from kdcourse.texts import KitError, content, pick

_MEMORY = {
    "text": "str",
    "category": "str",
    "integer": "int64",
    "number": "float64",
    "flag": "bool",
    "date": "datetime64[us]",
    "time": "datetime64[us]",
}
_MEMORY_WITH_GAPS = {"integer": "Int64", "flag": "boolean"}

#: Folders of tables: simulated; the same with the dirt of daily work; of a case, about another
#: company; published figures.
GROUPS = ("lanyan", "raw", "cases", "industry")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: English name, the same in both editions.
        type: ``text``, ``category``, ``integer``, ``number``, ``flag``, ``date`` or ``time``.
        meaning: Language -> what it holds.
        nature: ``synthetic`` (simulated), ``fact`` (published), ``assumption`` (set by the course,
            because nothing is published), or ``personal`` (synthetic, but in a real company it
            would be personal data).
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

    @property
    def memory(self) -> Any:
        """Type of its values in a DataFrame.

        Codes are plain text: categories surprise beginners in groupby. NumPy's whole numbers and
        flags know no gap, so where one may be, pandas' own take their place.
        """
        return self.memory_with_gaps if self.missing else _MEMORY[self.type]

    @property
    def memory_with_gaps(self) -> Any:
        """Type of its values where any of them may be missing."""
        return _MEMORY_WITH_GAPS.get(self.type, _MEMORY[self.type])


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: English name, also the file's name.
        folder: Folder inside ``datasets``, one of ``GROUPS``.
        key: Columns whose values together name a row.
        about: Language -> what a row is.
        columns: Its columns, in order.
        clean_of: Of a raw table, the table that holds the same rows as they should be.
    """

    name: str
    folder: str
    key: tuple[str, ...]
    about: Mapping[str, str]
    columns: tuple[Column, ...]
    clean_of: str | None = None

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
    # What isn't said to be anything else: published in the tables of the trade, simulated in ours.
    usual = {"nature": "fact" if toml["folder"] == "industry" else "synthetic"}
    columns = tuple(Column(column, **usual | about) for column, about in toml["columns"].items())
    return Table(
        name, toml["folder"], tuple(toml["key"]), toml["about"], columns, toml.get("clean_of")
    )


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
