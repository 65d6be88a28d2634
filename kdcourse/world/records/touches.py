"""Contacts between customers and the carrier, and why they come about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from kdcourse.texts import content
from kdcourse.world.records.cases import after, cases, in_month
from kdcourse.world.records.complaints import channels as complaint_channels
from kdcourse.world.records.complaints import rated_at, ratings
from kdcourse.world.records.draws import Moments, Objects, coded, logistic
from kdcourse.world.records.marketing import sent
from kdcourse.world.records.parcels import waybill
from kdcourse.world.service import Complaints
from kdcourse.world.settings import MARKETS, PROBLEMS, link_hours
from kdcourse.world.shipping import Parcels
from kdcourse.world.story import Month, Story
from kdcourse.world.streams import Bools, Floats, Ints

_TOML = content("world/service")["interactions"]
#: Kinds of contacts, for their numbers and their luck: one customer may have one of each a month,
#: or one for each parcel, case or message.
KINDS = (
    "asked", "request", "case", "praise", "offer", "revisit", "care", "sales", "survey",
)  # fmt: skip
#: Level of urgency: low, middle, high.
URGENCY = ("low", "mid", "high")


@dataclass(frozen=True, eq=False)
class Touches:
    """Contacts of a kind or of all kinds; one array element each.

    Attributes:
        kind: Position in KINDS.
        month: Month of the story.
        customer: Position of the customer.
        index: With kind, customer and month, the address of its luck.
        at: When.
        purpose: Code of what for.
        need: Code of what is asked for, or none.
        waybill: Parcel asked about, or none.
        channel: Code of the channel, or none where it is still to be drawn.
        agent: Number of the agent within the desk; -1 where it is still to be drawn.
    """

    kind: Ints
    month: Ints
    customer: Ints
    index: Ints
    at: Moments
    purpose: Objects
    need: Objects
    waybill: Objects
    channel: Objects
    agent: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def luck(self, story: Story) -> tuple[Ints, Ints, Ints]:
        """Return the addresses of the contacts' luck: who, month, index and kind together."""
        return story.people.who[self.customer], self.month, self.index * 10 + self.kind


def touches(story: Story) -> Touches:
    """Return all contacts of a block before the data end; worked out once."""
    return story.once("touches", lambda: _touches(story))


def _touches(story: Story) -> Touches:
    parts = [*_monthly(story), _cases(story), _surveys(story), _offers(story)]
    whole = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Touches)}
    before = whole["at"] < story.ends
    return Touches(**{name: values[before] for name, values in whole.items()})


def _made(
    kind: str, month: Ints | int, customer: Ints, index: Ints | int, at: Moments, purpose: object,
    *, need: object = None, parcel: Objects | None = None, channel: Objects | None = None,
    agent: Ints | int = -1,
) -> Touches:  # fmt: skip
    """Return contacts with what is the same for all of them filled in."""
    size = len(customer)

    def column(value: object) -> Objects:
        filled = np.empty(size, object)
        filled[:] = value
        return filled

    def number(value: Ints | int) -> Ints:
        return np.broadcast_to(np.asarray(value, np.int64), size)

    return Touches(
        number(KINDS.index(kind)), number(month), customer, number(index),
        at.astype("datetime64[m]"), column(purpose), column(need), column(parcel),
        column(channel), number(agent),
    )  # fmt: skip


def _monthly(story: Story) -> Iterator[Touches]:
    people, streams = story.people, story.streams
    firm = people.market != MARKETS.index("personal")
    wants = np.array([_TOML["request"][market] for market in MARKETS])[people.market]
    begun = np.maximum(people.arrival, 0)
    turn = np.floor(streams.uniform("revisit turn", people.who) * _TOML["revisit_months"]).astype(
        np.int64
    )
    for month, told in enumerate(story.months):
        yield _asked(story, month, told)
        due = (month - begun - turn) % _TOML["revisit_months"] == 0
        due &= month > begun
        contented = _TOML["praise"] * told.goodwill ** story.effects["praise_pull"]
        chances = {
            "request": wants,
            "praise": contented,
            "revisit": _TOML["revisited"] * (firm & due),
            "care": _TOML["care"] * told.willing,
            "sales": _TOML["sales"] * (firm & told.willing),
        }
        for kind, chance in chances.items():
            customer = np.flatnonzero(
                told.here & (streams.uniform(f"contact {kind}", people.who, month) < chance)
            )
            at = in_month(story, f"{kind} moment", customer, month)
            need = _needs(story, customer, month) if kind == "request" else None
            purpose = "inquiry" if kind == "request" else kind
            yield _made(kind, month, customer, 0, at, purpose, need=need)


