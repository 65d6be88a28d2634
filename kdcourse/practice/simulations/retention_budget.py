"""Simulation: whom to spend a retention budget on, and how much on each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kdcourse.practice.simulations.early_warning import score
from kdcourse.practice.simulations.keeping import FIRST, MONTHS, ground, kept, most, scaled
from kdcourse.practice.simulations.result import Note, Result
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN
from kdcourse.world.streams import Floats

_SPEC = load_spec("retention-budget")
#: Months until the same customer may get something again.
_PAUSE = 6


def run(
    rule: str = "nobody", budget: float = 10_000.0, gift: float = 2.0, seed: int = SEED
) -> Result:
    """Return what a rule leads to.

    Args:
        rule: Who comes first: ``"nobody"``, ``"random"``, ``"loyal"`` (most likely to stay),
            ``"risky"`` (most likely to leave), ``"large"`` (sends most) or ``"worth"`` (what would
            be lost, by risk and size together).
        budget: Yuan a month.
        gift: Yuan spent on each.
        seed: Whose luck it meets.

    Raises:
        KitError: A value is out of range.
    """
    return compute([_SPEC.read({"rule": rule, "budget": budget, "gift": gift})], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    rule = str(decisions[-1]["rule"])
    budget, gift = (float(decisions[-1][name]) for name in ("budget", "gift"))
    it = ground(seed)
    number = int(budget / scaled(gift)) if rule != "nobody" else 0
    given = np.zeros_like(it.here)
    ranks = _ranks(rule, seed)
    for month in range(FIRST, MONTHS):
        lately = given[max(month - _PAUSE + 1, 0) : month].any(axis=0)
        active = it.here[month] & ~it.left[month] & (it.quarter()[month] > 0) & ~lately
        given[month] = most(ranks[month], number, active)
    # Twice the gift does less than twice: the first yuan is the friendly word.
    fall = _SPEC.assumed("fall") * np.sqrt(gift / 2.0)
    stays = kept(it, given, fall)
    spent = scaled(gift * given.sum()) / WAN
    worth = scaled(float(it.worth[stays].sum())) / WAN
    lost = float(it.left[FIRST:].sum())
    now = {
        "net": worth - spent,
        "worth": worth,
        "spent": spent,
        "reached": given.sum() / (MONTHS - FIRST),
        "lost": lost - stays.sum(),
    }
    would = it.left[FIRST + 1 :] & given[FIRST:-1]
    share = 100 * (1 - would.sum() / max(int(given[FIRST:-1].sum()), 1))
    notes: tuple[Note, ...] = (("anyway", {"share": f"{share:.1f}"}),) if number else ()
    today = dict.fromkeys(now, 0.0) | {"lost": lost}
    return Result(_SPEC, decisions[-1], seed, today, now, notes)


def _ranks(rule: str, seed: int) -> Floats:
    """Return who comes first under a rule, the highest first; shape (months, people)."""
    it = ground(seed)
    risk, size = score(it), it.quarter()
    if rule == "random":
        people = it.story.people.who
        return np.array([it.story.streams.uniform("gift", people, m) for m in range(MONTHS)])
    ranks = {"loyal": -risk, "risky": risk, "large": size, "worth": size * (0.1 + risk)}
    return ranks.get(rule, size)
