"""A role play under way: what was said so far, and what can be said next. Knows nothing of widgets.

What the learner plays is written into the journal move by move, so that it is found again after the
cell is run again, or the kernel has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from kdcourse.practice.roleplay.reading import load_scenario
from kdcourse.practice.roleplay.rules import (
    State,
    Step,
    lucky,
    offered,
    opening,
    readings,
    score,
    take,
)
from kdcourse.practice.roleplay.scenario import FULL, Change, Line, Move, Scenario
from kdcourse.progress.journal import here, record
from kdcourse.texts import KitError

if TYPE_CHECKING:
    from kdcourse.practice.roleplay.debrief import Debrief

#: The day that everybody plays unless they ask for another.
FIRST_DAY = 1


class Clicked(str):
    """A move that was clicked: the journal has it and no notebook, wherever the word goes."""

    __slots__ = ()
    clicked = True


@dataclass
class Play:
    """One conversation.

    Attributes:
        scenario: Which.
        seed: The day; the same day has the same luck.
        steps: What was done so far.
        recorded: Whether it is written into the journal.
        copied: Whether moves were taken over from one that is.
    """

    scenario: Scenario
    seed: int = FIRST_DAY
    recorded: bool = False
    steps: list[Step] = field(default_factory=list)
    copied: bool = False
    _view: Any = field(default=None, repr=False)

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.steps[-1].after if self.steps else self._begin

    @property
    def options(self) -> list[Move]:
        """What can be said now, in the order it is shown; nothing after the end."""
        return offered(self.scenario, self.state)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return bool(self.state.ending)

    @property
    def moves(self) -> list[str]:
        """The moves so far."""
        moves = [step.move.id for step in self.steps]
        return list(map(Clicked, moves)) if self.recorded or self.copied else moves

    @property
    def score(self) -> float:
        """Its points, 0 to 100; 0 before its end."""
        return score(self.scenario, self.state)

    @property
    def states(self) -> list[State]:
        """All states so far, the opening's first."""
        return [self._begin, *(step.after for step in self.steps)]

    @property
    def changes(self) -> list[Change]:
        """What its end changes in the CRM; nothing before."""
        if not self.over:
            return []
        meters, words = readings(self.scenario, self.state), self.state.words
        crm = self.scenario.endings[self.state.ending].crm
        return [change for change in crm if change.when.holds(meters, words)]

    def make(self, move: str) -> None:
        """Make a move.

        Raises:
            KitError: It can't be made now; names what can.
        """
        self._make(move)
        if self.recorded:
            record("play", self._label, f"move:{move}")
            if self.over:
                record("play", self._label, f"end:{self.state.ending}", self.score, FULL)

    def back_to(self, turn: int) -> None:
        """Take back all moves after the first ``turn``."""
        if not 0 <= turn <= len(self.steps):
            raise KitError("roleplay.no-such-turn", turn=turn, turns=len(self.steps))
        del self.steps[turn:]
        if self.recorded:
            record("play", self._label, f"back:{turn}")

    def choose(self, moves: Iterable[str]) -> Play:
        """Play these moves from the opening of the same day, apart from what was clicked.

        Raises:
            KitError: One of them can't be made at its place; names what can.
        """
        # A single text would be taken letter by letter.
        given = [moves] if isinstance(moves, str) else list(moves)
        other = Play(self.scenario, self.seed)
        other.copied = any(isinstance(move, Clicked) for move in given)
        for move in given:
            other.make(move)
        return other

    def spoken(self, state: State, new: bool) -> Line | None:
        """Return what the customer says on coming to a scene; nothing if they have been there."""
        lines = self.scenario.scenes[state.scene].lines
        meters = readings(self.scenario, state)
        said = (line for line in lines if line.when.holds(meters, state.words))
        return next(said, None) if new and not state.ending else None

    def script(self) -> list[tuple[str, Mapping[str, str]]]:
        """Return all that was said: who, ``"customer"``, ``"learner"`` or ``"story"``, and what."""
        said: list[tuple[str, Mapping[str, str]]] = []
        for luck in self.scenario.luck.values():
            if luck.id in self._begin.words and luck.text:
                said.append(("story", luck.text))
        if line := self.spoken(self._begin, True):
            said.append(("customer", line.text))
        visited = {self._begin.scene}
        for step in self.steps:
            said.append(("learner", step.move.text))
            if step.reply.text:
                said.append(("customer", step.reply.text))
            if line := self.spoken(step.after, step.after.scene not in visited):
                said.append(("customer", line.text))
            visited.add(step.after.scene)
        if self.over:
            said.append(("story", self.scenario.endings[self.state.ending].text))
        return said

    def transcript(self) -> dict[str, Any]:
        """Return the conversation as plain data, from which :func:`replay` makes it again.

        Of one that was clicked it says so: whoever runs the same line elsewhere finds it empty.
        """
        turns = []
        for step in self.steps:
            turns.append(
                {"speaker": "learner", "move": step.move.id, "skills": [*step.move.skills]}
            )
            turns.append({"speaker": "customer", "reveals": [*step.learned]})
        whole = {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "turns": turns,
            "meters": readings(self.scenario, self.state),
            "ending": self.state.ending or None,
        }
        return whole | {"clicked": True} if turns and (self.recorded or self.copied) else whole

    def debrief(self) -> Debrief:
        """Return what can be learnt from it.

        Raises:
            KitError: It has not ended yet.
        """
        from kdcourse.practice.roleplay.debrief import debrief

        return debrief(self)

    @property
    def _begin(self) -> State:
        return opening(self.scenario, lucky(self.scenario, self.seed))

    @property
    def _label(self) -> str:
        name = self.scenario.name
        return name if self.seed == FIRST_DAY else f"{name}#{self.seed}"

    def _make(self, move: str) -> None:
        options = {option.id: option for option in self.options}
        if self.over:
            raise KitError("roleplay.over", move=move, turns=len(self.steps))
        if move not in options:
            near = get_close_matches(str(move), options, n=1, cutoff=0.7)
            raise KitError(
                "roleplay.no-such-move",
                move=move,
                turn=len(self.steps) + 1,
                options=", ".join(near or options),
            )
        self.steps.append(take(self.scenario, self.state, options[move]))

    def __repr__(self) -> str:
        from kdcourse.practice.roleplay.wording import as_text

        return as_text(self)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        from kdcourse.practice.roleplay.view import mimebundle

        return mimebundle(self)


