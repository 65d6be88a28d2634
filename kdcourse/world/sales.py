"""Firms that might become customers: how sales comes across them, and which of them it wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kdcourse.texts import content
from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.settings import MARKETS, first_month, setting
from kdcourse.world.streams import Bools, Floats, Ints, Streams

LEAD_SOURCES = tuple(setting("prospects", "source"))
_LISTS = content("world/sales")["lists"]


@dataclass(frozen=True, eq=False)
class Prospects:
    """The prospects of a world, one array element each.

    Attributes:
        who: Number, the address of all their luck.
        before: How many accounts of the world were there before them; one may recommend us.
        market: Position in MARKETS.
        source: Position in LEAD_SOURCES: how sales heard of them.
        listed: Comes from a list of firms that sales works through.
        targeted: That list was picked by our profile of good customers, not taken as it was.
        appears_on: Day on which it did.
        appears: Month of the world of that day.
        need: How much they need the service, in standard deviations (hidden; scores show it).
        means: How well they can pay, likewise.
        authority: How near our contact is to the decision, likewise.
        calls: How many times sales calls them.
        first_day: Days until the first call.
        chance: Probability that they are won (hidden).
        decided_on: Day on which they say yes or no; it may lie beyond the end of the world.
        won_on: Day on which they open an account; no day for who isn't won.
    """

    who: Ints
    before: Ints
    market: Ints
    source: Ints
    listed: Bools
    targeted: Bools
    appears_on: npt.NDArray[np.datetime64]
    appears: Ints
    need: Floats
    means: Floats
    authority: Floats
    calls: Ints
    first_day: Ints
    chance: Floats
    decided_on: npt.NDArray[np.datetime64]
    won_on: npt.NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.who)

    @property
    def referred(self) -> Bools:
        """Whether somebody recommended us to them."""
        return self.source == LEAD_SOURCES.index("referral")


def pursue(
    streams: Streams, who: Ints, before: Ints, months: int, policy: Policy, effects: Effects
) -> Prospects:
    """Work on every prospect as the policy says, and see who is won.

    Args:
        streams: The world's luck.
        who: Numbers of the prospects.
        before: Accounts that were there before each of them.
        months: Length of the world.
        policy: What management decided.
        effects: Sizes of what causes what.
    """
    shares = setting("prospects", "market")
    market = np.array([MARKETS.index(name) for name in shares])[
        streams.choice("prospect market", list(shares.values()), who)
    ]
    source = streams.choice("lead source", list(setting("prospects", "source").values()), who)
    start = first_month().astype("datetime64[D]")
    days = ((first_month() + months).astype("datetime64[D]") - start).astype(int)
    appears_on = start + np.floor(streams.uniform("appears", who) * days).astype(np.int64)
    listed = np.isin(source, [LEAD_SOURCES.index(name) for name in _LISTS["sources"]])
    targeted = listed & (streams.uniform("list", who) < _LISTS["targeted"])
    # Picking moves the better firms of one pool into one list: what it gains, the other one lacks.
    picked = np.where(listed, targeted - _LISTS["targeted"], 0.0) * effects["targeting"]
    need, means, authority = (
        streams.normal(f"prospect {trait}", who) + picked / np.sqrt(3)
        for trait in ("need", "means", "authority")
    )
    calls, first_day = effort(streams, who, policy)
    fit = (need + means + authority) / np.sqrt(3)
    odds = (
        setting("prospects", "base")
        + effects["sales_fit"] * fit
        + effects["sales_effort"] * (np.minimum(calls, 4) - 1)
        - effects["sales_delay"] * (np.minimum(first_day, 10) - 5)
        + effects["sales_referral"] * (source == LEAD_SOURCES.index("referral"))
    )
    chance = 1 / (1 + np.exp(-odds))
    won = streams.uniform("won", who) < chance
    spread = np.exp(0.5 * streams.normal("days to win", who))
    waiting = first_day + np.ceil(setting("prospects", "days_to_win") * spread).astype(np.int64)
    decided_on = appears_on + waiting
    won_on = np.where(won & (decided_on < start + days), decided_on, np.datetime64("NaT"))
    appears = (appears_on.astype("datetime64[M]") - first_month()).astype(np.int64)
    return Prospects(
        who, before, market, source, listed, targeted, appears_on, appears, need, means, authority,
        calls, first_day, chance, decided_on, won_on,
    )  # fmt: skip


def effort(streams: Streams, who: Ints, policy: Policy) -> tuple[Ints, Ints]:
    """Return calls and days until the first call of each prospect.

    A policy is what sales is told; what is done differs from it by chance, independent of the
    prospect, so that the effect of a call can be read from the records.
    """
    usual = setting("prospects", "calls")
    number = policy.calls.get("number", usual["number"])
    first = policy.calls.get("first_day", usual["first_day"])
    more = streams.choice("calls", [0.25, 0.40, 0.25, 0.10], who) - 1
    later = streams.choice("first call", [0.35, 0.25, 0.15, 0.10, 0.08, 0.07], who)
    calls = np.clip(round(number) + more, 1, 8)
    return calls.astype(np.int64), (round(first) + later).astype(np.int64)
