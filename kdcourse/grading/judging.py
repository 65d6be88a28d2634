"""Outside: the verdict on what came out of one world, reached where the right answers are."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from kdcourse.checks.databases import Database, Query, State
from kdcourse.checks.figures import Drawn, Figure
from kdcourse.checks.functions import Called, Function
from kdcourse.checks.judges import Exact, Judge, Number
from kdcourse.checks.questions import Answers, Exercise, Question
from kdcourse.checks.simulations import Simulation
from kdcourse.checks.transcripts import Transcript, recorded
from kdcourse.checks.values import Unreadable, blank
from kdcourse.checks.verdict import Comparison, Outcome, Verdict
from kdcourse.checks.written import Written
from kdcourse.grading.child import Probe
from kdcourse.grading.decoding import Garbled, decode
from kdcourse.grading.grounds import Ground
from kdcourse.grading.listening import Fault, Ran


@dataclass(frozen=True)
class Judged:
    """What is thought of a question on one world.

    Attributes:
        verdict: What the checks say.
        given: The answer, as decoded or observed; ``...`` if there is none to look at.
        fault: What went wrong with the cell that should have given it.
    """

    verdict: Verdict
    given: Any
    fault: Fault | None = None


@dataclass(frozen=True)
class Seen(Judge):
    """A judge of what has been observed already, inside."""

    judge: Judge

    def observe(self, given: object) -> Any:
        """Return what was observed there, or raise why it couldn't be."""
        if isinstance(given, Unreadable):
            raise given
        return given

    def compare(self, expected: Any, given: Any) -> Comparison:
        """Say how far ``given`` agrees with ``expected``."""
        return self.judge.compare(expected, given)

    def recognises(self, wrong: Any, given: Any, expected: Any) -> bool:
        """Say whether ``given`` is the known wrong answer ``wrong``."""
        return self.judge.recognises(wrong, given, expected)


def probe(question: Question, ground: Ground) -> Probe:
    """Return what to look at for a question on a world, with nothing of its right answer."""
    judge: Judge | None = None
    if isinstance(question.judge, Function):
        # How results are compared is nobody's business inside.
        judge = replace(question.judge, judge=Exact()).on(ground.load)
    elif isinstance(question.judge, Query):
        judge = _Querying(question.judge)
    elif isinstance(question.judge, Figure):
        judge = Figure(values=Number())
    elif isinstance(question.judge, Database):
        judge = question.judge
    elif isinstance(question.judge, Transcript):
        judge = _Recording()
    return Probe(question.answer, judge)


@dataclass(frozen=True)
class _Recording(Judge):
    """Takes down a conversation inside; it is played again outside."""

    def observe(self, given: object) -> object:
        """Return its record."""
        return recorded(given)

    def compare(self, expected: Any, given: Any) -> Comparison:
        """Never called: verdicts are reached outside."""
        raise TypeError("verdicts are reached outside")


@dataclass(frozen=True)
class _Querying(Judge):
    """A query to be run inside, on the tables there."""

    question: Query

    def observe(self, given: object) -> Any:
        """Run the query on the tables that lie at hand."""
        from kdcourse.data import load

        return self.question.on(load).observe(given)

    def compare(self, expected: Any, given: Any) -> Comparison:
        """Never called: verdicts are reached outside."""
        raise TypeError("verdicts are reached outside")


def judge(
    exercise: Exercise, question: Question, ground: Ground, ran: Ran, places: tuple[int, ...]
) -> Judged:
    """Judge what came of a question on one world.

    Args:
        exercise: The question's.
        question: Which.
        ground: The world it ran on, with what is right there.
        ran: What came out, unbelieved.
        places: The steps that could have given the answer.
    """
    full = f"{exercise.name}.{question.name}"
    checked = ran.checked.get(full)
    found = _judged(exercise, question, ground, checked)
    if found.verdict.outcome is Outcome.NOT_ATTEMPTED and full in ran.ended:
        found = _judged(exercise, question, ground, ran.ended[full])
    if found.verdict.outcome is Outcome.NOT_ATTEMPTED:
        return replace(found, fault=_fault(ran, places))
    return found


def _judged(exercise: Exercise, question: Question, ground: Ground, sent: str | None) -> Judged:
    answers = ground.answers(exercise, question)
    unchecked = Outcome.CANNOT_BE_CHECKED
    try:
        plain = json.loads(sent) if sent else {"t": "absent"}
        sort = plain.get("t") if isinstance(plain, dict) else None
        if sort == "absent":
            return Judged(exercise.unjudged(question, Outcome.NOT_ATTEMPTED, "answer-open"), ...)
        if sort == "broken":
            kind = str(plain.get("v"))[:60]
            return Judged(exercise.unjudged(question, unchecked, "answer-raises", fault=kind), ...)
        given = _read(plain)
        if not isinstance(given, Unreadable) and not blank(given):
            given = _as_observed(question, answers, given)
    except (ValueError, RecursionError):
        return Judged(exercise.unjudged(question, unchecked, "answer-raises", fault="?"), ...)
    seen = isinstance(given, Unreadable) or observed_inside(question)
    held = replace(answers, judge=Seen(answers.judge)) if seen else answers
    verdict = exercise.verdict(question, given, held)
    return Judged(verdict, ... if isinstance(given, Unreadable) else given)


def observed_inside(question: Question) -> bool:
    """Say whether answers of this kind are observed inside."""
    return isinstance(question.judge, Function | Query | Figure | Database)


def _read(plain: Any) -> Any:
    try:
        return decode(plain)
    except Unreadable as fault:
        return fault


def _as_observed(question: Question, answers: Answers, given: Any) -> Any:
    """Return what was observed inside, if it can have been.

    Raises:
        Garbled: It can't: too few calls, say, so that only the easy ones would count.
    """
    sort: type | None = None
    if isinstance(question.judge, Function):
        called = isinstance(given, list) and given and all(isinstance(c, Called) for c in given)
        if not called or not (given[-1].fault or len(given) == len(answers.expected)):
            raise Garbled("not what a function comes to")
    elif isinstance(question.judge, Figure):
        sort = Drawn
    elif isinstance(question.judge, Database):
        sort = State
    if sort and not isinstance(given, sort):
        raise Garbled("not what was observed")
    return given


def _fault(ran: Ran, places: tuple[int, ...]) -> Fault | None:
    """Return what went wrong where the answer should have come from, or before the end came."""
    found = next((ran.faults[place] for place in places if place in ran.faults), None)
    if found is None and not ran.finished and ran.faults:
        found = ran.faults[max(ran.faults)]
    return found


def computed(question: Question) -> bool:
    """Say whether the answer has to follow from the data, and so to change with them.

    What a learner writes, says or decides is for the world they know.
    """
    return not isinstance(question.judge, Written | Simulation | Transcript)
