"""The ledger of members' points: earned with every parcel, redeemed, given, expired."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.world.growth import points_worth
from kdcourse.world.records.trade import number, trade
from kdcourse.world.settings import first_month
from kdcourse.world.story import Story
from kdcourse.world.streams import Floats, Ints

#: In the order in which they happen within a month.
REASONS = ("join", "gift", "expire", "redeem", "earn")
_FEN = 100  # points in a yuan


def points(story: Story) -> pd.DataFrame:
    """Return every entry of the ledger, in order of time."""
    ids = story.people.table["customer_id"].to_numpy()
    who = story.people.who
    frames = []
    for month, entries in enumerate(ledger(story)):
        start = (first_month() + month).astype("datetime64[m]")
        end = (first_month() + month + 1).astype("datetime64[m]")
        for kind, (customer, delta) in entries.items():
            number_of = who[customer] * 100 + month
            place = REASONS.index(kind)
            # Points of a month's parcels are booked in its last hour, all else on its first days.
            at = end - np.timedelta64(60, "m") if kind == "earn" else start + _after(place)
            frames.append(
                pd.DataFrame(
                    {
                        "entry_id": np.char.mod("P%010d", number_of * 10 + place),
                        "customer_id": ids[customer],
                        "at": np.full(len(customer), at).astype("datetime64[us]"),
                        "delta": delta,
                        "reason": kind,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True).sort_values(["at", "entry_id"], ignore_index=True)


def _after(place: int) -> np.timedelta64:
    """Return how long after the month's start a kind of entry is booked."""
    return np.timedelta64(9 * 60 + place * 24 * 60, "m")


#: One month's entries: reason -> positions of the members, and points added or taken.
Entries = dict[str, tuple[Ints, Ints]]


def ledger(story: Story) -> list[Entries]:
    """Return the entries of every month; made once for all tables that need them."""
    return story.once("ledger", lambda: _ledger(story))


def redeemed(story: Story) -> Floats:
    """Return the yuan that every customer redeemed in every month; shape (months, people)."""
    spent = np.zeros((len(story.months), len(story.people)))
    for month, entries in enumerate(ledger(story)):
        customer, delta = entries["redeem"]
        spent[month, customer] = -delta / _FEN
    return spent


def _ledger(story: Story) -> list[Entries]:
    """Points expire first in, first out: what was gained by then, less all that has gone since."""
    people, streams, months = story.people, story.streams, len(story.months)
    rows, size = trade(story), len(people)
    place = rows.month * size + rows.customer
    fees = np.bincount(place, rows.fee, minlength=months * size).reshape(months, size)
    birthday = np.floor(streams.uniform("birthday", people.who) * 12).astype(np.int64)
    lives, least = number("points", "lives"), number("points", "least")
    gained = np.zeros((months + 1, size), np.int64)  # by the start of each month, from the first on
    gone, was = np.zeros(size, np.int64), np.zeros(size, bool)
    told: list[Entries] = []
    for month, state in enumerate(story.months):
        entries: Entries = {}

        def book(kind: str, delta: Ints, into: Entries = entries) -> None:
            chosen = np.flatnonzero(delta)
            into[kind] = (chosen, delta[chosen])

        joins = number("points", "welcome") * (state.member & ~was)
        turn = (first_month() + month).astype(int) % 12
        gift = number("points", "birthday") * (state.member & was & state.here & (birthday == turn))
        old = gained[month - lives + 1] if month >= lives else np.zeros(size, np.int64)
        expired = np.maximum(old - gone, 0)
        gone = gone + expired
        balance = gained[month] + joins + gift - gone
        asks = streams.uniform("redeems", people.who, month) < number("points", "redeems")
        used = np.where(asks & state.here & (balance >= least), balance // least * least, 0)
        gone = gone + used
        worth = points_worth(people, story.decided(month)) * _FEN
        earned = np.round(worth * fees[month] * state.member).astype(np.int64)
        gained[month + 1] = gained[month] + joins + gift + earned
        for kind, delta in zip(REASONS, (joins, gift, -expired, -used, earned), strict=True):
            book(kind, delta)
        told.append(entries)
        was = was | state.member
    return told


TABLES = {"points": points}
