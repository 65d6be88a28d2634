"""Who the customers are: the traits that everyone sees, and those that only the truth knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.settings import (
    CITIES,
    MARKETS,
    by_city,
    by_market,
    first_month,
    setting,
)
from kdcourse.world.streams import Floats, Streams

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """The customers of a world, one array element each, in order of their numbers.

    Attributes:
        market: Position in MARKETS.
        city: Position in CITIES.
        joined: Day on which the account was opened.
        arrival: Month of the world in which it was opened; negative before the world begins.
        rate: Parcels a month in an average month at full goodwill (hidden).
        sensitivity: How strongly lateness is felt; 1 is average (hidden).
        table: The public ``customers`` table.
    """

    market: Ints
    city: Ints
    joined: npt.NDArray[np.datetime64]
    arrival: Ints
    rate: Floats
    sensitivity: Floats
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.market)


def populate(streams: Streams, customers: int, months: int) -> Population:
    """Draw the customers of a world.

    Adding customers to a world leaves the earlier ones as they were.
    """
    who = np.arange(customers)
    market = streams.choice("market", by_market("share"), who)
    city = streams.choice("city", by_city("share"), who)
    joined = _joined(streams, who, months)
    arrival = (joined.astype("datetime64[M]") - first_month()).astype(np.int64)
    spread = by_market("rate_spread")[market]
    rate = by_market("rate")[market] * np.exp(spread * streams.normal("rate", who))
    felt = setting("goodwill", "sensitivity_spread")
    # Half its variance off the exponent keeps the average at 1.
    sensitivity = np.exp(felt * streams.normal("sensitivity", who) - felt**2 / 2)
    table = pd.DataFrame(
        {
            "customer_id": np.char.mod("C%07d", who),
            "name": _names(streams, who, kinds := _legal_kinds(streams, who, market), market),
            "phone": np.char.mod("154%08d", _digits(streams, who)),
            "market_type": np.array(MARKETS)[market],
            "legal_kind": kinds,
            "city": np.array(CITIES)[city],
            "created_on": joined.astype("datetime64[us]"),
        }
    )
    return Population(market, city, joined, arrival, rate, sensitivity, table)


def _joined(streams: Streams, who: Ints, months: int) -> npt.NDArray[np.datetime64]:
    """Most customers were there before; the others arrive evenly while the world lasts."""
    start = first_month().astype("datetime64[D]")
    back = first_month() - setting("arrival", "before_months")
    end = (first_month() + months).astype("datetime64[D]")
    before_days = (start - back.astype("datetime64[D]")).astype(int)
    after_days = (end - start).astype(int)
    moment = streams.uniform("joined", who)
    present = streams.uniform("present", who) < setting("arrival", "present")
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


def _digits(streams: Streams, who: Ints) -> Ints:
    """Eight digits, different for each of up to a hundred million customers."""
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
