"""How far a learner has come: every notebook of the course with what is done of it, and the next.

A lesson is done when each item of its quiz has been answered rightly once, each of its role plays
has come to an end and each of its simulations has been decided; an exercise, when each question is
correct or its solution was looked at after a try. What asks nothing is done once begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from kdcourse.checks.catalogue import find_exercise
from kdcourse.practice.doing import is_done, went
from kdcourse.practice.outline import Module, Sheet
from kdcourse.practice.quiz.session import quiz
from kdcourse.progress.results import QuestionResult, Results
from kdcourse.texts import KitError

State = Literal["open", "begun", "done"]


@dataclass(frozen=True)
class Standing:
    """How far one notebook has come.

    Attributes:
        sheet: The notebook.
        state: Not begun (``"open"``), begun or done.
        reached: Quiz items answered rightly, or points of an exercise.
        of: How many there are; 0 if it asks nothing.
        last: When it was last worked on, UTC, ISO 8601; empty before.
        done: Of its role plays (``"play"``) and simulations (``"simulate"``), where there are any,
            how many are done, and of how many.
    """

    sheet: Sheet
    state: State
    reached: float
    of: float
    last: str = ""
    done: dict[str, tuple[int, int]] = field(default_factory=dict)


class _Count(NamedTuple):
    """What of a notebook is answered: reached, of how many, whether nothing is left, since when."""

    reached: float
    of: float
    settled: bool
    last: str


def standings(modules: Sequence[Module], results: Results) -> list[tuple[Module, list[Standing]]]:
    """Return each module with the standing of its notebooks, in order."""
    return [(module, [standing(sheet, results) for sheet in module.sheets]) for module in modules]


def next_sheet(course: Sequence[tuple[Module, list[Standing]]]) -> Sheet | None:
    """Return the first notebook that isn't done; None if all are."""
    every = (one for _, standing in course for one in standing)
    return next((one.sheet for one in every if one.state != "done"), None)


def standing(sheet: Sheet, results: Results) -> Standing:
    """Return how far ``sheet`` has come."""
    exercise = sheet.kind == "exercise"
    count = (_exercise if exercise else _quiz)(sheet, results)
    begun = results.begun.get(("exercise" if exercise else "lesson", sheet.name), "")
    done = _doings(sheet, results)
    last = max(begun, count.last, *(r.last for one in sheet.doings for r in went(one, results)))
    settled = count.settled and all(number == of for number, of in done.values())
    state: State = "open" if not last else "done" if settled else "begun"
    return Standing(sheet, state, count.reached, count.of, last, done)


def questions(sheet: Sheet, results: Results) -> list[tuple[str, float, QuestionResult]]:
    """Return the questions of an exercise: full id, points it is worth, how it went so far."""
    try:
        exercise = find_exercise(sheet.name)
    except KeyError:
        return []
    return [
        (full_id, question.points, results.questions.get(full_id, QuestionResult()))
        for full_id, question in zip(exercise.ids, exercise.questions, strict=True)
    ]


def _doings(sheet: Sheet, results: Results) -> dict[str, tuple[int, int]]:
    done: dict[str, tuple[int, int]] = {}
    for one in sheet.doings:
        number, of = done.get(one.kind, (0, 0))
        done[one.kind] = number + is_done(one, results), of + 1
    return done


def _exercise(sheet: Sheet, results: Results) -> _Count:
    asked = questions(sheet, results)
    went = [result for _, _, result in asked]
    return _Count(
        sum(result.points for result in went),
        sum(worth for _, worth, _ in asked),
        all(result.settled for result in went),
        max((result.last for result in went), default=""),
    )


def _quiz(sheet: Sheet, results: Results) -> _Count:
    try:
        items = quiz(sheet.name).items
    except KitError:  # it has none
        items = ()
    asked = [f"{sheet.name}/{item.id}" for item in items]
    went = [results.items[item] for item in asked if item in results.items]
    right = sum(result.right for result in went)
    last = max((result.last for result in went), default="")
    return _Count(right, len(asked), right == len(asked), last)
