"""Written answers waiting for a person: a queue, one rubric at a time; no widget in it.

Answers come without their author's name and not in the order of names, all of one question before
the next, so that each is judged by the same eye and by nothing but itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kdcourse.grading.gradebook import Gradebook, Mark, digest_of
from kdcourse.grading.pages import rubric
from kdcourse.grading.standing import AWAITING, Line, Standing, standings
from kdcourse.grading.work import QuestionResult, SubmissionResult
from kdcourse.texts import KitError

#: Suggested points are rounded to this.
_STEP = 0.5


@dataclass(frozen=True)
class Answer:
    """An answer to be read.

    Attributes:
        result: The exercise it belongs to.
        question: What grading found of it.
        mark: What a person gave for it before, or None.
    """

    result: SubmissionResult = field(repr=False)
    question: QuestionResult
    mark: Mark | None = None


class Queue:
    """What a person goes through.

    Args:
        gradebook: Holds the answers, and takes the marks.
        again: Whether answers that have a mark come up, too.

    Attributes:
        answers: All of them, in order.
        at: Which one is being read, from 0; the number of answers if all have been.
    """

    def __init__(self, gradebook: Gradebook, *, again: bool = False) -> None:
        self._gradebook = gradebook
        self.answers = _waiting(standings(gradebook), again)
        self.at = 0
        self._levels: dict[int, int] = {}
        self._begin()

    @property
    def current(self) -> Answer | None:
        """The answer being read; None at the end."""
        return self.answers[self.at] if self.at < len(self.answers) else None

    @property
    def left(self) -> int:
        """How many answers have no mark yet."""
        return sum(answer.mark is None for answer in self.answers)

    @property
    def criteria(self) -> list[tuple[str, list[str]]]:
        """The rubric of the current answer, in the language spoken now."""
        return rubric(self._reading().question.question)

    @property
    def levels(self) -> tuple[int, ...]:
        """The level chosen for each criterion, from 1; 0 where none is."""
        return tuple(self._levels.get(number, 0) for number in range(len(self.criteria)))

    def choose(self, criterion: int, level: int) -> None:
        """Choose a level, both as counted: the criterion from 0, the level from 1.

        Raises:
            KitError: There is no such level.
        """
        criteria = self.criteria
        if not 0 <= criterion < len(criteria) or not 1 <= level <= len(criteria[criterion][1]):
            raise KitError("grading_class.no-such-level", criterion=criterion + 1, level=level)
        self._levels[criterion] = level

    def suggested(self) -> float | None:
        """Return the points that the chosen levels come to; None until all are chosen.

        The lowest level of all criteria is no points, the highest is all; half points in between.
        """
        criteria = self.criteria
        if not criteria or 0 in self.levels:
            return None
        reached = sum(level - 1 for level in self.levels)
        most = sum(len(levels) - 1 for _, levels in criteria)
        points = self._reading().question.max_points * reached / most
        return round(points / _STEP) * _STEP

    def give(self, points: float, comment: str = "") -> None:
        """Write a mark down, and go on to the next answer that has none.

        Raises:
            KitError: The points are out of range, a level isn't chosen, or the gradebook can't be
                written to.
        """
        answer = self._reading()
        if not 0 <= points <= answer.question.max_points:
            most = f"{answer.question.max_points:g}"
            raise KitError("grading_class.points-range", points=f"{points:g}", most=most)
        if 0 in self.levels:
            raise KitError("grading_class.level-open", criterion=self.levels.index(0) + 1)
        mark = Mark(float(points), self.levels, comment.strip())
        self._gradebook.mark(answer.result, answer.question, mark)
        self.answers[self.at] = Answer(answer.result, answer.question, mark)
        after = [*range(self.at + 1, len(self.answers)), *range(self.at)]
        open_ = (number for number in after if self.answers[number].mark is None)
        self.go(next(open_, len(self.answers)))

    def go(self, number: int) -> None:
        """Turn to an answer, counted from 0, without a mark for the present one."""
        self.at = max(0, min(number, len(self.answers)))
        self._begin()

    def _reading(self) -> Answer:
        if self.current is None:
            raise KitError("grading_class.all-read")
        return self.current

    def _begin(self) -> None:
        mark = self.current.mark if self.current else None
        self._levels = dict(enumerate(mark.levels)) if mark else {}


def _waiting(every: Sequence[Standing], again: bool) -> list[Answer]:
    found = [
        Answer(standing.result, line.result, line.mark)
        for standing in every
        for line in standing.lines
        if _to_read(line, again)
    ]
    # By digest: an order that is always the same and says nothing of the author.
    return sorted(found, key=lambda one: (one.question.question, digest_of(one.question.answer)))


def _to_read(line: Line, again: bool) -> bool:
    return line.result.outcome == AWAITING and (again or line.mark is None)
