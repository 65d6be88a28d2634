"""Every way a conversation can go, and how well each can still end.

The states of a scenario are enumerated once. Two states that differ only in what nothing later asks
for are one, which keeps the atlas of a scenario at some thousand states.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import product

from kdcourse.practice.roleplay.rules import State, Step, offered, opening, score, take
from kdcourse.practice.roleplay.scenario import Scenario
from kdcourse.texts import KitError

#: A scenario with more states is too large to be judged, and to be played through by a learner.
MOST_STATES = 150_000


class Atlas:
    """The states of a scenario that can be reached.

    Attributes:
        scenario: Whose.
        states: All of them; a state's number is its place.
        steps: Of each state, the moves that can be made there and what they do.
        after: Of each state, the numbers of the states its moves lead to.
        starts: The states that a day can begin with, and how likely each is.

    Args:
        scenario: The scenario.
        begin: Where to begin; default: every state that a day can begin with.

    Raises:
        KitError: There are too many states.
    """

    def __init__(self, scenario: Scenario, begin: Iterable[State] | None = None) -> None:
        self.scenario = scenario
        self._relevant = relevant_words(scenario)
        self._numbers: dict[State, int] = {}
        self._came: list[tuple[int, str]] = []
        self.states: list[State] = []
        self.steps: list[list[Step]] = []
        self.after: list[list[int]] = []
        chances = [(s, 1.0) for s in begin] if begin is not None else _days(scenario)
        self.starts = [(self._number(state, -1, ""), chance) for state, chance in chances]
        self._explore()

    def number(self, state: State) -> int:
        """Return the number of a state."""
        return self._numbers[self._plain(state)]

    def way(self, number: int) -> list[str]:
        """Return the moves of a shortest way to a state."""
        moves = []
        while number >= 0:
            number, move = self._came[number]
            moves.append(move)
        return moves[-2::-1]

    @cached_property
    def order(self) -> list[int]:
        """Return the states such that each comes after all that follow it, loops apart."""
        done: list[int] = []
        seen = [False] * len(self.states)
        for start, _ in self.starts:
            waiting = [(start, 0)]
            while waiting:
                here, next_ = waiting.pop()
                if not next_ and seen[here]:
                    continue
                seen[here] = True
                if next_ < len(self.after[here]):
                    waiting.append((here, next_ + 1))
                    if not seen[self.after[here][next_]]:
                        waiting.append((self.after[here][next_], 0))
                else:
                    done.append(here)
        return done

    @cached_property
    def loop(self) -> list[int]:
        """Return states that can follow each other for ever; none in a sound scenario."""
        place = {state: number for number, state in enumerate(self.order)}
        return [s for s in self.order if any(place[t] >= place[s] for t in self.after[s])]

    @cached_property
    def best(self) -> list[float]:
        """Return the best score that each state can still end with."""
        return self.best_without("")

    def best_without(self, move: str) -> list[float]:
        """Return the best score that each state can still end with if ``move`` is never made."""
        values = [0.0] * len(self.states)
        for here in self.order:
            if self.states[here].ending:
                values[here] = score(self.scenario, self.states[here])
                continue
            steps = zip(self.steps[here], self.after[here], strict=True)
            values[here] = max((values[t] for s, t in steps if s.move.id != move), default=0.0)
        return values

    def lengths(self, longest: bool) -> list[int]:
        """Return how many moves each state is away from an end, at most or at least."""
        far = [0] * len(self.states)
        choose = max if longest else min
        for here in self.order:
            if self.after[here]:
                far[here] = 1 + choose(far[t] for t in self.after[here])
        return far

    def _explore(self) -> None:
        while len(self.steps) < len(self.states):
            state = self.states[len(self.steps)]
            steps = [take(self.scenario, state, move) for move in offered(self.scenario, state)]
            self.steps.append(steps)
            here = len(self.after)
            self.after.append([self._number(s.after, here, s.move.id) for s in steps])
            if len(self.states) > MOST_STATES:
                raise KitError("roleplay.too-large", name=self.scenario.name, most=MOST_STATES)

    def _number(self, state: State, parent: int, move: str) -> int:
        plain = self._plain(state)
        if plain not in self._numbers:
            self._numbers[plain] = len(self.states)
            self.states.append(plain)
            self._came.append((parent, move))
        return self._numbers[plain]

    def _plain(self, state: State) -> State:
        """Return a state without what nothing after it asks for."""
        if state.ending:
            return State("", state.meters, frozenset(), state.ending)
        return State(state.scene, state.meters, state.words & self._relevant[state.scene])


def relevant_words(scenario: Scenario) -> dict[str, frozenset[str]]:
    """Return, per scene, the words that anything from there on asks for."""
    own: dict[str, set[str]] = {}
    following: dict[str, set[str]] = {}
    always = {w for e in scenario.endings.values() if e.when for w in e.when.words}
    for name, scene in scenario.scenes.items():
        moves = [scenario.moves[move] for move in scene.moves]
        replies = [reply for move in moves for reply in move.replies]
        own[name] = {move.id for move in moves if not move.again} | always
        own[name] |= {word for move in moves for word in move.when.words}
        own[name] |= {word for reply in replies for word in reply.when.words}
        following[name] = {reply.go for reply in replies if reply.go in scenario.scenes}
    for _ in scenario.scenes:
        for name, after in following.items():
            own[name] |= {word for later in after for word in own[later]}
    return {name: frozenset(words) for name, words in own.items()}


def _days(scenario: Scenario) -> list[tuple[State, float]]:
    """Return the states that a day can begin with, and how likely each is."""
    days = []
    for drawn in product((False, True), repeat=len(scenario.luck)):
        chance, luck = 1.0, []
        for has, its in zip(drawn, scenario.luck.values(), strict=True):
            chance *= its.chance if has else 1 - its.chance
            luck += [its.id] if has else []
        days.append((opening(scenario, luck), chance))
    return days
