"""What tests of orders, money, marketing, web and surveys share: panels and simple estimators."""

import functools

import numpy as np
import pandas as pd

from kdcourse.world.effects import Effects
from kdcourse.world.world import World

START = np.datetime64("2024-01", "M")


def months_of(times):
    """Month of the world of each moment; -1 for none."""
    return (times.to_numpy("datetime64[M]") - START).astype(np.int64)


def last_month(panel):
    """Last month with a parcel, -1 for none: an analyst sees no other leaving than silence."""
    some = panel.to_numpy() > 0
    return np.where(some.any(axis=1), some.shape[1] - 1 - some[:, ::-1].argmax(axis=1), -1)


def first_seen(world, panel):
    """Month in which each account was opened, or 0."""
    created = world.tables["customers"].set_index("customer_id")["created_on"]
    return np.maximum(months_of(created.reindex(panel.index)), 0)


def rates(counts, exposure, *factors, turns=200):
    """Fit a rate that is a product of one multiplier per level of each factor (Poisson).

    Iterative proportional fitting gives the maximum of the likelihood.

    Args:
        counts: What is counted.
        exposure: What it is counted from, such as 1 for a customer's month.
        factors: Arrays of whole numbers from 0.

    Returns:
        Per factor the multipliers of its levels.
    """
    fitted = exposure.astype(float).copy()
    found = [np.ones(factor.max() + 1) for factor in factors]
    for _ in range(turns):
        moved = 0.0
        for place, factor in enumerate(factors):
            seen = np.bincount(factor, counts, len(found[place]))
            due = np.bincount(factor, fitted, len(found[place]))
            step = np.divide(seen, due, out=np.ones_like(due), where=due > 0)
            found[place] *= step
            fitted *= step[factor]
            moved = max(moved, np.abs(step[(due > 0) & (seen > 0)] - 1).max(initial=0))
        if moved < 1e-8:
            break
    return found


def logit(outcome, design):
    """Coefficients of a logistic regression by Newton's method; a constant is put in front."""
    x = np.column_stack([np.ones(len(outcome)), design]).astype(float)
    y = np.asarray(outcome, float)
    beta = np.zeros(x.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-x @ beta))
        weight = chance * (1 - chance)
        step = np.linalg.solve(x.T @ (x * weight[:, None]), x.T @ (y - chance))
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return beta[1:]


def poisson(counts, design):
    """Coefficients of a Poisson regression by Newton's method, without a constant."""
    x, y = np.asarray(design, float), np.asarray(counts, float)
    beta = np.linalg.lstsq(x, np.log(y + 0.5), rcond=None)[0]
    for _ in range(50):
        mean = np.exp(x @ beta)
        step = np.linalg.lstsq(x.T @ (x * mean[:, None]), x.T @ (y - mean), rcond=None)[0]
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return beta


def slope(x, y):
    """Slope of a straight line by least squares."""
    return np.polyfit(np.asarray(x, float), np.asarray(y, float), 1)[0]


# --- worlds -------------------------------------------------------------------------------------

SEEDS = range(5)


def measured(estimators, without=(), customers=4000):
    """Apply estimators to five worlds, one at a time, and return the mean of each by name.

    Args:
        estimators: Functions of a world, each giving a number or some numbers.
        without: Effects that these worlds don't have.
        customers: Size of the worlds.
    """
    found = {estimator.__name__: [] for estimator in estimators}
    for seed in SEEDS:
        world = World(seed, customers, effects=Effects().without(*without))
        for estimator in estimators:
            found[estimator.__name__].append(estimator(world))
    return {name: np.mean(values, axis=0) for name, values in found.items()}


@functools.lru_cache(maxsize=1)
def parcels(world):
    """Parcels per customer (row) and month (column)."""
    shipments = world.tables["shipments"]
    ids = world.tables["customers"]["customer_id"]
    place = pd.Index(ids).get_indexer(shipments["customer_id"]) * world.months
    cells = np.bincount(
        place + months_of(shipments["accepted_at"]), minlength=len(ids) * world.months
    )
    return pd.DataFrame(cells.reshape(len(ids), world.months), index=ids)


def column(world, name, table="customers"):
    """A column of a table with one row per customer, in the order of the panel."""
    values = world.tables[table].set_index("customer_id")[name]
    return values.reindex(world.tables["customers"]["customer_id"])


def uses_codes(world):
    """Share of each customer's orders placed with a promotion code."""
    orders = world.tables["orders"]
    share = orders["discount"].notna().groupby(orders["customer_id"]).mean()
    return share.reindex(world.tables["customers"]["customer_id"]).fillna(0.0)


def hazard_ratio(world, flag, who, **how):
    """Log ratio of the chance of falling silent for good, flagged against not, month by month."""
    left, month, flagged = watched(world, flag, who, **how)
    by_flag = rates(left, np.ones(len(left)), month, flagged)[1]
    return np.log(by_flag[1] / by_flag[0])


def silences(world, flag, who, **how):
    """Fallen silent and months watched of the flagged, then of the others."""
    left, _, flagged = watched(world, flag, who, **how)
    both = (flagged == 1, flagged == 0)
    return [value for rows in both for value in (left[rows].sum(), rows.sum())]


def watched(world, flag, who, *, least=1.5, quiet=3):
    """Months of regular senders: whether they then fell silent, the month, and the flag.

    Args:
        world: The world.
        flag: Whom to compare: an array over customers, or over customers and months.
        who: Which customers come into question.
        least: Parcels a month that make a regular sender.
        quiet: Silent months at the end that count as having left.
    """
    panel = parcels(world)
    sent, first, last = panel.to_numpy(), first_seen(world, panel), last_month(panel)
    months = np.arange(world.months)
    regular = (sent.sum(axis=1) >= least * np.maximum(last - first + 1, 1)) & (last > first + 1)
    until = np.minimum(last, world.months - 1 - quiet)
    at_risk = (months >= first[:, None]) & (months <= until[:, None])
    row, month = np.nonzero((regular & who)[:, None] & at_risk)
    left = (month == last[row]) & (last[row] < world.months - quiet)
    flagged = np.broadcast_to(np.atleast_2d(flag.T).T, sent.shape)[row, month].astype(int)
    return left.astype(float), month, flagged
