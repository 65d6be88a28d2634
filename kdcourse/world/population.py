"""Who the customers are: the traits that everyone sees, and those that only the truth knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.effects import Effects
from kdcourse.world.sales import Prospects
from kdcourse.world.settings import (
    CITIES,
    KINDS,
    MARKETS,
    by_city,
    by_market,
    first_month,
    per_market,
    setting,
)
from kdcourse.world.streams import Bools, Floats, Ints, Streams

#: Prospects are numbered from here, so that they and the accounts of a world never share luck.
FIRST_PROSPECT = 5_000_000
#: A month that no world reaches: who has it as arrival never comes.
NEVER = 10_000
SOURCES = (*setting("arrival", "source"), "sales")


@dataclass(frozen=True, eq=False)
class Population:
    """Everybody who is or might become a customer, one array element each.

    First the accounts, then the prospects (firms that sales tries to win), each in order of number.

    Attributes:
        who: Number, the address of all their luck.
        market: Position in MARKETS.
        city: Position in CITIES.
        joined: Day on which the account is opened; for a prospect who is never won, no day.
        appears: Month in which the carrier first hears of them; negative before the world begins.
        arrival: Month in which the account is opened; NEVER for who isn't won.
        source: Position in SOURCES: how they came.
        referrer: Position of who recommended the carrier to them, or -1.
        tier: Position in TIERS (hidden: follows from the rate).
        kind: Position in KINDS (hidden).
        rate: Parcels a month in an average month at full goodwill (hidden).
        drift: Monthly growth of the logarithm of the rate, negative for who slips (hidden).
        sensitivity: How strongly a problem is felt; 1 is average (hidden).
        bound: Bound by a contract or without another carrier nearby.
        roving: Likes to change (hidden).
        consents: Agreed to marketing messages when joining.
        table: Their public traits, one row each.
    """

    who: Ints
    market: Ints
    city: Ints
    joined: npt.NDArray[np.datetime64]
    appears: Ints
    arrival: Ints
    source: Ints
    referrer: Ints
    tier: Ints
    kind: Ints
    rate: Floats
    drift: Floats
    sensitivity: Floats
    bound: Bools
    roving: Bools
    consents: Bools
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.who)

    @property
    def transactional(self) -> Bools:
        """Whether they look for one deal at the best price rather than a relation."""
        return self.kind == KINDS.index("transactional")


def populate(
    streams: Streams, accounts: Ints, prospects: Prospects, months: int, effects: Effects
) -> Population:
    """Draw the people and firms of a world.

    Adding customers to a world leaves the earlier ones as they were.

    Args:
        streams: The world's luck.
        accounts: Numbers of the accounts.
        prospects: Who sales tries to win.
        months: Length of the world.
        effects: Sizes of what causes what.
    """
    who = np.concatenate([accounts, prospects.who])
    own = np.arange(len(who)) < len(accounts)
    market = streams.choice("market", by_market("share"), who)
    market = np.where(own, market, np.append(np.zeros_like(accounts), prospects.market))
    city = streams.choice("city", by_city("share"), who)
    kind = _kinds(streams, who, market)
    rate = by_market("rate")[market] * np.exp(
        by_market("rate_spread")[market] * streams.normal("rate", who)
    )
    rate = rate * np.where(kind == KINDS.index("top"), setting("kinds", "top_rate"), 1.0)
    tier = np.searchsorted([setting("tiers", "mid"), setting("tiers", "high")], rate, side="right")
    firms = market != MARKETS.index("personal")
    joined = _joined(streams, who, months, always=firms)
    joined[~own] = prospects.won_on
    arrival = np.full(len(who), NEVER)
    known = ~np.isnat(joined)
    arrival[known] = (joined[known].astype("datetime64[M]") - first_month()).astype(np.int64)
    shares = setting("arrival", "source")
    source = streams.choice("source", list(shares.values()), who)
    source[~own] = len(SOURCES) - 1
    # Who is recommended, and by whom: someone who was there before them.
    before = np.append(np.arange(len(accounts)), prospects.before)
    recommended = np.append(
        (SOURCES.index("referral") == source[own]) & (arrival[own] >= 0) & (before[own] > 0),
        prospects.referred & (prospects.before > 0),
    )
    drawn = np.floor(streams.uniform("referrer", who) * before).astype(np.int64)
    felt = setting("goodwill", "sensitivity_spread")
    kinds = _legal_kinds(streams, who, market)
    table = pd.DataFrame(
        {
            "customer_id": np.char.mod("C%07d", who),
            "name": _names(streams, who, kinds, market),
            "phone": np.char.mod("154%08d", phone_digits(streams, who)),
            "market_type": np.array(MARKETS)[market],
            "legal_kind": kinds,
            "city": np.array(CITIES)[city],
            "created_on": joined.astype("datetime64[us]"),
        }
    )
    growth = np.array([0.0, 0.0, effects["growth"], -effects["slipping"]])
    return Population(
        who=who,
        market=market,
        city=city,
        joined=joined,
        appears=np.append(arrival[own], prospects.appears),
        arrival=arrival,
        source=source,
        referrer=np.where(recommended, drawn, -1),
        tier=tier,
        kind=kind,
        rate=rate,
        drift=growth[kind],
        # Half its variance off the exponent keeps the average at 1.
        sensitivity=np.exp(felt * streams.normal("sensitivity", who) - felt**2 / 2),
        bound=streams.uniform("bound", who) < per_market("traits", "bound")[market],
        roving=streams.uniform("roving", who) < setting("traits", "roving"),
        consents=streams.uniform("consent", who) < per_market("consent", "given")[market],
        table=table,
    )


def _kinds(streams: Streams, who: Ints, market: Ints) -> Ints:
    """Draw transactional or one of the three kinds of relation, in the order of KINDS."""
    relational = setting("kinds", "relational")
    drawn = 1 + streams.choice("kind", [relational[kind] for kind in KINDS[1:]], who)
    deal = per_market("kinds", "transactional")[market]
    return np.where(streams.uniform("transactional", who) < deal, 0, drawn)


def _joined(streams: Streams, who: Ints, months: int, always: Bools) -> npt.NDArray[np.datetime64]:
    """Most customers were there before; other people arrive evenly while the world lasts."""
    start = first_month().astype("datetime64[D]")
    back = first_month() - setting("arrival", "before_months")
    end = (first_month() + months).astype("datetime64[D]")
    before_days = (start - back.astype("datetime64[D]")).astype(int)
    after_days = (end - start).astype(int)
    moment = streams.uniform("joined", who)
    present = always | (streams.uniform("present", who) < setting("arrival", "present"))
    days = np.where(present, -1 - np.floor(moment * before_days), np.floor(moment * after_days))
    joined: npt.NDArray[np.datetime64] = start + days.astype(np.int64)
    return joined


def _legal_kinds(streams: Streams, who: Ints, market: Ints) -> npt.NDArray[np.str_]:
    kinds = np.empty(len(who), dtype="U16")
    for position, name in enumerate(MARKETS):
        of = market == position
        shares = setting("legal_kinds", name)
        drawn = streams.choice("legal kind", list(shares.values()), who[of])
        kinds[of] = np.array(list(shares))[drawn]
    return kinds


def phone_digits(streams: Streams, who: Ints) -> Ints:
    """Return eight digits, different for each of up to a hundred million customers."""
    start = int(streams.uniform("phone", 0)[()] * 1e8)
    # Steps of a number without common factor with 10**8 visit every value once.
    return (start + who * 38_196_647) % 100_000_000


def _names(
    streams: Streams, who: Ints, kinds: npt.NDArray[np.str_], market: Ints
) -> npt.NDArray[np.object_]:
    """Surname and given name for people; plant, animal and trade for firms."""
    words = content("world/vocabulary")

    def draw(group: str, name: str, weights: list[float] | None = None) -> npt.NDArray[np.object_]:
        options = np.array(words[group][name].split(), dtype=object)
        shares = np.ones(len(options)) if weights is None else np.asarray(weights)
        drawn: npt.NDArray[np.object_] = options[streams.choice(f"name {name}", shares, who)]
        return drawn

    person = draw("people", "surnames", words["people"]["weights"]) + draw("people", "given")
    coined = draw("firms", "plants") + draw("firms", "animals")
    trade = draw("firms", "enterprise") + words["firms"]["company"]
    abroad = draw("firms", "cross_border") + words["firms"]["company"]
    names = np.where(market == MARKETS.index("cross_border"), coined + abroad, coined + trade)
    names = np.where(kinds == "government", coined + draw("firms", "government"), names)
    names = np.where(kinds == "nonprofit", coined + draw("firms", "nonprofit"), names)
    return np.where((kinds == "individual") | (kinds == "household"), person, names)
