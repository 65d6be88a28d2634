"""Opening what was handed in: every notebook in a folder or a ZIP, with whatever is wrong told.

Nothing is unpacked to disk, so a name in an archive, whatever it is, can't lead anywhere; sizes are
limited while reading, because what an archive says of itself may be a lie.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from kdcourse.grading.places import explained
from kdcourse.grading.work import MIB, Limits
from kdcourse.texts import KitError

#: Notebooks of more than this aren't read to the end; sixty megabytes of outputs do occur.
MOST_NOTEBOOK = Limits().notebook
#: What the notebooks of one archive may hold together, unpacked.
MOST_ARCHIVE = 2048 * MIB
#: Entries of one archive that are looked at.
MOST_ENTRIES = 20_000
#: An archive in an archive is opened (a learner's ZIP in the platform's), one deeper is not.
_DEEPEST = 2
_SKIPPED = ("__MACOSX", ".ipynb_checkpoints")
_CHUNK = MIB


@dataclass(frozen=True)
class Found:
    """A notebook as it was found.

    Attributes:
        path: Where, below the folder of submissions; archives count as folders.
        data: Its bytes.
        time: When it was last changed, seconds since 1970; the archive's own time if it has none.
    """

    path: PurePosixPath
    data: bytes
    time: float


#: What looking into a folder yields: notebooks, and faults that name what was left out.
Finding = Found | KitError


class _TooMuchError(Exception):
    """There is more to read than allowed."""


@dataclass
class _Budget:
    left: int = MOST_ARCHIVE
    entries: int = MOST_ENTRIES


def look_into(place: Path) -> Iterator[Finding]:
    """Find the notebooks in a folder of submissions, or in one ZIP.

    Raises:
        KitError: The place can't be read, or is neither.
    """
    if not place.exists():
        raise KitError("grading_class.no-submissions-folder", path=place)
    if place.is_dir():
        yield from _folder(place, place)
    elif place.suffix.lower() in (".ipynb", ".zip"):
        yield from _file(place, PurePosixPath(place.name))
    else:
        raise KitError("grading_class.not-a-folder", path=place)


def _folder(folder: Path, root: Path) -> Iterator[Finding]:
    with explained(folder, reading=True):
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in entries:
        path = Path(entry.path)
        shown = PurePosixPath(path.relative_to(root).as_posix())
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        if entry.is_symlink():
            # It may lead out of the folder, to another's work or to the solutions.
            yield KitError("grading_class.is-link", path=shown)
        elif entry.is_dir(follow_symlinks=False):
            try:
                yield from _folder(path, root)
            except KitError as fault:
                yield fault
        elif entry.is_file(follow_symlinks=False):
            if path.suffix.lower() in (".ipynb", ".zip"):
                yield from _file(path, shown)
        else:
            # Reading a pipe or a device might never end.
            yield KitError("grading_class.no-plain-file", path=shown)


def _file(path: Path, shown: PurePosixPath) -> Iterator[Finding]:
    try:
        with explained(path, reading=True), path.open("rb") as file:
            time = os.fstat(file.fileno()).st_mtime
            if path.suffix.lower() == ".ipynb":
                yield _notebook(file, shown, time, MOST_NOTEBOOK)
            else:
                yield from _archive(file, shown, time, _Budget(), depth=1)
    except KitError as fault:
        yield fault


def _notebook(file: IO[bytes], shown: PurePosixPath, time: float, most: int) -> Finding:
    try:
        return Found(shown, _read(file, most), time)
    except _TooMuchError:
        return KitError("grading_class.too-large", path=shown, most=most // MIB)


def _read(file: IO[bytes], most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := file.read(_CHUNK):
        size += len(part)
        if size > most:
            raise _TooMuchError
        parts.append(part)
    return b"".join(parts)


def _archive(
    file: IO[bytes], shown: PurePosixPath, time: float, budget: _Budget, depth: int
) -> Iterator[Finding]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as fault:
        yield KitError("grading_class.bad-archive", path=shown, reason=fault)
        return
    with archive:
        for entry in archive.infolist():
            budget.entries -= 1
            if budget.entries < 0:
                yield KitError("grading_class.too-many-entries", path=shown, most=MOST_ENTRIES)
                return
            yield from _entry(archive, entry, shown, time, budget, depth)


def _entry(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    shown: PurePosixPath,
    time: float,
    budget: _Budget,
    depth: int,
) -> Iterator[Finding]:
    name = PurePosixPath(_decoded(entry))
    path = shown / str(name).lstrip("/")
    hidden = any(part in _SKIPPED or part.startswith("._") for part in name.parts)
    kind = name.suffix.lower()
    if entry.is_dir() or hidden or kind not in (".ipynb", ".zip"):
        return
    if name.is_absolute() or ".." in name.parts or "\\" in str(name) or ":" in name.parts[0]:
        yield KitError("grading_class.name-leads-out", path=str(name), archive=shown)
        return
    if stat.S_ISLNK(entry.external_attr >> 16):
        yield KitError("grading_class.is-link", path=path)
        return
    if kind == ".zip" and depth >= _DEEPEST:
        yield KitError("grading_class.too-deep", path=path)
        return
    most = min(MOST_NOTEBOOK, budget.left)
    try:
        with archive.open(entry) as file:
            data = _read(file, most)
    except _TooMuchError:
        budget.left -= most
        yield KitError("grading_class.too-large", path=path, most=most // MIB)
        return
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
        # RuntimeError: it wants a password. NotImplementedError: an unknown way of packing.
        yield KitError("grading_class.bad-entry", path=path)
        return
    budget.left -= len(data)
    when = _time(entry, time)
    if kind == ".ipynb":
        yield Found(path, data, when)
    else:
        yield from _archive(io.BytesIO(data), path, when, budget, depth + 1)


def _decoded(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; Windows in Chinese writes it in GBK without saying so."""
    says_utf8 = entry.flag_bits & 0x800
    if says_utf8 or entry.filename.isascii():
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _time(entry: zipfile.ZipInfo, otherwise: float) -> float:
    try:
        moment = datetime(*entry.date_time).timestamp()
    except (ValueError, OverflowError, OSError):
        return otherwise
    # Packs, and tools that care for equal bytes, write the first day of the format.
    return otherwise if entry.date_time[0] <= 1980 else moment
