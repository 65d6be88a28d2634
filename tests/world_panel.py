"""A panel of customers and months, built from the tables alone, as an analyst would."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

PROBLEMS = ("late", "lost", "damaged", "fee")


@dataclass
class Panel:
    """Arrays of shape (customers, months)."""

    ids: pd.Index
    sent: np.ndarray
    shares: dict[str, np.ndarray]  # share of the month's parcels with each problem
    answered: np.ndarray  # harm answered by complaints: weight x quality of the answer / parcels
    slow: np.ndarray  # complaints that stayed open beyond three days


def worse(shipments, ends):
    """Flags of each parcel's problems."""
    late = shipments["lost"] | (shipments["delivered_at"].fillna(ends) > shipments["promised_at"])
    return pd.DataFrame(
        {
            "late": late,
            "lost": shipments["lost"],
            "damaged": shipments["damaged"],
            "fee": shipments["fee"] > shipments["fee_quoted"],
        }
    ).astype(float)


def panel(world, cost=None):
    """Build the panel; ``cost`` weighs each problem's answers (yuan play no part)."""
    shipments = world.tables["shipments"]
    month = (shipments["accepted_at"].dt.year - 2024) * 12 + shipments["accepted_at"].dt.month - 1
    ids = pd.Index(world.tables["customers"]["customer_id"])
    row, column = ids.get_indexer(shipments["customer_id"]), month.to_numpy()
    shape = (len(ids), world.months)

    def summed(weights):
        return np.bincount(
            row * shape[1] + column, weights=weights, minlength=shape[0] * shape[1]
        ).reshape(shape)

    sent = summed(np.ones(len(row)))
    flags = worse(shipments, world.ends)
    shares = {name: summed(flags[name].to_numpy()) / np.maximum(sent, 1) for name in PROBLEMS}
    answered, slow = np.zeros(shape), np.zeros(shape)
    if cost is not None:
        quality = answers(world).reindex(shipments["waybill_no"]).fillna(0.0).to_numpy()
        weight = sum(cost[name] * flags[name].to_numpy() for name in PROBLEMS)
        answered = summed(weight * quality) / np.maximum(sent, 1)
        open_long = waiting(world).reindex(shipments["waybill_no"]).fillna(0.0).to_numpy()
        slow = summed((open_long > 72).astype(float))
    return Panel(ids, sent, shares, answered, slow)


def answers(world):
    """Quality of the answer to each complaint about a parcel: half by speed, half by payment."""
    complaints = world.tables["complaints"].dropna(subset=["waybill_no"])
    hours = (complaints["first_response_at"] - complaints["received_at"]).dt.total_seconds() / 3600
    paid = (complaints["compensation"] / complaints["claim"].where(complaints["claim"] > 0)).clip(
        upper=1
    )
    quality = 0.5 * np.exp(-hours / 24) + 0.5 * paid.fillna(0)
    return quality.groupby(complaints["waybill_no"]).max()


def waiting(world):
    """Hours from receiving to closing the complaint about each parcel."""
    complaints = world.tables["complaints"].dropna(subset=["waybill_no"])
    hours = (complaints["closed_at"] - complaints["received_at"]).dt.total_seconds() / 3600
    return hours.groupby(complaints["waybill_no"]).max()


def faded(values, memory):
    """What is still felt at a month's start of all months before: sum of memory^k x value."""
    felt = np.zeros_like(values)
    for month in range(1, values.shape[1]):
        felt[:, month] = memory * felt[:, month - 1] + values[:, month - 1]
    return felt


def active(panel):
    """Customer-months between the first and the last parcel, both excluded: surely a customer."""
    months = np.arange(panel.sent.shape[1])
    some = panel.sent > 0
    first = np.where(some.any(1), some.argmax(1), 999)
    last = np.where(some.any(1), months[-1] - some[:, ::-1].argmax(1), -1)
    return (months > first[:, None]) & (months < last[:, None])


def within(values, weights, mask):
    """Take out weighted means of customers and months (alternating projections)."""
    w = np.where(mask, weights, 0.0)
    result = np.where(mask, values, 0.0).astype(float)
    for _ in range(30):
        result = result - ((w * result).sum(1) / np.maximum(w.sum(1), 1e-9))[:, None]
        result = result - (w * result).sum(0) / np.maximum(w.sum(0), 1e-9)
    return np.where(mask, result, 0.0)


def least_squares(y, regressors, weights, mask):
    """Weighted least squares with fixed effects of customers and months."""
    root = np.sqrt(np.where(mask, weights, 0.0))[mask]
    left = within(y, weights, mask)[mask] * root
    right = np.column_stack([within(x, weights, mask)[mask] * root for x in regressors])
    return np.linalg.lstsq(right, left, rcond=None)[0]
