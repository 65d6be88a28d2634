"""The rules of a role play: where it begins, what can be said, and what follows. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kdcourse.practice.roleplay.scenario import FULL, Effects, Ending, Move, Reply, Scenario
from kdcourse.world.streams import Streams

#: Of a score's hundred points, those for the ending; the others are for the trust that is left.
FOR_ENDING = 0.8


@dataclass(frozen=True, slots=True)
class State:
    """All that the rest of a conversation depends on.

    Attributes:
        scene: Where it stands.
        meters: Values in the order of the scenario's meters.
        words: Facts known, moves made and the day's luck.
        ending: How it ended; empty while it goes on.
    """

    scene: str
    meters: tuple[int, ...]
    words: frozenset[str]
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one move did.

    Attributes:
        move: The move.
        reply: What followed.
        before: The state it was made in.
        after: The state it led to.
    """

    move: Move
    reply: Reply
    before: State
    after: State

    @property
    def learned(self) -> tuple[str, ...]:
        """Facts that were not known before."""
        return tuple(f for f in self.reply.reveals if f not in self.before.words)


def lucky(scenario: Scenario, seed: int) -> frozenset[str]:
    """Return what luck a day has; the same on the same day, whatever is said."""
    luck = Streams(seed)
    return frozenset(
        name
        for name, its in scenario.luck.items()
        if float(luck.uniform(f"roleplay/{scenario.name}/{name}", 0)) < its.chance
    )


def opening(scenario: Scenario, luck: Iterable[str]) -> State:
    """Return the state a conversation begins in on a day with such luck."""
    meters = dict(scenario.meters)
    for name in luck:
        meters = _moved(meters, scenario.luck[name].effects)
    return State(scenario.start, tuple(meters.values()), frozenset(luck))


def offered(scenario: Scenario, state: State) -> list[Move]:
    """Return the moves that can be made, in the order they are shown; none after the end."""
    if state.ending:
        return []
    meters = readings(scenario, state)
    return [
        move
        for move in scenario.shown[state.scene]
        if (move.again or move.id not in state.words) and move.when.holds(meters, state.words)
    ]


def take(scenario: Scenario, state: State, move: Move) -> Step:
    """Return what a move does; it has to be one that is offered."""
    before = readings(scenario, state)
    reply = next(r for r in move.replies if r.when.holds(before, state.words))
    meters = _moved(before, reply.effects)
    words = state.words | {move.id, *reply.reveals}
    # Patience that runs out ends a conversation wherever the move would have led.
    goal = next((e.id for e in scenario.forced if _holds(e, meters, words)), reply.go)
    ending = goal if goal in scenario.endings else ""
    scene = state.scene if ending or not goal else goal
    return Step(move, reply, state, State(scene, tuple(meters.values()), words, ending))


def readings(scenario: Scenario, state: State) -> dict[str, int]:
    """Return the meters by name."""
    return dict(zip(scenario.meters, state.meters, strict=True))


def score(scenario: Scenario, state: State) -> float:
    """Return the points of a conversation that has ended, 0 to 100; 0 before its end."""
    if not state.ending:
        return 0.0
    trust = readings(scenario, state)["trust"]
    worth = scenario.endings[state.ending].worth
    return round(FOR_ENDING * worth + (1 - FOR_ENDING) * trust, 1)


def _moved(meters: Mapping[str, int], effects: Effects) -> dict[str, int]:
    if not effects:
        return dict(meters)
    return {name: min(FULL, max(0, v + effects.get(name, 0))) for name, v in meters.items()}


def _holds(ending: Ending, meters: Mapping[str, int], words: frozenset[str]) -> bool:
    return ending.when is not None and ending.when.holds(meters, words)
