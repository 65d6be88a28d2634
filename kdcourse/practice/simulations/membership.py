"""Simulation: what points are worth to members of each tier, and whether they pay."""

from __future__ import annotations

from collections.abc import Sequence

from kdcourse.practice.simulations.result import Note, Result
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN, Books, books
from kdcourse.world.policy import Policy
from kdcourse.world.settings import TIERS

_SPEC = load_spec("membership")


def run(low: float = 0.05, mid: float = 0.05, high: float = 0.05, seed: int = SEED) -> Result:
    """Return what points lead to.

    Args:
        low: Worth of the points as a share of the fee, for small senders.
        mid: For middle ones.
        high: For large ones.
        seed: Whose luck it meets.

    Raises:
        KitError: A share is out of range.
    """
    return compute([_SPEC.read({"low": low, "mid": mid, "high": high})], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    worth = {tier: float(decisions[-1][tier]) for tier in TIERS}
    changed = {tier: share for tier, share in worth.items() if share != _SPEC.today[tier]}
    today, now = books(seed=seed), books(Policy(loyalty=changed), seed)
    gains = (now.contribution - today.contribution) / WAN
    notes: tuple[Note, ...] = (
        ("each", {tier: ("net", float(gain)) for tier, gain in zip(TIERS, gains, strict=True)}),
    )
    return Result(_SPEC, decisions[-1], seed, _outcomes(today), _outcomes(now), notes)


def _outcomes(it: Books) -> dict[str, float]:
    return {
        "net": (it.total("contribution") - it.owed) / WAN,
        "parcels": it.total("parcels") / WAN,
        "left": it.total("left"),
        "points": (it.total("redeemed") + it.owed) / WAN,
        "book": it.book / WAN,
    }
