"""Metrics of module 1: growth, concentration, price and punctuality."""

from __future__ import annotations

import pandas as pd


def growth_rate(levels: pd.Series) -> pd.Series:
    """Return the growth of each value over the one before, as a share (0.12 is 12%).

    Args:
        levels: Values at equal steps of time, oldest first.
    """
    return levels.pct_change()


def cagr(first: float, last: float, steps: float) -> float:
    """Return the compound annual growth rate, as a share.

    The steady yearly growth that leads from ``first`` to ``last``: (last / first)^(1/steps) - 1.

    Args:
        first: Level in the first year, above 0.
        last: Level in the last year.
        steps: Years between the two: one less than the number of years counted.

    Raises:
        ValueError: ``first`` or ``steps`` is not above 0.
    """
    if first <= 0 or steps <= 0:
        raise ValueError("first and steps must be above 0")
    return float((last / first) ** (1 / steps) - 1)


def shares(parcels: pd.Series) -> pd.Series:
    """Return each firm's share of the total (they add up to 1), largest first."""
    return (parcels / parcels.sum()).sort_values(ascending=False)


def concentration_ratio(parcels: pd.Series, firms: int = 4) -> float:
    """Return CR-n: the share of the ``firms`` largest together, in percent (0 to 100).

    Source: J. S. Bain, *Industrial Organization*, 1959. The regulator's "CR8" is this ratio for
    the eight largest brands.
    """
    return float(shares(parcels).head(firms).sum() * 100)


def hhi(parcels: pd.Series) -> float:
    """Return the Herfindahl-Hirschman index: the sum of squared percent shares, above 0 to 10,000.

    10,000 is a monopoly; n firms of equal size give 10,000 / n. Source: O. C. Herfindahl 1950,
    A. O. Hirschman 1945; scale as in the Merger Guidelines of the US Department of Justice.
    """
    return float(((shares(parcels) * 100) ** 2).sum())


def on_time_rate(shipments: pd.DataFrame, as_of: pd.Timestamp) -> float:
    """Return the share of parcels delivered by the time promised (0 to 1).

    Counted are the parcels whose promise had fallen due by ``as_of``; one that is lost or still on
    its way by then broke its promise. Parcels not due yet count neither way.

    Args:
        shipments: Rows with ``promised_at`` and ``delivered_at``.
        as_of: The moment at which the data end.
    """
    due = shipments[shipments["promised_at"] <= as_of]
    return float((due["delivered_at"] <= due["promised_at"]).mean())
