"""What a rule is: a name, the notebooks it holds for, and a function that yields what breaks it.

The sentences stand in ``content/messages/lint.toml``: ``rule-<name>`` says what is asked,
``why-<name>`` the reason, and every other table is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kdcourse.authoring.notebook import Cell, Notebook, facts, read, tags
from kdcourse.authoring.trees import Place
from kdcourse.texts import say

KINDS = ("lesson", "exercise", "case", "start")


@dataclass(frozen=True)
class Finding:
    """One breach: which sentence, about which cell or entry (empty: the whole file)."""

    key: str
    cell: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return say(f"lint.{self.key}", **self.fields)


def found(key: str, cell: Cell | None = None, **fields: object) -> Finding:
    """Make a finding about a cell, or about the notebook as a whole."""
    return Finding(key, cell["id"] if cell else "", dict(fields))


@dataclass(frozen=True)
class Subject:
    """A notebook under inspection, and where to look for what belongs to it.

    Attributes:
        root: The course's root.
        content: The folder ``kdcourse/content``, for hints and quizzes.
        place: Which notebook; its tree is ``"notebooks"`` or ``"solutions"``.
        lang: Which edition.
        nb: The notebook itself.
    """

    root: Path
    content: Path
    place: Place
    lang: str
    nb: Notebook

    @property
    def path(self) -> Path:
        """Where the notebook stands."""
        return self.place.path(self.root, self.lang)

    @property
    def cells(self) -> list[Cell]:
        """All cells, in order."""
        return list(self.nb["cells"])

    @property
    def prose_cells(self) -> list[Cell]:
        """The Markdown cells, in order."""
        return [cell for cell in self.cells if cell["cell_type"] == "markdown"]

    @property
    def facts(self) -> dict[str, Any]:
        """The notebook's ``metadata.kdcourse``."""
        return facts(self.nb)

    def tagged(self, tag: str) -> list[Cell]:
        """Return the cells with a tag, in order."""
        return [cell for cell in self.cells if tag in tags(cell)]

    @property
    def objectives(self) -> list[str]:
        """The objectives' slugs, as the lesson's ``objectives`` cell lists them."""
        cells = self.tagged("objectives")
        return list(facts(cells[0]).get("objectives", [])) if cells else []

    @cached_property
    def partner(self) -> Subject | None:
        """The lesson of an exercise, the exercise of a lesson, if there is one."""
        other = "solutions" if self.place.tree == "notebooks" else "notebooks"
        place = Place(other, self.place.name)
        path = place.path(self.root, self.lang)
        if not path.exists():
            return None
        return Subject(self.root, self.content, place, self.lang, read(path))


@dataclass(frozen=True)
class Rule:
    """A house rule for notebooks of some kinds."""

    name: str
    kinds: tuple[str, ...]
    findings: Callable[[Subject], Iterator[Finding]]


RULES: dict[str, Rule] = {}

_Function = Callable[[Subject], Iterator[Finding]]


def rule(name: str, *kinds: str) -> Callable[[_Function], _Function]:
    """Make a function a rule for notebooks of ``kinds`` (none: of every kind)."""

    def register(function: _Function) -> _Function:
        RULES[name] = Rule(name, kinds or KINDS, function)
        return function

    return register
