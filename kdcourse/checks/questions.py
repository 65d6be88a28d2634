"""Declaring questions, and reaching a verdict on an answer to one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings, simplefilter

from kdcourse.checks.judges import Judge, diagnose
from kdcourse.checks.values import Unreadable, blank
from kdcourse.checks.verdict import Comparison, Finding, Outcome, Verdict
from kdcourse.checks.written import Written
from kdcourse.data import Loader
from kdcourse.texts import content

#: An answer as an expression over the data.
Expression = Callable[[Loader], Any]


@dataclass(frozen=True)
class Answers:
    """What an answer is held against on one set of data.

    Attributes:
        judge: How answers are compared, on these data.
        expected: The right answer, as the judge observed it; for a written one its prompts.
        slips: Known wrong answers by name, observed too.
    """

    judge: Judge
    expected: Any
    slips: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """One question of an exercise.

    Its words (hints, messages of the slips, rubric) stand in ``content/exercises/<exercise>.toml``
    under its name.

    Attributes:
        name: ``"q2"``.
        points: What it is worth.
        answer: The variable the learner puts the answer into.
        judge: How answers are compared.
        expect: The right answer as a function of the data (an example of one where many are right);
            none for a written answer.
        slips: Tempting wrong answers, also functions of the data, by name; tried in this order.
    """

    name: str
    points: float
    answer: str
    judge: Judge
    expect: Expression | None = None
    slips: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def self_assessed(self) -> bool:
        """Whether the learner judges the answer by a rubric."""
        return isinstance(self.judge, Written)


@dataclass(frozen=True)
class Exercise:
    """The questions of one exercise.

    Attributes:
        name: The lesson's number, ``"1.1"``.
        questions: In the order of the notebook.
        words: The texts of the questions; default: those of ``content/exercises/<name>.toml``.
    """

    name: str
    questions: Sequence[Question]
    words: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Question:
        """Return the question called ``name``; KeyError if there is none."""
        for question in self.questions:
            if question.name == name:
                return question
        raise KeyError(name)

    @property
    def ids(self) -> list[str]:
        """The full ids of the questions, ``"1.1.q1"`` and so on."""
        return [f"{self.name}.{question.name}" for question in self.questions]

    def texts(self, question: str) -> Mapping[str, Any]:
        """Return what ``content/`` says on a question; empty if nothing."""
        words = content(f"exercises/{self.name}") if self.words is None else self.words
        found: Mapping[str, Any] = words.get(question, {})
        return found

    def answers(self, question: Question, load: Loader) -> Answers:
        """Work out the right answer and the known wrong ones on the data that ``load`` gives."""
        judge = question.judge.on(load)
        if question.expect is None:
            return Answers(judge, self.texts(question.name).get("slots", {}), {})
        wrong = {name: judge.observe(slip(load)) for name, slip in question.slips.items()}
        return Answers(judge, judge.observe(question.expect(load)), wrong)

    def verdict(self, question: Question, given: object, answers: Answers) -> Verdict:
        """Judge an answer; whatever it is, this returns.

        Args:
            question: One of this exercise's.
            given: What the learner's variable holds.
            answers: What :meth:`answers` returned.
        """
        if given is ...:
            return self.unjudged(question, Outcome.NOT_ATTEMPTED, "answer-open")
        if given is None:
            return self.unjudged(question, Outcome.NOT_ATTEMPTED, "answer-none")
        try:
            # What comparing stumbles over, the verdict says; nbgrader gives no points after a
            # warning.
            with catch_warnings():
                simplefilter("ignore")
                found = _compare(given, answers)
        except (Exception, SystemExit) as fault:
            # An answer can be any object, with methods that raise anything when touched.
            kind = type(fault).__name__
            return self.unjudged(question, Outcome.CANNOT_BE_CHECKED, "answer-raises", fault=kind)
        if not found.attempted:
            return self.unjudged(question, Outcome.NOT_ATTEMPTED, "answer-open")
        return self._verdict(question, _outcome(found), found.share, found.findings)

    def unjudged(self, question: Question, outcome: Outcome, key: str, **fields: object) -> Verdict:
        """Return the verdict on an answer that wasn't compared, and why it wasn't."""
        return self._verdict(question, outcome, 0.0, (Finding(key, fields),))

    def _verdict(
        self, question: Question, outcome: Outcome, share: float, findings: tuple[Finding, ...]
    ) -> Verdict:
        return Verdict(
            question=f"{self.name}.{question.name}",
            answer=question.answer,
            outcome=outcome,
            points=round(share * question.points, 2),
            max_points=question.points,
            findings=_once(findings),
            self_assessed=question.self_assessed,
        )


def _compare(given: object, answers: Answers) -> Comparison:
    if blank(given):
        return Comparison(0.0, attempted=False)
    try:
        observed = answers.judge.observe(given)
    except Unreadable as fault:
        return Comparison(0.0, (fault.finding,))
    return diagnose(answers.judge, answers.expected, observed, answers.slips)


def _outcome(found: Comparison) -> Outcome:
    if found.agrees:
        return Outcome.CORRECT
    return Outcome.PARTLY_CORRECT if found.share > 0 else Outcome.INCORRECT


def _once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Drop a slip's message where another part has already brought it."""
    seen: dict[str, Finding] = {}
    for finding in findings:
        slip = finding.key.startswith("slips.")
        seen.setdefault(finding.key if slip else f"{finding}", finding)
    return tuple(seen.values())
