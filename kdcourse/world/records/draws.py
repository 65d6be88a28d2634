"""Draw what records are made of: codes by their shares, words of a vocabulary, moments of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.streams import Bools, Floats, Ints, Streams
from kdcourse.world.tables import table

Objects = npt.NDArray[np.object_]
Moments = npt.NDArray[np.datetime64]


def coded(
    streams: Streams,
    stream: str,
    shares: Mapping[str, float],
    who: Ints,
    time: npt.ArrayLike = 0,
    index: npt.ArrayLike = 0,
) -> Objects:
    """Draw one of the codes of ``shares`` for each address, with its share as probability."""
    codes = np.array(list(shares), object)
    drawn: Objects = codes[streams.choice(stream, list(shares.values()), who, time, index)]
    return drawn


def coded_by(
    streams: Streams, stream: str, shares: Mapping[str, Sequence[float]], group: Ints, who: Ints
) -> Objects:
    """Draw one of the codes of ``shares``, which hold one weight for each of several groups.

    Args:
        streams: The world's luck.
        stream: What is drawn.
        shares: Code -> weight in every group.
        group: Group of each who draws.
        who: Who draws.
    """
    weights = np.array(list(shares.values())).T[group]
    drawn: Objects = np.array(list(shares), object)[streams.choice(stream, weights, who)]
    return drawn


def words(group: str, name: str) -> Objects:
    """Return one list of ``content/world/vocabulary.toml``."""
    return np.array(content("world/vocabulary")[group][name].split(), object)


def worded(
    streams: Streams,
    stream: str,
    options: Sequence[Any] | Objects,
    who: Ints,
    index: npt.ArrayLike = 0,
) -> Objects:
    """Draw one of ``options``, each as often as the others."""
    place = np.floor(streams.uniform(stream, who, 0, index) * len(options)).astype(np.int64)
    drawn: Objects = np.asarray(options, object)[place]
    return drawn


def as_declared(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the columns of table ``name``, in its order and with its types."""
    types = {column.name: column.memory for column in table(name).columns}
    return frame[list(types)].astype(types).reset_index(drop=True)


def logistic(odds: Floats) -> Floats:
    """Return the probability of log odds."""
    chance: Floats = 1.0 / (1.0 + np.exp(-odds))
    return chance


def known(moments: Moments, ends: np.datetime64) -> Moments:
    """Return moments in microseconds; what lies at or beyond the end of the data is none."""
    none = np.datetime64("NaT")
    result: Moments = np.where(moments < ends, moments, none).astype("datetime64[us]")
    return result


def blank(values: npt.NDArray[Any], where: Bools) -> Objects:
    """Return values with none where they are not known."""
    result: Objects = values.astype(object)
    result[where] = None
    return result
