"""What moves and keeps customers beside the service: campaigns, membership, winning back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.population import NEVER, Population
from kdcourse.world.settings import CITIES, MARKETS, REASONS, TIERS, setting
from kdcourse.world.streams import Bools, Floats, Ints, Streams


@dataclass(frozen=True, eq=False)
class Contacts:
    """Who belongs to the audience of a campaign; one array element each.

    Attributes:
        campaign: Which, as number of the world's campaigns in order of time.
        customer: Position of the customer.
        control: Left out on purpose, by lot.
    """

    campaign: Ints
    customer: Ints
    control: Bools


def campaigns(months: int) -> list[dict[str, Any]]:
    """Return the campaigns of a world in order, each with its ``month`` counted from its start."""
    declared = sorted(setting("campaigns", "list"), key=lambda campaign: campaign["month"])
    return [
        campaign | {"month": year * 12 + campaign["month"]}
        for year in range(-(-months // 12))
        for campaign in declared
        if year * 12 + campaign["month"] < months
    ]


def contact(
    streams: Streams,
    people: Population,
    willing: Bools,
    month: int,
    months: int,
    policy: Policy,
) -> Contacts:
    """Choose the audiences of a month's campaigns, and by lot who of them is left out.

    Args:
        streams: The world's luck.
        people: Its customers.
        willing: Customers of this month who agreed to marketing messages and didn't withdraw.
        month: Month of the world.
        months: Length of the world.
        policy: What management decided.
    """
    cap = policy.contact_cap.get("month", np.inf)
    willing = willing & (people.arrival < month)  # nobody is written to before the account opens
    had = np.zeros(len(people))
    audiences, groups, numbers = [], [], []
    for number, campaign in enumerate(campaigns(months)):
        if campaign["month"] != month:
            continue
        reach = setting("campaigns", "reach") * policy.marketing.get(campaign["channel"], 1.0)
        fits = willing & (people.market == MARKETS.index(campaign["market"])) & (had < cap)
        fits &= streams.uniform("reach", people.who, month, number) < reach
        chosen = np.flatnonzero(fits)
        lot = streams.uniform("control", people.who[chosen], month, number)
        control = lot < setting("campaigns", "control")
        had[chosen[~control]] += 1
        audiences.append(chosen)
        groups.append(control)
        numbers.append(np.full(len(chosen), number))
    empty = np.zeros(0, np.int64)
    return Contacts(
        np.concatenate([empty, *numbers]),
        np.concatenate([empty, *audiences]),
        np.concatenate([empty.astype(bool), *groups]),
    )


def uplift(
    people: Population, contacts: Contacts, months: int, effects: Effects
) -> tuple[Floats, Ints]:
    """Return the log rise of everybody's parcels by promotions, and how many messages they got."""
    kinds = np.array([campaign["kind"] == "promotion" for campaign in campaigns(months)], bool)
    reached = contacts.customer[~contacts.control]
    promoted = contacts.customer[~contacts.control & kinds[contacts.campaign]]
    by_kind = np.where(
        people.transactional, effects["uplift_transactional"], effects["uplift_relational"]
    )
    size = len(people)
    return (
        by_kind * (np.bincount(promoted, minlength=size) > 0),
        np.bincount(reached, minlength=size),
    )


def withdraw(
    streams: Streams, people: Population, recent: Ints, month: int, effects: Effects
) -> Bools:
    """Return who withdraws consent at the end of a month, if they had given it.

    ``recent`` counts the messages of the last three months.
    """
    chance = setting("consent", "withdrawn") + effects["fatigue"] * np.maximum(recent - 1, 0)
    return streams.uniform("withdraw", people.who, month) < chance


def points_worth(people: Population, policy: Policy) -> Floats:
    """Return what a member's points are worth, as a share of the fee, by each customer's tier."""
    worth = [policy.loyalty.get(tier, setting("membership", "worth")) for tier in TIERS]
    return np.array(worth)[people.tier]


def join(
    streams: Streams,
    people: Population,
    since: Ints,
    sent: Ints,
    month: int,
    policy: Policy,
) -> Ints:
    """Return since which month everybody is a member (NEVER: not), after this month's joining.

    The programme opens city by city, so that members can be compared with who could not join yet.
    """
    opens = np.array([setting("membership", "opens")[city] for city in CITIES])[people.city]
    may = (since == NEVER) & (sent > 0) & (opens <= month) & (points_worth(people, policy) > 0)
    joins = may & (streams.uniform("member", people.who, month) < setting("membership", "joins"))
    return np.where(joins, month + 1, since)


def membership(people: Population, since: Ints, month: int, policy: Policy) -> Floats:
    """Return the pull of membership in a month: 0 for who isn't a member, 1 at today's points."""
    worth = points_worth(people, policy) / setting("membership", "worth")
    return np.where(since <= month, worth, 0.0)


@dataclass(frozen=True, eq=False)
class WinBack:
    """What was tried with a lost customer in a month; one array element each.

    Attributes:
        customer: Position of the customer.
        voucher: Yuan offered.
        control: Belongs to the pilot but was left without a voucher, by lot.
        returned: Whether they came back at the end of the month.
    """

    customer: Ints
    voucher: Floats
    control: Bools
    returned: Bools


def win_back(
    streams: Streams,
    people: Population,
    lost_since: Ints,
    reason: Ints,
    willing: Bools,
    month: int,
    policy: Policy,
    effects: Effects,
) -> WinBack:
    """Try to win back who left, and see who returns, with an offer or without.

    Without a policy there is a pilot: in the second month after leaving, one in two of those who
    may be written to gets a voucher, by lot.

    Args:
        streams: The world's luck.
        people: Its customers.
        lost_since: Month at whose end everybody left; NEVER for who is there.
        reason: What they left over, position in REASONS.
        willing: Who agreed to marketing messages and didn't withdraw.
        month: Month of the world.
        policy: What management decided.
        effects: Sizes of what causes what.
    """
    gone = (lost_since < month) & (month - lost_since <= setting("returns", "months"))
    customer = np.flatnonzero(gone)
    who = people.who[customer]
    why = reason[customer]
    pilot = (month - lost_since[customer] == 2) & willing[customer]
    pilot &= month >= setting("returns", "pilot_from")
    lot = streams.uniform("win back", who, month) < 0.5
    voucher = np.where(pilot & lot, setting("returns", "pilot_voucher"), 0.0)
    if policy.win_back:
        ruled = np.array([policy.win_back.get(name, 0.0) for name in REASONS])[why]
        first = (month - lost_since[customer] == 2) & willing[customer]
        voucher, pilot = np.where(first, ruled, 0.0), np.zeros_like(pilot)
    pull = np.array([effects["win_back_service"], *[effects["win_back_price"]] * 2, 0.0])[why]
    base = np.array([setting("returns", "base")[name] for name in REASONS])[why]
    chance = 1.0 - np.exp(-base * np.exp(pull * voucher / setting("returns", "pilot_voucher")))
    returned = streams.uniform("return", who, month) < chance
    return WinBack(customer, voucher, pilot & ~lot, returned)
