"""What stands in a folder that is to be built: earlier builds, remains of one, others' files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from kdcourse.texts import LANGUAGES, KitError
from kdcourse.world.declarations import tables
from kdcourse.world.exports import SUFFIXES
from kdcourse.world.files import CHECKSUMS, checksum

#: Ends the name of what is not finished.
PART = ".part"

#: Holds what processes hand to each other; gone when a build is done.
PASSING = "passing" + PART

#: Page of the dictionary -> its language.
PAGES = {f"dictionary.{lang}.md": lang for lang in LANGUAGES}


def part_of(path: Path) -> Path:
    """Return where a file grows until it is whole."""
    return path.with_name(path.name + PART)


def unfinished(folder: Path) -> list[Path]:
    """Return the files in ``folder`` that a build, here or of another process, hasn't finished."""
    return sorted(path for path in folder.rglob(f"*{PART}") if _is_ours(path, folder))


def _is_ours(part: Path, folder: Path) -> bool:
    path = part.relative_to(folder).as_posix().removesuffix(PART)
    known = {declared.path.with_suffix("").as_posix() for declared in tables().values()}
    plain = PurePosixPath(path).with_suffix("").as_posix()
    return plain in known or path in {CHECKSUMS, *PAGES, "passing"}


class Earlier(NamedTuple):
    """What builds before have left: whole tables, and some of a build that was interrupted."""

    tables: set[Path]
    remains: set[Path]


def earlier_builds(folder: Path, suffix: str, force: bool) -> Earlier:
    """Look at what stands in ``folder``.

    Raises:
        KitError: There is an earlier build and nobody said to replace it, or a file stands in the
            way that no build has made.
    """
    if folder.exists() and not folder.is_dir():
        raise KitError("data.not-a-folder", path=folder)
    whole = _sums(folder / CHECKSUMS)
    begun = _sums(part_of(folder / CHECKSUMS))
    wanted = {declared.path.with_suffix(f".{suffix}").as_posix() for declared in tables().values()}
    found, foreign = Earlier(set(), set()), []
    for path in sorted({*wanted, *whole, *begun}):
        if not (folder / path).exists():
            continue
        is_sum = checksum(folder / path)
        if is_sum == whole.get(path):
            found.tables.add(folder / path)
        elif is_sum == begun.get(path):
            found.remains.add(folder / path)
        else:
            foreign.append(folder / path)
    if not whole and not begun:
        foreign += [folder / page for page in PAGES if (folder / page).exists()]
    if foreign:
        raise KitError("data.foreign-files", paths=_listed(foreign))
    if whole and not force:
        raise KitError("data.built-before", path=folder)
    return found


def _sums(path: Path) -> dict[str, str]:
    """Return what is stored, as far as it is there and can be trusted to name only our tables."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    kinds = [f".{suffix}" for suffix in SUFFIXES]
    ours = {t.path.with_suffix(kind).as_posix() for t in tables().values() for kind in kinds}
    return {path: sums for path, sums in stored.items() if path in ours}


def _listed(paths: list[Path]) -> str:
    shown = ", ".join(map(str, paths[:3]))
    return shown if len(paths) <= 3 else f"{shown} …"


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
