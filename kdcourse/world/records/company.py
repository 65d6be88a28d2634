"""Tables of the company and its market: cities, products and their prices, rivals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.world.market import market_share
from kdcourse.world.settings import (
    CITIES,
    PRODUCTS,
    by_city,
    by_product,
    first_month,
    list_price,
)
from kdcourse.world.story import Story


def cities(_: Story) -> pd.DataFrame:
    """Return the cities of the network."""
    return pd.DataFrame({"city": CITIES, "region": by_city("region")})


def products(story: Story) -> pd.DataFrame:
    """Return the products with the promise and the list price of the first month."""
    frame = pd.DataFrame({"product_id": PRODUCTS, "family": by_product("family")})
    promise = story.policy.promise
    frame["promised_hours"] = [
        round(promise.get(name, hours))
        for name, hours in zip(PRODUCTS, by_product("promised_hours"), strict=True)
    ]
    factor = _price_factor(story, 0)
    for column in ("base_fee", "per_kg_fee"):
        frame[column] = np.round(np.array(by_product(column)) * factor, 2)
    return frame


def price_list(story: Story) -> pd.DataFrame:
    """Return the list price of every product since each day on which it changed."""
    rows = []
    before = None
    for month in range(len(story.months)):
        factor = _price_factor(story, month)
        since = (first_month() + month).astype("datetime64[D]").astype("datetime64[us]")
        for position, product in enumerate(PRODUCTS):
            if before is None or factor[position] != before[position]:
                fees = [round(by_product(c)[position] * factor[position], 2) for c in _FEES]
                rows.append((product, since, *fees))
        before = factor
    return pd.DataFrame(rows, columns=["product_id", "since", *_FEES])


_FEES = ("base_fee", "per_kg_fee")


def _price_factor(story: Story, month: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return list_price(month) * [story.decided(month).price.get(name, 1.0) for name in PRODUCTS]


def shares(story: Story) -> pd.DataFrame:
    """Return parcels per year and carrier; Lanyan's own are those of the first block, scaled."""
    per_month = pd.Series([len(month.parcels) for month in story.months], name="parcels")
    return market_share(story.streams, per_month, story.accounts)


COMPANY = {
    "cities": cities,
    "products": products,
    "price_list": price_list,
    "market_share": shares,
}
