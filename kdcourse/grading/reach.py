"""What a learner's process may read: Python, its libraries and this kit, without any answer.

The checks of an exercise hold right answers as expressions; their texts hold model answers; the
solutions say so themselves. None of these is readable, nor is any other file of this machine.
"""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import kdcourse.texts
from kdcourse.course import course_root

_SYSTEM = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/dev/null",
    "/dev/urandom",
    "/dev/zero",
)


@dataclass(frozen=True)
class Reach:
    """Where a learner's process may look.

    Attributes:
        roots: Folders and files that may be read, all below them included.
        others: Further paths under which Python knows some of these (symbolic links).
        secret: Folders and files below these that may not.
    """

    roots: tuple[Path, ...]
    others: tuple[Path, ...]
    secret: tuple[Path, ...]

    @cached_property
    def whole(self) -> tuple[list[Path], list[Path]]:
        """The same without exceptions: what may be read whole, and what may only be listed."""
        readable: list[Path] = []
        listable: list[Path] = []
        for root in self.roots:
            for path, whole in _without(root, self.secret):
                (readable if whole else listable).append(path)
        return readable, listable


@cache
def reach() -> Reach:
    """Return what may be read on this machine."""
    kit = Path(kdcourse.texts.__file__).resolve().parent
    course = course_root().resolve()
    folders = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += [f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix)]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    found = [Path(path) for path in (*folders, *_SYSTEM) if Path(path).exists()]
    inside = [path.resolve() for path in found]
    roots = _outermost([*inside, kit, *course.glob("notebooks")])
    others = _outermost([path for path in found if path.resolve() != path])
    secret = [
        kit / "checks" / "exercises",
        kit / "checks" / "__pycache__",  # it may hold what lay there before
        kit / "content" / "exercises",
        *(course / name for name in ("solutions", "datasets", "exercises")),
    ]
    return Reach(tuple(roots), tuple(others), tuple(secret))


def _outermost(paths: list[Path]) -> list[Path]:
    """Return the paths that don't lie below another one, each once."""
    return [path for path in sorted(set(paths)) if not any(o in path.parents for o in paths)]


def _without(root: Path, secret: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """Yield ``root``, or where something below it is secret, its parts; and whether all is open."""
    if root in secret:
        return
    if not any(root in path.parents for path in secret):
        yield root, True
        return
    yield root, False
    for inner in sorted(root.iterdir()):
        yield from _without(inner, secret)
