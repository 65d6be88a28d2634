"""Simulation: the list price and an extra discount for each tier, and what is left of them."""

from __future__ import annotations

from collections.abc import Sequence

from kdcourse.practice.simulations.result import Result
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN, Books, books
from kdcourse.world.policy import Policy
from kdcourse.world.settings import TIERS

_SPEC = load_spec("pricing")
_BETWEEN_CITIES = ("economy", "standard", "express")


def run(
    price: float = 1.0, low: float = 0.0, mid: float = 0.0, high: float = 0.0, seed: int = SEED
) -> Result:
    """Return what a price and discounts lead to.

    Args:
        price: Factor on the list price of parcels between cities.
        low: Extra discount of small senders, as a share of the fee.
        mid: Of middle ones.
        high: Of large ones.
        seed: Whose luck it meets.

    Raises:
        KitError: A value is out of range.
    """
    settings = {"price": price, "low": low, "mid": mid, "high": high}
    return compute([_SPEC.read(settings)], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    values = {name: float(value) for name, value in decisions[-1].items()}
    factor = values.pop("price")
    prices = dict.fromkeys(_BETWEEN_CITIES, factor) if factor != 1.0 else {}
    discounts = {tier: share for tier, share in values.items() if share}
    today, now = books(seed=seed), books(Policy(price=prices, discount=discounts), seed)
    share = 100 * today.total("contribution") / today.total("revenue")
    notes = (("break-even", {"share": f"{share:.0f}"}),)
    return Result(_SPEC, decisions[-1], seed, _outcomes(today), _outcomes(now), notes)


def _outcomes(it: Books) -> dict[str, float]:
    return {
        "net": it.total("contribution") / WAN,
        "parcels": it.total("parcels") / WAN,
        "revenue": it.total("revenue") / WAN,
        **{tier: left / WAN for tier, left in zip(TIERS, it.contribution, strict=True)},
    }
