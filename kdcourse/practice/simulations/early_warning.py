"""Simulation: from which risk on to call a customer, and how many calls are for nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kdcourse.practice.simulations.keeping import FIRST, LASTS, MONTHS, Ground, ground, kept, scaled
from kdcourse.practice.simulations.result import Result
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN
from kdcourse.world.streams import Bools, Floats

_SPEC = load_spec("early-warning")


def run(threshold: float = 1.0, least: float = 3.0, seed: int = SEED) -> Result:
    """Return what a threshold leads to.

    Args:
        threshold: Warning score, 0 to 1, from which a customer is called; above 1 nobody is.
        least: Parcels that the customer sent in the quarter before the last, to be watched at all.
        seed: Whose luck it meets.

    Raises:
        KitError: A value is out of range.
    """
    return compute([_SPEC.read({"threshold": threshold, "least": least})], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    threshold, least = (float(decisions[-1][name]) for name in ("threshold", "least"))
    it = ground(seed)
    watched = it.here & (it.quarter(before=3) >= max(least, 1.0)) & ~it.left
    watched[:FIRST] = False
    called = watched & (score(it) >= threshold)
    called[MONTHS - LASTS :] = False  # of those nobody could see what comes of it
    stays = kept(it, called, _SPEC.assumed("fall"))
    soon = _leave_soon(it.left)
    cost = scaled(_SPEC.assumed("call") * called.sum()) / WAN
    worth = scaled(float(it.worth[stays].sum())) / WAN
    leavers = int((soon & watched)[FIRST : MONTHS - LASTS].sum())
    now = {
        "net": worth - cost,
        "calls": called.sum() / (MONTHS - LASTS - FIRST),
        "hits": 100 * (called & soon).sum() / max(int(called.sum()), 1),
        "caught": 100 * (called & soon).sum() / max(leavers, 1),
        "kept": float(stays.sum()),
        "cost": cost,
    }
    usual = 100 * leavers / max(int(watched[FIRST : MONTHS - LASTS].sum()), 1)
    notes = (("base", {"usual": f"{usual:.1f}", "hits": f"{now['hits']:.1f}"}),)
    return Result(_SPEC, decisions[-1], seed, dict.fromkeys(now, 0.0), now, notes)


def score(it: Ground) -> Floats:
    """Return a warning score from what the tables show, 0 to 1; shape (months, people).

    Half for how far the last quarter's parcels fell behind the one before, three tenths for late
    parcels in it, two tenths for a complaint.
    """
    before, last = it.quarter(before=3), it.quarter()
    fell = np.divide(last, before, out=np.ones_like(last), where=before > 0)
    drop = np.clip(1.0 - fell, 0.0, 1.0)
    result: Floats = 0.5 * drop + 0.3 * it.late + 0.2 * (it.complained > 0)
    return result


def _leave_soon(left: Bools) -> Bools:
    """Return who leaves within the months in which a measure is felt."""
    later = np.zeros_like(left)
    for step in range(1, LASTS + 1):
        later[:-step] |= left[step:]
    return later
