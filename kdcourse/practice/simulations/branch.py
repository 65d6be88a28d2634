"""The capstone: eight quarters at the head of a branch, with a budget, events and a board.

A quarter lives the company's months again with all decisions so far; what lies before a decision is
the same to the last parcel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kdcourse.practice.simulations.branch_events import Turn, turn_of
from kdcourse.practice.simulations.result import Note, Result, Series
from kdcourse.practice.simulations.spec import Settings, Value, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN, Books, books, cost
from kdcourse.texts import KitError, content, pick
from kdcourse.world.policy import Policy, Schedule
from kdcourse.world.settings import CHANNELS, POSTS, TIERS
from kdcourse.world.streams import Floats

if TYPE_CHECKING:
    import pandas as pd

_SPEC = load_spec("branch")
QUARTERS, _MONTHS = _SPEC.rounds, 3
#: Strategies to be compared with, by name.
STRATEGIES: Mapping[str, Mapping[str, Value]] = {
    name: part["settings"] for name, part in content("simulations/branch")["strategy"].items()
}


def run(*quarters: Mapping[str, Value], seed: int = SEED) -> Result:
    """Return what decisions lead to.

    Args:
        *quarters: What to set in each quarter; what isn't named stays, and so does the last quarter
            for the rest of the two years.
        seed: Whose luck it meets.

    Raises:
        KitError: A setting is out of range, there are more than eight quarters, or the budget is
            spent.
    """
    if len(quarters) > QUARTERS:
        raise KitError("simulation.too-many-rounds", rounds=QUARTERS, given=len(quarters))
    whole: list[Settings] = []
    for quarter in [*quarters, *[{}] * (QUARTERS - len(quarters))]:
        whole.append(_SPEC.read(quarter, whole[-1] if whole else None))
    return compute(whole, seed)


def strategy(name: str, quarters: int = QUARTERS) -> list[Settings]:
    """Return the decisions of a reference strategy, the same in every quarter."""
    return [_SPEC.read(STRATEGIES[name])] * quarters


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the decisions so far lead to, held against changing nothing.

    Raises:
        KitError: A quarter's plan costs more than is left of the budget; says what costs most.
    """
    check_budget(decisions, seed)
    today = lived([_SPEC.today] * len(decisions), seed)
    now = lived(decisions, seed)
    labels = tuple(str(number) for number in range(1, len(now.net) + 1))
    usual, own = (tuple(np.cumsum(years.net)) for years in (today, now))
    series = Series("net", labels, usual, own, per="month")
    notes: list[Note] = [(turn.note, turn.fields) for turn in turns(seed, len(decisions))[-1:]]
    if len(decisions) == QUARTERS:
        notes.append(("references", _references(seed)))
    return Result(
        _SPEC, decisions[-1], seed, today.outcomes, now.outcomes, tuple(notes), series, now.months()
    )


@dataclass(frozen=True, eq=False)
class Years:
    """What a branch has come to so far.

    Attributes:
        books: Its world; only the months so far count.
        net: Left of each month after all costs, 10,000 yuan.
        measures: Spent on measures beyond today's, by quarter, 10,000 yuan.
        outcomes: By name.
    """

    books: Books
    net: Floats
    measures: Floats
    outcomes: Mapping[str, float]

    def months(self) -> pd.DataFrame:
        """Return the monthly figures."""
        import pandas as pd

        it, so_far = self.books.months, slice(0, len(self.net))
        return pd.DataFrame(
            {
                "month": np.arange(1, len(self.net) + 1),
                "parcels": it["parcels"][so_far] / WAN,
                "revenue": it["revenue"][so_far] / WAN,
                "net": self.net,
                "late_share": (it["late"] / it["parcels"])[so_far],
                "complaints_per_10k": (WAN * it["complaints"] / it["parcels"])[so_far],
                "customers": it["customers"][so_far].astype(int),
                "lost": it["left"][so_far].astype(int),
                "won": it["opened"][so_far].astype(int),
            }
        )


