"""Table of after-sales: returns, exchanges, repairs, questions of use, complaints passed on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.cases import after, in_month
from kdcourse.world.records.complaints import MOST_DAYS
from kdcourse.world.records.desk import agent_ids
from kdcourse.world.records.draws import Moments, Objects, as_declared, blank, coded, known
from kdcourse.world.records.parcels import waybill
from kdcourse.world.settings import MARKETS, POSTS, first_month
from kdcourse.world.story import Month, Story
from kdcourse.world.streams import Bools, Floats, Ints

_TOML = content("world/service")["after_sales"]
#: Kinds of tickets; the last three aren't about a parcel and have an index that none has.
KINDS = ("return", "exchange", "repair", "consult", "complaint")
_WITHOUT_PARCEL = 994
#: Reasons for sending goods back that are the sender's or the carrier's fault, not the buyer's.
FAULTS = ("damaged", "defect", "wrong_item", "not_as_described")


@dataclass(frozen=True, eq=False)
class Tickets:
    """The tickets of a block raised before the data end, by month; one array element each.

    Attributes:
        month: Month of the story.
        customer: Position of who raises it.
        index: With customer and month, the address of its luck.
        kind: Position in KINDS.
        raised: When it was raised.
        delivered: When the parcel had arrived; no moment for tickets without one.
        damaged: Whether the parcel arrived damaged.
        worth: What the goods are worth, yuan; 0 without any.
        abuser: Customer whose buyers send far more back than others' (hidden).
    """

    month: Ints
    customer: Ints
    index: Ints
    kind: Ints
    raised: Moments
    delivered: Moments
    damaged: Bools
    worth: Floats
    abuser: Bools

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def of_goods(self) -> Bools:
        """Whether goods are to be sent back."""
        return self.kind < KINDS.index("repair")


def tickets(story: Story) -> Tickets:
    """Return the tickets of a block; worked out once."""
    return story.once("tickets", lambda: _tickets(story))


def _tickets(story: Story) -> Tickets:
    parts = [
        part
        for month, told in enumerate(story.months)
        for part in (_sent_back(story, month, told), _raised(story, month, told))
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    before = columns[4] < story.ends
    return Tickets(*(column[before] for column in columns))


Part = tuple[Ints, Ints, Ints, Ints, Moments, Moments, Bools, Floats, Bools]


def _sent_back(story: Story, month: int, told: Month) -> Part:
    """Goods that the recipients of firms' parcels send back."""
    people, parcels, streams = story.people, told.parcels, story.streams
    who = people.who[parcels.customer]
    abuser = streams.uniform("abuser", who) < _TOML["abusers"]
    chance = _TOML["returns"] * np.where(abuser, _TOML["abuse_factor"], 1.0)
    chance = np.where(parcels.damaged, np.maximum(chance, _TOML["damaged_returns"]), chance)
    chance *= (people.market[parcels.customer] != MARKETS.index("personal")) & ~parcels.lost
    at = np.flatnonzero(streams.uniform("sent back", who, month, parcels.index) < chance)
    address = (who[at], month, parcels.index[at])
    exchanged = streams.uniform("exchanged", *address) < _TOML["exchange"]
    exchanged |= parcels.damaged[at] & (streams.uniform("replaced", *address) < _TOML["exchange"])
    luck = _TOML["return_days_spread"] * streams.normal("return days", *address)
    goods = _TOML["goods"]
    worth = goods["base"] + goods["per_kg"] * parcels.weight_kg[at]
    worth = worth * np.exp(goods["spread"] * streams.normal("goods worth", *address))
    return (
        np.full(len(at), month),
        parcels.customer[at],
        parcels.index[at],
        exchanged.astype(np.int64),
        after(parcels.delivered[at], 24 * _TOML["return_days"] * np.exp(luck)),
        parcels.delivered[at],
        parcels.damaged[at],
        np.round(worth, 2),
        abuser[at],
    )


def _raised(story: Story, month: int, told: Month) -> Part:
    """Repairs, questions and complaints of customers, drawn by market and month."""
    people, streams = story.people, story.streams
    parts: list[tuple[Ints, Ints]] = []
    for kind in ("repair", "consult", "complaint"):
        chance = _TOML[kind]
        if isinstance(chance, dict):
            chance = np.array([chance[market] for market in MARKETS])[people.market]
        raised = streams.uniform(f"{kind} ticket", people.who, month) < chance
        customer = np.flatnonzero(raised & told.here)
        parts.append((customer, np.full(len(customer), KINDS.index(kind))))
    customer, of = (np.concatenate(column) for column in zip(*parts, strict=True))
    index = _WITHOUT_PARCEL + of - KINDS.index("repair")
    raised_at = in_month(story, "ticket moment", customer, month, index)
    none = np.full(len(of), np.datetime64("NaT"), "datetime64[m]")
    no = np.zeros(len(of), bool)
    return (
        np.full(len(of), month), customer, index, of, raised_at, none, no, np.zeros(len(of)), no,
    )  # fmt: skip


