"""What happens to the branch from outside: storms, rivals, and one event a quarter, by the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kdcourse.practice.simulations.spec import load_spec
from kdcourse.world.incidents import incidents, rival_cut
from kdcourse.world.settings import CITIES
from kdcourse.world.streams import Streams

_SPEC = load_spec("branch")
_MONTHS = 3
#: What may happen, and how often; half of the quarters are quiet.
_EVENTS = {"quiet": 0.45, "flu": 0.20, "repair": 0.15, "fuel": 0.20}


@dataclass(frozen=True)
class Turn:
    """A quarter's event.

    Attributes:
        note: Name of its sentence among the notes of the simulation.
        staff: Factor on the people at the desk.
        capacity: What the site of Zhengzhou gains, in average months' load; negative for a loss.
        dearer: Share by which a parcel's direct cost rises.
        storms: Cities with a storm or closure.
        rivals: Cities in which a rival undercuts.
    """

    note: str
    staff: float
    capacity: float
    dearer: float
    storms: tuple[str, ...]
    rivals: tuple[str, ...]

    @property
    def fields(self) -> Mapping[str, tuple[str, ...]]:
        """What to fill into the sentence."""
        return {"storms": self.storms, "rivals": self.rivals}


@lru_cache(maxsize=256)
def turn_of(seed: int, quarter: int) -> Turn:
    """Return what happens in a quarter of a world."""
    streams = Streams(seed)
    drawn = int(streams.choice("branch event", list(_EVENTS.values()), 0, quarter))
    note = list(_EVENTS)[drawn]
    first = _MONTHS * quarter
    found = incidents(streams, first + _MONTHS)
    storms = found.loc[found["month"] >= first, "city"]
    cuts = np.max([rival_cut(streams, first + step) for step in range(_MONTHS)], axis=0)
    return Turn(
        note,
        1 - _SPEC.assumed("flu") if note == "flu" else 1.0,
        -_SPEC.assumed("repair") if note == "repair" else 0.0,
        _SPEC.assumed("fuel") if note == "fuel" else 0.0,
        tuple(dict.fromkeys(str(city) for city in storms)),
        tuple(city for city, cut in zip(CITIES, cuts, strict=True) if cut > 0),
    )
