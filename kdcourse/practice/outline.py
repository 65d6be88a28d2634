"""What the course consists of: its modules, and the notebooks there are, as they name themselves.

A lesson's title and minutes stand in its notebook and nowhere else; ``content/course.toml`` only
names the modules, among them those to come.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from kdcourse.course import course_root
from kdcourse.practice.doing import Doing, doings
from kdcourse.texts import content, pick


@dataclass(frozen=True)
class Sheet:
    """A notebook that a learner works through.

    Attributes:
        kind: ``"lesson"``, ``"exercise"`` or ``"case"``.
        name: The lesson's number, ``"1.1"``, or the notebook's name where it has none.
        title: Its first heading.
        minutes: How long it takes; None if it doesn't say.
        path: Below the course's (or the workspace's) root, with slashes.
        doings: The role plays and simulations of a lesson or a case.
    """

    kind: str
    name: str
    title: str
    minutes: int | None
    path: str
    doings: tuple[Doing, ...] = ()


@dataclass(frozen=True)
class Module:
    """A module of the course.

    Attributes:
        number: From 1.
        title: In the language asked for.
        sheets: Each lesson, followed by its exercise, then the cases; empty in a module to come.
    """

    number: int
    title: str
    sheets: list[Sheet] = field(default_factory=list)


def outline(lang: str) -> list[Module]:
    """Return the modules of the course in order, with what there is in each in ``lang``."""
    root = course_root()
    return [
        Module(number, pick(names, lang), _sheets(root, lang, folder))
        for number, (folder, names) in enumerate(content("course")["modules"].items(), start=1)
    ]


def name_of(stem: str) -> str:
    """Return what a notebook is called in ``lesson()``: ``1.1`` of ``1.1-parcel-market``."""
    number = stem.partition("-")[0]
    return number if "." in number else stem


def _sheets(root: Path, lang: str, folder: str) -> list[Sheet]:
    paths = sorted((root / "notebooks" / lang / folder).glob("*.ipynb"), key=_place)
    return [
        _sheet(root, path, kind)
        for lesson in paths
        for path, kind in (
            (lesson, "lesson" if _numbered(lesson) else "case"),
            (root / "exercises" / lang / folder / lesson.name, "exercise"),
        )
        if path.is_file()
    ]


def _numbered(path: Path) -> bool:
    return "." in name_of(path.stem)


def _place(path: Path) -> tuple[bool, list[int], str]:
    """Sort lessons by number, 1.2 before 1.10, and cases after them."""
    numbers = [int(digits) for digits in re.findall(r"\d+", name_of(path.stem))]
    return not _numbered(path), numbers, path.stem


def _sheet(root: Path, path: Path, kind: str) -> Sheet:
    notebook = json.loads(path.read_bytes())
    headings = (
        line.removeprefix("# ").strip()
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
        if line.startswith("# ")
    )
    return Sheet(
        kind=kind,
        name=name_of(path.stem),
        title=next(headings, path.stem),
        minutes=notebook["metadata"].get("kdcourse", {}).get("minutes"),
        path=path.relative_to(root).as_posix(),
        # What an exercise shows, its questions ask for.
        doings=() if kind == "exercise" else doings(notebook["cells"]),
    )
