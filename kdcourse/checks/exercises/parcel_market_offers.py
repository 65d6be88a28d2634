"""Exercise 1.1, Lanyan's products: which keeps its promise, and what may be said to a shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.metrics import industry

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.data import Loader

#: The city that asks, and the year it goes by.
CITY, YEAR = "HGH", 2025


def end_of_data(load: Loader) -> pd.Timestamp:
    """The data end at the midnight after the last parcel was accepted."""
    return load("shipments")["accepted_at"].max().ceil("D")


def accepted(load: Loader, city: str | None = CITY, year: int | None = YEAR) -> pd.DataFrame:
    """Parcels accepted in a city (all: None) in a year (all: None)."""
    shipments = load("shipments")
    if city is not None:
        shipments = shipments[shipments["origin"] == city]
    if year is not None:
        shipments = shipments[shipments["accepted_at"].dt.year == year]
    return shipments


def by_rate(load: Loader, parcels: pd.DataFrame) -> list[str]:
    """Products by the share of due promises kept, best first."""
    end = end_of_data(load)
    rates = {
        str(product): industry.on_time_rate(own, end)
        for product, own in parcels.groupby("product_id")
    }
    return sorted(rates, key=lambda product: rates[product], reverse=True)


# --- q3: products by the share of promises kept


def ranking(load: Loader) -> list[str]:
    """The ranking asked for: accepted in Hangzhou, in the last year."""
    return by_rate(load, accepted(load))


def of_the_lesson(load: Loader) -> list[str]:
    """The list of the lesson: all cities, both years."""
    return by_rate(load, accepted(load, city=None, year=None))


def by_speed(load: Loader) -> list[str]:
    """Products by hours on the way, quickest first."""
    parcels = accepted(load)
    hours = parcels["delivered_at"] - parcels["accepted_at"]
    return list(hours.groupby(parcels["product_id"]).median().sort_values().index)


def by_volume(load: Loader) -> list[str]:
    """Products by the number of parcels on time instead of their share."""
    parcels = accepted(load)
    kept = parcels["delivered_at"] <= parcels["promised_at"]
    return list(kept.groupby(parcels["product_id"]).sum().sort_values(ascending=False).index)


def worst_first(load: Loader) -> list[str]:
    """The ranking upside down."""
    return ranking(load)[::-1]


# --- q5: an offer to a shop that sends from Hangzhou to the East


def offers(load: Loader) -> dict[str, float]:
    """What can be said of each product on the shop's routes, ``"<product>_<figure>"``.

    Hours and days promised, median hours on the way, parcels on time and late of 100, their number,
    mean fee paid, and the list prices; a product nobody sends there has only the promise and the
    list prices.
    """
    cities, end = load("cities").set_index("city")["region"], end_of_data(load)
    ours = accepted(load, year=None)
    east = cities[cities == cities[CITY]].index
    routes = ours[ours["destination"].isin(east)]
    figures: dict[str, float] = {}
    for product in load("products").to_dict("records"):
        parcels = routes[routes["product_id"] == product["product_id"]]
        on_time = industry.on_time_rate(parcels, end) * 100
        hours = (parcels["delivered_at"] - parcels["accepted_at"]).dt.total_seconds() / 3600
        told = {
            "promise": product["promised_hours"],
            "days": product["promised_hours"] / 24,
            "hours": hours.median(),
            "on_time": on_time,
            "late": 100 - on_time,
            "parcels": (parcels["promised_at"] <= end).sum(),
            "fee": parcels["fee"].mean(),
            "base_fee": product["base_fee"],
            "per_kg_fee": product["per_kg_fee"],
        }
        figures |= {f"{product['product_id']}_{name}": float(value) for name, value in told.items()}
    return figures