def after_sales(story: Story) -> pd.DataFrame:
    """Return every ticket, in the order in which they were raised."""
    it, streams, people = tickets(story), story.streams, story.people
    who = people.who[it.customer]
    address = (who, it.month, it.index)
    kind = np.array(KINDS, object)[it.kind]
    cause = _causes(story, it, kind)
    condition = _conditions(story, it)
    granted = _by_rule(it, cause, condition)
    granted = granted ^ (streams.uniform("ticket slip", *address) < _TOML["slips"])
    agents = np.flatnonzero(story.desk.post == POSTS.index("after_sales"))
    agent = agents[np.floor(streams.uniform("ticket agent", *address) * len(agents)).astype(int)]
    authorised, refunded, solved = _times(story, it, kind, granted, agent)
    is_known = solved < story.ends
    decided = it.of_goods & (authorised < story.ends)
    wrong = streams.uniform("sorted wrongly", *address) < _TOML["sorted_wrong"]
    other = (it.kind + 1 + np.floor(streams.uniform("sorted as", *address) * 4).astype(int)) % 5
    low, high = _TOML["follow_days"]
    wait = 24 * (low + (high - low) * streams.uniform("followed after", *address))
    followed = streams.uniform("followed", *address) < _TOML["followed"]
    follow_up = np.where(followed, after(solved, wait), np.datetime64("NaT"))
    numbers = waybill(who, it.month, it.index).astype(object)
    frame = pd.DataFrame(
        {
            "ticket_id": np.char.mod("R%012d", (who * 100 + it.month) * 1000 + it.index),
            "customer_id": people.table["customer_id"].to_numpy(object)[it.customer],
            "waybill_no": blank(numbers, ~it.of_goods),
            "type": kind,
            "channel": coded(streams, "ticket channel", _TOML["channel"], *address),
            "raised_at": it.raised,
            "sorted_as": np.where(wrong, np.array(KINDS, object)[other], kind),
            "agent_id": agent_ids(story.desk.who[agent]),
            "cause": cause,
            "condition": blank(condition, ~it.of_goods),
            "amount": np.where(it.of_goods, it.worth, np.nan),
            "eligible": blank(granted, ~decided),
            "authorised_at": known(_only(authorised, it.of_goods & granted), story.ends),
            "refunded_at": known(refunded, story.ends),
            "solved_at": known(solved, story.ends),
            "followed_at": known(follow_up, story.ends),
            "rating": _ratings(story, it, solved, it.of_goods & ~granted, is_known),
        }
    )
    return as_declared("after_sales", frame.sort_values(["raised_at", "ticket_id"]))


def _only(moments: Moments, where: Bools) -> Moments:
    chosen: Moments = np.where(where, moments, np.datetime64("NaT"))
    return chosen


def _causes(story: Story, it: Tickets, kind: Objects) -> Objects:
    who = story.people.who[it.customer]
    cause = np.full(len(it), None, object)
    for name, shares in _TOML["causes"].items():
        of = kind == name
        cause[of] = coded(
            story.streams, "ticket cause", shares, who[of], it.month[of], it.index[of]
        )
    luck = story.streams.uniform("damage is it", who, it.month, it.index)
    return np.where(it.damaged & (luck < _TOML["damaged_cause"]), "damaged", cause)


def _conditions(story: Story, it: Tickets) -> Objects:
    """Return in which state the goods come back; the buyers of an abuser have used them."""
    address = (story.people.who[it.customer], it.month, it.index)
    usual, abused = (
        coded(story.streams, "condition", _TOML[name], *address)
        for name in ("condition", "abused_condition")
    )
    return np.where(it.abuser, abused, usual)


def _by_rule(it: Tickets, cause: Objects, condition: Objects) -> Bools:
    """Return what the house rule says: in time and unused, or our own fault and twice that time."""
    days = (it.raised.astype("datetime64[D]") - it.delivered.astype("datetime64[D]")).astype(float)
    limit = _TOML["limit_days"]
    fault = np.isin(cause, FAULTS)
    rule: Bools = ((days <= limit) & (condition != "used")) | (fault & (days <= 2 * limit))
    return rule & it.of_goods


def _times(
    story: Story, it: Tickets, kind: Objects, granted: Bools, agent: Ints
) -> tuple[Moments, Moments, Moments]:
    """Return when goods were decided on, when money was paid back, and when each case was solved.

    Refunds are faster once the new system is there; trained agents solve the rest faster.
    """
    address = (story.people.who[it.customer], it.month, it.index)

    def drawn(what: str) -> Floats:
        return np.exp(_TOML["refund_spread"] * story.streams.normal(f"ticket {what}", *address))

    authorised = after(it.raised, _TOML["authorise_hours"] * drawn("authorised"))
    begun = first_month() + _TOML["refund_system"]
    new = authorised.astype("datetime64[M]") >= begun
    hours = _TOML["refund_hours"] * np.exp(-story.effects["refund_system"] * new)
    refunded = after(authorised, hours * drawn("refund"))
    refund = granted & (kind == "return")
    month = (it.raised.astype("datetime64[M]") - first_month()).astype(np.int64)
    taught = np.where(story.desk.trained[agent] < month, story.desk.hours[agent], 0.0)
    usual = np.array([_TOML["solve_hours"][name] for name in kind])
    solving = usual * np.exp(-story.effects["training"] * taught / 10) * drawn("solved")
    solved = after(np.where(it.of_goods, authorised, it.raised), solving)
    solved = np.where(refund, refunded, np.where(it.of_goods & ~granted, authorised, solved))
    return authorised, _only(refunded, refund), solved


def _ratings(story: Story, it: Tickets, solved: Moments, refused: Bools, is_known: Bools) -> Floats:
    address = (story.people.who[it.customer], it.month, it.index)
    days = (solved - it.raised).astype(float) / 60 / 24
    toml = _TOML["rating"]
    felt = (
        toml["base"]
        - story.effects["rating_wait"] * np.minimum(days, MOST_DAYS)
        - toml["refused"] * refused
        + toml["spread"] * story.streams.normal("ticket rating", *address)
    )
    says = is_known & (story.streams.uniform("ticket rated", *address) < _TOML["answers"])
    return np.where(says, np.clip(np.round(felt), 1, 5), np.nan)


TABLES = {"after_sales": after_sales}
