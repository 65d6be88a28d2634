"""A submission to exercise 1.1 with right answers, to be bent."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

from kdcourse.course import course_root

_REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)

MEMO = """memo = {
    "offer": "The economy product is what I would give you for boxes that nobody waits for.",
    "intelligent": "Sorting is done by machines now, so that each parcel is seen at every step.",
    "green": "Couriers ride electric vans and take used boxes back, so that less is thrown away.",
    "personal": "The courier rings before he comes, and leaves the parcel where you like.",
}"""


@cache
def _tree(tree: str, lang: str) -> str:
    path = next((course_root() / tree / lang).glob("*/1.1-*.ipynb"))
    return path.read_text(encoding="utf-8")


def solution(cell_id: str, lang: str = "en") -> str:
    """Return the code that answers a question, from the course's own solution."""
    if cell_id == "q5-answer":
        return MEMO
    cells = json.loads(_tree("solutions", lang))["cells"]
    source = next("".join(cell["source"]) for cell in cells if cell["id"] == cell_id)
    found = _REGION.search(source)
    assert found
    return found[1]


class Book:
    """The exercise with right answers in it.

    Args:
        lang: Which edition.
        solved: Whether the answers are in it.
    """

    def __init__(self, lang: str = "en", solved: bool = True) -> None:
        self.nb: dict[str, Any] = json.loads(_tree("exercises", lang))
        if solved:
            for number in range(1, 6):
                self.put(f"q{number}-answer", solution(f"q{number}-answer", lang))

    @property
    def cells(self) -> list[dict[str, Any]]:
        return list(self.nb["cells"])

    def cell(self, cell_id: str) -> dict[str, Any]:
        return next(cell for cell in self.nb["cells"] if cell["id"] == cell_id)

    def place(self, cell_id: str) -> int:
        return self.nb["cells"].index(self.cell(cell_id))

    def put(self, cell_id: str, source: str) -> Book:
        """Replace the text of a cell."""
        self.cell(cell_id)["source"] = source
        return self

    def before(self, cell_id: str, source: str, new_id: str = "new-cell") -> Book:
        """Put a new code cell before another one."""
        cell = {"cell_type": "code", "id": new_id, "metadata": {}, "source": source}
        self.nb["cells"].insert(self.place(cell_id), cell | {"outputs": []})
        return self

    def drop(self, *cell_ids: str) -> Book:
        self.nb["cells"] = [cell for cell in self.cells if cell["id"] not in cell_ids]
        return self

    def twice(self, cell_id: str) -> Book:
        """Copy a cell to the end, id and all."""
        self.nb["cells"].append(copy.deepcopy(self.cell(cell_id)))
        return self

    def raw(self) -> bytes:
        return json.dumps(self.nb).encode()


def first(source: str) -> bytes:
    """Return a notebook with ``source`` for an answer to question 1, and right answers below."""
    return Book().put("q1-answer", source).raw()


def ahead(source: str) -> bytes:
    """Return a notebook with right answers, and ``source`` in a cell above them."""
    return Book().before("q1-answer", source).raw()
