"""Copies of the CRM's file: one at each opening if something has changed, three kept; and back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from kdcourse.texts import KitError

#: So many copies are kept.
KEPT = 3

#: A larger file isn't copied unasked: it would make every opening wait, and fill the disk.
LARGEST = 200 * 2**20


def folder_of(path: Path) -> Path:
    """Return where the copies of a file lie."""
    return path.parent / "backups"


def backups(path: Path) -> list[Path]:
    """Return the copies of a file, the latest first."""
    return sorted(folder_of(path).glob(f"{path.stem}-*{path.suffix}"), reverse=True)


def back_up(db: sqlite3.Connection, path: Path) -> Path | None:
    """Copy the file if it has changed since the last copy, and let the oldest go.

    A copy is named after SQLite's count of changes, so that an unchanged file is known without
    reading it. A damaged file never takes the place of a good copy.

    Returns:
        The new copy, None if there was nothing to copy.

    Raises:
        sqlite3.DatabaseError: The file is damaged.
        OSError: There is no room for it.
    """
    target = folder_of(path) / f"{path.stem}-{_changes(path):010d}{path.suffix}"
    if target.exists():
        return None
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("database disk image is malformed")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with closing(sqlite3.connect(draft)) as copy:
            db.backup(copy)
        os.replace(draft, target)  # noqa: PTH105 - the one call that swaps on every platform
    finally:
        draft.unlink(missing_ok=True)
    for old in backups(path)[KEPT:]:
        with suppress(OSError):
            old.unlink()
    return target


def restore(path: Path | str | None = None) -> Path:
    """Put the last good copy in the place of the CRM's file; what lay there is kept beside it.

    Close the CRM in every notebook first.

    Args:
        path: The CRM's file; default that of the workspace.

    Returns:
        Where the former file lies now.

    Raises:
        KitError: There is no good copy.
    """
    from kdcourse.crm.opening import place_of

    place = place_of(path)
    copy = next((c for c in backups(place) if _is_good(c)), None) if place else None
    if place is None or copy is None:
        raise KitError("crm.no-backup", path=place)
    number = 1
    while (
        aside := place.with_name(f"{place.stem}.before-restore-{number}{place.suffix}")
    ).exists():
        number += 1
    draft = place.with_name(f".{place.name}.restored")
    shutil.copyfile(copy, draft)
    # A journal left beside belongs to the former file; SQLite would play it into the copy.
    for end in ("", "-journal"):
        old = place.with_name(place.name + end)
        if old.exists():
            os.replace(old, aside.with_name(aside.name + end))  # noqa: PTH105
    os.replace(draft, place)  # noqa: PTH105
    return aside


def _changes(path: Path) -> int:
    """Return how often the file was changed: bytes 24 to 27 of SQLite's file format."""
    with path.open("rb") as file:
        return int.from_bytes(file.read(28)[24:28], "big")


def _is_good(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False
