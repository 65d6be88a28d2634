"""Table of one courier's stops on ten days, in a town that lies on no map."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.draws import as_declared, coded
from kdcourse.world.story import Story

_TOML = content("world/sales")["routes"]
#: First and last hour at which a parcel may be handed over.
_WINDOWS = {"any": (9, 19), "morning": (9, 12), "afternoon": (14, 18)}


def stops(story: Story) -> pd.DataFrame:
    """Return every stop in the order driven, which is far from the best; stop 0 is the depot."""
    streams = story.streams
    least, most = _TOML["stops"]
    route = np.arange(_TOML["routes"])
    number = least + np.floor(streams.uniform("stops", route) * (most - least + 1)).astype(np.int64)
    at = np.repeat(route, number + 1)
    seq = np.arange(len(at)) - np.repeat(np.cumsum(number + 1) - number - 1, number + 1)
    depot = seq == 0
    centre, grid = _TOML["centre"], _TOML["grid"]
    places = []
    for axis in range(2):
        off = _TOML["size"] * streams.normal(f"stop axis {axis}", at, 0, seq)
        places.append(centre[axis] + np.where(depot, 0.0, np.round(off / grid) * grid))
    extra = streams.poisson("stop parcels", np.full(len(at), _TOML["parcels"] - 1.0), at, seq)
    window = coded(streams, "stop window", _TOML["windows"], at, 0, seq)
    window[depot] = "any"
    frame = pd.DataFrame(
        {
            "route_id": np.char.mod("R%02d", at + 1),
            "seq": seq,
            "lat": np.round(places[0], 4),
            "lon": np.round(places[1], 4),
            "parcels": np.where(depot, 0, 1 + extra),
            "from_hour": pd.Series(window).map({k: v[0] for k, v in _WINDOWS.items()}),
            "to_hour": pd.Series(window).map({k: v[1] for k, v in _WINDOWS.items()}),
        }
    )
    return as_declared("stops", frame)


COMPANY = {"stops": stops}
