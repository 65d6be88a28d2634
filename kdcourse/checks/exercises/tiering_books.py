"""What exercise 2.4 on tiering reads from the tables: years, windows, lists and their figures."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: The year asked for, and the one that the lesson and the memo look at.
YEAR, NOW = 2024, 2025
START, DAY = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-07-01")
PLACES = 20
#: From how many orders on, and with codes in which part of them, a customer comes for the price.
ORDERS, CODES = 4, 0.3


def books(load: Loader, year: int = YEAR) -> pd.DataFrame:
    """The books of a year, a row per customer."""
    years = load("finance_years")
    return years[years["year"] == year].set_index("customer_id")


def half_year(load: Loader, start: pd.Timestamp = START, until: pd.Timestamp = DAY) -> pd.DataFrame:
    """Days since the last parcel, parcels and fees of each customer who sent in the window."""
    shipments = load("shipments")
    at = shipments["accepted_at"]
    sent = shipments[(at >= start) & (at < until)]
    told = sent.groupby("customer_id").agg(
        last=("accepted_at", "max"), f=("fee", "size"), m=("fee", "sum")
    )
    return told.assign(r=(DAY - told["last"]).dt.days)[["r", "f", "m"]]


def opened(load: Loader) -> pd.Series:
    """Opening days of the accounts that existed on the day."""
    days = load("customers").set_index("customer_id")["created_on"]
    return days[days < DAY]


def silent(load: Loader, until: pd.Timestamp) -> pd.Series:
    """Days from each customer's last parcel before ``until`` to the day; empty for none."""
    shipments = load("shipments")
    seen = shipments[shipments["accepted_at"] < until]
    last = seen.groupby("customer_id")["accepted_at"].max()
    return (DAY - last).dt.days.reindex(opened(load).index)


def in_tiers(new: pd.Series, active: pd.Series, *, new_first: bool = True) -> pd.Series:
    """Return new, active or dormant for each customer; new goes first unless told otherwise."""
    found = pd.Series("dormant", index=new.index, name="tier")
    for name, who in [("active", active), ("new", new)][:: 1 if new_first else -1]:
        found[who] = name
    return found


def codes(load: Loader, year: int = YEAR) -> pd.DataFrame:
    """Orders of each customer in a year, and the share of them with a promotion code."""
    orders = load("orders")
    done = orders[(orders["status"] == "done") & (orders["placed_at"].dt.year == year)]
    told = done.groupby("customer_id")["discount"].agg(orders="size", with_code="count")
    return told.assign(share=told["with_code"] / told["orders"])


def best(worth: pd.Series) -> pd.Series:
    """Say of each customer whether it has one of the places of a list by ``worth``."""
    return worth >= worth.nlargest(PLACES).min()


def two_lists(load: Loader) -> tuple[pd.Index, pd.Index]:
    """Names of the lists by revenue and by profit of the year."""
    year = books(load)
    return year.index[best(year["revenue"])], year.index[best(year["profit"])]


def figures(load: Loader) -> dict[str, float]:
    """What a memo on twenty names may cite: the lists of the lesson, and who stands on them.

    ``"<list>_profit"`` (yuan), ``_share`` (percent of all profit), ``_losing`` (names that cost
    money), ``_codes`` (who come for the price), ``_persons``; ``_then`` and ``_later``: what the
    list of the year before brought in its own year and in this one; ``"<list>_<list>"``: names in
    common, ``"<list>_not_<list>"`` those that the second lacks, ``"<list>_<list>_gap"`` how far
    their profits are apart. ``out_...``: the customer with the highest revenue that profit leaves
    out. Of every customer on a list, ``"<id>_revenue"`` and so on; one who costs money has a
    ``_loss`` above 0, for whoever writes "it cost us 52 yuan". ``rule``: the rule of the lesson.
    """
    year, before = books(load, NOW), books(load, NOW - 1)
    chosen, chosen_before = _lists(load, year, NOW), _lists(load, before, NOW - 1)
    price = _by_use_of_codes(load, NOW)[0]
    persons = set(load("persons")["customer_id"])
    total = float(year["profit"].sum())
    found = {"total": total, "customers": float(len(year)), "all_lists": 0.0}
    for name, ids in chosen.items():
        profit = year["profit"].reindex(list(ids)).fillna(0)
        told = {
            "profit": profit.sum(),
            "share": profit.sum() / total * 100,
            "losing": (profit < 0).sum(),
            "codes": len(ids & price),
            "persons": len(ids & persons),
            "then": before["profit"].reindex(list(chosen_before[name])).sum(),
            "later": year["profit"].reindex(list(chosen_before[name])).sum(),
        }
        found |= {f"{name}_{key}": float(value) for key, value in told.items()}
        for other, theirs in chosen.items():
            found[f"{name}_{other}"] = float(len(ids & theirs))
            found[f"{name}_not_{other}"] = float(len(ids - theirs))
    for one, other in combinations(chosen, 2):
        found[f"{one}_{other}_gap"] = abs(found[f"{one}_profit"] - found[f"{other}_profit"])
    colleagues = [ids for name, ids in chosen.items() if name != "rule"]
    found["all_lists"] = float(len(set.intersection(*colleagues)))
    left_out = year[~year.index.isin(chosen["finance"])].nlargest(1, "revenue")
    named = year[year.index.isin(set.union(*chosen.values()))].rename(index=str)
    for column in ("parcels", "revenue", "profit"):
        found[f"out_{column}"] = float(left_out[column].iloc[0])
        found |= {f"{who}_{column}": float(value) for who, value in named[column].items()}
    losses = named.loc[named["profit"] < 0, "profit"]
    found |= {f"{who}_loss": -float(value) for who, value in losses.items()}
    return found


def _lists(load: Loader, year: pd.DataFrame, number: int) -> dict[str, set[str]]:
    """Names on the lists of sales, finance and operations at the end of a year, and by the rule."""
    shipments = load("shipments")
    at = shipments["accepted_at"]
    quarter = shipments[(at >= f"{number}-10-01") & (at < f"{number + 1}-01-01")]
    by = {
        "sales": year["revenue"],
        "finance": year["profit"],
        "operations": quarter.groupby("customer_id").size(),
        "rule": _fit(load, year, number, set(quarter["customer_id"]))["profit"],
    }
    return {name: set(worth.index[best(worth)]) for name, worth in by.items()}


def _fit(load: Loader, year: pd.DataFrame, number: int, active: set[str]) -> pd.DataFrame:
    """The books of those whom the rule of the lesson lets in: firms that stay, send and ask."""
    talks = load("interactions")
    talks = talks[talks["at"].dt.year == number]
    needs = pd.DataFrame(
        {
            "expert": talks["need_type"].isin(["contract", "customs", "system"]),
            "urgent": talks["urgency"] == "high",
        }
    )
    needs = needs.groupby(talks["customer_id"]).sum()
    asking = set(needs.index[(needs >= 2).any(axis=1)])
    firms = set(load("organisations")["customer_id"])
    return year[year.index.isin(firms & active & asking & _by_use_of_codes(load, number)[1])]


def _by_use_of_codes(load: Loader, number: int) -> tuple[set[str], set[str]]:
    """Who came for the price in a year and who did not, among those with enough orders."""
    told = codes(load, number)
    told = told[told["orders"] >= ORDERS]
    price = told["share"] >= CODES
    return set(told.index[price]), set(told.index[~price])
