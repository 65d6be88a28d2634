"""Every case of the complaint desk: those that the story tells, and those without consequences."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from kdcourse.texts import content
from kdcourse.world.records.draws import Moments, Objects, blank, coded
from kdcourse.world.records.parcels import parcel_number, waybill
from kdcourse.world.service import answer_hours, solving_hours
from kdcourse.world.settings import POSTS, PROBLEMS, first_month, link_hours, setting
from kdcourse.world.shipping import Parcels, utilisation
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

_TOML = content("world/service")
#: What a case may be about: the story's problems, then those that nothing else follows from.
CATEGORIES = (*PROBLEMS, "order", "payment", "product", "claims")
#: A case that the story doesn't tell gets an index that no parcel of its customer has.
_NO_PARCEL = 998
_LATE = PROBLEMS.index("late")


@dataclass(frozen=True, eq=False)
class Cases:
    """The cases of a block that came in before the data end, by month; one array element each.

    Attributes:
        month: Month of the story.
        customer: Position of who complains.
        index: With customer and month, the address of the case's luck.
        category: Position in CATEGORIES.
        suggestion: A proposal rather than a grievance.
        waybill: Parcel that it is about, or none.
        received: When it came in.
        agent: Number of the agent who handles it, within the desk.
        claim: Harm claimed, yuan.
        paid: Compensation, yuan.
        share: Share of the claim that was paid; 0 where nothing was claimed.
        alone: Whether the agent might decide alone.
        response: Hours until the first answer.
        solve: Hours until it was closed.
        department: Which had to look into it.
        cause: Cause found, or none.
    """

    month: Ints
    customer: Ints
    index: Ints
    category: Ints
    suggestion: Bools
    waybill: Objects
    received: Moments
    agent: Ints
    claim: Floats
    paid: Floats
    share: Floats
    alone: Bools
    response: Floats
    solve: Floats
    department: Objects
    cause: Objects

    def __len__(self) -> int:
        return len(self.customer)

    def address(self, story: Story) -> tuple[Ints, Ints, Ints]:
        """Return the addresses of the cases' luck: who, month, index."""
        return story.people.who[self.customer], self.month, self.index

    def ids(self, story: Story) -> Objects:
        """Return the numbers of the cases, which no policy and no other customer changes."""
        who, month, index = self.address(story)
        return np.char.mod("K%012d", parcel_number(who, month, index)).astype(object)


def cases(story: Story) -> Cases:
    """Return the cases of a block; worked out once."""
    return story.once("cases", lambda: _cases(story))


def after(start: Moments, hours: Floats) -> Moments:
    """Return the moments so many hours later, to the minute."""
    moments: Moments = start + np.round(hours * 60).astype("timedelta64[m]")
    return moments


def in_month(
    story: Story, stream: str, customer: Ints, month: int, index: npt.ArrayLike = 0
) -> Moments:
    """Return a moment of a month for each customer: since they have an account, eight to twenty."""
    start, end = ((first_month() + month + step).astype("datetime64[D]") for step in (0, 1))
    first = np.maximum(story.people.joined[customer], start)
    luck = story.streams.uniform(stream, story.people.who[customer], month, index)
    day, part = np.divmod(luck * (end - first).astype(np.int64), 1.0)
    return after(first.astype("datetime64[m]"), 24 * day + 8 + 12 * part)


def _cases(story: Story) -> Cases:
    parts = [_merged(_told(story, m), _others(story, m)) for m in range(len(story.months))]
    columns = {
        field.name: np.concatenate([part[field.name] for part in parts]) for field in fields(Cases)
    }
    known = columns["received"] < story.ends
    return Cases(**{name: values[known] for name, values in columns.items()})


Part = dict[str, npt.NDArray[Any]]


def _merged(one: Part, other: Part) -> Part:
    return {name: np.concatenate([one[name], other[name]]) for name in one}


def _told(story: Story, month: int) -> Part:
    """The complaints of the story, with what was found to be their cause."""
    told = story.months[month].complaints
    parcels = story.months[month].parcels
    who = story.people.who[told.customer]
    category = told.problem.copy()
    department, cause = _found(story, who, month, told.index, category)
    late = np.flatnonzero(category == _LATE)
    department[late], cause[late] = _why_late(story, parcels, told.parcel[late], month)
    numbers = waybill(who, month, told.index).astype(object)
    return {
        "month": np.full(len(told), month),
        "customer": told.customer,
        "index": told.index,
        "category": category,
        "suggestion": np.zeros(len(told), bool),
        "waybill": blank(numbers, told.parcel < 0),
        "received": told.received,
        "agent": told.agent,
        "claim": told.claim,
        "paid": told.paid,
        "share": _share(told.paid, told.claim),
        "alone": told.within_limit,
        "response": told.response_hours,
        "solve": told.solve_hours,
        "department": department,
        "cause": cause,
    }


