"""From the verdicts on two worlds to one result per question, in the learner's words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from kdcourse.checks.databases import State
from kdcourse.checks.figures import Drawn
from kdcourse.checks.functions import Called
from kdcourse.checks.judges import Judge
from kdcourse.checks.questions import Exercise, Question
from kdcourse.checks.verdict import Outcome, Verdict
from kdcourse.checks.wording import sentences
from kdcourse.grading.decoding import Opaque
from kdcourse.grading.grounds import Ground
from kdcourse.grading.judging import Judged, Seen, observed_inside
from kdcourse.grading.listening import Fault
from kdcourse.grading.work import QuestionResult
from kdcourse.texts import say

LONGEST_ANSWER = 4_000
_LONGEST_TABLE = 600

_OUTCOMES = {
    Outcome.CORRECT: "correct",
    Outcome.PARTLY_CORRECT: "partly",
    Outcome.INCORRECT: "incorrect",
    Outcome.NOT_ATTEMPTED: "not_attempted",
    Outcome.CANNOT_BE_CHECKED: "error",
}
_FAULTS = {"error": "error", "died": "error", "timeout": "timeout"}


def result(
    exercise: Exercise,
    question: Question,
    own: Judged,
    unseen: Judged | None,
    ground: Ground,
    seconds: float,
) -> QuestionResult:
    """Put what came of a question on both worlds together, in the language spoken now.

    Args:
        exercise: The question's.
        question: Which.
        own: On the learner's own world.
        unseen: On the other one; None if it wasn't run, or doesn't matter.
        ground: The learner's own world.
        seconds: Time of the answer's cell there.
    """
    verdict = own.verdict
    outcome, points, told = _OUTCOMES[verdict.outcome], verdict.points, _findings(exercise, verdict)
    variable = question.answer
    if own.fault is not None:
        outcome, points = _FAULTS.get(own.fault.sort, "limit"), 0.0
        told = [_cause(own.fault, variable)]
    elif question.self_assessed:
        if outcome != "not_attempted":
            outcome, points = "awaiting", 0.0
            told = [say("grading.awaiting"), *told]
    elif unseen is not None and unseen.verdict.points < points:
        points = unseen.verdict.points
        outcome, sentence = _elsewhere(exercise, question, own, unseen, ground)
        if outcome == "hard_coded":
            points = 0.0
        told = [say(f"grading.{sentence}", variable=variable), *told]
    if outcome == "correct" and not told:
        # Talk doesn't hang on the tables: of a role play no other world was asked.
        played = bool(getattr(question.judge, "scenario", ""))
        told = [say("grading.correct-played" if played else "grading.correct")]
    slip = next((f.key for f in verdict.findings if f.key.startswith("slips.")), None)
    return QuestionResult(
        question=verdict.question,
        outcome=outcome,
        points=points,
        max_points=question.points,
        message=clean("\n".join(told)),
        slip=slip and slip.removeprefix("slips."),
        seconds=round(seconds, 3),
        answer=clean(shown(own.given))[:LONGEST_ANSWER],
    )


def _elsewhere(
    exercise: Exercise, question: Question, own: Judged, unseen: Judged, ground: Ground
) -> tuple[str, str]:
    """Return outcome and sentence for what holds on the learner's own world only.

    Nothing here may tell what the other world looks like, nor what the learner's code said there.
    """
    if unseen.fault is not None:
        return _FAULTS.get(unseen.fault.sort, "limit"), "stops-elsewhere"
    if unseen.given is ...:
        return "error", "stops-elsewhere"
    stakes = own.verdict.outcome is Outcome.CORRECT or not unseen.verdict.points
    if stakes and _same(ground.answers(exercise, question).judge, question, own, unseen):
        return "hard_coded", "hard-coded"
    return "partly" if unseen.verdict.points else "incorrect", "wrong-elsewhere"


def _same(judge: Judge, question: Question, own: Judged, unseen: Judged) -> bool:
    """Say whether the answer is the same on both worlds."""
    seen = Seen(judge) if observed_inside(question) else judge
    try:
        return seen.compare(own.given, unseen.given).agrees
    except Exception:
        # The one on the other world can be anything, such as a list where a table was.
        return False


def _findings(exercise: Exercise, verdict: Verdict) -> list[str]:
    """Return what a verdict says, without the offer of a hint: it's too late for that."""
    words = exercise.texts(verdict.question.rpartition(".")[2])
    calm = replace(verdict, outcome=Outcome.CORRECT, self_assessed=False)
    return sentences(calm, words)


def _cause(fault: Fault, variable: str) -> str:
    return say(f"grading.cell-{fault.sort}", variable=variable, what=fault.text)


def shown(given: Any) -> str:
    """Return an answer as people read it; empty if it can't be shown."""
    try:
        return _shown(given)
    except Exception:
        # All types are our own, but some values still make pandas or Python give up.
        return ""


def _shown(given: Any) -> str:
    if given is ... or given is None:
        return ""
    if isinstance(given, str):
        return given
    if isinstance(given, dict):
        return "\n".join(f"{name}: {_shown(value)}" for name, value in list(given.items())[:50])
    if isinstance(given, pd.DataFrame | pd.Series):
        return given.to_string(max_rows=12)[:_LONGEST_TABLE]
    if isinstance(given, Drawn):
        return f"{given.title}\n{_shown(given.values)}".strip()
    if isinstance(given, State):
        return _shown(dict(given.found))
    if isinstance(given, list) and given and all(isinstance(c, Called) for c in given):
        return "\n".join(f"{c.call} → {_shown(c.value)}" for c in given[:10])
    if isinstance(given, Opaque):
        return f"<{type(given).__name__}>"
    if isinstance(given, float):
        return f"{given:.10g}"
    return str(given)[:LONGEST_ANSWER]


def clean(text: str) -> str:
    """Return text that any file and any reader can take: no half characters, no control codes."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in whole)


def faulty(exercise: Exercise, message: str) -> tuple[QuestionResult, ...]:
    """Return the results of a notebook of which nothing could be run."""
    return tuple(
        QuestionResult(
            f"{exercise.name}.{q.name}", "error", 0.0, q.points, clean(message), None, 0.0, ""
        )
        for q in exercise.questions
    )
