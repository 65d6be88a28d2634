"""Tables to files a block of rows at a time, in a form a spreadsheet or a program wants.

A format has two halves. ``pack`` does what can be done to one block by itself, in whatever process
made it; a writer then puts packed blocks into one file, in order. The file's bytes depend on the
rows alone, not on where one block ends and the next begins.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import pandas as pd

from kdcourse.texts import KitError
from kdcourse.world.tables import Column, table, to_csv

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows of a sheet, by the format's own limit, without the row of names.
SHEET_ROWS = 1_048_576 - 1

#: Rows that Parquet keeps together, the same in every file however the rows came in. Nearly as many
#: of each table wait in memory to be written.
GROUP_ROWS = 32_768


class PartFile(io.RawIOBase):
    """A file in the making, to be finished or given up.

    A library that meets a full disk tries again when its writer is cleaned up, and would complain
    a second time, past all who could explain it: a file that is given up takes that in silence.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO | None = path.open("wb")
        self._at = 0

    def finish(self) -> None:
        """Write what is still in memory."""
        if self._file:
            self._file.close()

    def give_up(self) -> None:
        """Write nothing any more, and only count where one would be."""
        file, self._file = self._file, None
        with suppress(OSError):
            if file:
                file.close()

    def write(self, data: Any) -> int:
        """Write ``data`` behind what is there."""
        self._at += len(data)
        return self._file.write(data) if self._file else len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, counted from the beginning as these libraries do."""
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation
        self._at = offset
        return self._file.seek(offset) if self._file else offset

    def tell(self) -> int:
        """Return the place in the file."""
        return self._at

    def flush(self) -> None:
        """Hand over what is in memory."""
        if self._file and not self._file.closed:
            self._file.flush()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def seekable(self) -> bool:
        """Say that one can go back in it, to correct a length."""
        return True


class Writer(Protocol):
    """Puts packed blocks of one table into one file."""

    def add(self, block: Any) -> None:
        """Put a block behind those before."""

    def close(self) -> None:
        """Write what a file of this format ends with."""


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        suffix: How its files' names end.
        pack: (table, its rows) -> what :meth:`Writer.add` takes; can be sent between processes.
        writer: (table, an open file, a folder for passing files) -> a writer.
    """

    suffix: str
    pack: Callable[[str, pd.DataFrame], Any]
    writer: Callable[[str, PartFile, Path], Writer]


def format_named(name: str) -> Format:
    """Return the format called ``name``.

    Raises:
        KitError: There is no such format.
        ModuleNotFoundError: The package that writes it is not installed.
    """
    if name not in _FORMATS:
        raise KitError("data.unknown-format", name=name, known=", ".join(_FORMATS))
    if name == "parquet":
        import pyarrow.parquet  # noqa: F401 - what is missing is to be said before the work begins
    if name == "xlsx":
        import xlsxwriter  # noqa: F401
    return _FORMATS[name]


# --- CSV --------------------------------------------------------------------------------------


def _pack_csv(name: str, frame: pd.DataFrame) -> bytes:
    return to_csv(name, frame, header=False).encode("utf-8")


class _CsvWriter:
    def __init__(self, name: str, file: PartFile, _: Path) -> None:
        self._file = file
        names = [column.name for column in table(name).columns]
        file.write((",".join(names) + "\n").encode("utf-8"))

    def add(self, block: bytes) -> None:
        self._file.write(block)

    def close(self) -> None:
        pass


# --- Parquet ----------------------------------------------------------------------------------


