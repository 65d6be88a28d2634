"""Which cells to run, and where to look for which answer, whatever happened to the cells.

The exercise as released says what its checks look at. In what was handed in, cells are found by
their id, then by what they do; each thing found wrong is said and held against no one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kdcourse.checks.questions import Exercise
from kdcourse.course import course_root, sheets_called
from kdcourse.grading.child import Step
from kdcourse.grading.notebooks import Cell, Sheet, code_of, read
from kdcourse.texts import LANGUAGES, KitError

#: Sentences on one notebook.
MOST_NOTES = 20

Note = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Released:
    """An exercise as learners get it.

    Attributes:
        setup: The cell that begins the lesson.
        checks: By question the cell that checks it.
        answers: By question the cell that its answer goes into.
    """

    setup: Cell | None
    checks: Mapping[str, Cell]
    answers: Mapping[str, Cell]


@dataclass(frozen=True)
class Plan:
    """What to run of a notebook.

    Attributes:
        steps: The cells, in order.
        places: By question the steps that could give it its value.
        notes: What is to be said of the notebook: keys of messages and their fields.
    """

    steps: tuple[Step, ...]
    places: Mapping[str, tuple[int, ...]]
    notes: tuple[Note, ...] = field(default=())


@cache
def released(name: str, lang: str) -> Released:
    """Return an exercise as released.

    Raises:
        KitError: The course has no such notebook.
    """
    folder = course_root() / "exercises" / lang
    path = next(iter(sheets_called(name, folder)), None)
    if path is None:
        raise KitError("grading.no-exercise", name=name, folder=folder)
    sheet = read(path.read_bytes())
    checks: dict[str, Cell] = {}
    answers: dict[str, Cell] = {}
    latest: Cell | None = None
    for cell in sheet.cells:
        latest = cell if cell.answer else latest
        asked = re.search(r"check\(\s*[\"']([\w.-]+)[\"']", cell.source)
        if cell.graded and asked:
            checks[asked[1]] = cell
            if latest:
                answers[asked[1]] = latest
    setup = next((cell for cell in sheet.cells if "setup" in cell.tags), None)
    return Released(setup, checks, answers)


def language_of(sheet: Sheet) -> str:
    """Return the language that a notebook's reader reads."""
    if sheet.lang in LANGUAGES:
        return sheet.lang
    asked = re.search(r"lang\s*=\s*[\"']([\w-]+)[\"']", code_of(sheet.cells))
    return asked[1] if asked and asked[1] in LANGUAGES else LANGUAGES[0]


def plan(sheet: Sheet, exercise: Exercise, form: Released) -> Plan:
    """Decide what to run of a notebook and where to look.

    Args:
        sheet: What was handed in.
        exercise: Its questions.
        form: The exercise as released.
    """
    cells = [_as_released(cell, form) for cell in sheet.cells]
    run = [cell for cell in cells if cell.kind == "code"]
    notes = [*_on_the_whole(sheet, exercise)]
    if form.setup and not any(_begins(cell, form.setup) for cell in run):
        run.insert(0, form.setup)
        notes.append(("no-setup", {}))
    notes += _on_cells(sheet.cells, exercise, form)
    steps = tuple(
        Step(cell.source, tuple(q for q in exercise.ids if _checks(cell, q, form))) for cell in run
    )
    places = {
        f"{exercise.name}.{question.name}": tuple(
            place
            for place, cell in enumerate(run)
            if _gives(cell, f"{exercise.name}.{question.name}", question.answer, form)
        )
        for question in exercise.questions
    }
    return Plan(steps, places, tuple(notes[:MOST_NOTES]))


def _as_released(cell: Cell, form: Released) -> Cell:
    """Return a cell as code if it was released as code: a key pressed by accident retypes it."""
    ours = (*form.answers.values(), *form.checks.values(), *filter(None, [form.setup]))
    if cell.kind != "code" and cell.id and any(cell.has(known.id) for known in ours):
        return Cell(cell.id, cell.grade_id, "code", cell.source, cell.tags)
    return cell


def _begins(cell: Cell, setup: Cell) -> bool:
    return cell.has(setup.id) or "setup" in cell.tags or "lesson(" in cell.source


def _checks(cell: Cell, question: str, form: Released) -> bool:
    """Say whether a question is checked here: by the released cell, or one that does the same."""
    known = form.checks.get(question)
    return bool(known and cell.has(known.id)) or _calls_check(cell, question)


def _calls_check(cell: Cell, question: str) -> bool:
    return bool(re.search(rf"check\(\s*[\"']{re.escape(question)}[\"']", cell.source))


def _gives(cell: Cell, question: str, variable: str, form: Released) -> bool:
    known = form.answers.get(question)
    assigns = rf"^[ \t]*{re.escape(variable)}\s*(?:[:=\[]|\.\w+\s*=)"
    return bool(known and cell.has(known.id)) or bool(re.search(assigns, cell.source, re.M))


def _on_the_whole(sheet: Sheet, exercise: Exercise) -> Iterator[Note]:
    if sheet.language not in ("python", "python3"):
        yield "other-kernel", {"language": sheet.language}
    if sheet.version and sheet.version < 4:
        yield "old-format", {"version": sheet.version}
    if sheet.lesson and sheet.lesson != exercise.name:
        yield "other-exercise", {"found": sheet.lesson, "expected": exercise.name}


def _on_cells(cells: Sequence[Cell], exercise: Exercise, form: Released) -> Iterator[Note]:
    """Yield what happened to the cells that the exercise came with."""
    for question in exercise.questions:
        full = f"{exercise.name}.{question.name}"
        fields = {"question": full, "variable": question.answer}
        check, answer = form.checks.get(full), form.answers.get(full)
        there = [cell for cell in cells if check and cell.has(check.id)]
        homes = [cell for cell in cells if answer and cell.has(answer.id)]
        if len(there) > 1 or len(homes) > 1:
            yield "copied", fields
        if any(cell.kind != "code" for cell in (*there, *homes)):
            yield "retyped", fields
        if not there and not any(_calls_check(cell, full) for cell in cells):
            yield "check-missing", fields
        elif check and any(_plain(cell) != _plain(check) for cell in there):
            yield "check-edited", fields
        if not homes and not any(_gives(cell, full, question.answer, form) for cell in cells):
            yield "answer-missing", fields


def _plain(cell: Cell) -> str:
    return "".join(cell.source.split())
