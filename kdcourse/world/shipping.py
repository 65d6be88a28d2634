"""A month of parcels: what customers send, what it costs them, and how long each link takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kdcourse.world.policy import Policy
from kdcourse.world.population import Ints, Population
from kdcourse.world.settings import (
    CITIES,
    MARKETS,
    PRODUCTS,
    Effects,
    by_city,
    by_market,
    by_product,
    first_month,
    link_hours,
    season,
    setting,
)
from kdcourse.world.streams import Floats, Streams

_ABROAD = len(CITIES)  # position of OVERSEAS behind the cities
_SAME_CITY, _INTERNATIONAL = PRODUCTS.index("same_city"), PRODUCTS.index("international")


@dataclass(frozen=True)
class Parcels:
    """The parcels accepted in one month; one array element each.

    Attributes:
        customer: Position of the sender.
        index: Which of the sender's parcels of this month.
        product: Position in PRODUCTS.
        origin: Position in CITIES.
        destination: Position in CITIES, or len(CITIES) for abroad.
        weight_kg: Kilograms.
        fee: Yuan paid.
        minutes: Minutes from acceptance until each of the four later scans; shape (parcels, 4).
        accepted: Moment of acceptance.
        promised: Moment promised.
        lost: Whether it was lost on the way, after sorting at the origin.
    """

    customer: Ints
    index: Ints
    product: Ints
    origin: Ints
    destination: Ints
    weight_kg: Floats
    fee: Floats
    minutes: Ints
    accepted: npt.NDArray[np.datetime64]
    promised: npt.NDArray[np.datetime64]
    lost: npt.NDArray[np.bool_]

    @property
    def late(self) -> npt.NDArray[np.bool_]:
        """Whether the promise was broken, by lateness or loss."""
        delivered = self.accepted + self.minutes[:, -1].astype("timedelta64[m]")
        return self.lost | (delivered > self.promised)


def product_odds(month: int, policy: Policy, effects: Effects) -> Floats:
    """Return parcels per market and product relative to today's total; shape (3, 5).

    The mix drifts towards economy. A changed price moves the parcels of its product by the
    market's constant elasticity.
    """
    mix = np.array([setting("mix", market) for market in MARKETS], np.float64)
    drift = np.ones(len(PRODUCTS))
    drift[PRODUCTS.index("economy")] = np.exp(effects.economy_drift * month)
    mix = mix * drift
    mix /= mix.sum(axis=1, keepdims=True)
    price = np.array([policy.price.get(product, 1.0) for product in PRODUCTS])
    elasticity = np.array([effects.elasticity[market] for market in MARKETS])
    odds: Floats = mix * price ** elasticity[:, None]
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
    address = (customer, month, index)
    market = people.market[customer]
    product = streams.choice("product", product_odds(month, policy, effects)[market], *address)
    origin = people.city[customer]
    destination = _destinations(streams, address, product, origin)
    weight = setting("weight", "median") * np.exp(
        setting("weight", "spread") * streams.normal("weight", *address)
    )
    weight = np.maximum(np.round(weight, 2), 0.01)
    accepted = _accepted(streams, people, address)
    excess = np.maximum(utilisation(month, policy) - setting("sites", "free_until"), 0.0)
    crowding = np.append(1.0 + effects.congestion * excess, 1.0)  # abroad is never crowded
    promise = np.array(
        [
            policy.promise.get(name, hours)
            for name, hours in zip(PRODUCTS, by_product("promised_hours"), strict=True)
        ]
    )
    promised = accepted + np.round(promise[product] * 60).astype("timedelta64[m]")
    return Parcels(
        customer,
        index,
        product,
        origin,
        destination,
        weight,
        _fees(product, weight, market, policy),
        _minutes(streams, address, product, (origin, destination), crowding),
        accepted,
        promised,
        streams.uniform("lost", *address) < setting("loss", "chance"),
    )


Address = tuple[Ints, int, Ints]


def _destinations(streams: Streams, address: Address, product: Ints, origin: Ints) -> Ints:
    shares = np.tile(by_city("share"), (len(CITIES), 1))
    np.fill_diagonal(shares, 0.0)  # an inter-city parcel leaves its city
    drawn = streams.choice("destination", shares[origin], *address)
    drawn = np.where(product == _SAME_CITY, origin, drawn)
    return np.where(product == _INTERNATIONAL, _ABROAD, drawn)


def _accepted(streams: Streams, people: Population, address: Address) -> npt.NDArray[np.datetime64]:
    """Any day of the month since the account was opened, between 8:00 and 20:00."""
    customer, month, _ = address
    start = (first_month() + month).astype("datetime64[D]")
    end = (first_month() + month + 1).astype("datetime64[D]")
    first = np.maximum(people.joined[customer], start)
    days = np.floor(streams.uniform("day", *address) * (end - first).astype(int)).astype(int)
    minutes = np.floor(480 + streams.uniform("minute", *address) * 720).astype("timedelta64[m]")
    accepted: npt.NDArray[np.datetime64] = (first + days).astype("datetime64[m]") + minutes
    return accepted


def _fees(product: Ints, weight: Floats, market: Ints, policy: Policy) -> Floats:
    base, per_kg = np.array(by_product("base_fee")), np.array(by_product("per_kg_fee"))
    listed = base[product] + per_kg[product] * (np.ceil(weight) - 1.0)
    price = np.array([policy.price.get(name, 1.0) for name in PRODUCTS])
    paid: Floats = np.round(listed * price[product] * (1 - by_market("discount")[market]), 2)
    return paid


def _minutes(
    streams: Streams,
    address: Address,
    product: Ints,
    ends: tuple[Ints, Ints],
    crowding: Floats,
) -> Ints:
    """Lognormal links; the West is farther, and a crowded site sorts more slowly."""
    origin, destination = ends
    hours = link_hours()[product]
    pace = setting("transit", "region")
    region = np.array([pace[region] for region in by_city("region")] + [1.0])
    inter_city = (product != _SAME_CITY) & (product != _INTERNATIONAL)
    hours = hours * np.where(inter_city, region[destination], 1.0)[:, None]
    hours[:, 0] *= crowding[origin]
    hours[:, 2] *= crowding[destination]
    for link, spread in enumerate(setting("transit", "spread")):
        luck = streams.normal(f"link {link}", *address)
        hours[:, link] *= np.exp(spread * luck - spread**2 / 2)
    minutes: Ints = np.cumsum(np.maximum(np.round(hours * 60), 1).astype(np.int64), axis=1)
    return minutes
