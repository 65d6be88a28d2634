"""Which exercises there are, and finding a question by its id."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

from kdcourse.checks.questions import Exercise, Question
from kdcourse.texts import KitError

#: The module that declares each exercise, as ``exercise``.
MODULES = {
    "1.1": "kdcourse.checks.exercises.parcel_market",
    "2.4": "kdcourse.checks.exercises.tiering",
    "3.4": "kdcourse.checks.exercises.presenting",
    "4.6": "kdcourse.checks.exercises.churn_and_win_back",
    "5.2": "kdcourse.checks.exercises.complaint_desk",
    "6.1": "kdcourse.checks.exercises.crm_desk",
    "case-company-a": "kdcourse.checks.exercises.company_a",
}


def find_exercise(name: str) -> Exercise:
    """Return the exercise of a lesson, ``"1.1"``; KeyError if there is none."""
    found: Exercise = import_module(MODULES[name]).exercise
    return found


def find_question(question_id: str) -> tuple[Exercise, Question]:
    """Return a question and the exercise it belongs to.

    Args:
        question_id: ``"1.1.q2"``.

    Raises:
        KitError: There is no such question; names the nearest ids.
    """
    if not isinstance(question_id, str):
        raise KitError("check.id-not-text")
    name, _, question = question_id.strip().rpartition(".")
    try:
        exercise = find_exercise(name)
        return exercise, exercise[question]
    except KeyError:
        raise KitError(
            "check.unknown-question", id=question_id, near=_nearest(question_id)
        ) from None


def _nearest(question_id: str) -> str:
    ids = [known for name in MODULES for known in find_exercise(name).ids]
    near = get_close_matches(question_id.lower(), ids, n=3, cutoff=0.5) or ids[:3]
    return " / ".join(f'"{known}"' for known in near)
