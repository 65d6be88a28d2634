"""Players without sense, ten thousand at a time: one at random, one after what pleases at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kdcourse.practice.roleplay.atlas import Atlas
from kdcourse.practice.roleplay.rules import Step, readings, score
from kdcourse.practice.roleplay.scenario import FEELINGS, Scenario
from kdcourse.world.streams import Streams

PLAYERS = ("random", "greedy")
#: More moves than any conversation has.
_FOR_EVER = 500


@dataclass(frozen=True)
class Outcome:
    """How many plays went.

    Attributes:
        scores: Points of each, (plays,).
        lengths: Moves of each, (plays,).
        endings: How many ended in which way; ``""`` for those that did not end.
    """

    scores: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    endings: dict[str, int]


def simulate(atlas: Atlas, player: str, plays: int = 10_000, seed: int = 1) -> Outcome:
    """Play a scenario many times, all plays at once.

    Args:
        atlas: Its states.
        player: ``"random"`` takes any move; ``"greedy"`` the one after which the customer's trust
            and patience stand highest, any of those if there are several.
        plays: How often.
        seed: For the luck of days and players.
    """
    luck = Streams(seed)
    names = np.arange(plays, dtype=np.uint64)
    starts, chances = zip(*atlas.starts, strict=True)
    here = np.asarray(starts)[luck.choice(f"player/{player}/day", chances, names)]
    after, choices = _tables(atlas, greedy=player == "greedy")
    lengths = np.zeros(plays, np.int64)
    for turn in range(_FOR_EVER):
        going = choices[here] > 0
        if not going.any():
            break
        draws = luck.uniform(f"player/{player}/move", names, turn)
        chosen = (draws * choices[here]).astype(np.int64)
        here = np.where(going, after[here, chosen], here)
        lengths += going
    points = np.asarray([score(atlas.scenario, state) for state in atlas.states])
    ends, counts = np.unique(
        np.asarray([state.ending for state in atlas.states])[here], return_counts=True
    )
    endings = {str(end): int(count) for end, count in zip(ends, counts, strict=True)}
    return Outcome(points[here], lengths, endings)


def pleasure(scenario: Scenario, step: Step) -> int:
    """Return how much a move raises the customer's trust and patience at once, added up."""
    before, after = readings(scenario, step.before), readings(scenario, step.after)
    return sum(after[feeling] - before[feeling] for feeling in FEELINGS)


def _tables(atlas: Atlas, greedy: bool) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where the choices of each state lead, (states, most choices), and their number."""
    rows: list[list[int]] = []
    for steps, after in zip(atlas.steps, atlas.after, strict=True):
        gains = [pleasure(atlas.scenario, step) for step in steps]
        rows.append(
            [t for t, gain in zip(after, gains, strict=True) if not greedy or gain == max(gains)]
        )
    table = np.zeros((len(rows), max(1, *map(len, rows))), np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table, np.asarray([len(row) for row in rows], np.int64)
