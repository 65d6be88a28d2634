"""Skeletons of notebooks and their texts: the templates of ``content/authoring``, filled in.

Whatever an author has to replace begins with :data:`MARK`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from kdcourse.authoring import syllabus
from kdcourse.authoring.notebook import Cell, Notebook
from kdcourse.authoring.trees import Place
from kdcourse.course import FIGURE_FONT
from kdcourse.texts import content, pick

#: Begins every sentence of a skeleton that is to be replaced.
MARK = "※"

#: Minutes of what the syllabus doesn't list.
MINUTES = 45

_TEMPLATES = FIGURE_FONT.parents[1] / "authoring"


@dataclass(frozen=True)
class About:
    """What the sentences of a skeleton are filled with.

    Attributes:
        kind: ``"lesson"``, ``"exercise"`` or ``"case"``.
        place: Where the notebook goes.
        lesson: What the notebook calls itself, ``"2.4"`` or ``"case-company-a"``.
        titles: Its title by language.
        objectives: Slugs of the lesson's objectives.
        concepts: What the syllabus asks of it.
    """

    kind: str
    place: Place
    lesson: str
    titles: Mapping[str, str]
    objectives: tuple[str, ...]
    concepts: list[syllabus.Concept]

    @property
    def module(self) -> str:
        """The number of the module."""
        return self.place.name.partition("-")[0]

    @property
    def minutes(self) -> int:
        """How long it takes, by the syllabus."""
        listed = f"case-{self.module}" if self.kind == "case" else self.lesson
        return syllabus.minutes(listed, MINUTES)

    def words(self, lang: str) -> dict[str, str]:
        """Return a word for every placeholder that doesn't depend on the cell."""
        folder, _, file = self.place.name.partition("/")
        return {
            "number": self.lesson,
            "stem": Path(file).stem,
            "title": self.titles[lang],
            "module": self.module,
            "numeral": "〇一二三四五六七八九"[int(self.module)],
            "module_name": pick(syllabus.modules()[self.module][1], lang),
            "minutes": str(self.minutes),
            "folder": folder,
            "file": file,
            "lang": lang,
        }


def edition(about: About, lang: str) -> Notebook:
    """Return the notebook of a skeleton in one language, never run."""
    own = {
        "kind": about.kind,
        "lesson": about.lesson,
        "lang": lang,
        "minutes": about.minutes,
        "concepts": [concept.id for concept in about.concepts],
    }
    return {"cells": list(_cells(about, lang)), "metadata": {"kdcourse": own}}


def _cells(about: About, lang: str) -> Iterator[Cell]:
    skeleton = content(f"authoring/{about.kind}")
    words = about.words(lang)
    for list_name, bullet in (("bullets", "bullet"), ("recaps", "recap")):
        if bullet in skeleton:
            each = Template(f"- {pick(skeleton[bullet], lang)}")
            words[list_name] = "".join(each.substitute(objective=o) for o in about.objectives)
    number = {"practises": 0, "asks": -1}
    for entry in skeleton["cells"]:
        if entry.get("for_each") == "concepts":
            for concept in about.concepts:
                told = words | _told(concept, skeleton["parts"], lang)
                yield _cell(entry, told, lang, ())
            continue
        linked: list[str] = []
        if entry.get("practises"):
            linked = _dealt(about.objectives, number["practises"], _count(skeleton, "practises"))
            number["practises"] += 1
        elif entry.get("asks"):
            number["asks"] += "question" in entry["tags"]
            linked = _dealt(about.objectives, number["asks"], _count(skeleton, "asks") // 2)
        cell = _cell(entry, words, lang, linked)
        if entry.get("lists_objectives"):
            cell["metadata"]["kdcourse"] = {"objectives": list(about.objectives)}
        yield cell


def _cell(
    entry: Mapping[str, Any], words: Mapping[str, str], lang: str, objectives: Sequence[str]
) -> Cell:
    def fill(text: str) -> str:
        return Template(text).substitute(words).strip("\n")

    roles = [fill(tag) for tag in entry.get("tags", ())]
    cell: Cell = {
        "id": fill(entry["id"]),
        "metadata": {"tags": [*roles, *(f"objective:{slug}" for slug in objectives)]},
    }
    if "code" not in entry:
        return {**cell, "cell_type": "markdown", "source": fill(entry[lang])}
    if marks := _nbgrader(cell["id"], roles, entry.get("points")):
        cell["metadata"]["nbgrader"] = marks
    return {**cell, "cell_type": "code", "source": fill(entry["code"]), "outputs": []}


def _nbgrader(cell_id: str, roles: Sequence[str], points: int | None) -> dict[str, Any]:
    """Return what nbgrader wants to know of an answer or a check; nothing for other cells."""
    if not {"answer", "check"} & set(roles):
        return {}
    graded = "check" in roles
    marks: dict[str, Any] = {"cell_type": "code", "grade_id": cell_id, "schema_version": 3}
    marks |= {"grade": graded, "locked": graded, "solution": not graded, "task": False}
    return marks | ({"points": points} if graded else {})


def _told(concept: syllabus.Concept, text: Mapping[str, str], lang: str) -> dict[str, str]:
    listed = (", " if lang == "en" else "、").join(concept.parts)
    return {
        "slug": concept.id.lower().replace(".", "-"),
        "concept": concept.id,
        "name": concept.names[lang],
        "modes": " + ".join(concept.modes),
        "parts": Template(pick(text, lang)).substitute(list=listed) if listed else "",
    }


def _dealt(objectives: Sequence[str], number: int, places_for_them: int) -> list[str]:
    """Deal objectives out like cards: every place gets one, every objective gets a place."""
    dealt = list(objectives[number::places_for_them])
    return dealt or [objectives[number % len(objectives)]]


def _count(skeleton: Mapping[str, Any], key: str) -> int:
    return sum(bool(entry.get(key)) for entry in skeleton["cells"])


def question_cells(about: About, lang: str, number: int) -> list[Cell]:
    """Return the cells of the sample question, as question ``number`` of an exercise."""
    cells = []
    for entry in content("authoring/exercise")["cells"]:
        if entry["id"].partition("-")[0] == "q1":
            linked = about.objectives[:1] if entry.get("asks") else ()
            cell = _cell(entry, about.words(lang), lang, linked)
            cell["id"] = f"q{number}{cell['id'].removeprefix('q1')}"
            cell["source"] = (
                cell["source"].replace("## 1.", f"## {number}.").replace(".q1", f".q{number}")
            )
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"]["grade_id"] = cell["id"]
            cells.append(cell)
    return cells


def question_words(about: About, number: int) -> str:
    """Return the hints and messages of the sample question, as those of question ``number``."""
    own = filled("words.toml", about.words("en"))
    sample = own[own.index("[q1.") : own.index("[q2.")].rstrip()
    return f"\n{sample}\n".replace("[q1.", f"[q{number}.")


def filled(file: str, words: Mapping[str, str]) -> str:
    """Return a file of ``content/authoring`` with its placeholders filled."""
    return Template((_TEMPLATES / file).read_text(encoding="utf-8")).substitute(words)


def unfinished(cell: Cell) -> bool:
    """Say whether a cell still holds a sentence of its skeleton."""
    return MARK in cell["source"]