def arrow_schema(name: str) -> pa.Schema:
    """Return the types of table ``name`` in Parquet."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "category": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "date": pa.date32(),
        "time": pa.timestamp("us"),
    }
    return pa.schema(
        pa.field(column.name, types[column.type], nullable=column.missing)
        for column in table(name).columns
    )


def _pack_parquet(name: str, frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    schema = arrow_schema(name)
    columns = [
        pa.array(_rounded(column, frame[column.name]), schema.field(column.name).type, safe=False)
        for column in table(name).columns
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _rounded(column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    # The last digit of a power or a logarithm differs between platforms; what is written must not.
    return values.round(column.decimals) if column.type == "number" else values


class _ParquetWriter:
    def __init__(self, name: str, file: PartFile, _: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = arrow_schema(name)
        # Without the stored schema nothing names the versions of the libraries but Parquet's own
        # "created by".
        self._writer = pq.ParquetWriter(
            file, self._schema, version="2.6", compression="zstd", store_schema=False
        )
        self._waiting: list[pa.Table] = []

    def add(self, block: pa.Table) -> None:
        self._waiting.append(block)
        if sum(map(len, self._waiting)) >= GROUP_ROWS:
            self._write(keep=sum(map(len, self._waiting)) % GROUP_ROWS)

    def close(self) -> None:
        self._write(keep=0)
        self._writer.close()

    def _write(self, keep: int) -> None:
        import pyarrow as pa

        # One chunk: pages would otherwise end where blocks do.
        rows = pa.concat_tables([self._schema.empty_table(), *self._waiting]).combine_chunks()
        whole = len(rows) - keep
        if whole:
            self._writer.write_table(rows.slice(0, whole), row_group_size=GROUP_ROWS)
        # A slice would hold on to the memory of all rows; what is taken is a copy.
        self._waiting = [rows.take(pa.array(range(whole, len(rows)), pa.int64()))] if keep else []


# --- Excel ------------------------------------------------------------------------------------

_EPOCH = pd.Timestamp("1899-12-30")
_DAY = pd.Timedelta(days=1)
_SHOWN = {"integer": "0", "date": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm"}


def _pack_xlsx(name: str, frame: pd.DataFrame) -> list[list[Any]]:
    """Return the cells of each column; None where one is empty."""
    return [list(_cells(column, frame[column.name])) for column in table(name).columns]


def _cells(column: Column, values: pd.Series[Any]) -> Iterator[Any]:
    if column.type in ("date", "time"):
        values = (values - _EPOCH) / _DAY  # Excel counts days
    elif column.type == "flag":
        values = values.astype("Int64")
    values = _rounded(column, values)
    return (None if empty else value for value, empty in zip(values, values.isna(), strict=True))


class _XlsxWriter:
    def __init__(self, name: str, file: PartFile, passing: Path) -> None:
        import xlsxwriter

        self._columns = table(name).columns
        self._name, self._row = name, 0
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": str(passing)})
        # Else the file would hold the hour at which it was made.
        self._book.set_properties({"created": datetime.datetime(2024, 1, 1)})
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True})
        self._styles = [self._style(column) for column in self._columns]
        for place, column in enumerate(self._columns):
            width = 17 if column.type == "time" else max(12, len(column.name) + 2)
            self._sheet.set_column(place, place, width)
            self._sheet.write_string(0, place, column.name, bold)

    def _style(self, column: Column) -> Any:
        shown = _SHOWN.get(column.type)
        if column.type == "number":
            shown = "0." + "0" * column.decimals if column.decimals else "0"
        return self._book.add_format({"num_format": shown}) if shown else None

    def add(self, block: list[list[Any]]) -> None:
        if self._row + len(block[0]) > SHEET_ROWS:
            raise KitError("data.too-long-for-xlsx", table=self._name, rows=SHEET_ROWS)
        sheet, styles = self._sheet, self._styles
        for cells in zip(*block, strict=True):
            self._row += 1
            for place, value in enumerate(cells):
                if isinstance(value, str):
                    sheet.write_string(self._row, place, value)
                elif value is not None:
                    sheet.write_number(self._row, place, value, styles[place])

    def close(self) -> None:
        from xlsxwriter.exceptions import FileCreateError

        try:
            self._book.close()
        except FileCreateError as fault:
            raise OSError(*getattr(fault.args[0], "args", fault.args)) from fault


_FORMATS = {
    "csv": Format("csv", _pack_csv, _CsvWriter),
    "parquet": Format("parquet", _pack_parquet, _ParquetWriter),
    "xlsx": Format("xlsx", _pack_xlsx, _XlsxWriter),
}

#: How the names of files end that tables can be built in.
SUFFIXES = tuple(_FORMATS)
