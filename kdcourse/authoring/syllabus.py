"""What the course has to teach, as listed in ``content/syllabus.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from kdcourse.texts import content, pick

#: Ways of teaching, from the weakest to the strongest: reading; answering a quiz; writing an
#: answer, or taking a decision; analysing data, or living with the consequences in a simulation.
STRENGTH = {"READ": 0, "QUIZ": 1, "WR": 2, "DEC": 2, "DA": 3, "SIM": 3}

MODES = tuple(STRENGTH)

#: What is listed beside the concepts, by the first letter of its id.
TOPICS = {"S": "systems", "N": "numbers", "A": "ambiguities"}


@dataclass(frozen=True)
class Concept:
    """One concept of the syllabus.

    Attributes:
        id: ``"T-1.02"``; the digit after the hyphen is the module.
        lesson: The lesson or case that teaches it, ``"1.1"`` or ``"case-1"``.
        modes: How it is to be taught; all of them.
        names: Its name by language.
        parts: What belongs to it, in Chinese.
    """

    id: str
    lesson: str
    modes: tuple[str, ...]
    names: dict[str, str]
    parts: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The number of the module, ``"1"``."""
        return self.id[2]

    @property
    def name(self) -> str:
        """The name in the language spoken now."""
        return pick(self.names)


@cache
def concepts() -> tuple[Concept, ...]:
    """Return all concepts, in the order of the syllabus."""
    return tuple(
        Concept(
            id=name,
            lesson=entry["lesson"],
            modes=tuple(entry["modes"]),
            names={lang: entry[lang] for lang in ("en", "zh-CN")},
            parts=tuple(entry.get("parts", ())),
        )
        for name, entry in content("syllabus")["concepts"].items()
    )


def of_lesson(lesson: str) -> list[Concept]:
    """Return the concepts of a lesson (``"1.1"``) or case (``"case-1"``)."""
    return [concept for concept in concepts() if concept.lesson == lesson]


def minutes(lesson: str, default: int) -> int:
    """Return how long the syllabus gives a lesson or case."""
    return int(content("syllabus")["lessons"].get(lesson, {}).get("minutes", default))


def modules() -> dict[str, tuple[str, dict[str, str]]]:
    """Return each module's folder and names by its number: ``{"1": ("1-industry", {...})}``."""
    listed: dict[str, dict[str, str]] = content("course")["modules"]
    return {folder.partition("-")[0]: (folder, names) for folder, names in listed.items()}


def topics(letter: str) -> dict[str, dict[str, Any]]:
    """Return the systems (``"S"``), numbers (``"N"``) or ambiguities (``"A"``) by id."""
    found: dict[str, dict[str, Any]] = content("syllabus")[TOPICS[letter]]
    return found
