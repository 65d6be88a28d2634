"""Telling whose a notebook is and for which exercise, from its path and from what is in it.

The text is searched, not parsed: a broken notebook is recognised as well as a whole one, and a
hostile one can't use up memory. All of it is a hint that anyone could forge; a platform's folder
name, which learners can't choose, goes before.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from kdcourse.course import course_root, sheets_called
from kdcourse.grading.roster import Learner, Roster, loosely
from kdcourse.texts import LANGUAGES

#: Moodle, "Download all submissions": full name, participant, kind of submission, as a folder or
#: as the beginning of the file's name.
_MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_[a-z]+(_|$)")
#: Canvas, "Download Submissions": squeezed name, perhaps a mark, user, submission, own name; the
#: last may end in the number of the try.
_CANVAS = re.compile(r"(?P<name>[^_]*)_(LATE_)?(?P<number>\d+)_\d+_(?P<own>.+)", re.IGNORECASE)
_TRY = re.compile(r"-(\d{1,3})$")

_KDCOURSE = re.compile(rb'(?<!\\)"kdcourse"\s*:\s*(?=\{)')
_CHECK = re.compile(rb"check\(\s*\\?[\"'](\d{1,2}\.\d{1,2}|case-[a-z0-9-]{1,40})\.q\d")
_MOST_METADATA = 20_000


@dataclass(frozen=True)
class Contents:
    """What a notebook says of itself.

    Attributes:
        kind: ``"exercise"``, ``"lesson"`` …, or nothing.
        lesson: The exercise it belongs to, or nothing.
        learner: To whom it was handed out, or nothing.
        version: Of the release it comes from, or nothing.
    """

    kind: str = ""
    lesson: str = ""
    learner: str = ""
    version: str = ""


@dataclass(frozen=True)
class Owner:
    """Whose a path says a notebook is.

    Attributes:
        id: Their id, or what stands in the path if they aren't on the roster.
        known: Whether they are on the roster.
        number: Which try it is, where the platform counts them.
    """

    id: str
    known: bool
    number: int = 0


def contents(data: bytes) -> Contents:
    """Return what a notebook says of itself, whatever state it is in."""
    about: dict[str, Any] = {}
    for place in _KDCOURSE.finditer(data):
        found = _object_at(data, place.end())
        # A cell has such a note, too; the notebook's own names a lesson.
        about = found if "lesson" in found else about
    release = about.get("release")
    release = release if isinstance(release, dict) else {}
    called = Counter(match.group(1).decode() for match in _CHECK.finditer(data))
    lesson = _text(about.get("lesson"))
    return Contents(
        kind=_text(about.get("kind")),
        lesson=lesson or (called.most_common(1)[0][0] if called else ""),
        learner=_text(release.get("learner")),
        version=_text(release.get("version")),
    )


def assignment_in(path: PurePosixPath, known: Collection[str]) -> str:
    """Return the exercise that a path names, or nothing."""
    for part in reversed(path.parts):
        match = _CANVAS.match(part)
        name = match["own"] if match else part
        for assignment in known:
            if re.search(rf"(?<![\d.]){re.escape(assignment)}(?!\d)", name):
                return assignment
    return ""


def owner(path: PurePosixPath, roster: Roster, assignments: Collection[str]) -> Owner | None:
    """Return whose a path says a notebook is; None if it doesn't.

    Tried in this order: a platform's naming, nbgrader's ``<learner>/<assignment>/``, a folder or a
    file named after someone on the roster, and, without a roster, the folder or the file at all.
    """
    parts = [*path.parts[:-1], path.stem]
    for part in parts:
        if match := _MOODLE.match(part):
            return _known(match["name"].replace("_", " "), roster)
        if match := _CANVAS.match(part):
            last = _TRY.search(PurePosixPath(match["own"]).stem)
            found = _canvas(match["name"], match["number"], roster)
            return Owner(found.id, found.known, int(last[1]) if last else 0)
    for outer, inner in zip(parts[-3::-1], parts[-2::-1], strict=False):
        if inner in assignments:
            return _known(outer, roster)
    for part in parts[::-1]:
        if learner := _mentioned(part, roster):
            return Owner(learner.id, known=True)
    return _unlisted(parts, assignments)


def _object_at(data: bytes, start: int) -> dict[str, Any]:
    text = data[start : start + _MOST_METADATA].decode("utf-8", "replace")
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    """Return a text fit to be shown and stored."""
    if not isinstance(value, str):
        return ""
    tidy = unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode("utf-8"))
    return "".join(letter for letter in tidy if letter.isprintable())[:255].strip()


def _known(written: str, roster: Roster) -> Owner:
    learner = roster.find(written)
    return Owner(learner.id, known=True) if learner else Owner(_text(written), known=False)


def _canvas(name: str, number: str, roster: Roster) -> Owner:
    learner = roster.with_canvas(number)
    return Owner(learner.id, known=True) if learner else _known(name or number, roster)


def _mentioned(part: str, roster: Roster) -> Learner | None:
    """Return the one person on the roster whose id or name stands in a part of a path."""
    words = [word for word in re.split(r"[\W_]+", unicodedata.normalize("NFC", part)) if word]
    found: dict[str, int] = {}
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 6) + 1):
            learner = roster.find("".join(words[start:end]))
            if learner:
                found[learner.id] = max(found.get(learner.id, 0), end - start)
    longest = [one for one, length in found.items() if length == max(found.values())]
    return roster.learners[longest[0]] if len(longest) == 1 else None


def _unlisted(parts: list[str], assignments: Collection[str]) -> Owner | None:
    folders = [part for part in parts[:-1] if not part.lower().endswith(".zip")]
    if folders:
        return Owner(_text(folders[-1]), known=False)
    left = _without_assignment(parts[-1], assignments)
    return Owner(_text(left), known=False) if loosely(left) else None


def _without_assignment(name: str, assignments: Collection[str]) -> str:
    """Return what is left of a file's name without the exercise's own name in it."""
    own = [_file_name(assignment) for assignment in assignments] + list(assignments)
    for known in sorted(own, key=len, reverse=True):
        if known in name:
            return name.replace(known, "").strip(" -_.()0123456789")
    return name


@cache
def _file_name(assignment: str) -> str:
    """Return the name that an exercise's notebook is handed out under."""
    folders = [course_root() / "exercises" / lang for lang in LANGUAGES]
    found = (path.stem for folder in folders for path in sheets_called(assignment, folder))
    return next(found, assignment)