def lived(decisions: Sequence[Settings], seed: int) -> Years:
    """Return what decisions lead to, quarter by quarter, whatever they cost."""
    happening = turns(seed)
    # What is still to come is taken to go on as now, so that a quarter in which nothing is changed
    # needs no new run.
    ahead = [*decisions, *[decisions[-1]] * (QUARTERS - len(decisions))]
    policies = [policy(settings, turn) for settings, turn in zip(ahead, happening, strict=True)]
    schedule = Schedule(tuple((_MONTHS * n, chosen) for n, chosen in enumerate(policies)))
    it = books(schedule, seed)
    months = _MONTHS * len(decisions)
    measures = np.array([sum(plan(settings, seed).values()) for settings in decisions])
    dearer = np.repeat([turn.dearer for turn in happening[: len(decisions)]], _MONTHS)
    limit = np.repeat([float(settings["limit"]) for settings in decisions], _MONTHS)
    net = _left(it, months, dearer, limit) - np.repeat(measures / _MONTHS, _MONTHS)
    last = slice(months - _MONTHS, months)
    parcels = it.months["parcels"]
    budget = _SPEC.assumed("budget") * len(decisions) - np.maximum(measures, 0.0).sum()
    book = it.months["book"][months - 1] / WAN
    outcomes = {
        "worth": net.sum() + book,
        "net": net.sum(),
        "book": book,
        "customers": it.months["customers"][months - 1] - it.months["left"][months - 1],
        "on_time": 100 * (1 - it.months["late"][last].sum() / parcels[last].sum()),
        "complaints": WAN * it.months["complaints"][last].sum() / parcels[last].sum(),
        "budget": budget,
    }
    return Years(it, net, measures, {name: float(value) for name, value in outcomes.items()})


def turns(seed: int, quarters: int = QUARTERS) -> list[Turn]:
    """Return what happens from outside, quarter by quarter; the same whatever is decided."""
    return [turn_of(seed, quarter) for quarter in range(quarters)]


def policy(settings: Settings, turn: Turn) -> Policy:
    """Return a quarter's decisions, and what happened to them, as the levers of the world."""
    value = {name: float(setting) for name, setting in settings.items()}
    today = _SPEC.today
    levers: dict[str, dict[str, float]] = {
        "capacity": {"CGO": max(value["capacity"] + turn.capacity, 0.5)},
        "staffing": {"desk": value["staff"] * turn.staff},
        "empowerment": dict.fromkeys(POSTS, value["limit"]),
        "compensation": {"late": value["amends"]},
        "loyalty": dict.fromkeys(TIERS, value["points"]),
        "discount": {"high": value["discount"]} if value["discount"] else {},
        "calls": {"number": value["calls"]},
        "marketing": dict.fromkeys(CHANNELS, value["marketing"]),
    }
    # What is as today isn't set, so that changing nothing is the company of the tables.
    kept = {"limit": "empowerment", "amends": "compensation", "points": "loyalty"}
    kept |= {"calls": "calls", "marketing": "marketing"}
    for control, lever in kept.items():
        if settings[control] == today[control]:
            del levers[lever]
    return Policy(**levers)


def plan(settings: Settings, seed: int) -> dict[str, float]:
    """Return what a quarter's measures cost beyond today's, 10,000 yuan by control."""
    value = {name: float(setting) for name, setting in settings.items()}
    usual = {name: float(setting) for name, setting in _SPEC.today.items()}
    today = books(seed=seed)
    quarters = len(today.months["parcels"]) / _MONTHS
    complaints = today.total("complaints") / quarters
    prospects = today.total("prospects") / quarters
    more = {name: value[name] - usual[name] for name in value}
    return {
        "capacity": 10 * more["capacity"] * cost("capacity") * _MONTHS,
        "staff": more["staff"] * cost("desk") * complaints / WAN,
        "calls": more["calls"] * cost("call") * prospects / WAN,
    }


def check_budget(decisions: Sequence[Settings], seed: int) -> None:
    """Refuse the first quarter whose measures cost more than is left; savings can't be spent.

    Raises:
        KitError: There is such a quarter.
    """
    left = 0.0
    for number, settings in enumerate(decisions, 1):
        left += _SPEC.assumed("budget")
        parts = plan(settings, seed)
        spent = sum(parts.values())
        # Pennies of rounding are no overdraft.
        if spent > left + 1e-9:
            most = max(parts, key=parts.__getitem__)
            raise KitError(
                "simulation.over-budget", quarter=number, cost=_SPEC.outcomes["net"].shown(spent),
                left=_SPEC.outcomes["net"].shown(left),
                most=pick(_SPEC.controls[most].name),
            )  # fmt: skip
        left -= max(spent, 0.0)


def _left(it: Books, months: int, dearer: Floats, limit: Floats) -> Floats:
    """Return what is left of each month before measures, 10,000 yuan.

    Points that members get during a month cost in it, whenever they are redeemed.
    """
    month = {name: values[:months] for name, values in it.months.items()}
    owed = np.diff(month["owed"], prepend=0.0)
    leak = cost("leak") / 100 * month["alone_squares"]
    leak = leak + load_spec("empowerment").assumed("grows") * limit / 100 * month["alone"]
    desk = cost("late_answer") * month["answered_late"] + cost("slow") * month["slow"]
    fuel = dearer * month["direct"]
    left = month["contribution"] - owed - cost("asked") * month["asked"] - leak - desk - fuel
    result: Floats = left / WAN
    return result


def _references(seed: int) -> dict[str, tuple[str, float]]:
    return {name: ("worth", lived(strategy(name), seed).outcomes["worth"]) for name in STRATEGIES}
