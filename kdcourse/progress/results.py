"""What a journal's events come to: how each question, quiz item and role play went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kdcourse.progress.journal import Event

#: The outcomes of a check, from the least to the best.
OUTCOMES = ("cannot-be-checked", "incorrect", "partly-correct", "correct")


@dataclass
class QuestionResult:
    """How one question of an exercise went.

    Attributes:
        outcome: The best so far; empty before the first try.
        points: The most that was reached before the solution was seen.
        max_points: What the question is worth.
        tries: Checks up to the first correct one; running it again later adds none.
        hints: How many of its hints were read.
        solution_seen: Whether the solution was shown.
        first: When it was first tried or helped with, UTC, ISO 8601.
        last: When it last was.
    """

    outcome: str = ""
    points: float = 0.0
    max_points: float = 0.0
    tries: int = 0
    hints: int = 0
    solution_seen: bool = False
    first: str = ""
    last: str = ""
    _levels: set[str] = field(default_factory=set, repr=False)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: it is correct, or the solution was seen after a try."""
        return self.outcome == "correct" or self.solution_seen

    def add(self, event: Event) -> None:
        """Take in one more event."""
        self.first = self.first or event.at
        self.last = event.at
        if event.kind == "hint":
            self._levels.add(event.result)
            self.hints = len(self._levels)
        elif event.kind == "solution":
            self.solution_seen = True
        else:
            self._add_check(event)

    def _add_check(self, event: Event) -> None:
        self.tries += self.outcome != "correct"
        self.outcome = max(self.outcome, event.result, key=_rank)
        self.max_points = event.max_points or self.max_points
        if not self.solution_seen:
            self.points = max(self.points, event.points or 0.0)


@dataclass
class ItemResult:
    """How one item of a quiz went.

    Attributes:
        first_right: Whether the first answer was right.
        right: Whether any was.
        tries: Answers up to the first right one.
        first: When it was first answered, UTC, ISO 8601.
        last: When it last was.
    """

    first_right: bool = False
    right: bool = False
    tries: int = 0
    first: str = ""
    last: str = ""

    def add(self, event: Event) -> None:
        """Take in one more answer."""
        right = event.result == "right"
        self.first_right = self.first_right or (right and not self.tries)
        self.tries += not self.right
        self.right = self.right or right
        self.first = self.first or event.at
        self.last = event.at


@dataclass
class DoingResult:
    """How one role play or simulation went.

    Attributes:
        steps: The most moves or decisions that ever stood, without what was taken back.
        ends: How often it came to an end; a simulation has none.
        best: The most points that an end brought; None before.
        first: When it was begun, UTC, ISO 8601.
        last: When it was last worked on.
    """

    steps: int = 0
    ends: int = 0
    best: float | None = None
    first: str = ""
    last: str = ""
    _now: int = field(default=0, repr=False)

    def add(self, event: Event) -> None:
        """Take in one more move, decision, end or step back."""
        self.first = self.first or event.at
        self.last = event.at
        what, _, rest = event.result.partition(":")
        if what in ("move", "decide"):
            self._now += 1
            self.steps = max(self.steps, self._now)
        elif what == "back" and rest.isdecimal():
            self._now = min(self._now, int(rest))
        elif what == "end":
            self.ends += 1
            self.best = max(self.best or 0.0, event.points or 0.0)


@dataclass(frozen=True)
class Results:
    """All that was done so far.

    Attributes:
        begun: When each notebook was first run, by kind (``"lesson"``, ``"exercise"``) and name.
        questions: By full id, ``"1.1.q2"``.
        items: By quiz and item, ``"1.1/break"``.
        doings: Role plays and simulations by kind (``"play"``, ``"simulate"``) and name; on another
            day of the world than the first with its seed, ``"3.2.hidden-problem#2"``.
    """

    begun: dict[tuple[str, str], str] = field(default_factory=dict)
    questions: dict[str, QuestionResult] = field(default_factory=dict)
    items: dict[str, ItemResult] = field(default_factory=dict)
    doings: dict[tuple[str, str], DoingResult] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.begun or self.questions or self.items or self.doings)


def summarise(events: Iterable[Event]) -> Results:
    """Return what events, oldest first, come to. Kinds that a later kit may add are left out."""
    results = Results()
    for event in events:
        match event.kind:
            case "begun":
                results.begun.setdefault((event.result, event.name), event.at)
            case "quiz":
                results.items.setdefault(event.name, ItemResult()).add(event)
            case "play" | "simulate":
                results.doings.setdefault((event.kind, event.name), DoingResult()).add(event)
            case "check" | "hint" | "solution":
                results.questions.setdefault(event.name, QuestionResult()).add(event)
    return results


def _rank(outcome: str) -> int:
    return OUTCOMES.index(outcome) if outcome in OUTCOMES else -1
