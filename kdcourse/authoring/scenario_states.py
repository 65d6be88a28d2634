"""A scenario with all that the rules for authors look at: its states, their values, its players."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from kdcourse.practice.roleplay.atlas import Atlas
from kdcourse.practice.roleplay.players import PLAYERS, Outcome, simulate
from kdcourse.practice.roleplay.scenario import Scenario


class Examined:
    """A scenario with what its rules look at.

    Attributes:
        scenario: The scenario.
        atlas: All its states.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.atlas = Atlas(scenario)

    @cached_property
    def highest(self) -> float:
        """The best score of all days, each as likely as it is."""
        return sum(self.atlas.best[start] * chance for start, chance in self.atlas.starts)

    @cached_property
    def outcomes(self) -> Mapping[str, Outcome]:
        """How players without sense do."""
        return {player: simulate(self.atlas, player) for player in PLAYERS}

    @cached_property
    def values(self) -> Mapping[str, list[Mapping[str, float]]]:
        """Per scene, the values of the moves in each of its states with a choice."""
        found: dict[str, list[Mapping[str, float]]] = defaultdict(list)
        for state, steps, after in zip(
            self.atlas.states, self.atlas.steps, self.atlas.after, strict=True
        ):
            if len(steps) > 1:
                pairs = zip(steps, after, strict=True)
                found[state.scene].append({s.move.id: self.atlas.best[t] for s, t in pairs})
        return found

    def way(self, number: int) -> str:
        """Return a shortest way to a state, to be read."""
        return " → ".join(self.atlas.way(number)) or "–"
