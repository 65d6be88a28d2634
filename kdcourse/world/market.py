"""The market that Lanyan works in: what its invented competitors carry, year by year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.world.settings import first_month, setting
from kdcourse.world.streams import Streams
from kdcourse.world.tables import table


def market_share(streams: Streams, parcels: pd.Series, customers: int) -> pd.DataFrame:
    """Return parcels per year and carrier.

    Args:
        streams: The world's luck.
        parcels: Month -> parcels of the customers simulated.
        customers: Their number; they stand for all of Lanyan's accounts.
    """
    firms = list(table("market_share").column("firm").values)
    years = np.array(setting("rivals", "years"))
    own = firms.index("lanyan")
    who, when = np.meshgrid(np.arange(len(firms)), years)
    large = np.array([firm in setting("rivals", "large") for firm in firms])
    start = np.where(large, setting("rivals", "large_parcels"), setting("rivals", "small_parcels"))
    spread = np.where(large, setting("rivals", "large_spread"), setting("rivals", "small_spread"))
    size = start * np.exp(spread * streams.normal("rival size", np.arange(len(firms))))
    shock = streams.normal("rival growth", who, when) * setting("rivals", "growth_spread")
    common = streams.normal("market growth", 0, years)[:, None] * setting("rivals", "market_spread")
    growth = np.array(setting("rivals", "growth"))[:, None] + common + shock
    growth[0] = 0.0
    volume = size * np.exp(np.cumsum(growth, axis=0))
    # Lanyan's own parcels come from its shipments, scaled from the sample to all its accounts.
    year_now = first_month().astype("datetime64[Y]").astype(int) + 1970
    scale = max(setting("rivals", "accounts") / customers, 1.0) / 10_000
    monthly = parcels.groupby(np.asarray(parcels.index) // 12).mean() * 12 * scale
    anchor = volume[years == year_now, own]
    volume[:, own] *= float(monthly.iloc[0]) / anchor
    for offset, total in monthly.items():
        volume[years == year_now + offset, own] = total
    return pd.DataFrame(
        {
            "year": when.ravel(),
            "firm": np.array(firms)[who.ravel()],
            "size": np.where(large, "large", "small")[who.ravel()],
            "parcels_10k": np.maximum(np.round(volume.ravel()), 1).astype(np.int64),
        }
    )
