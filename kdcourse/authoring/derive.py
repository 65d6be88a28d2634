"""The exercise as a function of its solution: the same as ``nbgrader generate_assignment`` makes.

The rules are nbgrader's (0.9: LockCells, ClearSolutions, ClearOutput, ComputeChecksums), restated
here so that a learner's installation does without it; a test holds the two side by side.
"""

from __future__ import annotations

import copy
import hashlib
import re

from kdcourse.authoring.notebook import Cell, Notebook, tags
from kdcourse.texts import KitError

#: Stands where the learner writes; the same in both editions, for code doesn't differ.
STUB = "# your code here / 在这里写代码"

#: Cells that a learner doesn't get: notes for instructors, and what there is to learn from the
#: solution, which would give it away.
SOLUTION_ONLY = frozenset({"instructor", "moral"})

_BEGIN, _END = "BEGIN SOLUTION", "END SOLUTION"


def derive(solution: Notebook, label: str) -> Notebook:
    """Return the exercise as handed out, without outputs.

    Args:
        solution: A notebook in nbgrader's source format.
        label: Names the solution in a fault.

    Raises:
        KitError: A solution region is not closed, opened twice, or outside an answer cell.
    """
    exercise = copy.deepcopy(solution)
    exercise["cells"] = [c for c in exercise["cells"] if not SOLUTION_ONLY & set(tags(c))]
    for cell in exercise["cells"]:
        _lock(cell)
        _clear(cell, label)
        _sign(cell)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return exercise


def without_solution(source: str, stub: str = STUB) -> str | None:
    """Return ``source`` with ``stub`` in place of each solution region; None if it has none.

    Raises:
        ValueError: A region is opened twice or not closed.
    """
    lines: list[str] = []
    inside = found = False
    for line in source.split("\n"):
        if _BEGIN in line:
            if inside:
                raise ValueError(line)
            inside = found = True
            indent = re.match(r"\s*", line)
            lines.append((indent.group() if indent else "") + stub)
        elif _END in line:
            inside = False
        elif not inside:
            lines.append(line)
    if inside:
        raise ValueError(source)
    return "\n".join(lines) if found else None


def handed_out(cell: Cell) -> str:
    """Return what the learner sees of a cell; all of it if its regions are not in order."""
    try:
        cleared = without_solution(cell["source"])
    except ValueError:
        cleared = None
    return str(cell["source"]) if cleared is None else cleared


def is_answer(cell: Cell) -> bool:
    """Say whether the learner writes this cell."""
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def is_check(cell: Cell) -> bool:
    """Say whether this cell gives points."""
    return bool(cell["metadata"].get("nbgrader", {}).get("grade"))


def _is_locked(cell: Cell) -> bool:
    mark = cell["metadata"].get("nbgrader", {})
    return not is_answer(cell) and (is_check(cell) or bool(mark.get("locked")))


def _lock(cell: Cell) -> None:
    if is_answer(cell):
        cell["metadata"]["deletable"] = False
    elif _is_locked(cell):
        cell["metadata"]["deletable"] = False
        cell["metadata"]["editable"] = False


def _clear(cell: Cell, label: str) -> None:
    try:
        cleared = without_solution(cell["source"])
    except ValueError as error:
        raise KitError("author.open-region", notebook=label, cell=cell["id"]) from error
    if cleared is not None and not is_answer(cell):
        raise KitError("author.region-elsewhere", notebook=label, cell=cell["id"])
    if is_answer(cell):
        cell["source"] = STUB if cleared is None else cleared


def _sign(cell: Cell) -> None:
    if not (is_answer(cell) or _is_locked(cell)):
        return
    mark = cell["metadata"]["nbgrader"]
    signed = [
        cell["source"],
        cell["cell_type"],
        *(str(fact) for fact in (is_check(cell), is_answer(cell), _is_locked(cell))),
        mark["grade_id"],
    ]
    if is_check(cell):
        signed.append(str(float(mark["points"])))
    mark["checksum"] = hashlib.md5("".join(signed).encode("utf-8")).hexdigest()
    mark["cell_type"] = cell["cell_type"]
