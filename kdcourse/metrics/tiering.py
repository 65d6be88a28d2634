"""Metrics of tiering: ABC, how unequal worth is, marks by fifths, how far two lists agree."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import pandas as pd

#: Where class A and class B end, as shares of the total; a convention (70-80 and 90-95 are usual).
ABC_CUTS = (0.70, 0.90)


def abc(worth: pd.Series, cuts: tuple[float, float] = ABC_CUTS) -> pd.Series:
    """Return the ABC class of each customer, sorted by worth, highest first.

    A customer's class follows from the share of the total that all above it bring: whoever crosses
    a line still belongs to the upper class. Values below zero are allowed; they end up in C,
    because the running share ends at exactly 1. Source of the idea: V. Pareto 1896 and, for
    stock keeping, H. F. Dickie, "ABC Inventory Analysis Shoots for Dollars", 1951.

    Args:
        worth: What each customer brings; the total must be above 0.
        cuts: Shares at which A and B end, rising, between 0 and 1.

    Raises:
        ValueError: The total isn't above 0, or the cuts don't rise between 0 and 1.
    """
    total = float(worth.sum())
    if total <= 0 or not 0 < cuts[0] < cuts[1] <= 1:
        raise ValueError("worth must add up to more than 0, cuts must rise between 0 and 1")
    ranked = worth.sort_values(ascending=False, kind="stable")
    above = (ranked.cumsum() / total).shift(fill_value=0.0)
    classes = pd.Series("C", index=ranked.index, name="abc")
    classes[above < cuts[1]] = "B"
    classes[above < cuts[0]] = "A"
    return classes


def top_share(worth: pd.Series, part: float = 0.2) -> float:
    """Return what the first ``part`` of the customers brings, as a share of the total.

    The "80" of "80/20", measured. It may pass 1 where some customers bring less than nothing.

    Args:
        worth: What each customer brings; the total must be above 0.
        part: Share of the customers counted, above 0 and at most 1; rounded to whole customers.

    Raises:
        ValueError: The total isn't above 0, or ``part`` is out of range.
    """
    total = float(worth.sum())
    if total <= 0 or not 0 < part <= 1:
        raise ValueError("worth must add up to more than 0, part must lie between 0 and 1")
    return float(worth.nlargest(round(len(worth) * part)).sum()) / total


def fifths(values: pd.Series) -> pd.Series:
    """Return a mark from 1 (lowest fifth) to 5, by rank; equal values get equal marks.

    Ties take the middle of their places, so a fifth is not always a fifth of the customers; the
    order of the rows never matters. The marks of RFM: A. M. Hughes, *Strategic Database Marketing*,
    1994.
    """
    place = values.rank(pct=True)
    return pd.cut(place, [0, 0.2, 0.4, 0.6, 0.8, 1], labels=[1, 2, 3, 4, 5]).astype(int)


def overlap(first: Iterable[Hashable], second: Iterable[Hashable]) -> float:
    """Return the names on both lists as a share of the names on either (0 to 1; none at all: 0).

    Who stands on neither list doesn't count, however many they are. Source: P. Jaccard 1901.
    """
    one, other = set(first), set(second)
    either = one | other
    return len(one & other) / len(either) if either else 0.0
