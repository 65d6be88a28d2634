"""What a check says, as plain data: fit for JSON and to be worded in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The five things a check can say about an answer."""

    CORRECT = "correct"
    PARTLY_CORRECT = "partly-correct"
    INCORRECT = "incorrect"
    NOT_ATTEMPTED = "not-attempted"
    CANNOT_BE_CHECKED = "cannot-be-checked"


@dataclass(frozen=True)
class Finding:
    """One thing to say about an answer; never holds anything of the expected answer.

    Attributes:
        key: A message of ``content/messages/check.toml``; ``slips.<name>`` is one of the question's
            own.
        fields: Values for its placeholders: text, numbers, lists of them, or ``{"say": key}`` for a
            word of the course that has to be said in the reader's language.
        where: The path of parts inside the answer, outermost first; empty for the whole answer.
    """

    key: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    where: tuple[str, ...] = ()

    def within(self, part: str) -> Finding:
        """Return the same finding as seen from the answer that holds ``part``."""
        return replace(self, where=(part, *self.where))


@dataclass(frozen=True)
class Comparison:
    """How far an answer agrees with another.

    Attributes:
        share: From 0 (nothing agrees) to 1 (everything does).
        findings: What differs.
        attempted: False if the answer is still the empty form.
    """

    share: float
    findings: tuple[Finding, ...] = ()
    attempted: bool = True

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return self.share >= 1.0


AGREES = Comparison(1.0)


def differs(key: str, **fields: object) -> Comparison:
    """Return the comparison of an answer of which nothing agrees, for one reason."""
    return Comparison(0.0, (Finding(key, fields),))


@dataclass(frozen=True)
class Verdict:
    """The result of checking one answer.

    Attributes:
        question: Full id, ``"1.1.q2"``.
        answer: Name of the learner's variable.
        outcome: One of the five.
        points: Reached, from 0 to ``max_points``.
        max_points: What the question is worth.
        findings: What to say beyond the outcome.
        self_assessed: The kit has only seen that everything is filled in; how good it is, the
            learner (or a person) judges by the rubric.
    """

    question: str
    answer: str
    outcome: Outcome
    points: float
    max_points: float
    findings: tuple[Finding, ...] = ()
    self_assessed: bool = False

    def as_plain(self) -> dict[str, Any]:
        """Return the verdict as what JSON can hold."""
        return asdict(self)