def _needs(story: Story, customer: Ints, month: int) -> Objects:
    needs = np.full(len(customer), None, object)
    for place, market in enumerate(MARKETS):
        of = story.people.market[customer] == place
        who = story.people.who[customer[of]]
        needs[of] = coded(story.streams, "need", _TOML["needs"][market], who, month)
    return needs


def stalled(parcels: Parcels) -> Bools:
    """Return which parcels lay somewhere for long: a link took a day more than usual, or no end."""
    hours = np.diff(parcels.minutes, axis=1, prepend=0) / 60
    over: Floats = hours - link_hours()[parcels.product]
    return (over >= _TOML["stalled"]).any(axis=1) | parcels.lost


def _asked(story: Story, month: int, told: Month) -> Touches:
    """Customers who ask where a parcel is: more if it doesn't move, and more of who'll complain.

    They ask while it is on its way, so an inquiry comes before the complaint.
    """
    parcels, streams, effects = told.parcels, story.streams, story.effects
    complains, received = _to_complain(parcels, told.complaints)
    address = (story.people.who[parcels.customer], month, parcels.index)
    odds = (
        _TOML["asks"] + effects["stall_asks"] * stalled(parcels) + effects["precursor"] * complains
    )
    at = np.flatnonzero(streams.uniform("asks", *address) < logistic(odds))
    who, index = address[0][at], parcels.index[at]
    span = np.minimum(parcels.delivered, received)[at] - parcels.accepted[at]
    part = 0.35 + 0.6 * streams.uniform("asks when", who, month, index)
    moment = parcels.accepted[at] + np.floor(part * span.astype(np.int64)).astype("timedelta64[m]")
    numbers = waybill(who, month, index).astype(object)
    return _made(
        "asked", month, parcels.customer[at], index, moment, "inquiry", need="tracking",
        parcel=numbers,
    )  # fmt: skip


def _to_complain(parcels: Parcels, complaints: Complaints) -> tuple[Bools, Moments]:
    """Return which parcels will be complained about as late or lost, and when (else: never)."""
    troubles = [PROBLEMS.index(name) for name in ("late", "lost")]
    of = np.isin(complaints.problem, troubles)
    complains = np.zeros(len(parcels), bool)
    complains[complaints.parcel[of]] = True
    received = np.full(len(parcels), np.datetime64("2999-01-01T00:00", "m"))
    received[complaints.parcel[of]] = complaints.received[of]
    return complains, received


def _cases(story: Story) -> Touches:
    it = cases(story)
    purpose = np.where(it.suggestion, "suggestion", "complaint")
    return _made(
        "case", it.month, it.customer, it.index, it.received, purpose, parcel=it.waybill,
        channel=complaint_channels(story, it), agent=it.agent,
    )  # fmt: skip


def _surveys(story: Story) -> Touches:
    """Return how complainants were asked for their rating; only who answered is on file."""
    it = cases(story)
    of = np.flatnonzero(~np.isnan(ratings(story, it)))
    at = rated_at(story, it)[of]
    return _made("survey", it.month[of], it.customer[of], it.index[of], at, "survey")


def _offers(story: Story) -> Touches:
    """Return customers who asked about an offer within days of the message."""
    messages = sent(story)
    address = (story.people.who[messages.customer], messages.month, messages.campaign)
    asks = story.streams.uniform("asks about offer", *address) < _TOML["asked_offer"]
    # The story counts by months: who joins late in one is in the audience of its first day.
    asks &= story.people.joined[messages.customer] <= messages.at
    of = np.flatnonzero(asks & messages.delivered & (messages.campaign > 0))
    hours = 0.2 + 72 * story.streams.uniform("offer moment", *(part[of] for part in address)) ** 2
    return _made(
        "offer", messages.month[of], messages.customer[of], messages.campaign[of],
        after(messages.at[of].astype("datetime64[m]"), hours), "promotion",
    )  # fmt: skip
