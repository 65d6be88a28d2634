"""Where each learner stands: results and a person's marks joined, and what is still awaited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kdcourse.grading.gradebook import Gradebook, Mark, digest_of
from kdcourse.grading.work import QuestionResult, SubmissionResult

AWAITING = "awaiting"


@dataclass(frozen=True)
class Line:
    """One question of one learner.

    Attributes:
        result: What grading found.
        mark: What a person gave for this very answer, or None.
    """

    result: QuestionResult
    mark: Mark | None = None

    @property
    def points(self) -> float:
        """What counts: a person's points where there are any."""
        return self.result.points if self.mark is None else self.mark.points

    @property
    def awaits(self) -> bool:
        """Whether a person has yet to read the answer."""
        return self.result.outcome == AWAITING and self.mark is None

    @property
    def outcome(self) -> str:
        """The outcome to show; ``"marked"`` where a person had the last word."""
        return self.result.outcome if self.mark is None else "marked"

    @property
    def share(self) -> float:
        """Points of those there are, 0 to 1."""
        return self.points / self.result.max_points if self.result.max_points else 0.0


@dataclass(frozen=True)
class Standing:
    """One learner's exercise.

    Attributes:
        result: What grading found.
        lines: One per question.
    """

    result: SubmissionResult
    lines: tuple[Line, ...]

    @property
    def learner(self) -> str:
        """Whose it is."""
        return self.result.learner

    @property
    def assignment(self) -> str:
        """Which exercise."""
        return self.result.assignment

    @property
    def points(self) -> float:
        """All points so far."""
        return round(sum(line.points for line in self.lines), 2)

    @property
    def max_points(self) -> float:
        """All points there are."""
        return round(sum(line.result.max_points for line in self.lines), 2)

    @property
    def awaiting(self) -> int:
        """How many answers a person has yet to read."""
        return sum(line.awaits for line in self.lines)


def standings(gradebook: Gradebook) -> list[Standing]:
    """Return every exercise that was graded, by assignment and learner."""
    marks = gradebook.marks()
    found = [_standing(result, marks) for result in gradebook.results()]
    return sorted(found, key=lambda one: (one.assignment, one.learner))


def _standing(result: SubmissionResult, marks: Mapping[tuple[str, str, str], Mark]) -> Standing:
    lines = (
        Line(question, marks.get((result.learner, question.question, digest_of(question.answer))))
        for question in result.questions
    )
    return Standing(result, tuple(lines))


def by_assignment(every: Iterable[Standing]) -> dict[str, list[Standing]]:
    """Return standings by the exercise they belong to."""
    found: dict[str, list[Standing]] = {}
    for standing in every:
        found.setdefault(standing.assignment, []).append(standing)
    return found
