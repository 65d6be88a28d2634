"""Rules on exercises and quizzes: every question can be answered, checked and helped with."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from kdcourse.authoring.derive import STUB, handed_out, is_answer, is_check
from kdcourse.authoring.lint.code import calls, parsed
from kdcourse.authoring.lint.rules import Finding, Subject, found, rule
from kdcourse.authoring.notebook import Cell, tags
from kdcourse.texts import read_toml

#: As a prompt ends: "(3 points)", “（3 分）”.
_POINTS = re.compile(r"[(（]\s*(\d+(?:\.\d+)?)\s*(?:points?|分)\s*[)）]")

HINTS = ("nudge", "plan", "code")


@rule("questions", "exercise")
def questions_complete(subject: Subject) -> Iterator[Finding]:
    """Four to six questions, each with a prompt, an answer cell and a check, numbered in order."""
    checks = [(cell, call) for cell in subject.cells for call in calls(cell, "check")]
    if not 4 <= len(checks) <= 6:
        yield found("questions-number", number=len(checks))
    prompts = subject.tagged("question")
    if len(prompts) != len(checks):
        yield found("questions-prompts", prompts=len(prompts), checks=len(checks))
    lesson = subject.facts.get("lesson")
    for number, (cell, call) in enumerate(checks, 1):
        expected = f"{lesson}.q{number}"
        if _question(call) != expected:
            yield found("questions-id", cell, id=_question(call), expected=expected)
        answer = _answer_before(subject, cell)
        if answer is None or STUB not in handed_out(answer):
            yield found("questions-no-answer", cell)
        elif not _left_open(answer, call):
            yield found("questions-not-open", answer, variable=_variable(call))


@rule("points", "exercise")
def points_named_rightly(subject: Subject) -> Iterator[Finding]:
    """Points are named to the learner in the prompt and to the gradebook in the metadata."""
    prompt: Cell | None = None
    for cell in subject.cells:
        if "question" in tags(cell):
            prompt = cell
        elif is_check(cell) and prompt:
            points = cell["metadata"]["nbgrader"].get("points")
            if any(named != points for named in _points_named(prompt["source"])):
                yield found("points-differ", prompt, points=points)
            prompt = None


@rule("nbgrader", "exercise")
def nbgrader_marks(subject: Subject) -> Iterator[Finding]:
    """The same file serves nbgrader: what it needs to know of each cell has to be right."""
    for cell in subject.cells:
        mark = cell["metadata"].get("nbgrader")
        if mark is None:
            if {"answer", "check"} & set(tags(cell)):
                yield found("nbgrader-missing", cell)
        elif cell["cell_type"] != "code":
            yield found("nbgrader-prose", cell)
        elif mark.get("grade_id") != cell["id"]:
            yield found("nbgrader-id", cell, id=mark.get("grade_id"))
        elif _wrong_marks(cell, mark):
            yield found("nbgrader-marks", cell)


@rule("notes", "exercise")
def notes_for_instructors(subject: Subject) -> Iterator[Finding]:
    """An instructor finds at the very cell what learners get wrong there and what to ask."""
    if not subject.tagged("instructor"):
        yield found("notes-missing")


@rule("hints", "exercise")
def three_hints(subject: Subject) -> Iterator[Finding]:
    """A learner who is stuck gets a nudge, then a plan, then nearly the code."""
    texts = _texts(subject, "exercises")
    for cell in subject.cells:
        for call in calls(cell, "check"):
            name = (_question(call) or "").rpartition(".")[2]
            hints = texts.get(name, {}).get("hints", {})
            for level in HINTS:
                if subject.lang not in hints.get(level, {}):
                    yield found("hints-missing", cell, question=_question(call), level=level)


@rule("quiz-items", "lesson")
def quiz_items(subject: Subject) -> Iterator[Finding]:
    """Four to six items, each on an objective of the lesson, every choice with its feedback."""
    lesson = subject.facts.get("lesson")
    for cell in subject.tagged("quiz"):
        if cell["cell_type"] == "code" and not any(
            _question(call) == lesson for call in calls(cell, "quiz")
        ):
            yield found("quiz-items-call", cell, lesson=lesson)
    items = _texts(subject, "quizzes").get("items", [])
    if not 4 <= len(items) <= 6:
        yield found("quiz-items-number", number=len(items))
    for item in items:
        objective = item.get("objective")
        if objective not in subject.objectives:
            yield Finding("quiz-items-objective", str(item.get("id")), {"objective": objective})
        explained = ("options", "pairs", "steps", "slips", "answers")
        for part in (part for name in explained for part in item.get(name, [])):
            if subject.lang not in part.get("say", {}):
                yield Finding("quiz-items-feedback", str(item.get("id")))
                break


def _texts(subject: Subject, folder: str) -> dict[str, Any]:
    path = subject.content / folder / f"{subject.facts.get('lesson')}.toml"
    return read_toml(path) if path.exists() else {}


def _question(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _variable(call: ast.Call) -> str:
    return ast.unparse(call.args[1]) if len(call.args) > 1 else ""


def _answer_before(subject: Subject, check: Cell) -> Cell | None:
    """Return the nearest answer cell above a check, if no other check stands between."""
    above = subject.cells[: [cell["id"] for cell in subject.cells].index(check["id"])]
    for cell in reversed(above):
        if is_check(cell):
            return None
        if is_answer(cell):
            return cell
    return None


def _left_open(answer: Cell, call: ast.Call) -> bool:
    """Say whether the handed-out answer cell leaves the checked variable to be filled in."""
    wanted = _variable(call)
    return any(
        isinstance(line, ast.Assign)
        and _is_open(line.value)
        and wanted in [ast.unparse(target) for target in line.targets]
        for line in parsed(handed_out(answer)).body
    )


def _is_open(value: ast.expr) -> bool:
    """Say whether a value is ``...``, or a form such as ``{"offer": ..., "reason": ...}``."""
    if isinstance(value, ast.Dict):
        return bool(value.values) and all(_is_open(each) for each in value.values)
    return isinstance(value, ast.Constant) and value.value is Ellipsis


def _points_named(prompt: str) -> list[float]:
    return [float(number) for number in _POINTS.findall(prompt)]


def _wrong_marks(cell: Cell, mark: dict[str, Any]) -> bool:
    roles = set(tags(cell))
    flags = tuple(mark.get(name) for name in ("solution", "grade", "locked", "schema_version"))
    if is_answer(cell):
        return "answer" not in roles or flags != (True, False, False, 3)
    points = mark.get("points")
    valued = isinstance(points, int | float) and points > 0
    return "check" not in roles or flags != (False, True, True, 3) or not valued
