"""The carrier's numbers, read from ``content/world/settings.toml`` into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from kdcourse.texts import content
from kdcourse.world.streams import Floats

_TOML = content("world/settings")


def _names(group: str) -> tuple[str, ...]:
    return tuple(name for name in _TOML[group] if name != "basis")


CITIES = _names("cities")
PRODUCTS = _names("products")
MARKETS = _names("markets")
REGIONS = ("east", "central", "west")
#: Low, middle and high end, by parcels in an average month.
TIERS = ("low", "mid", "high")
#: Of relations: one-deal price shoppers, and three that are worth keeping.
KINDS = ("transactional", "top", "promising", "slipping")
#: What a customer may complain about.
PROBLEMS = ("late", "lost", "damaged", "info", "fee", "manner")
#: What a customer left over.
REASONS = ("service", "price", "rival", "moved")
POSTS = tuple(_TOML["desk"]["posts"])
CHANNELS = ("app", "email", "phone", "sms")
#: Where international parcels go; not a site of the carrier.
OVERSEAS = "OVS"


def setting(group: str, name: str) -> Any:
    """Return one number or list of ``settings.toml``."""
    return _TOML[group][name]


def first_month() -> np.datetime64:
    """Return the month in which every world begins."""
    return np.datetime64(_TOML["first_month"], "M")


def season(month: int) -> float:
    """Return the seasonal index of month ``month`` (0 = first); its yearly mean is 1."""
    index = _TOML["season"]["index"]
    start = first_month().astype(int) % 12
    return float(index[(start + month) % 12] * 12 / sum(index))


def by_city(name: str) -> list[Any]:
    """Return ``name`` (``region`` or ``share``) of every city, in the order of :data:`CITIES`."""
    return [_TOML["cities"][city][name] for city in CITIES]


def by_product(name: str) -> list[Any]:
    """Return ``name`` of every product, in the order of :data:`PRODUCTS`."""
    return [_TOML["products"][product][name] for product in PRODUCTS]


def by_market(name: str) -> Floats:
    """Return ``name`` of every market, in the order of :data:`MARKETS`; shape (3,)."""
    return np.array([_TOML["markets"][market][name] for market in MARKETS], np.float64)


def per_market(group: str, name: str) -> Floats:
    """Return a setting that has a value for every market, in the order of :data:`MARKETS`."""
    values = _TOML[group][name]
    return np.array([values[market] for market in MARKETS], np.float64)


def link_hours() -> Floats:
    """Return mean hours of the four links for every product at the carrier's pace; shape (5, 4)."""
    transit = _TOML["transit"]
    return np.array(
        [np.array(transit[_TOML["products"][p]["family"]]) * transit["pace"][p] for p in PRODUCTS]
    )


def list_price(month: int) -> Floats:
    """Return every product's list price in a month relative to the first list; shape (5,)."""
    factors = np.ones(len(PRODUCTS))
    for position, product in enumerate(PRODUCTS):
        for since, factor in _TOML["price_changes"].get(product, []):
            if month >= since:
                factors[position] = factor
    return factors
