"""The worlds that simulations live through: run once for each policy, added up, and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from kdcourse.texts import KitError, content
from kdcourse.world.policy import Policy, Schedule, scheduled
from kdcourse.world.records.finance import Money, money
from kdcourse.world.records.points import ledger, redeemed
from kdcourse.world.settings import MARKETS, TIERS, season, setting
from kdcourse.world.story import Story
from kdcourse.world.streams import Floats, Ints
from kdcourse.world.world import DEFAULT, World

#: The company of the course's tables; another seed is another town's luck.
SEED, CUSTOMERS, MONTHS = DEFAULT["seed"], DEFAULT["customers"], DEFAULT["months"]
#: Sums of money are told in 10,000 yuan (万元).
WAN = 10_000.0
_YEAR = 12

_told: ContextVar[Callable[[], None] | None] = ContextVar("told", default=None)


@contextmanager
def telling(listener: Callable[[], None]) -> Iterator[None]:
    """Call ``listener`` each time that a piece of long work is done, inside a ``with`` block."""
    token = _told.set(listener)
    try:
        yield
    finally:
        _told.reset(token)


def cost(name: str) -> float:
    """Return one of the assumed costs that all simulations share."""
    return float(content("simulations/costs")[name]["value"])


def scale(accounts: int = CUSTOMERS) -> float:
    """Return how many accounts of the carrier one simulated account stands for."""
    return float(setting("rivals", "accounts")) / accounts


@dataclass(frozen=True, eq=False)
class Books:
    """What a world came to, scaled up to the whole carrier where it is money or parcels.

    Attributes:
        months: By name, one value per month; see :func:`_months`.
        parcels: Parcels by tier, low first.
        contribution: What is left of the fees after direct and marketing cost, yuan by tier.
        customers: Accounts at the end, not scaled.
    """

    months: Mapping[str, Floats]
    parcels: Floats
    contribution: Floats
    customers: int

    @property
    def owed(self) -> float:
        """Points that members hold at the end, yuan."""
        return float(self.months["owed"][-1])

    @property
    def book(self) -> float:
        """What the customers of the end would bring in the next year, yuan."""
        return float(self.months["book"][-1])

    def total(self, name: str, first: int = 0, last: int | None = None) -> float:
        """Return the sum of a monthly figure from month ``first`` to before ``last``."""
        return float(self.months[name][first:last].sum())


def seed_of(value: object) -> int:
    """Return a seed.

    Raises:
        KitError: It is no whole number from 0 on.
    """
    if type(value) is not int or value < 0:
        raise KitError("simulation.no-seed", seed=value)
    return value


def books(policy: Policy | Schedule | None = None, seed: int = SEED, months: int = MONTHS) -> Books:
    """Return what comes of a policy; kept, so that the second time costs nothing."""
    steps = [(since, asdict(step)) for since, step in scheduled(policy).steps]
    return _books(json.dumps(steps, sort_keys=True), seed_of(seed), months)


@lru_cache(maxsize=256)
def _books(steps: str, seed: int, months: int) -> Books:
    schedule = Schedule(tuple((since, Policy(**policy)) for since, policy in json.loads(steps)))
    story = World(seed, CUSTOMERS, months, policy=schedule).story(0)
    found = _added_up(story, money(story))
    if listener := _told.get():
        listener()
    return found


@lru_cache(maxsize=2)
def untouched(seed: int, customers: int = CUSTOMERS, months: int = MONTHS) -> Story:
    """Return the story of a world in which nothing is decided, kept with all its customers."""
    story = World(seed_of(seed), customers, months).story(0)
    if listener := _told.get():
        listener()
    return story


def _added_up(story: Story, sums: Money) -> Books:
    left = sums.revenue - sums.direct - sums.marketing
    tier = story.people.tier
    each = scale()

    def by_tier(values: Floats) -> Floats:
        summed = np.bincount(tier, values.sum(axis=0), len(TIERS))
        return each * summed.astype(np.float64)

    last = story.months[-1]
    return Books(
        months=_months(story, sums, each),
        parcels=by_tier(sums.parcels),
        contribution=by_tier(left),
        customers=int((last.here & ~last.left).sum()),
    )


def _months(story: Story, sums: Money, each: float) -> dict[str, Floats]:
    """Return the monthly figures; counts of people are of the simulated accounts."""
    slow, soon = setting("desk", "slow_after"), cost("late_answer_hours")
    rows: dict[str, list[float]] = {}
    for month, told in enumerate(story.months):
        about = told.complaints
        here = told.here
        row = {
            "late": each * told.parcels.late.sum(),
            "customers": here.sum(),
            "left": told.left.sum(),
            "opened": (story.people.arrival == month)[story.opened].sum(),
            "returned": told.win_back.returned.sum(),
            "willing": (told.willing & here).sum(),
            "members": (told.member & here).sum(),
            "goodwill": told.goodwill[here].mean(),
            "complaints": each * len(about),
            "slow": each * (about.solve_hours > slow).sum(),
            "answered_late": each * (about.response_hours > soon).sum(),
            "asked": each * (~about.within_limit).sum(),
            "alone": each * about.claim[about.within_limit].sum(),
            "alone_squares": each * (about.claim[about.within_limit] ** 2).sum(),
            "paid": each * about.paid.sum(),
            "solve_hours": about.solve_hours.sum() * each,
            "prospects": each * (story.prospects.appears == month).sum(),
            "book": each * worth_ahead(story, sums, month).sum(),
            "calls": each * story.prospects.calls[story.prospects.appears == month].sum(),
        }
        for name, value in row.items():
            rows.setdefault(name, []).append(float(value))
    summed = {name: each * part.sum(axis=1) for name, part in sums._asdict().items()}
    found = {name: np.array(values) for name, values in rows.items()} | summed
    gained = [sum(int(delta.sum()) for _, delta in part.values()) for part in ledger(story)]
    found["owed"] = each * np.cumsum(gained) / 100
    found["redeemed"] = each * redeemed(story).sum(axis=1)
    found["contribution"] = found["revenue"] - found["direct"] - found["marketing"]
    return found


def worth_ahead(story: Story, sums: Money, month: int, leaving: bool = False) -> Floats:
    """Return the yuan that everybody who is there would bring in the year after a month.

    Expected parcels without the season, at the margin of the customer's market so far, for as long
    as the present risk of leaving lets them stay.

    Args:
        story: The months lived through.
        sums: Their money.
        month: After which month.
        leaving: Whether to count who leaves at its end, as if they had not.
    """
    told = story.months[month]
    market: Ints = story.people.market
    before = slice(0, month + 1)
    left = (sums.revenue - sums.direct - sums.marketing)[before].sum(axis=0)
    made = np.bincount(market, left, len(MARKETS))
    sent = np.bincount(market, sums.parcels[before].sum(axis=0), len(MARKETS))
    margin = np.divide(made, sent, out=np.zeros(len(MARKETS)), where=sent > 0)[market]
    stays = 1.0 - told.hazard
    lasting = sum(stays**step for step in range(1, _YEAR + 1))
    there = told.here & (leaving | ~told.left)
    result: Floats = there * told.expected / season(month) * margin * lasting
    return result
