"""The unit of work of grading: one submission in, one result out, both plain data."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: What can be said of an answer; ``awaiting`` means that a person has to read it.
OUTCOMES = (
    "correct",
    "partly",
    "incorrect",
    "not_attempted",
    "error",
    "timeout",
    "limit",
    "hard_coded",
    "awaiting",
)

MIB = 1 << 20


@dataclass(frozen=True)
class Submission:
    """One notebook handed in: bytes that nobody has looked at, never trusted.

    Attributes:
        learner: Who.
        assignment: Which exercise: ``"1.1"``, or the notebook's name, ``"1.1-parcel-market"``.
        notebook: The file.
        name: Its name as found.
    """

    learner: str
    assignment: str
    notebook: bytes
    name: str

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold; the notebook as base64."""
        return asdict(self) | {"notebook": b64encode(self.notebook).decode("ascii")}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Submission:
        """Return what :meth:`to_plain` was made from."""
        return cls(**{**plain, "notebook": b64decode(plain["notebook"])})


@dataclass(frozen=True)
class Worlds:
    """The two worlds an answer is judged on.

    Attributes:
        own_seed: Seed of the learner's own world, whose data they had.
        unseen_seed: Seed of a world that no learner has seen.
    """

    own_seed: int
    unseen_seed: int

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Worlds:
        """Return what :meth:`to_plain` was made from."""
        return cls(**plain)


@dataclass(frozen=True)
class Limits:
    """What a submission may use, on each of the two worlds.

    Attributes:
        cell_seconds: Time for one cell.
        total_seconds: Time for all cells together, starting again after a stuck cell included.
        memory: Address space, bytes.
        disk: What all files together may hold, bytes.
        files: How many files may be made.
        output: How much a cell may print, bytes.
        answers: How much all answers together may take on their way out, bytes.
        notebook: Size of the notebook, bytes.
    """

    cell_seconds: float = 20.0
    total_seconds: float = 120.0
    memory: int = 3072 * MIB
    disk: int = 64 * MIB
    files: int = 500
    output: int = 4 * MIB
    answers: int = 8 * MIB
    notebook: int = 128 * MIB

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Limits:
        """Return what :meth:`to_plain` was made from."""
        return cls(**plain)


@dataclass(frozen=True)
class QuestionResult:
    """What came of one question.

    Attributes:
        question: Its id, ``"1.1.q2"``.
        outcome: One of :data:`OUTCOMES`.
        points: Reached; 0 while a person has yet to read the answer.
        max_points: Of how many.
        message: What to say, in the learner's language; nothing of the unseen world.
        slip: Name of the known wrong answer it is, if it is one.
        seconds: Time that the answer's cell took on the learner's own world.
        answer: The answer on the learner's own world as shown to people, or the written text; cut
            off where it is long.
    """

    question: str
    outcome: str
    points: float
    max_points: float
    message: str
    slip: str | None
    seconds: float
    answer: str

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> QuestionResult:
        """Return what :meth:`to_plain` was made from."""
        return cls(**plain)


@dataclass(frozen=True)
class SubmissionResult:
    """What came of one submission.

    Attributes:
        learner: Who.
        assignment: Which exercise, as in the submission.
        digest: SHA-256 of the notebook, in hex.
        lang: The learner's language.
        questions: One per question of the exercise, in its order.
        notes: Sentences on the notebook as a whole, in the learner's language.
        locks: The locks that were on while it ran.
        seconds: Wall-clock time.
    """

    learner: str
    assignment: str
    digest: str
    lang: str
    questions: tuple[QuestionResult, ...]
    notes: tuple[str, ...]
    locks: tuple[str, ...]
    seconds: float

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        lists = {name: list(getattr(self, name)) for name in ("notes", "locks")}
        return asdict(self) | lists | {"questions": [q.to_plain() for q in self.questions]}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> SubmissionResult:
        """Return what :meth:`to_plain` was made from."""
        questions = tuple(map(QuestionResult.from_plain, plain["questions"]))
        lists = {name: tuple(plain[name]) for name in ("notes", "locks")}
        return cls(**{**plain, **lists, "questions": questions})


def grade_one(
    submission: Submission, worlds: Worlds, limits: Limits | None = None, *, trusted: bool = False
) -> SubmissionResult:
    """Run a notebook on both worlds and judge what it comes to.

    Whatever the notebook holds, this returns a result, and harms nobody else's.

    Args:
        submission: What was handed in.
        worlds: What it is judged on.
        limits: What it may use; default: those of :class:`Limits`.
        trusted: Run it even where nothing keeps it from doing harm.

    Raises:
        KitError: There is no such exercise, or this platform has no locks and ``trusted`` is off.
    """
    from kdcourse.grading.marking import mark

    return mark(submission, worlds, limits or Limits(), trusted=trusted)
