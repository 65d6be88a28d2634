"""A simulation under way: what was decided so far and what came of it. Knows nothing of widgets.

What the learner decides is written into the journal, so that it is found again after the cell is
run again, or the kernel has gone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from kdcourse.practice.simulations.result import Result
from kdcourse.practice.simulations.spec import SIMULATIONS, Settings, Spec, load_spec
from kdcourse.practice.simulations.worlds import SEED, seed_of
from kdcourse.progress.journal import here, record
from kdcourse.texts import KitError

#: Tries that are kept in sight, and brought back from the journal.
KEPT = 6


def compute(name: str, decisions: Sequence[Settings], seed: int) -> Result:
    """Return what comes of decisions, the last of which is judged.

    Args:
        name: Of a simulation.
        decisions: Whole settings, one per round; of a simulation without rounds only the last
            counts.
        seed: Whose luck they meet.

    Raises:
        KitError: The simulation refuses the decisions, because of their cost for instance.
    """
    result: Result = import_module(SIMULATIONS[name]).compute(decisions, seed)
    return result


@dataclass
class Simulation:
    """One simulation: tries beside each other, or decisions round after round.

    Attributes:
        spec: Which.
        seed: Whose luck it meets; who has the same seed can compare.
        recorded: Whether it is written into the journal.
        decisions: What was decided so far; of a simulation without rounds the latest tries.
    """

    spec: Spec
    seed: int = SEED
    recorded: bool = False
    decisions: list[Settings] = field(default_factory=list)
    _found: list[Result | None] = field(default_factory=list, repr=False)
    _view: Any = field(default=None, repr=False)

    @property
    def result(self) -> Result | None:
        """What came of the latest decision; None before the first."""
        return self._result(len(self.decisions) - 1) if self.decisions else None

    @property
    def results(self) -> list[Result]:
        """What came of each decision."""
        return [self._result(number) for number in range(len(self.decisions))]

    @property
    def settings(self) -> Settings:
        """What is decided now: the latest decision, or what the carrier does today."""
        return self.decisions[-1] if self.decisions else self.spec.today

    @property
    def over(self) -> bool:
        """Whether the last round is played; what has no rounds is never over."""
        return 1 < self.spec.rounds <= len(self.decisions)

    def decide(self, **settings: object) -> Result:
        """Decide, and see what comes of it; a control not named stays as it was.

        Raises:
            KitError: There is no such control or value, the simulation refuses the decision, or the
                last round is over. Nothing is changed then.
        """
        decided = self.spec.read(settings, self.settings)
        if self.over:
            raise KitError("simulation.over", rounds=self.spec.rounds)
        # Computed before it counts, so that what is refused leaves nothing half done.
        before = self.decisions if self.spec.rounds > 1 else []
        result = compute(self.spec.name, [*before, decided], self.seed)
        self._bring([*self.decisions, decided], [*self._found, result])
        if self.recorded:
            record("simulate", self._label, f"decide:{json.dumps(decided, ensure_ascii=False)}")
        return result

    def back_to(self, number: int) -> None:
        """Take back all decisions after the first ``number``."""
        if type(number) is not int or not 0 <= number <= len(self.decisions):
            raise KitError("simulation.no-such-round", number=number, rounds=len(self.decisions))
        self._bring(self.decisions[:number], self._found[:number])
        if self.recorded:
            record("simulate", self._label, f"back:{number}")

    def transcript(self) -> dict[str, Any]:
        """Return the simulation as plain data, from which :func:`replay` makes it again."""
        outcomes = self.result.now if self.result else {}
        return {
            "simulation": self.spec.name,
            "seed": self.seed,
            "decisions": [dict(decision) for decision in self.decisions],
            "outcomes": {name: round(value, 6) for name, value in outcomes.items()},
        }

    def report(self) -> Any:
        """Look back on the rounds: the branch's board report; else the last result.

        Raises:
            KitError: The last round is not played yet.
        """
        self._need_end()
        if self.spec.name == "branch":
            from kdcourse.practice.simulations.branch_report import report

            return report(self.decisions, self.seed)
        return self.result

    def submit(self, player: str, path: str | Path) -> Any:
        """Add this run to a class's leaderboard; return the leaderboard.

        Args:
            player: Who played.
            path: The CSV file; made if it isn't there.

        Raises:
            KitError: The last round is not played yet, or the file can't be written.
        """
        from kdcourse.practice.simulations.leaderboard import add, leaderboard

        self._need_end()
        assert self.result is not None
        add(Path(path), player, self.transcript(), next(iter(self.result.now.values())))
        return leaderboard(path, self.spec.name, self.seed)

    def _need_end(self) -> None:
        if not self.over:
            played, rounds = len(self.decisions), self.spec.rounds
            raise KitError("simulation.not-over", played=played, rounds=rounds)

    @property
    def _label(self) -> str:
        return self.spec.name if self.seed == SEED else f"{self.spec.name}#{self.seed}"

    def _result(self, number: int) -> Result:
        """Return what came of a decision, computed if it isn't known; see :func:`_brought_to`."""
        found = self._found[number]
        if found is None:
            first = 0 if self.spec.rounds > 1 else number
            found = compute(self.spec.name, self.decisions[first : number + 1], self.seed)
            self._found[number] = found
        return found

    def _bring(self, decisions: list[Settings], found: list[Result | None]) -> None:
        kept = slice(-KEPT, None) if self.spec.rounds == 1 else slice(None)
        self.decisions, self._found = decisions[kept], found[kept]

    def __repr__(self) -> str:
        from kdcourse.practice.simulations.wording import as_text

        return as_text(self)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        from kdcourse.practice.simulations.view import mimebundle

        return mimebundle(self)


