"""What comes from outside: storms and closures by city, and rivals who undercut us for a month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.world.settings import CITIES, OVERSEAS, first_month, setting
from kdcourse.world.streams import Floats, Ints, Streams


def _days(month: int) -> int:
    start, end = (first_month() + month + step for step in (0, 1))
    return int((end.astype("datetime64[D]") - start.astype("datetime64[D]")).astype(int))


def _drawn(streams: Streams, month: int) -> tuple[Ints, Ints, Floats]:
    """Return per city the first day of the month's incident, its length (0: none), its severity."""
    where = np.arange(len(CITIES))
    happens = streams.uniform("incident", where, month) < setting("incidents", "chance")
    first = np.floor(streams.uniform("incident day", where, month) * _days(month)).astype(np.int64)
    lengths = np.array(setting("incidents", "days"))
    length = lengths[streams.choice("incident length", np.ones(len(lengths)), where, month)]
    strengths = np.array(setting("incidents", "severity"))
    strength = strengths[streams.choice("severity", np.ones(len(strengths)), where, month)]
    # An incident ends with its month at the latest, so that a month stands for itself.
    return first, np.where(happens, np.minimum(length, _days(month) - first), 0), strength


def severity(streams: Streams, month: int) -> Floats:
    """Return the severity of incidents by city and day of the month; abroad has none.

    Args:
        streams: The world's luck.
        month: Month of the world.

    Returns:
        Shape (cities + 1, days of the month); 0 where nothing happens.
    """
    first, length, strength = _drawn(streams, month)
    day = np.arange(_days(month))
    during = (day >= first[:, None]) & (day < (first + length)[:, None])
    return np.vstack([during * strength[:, None], np.zeros((1, len(day)))])


def incidents(streams: Streams, months: int) -> pd.DataFrame:
    """Return every incident of a world: month, city, first day, days and severity, in order."""
    rows = []
    for month in range(months):
        first, length, strength = _drawn(streams, month)
        start = (first_month() + month).astype("datetime64[D]")
        for city in np.flatnonzero(length):
            began = start + first[city]
            rows.append((month, CITIES[city], began, int(length[city]), strength[city]))
    return pd.DataFrame(rows, columns=["month", "city", "began_on", "days", "severity"])


def rival_cut(streams: Streams, month: int) -> Floats:
    """Return by how much a rival undercuts us in every city in a month, as a share; 0 for not.

    Shape (cities,).
    """
    where = np.arange(len(CITIES))
    happens = streams.uniform("rival offer", where, month) < setting("rivals_offers", "chance")
    cuts = np.array(setting("rivals_offers", "off"))
    cut = cuts[streams.choice("rival cut", np.ones(len(cuts)), where, month)]
    return np.where(happens, cut, 0.0)


def places() -> tuple[str, ...]:
    """Return the codes of all places of a shipment: the cities, then abroad."""
    return (*CITIES, OVERSEAS)
