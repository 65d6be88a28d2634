"""The carrier's story: month by month, customers send, feel, complain, stay, leave and return."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from kdcourse.world.effects import Effects
from kdcourse.world.growth import (
    Contacts,
    WinBack,
    contact,
    join,
    membership,
    uplift,
    win_back,
    withdraw,
)
from kdcourse.world.incidents import rival_cut
from kdcourse.world.policy import Policy, Schedule
from kdcourse.world.population import FIRST_PROSPECT, NEVER, Population, populate
from kdcourse.world.sales import Prospects, pursue
from kdcourse.world.service import Complaints, Desk, harm, serve, staff
from kdcourse.world.settings import REASONS, by_market, first_month, season, setting
from kdcourse.world.shipping import Parcels, product_odds, ship
from kdcourse.world.streams import Bools, Floats, Ints, Streams

#: Accounts that are simulated together, served by one desk; files keep their rows together.
BLOCK = 10_000
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Month:
    """What happened in a month, by position of the customer unless said otherwise.

    Attributes:
        here: Has an account, and has not left before this month.
        goodwill: Goodwill at its start.
        expected: Parcels expected (hidden).
        counts: Parcels sent.
        late_share: Share of them that broke the promise; not a number for who sent none.
        hazard: Chance of leaving at its end (hidden).
        left: Leaves at its end.
        reason: What they left over, position in REASONS; of use where they left.
        willing: Agrees to marketing messages during the month.
        member: Is a member during the month.
        parcels: The parcels, one element each.
        complaints: The complaints, one element each.
        contacts: The audiences of campaigns, one element each.
        win_back: What was tried with the lost, one element each.
    """

    here: Bools
    goodwill: Floats
    expected: Floats
    counts: Ints
    late_share: Floats
    hazard: Floats
    left: Bools
    reason: Ints
    willing: Bools
    member: Bools
    parcels: Parcels
    complaints: Complaints
    contacts: Contacts
    win_back: WinBack


@dataclass(frozen=True, eq=False)
class Story:
    """One block of a world, lived through.

    Attributes:
        streams: The world's luck.
        schedule: What management decided, and from when on.
        effects: Sizes of what causes what.
        block: Number of the block.
        people: Accounts and prospects of the block.
        prospects: The prospects alone; they are the last of ``people``.
        desk: The agents.
        months: What happened, month by month.
        opened: Who opened an account in the end; shape (people,).
        known: Who came to the carrier's notice at all (a recommendation may not have been made).
    """

    streams: Streams
    schedule: Schedule
    effects: Effects
    block: int
    people: Population
    prospects: Prospects
    desk: Desk
    months: list[Month]
    opened: Bools
    known: Bools
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def accounts(self) -> int:
        """How many accounts the block has; prospects don't count."""
        return len(self.people) - len(self.prospects)

    @property
    def policy(self) -> Policy:
        """What is decided in the last month, where the data end."""
        return self.decided(len(self.months) - 1)

    @property
    def ends(self) -> np.datetime64:
        """The moment at which the data end; nothing later is known."""
        return (first_month() + len(self.months)).astype("datetime64[m]")

    def decided(self, month: int) -> Policy:
        """Return the policy of a month of the world."""
        return self.schedule.at(month)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` gives, made the first time and kept: several tables may need it."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept


def blocks(customers: int) -> int:
    """Return how many blocks a world of so many accounts has."""
    return -(-customers // BLOCK)


def live(
    seed: int, customers: int, months: int, schedule: Schedule, effects: Effects, block: int = 0
) -> Story:
    """Live through one block of a world.

    Blocks know nothing of each other, and within a block more accounts leave the earlier ones as
    they were.

    Args:
        seed: The world's seed.
        customers: Accounts of the whole world.
        months: Its length.
        schedule: What management decided, and from when on.
        effects: Sizes of what causes what.
        block: Which block.
    """
    streams = Streams(seed)
    first, last = block * BLOCK, min((block + 1) * BLOCK, customers)
    ratio = setting("prospects", "per_account")
    numbers = np.arange(int(first * ratio), int(last * ratio))
    before = (numbers / ratio).astype(np.int64) - first
    prospects = _pursued(streams, FIRST_PROSPECT + numbers, before, months, schedule, effects)
    people = populate(streams, np.arange(first, last), prospects, months, effects)
    desk = staff(streams, block, months)
    return _lived(streams, people, prospects, desk, months, schedule, effects, block)


def _pursued(
    streams: Streams, who: Ints, before: Ints, months: int, schedule: Schedule, effects: Effects
) -> Prospects:
    """Work on every prospect as the policy of the month says in which sales hears of them."""
    found = pursue(streams, who, before, months, schedule.at(0), effects)
    for since, policy in schedule.steps:
        if since == 0 or policy.calls == schedule.at(since - 1).calls:
            continue
        other = pursue(streams, who, before, months, policy, effects)
        later = other.appears >= since
        parts = ((getattr(other, f.name), getattr(found, f.name)) for f in fields(Prospects))
        found = Prospects(*(np.where(later, new, old) for new, old in parts))
    return found


def _lived(
    streams: Streams,
    people: Population,
    prospects: Prospects,
    desk: Desk,
    months: int,
    schedule: Schedule,
    effects: Effects,
    block: int,
) -> Story:
    size = len(people)
    goodwill = np.ones(size)
    lost_since = np.full(size, NEVER)
    reason = np.zeros(size, np.int64)
    willing = people.consents.copy()
    member_since = np.full(size, NEVER)
    known = people.referrer < 0  # whose recommendation is still to come isn't known yet
    recent = [np.zeros(size, np.int64)] * 3  # messages of the last three months
    told: list[Month] = []
    for month in range(months):
        policy = schedule.at(month)
        known |= _recommended(streams, people, known, goodwill, lost_since, month, effects)
        here = (people.arrival <= month) & known & (lost_since == NEVER)
        presence = np.where(here, _presence(people, month), 0.0)
        contacts = contact(streams, people, willing & here, month, months, policy)
        lift, messages = uplift(people, contacts, months, effects)
        member = membership(people, member_since, month, policy)
        cut = rival_cut(streams, month)[people.city]
        undercut = cut > 0
        odds = product_odds(month, policy, effects).sum(axis=2)[people.market, people.tier]
        growth = people.drift * min(month, setting("kinds", "drift_months"))
        pull = growth + lift + effects["loyalty"] * member
        pull -= effects["rival_pull"] * undercut * np.where(people.transactional, 1.5, 0.7)
        warmth = goodwill ** effects["goodwill_orders"]
        expected = people.rate * season(month) * warmth * odds * presence * np.exp(pull)
        counts = streams.poisson("parcels", np.minimum(expected, 400.0), people.who, month)
        parcels = ship(streams, people, counts, month, policy, effects)
        complaints = serve(streams, people, parcels, here, month, desk, policy, effects)
        hazard, weights = _hazard(people, goodwill, undercut, member, effects)
        left = here & (streams.uniform("leave", people.who, month) < hazard)
        back = win_back(streams, people, lost_since, reason, willing, month, policy, effects)
        reason = np.where(left, streams.choice("reason", weights, people.who, month), reason)
        told.append(
            Month(
                here, goodwill, expected, counts, _share(parcels, counts), hazard, left, reason,
                willing.copy(), member > 0, parcels, complaints, contacts, back,
            )
        )  # fmt: skip
        recent = [*recent[1:], messages]
        willing &= ~withdraw(streams, people, np.sum(recent, axis=0), month, effects)
        member_since = join(streams, people, member_since, counts * here, month, policy)
        goodwill = _felt(people, goodwill, parcels, complaints, effects)
        lost_since[left] = month
        returned = back.customer[back.returned]
        lost_since[returned] = NEVER
        goodwill[returned] = np.maximum(goodwill[returned], setting("returns", "goodwill"))
    opened = (people.arrival < months) & known
    return Story(streams, schedule, effects, block, people, prospects, desk, told, opened, known)


def _recommended(
    streams: Streams,
    people: Population,
    known: Bools,
    goodwill: Floats,
    lost_since: Ints,
    month: int,
    effects: Effects,
) -> Bools:
    """Return whom someone recommends the carrier to in this month: only the contented do."""
    due = (people.referrer >= 0) & (people.appears == month)
    friend = np.maximum(people.referrer, 0)
    there = known[friend] & (people.arrival[friend] <= month) & (lost_since[friend] == NEVER)
    chance = there * goodwill[friend] ** effects["referral_pull"]
    return due & (streams.uniform("recommends", people.who) < chance)


def _presence(people: Population, month: int) -> Floats:
    """Share of the month for which each account is open."""
    start = (first_month() + month).astype("datetime64[D]")
    end = (first_month() + month + 1).astype("datetime64[D]")
    days = (end - np.maximum(people.joined, start)).astype(np.float64)
    return np.clip(np.nan_to_num(days) / float((end - start).astype(int)), 0.0, 1.0)


def _share(parcels: Parcels, counts: Ints) -> Floats:
    """Share of each customer's parcels that broke the promise; NaN for who sent none."""
    late = np.bincount(parcels.customer, weights=parcels.late, minlength=len(counts))
    return np.divide(late, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _hazard(
    people: Population, goodwill: Floats, undercut: Bools, member: Floats, effects: Effects
) -> tuple[Floats, Floats]:
    """Return everybody's chance of leaving, and the weights of the reasons; (people, reasons)."""
    service = effects["churn_pull"] * (1.0 - goodwill)
    rival = effects["rival_churn"] * undercut
    pull = service + rival + effects["roving"] * people.roving
    pull -= effects["lock_in"] * people.bound + effects["loyalty_hold"] * member
    pull -= effects["referral_hold"] * (people.referrer >= 0)
    hazard = 1.0 - np.exp(-by_market("hazard")[people.market] * np.exp(pull))
    moved = setting("returns", "moved")
    usual = np.ones(len(people))
    weights = {
        "service": np.expm1(service), "price": (1 - moved) * usual,
        "rival": np.expm1(rival), "moved": moved * usual,
    }  # fmt: skip
    return hazard, np.column_stack([weights[name] for name in REASONS])


def _felt(
    people: Population,
    goodwill: Floats,
    parcels: Parcels,
    complaints: Complaints,
    effects: Effects,
) -> Floats:
    """Goodwill heals with time, falls with what went wrong, and less where it was made good."""
    lost = harm(people, parcels, complaints, effects)
    after: Floats = 1.0 - effects["memory"] * (1.0 - goodwill) - lost
    return np.clip(after, setting("goodwill", "floor"), 1.0)
