"""Results in a gradebook of nbgrader's, through its own API, so that its formgrader shows them.

What formgrader opens is the exercise as handed out with the learner's code in it, without outputs:
what learners' notebooks would put into the instructor's browser stays outside.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from kdcourse.grading.gradebook import Gradebook
from kdcourse.grading.packs import Exercise
from kdcourse.grading.places import as_json, explained, put
from kdcourse.grading.release import find_exercises
from kdcourse.grading.roster import Learner, Roster, safe_name
from kdcourse.grading.standing import Line, Standing, by_assignment
from kdcourse.texts import KitError

FILE = "gradebook.db"


def write_nbgrader(course: Path, gradebook: Gradebook, every: Sequence[Standing]) -> int:
    """Write results and marks into ``course/gradebook.db``, and ``course/autograded`` beside it.

    Args:
        course: A course folder of nbgrader's; its gradebook is made if there is none.
        gradebook: Of the class.
        every: Where the learners stand.

    Returns:
        How many submissions were written.

    Raises:
        KitError: nbgrader isn't installed here, or the folder can't be written to.
    """
    try:
        # By name: type checkers can't do without what is installed here or there.
        nbgrader: Any = import_module("nbgrader.api")
    except ImportError:
        raise KitError("grading_class.no-nbgrader") from None
    with explained(course):
        course.mkdir(parents=True, exist_ok=True)
    roster = gradebook.roster()
    with _own_programs(), nbgrader.Gradebook(f"sqlite:///{course / FILE}") as theirs:
        for name, class_ in by_assignment(every).items():
            (exercise,) = find_exercises([name])
            _declare(theirs, exercise, class_[0].lines)
            for standing in class_:
                _enter(theirs, exercise, standing, roster)
                data = gradebook.notebook(standing.learner, name)[1]
                who = safe_name(standing.learner)
                put(
                    course / "autograded" / who / name / exercise.name,
                    shown(exercise, standing, data),
                )
    return len(every)


@contextmanager
def _own_programs() -> Iterator[None]:
    """Let nbgrader find alembic, which it calls by name, though its environment isn't activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def shown(exercise: Exercise, standing: Standing, handed_in: bytes) -> bytes:
    """Return the exercise with the learner's code in it, and our words below the checks."""
    notebook = json.loads(exercise.notebooks[standing.result.lang])
    typed = _code(handed_in)
    said = {_check_cell(line): line.result.message for line in standing.lines}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["outputs"] = []
        mark = cell["metadata"].get("nbgrader", {})
        if mark.get("solution") and cell["id"] in typed:
            cell["source"] = typed[cell["id"]].splitlines(keepends=True)
        if text := said.get(cell["id"]):
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": text}]
    known = {cell["id"] for cell in notebook["cells"]}
    notebook["cells"] += [
        _own_cell(name, code) for name, code in typed.items() if name not in known
    ]
    return as_json(notebook)


def _declare(theirs: Any, exercise: Exercise, lines: Iterable[Line]) -> None:
    """Make the assignment with its cells known, as ``nbgrader generate_assignment`` would."""
    name, notebook = exercise.assignment, Path(exercise.name).stem
    theirs.update_or_create_assignment(name)
    theirs.update_or_create_notebook(notebook, name)
    for line in lines:
        most = line.result.max_points
        theirs.update_or_create_grade_cell(
            _check_cell(line), notebook, name, max_score=most, cell_type="code"
        )
        theirs.update_or_create_solution_cell(_answer_cell(line), notebook, name)
    for cell in json.loads(exercise.notebooks["en"])["cells"]:
        if mark := cell["metadata"].get("nbgrader"):
            theirs.update_or_create_source_cell(
                mark["grade_id"],
                notebook,
                name,
                source="".join(cell["source"]),
                cell_type=cell["cell_type"],
                locked=mark["locked"],
                checksum=mark.get("checksum"),
            )


def _enter(theirs: Any, exercise: Exercise, standing: Standing, roster: Roster) -> None:
    who = safe_name(standing.learner)
    theirs.update_or_create_student(who, **_person(roster.learners.get(standing.learner)))
    name, notebook = exercise.assignment, Path(exercise.name).stem
    theirs.update_or_create_submission(name, who)
    for line in standing.lines:
        grade = theirs.find_grade(_check_cell(line), notebook, name, who)
        grade.auto_score = line.result.points
        grade.manual_score = line.mark.points if line.mark else None
        grade.needs_manual_grade = line.awaits
        comment = theirs.find_comment(_answer_cell(line), notebook, name, who)
        comment.auto_comment = line.result.message
        if line.mark and line.mark.comment:
            comment.manual_comment = line.mark.comment
    theirs.db.commit()


def _person(learner: Learner | None) -> dict[str, str]:
    if learner is None:
        return {}
    first, _, last = learner.name.rpartition(" ")
    return {"first_name": first, "last_name": last, "email": learner.email}


def _check_cell(line: Line) -> str:
    return f"{line.result.question.rpartition('.')[2]}-check"


def _answer_cell(line: Line) -> str:
    return f"{line.result.question.rpartition('.')[2]}-answer"


def _code(handed_in: bytes) -> dict[str, str]:
    """Return the code cells of a notebook by id; nothing if it can't be read."""
    try:
        cells = json.loads(handed_in.decode("utf-8-sig"))["cells"]
        return {
            str(cell.get("id", f"cell-{number}")): "".join(cell["source"])
            for number, cell in enumerate(cells)
            if cell["cell_type"] == "code" and "".join(cell["source"]).strip()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _own_cell(name: str, code: str) -> dict[str, Any]:
    tidy = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name)
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"own-{tidy}"[:64],
        "metadata": {},
        "outputs": [],
        "source": code.splitlines(keepends=True),
    }