def _others(story: Story, month: int) -> Part:
    """Cases about orders, payments, goods and claims, and suggestions: drawn, nothing follows."""
    streams, people, desk = story.streams, story.people, story.desk
    kinds = _TOML["complaints"]["others"]
    chances = np.cumsum(list(kinds.values()))
    luck = streams.uniform("other case", people.who, month)
    customer = np.flatnonzero(story.months[month].here & (luck < chances[-1]))
    who = people.who[customer]
    kind = np.array(list(kinds), object)[np.searchsorted(chances, luck[customer], side="right")]
    suggestion = kind == "suggestion"
    index = np.full(len(customer), _NO_PARCEL)
    address = (who, month, index)
    topics = _TOML["suggestions"]
    about = np.where(suggestion, [topics[t] for t in suggestion_texts(story, *address)], kind)
    category = np.array([CATEGORIES.index(name) for name in about], np.int64)
    department, cause = _found(story, who, month, index, category)
    claim = _claims(kind, streams.uniform("other claim", *address))
    pay = _TOML["complaints"]["pay"]
    paid = np.round(claim * [pay.get(name, 0.0) for name in kind], 2)
    agent = np.floor(streams.uniform("agent", *address) * len(desk)).astype(np.int64)
    policy = story.decided(month)
    limit = np.array([policy.empowerment.get(p, setting("desk", "limit")) for p in POSTS])
    alone = claim <= limit[desk.post[agent]]
    response = answer_hours(streams, address, people.tier[customer], month, policy, story.effects)
    solve = solving_hours(streams, address, desk, agent, alone, month, story.effects) + response
    return {
        "month": np.full(len(customer), month),
        "customer": customer,
        "index": index,
        "category": category,
        "suggestion": suggestion,
        "waybill": np.full(len(customer), None, object),
        "received": in_month(story, "other moment", customer, month, index),
        "agent": agent,
        "claim": claim,
        "paid": paid,
        "share": _share(paid, claim),
        "alone": alone,
        "response": response,
        "solve": solve,
        "department": np.where(suggestion, "service", department),
        "cause": blank(cause, suggestion),
    }


def suggestion_texts(story: Story, who: Ints, month: npt.ArrayLike, index: Ints) -> Objects:
    """Return the code of the text of suggestions; what a suggestion is about follows from it."""
    texts = dict.fromkeys(_TOML["suggestions"], 1.0)
    return coded(story.streams, "suggestion text", texts, who, month, index)


def _claims(kind: Objects, luck: Floats) -> Floats:
    spans = _TOML["complaints"]["claim"]
    low, high = np.array([spans.get(name, (0.0, 0.0)) for name in kind]).reshape(-1, 2).T
    claim: Floats = np.round(low + luck * (high - low), 2)
    return claim


def _share(paid: Floats, claim: Floats) -> Floats:
    share: Floats = np.divide(paid, claim, out=np.zeros_like(claim), where=claim > 0)
    return np.minimum(share, 1.0)


def _found(
    story: Story, who: Ints, month: int, index: Ints, category: Ints
) -> tuple[Objects, Objects]:
    """Return department and cause of each case by what it is about; nothing for late parcels."""
    department = np.full(len(who), None, object)
    cause = department.copy()
    luck = story.streams.uniform("root cause", who, month, index)
    for name, options in _TOML["root_causes"].items():
        if name == "basis":
            continue
        of = np.flatnonzero(category == CATEGORIES.index(name))
        edges = np.cumsum([weight for _, _, weight in options])
        chosen = np.searchsorted(edges[:-1], luck[of], side="right")
        department[of] = np.array([option[0] for option in options], object)[chosen]
        cause[of] = np.array([option[1] for option in options], object)[chosen]
    return department, cause


#: Of the four links of a parcel: which department has them, and why they take long if no storm and
#: no overload was there.
_LINKS = np.array(["sorting", "transport", "sorting", "delivery"], object)
_SLOW = np.array(["missort", "traffic", "missort", "address"], object)


def _why_late(story: Story, parcels: Parcels, at: Ints, month: int) -> tuple[Objects, Objects]:
    """Return who held up each late parcel, and why: the link that took longest beyond its mean."""
    minutes = np.diff(parcels.minutes[at], axis=1, prepend=0)
    link = np.argmax(minutes / 60 - link_hours()[parcels.product[at]], axis=1)
    site = np.where(link == 0, parcels.origin[at], parcels.destination[at])
    full = np.append(
        utilisation(month, story.decided(month)) > setting("sites", "free_until"), False
    )
    cause = np.where((_LINKS[link] == "sorting") & full[site], "overload", _SLOW[link])
    weather = parcels.cause[at] == 0
    return _LINKS[link], np.where(weather, "weather", cause).astype(object)
