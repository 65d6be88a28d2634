"""A filled CRM kept ready, so that opening a new one takes no time.

A template is a whole SQLite file, packed, and goes by what it was made of: the checksums of the
tables, the schema, and the code that fills it. For the data of whoever works here it lies in a
cache folder of theirs; for the worlds that answers are judged on it stays in memory. Whatever is
wrong with a template, it is made anew: it holds nothing that isn't in the tables.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import zlib
from collections import OrderedDict
from contextlib import closing, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from kdcourse.atomic import write_atomically
from kdcourse.crm.migrations import migrations
from kdcourse.crm.sources import FromTables, Source

#: A larger CRM isn't kept: it would fill the memory, and the disk.
LARGEST = 200 * 2**20
#: Templates on the disk; the latest ones stay.
MOST_FILES = 3
#: What templates in memory may take together, packed; the course's own takes 8 MB.
MOST_MEMORY = 128 * 2**20

_MARK = b"kdcourse CRM template 1\n"
_ENDING = ".crm"

#: Fingerprint -> packed template, the latest last.
_kept: OrderedDict[str, bytes] = OrderedDict()


def lay_out(source: Source, db: sqlite3.Connection) -> bool:
    """Copy the template of a source into an empty database.

    Returns:
        Whether there was one; otherwise the database is still empty.
    """
    name = fingerprint(source)
    packed = name and _find(name, source)
    if not packed:
        return False
    with closing(sqlite3.connect(":memory:")) as template:
        try:
            template.deserialize(zlib.decompress(packed))
            template.backup(db)
        except (sqlite3.Error, zlib.error):
            return False
    return True


def keep(source: Source, db: sqlite3.Connection) -> None:
    """Keep a database that was just filled from a source, and in which nobody has worked yet."""
    name = fingerprint(source)
    pages, size = (db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_count", "page_size"))
    if not name or pages * size > LARGEST:
        return
    packed = zlib.compress(db.serialize(), 1)
    if not (_own(source) and _write(name, packed)):
        _kept[name] = packed
        while len(_kept) > 1 and sum(map(len, _kept.values())) > MOST_MEMORY:
            _kept.popitem(last=False)


def fingerprint(source: Source) -> str:
    """Return what a template goes by, empty if the source has nothing to be known by.

    Raises:
        KitError: The checksums of its files are missing or damaged.
    """
    if not isinstance(source, FromTables) or not source.checksums:
        return ""
    made_of = f"{_made_by()}{json.dumps(source.checksums, sort_keys=True)}"
    return sha256(made_of.encode()).hexdigest()


def cache_folder() -> Path | None:
    """Return the folder where this system keeps what can be made again; None if it has none."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    with suppress(RuntimeError):
        folder = Path(base).expanduser()
        # The XDG standard: a path that isn't absolute counts for nothing.
        if folder.is_absolute():
            return folder / "kdcourse"
    return None


@cache
def _made_by() -> str:
    """Return what, besides the tables, decides what stands in a new CRM."""
    code = [Path(__file__).with_name(name).read_bytes() for name in ("filling.py", "sources.py")]
    schema = json.dumps(migrations()).encode()
    return sha256(b"\0".join([schema, *code])).hexdigest()


def _own(source: Source) -> bool:
    return isinstance(source, FromTables) and source.own


def _find(name: str, source: Source) -> bytes | None:
    if name in _kept:
        _kept.move_to_end(name)
        return _kept[name]
    folder = cache_folder() if _own(source) else None
    return _read(folder / f"{name}{_ENDING}", name) if folder else None


def _read(path: Path, name: str) -> bytes | None:
    """Return the packed template in a file, None if there is none that is whole and asked for."""
    head = _head(name, b"")
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    packed = whole[len(head) :]
    return packed if whole[: len(head)] == _head(name, packed) else None


def _head(name: str, packed: bytes) -> bytes:
    return _MARK + f"{name}\n{sha256(packed).hexdigest()}\n".encode()


def _write(name: str, packed: bytes) -> bool:
    """Write a template into the cache folder, and let the oldest go; say whether that worked."""
    folder = cache_folder()
    if not folder:
        return False
    try:
        write_atomically(folder / f"{name}{_ENDING}", _head(name, packed) + packed)
    except OSError:
        return False
    with suppress(OSError):
        by_age = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: -path.stat().st_mtime)
        for old in by_age[MOST_FILES:]:
            old.unlink()
    return True
