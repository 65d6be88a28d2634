"""How a policy is checked: by what it causes in the simulated company."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kdcourse.checks.judges import Judge, Limit
from kdcourse.checks.values import Unreadable, as_number, kind, said, shown
from kdcourse.checks.verdict import Comparison, Finding
from kdcourse.texts import KitError

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: Runs a policy in the world of some data: what it causes, as named numbers.
Run = Callable[["Loader", Mapping[str, Any]], Mapping[str, float]]


@dataclass(frozen=True)
class Simulation(Judge):
    """A policy that keeps its limits and does nearly as well as the reference.

    Whether a limit is kept and whether a goal is reached weigh the same, but a policy that breaks a
    limit (a budget, say) reaches no goal. A known wrong policy is recognised by causing the same.

    Attributes:
        run: Runs a policy; a KitError of its own tells the learner what can't be run.
        levers: What a policy may hold.
        limits: Per outcome the range it has to stay in.
        reach: Per outcome the share of what the reference reaches that will do; above zero.
    """

    run: Run
    levers: tuple[str, ...]
    limits: Mapping[str, Limit] = field(default_factory=dict)
    reach: Mapping[str, float] = field(default_factory=dict)

    def on(self, load: Loader) -> Judge:
        """Return the judge with the world that the data come from."""
        return _InWorld(self, load)

    def compare(self, expected: Mapping[str, float], given: Mapping[str, float]) -> Comparison:
        """Say which limits are broken and which goals are missed."""
        broken: list[Finding] = []
        for name, limit in self.limits.items():
            if side := limit.breach(given[name]):
                fields = {"outcome": name, "value": shown(given[name])}
                broken.append(Finding(f"policy-{side}", fields))
        missed = [
            Finding("policy-goal", {"outcome": name, "value": shown(given[name])})
            for name, share in self.reach.items()
            if not given[name] >= share * expected[name] - 1e-9 * abs(expected[name])
        ]
        rules = len(self.limits) + len(self.reach)
        failed = len(broken) + (len(self.reach) if broken else len(missed))
        return Comparison(round(1 - failed / rules, 9), (*broken, *missed))

    def recognises(
        self, wrong: Mapping[str, float], given: Mapping[str, float], expected: Mapping[str, float]
    ) -> bool:
        """Say whether two policies cause the same."""
        return all(math.isclose(wrong[name], given[name], rel_tol=1e-6) for name in wrong)


@dataclass(frozen=True)
class _InWorld(Judge):
    """A :class:`Simulation` with its world at hand."""

    question: Simulation
    load: Loader

    def observe(self, given: object) -> dict[str, float]:
        """Run a policy and return what it causes."""
        levers = list(self.question.levers)
        if not isinstance(given, Mapping):
            raise Unreadable("not-parts", kind=kind(given), parts=levers)
        unknown = [str(lever) for lever in given if lever not in levers]
        if unknown:
            raise Unreadable("policy-lever", lever=unknown[0], levers=levers)
        for lever, setting in given.items():
            for place, value in (
                setting.items() if isinstance(setting, Mapping) else [("", setting)]
            ):
                try:
                    as_number(value)
                except Unreadable as fault:
                    path = (str(lever), str(place)) if place else (str(lever),)
                    raise fault.within(*path) from None
        try:
            return dict(self.question.run(self.load, given))
        except KitError as fault:
            raise Unreadable("policy-refused", why=said(fault)) from None

    def compare(self, expected: Any, given: Any) -> Comparison:
        """Say how far two policies cause the same."""
        return self.question.compare(expected, given)

    def recognises(self, wrong: Any, given: Any, expected: Any) -> bool:
        """Say whether two policies cause the same."""
        return self.question.recognises(wrong, given, expected)
