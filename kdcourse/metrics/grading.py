"""Customer grades from weighted ranks, as the CRM gives them; source: the house's own convention.

A rank runs from 0 to 100: the share of the *other* customers who have less, so that equal values
have equal ranks. Weights and cuts are chosen, not found; what they are has to be said with every
grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def percent_rank(values: pd.Series[float], *, low_is_good: bool = False) -> pd.Series[float]:
    """Rank values from 0 to 100 among themselves.

    As ``PERCENT_RANK`` of the SQL standard (ISO/IEC 9075-2): (rank - 1) / (rows - 1), ties with the
    lowest rank of theirs.

    Args:
        values: One per customer.
        low_is_good: Turn the scale round, e.g. for days of silence.
    """
    others = max(len(values) - 1, 1)
    rank = (values.rank(method="min") - 1) / others * 100
    return 100 - rank if low_is_good else rank


def scores(ranks: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series[float]:
    """Weigh ranks and add them up, to six decimals.

    Args:
        ranks: A column per measure.
        weights: Measure -> weight; they add up to 1.
    """
    weighted: pd.DataFrame = ranks[list(weights)] * list(weights.values())
    return weighted.sum(axis="columns").round(6)


def grades(score: pd.Series[float], cuts: Mapping[str, float]) -> pd.Series[str]:
    """Give each score the best grade whose least score it reaches.

    Args:
        score: One per customer.
        cuts: Grade -> least score, the best first; the last is 0.
    """
    lowest = list(cuts)[-1]
    grade = score.astype(object).where(score.isna(), lowest)
    for name, least in reversed(list(cuts.items())[:-1]):
        grade = grade.where(~(score >= least), name)
    return grade
