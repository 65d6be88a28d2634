"""Open a table's file as it comes from anybody's program: CSV in any usual form, Excel, Parquet.

Nothing is judged here but the file as such: how it is written, where its row of names stands, which
columns it has. Its cells come out as they stand; :mod:`kdcourse.world.cells` reads them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.texts import KitError
from kdcourse.world.declarations import tables
from kdcourse.world.encodings import encoding_of, shown
from kdcourse.world.names import Names, Said, find_names, tidy

#: Rows read at a time.
CHUNK = 100_000

#: The row of names is looked for in so many: a title and an empty row often stand above it.
_TOP = 10

_DELIMITERS = ",;\t|"

Row = Sequence[Any]


class Formula(NamedTuple):
    """A cell that computes, and what it showed when the file was saved, None if nothing."""

    text: str
    value: Any


class Mistake(NamedTuple):
    """A cell that shows an error such as ``#REF!``."""

    text: str


@dataclass
class Source:
    """The file of one table, opened.

    Attributes:
        path: The file.
        typed: Whether cells have types of their own, as in Excel and Parquet, or are all text.
        names: Its row of names.
        chunks: Reads the file from its beginning and yields the numbers of some rows, as a
            spreadsheet counts them, with their cells under the declared names.
        notes: (message, fields) of what can be read but should be otherwise.
        ragged: Rows that are longer or shorter than the row of names, and their lengths.
        blank: Rows without any value in the midst of others.
    """

    path: Path
    typed: bool
    names: Names
    chunks: Callable[[], Iterator[tuple[npt.NDArray[np.int64], pd.DataFrame]]]
    notes: list[Said] = field(default_factory=list)
    ragged: list[tuple[int, int]] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)


