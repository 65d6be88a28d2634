"""What of the syllabus the course teaches, how, and in which cells.

A cell says by its tags what it is about. ``T-1.04`` is a concept; how it is taught follows from
the cell: text is READ, worked code DA, a call of ``play`` SIM, a quiz QUIZ, an answer WR if the
question has a rubric and DA otherwise. ``T-1.04/DEC`` names a mode that can't be seen, ``T-1.04/2``
the second part of the concept where its words don't occur; ``S-05``, ``N-03`` and ``A-01`` are
systems, numbers and ambiguities. A quiz's item names its concepts: ``concepts = ["T-1.01"]``.

Sentences of a skeleton count for nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdcourse.authoring.derive import is_answer, is_check
from kdcourse.authoring.lint.code import calls
from kdcourse.authoring.notebook import Cell, Notebook, facts, read, tags
from kdcourse.authoring.skeleton import MARK, unfinished
from kdcourse.authoring.syllabus import MODES, STRENGTH, TOPICS, Concept, concepts, topics
from kdcourse.authoring.trees import places
from kdcourse.texts import LANGUAGES, read_toml

_TAG = re.compile(r"(T-\d+\.\d{2})(?:/(\w+))?")
_TOPIC = re.compile(r"[SNA]-\d{2}")
_PIECES = re.compile(r"[：/、→+（）]")

#: These speak of a concept without teaching it.
_SILENT = {"question", "check", "instructor", "setup", "objectives"}


@dataclass
class Taught:
    """How one concept is taught: the cells of each mode, and the parts that occur.

    Cells are written ``1.1:growth-table``; an item of a quiz ``quizzes/1.1:cr8``.
    """

    concept: Concept
    cells: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    parts: set[str] = field(default_factory=set)

    @property
    def modes(self) -> list[str]:
        """The modes it is taught in, from the weakest."""
        return [mode for mode in MODES if mode in self.cells]

    @property
    def lacking_modes(self) -> list[str]:
        """The modes that are asked for and not there."""
        return lacking(self.concept.modes, self.modes)

    @property
    def lacking_parts(self) -> list[str]:
        """The parts that occur nowhere."""
        return [part for part in self.concept.parts if part not in self.parts]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.lacking_modes and not self.lacking_parts


@dataclass
class Coverage:
    """What the course covers.

    Attributes:
        concepts: By id, every one of the syllabus.
        topics: Cells by the id of a system, number or ambiguity; only those that occur.
        unknown: Cell and tag where a tag names nothing in the syllabus.
    """

    concepts: dict[str, Taught]
    topics: dict[str, list[str]]
    unknown: list[tuple[str, str]]


def lacking(asked: Iterable[str], taught: Iterable[str]) -> list[str]:
    """Return the modes that are asked for and not met, the strongest first.

    A stronger mode may stand in for a weaker one that is asked, but each mode counts once:
    analysing data meets DA *or* stands in for QUIZ; where both are asked, two things are done.
    """
    asked = set(asked)
    spare = set(taught) - asked
    open_ = []
    for mode in sorted(asked - set(taught), key=lambda mode: (-STRENGTH[mode], mode)):
        stronger = [other for other in spare if STRENGTH[other] > STRENGTH[mode]]
        if stronger:
            spare.remove(min(stronger, key=lambda other: (STRENGTH[other], other)))
        else:
            open_.append(mode)
    return open_


def coverage(root: Path) -> Coverage:
    """Read every lesson, case and solution, and say what of the syllabus they cover.

    Args:
        root: The course's root.
    """
    found = Coverage({c.id: Taught(c) for c in concepts()}, {}, [])
    words: dict[str, list[str]] = defaultdict(list)
    for place in places(root):
        for lang in LANGUAGES:
            path = place.path(root, lang)
            if path.exists():
                _read_notebook(root, read(path), found, words)
    for path in sorted((root / "kdcourse" / "content" / "quizzes").glob("*.toml")):
        _read_quiz(path, found, words)
    for name, taught in found.concepts.items():
        text = _tight(" ".join(words[name]))
        taught.parts |= {part for part in taught.concept.parts if occurs(part, text)}
    return found


def occurs(part: str, text: str) -> bool:
    """Say whether a part is named in ``text``: all of it, or each of the things it lists."""
    pieces = [_tight(piece) for piece in _PIECES.split(part) if piece.strip()]
    text = _tight(text)
    return _within(_tight(part), text) or all(_within(piece, text) for piece in pieces)


def plain(found: Coverage) -> dict[str, Any]:
    """Return the coverage as plain data for scripts."""
    return {
        "concepts": {
            name: {
                "lesson": taught.concept.lesson,
                "names": taught.concept.names,
                "asked": list(taught.concept.modes),
                "taught": {mode: taught.cells[mode] for mode in taught.modes},
                "lacking_modes": taught.lacking_modes,
                "parts": sorted(taught.parts),
                "lacking_parts": taught.lacking_parts,
                "complete": taught.complete,
            }
            for name, taught in found.concepts.items()
        },
        **{
            kind: {name: found.topics.get(name, []) for name in topics(letter)}
            for letter, kind in TOPICS.items()
        },
        "unknown": [{"cell": cell, "tag": tag} for cell, tag in found.unknown],
    }


def _read_notebook(root: Path, nb: Notebook, found: Coverage, words: dict[str, list[str]]) -> None:
    lesson = facts(nb).get("lesson")
    rubrics = _with_rubric(root, str(lesson))
    for number, cell in enumerate(nb["cells"]):
        if unfinished(cell):
            continue
        label = f"{lesson}:{cell['id']}"
        mode = _mode(cell, _checked(nb["cells"][number:]), rubrics)
        for tag in tags(cell):
            if _TOPIC.fullmatch(tag):
                _note_topic(tag, label, found)
            elif match := _TAG.fullmatch(tag):
                _note(match[1], match[2], mode, label, found)
                words[match[1]].append(_said(cell))


def _read_quiz(path: Path, found: Coverage, words: dict[str, list[str]]) -> None:
    for item in read_toml(path).get("items", []):
        text = str(item)
        if MARK not in text:
            for concept in item.get("concepts", ()):
                label = f"quizzes/{path.stem}:{item.get('id')}"
                _note(concept, None, "QUIZ", label, found)
                words[concept].append(text)


def _note(name: str, detail: str | None, mode: str, label: str, found: Coverage) -> None:
    taught = found.concepts.get(name)
    parts = taught.concept.parts if taught else ()
    if taught is None or not _known(detail, parts):
        unknown = (label, f"{name}/{detail}" if detail else name)
        if unknown not in found.unknown:
            found.unknown.append(unknown)
    elif detail and detail.isdigit():
        taught.parts.add(parts[int(detail) - 1])
    elif (mode := detail or mode) and label not in taught.cells[mode]:
        taught.cells[mode].append(label)


def _known(detail: str | None, parts: Sequence[str]) -> bool:
    if detail and detail.isdigit():
        return 1 <= int(detail) <= len(parts)
    return detail is None or detail in MODES


def _note_topic(tag: str, label: str, found: Coverage) -> None:
    if tag not in topics(tag[0]):
        if (label, tag) not in found.unknown:
            found.unknown.append((label, tag))
    elif label not in found.topics.setdefault(tag, []):
        found.topics[tag].append(label)


def _mode(cell: Cell, checked: str, rubrics: set[str]) -> str:
    """Return how a cell teaches, empty if it doesn't."""
    roles = set(tags(cell))
    if roles & _SILENT:
        return ""
    if cell["cell_type"] == "markdown":
        return "READ"
    if "quiz" in roles:
        return "QUIZ"
    if is_answer(cell):
        return "WR" if checked in rubrics else "DA"
    return "SIM" if calls(cell, "play") else "DA"


def _checked(cells: Sequence[Cell]) -> str:
    """Return the question that the first check in ``cells`` is about, ``"q5"``."""
    check = next((cell for cell in cells if is_check(cell)), None)
    name = re.search(r"\.(q\d+)[\"']", check["source"]) if check else None
    return name[1] if name else ""


def _with_rubric(root: Path, lesson: str) -> set[str]:
    path = root / "kdcourse" / "content" / "exercises" / f"{lesson}.toml"
    if not path.exists():
        return set()
    texts = read_toml(path)
    return {name for name, words in texts.items() if "rubric" in words}


def _said(cell: Cell) -> str:
    return " ".join([cell["source"], *_outputs(cell)])


def _outputs(cell: Cell) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        yield output.get("text") or output.get("data", {}).get("text/plain", "")


def _within(piece: str, text: str) -> bool:
    # "A" of "ABC" is a part, but not every letter A names it.
    return bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(piece)}(?![A-Za-z0-9])", text))


def _tight(text: str) -> str:
    return "".join(text.split())
