"""Hold a folder of tables against their declaration, ours or a learner's own export.

Files are read piece by piece. Of keys only a hash of 64 bits is kept, so that a folder of a hundred
million rows needs a gigabyte and not a server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.course import course_root, workspace_of
from kdcourse.texts import KitError, say
from kdcourse.world.columns import read_column
from kdcourse.world.declarations import GROUPS, Column, Table, table, tables
from kdcourse.world.files import CHECKSUMS, changed, differing
from kdcourse.world.findings import Findings, canonical
from kdcourse.world.formats import READABLE, Source, open_table, sheets
from kdcourse.world.names import tidy
from kdcourse.world.standing import unfinished
from kdcourse.world.tables import Known, broken

Hashes = npt.NDArray[np.uint64]


@dataclass
class Report:
    """What an examination found.

    Attributes:
        tables: The tables that were there.
        faults: What is wrong, a sentence each.
        notes: What can be read but should be otherwise, a sentence each.
    """

    tables: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(folder: Path, *, every: bool = False) -> Report:
    """Examine the tables in a folder, or in one file.

    Args:
        folder: Ours, with checksums, or any other that holds files named after tables.
        every: List every fault instead of the first few of a kind.
    """
    report = Report()
    if folder.is_dir():
        report.faults += [say("verify.unfinished", path=path) for path in unfinished(folder)]
        if folder.resolve() == (course_root() / "datasets").resolve() or workspace_of(folder):
            report.faults += changed(folder)
        elif (folder / CHECKSUMS).exists():
            report.faults += _changed_elsewhere(folder)
    found = _found(folder, report)
    if not found and not report.faults:
        report.faults.append(say("verify.no-tables", path=folder, tables=", ".join(tables())))
    report.tables = list(found)
    keys = _Keys(found)
    for name, path in found.items():
        findings = Findings(name, every)
        try:
            source = open_table(name, path)
            said = {"table": name, "path": path}
            report.faults += [say(f"verify.{key}", **said, **f) for key, f in source.names.faults]
            notes = [*source.notes, *source.names.notes]
            report.notes += [say(f"verify.{key}", **said, **fields) for key, fields in notes]
            _examine_rows(table(name), source, findings, keys)
        except KitError as fault:
            report.faults.append(str(fault))
        report.faults += findings.faults()
        if table(name).folder != "raw":  # there, spelling is for the learner to find
            report.notes += findings.notes()
    report.notes += [say("verify.note-no-parent", **fields) for fields in keys.missing()]
    return report


def _changed_elsewhere(folder: Path) -> Iterator[str]:
    try:
        yield from (say(f"verify.{how}", path=path) for how, path in differing(folder))
    except KitError:
        yield say("verify.no-checksums", path=folder / CHECKSUMS)


# --- which files ------------------------------------------------------------------------------


def _found(folder: Path, report: Report) -> dict[str, Path]:
    """Return table -> its file."""
    declared = {tidy(name): name for name in tables()}
    found: dict[str, list[Path]] = {}
    for path in _files(folder):
        own = declared.get(tidy(path.stem))
        names = [own] if own else []
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            try:
                names = list(sheets(path)) or names
            except KitError as fault:
                report.faults.append(str(fault))
                continue
        if not names:
            report.notes.append(say("verify.note-unknown-file", path=path))
        for name in names:
            found.setdefault(name, []).append(path)
    for name, paths in found.items():
        if len(paths) > 1:
            shown = ", ".join(map(str, paths))
            report.faults.append(say("verify.table-twice", table=name, paths=shown, path=paths[0]))
    return {name: found[name][0] for name in sorted(found)}


def _files(folder: Path) -> list[Path]:
    """Return the files that may hold tables, in the folder and in those of the groups of tables."""
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise KitError("data.no-folder", path=folder)
    inside = [
        path
        for place in (folder, *(folder / group for group in GROUPS))
        if place.is_dir()
        for path in place.iterdir()
    ]
    return sorted(
        path
        for path in inside
        if path.suffix.lower() in READABLE - {".txt"}
        and path.is_file()
        and not path.name.startswith((".", "~$"))  # Excel's mark that a file is open
    )


# --- rows -------------------------------------------------------------------------------------


def _examine_rows(declared: Table, source: Source, findings: Findings, keys: _Keys) -> None:
    known = {
        column.name: keys.known(declared.name, column)
        for column in declared.columns
        if column.refers and column.name in source.names.places
    }
    hashes, numbers_of_hashes = [], []
    for numbers, cells in source.chunks():
        values = {}
        for column in declared.columns:
            if column.name not in cells:
                continue
            raw = cells[column.name]
            read = read_column(declared.name, column, raw, typed=source.typed)
            values[column.name] = read.values
            for key, at in read.oddities.items():
                findings.add(key, column, numbers[at].tolist(), raw.iloc[at], read.values.iloc[at])
            sound = np.ones(len(raw), bool)
            sound[read.unreadable] = False
            for rule, bad in _rules(column, read.values, known.get(column.name)):
                broke = np.flatnonzero(bad.to_numpy(bool) & sound).tolist()
                if broke:
                    where = numbers[broke].tolist()
                    findings.add(rule, column, where, raw.iloc[broke], read.values.iloc[broke])
        if set(declared.key) <= set(values):
            key_values = pd.DataFrame({name: values[name] for name in declared.key})
            whole = key_values.notna().all(axis=1).to_numpy()
            hashes.append(_hashed(key_values[whole]))
            numbers_of_hashes.append(numbers[whole])
    for number, length in source.ragged:
        findings.add_row("fault-ragged", number, length=length, names=source.names.width)
    for number in source.blank:
        findings.add_row("note-blank-rows", number)
    if hashes:
        same = _repeated(np.concatenate(hashes), np.concatenate(numbers_of_hashes))
        if same:
            _name_repeated(declared, source, same, findings)


def _rules(
    column: Column, values: pd.Series[Any], known: Known | None
) -> Iterator[tuple[str, pd.Series[bool]]]:
    for rule, bad in broken(column, values, known):
        yield ("fault-no-such" if rule == "not-allowed" and known else f"fault-{rule}"), bad


def _hashed(values: pd.DataFrame | pd.Series[Any]) -> Hashes:
    # As text, so that 1 in one file is 1 in the other, whatever holds it.
    return np.asarray(pd.util.hash_pandas_object(values.astype("str"), index=False), np.uint64)


def _repeated(hashes: Hashes, numbers: npt.NDArray[np.int64]) -> dict[int, int]:
    """Return the number of each row whose key may have come before -> where it came first."""
    ordered = np.sort(hashes)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return {}
    first: dict[int, int] = {}
    same: dict[int, int] = {}
    for position in np.flatnonzero(np.isin(hashes, twice)).tolist():
        hash_, number = int(hashes[position]), int(numbers[position])
        if hash_ in first:
            same[number] = first[hash_]
        else:
            first[hash_] = number
    return same


def _name_repeated(
    declared: Table, source: Source, same: dict[int, int], findings: Findings
) -> None:
    """Read the rows again whose keys have one hash, and name those whose keys are the same."""
    wanted = np.array(sorted({*same, *same.values()}))
    keys: dict[int, str] = {}
    columns = [declared.column(name) for name in declared.key]
    for numbers, cells in source.chunks():
        at = np.flatnonzero(np.isin(numbers, wanted))
        texts = []
        for column in columns:
            read = read_column(
                declared.name, column, cells[column.name].iloc[at], typed=source.typed
            )
            texts.append([canonical(column, value) for value in read.values])
        for number, *key in zip(numbers[at].tolist(), *texts, strict=True):
            keys[number] = ", ".join(key)
    for number, first in same.items():
        if keys[number] == keys[first]:
            findings.add_row("fault-key-twice", number, value=keys[number], first=first)


# --- keys of other tables ---------------------------------------------------------------------


class _Keys:
    """The values of columns that other tables refer to, read when the first of those asks."""

    def __init__(self, found: dict[str, Path]) -> None:
        self._found = found
        self._lacking: dict[str, set[str]] = {}
        self._hashes = cache(self._read)

    def known(self, table_name: str, column: Column) -> Known | None:
        """Return what says of values whether the column holds them that they refer to.

        Codes that are declared for the column itself are known, too.
        """
        hashes = self._hashes(str(column.refers))
        if hashes is None:
            self._lacking.setdefault(str(column.refers), set()).add(f"{table_name}.{column.name}")
            return None

        def known(values: pd.Series[Any]) -> pd.Series[bool]:
            if not len(hashes):
                return pd.Series(False, values.index)
            own = _hashed(values)
            at = np.minimum(np.searchsorted(hashes, own), len(hashes) - 1)
            return pd.Series(hashes[at] == own, values.index)

        return known

    def missing(self) -> list[dict[str, str]]:
        """Return which columns could not be held against which, because it isn't there."""
        return [
            {"refers": refers, "columns": ", ".join(sorted(columns))}
            for refers, columns in self._lacking.items()
        ]

    def _read(self, refers: str) -> Hashes | None:
        there, name = refers.split(".")
        if there not in self._found:
            return None
        column, hashes = table(there).column(name), []
        try:
            source = open_table(there, self._found[there])
            if name not in source.names.places:
                return None
            for _, cells in source.chunks():
                read = read_column(there, column, cells[name], typed=source.typed)
                hashes.append(_hashed(read.values.dropna()))
        except KitError:
            return None  # what is wrong with that file is said where it is examined
        return np.unique(np.concatenate([np.empty(0, np.uint64), *hashes]))