#: Conversations of this kernel, by scenario and day.
_PLAYS: dict[tuple[str, int], Play] = {}


def play(name: str, seed: int = FIRST_DAY) -> Play:
    """Begin a role play, or go on with it where it was left.

    Args:
        name: Its name, ``"3.2.hidden-problem"``.
        seed: Another day, with other luck.

    Raises:
        KitError: There is no such role play.
    """
    scenario = load_scenario(name)
    if type(seed) is not int or seed < 0:
        raise KitError("roleplay.no-such-day", seed=seed)
    if (name, seed) not in _PLAYS:
        _PLAYS[name, seed] = _remembered(Play(scenario, seed))
    return _PLAYS[name, seed]


def replay(transcript: object, load: Callable[[str], Scenario] = load_scenario) -> Play:
    """Play a transcript again and compare what comes of it with what it says.

    Args:
        transcript: What :meth:`Play.transcript` returned.
        load: Gives a scenario by its name.

    Raises:
        KitError: It is no transcript, or does not come out as it says; names the turn.
    """
    if not isinstance(transcript, Mapping) or not isinstance(transcript.get("turns"), list):
        raise KitError("roleplay.no-transcript")
    given, seed = transcript["turns"], transcript.get("seed")
    if type(seed) is not int or not all(isinstance(turn, Mapping) for turn in given):
        raise KitError("roleplay.no-transcript")
    again = Play(load(str(transcript.get("scenario"))), seed)
    for turn in given:
        if turn.get("speaker") == "learner":
            again.make(str(turn.get("move")))
    wanted = again.transcript()
    for number, (one, other) in enumerate(zip(given, wanted["turns"], strict=False), 1):
        if dict(one) != other:
            raise KitError("roleplay.edited-turn", turn=number)
    for part, value in wanted.items():
        if transcript.get(part) != value:
            raise KitError("roleplay.edited-part", part=part)
    return again


def _remembered(fresh: Play) -> Play:
    """Bring a play to where the journal left it; if its scenario has changed, to the start."""
    fresh.recorded = True
    label = fresh._label
    try:
        results = [e.result for e in here().events() if e.kind == "play" and e.name == label]
        for result in results:
            kind, _, what = result.partition(":")
            if kind == "move":
                fresh._make(what)
            elif kind == "back":
                del fresh.steps[int(what) :]
    except (KitError, ValueError):
        fresh.steps.clear()
    return fresh
