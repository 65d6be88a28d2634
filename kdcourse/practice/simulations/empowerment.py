"""Simulation: how much an agent may pay without asking, and what that saves and leaks."""

from __future__ import annotations

from collections.abc import Sequence

from kdcourse.practice.simulations.result import Result
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN, Books, books, cost
from kdcourse.world.policy import Policy
from kdcourse.world.settings import POSTS

_SPEC = load_spec("empowerment")


def run(limit: float = 50.0, seed: int = SEED) -> Result:
    """Return what a limit leads to.

    Args:
        limit: Yuan that any agent may pay without asking.
        seed: Whose luck it meets.

    Raises:
        KitError: The limit is out of range.
    """
    return compute([_SPEC.read({"limit": limit})], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    limit = float(decisions[-1]["limit"])
    usual = float(_SPEC.controls["limit"].today)
    today = books(Policy(empowerment=dict.fromkeys(POSTS, usual)), seed)
    now = books(Policy(empowerment=dict.fromkeys(POSTS, limit)), seed)
    alone = 100 * (1 - now.total("asked") / now.total("complaints"))
    notes = (("interior", {"alone": f"{alone:.0f}"}),)
    return Result(_SPEC, decisions[-1], seed, _outcomes(today, usual), _outcomes(now, limit), notes)


def _outcomes(it: Books, limit: float) -> dict[str, float]:
    asking = cost("asked") * it.total("asked")
    grown = _SPEC.assumed("grows") * limit / 100 * it.total("alone")
    leak = cost("leak") / 100 * it.total("alone_squares") + grown
    dragging = cost("slow") * it.total("slow")
    complaints = it.total("complaints")
    return {
        "net": (it.total("contribution") - asking - leak - dragging) / WAN,
        "hours": it.total("solve_hours") / complaints,
        "slow": 100 * it.total("slow") / complaints,
        "asking": asking / WAN,
        "leak": leak / WAN,
    }
