"""A world on disk: tables as CSV, their dictionary, and checksums that prove them whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from kdcourse.atomic import write_atomically
from kdcourse.texts import LANGUAGES, KitError, say
from kdcourse.world.tables import dictionary, read_csv, read_parquet, table, tables, to_csv

CHECKSUMS = "checksums.json"


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write tables, dictionary and checksums into ``folder``.

    Published tables that lie in ``folder/industry`` stay as they are; the checksums cover them too.
    Each file appears whole or not at all, and the checksums last.
    """
    for name, frame in frames.items():
        _put(folder / table(name).path, to_csv(name, frame))
    for lang in LANGUAGES:
        _put(folder / f"dictionary.{lang}.md", dictionary(lang))
    sums = {path: checksum(folder / path) for path in sorted(_paths()) if (folder / path).exists()}
    _put(folder / CHECKSUMS, json.dumps(sums, indent=1) + "\n")


def _paths() -> list[str]:
    return [declared.path.as_posix() for declared in tables().values()]


def _put(path: Path, text: str) -> None:
    write_atomically(path, text.encode("utf-8"))


def stored_checksums(folder: Path) -> dict[str, str]:
    """Return path -> checksum as stored in ``folder``.

    Raises:
        KitError: They are missing or damaged.
    """
    try:
        sums: dict[str, str] = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise KitError("data.no-checksums", path=folder / CHECKSUMS) from None
    if not isinstance(sums, dict):
        raise KitError("data.no-checksums", path=folder / CHECKSUMS)
    return sums


def differing(folder: Path) -> Iterator[tuple[str, Path]]:
    """Hold the files of ``folder`` against its checksums.

    Yields:
        ``file-missing`` or ``file-changed``, and the file.

    Raises:
        KitError: There are no checksums, or they are damaged.
    """
    for path, expected in stored_checksums(folder).items():
        if not (folder / path).is_file():
            yield "file-missing", folder / path
        elif checksum(folder / path) != expected:
            yield "file-changed", folder / path


def changed(folder: Path) -> Iterator[str]:
    """Say which files of the course's own data are missing or not those of the checksums.

    Yields:
        A sentence per file, with what to do.
    """
    try:
        yield from (say(f"data.{how}", path=path) for how, path in differing(folder))
    except KitError as fault:
        yield str(fault)


def invalid(folder: Path) -> Iterator[str]:
    """Say what in the tables of ``folder`` is not as declared: types, ranges, codes, keys.

    Yields:
        A sentence per fault, naming table, row and column.
    """
    from kdcourse.world.verify import examine

    return (str(finding) for finding in examine(folder).faults)


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read table ``name`` from ``folder``, CSV or Parquet, and hold its file against the checksum.

    Raises:
        KitError: No such table; the file is missing, changed, damaged or not as declared.
    """
    declared = table(name)
    path = folder / declared.path
    as_parquet = path.with_suffix(".parquet")
    if not path.is_file() and as_parquet.is_file():
        path = as_parquet
    if not path.is_file():
        raise KitError("data.file-missing", path=path)
    if checksum(path) != stored_checksums(folder).get(path.relative_to(folder).as_posix()):
        raise KitError("data.file-changed", path=path)
    try:
        return read_parquet(name, path) if path == as_parquet else read_csv(name, path)
    except (ValueError, UnicodeDecodeError) as fault:
        raise KitError("data.unreadable", path=path, reason=fault) from None