#: Simulations of this kernel, by name and seed.
_SIMULATIONS: dict[tuple[str, int], Simulation] = {}


def simulate(name: str, seed: int = SEED) -> Simulation:
    """Begin a simulation, or go on with it where it was left.

    Args:
        name: Its name, ``"empowerment"``.
        seed: Another company's luck; the default is the company of the course's tables.

    Raises:
        KitError: There is no such simulation, or the seed is no whole number.
    """
    spec = load_spec(name)
    if (name, seed_of(seed)) not in _SIMULATIONS:
        _SIMULATIONS[name, seed] = _remembered(Simulation(spec, seed))
    return _SIMULATIONS[name, seed]


def replay(transcript: object) -> Simulation:
    """Decide again what a transcript says, and compare what comes of it.

    Raises:
        KitError: It is no transcript, or does not come out as it says; names the outcome.
    """
    if not isinstance(transcript, Mapping):
        raise KitError("simulation.no-transcript")
    given, claimed = transcript.get("decisions"), transcript.get("outcomes")
    fits = isinstance(given, list) and all(isinstance(one, Mapping) for one in given)
    if not fits or not isinstance(claimed, Mapping):
        raise KitError("simulation.no-transcript")
    spec = load_spec(str(transcript.get("simulation")))
    again = Simulation(spec, seed_of(transcript.get("seed")))
    decisions: list[Settings] = []
    for decision in given or []:
        decisions.append(spec.read(decision, decisions[-1] if decisions else None))
    _brought_to(again, decisions)
    wanted = again.transcript()["outcomes"]
    for name in {**wanted, **claimed}:
        if not _same(wanted.get(name), claimed.get(name)):
            raise KitError("simulation.edited", outcome=name)
    return again


def _same(one: object, other: object) -> bool:
    numbers = isinstance(one, float) and isinstance(other, float | int)
    return numbers and math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)  # type: ignore[arg-type]


def _remembered(fresh: Simulation) -> Simulation:
    """Bring a simulation to where the journal left it; if it has changed since, to the start."""
    fresh.recorded = True
    decisions: list[Settings] = []
    try:
        for event in here().events():
            if event.kind == "simulate" and event.name == fresh._label:
                kind, _, what = event.result.partition(":")
                if kind == "decide":
                    decisions.append(fresh.spec.read(json.loads(what)))
                elif kind == "back":
                    del decisions[int(what) :]
                if fresh.spec.rounds == 1:
                    del decisions[:-KEPT]
        _brought_to(fresh, decisions)
    except (KitError, ValueError, AttributeError):
        fresh._bring([], [])
    return fresh


def _brought_to(fresh: Simulation, decisions: list[Settings]) -> None:
    """Bring a simulation to where these decisions lead.

    Only the last result is computed now: what came of the earlier rounds is seen from it.

    Raises:
        KitError: There are too many, or the simulation refuses one.
    """
    if len(decisions) > fresh.spec.rounds > 1:
        raise KitError("simulation.over", rounds=fresh.spec.rounds)
    fresh._bring(decisions, [None] * len(decisions))
    assert fresh.result or not decisions