def open_table(name: str, path: Path) -> Source:
    """Open the file of table ``name``.

    Raises:
        KitError: It can't be read at all, or has no row of names.
    """
    with readable(path):
        return _OPENERS[path.suffix.lower()](name, path)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever a library says of a damaged file into a sentence."""
    try:
        yield
    except (KitError, ModuleNotFoundError):
        raise
    # A torn zip, a page cut short, a broken XML: each library has faults of its own.
    except Exception as fault:
        raise KitError("data.unreadable", path=path, reason=fault) from fault


def _in_rows(
    name: str, path: Path, rows: Callable[[], Iterator[Row]], *, typed: bool, notes: Any
) -> Source:
    """Make a source of a file that is read row by row."""
    names = find_names(name, path, islice(rows(), _TOP))

    def chunks() -> Iterator[tuple[npt.NDArray[np.int64], pd.DataFrame]]:
        source.ragged, source.blank = [], []
        rest, first = islice(rows(), names.row, None), names.row + 1
        empty: list[int] = []
        with readable(path):
            while some := list(islice(rest, CHUNK)):
                numbers = np.arange(first, first + len(some))
                # Nearly always all rows are alike; then nothing need be looked at one by one.
                if set(map(len, some)) != {names.width} or not all(map(any, some)):
                    kept = [i for i, row in enumerate(some) if not _is_blank(row)]
                    last = kept[-1] if kept else -1
                    if kept:
                        source.blank += empty  # Those below the last row are no part of the table.
                        empty.clear()
                        source.blank += numbers[sorted({*range(last)} - {*kept})].tolist()
                    empty += numbers[last + 1 :].tolist()
                    numbers, some = numbers[kept], [some[i] for i in kept]
                    source.ragged += _ragged(numbers.tolist(), some, names.width, typed)
                    some = [_filled(row, names.width) for row in some]
                elif empty:
                    source.blank += empty
                    empty.clear()
                yield numbers, _frame(some, names, typed)
                first = int(first + CHUNK)

    source = Source(path, typed, names, chunks, notes)
    return source


def _is_blank(row: Row) -> bool:
    return all(cell is None or cell == "" for cell in row)


def _ragged(
    numbers: list[int], rows: list[Row], width: int, typed: bool
) -> Iterator[tuple[int, int]]:
    for number, row in zip(numbers, rows, strict=True):
        # A workbook leaves out empty cells at the end, and any program may add some.
        if not _is_blank(row[width:]) or (len(row) < width and not typed):
            yield number, len(row)


def _filled(row: Row, width: int) -> Row:
    return [*row, *[None] * (width - len(row))] if len(row) < width else row


def _frame(rows: list[Row], names: Names, typed: bool) -> pd.DataFrame:
    cells = list(zip(*rows, strict=False)) or [()] * names.width
    columns = {name: cells[place] for name, place in names.places.items()}
    if typed:
        return pd.DataFrame({name: pd.Series(c, dtype=object) for name, c in columns.items()})
    return pd.DataFrame(columns, dtype="str").replace("", None)


# --- CSV --------------------------------------------------------------------------------------


def _open_csv(name: str, path: Path) -> Source:
    encoding = encoding_of(path)
    notes: list[Said] = []
    if encoding not in ("utf-8", "utf-8-sig", None):
        notes.append(("note-encoding", {"encoding": shown(encoding)}))
    with path.open(encoding=encoding or "utf-8", errors="replace", newline="") as file:
        top = "".join(islice(file, _TOP))
    delimiter = max(_DELIMITERS, key=top.count)
    if delimiter != ",":
        notes.append(("note-delimiter", {"delimiter": "Tab" if delimiter == "\t" else delimiter}))

    def rows() -> Iterator[Row]:
        # A byte that no encoding explains becomes U+FFFD, and its cell a fault of its own.
        with path.open(encoding=encoding or "utf-8", errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            try:
                yield from reader
            except csv.Error:
                raise KitError("data.open-quote", path=path, row=reader.line_num) from None

    return _in_rows(name, path, rows, typed=False, notes=notes)


# --- Excel ------------------------------------------------------------------------------------


def sheets(path: Path) -> dict[str, str]:
    """Return table -> sheet of an Excel workbook whose sheets are named after tables."""
    import openpyxl

    declared = {tidy(name): name for name in tables()}
    with readable(path):
        book = openpyxl.load_workbook(path, read_only=True)
        try:
            return {declared[key]: s for s in book.sheetnames if (key := tidy(s)) in declared}
        finally:
            book.close()


def _open_xlsx(name: str, path: Path) -> Source:
    sheet = sheets(path).get(name)
    return _in_rows(name, path, lambda: _excel_rows(path, sheet), typed=True, notes=[])


def _excel_rows(path: Path, sheet: str | None) -> Iterator[Row]:
    """Yield the cells of each row, with both the text and the stored result of a formula."""
    results: Iterator[tuple[Any, ...]] | None = None
    for number, row in enumerate(_sheet_rows(path, sheet, 1, results=False), start=1):
        if any(cell.data_type == "f" for cell in row):
            # Only now is a second reader needed; from here on the two walk side by side.
            results = results or _sheet_rows(path, sheet, number, results=True)
            shows = next(results)
            yield [
                Formula(_formula(c.value), _plain(r)) if c.data_type == "f" else _plain(c)
                for c, r in zip(row, shows, strict=False)
            ]
            continue
        if results:
            next(results)
        yield [_plain(cell) for cell in row]


def _sheet_rows(
    path: Path, sheet: str | None, first: int, *, results: bool
) -> Iterator[tuple[Any, ...]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=results)
    try:
        page = book[sheet] if sheet else book.worksheets[0]
        page.reset_dimensions()  # some programs write "A1" whatever there is
        yield from page.iter_rows(min_row=first)
    finally:
        book.close()


def _plain(cell: Any) -> Any:
    return Mistake(cell.value) if cell.data_type == "e" else cell.value


def _formula(value: Any) -> str:
    return str(getattr(value, "text", value))  # that of an array stands in an object


# --- Parquet ----------------------------------------------------------------------------------


def _open_parquet(name: str, path: Path) -> Source:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        names = find_names(name, path, [file.schema_arrow.names])

    def chunks() -> Iterator[tuple[npt.NDArray[np.int64], pd.DataFrame]]:
        first = 1
        own = {file.schema_arrow.names[place]: name for name, place in names.places.items()}
        with readable(path), pq.ParquetFile(path) as opened:
            for batch in opened.iter_batches(CHUNK, columns=list(own)):
                frame = batch.to_pandas(date_as_object=False).rename(columns=own)
                for column in frame:
                    if isinstance(frame[column].dtype, pd.CategoricalDtype):
                        frame[column] = frame[column].astype(frame[column].cat.categories.dtype)
                yield np.arange(first, first + len(frame)), frame
                first += len(frame)

    return Source(path, True, names, chunks)


def _open_old_excel(name: str, path: Path) -> Source:
    raise KitError("data.old-excel", path=path)


_OPENERS: dict[str, Callable[[str, Path], Source]] = {
    ".csv": _open_csv,
    ".txt": _open_csv,
    ".tsv": _open_csv,
    ".xlsx": _open_xlsx,
    ".xlsm": _open_xlsx,
    ".xls": _open_old_excel,
    ".parquet": _open_parquet,
}

#: Endings of files in which a table may lie.
READABLE = frozenset(_OPENERS)
