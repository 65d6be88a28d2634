"""check, hint and solution: what a learner calls, and what a kernel remembers of it."""

from __future__ import annotations

from collections.abc import Callable

from kdcourse.checks.catalogue import find_question
from kdcourse.checks.questions import Answers, Exercise, Question
from kdcourse.checks.solved import solution_of
from kdcourse.checks.values import said
from kdcourse.checks.verdict import Outcome, Verdict
from kdcourse.checks.view import Checked, Note
from kdcourse.course import course_root
from kdcourse.data import Loader, load
from kdcourse.progress.journal import record, tried
from kdcourse.texts import KitError, language, pick, say

LEVELS = ("nudge", "plan", "code")

_LEFT_OUT = object()


class Session:
    """What one learner has asked for since the lesson began; in a workspace it is written down.

    Args:
        load: Gives the learner's data.
        find: Gives the question of an id.
    """

    def __init__(
        self,
        load: Loader,
        find: Callable[[str], tuple[Exercise, Question]] = find_question,
    ) -> None:
        self._load = load
        self._find = find
        self._answers: dict[str, Answers] = {}
        self._tried: set[str] = set()
        self._hints: dict[str, int] = {}

    def check(self, question_id: str, answer: object = _LEFT_OUT) -> Checked:
        """Check an answer; see :func:`check`."""
        exercise, question = self._find(question_id)
        verdict = self._verdict(exercise, question, answer)
        if verdict.outcome is not Outcome.NOT_ATTEMPTED:
            self._tried.add(verdict.question)
            record("check", verdict.question, verdict.outcome, verdict.points, verdict.max_points)
        return Checked(verdict, exercise.texts(question.name))

    def hint(self, question_id: str, level: int | None = None) -> Note:
        """Give the next hint; see :func:`hint`."""
        exercise, question = self._find(question_id)
        if level is None:
            level = min(self._hints.get(question_id, 0) + 1, len(LEVELS))
        if not isinstance(level, int) or not 1 <= level <= len(LEVELS):
            raise KitError("check.hint-level", levels=len(LEVELS))
        self._hints[question_id] = level
        text = pick(exercise.texts(question.name)["hints"][LEVELS[level - 1]])
        record("hint", f"{exercise.name}.{question.name}", LEVELS[level - 1])
        return Note(say("check.hint", level=level, levels=len(LEVELS)), text)

    def solution(self, question_id: str) -> Note:
        """Show the solution; see :func:`solution`."""
        exercise, question = self._find(question_id)
        full_id = f"{exercise.name}.{question.name}"
        if full_id not in self._tried and not tried(full_id):
            raise KitError("check.try-first", id=full_id, answer=question.answer)
        told = solution_of(full_id, course_root() / "solutions" / language())
        record("solution", full_id)
        return Note(say("check.solution"), told)

    def _verdict(self, exercise: Exercise, question: Question, answer: object) -> Verdict:
        if answer is _LEFT_OUT:
            return exercise.unjudged(
                question,
                Outcome.NOT_ATTEMPTED,
                "answer-left-out",
                id=f"{exercise.name}.{question.name}",
            )
        unchecked = Outcome.CANNOT_BE_CHECKED
        try:
            answers = self._expected(exercise, question)
        except KitError as fault:
            return exercise.unjudged(question, unchecked, "data-fault", why=said(fault))
        except Exception as fault:
            kind = type(fault).__name__
            return exercise.unjudged(question, unchecked, "own-fault", fault=kind)
        return exercise.verdict(question, answer, answers)

    def _expected(self, exercise: Exercise, question: Question) -> Answers:
        key = f"{exercise.name}.{question.name}"
        if key not in self._answers:
            self._answers[key] = exercise.answers(question, self._load)
        return self._answers[key]


_session: Session | None = None


def begin() -> None:
    """Forget tries, hints and expected answers: a lesson begins."""
    global _session
    _session = None


def _current() -> Session:
    global _session
    if _session is None:
        _session = Session(load)
    return _session


def check(question_id: str, answer: object = _LEFT_OUT) -> Checked:
    """Check your answer to a question.

    Args:
        question_id: ``"1.1.q2"``, as it stands in the check cell.
        answer: Your variable.

    Returns:
        One of five outcomes, in words: correct, partly correct, incorrect, not attempted, cannot
        be checked.

    Raises:
        KitError: There is no such question.
    """
    return _current().check(question_id, answer)


def hint(question_id: str, level: int | None = None) -> Note:
    """Get a hint: a nudge, then a plan, then nearly the code; one further at each call.

    Args:
        question_id: ``"1.1.q2"``.
        level: 1, 2 or 3 to choose one.

    Raises:
        KitError: There is no such question or level.
    """
    return _current().hint(question_id, level)


def solution(question_id: str) -> Note:
    """Show the solution of a question you have tried.

    Args:
        question_id: ``"1.1.q2"``.

    Raises:
        KitError: There is no such question, or it hasn't been tried yet: in this lesson or, in
            a workspace, ever.
    """
    return _current().solution(question_id)
