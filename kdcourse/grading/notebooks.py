"""Notebooks as hostile text: finding the cells in whatever was handed in, and nothing else.

No notebook library: what is handed in may be of any age and in any state, and all that is wanted
are the cells' codes and ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_CELLS = 10_000
#: Characters of code in all cells together.
MOST_CODE = 2_000_000


class NotANotebook(Exception):  # noqa: N818 - a fault of the file, said as a sentence
    """What was handed in can't be read; carries the key of a message."""

    def __init__(self, key: str, **fields: object) -> None:
        self.key, self.fields = key, fields
        super().__init__(key, fields)


@dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes:
        id: Its id, or nbgrader's where it has none of its own; empty if it has neither.
        grade_id: nbgrader's id, which a copy keeps; empty if there is none.
        kind: ``"code"``, ``"markdown"`` or another.
        source: Its text.
        tags: Its tags.
        graded: Whether nbgrader takes it for a check.
        answer: Whether nbgrader takes it for an answer.
    """

    id: str
    grade_id: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    graded: bool = False
    answer: bool = False

    def has(self, wanted: str) -> bool:
        """Say whether this is the cell with an id, or a copy of it."""
        return wanted in (self.id, self.grade_id)


@dataclass(frozen=True)
class Sheet:
    """What matters of a notebook.

    Attributes:
        cells: Its cells, in order.
        lesson: The lesson it says it belongs to; empty if it says nothing.
        lang: The language it says it is in; empty if it says nothing.
        language: The programming language of its kernel.
        version: Of the notebook format; 0 if it doesn't say.
    """

    cells: tuple[Cell, ...]
    lesson: str = ""
    lang: str = ""
    language: str = "python"
    version: int = 4

    def to_plain(self) -> list[Any]:
        """Return what JSON can hold, and :meth:`from_plain` reads."""
        cells = [
            [c.id, c.grade_id, c.kind, c.source, c.tags, c.graded, c.answer] for c in self.cells
        ]
        return [cells, self.lesson, self.lang, self.language, self.version]

    @classmethod
    def from_plain(cls, plain: Any) -> Sheet:
        """Return what :meth:`to_plain` was made from."""
        cells, *rest = plain
        made = [Cell(i, g, k, s, tuple(tags), graded, a) for i, g, k, s, tags, graded, a in cells]
        return cls(tuple(made), *rest)


def read(raw: bytes) -> Sheet:
    """Find the cells of a notebook.

    Raises:
        NotANotebook: There are none, or far too many.
    """
    if not raw.strip():
        raise NotANotebook("empty-file")
    try:
        book = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotANotebook("not-text") from None
    except (ValueError, RecursionError):
        raise NotANotebook("not-json") from None
    except MemoryError:
        raise NotANotebook("too-large") from None
    if not isinstance(book, dict):
        raise NotANotebook("no-notebook")
    found = _cells(book)
    if len(found) > MOST_CELLS:
        raise NotANotebook("too-many-cells", most=f"{MOST_CELLS:,}")
    cells = tuple(_cell(cell) for cell in found if isinstance(cell, dict))
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > MOST_CODE:
        raise NotANotebook("too-much-code", most=f"{MOST_CODE:,}")
    about = _dict(_dict(book.get("metadata")).get("kdcourse"))
    kernel = _dict(_dict(book.get("metadata")).get("kernelspec"))
    version = book.get("nbformat")
    return Sheet(
        cells,
        _text(about.get("lesson")),
        _text(about.get("lang")),
        (_text(kernel.get("language")) or "python").lower(),
        version if isinstance(version, int) and not isinstance(version, bool) else 0,
    )


def _cells(book: Mapping[str, Any]) -> list[Any]:
    """Return the cells of a notebook of any version; up to 3 they lie in worksheets."""
    if isinstance(book.get("cells"), list):
        return list(book["cells"])
    sheets = book.get("worksheets")
    if isinstance(sheets, list):
        held = [_dict(sheet).get("cells") for sheet in sheets]
        return [cell for cells in held if isinstance(cells, list) for cell in cells]
    raise NotANotebook("no-notebook")


def _cell(cell: Mapping[str, Any]) -> Cell:
    metadata = _dict(cell.get("metadata"))
    grading = _dict(metadata.get("nbgrader"))
    grade_id = _text(grading.get("grade_id"))
    tags = metadata.get("tags")
    return Cell(
        _text(cell.get("id")) or grade_id,
        grade_id,
        _text(cell.get("cell_type")),
        _joined(cell.get("source", cell.get("input"))),
        tuple(_text(tag) for tag in tags[:20]) if isinstance(tags, list) else (),
        grading.get("grade") is True,
        grading.get("solution") is True and grading.get("grade") is not True,
    )


def _joined(source: object) -> str:
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def code_of(cells: Iterable[Cell]) -> str:
    """Return the code of all code cells in one text."""
    return "\n".join(cell.source for cell in cells if cell.kind == "code")
