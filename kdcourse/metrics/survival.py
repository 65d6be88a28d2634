"""Metrics of staying and leaving: who was watched how long, survival, churn by the quarter."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: A month of a watched life, days.
MONTH = 30


def kaplan_meier(durations: pd.Series, ended: pd.Series) -> pd.Series:
    """Return the share that survives each time, by the product-limit estimate (1 at time 0).

    At each time with an end, the share so far is multiplied by 1 - ends / at risk; at risk is who
    was watched at least so long. A life whose end was not seen counts until it was last watched.
    Source: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations",
    Journal of the American Statistical Association 53 (1958), 457-481.

    Args:
        durations: How long each life was watched, 0 or more.
        ended: Whether its end was seen; False is censored.

    Returns:
        Share surviving beyond each time watched, with the times as index, rising.
    """
    table = pd.DataFrame({"time": durations.to_numpy(), "ended": ended.to_numpy(bool)})
    found = table.groupby("time")["ended"].agg(["size", "sum"])
    at_risk = found["size"][::-1].cumsum()[::-1]
    return (1 - found["sum"] / at_risk).cumprod().rename("survival")


def survival_at(curve: pd.Series, times: list[float]) -> list[float]:
    """Return a survival curve at some times: the value of the last step before or at each.

    Args:
        curve: Shares by time, as :func:`kaplan_meier` gives them.
        times: When to look; after the last time watched nothing is known (not a number).
    """
    steps = curve.index.to_numpy(np.float64)
    values = np.append(1.0, curve.to_numpy(np.float64))
    last = steps.max(initial=0.0)
    places = np.searchsorted(steps, times, side="right")
    return [
        float(values[place]) if time <= last else float("nan")
        for place, time in zip(places, times, strict=True)
    ]


def watched(
    parcels: pd.DataFrame, end: pd.Timestamp, silent_days: int, least: int = 3, early: int = 90
) -> pd.DataFrame:
    """Return how long each regular sender was watched, and whether they fell silent.

    Whoever sent nothing in the last ``silent_days`` before ``end`` is lost since their last parcel;
    the others are censored ``silent_days`` before ``end``, for who left later can't be told yet.
    The threshold, and who is regular, are conventions of the course.

    Args:
        parcels: Rows with ``customer_id`` and ``accepted_at``; those from ``end`` on don't count.
        end: The moment at which the data end, or at which one looks back.
        silent_days: Days of silence from which a sender counts as lost.
        least: Parcels that make a sender regular,
        early: within so many days of the first.

    Returns:
        By customer: ``first`` and ``last`` parcel, ``silent`` (whole days until ``end``), ``lost``,
        and ``months`` watched (of 30 days, whole).
    """
    sent = parcels[parcels["accepted_at"] < end]
    first = sent.groupby("customer_id")["accepted_at"].transform("min")
    soon = sent[sent["accepted_at"] < first + pd.Timedelta(days=early)]
    count = soon.groupby("customer_id").size()
    sent_at = sent.groupby("customer_id")["accepted_at"]
    lives = pd.DataFrame({"first": sent_at.min(), "last": sent_at.max()})
    known = end - pd.Timedelta(days=silent_days)
    lives = lives[(count.reindex(lives.index) >= least) & (lives["first"] <= known)].copy()
    lives["silent"] = (end - lives["last"]).dt.days
    lives["lost"] = lives["last"] <= known
    lives["months"] = (lives["last"].where(lives["lost"], known) - lives["first"]).dt.days // MONTH
    return lives


def quarters(parcels: pd.DataFrame, least: int = 3) -> pd.DataFrame:
    """Return each customer's quarters, and after which of them nothing was sent in the next.

    The last quarter of the data is left out: what follows it isn't known.

    Args:
        parcels: Rows with ``customer_id``, ``accepted_at``, ``promised_at`` and ``delivered_at``.
        least: Parcels from which a quarter counts.

    Returns:
        Rows with ``customer_id``, ``quarter``, ``parcels``, ``late`` (how many broke the promise)
        and ``lost`` (nothing was sent in the quarter after).
    """
    marked = pd.DataFrame(
        {
            "customer_id": parcels["customer_id"],
            "quarter": parcels["accepted_at"].dt.to_period("Q"),
            "late": ~(parcels["delivered_at"] <= parcels["promised_at"]),
        }
    )
    key = ["customer_id", "quarter"]
    count = marked.groupby(key)["late"].agg(parcels="size", late="sum").reset_index()
    after = count[key].assign(quarter=count["quarter"] - 1, stays=True)
    found = count.merge(after, how="left", on=key)
    found["lost"] = found.pop("stays").isna()
    known = (found["quarter"] < found["quarter"].max()) & (found["parcels"] >= least)
    rows: pd.DataFrame = found[known].reset_index(drop=True)
    return rows


def expected_losses(lost: pd.Series, band: pd.Series) -> pd.Series:
    """Return for each row how often its band is lost: sums of it are losses on equal terms.

    Observed over expected losses of a group is the standardised ratio of epidemiology (indirect
    standardisation). Source: any textbook, e.g. N. E. Breslow and N. E. Day, *Statistical Methods
    in Cancer Research* II (1987), chapter 2.

    Args:
        lost: Whether each row was lost.
        band: What it is to be compared within.
    """
    return lost.astype(float).groupby(band, observed=True).transform("mean").rename("expected")
