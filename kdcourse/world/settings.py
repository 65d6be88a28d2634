"""The carrier's numbers, read from ``content/world/settings.toml`` into arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
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
#: Where international parcels go; not a site of the carrier.
OVERSEAS = "OVS"


@dataclass(frozen=True)
class Effects:
    """The sizes of what causes what; a world with an effect set to 0 has none of it.

    Attributes:
        late_cost: Goodwill lost in a month in which all parcels of a customer are late.
        memory: Share of a loss of goodwill still felt a month later.
        churn_pull: Exponent by which lost goodwill multiplies the chance of leaving.
        congestion: Relative lengthening of sorting per unit of utilisation beyond what is free.
        economy_drift: Monthly rise of the odds that a parcel goes by economy.
        elasticity: Market -> percent change of parcels per percent change of price.
    """

    late_cost: float
    memory: float
    churn_pull: float
    congestion: float
    economy_drift: float
    elasticity: dict[str, float]

    def without(self, *names: str) -> Effects:
        """Return these effects with the named ones set to nothing (a placebo world)."""
        none = {n: dict.fromkeys(MARKETS, 0.0) if n == "elasticity" else 0.0 for n in names}
        return replace(self, **none)  # type: ignore[arg-type]


@cache
def default_effects() -> Effects:
    """Return the effects planted in the course's own world."""
    return Effects(
        late_cost=_TOML["goodwill"]["late_cost"],
        memory=_TOML["goodwill"]["memory"],
        churn_pull=_TOML["goodwill"]["churn_pull"],
        congestion=_TOML["sites"]["congestion"],
        economy_drift=_TOML["mix"]["economy_drift"],
        elasticity={m: _TOML["markets"][m]["elasticity"] for m in MARKETS},
    )


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


def link_hours() -> Floats:
    """Return mean hours of the four links for every product at the carrier's pace; shape (5, 4)."""
    transit = _TOML["transit"]
    return np.array(
        [np.array(transit[_TOML["products"][p]["family"]]) * transit["pace"][p] for p in PRODUCTS]
    )
