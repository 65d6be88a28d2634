"""Simulation: twelve months of promising delivery, while customers' expectation follows suit.

Orders follow the promise, disappointment follows the expectation, and the expectation follows both
the promise, as far as it is believed, and what customers have lived through. The hours that parcels
take are those of the carrier's second year.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from kdcourse.practice.simulations.result import Result, Series
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, WAN, scale, untouched
from kdcourse.texts import KitError
from kdcourse.world.effects import Effects
from kdcourse.world.settings import PRODUCTS
from kdcourse.world.streams import Floats

_SPEC = load_spec("promise")
_STANDARD = PRODUCTS.index("standard")
_FIRST = 12
_EFFECTS = Effects()


def run(*hours: float, seed: int = SEED) -> Result:
    """Return what promises lead to.

    Args:
        *hours: Hours promised, month after month; the last holds for the rest of the year.
        seed: Whose luck it meets.

    Raises:
        KitError: A promise is out of range, or there are more than twelve.
    """
    if not 1 <= len(hours) <= _SPEC.rounds:
        raise KitError("simulation.too-many-rounds", rounds=_SPEC.rounds, given=len(hours))
    whole = [*hours, *[hours[-1]] * (_SPEC.rounds - len(hours))]
    return compute([_SPEC.read({"hours": value}) for value in whole], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the decisions so far lead to, held against today's promise all along."""
    promised = [float(decision["hours"]) for decision in decisions]
    usual = [float(_SPEC.controls["hours"].today)] * len(promised)
    today, now = _lived(usual, seed), _lived(promised, seed)
    months = tuple(str(number) for number in range(1, len(promised) + 1))
    usual_course, course = (tuple(lived["expected"]) for lived in (today, now))
    series = Series("expected", months, usual_course, course, per="month")
    gap = now["expected"][-1] - now["typical"][-1]
    said = {"expected": f"{now['expected'][-1]:.0f}", "typical": f"{now['typical'][-1]:.0f}"}
    notes = (("above" if gap < 0 else "below", said),)
    return Result(_SPEC, decisions[-1], seed, _outcomes(today), _outcomes(now), notes, series)


def _outcomes(lived: dict[str, list[float]]) -> dict[str, float]:
    parcels = np.array(lived["parcels"])
    return {
        "net": sum(lived["net"]) / WAN,
        "parcels": float(parcels.sum()) / WAN,
        "broken": 100 * float(parcels @ np.array(lived["broken"]) / parcels.sum()),
        "disappointed": 100 * float(parcels @ np.array(lived["disappointed"]) / parcels.sum()),
        "expected": lived["expected"][-1],
        "believed": 100 * lived["believed"][-1],
        "goodwill": 100 * lived["goodwill"][-1],
    }


@lru_cache(maxsize=4)
def _hours(seed: int) -> tuple[Floats, ...]:
    """Return the hours that each parcel of the standard product takes, month by month."""
    months = untouched(seed).months[_FIRST : _FIRST + _SPEC.rounds]
    return tuple(
        told.parcels.minutes[told.parcels.product == _STANDARD, -1] / 60.0 for told in months
    )


def _lived(promised: Sequence[float], seed: int) -> dict[str, list[float]]:
    """Return, month by month, what the promises led to."""
    usual = float(_SPEC.controls["hours"].today)
    quick, learns = _SPEC.assumed("attracts"), _SPEC.assumed("learns")
    believed, goodwill = _SPEC.assumed("believed"), 1.0
    experience = float(np.median(_hours(seed)[0]))
    rows: dict[str, list[float]] = {}
    for hours, promise in zip(_hours(seed), promised, strict=False):
        expected = believed * promise + (1 - believed) * experience
        # What is not believed draws nobody.
        pull = 1 + quick * believed * (usual - promise) / 24
        parcels = scale() * len(hours) * goodwill * pull
        broken, disappointed = float((hours > promise).mean()), float((hours > expected).mean())
        lost = _EFFECTS["late_cost"] * disappointed
        goodwill = float(np.clip(1 - _EFFECTS["memory"] * (1 - goodwill) - lost, 0.2, 1.0))
        believed += learns * ((1 - broken) - believed)
        experience += learns * (float(np.median(hours)) - experience)
        net = parcels * (_SPEC.assumed("margin") - _SPEC.assumed("pays") * broken)
        row = {
            "net": net, "parcels": parcels, "broken": broken, "disappointed": disappointed,
            "expected": expected, "believed": believed, "goodwill": goodwill,
            "typical": float(np.median(hours)),
        }  # fmt: skip
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
    return rows
