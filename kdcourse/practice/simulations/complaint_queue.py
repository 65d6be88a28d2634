"""Simulation: in which order complaints of a peak are answered, and how long anyone may wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kdcourse.practice.simulations.result import Result
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, cost, seed_of
from kdcourse.world.settings import TIERS
from kdcourse.world.streams import Floats, Ints
from kdcourse.world.world import World

_SPEC = load_spec("complaint-queue")
#: One service desk's accounts, from January to the end of November, whose peak it is.
_ACCOUNTS, _MONTHS = 10_000, 11
_HIGH = TIERS.index("high")
_NEVER = np.inf


def run(
    order: str = "first", cap: float = 0.0, cases: float = 6.0, seed: int = SEED
) -> Result:  # fmt: skip
    """Return what an order of answering leads to.

    Args:
        order: ``"first"`` come, first served; ``"grade"``: the high tier first; ``"claim"``: the
            largest claim first.
        cap: Hours after which whoever waits comes next, whatever their grade; 0 for no cap.
        cases: Complaints that the desk can answer in a day.
        seed: Whose luck it meets.

    Raises:
        KitError: A value is out of range.
    """
    return compute([_SPEC.read({"order": order, "cap": cap, "cases": cases})], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    today, now = (_outcomes(settings, seed) for settings in (_SPEC.today, decisions[-1]))
    longest = {"mean": f"{now['mean']:.0f}", "worst": f"{now['worst']:.0f}"}
    notes = (("conserved", longest),)
    return Result(_SPEC, decisions[-1], seed, today, now, notes)


@dataclass(frozen=True, eq=False)
class Case:
    """The complaints of the peak in order of time; one array element each.

    Attributes:
        at: Hours since the first of them.
        tier: Position in TIERS of who complains.
        claim: Yuan claimed.
        work: How long it takes to answer, as a factor on the usual; the same in whatever order.
    """

    at: Floats
    tier: Ints
    claim: Floats
    work: Floats


@lru_cache(maxsize=2)
def peak(seed: int) -> Case:
    """Return the complaints that come in during October and November."""
    story = World(seed_of(seed), _ACCOUNTS, _MONTHS).story(0)
    parts = [(month, story.months[month].complaints) for month in (_MONTHS - 2, _MONTHS - 1)]
    spread = _SPEC.assumed("spread")
    columns = []
    for month, about in parts:
        luck = story.streams.normal(
            "case work", story.people.who[about.customer], month, about.index
        )
        work = np.exp(spread * luck - spread**2 / 2)
        columns.append((about.received, story.people.tier[about.customer], about.claim, work))
    received, tier, claim, work = (np.concatenate(part) for part in zip(*columns, strict=True))
    order = np.argsort(received, kind="stable")
    hours = (received - received.min()).astype("timedelta64[m]").astype(np.float64) / 60
    return Case(hours[order], tier[order], claim[order], work[order])


def waits(cases: Case, order: str, cap: float, per_day: float) -> Floats:
    """Return the hours that each complaint waits until it is taken up.

    One desk takes up one complaint after the other: whoever has waited beyond the cap first, in
    order of arrival; then by the order chosen; then by arrival.

    Args:
        cases: The complaints in order of arrival.
        order: ``"first"``, ``"grade"`` or ``"claim"``.
        cap: Hours; 0 for no cap.
        per_day: Complaints that the desk answers in a day of 24 hours.
    """
    keys = {"grade": -cases.tier.astype(float), "claim": -cases.claim}
    key = keys.get(order, np.zeros(len(cases.at)))
    takes = cases.work * 24 / per_day
    limit = cap or _NEVER
    result = np.zeros(len(cases.at))
    now, arrived = 0.0, 0
    waiting: list[int] = []
    for _ in range(len(cases.at)):
        if not waiting:
            now = max(now, cases.at[arrived])
        while arrived < len(cases.at) and cases.at[arrived] <= now:
            waiting.append(arrived)
            arrived += 1
        # The list is in order of arrival, and the first of the equal is taken.
        taken = waiting[0] if now - cases.at[waiting[0]] > limit else min(waiting, key=key.item)
        waiting.remove(taken)
        result[taken] = now - cases.at[taken]
        now += takes[taken]
    return result


@lru_cache(maxsize=256)
def _answered(order: str, cap: float, per_day: float, seed: int) -> Floats:
    return waits(peak(seed), order, cap, per_day)


def _outcomes(settings: Settings, seed: int) -> dict[str, float]:
    cap, per_day = float(settings["cap"]), float(settings["cases"])
    cases = peak(seed)
    wait = _answered(str(settings["order"]), cap, per_day, seed)
    late = wait > cost("late_answer_hours")
    days = cases.at.max() / 24
    more = _SPEC.assumed("case") * (per_day - float(_SPEC.today["cases"])) * days
    others = cases.tier < _HIGH
    return {
        "charges": cost("late_answer") * late.sum() + more,
        "late": 100 * late.mean(),
        "mean": wait.mean(),
        "high": wait[~others].mean(),
        "low": wait[cases.tier == 0].mean(),
        "worst": float(np.quantile(wait[others], 0.95)),
    }
