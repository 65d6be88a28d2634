"""What can be learnt from a conversation that has ended: which move cost or won what, and why.

Each move is held against the best that was still possible: the atlas of the same day knows how well
every state can end. Luck is the same for all of it, so the difference is what the move caused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kdcourse.practice.roleplay.atlas import Atlas
from kdcourse.practice.roleplay.reading import skills
from kdcourse.practice.roleplay.rules import Step, opening, readings
from kdcourse.practice.roleplay.scenario import Fact, Move, Scenario
from kdcourse.practice.roleplay.session import Play
from kdcourse.texts import KitError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Judged:
    """What one move did.

    Attributes:
        step: The move and what followed.
        changes: By how much it moved each meter; those it left alone are absent.
        learned: Facts it brought to light.
        before: The best score that was possible before it.
        after: The best score that is possible after it.
        ahead: By how much ``after`` is above the mean of the other moves.
        better: A move that would have kept ``before``; None if this one did.
    """

    step: Step
    changes: dict[str, int]
    learned: tuple[Fact, ...]
    before: float
    after: float
    ahead: float
    better: Move | None

    @property
    def cost(self) -> float:
        """By how much it lowered what is still possible."""
        return round(self.before - self.after, 1)


@dataclass(frozen=True)
class Debrief:
    """A conversation looked back on.

    Attributes:
        play: The conversation.
        moves: What each move did.
        model: A good conversation: the moves of the scenario's author.
    """

    play: Play
    moves: tuple[Judged, ...]
    model: Play

    @property
    def costliest(self) -> int | None:
        """Number of the move that cost most, from 1; None if none cost anything."""
        costs = [move.cost for move in self.moves]
        return 1 + costs.index(max(costs)) if costs and max(costs) > 0 else None

    @property
    def found(self) -> list[Fact]:
        """Facts that came to light."""
        facts = self.play.scenario.facts.values()
        return [fact for fact in facts if fact.id in self.play.state.words]

    @property
    def missed(self) -> list[Fact]:
        """Facts that did not."""
        facts = self.play.scenario.facts.values()
        return [fact for fact in facts if fact.id not in self.play.state.words]

    @property
    def skills(self) -> dict[str, int]:
        """How often each skill was used, in the order of the list of skills."""
        used = Counter(skill for step in self.play.steps for skill in step.move.skills)
        return {skill: used[skill] for skill in skills() if used[skill]}

    def meters(self) -> pd.DataFrame:
        """Return the meters after each move, a row for the opening first."""
        import pandas as pd

        rows = [readings(self.play.scenario, state) for state in self.play.states]
        return pd.DataFrame(rows, index=pd.RangeIndex(len(rows), name="turn")).reset_index()

    def figure(self) -> None:
        """Draw the meters over the conversation."""
        from kdcourse.plots import line, use_style

        use_style()
        # As words, the numbers of the moves are marked one by one, without halves.
        frame = self.meters().astype({"turn": str})
        line(frame, "turn", list(self.play.scenario.meters), "roleplay.meters")

    def __repr__(self) -> str:
        from kdcourse.practice.roleplay.wording import debrief_text

        return debrief_text(self)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from kdcourse.practice.roleplay.wording import debrief_html, debrief_text

        show: Any = display
        show({"text/html": debrief_html(self), "text/plain": debrief_text(self)}, raw=True)
        self.figure()


def debrief(play: Play) -> Debrief:
    """Look back on a conversation.

    Raises:
        KitError: It has not ended yet.
    """
    if not play.over:
        raise KitError("roleplay.not-over", turns=len(play.steps))
    atlas = atlas_of(play.scenario, play.states[0].words)
    judged = tuple(_judged(play.scenario, atlas, step) for step in play.steps)
    return Debrief(play, judged, model_play(play))


def model_play(play: Play) -> Play:
    """Return the conversation the author holds up as good, on the same day."""
    return play.choose(play.scenario.model)


@lru_cache(maxsize=8)
def atlas_of(scenario: Scenario, luck: frozenset[str]) -> Atlas:
    """Return all ways that a conversation can go on a day with such luck; takes half a second."""
    return Atlas(scenario, [opening(scenario, luck)])


def _judged(scenario: Scenario, atlas: Atlas, step: Step) -> Judged:
    number = atlas.number(step.before)
    options = zip(atlas.steps[number], atlas.after[number], strict=True)
    values = {other.move.id: atlas.best[after] for other, after in options}
    own = values.pop(step.move.id)
    best = max([own, *values.values()])
    kept = [scenario.moves[name] for name, value in values.items() if value == best > own]
    before, after = readings(scenario, step.before), readings(scenario, step.after)
    return Judged(
        step,
        {name: after[name] - before[name] for name in before if after[name] != before[name]},
        tuple(scenario.facts[fact] for fact in step.learned),
        best,
        own,
        round(own - sum(values.values()) / len(values), 1) if values else 0.0,
        min(kept, key=lambda move: (_slips(move), move.id not in scenario.model), default=None),
    )


def _slips(move: Move) -> int:
    """Return how many of the skills of a move are slips: they are not what one should learn."""
    known = skills()
    return sum(bool(known[skill].get("slip")) for skill in move.skills)
