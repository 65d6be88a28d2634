"""A month of parcels: what is sent, what it costs, what goes wrong, how long each link takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kdcourse.world.effects import Effects
from kdcourse.world.incidents import severity
from kdcourse.world.policy import Policy
from kdcourse.world.population import Population
from kdcourse.world.settings import (
    CITIES,
    MARKETS,
    PRODUCTS,
    TIERS,
    by_city,
    by_product,
    first_month,
    link_hours,
    list_price,
    season,
    setting,
)
from kdcourse.world.streams import Bools, Floats, Ints, Streams

_ABROAD = len(CITIES)  # position of OVERSEAS behind the cities
_SAME_CITY, _INTERNATIONAL = PRODUCTS.index("same_city"), PRODUCTS.index("international")
CAUSES = ("weather", "traffic", "other")


@dataclass(frozen=True, eq=False)
class Parcels:
    """The parcels accepted in one month; one array element each.

    Attributes:
        customer: Position of the sender.
        index: Which of the sender's parcels of this month.
        product: Position in PRODUCTS.
        origin: Position in CITIES.
        destination: Position in CITIES, or len(CITIES) for abroad.
        weight_kg: Kilograms.
        discount: Share of the list price taken off, contract and code together.
        code: Share taken off by a promotion code alone; 0 without one.
        quoted: Yuan quoted.
        fee: Yuan paid; more than quoted where a mistake was made.
        minutes: Minutes from acceptance until each of the four later scans; shape (parcels, 4).
        accepted: Moment of acceptance.
        promised: Moment promised.
        lost: Whether it was lost on the way, after sorting at the origin.
        damaged: Whether it arrived damaged.
        misinformed: Whether tracking said something wrong or nothing.
        cause: Position in CAUSES: what would have delayed it most.
    """

    customer: Ints
    index: Ints
    product: Ints
    origin: Ints
    destination: Ints
    weight_kg: Floats
    discount: Floats
    code: Floats
    quoted: Floats
    fee: Floats
    minutes: Ints
    accepted: npt.NDArray[np.datetime64]
    promised: npt.NDArray[np.datetime64]
    lost: Bools
    damaged: Bools
    misinformed: Bools
    cause: Ints

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def delivered(self) -> npt.NDArray[np.datetime64]:
        """Moment of delivery; for a lost parcel, when it should have been."""
        moments: npt.NDArray[np.datetime64] = self.accepted + self.minutes[:, -1].astype(
            "timedelta64[m]"
        )
        return moments

    @property
    def late_hours(self) -> Floats:
        """Hours beyond the promise; 0 for parcels in time."""
        over = (self.delivered - self.promised).astype("timedelta64[m]").astype(np.float64)
        hours: Floats = np.maximum(over, 0.0) / 60
        return hours

    @property
    def late(self) -> Bools:
        """Whether the promise was broken, by lateness or loss."""
        return self.lost | (self.delivered > self.promised)


def product_odds(month: int, policy: Policy, effects: Effects) -> Floats:
    """Return parcels per market, tier and product relative to today's total; shape (3, 3, 5).

    The mix drifts towards economy. A changed price moves the parcels of its product by a constant
    elasticity, which is the market's, larger for the low end and smaller for the high end.
    """
    mix = np.array([setting("mix", market) for market in MARKETS], np.float64)
    drift = np.ones(len(PRODUCTS))
    drift[PRODUCTS.index("economy")] = np.exp(effects["economy_drift"] * month)
    mix = mix * drift
    mix /= mix.sum(axis=1, keepdims=True)
    price = list_price(month) * [policy.price.get(product, 1.0) for product in PRODUCTS]
    paid = price * (1 - np.array([policy.discount.get(tier, 0.0) for tier in TIERS]))[:, None]
    market = np.array([effects[f"elasticity_{market}"] for market in MARKETS])
    tier = np.exp(effects["price_by_tier"] * np.array([1.0, 0.0, -1.0]))
    odds: Floats = mix[:, None, :] * paid ** (market[:, None] * tier)[:, :, None]
    return odds


def utilisation(month: int, policy: Policy) -> Floats:
    """Return the load of every city's site over its capacity in a month; shape (cities,).

    The load is the seasonal one of the whole network, not that of the customers simulated, so that
    a policy for some customers does not reach others through the sorting hall.
    """
    usual = setting("sites", "bottleneck")
    standard = setting("sites", "capacity")
    capacity = [policy.capacity.get(city, usual.get(city, standard)) for city in CITIES]
    return season(month) / np.array(capacity)


def ship(
    streams: Streams,
    people: Population,
    counts: Ints,
    month: int,
    policy: Policy,
    effects: Effects,
) -> Parcels:
    """Send the parcels of one month.

    Args:
        streams: The world's luck.
        people: Its customers.
        counts: Parcels of each customer in this month; shape (customers,).
        month: Month of the world, 0 the first.
        policy: What management decided.
        effects: Sizes of what causes what.
    """
    customer = np.repeat(np.arange(len(people)), counts)
    index = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    address = (people.who[customer], month, index)
    market, tier = people.market[customer], people.tier[customer]
    odds = product_odds(month, policy, effects)
    product = streams.choice("product", odds[market, tier], *address)
    origin = people.city[customer]
    destination = _destinations(streams, address, product, origin)
    weight = setting("weight", "median") * np.exp(
        setting("weight", "spread") * streams.normal("weight", *address)
    )
    weight = np.maximum(np.round(weight, 2), 0.01)
    accepted = _accepted(streams, people.joined[customer], address)
    hit = _hit(streams, month, accepted, (origin, destination))
    minutes, longest = _minutes(
        streams, address, product, (origin, destination), _crowding(month, policy, effects), hit,
        effects,
    )  # fmt: skip
    promised = accepted + _promises(product, destination, policy)
    code, discount = _discounts(streams, people, address, customer, policy)
    quoted = _quotes(product, weight, discount, month, policy)
    problem = {
        name: streams.uniform(f"{name} parcel", *address) < setting("problems", name)
        for name in ("lost", "damaged", "info", "fee")
    }
    extra = 1.0 + setting("problems", "fee_extra") * problem["fee"]
    cause = np.where(hit.any(axis=1), 0, np.where(longest == 1, 1, 2))
    return Parcels(
        customer=customer,
        index=index,
        product=product,
        origin=origin,
        destination=destination,
        weight_kg=weight,
        discount=discount,
        code=code,
        quoted=quoted,
        fee=np.round(quoted * extra, 2),
        minutes=minutes,
        accepted=accepted,
        promised=promised,
        lost=problem["lost"],
        damaged=problem["damaged"] & ~problem["lost"],
        misinformed=problem["info"],
        cause=cause,
    )


Address = tuple[Ints, int, Ints]


def _destinations(streams: Streams, address: Address, product: Ints, origin: Ints) -> Ints:
    shares = np.tile(by_city("share"), (len(CITIES), 1))
    np.fill_diagonal(shares, 0.0)  # an inter-city parcel leaves its city
    drawn = streams.choice("destination", shares[origin], *address)
    drawn = np.where(product == _SAME_CITY, origin, drawn)
    return np.where(product == _INTERNATIONAL, _ABROAD, drawn)


def _accepted(
    streams: Streams, joined: npt.NDArray[np.datetime64], address: Address
) -> npt.NDArray[np.datetime64]:
    """Any day of the month since the account was opened, between 8:00 and 20:00."""
    month = address[1]
    start = (first_month() + month).astype("datetime64[D]")
    end = (first_month() + month + 1).astype("datetime64[D]")
    first = np.maximum(joined, start)
    days = np.floor(streams.uniform("day", *address) * (end - first).astype(int)).astype(int)
    minutes = np.floor(480 + streams.uniform("minute", *address) * 720).astype("timedelta64[m]")
    accepted: npt.NDArray[np.datetime64] = (first + days).astype("datetime64[m]") + minutes
    return accepted


def _crowding(month: int, policy: Policy, effects: Effects) -> Floats:
    """Return how much longer sorting takes at every site; abroad is never crowded."""
    excess = np.maximum(utilisation(month, policy) - setting("sites", "free_until"), 0.0)
    return np.append(1.0 + effects["congestion"] * excess, 1.0)


def _hit(
    streams: Streams,
    month: int,
    accepted: npt.NDArray[np.datetime64],
    ends: tuple[Ints, Ints],
) -> Floats:
    """Return the severity of the incidents that a parcel meets at its two ends; (parcels, 2)."""
    by_day = severity(streams, month)
    day = (accepted.astype("datetime64[D]") - (first_month() + month)).astype(np.int64)
    return np.column_stack([by_day[place, day] for place in ends])


def _promises(product: Ints, destination: Ints, policy: Policy) -> npt.NDArray[np.timedelta64]:
    """Return the time promised for each parcel: the lane's, or else the product's."""
    hours = np.empty((len(PRODUCTS), len(CITIES) + 1))
    regions = [*by_city("region"), None]
    for row, (name, standard) in enumerate(
        zip(PRODUCTS, by_product("promised_hours"), strict=True)
    ):
        usual = policy.promise.get(name, standard)
        hours[row] = [policy.promise.get(f"{name}:{region}", usual) for region in regions]
    minutes = np.round(hours * 60).astype(np.int64)[product, destination]
    promises: npt.NDArray[np.timedelta64] = minutes.astype("timedelta64[m]")
    return promises


def _discounts(
    streams: Streams,
    people: Population,
    address: Address,
    customer: Ints,
    policy: Policy,
) -> tuple[Floats, Floats]:
    """Return what a promotion code takes off, and all discounts together, as shares."""
    use = setting("promotions", "use")
    chance = np.where(people.transactional[customer], use["transactional"], use["relational"])
    off = np.array(setting("promotions", "off"))
    code = off[streams.choice("code", np.ones(len(off)), *address)]
    code = np.where(streams.uniform("code used", *address) < chance, code, 0.0)
    table = np.array([setting("tiers", "contract_discount")[market] for market in MARKETS])
    contract = table[people.market[customer], people.tier[customer]]
    extra = np.array([policy.discount.get(tier, 0.0) for tier in TIERS])[people.tier[customer]]
    together = 1.0 - (1.0 - contract) * (1.0 - code) * (1.0 - extra)
    return code, np.round(together, 4)


def _quotes(product: Ints, weight: Floats, discount: Floats, month: int, policy: Policy) -> Floats:
    factor = list_price(month) * [policy.price.get(name, 1.0) for name in PRODUCTS]
    base = np.round(np.array(by_product("base_fee")) * factor, 2)
    per_kg = np.round(np.array(by_product("per_kg_fee")) * factor, 2)
    listed = base[product] + per_kg[product] * (np.ceil(weight) - 1.0)
    quoted: Floats = np.round(listed * (1.0 - discount), 2)
    return quoted


def _minutes(
    streams: Streams,
    address: Address,
    product: Ints,
    ends: tuple[Ints, Ints],
    crowding: Floats,
    hit: Floats,
    effects: Effects,
) -> tuple[Ints, Ints]:
    """Lognormal links; the West is farther, a crowded site sorts slowly, a storm slows its city.

    Returns:
        Minutes until each of the four scans, and which link took longest against its mean.
    """
    origin, destination = ends
    hours = link_hours()[product]
    pace = setting("transit", "region")
    region = np.array([pace[region] for region in by_city("region")] + [1.0])
    inter_city = (product != _SAME_CITY) & (product != _INTERNATIONAL)
    hours = hours * np.where(inter_city, region[destination], 1.0)[:, None]
    hours[:, 0] *= crowding[origin]
    hours[:, 2] *= crowding[destination]
    slower = 1.0 + effects["weather"] * hit
    hours[:, :2] *= slower[:, :1]
    hours[:, 2:] *= slower[:, 1:]
    lucks = np.empty_like(hours)
    for link, spread in enumerate(setting("transit", "spread")):
        lucks[:, link] = spread * streams.normal(f"link {link}", *address)
        hours[:, link] *= np.exp(lucks[:, link] - spread**2 / 2)
    minutes: Ints = np.cumsum(np.maximum(np.round(hours * 60), 1).astype(np.int64), axis=1)
    return minutes, np.argmax(lucks, axis=1)
