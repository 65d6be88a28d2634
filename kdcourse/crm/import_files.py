"""Open an export of customers as it comes: GBK or UTF-8, title rows, merged headings, Excel."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdcourse.texts import KitError, content
from kdcourse.world.encodings import encoding_of

#: The names are looked for in so many rows: a title and an empty row often stand above them.
_TOP = 10
_DELIMITERS = ",;\t|"
_TEXT = {".csv", ".txt", ".tsv"}
_EXCEL = {".xlsx", ".xlsm"}

Row = Sequence[Any]


@dataclass(frozen=True)
class Export:
    """The rows of an export.

    Attributes:
        columns: Our column -> its place in a row.
        rows: The rows below the names, with their numbers as a spreadsheet counts them.
    """

    columns: dict[str, int]
    rows: list[tuple[int, Row]]


def read_export(path: Path) -> Export:
    """Read an export.

    Raises:
        KitError: It isn't there, is no such file, is damaged, or has no row of names.
    """
    rows = _rows(path)
    names, below = _names(path, rows[:_TOP])
    return Export(
        names, [(number, row) for number, row in enumerate(rows, start=1) if number > below]
    )


def cell(row: Row, place: int | None) -> str:
    """Return a cell as plain text: half-width, without blanks around it; empty if there is none."""
    if place is None or place >= len(row) or row[place] is None:
        return ""
    value = row[place]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel keeps a telephone number as 15412345678.0
    return unicodedata.normalize("NFKC", str(value)).strip()


def _rows(path: Path) -> list[Row]:
    suffix = path.suffix.lower()
    if suffix not in _TEXT | _EXCEL:
        raise KitError("crm.import-form", path=path)
    try:
        return list(_text_rows(path) if suffix in _TEXT else _excel_rows(path))
    except KitError:
        raise
    # A torn zip, a broken XML, an open quotation mark: each library has faults of its own.
    except Exception as fault:
        raise KitError("crm.import-broken", path=path, reason=fault) from fault


def _text_rows(path: Path) -> Iterator[Row]:
    encoding = encoding_of(path)
    if encoding is None:
        raise KitError("crm.import-not-text", path=path)
    with path.open(encoding=encoding, newline="") as file:
        top = file.read(4096)
        file.seek(0)
        yield from csv.reader(file, delimiter=max(_DELIMITERS, key=top.count), strict=True)


def _excel_rows(path: Path) -> Iterator[Row]:
    import openpyxl

    with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
        page = book.worksheets[0]
        page.reset_dimensions()  # some programs write "A1" whatever there is
        yield from page.iter_rows(values_only=True)


def _names(path: Path, top: list[Row]) -> tuple[dict[str, int], int]:
    """Find the row of names; a merged heading above its columns has names of its own.

    Returns:
        Our column -> its place, and the number of the last row of names.
    """
    found = [_known(row) for row in top]
    best = max(range(len(top)), key=lambda at: len(found[at]), default=0)
    if not top or not found[best]:
        raise KitError("crm.import-no-columns", path=path)
    places, last = dict(found[best]), best
    # Half of the names may stand in the row above (or below) the other half.
    for at in (best - 1, best + 1):
        if 0 <= at < len(top) and found[at]:
            taken = set(places.values())
            more = {c: place for c, place in found[at].items() if place not in taken}
            if more:
                places = more | places
                last = max(last, at)
    if "name" not in places or not {"phone", "email"} & set(places):
        raise KitError("crm.import-no-columns", path=path)
    return places, last + 1


def _known(row: Row) -> dict[str, int]:
    known = {
        word: column
        for column, words in content("crm/imports")["columns"].items()
        for word in words
    }
    places: dict[str, int] = {}
    for place in range(len(row)):
        word = cell(row, place).casefold().replace(" ", "").replace("_", "").replace("\n", "")
        if word in known:
            places.setdefault(known[word], place)
    return places
