"""Exercise 6.1, whom a promotion moved: those written to against those held back, by segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: What the answer calls the two segments, and the market of their campaigns.
_SEGMENTS = {"firms": "enterprise", "persons": "personal"}


def _promotions(load: Loader, year: int | None = 2024) -> pd.DataFrame:
    sends = load("sends").merge(load("campaigns"), on="campaign_id")
    if year is not None:
        sends = sends[sends["starts_on"].dt.year == year]
    return sends[sends["kind"] == "promotion"]


def _share(sends: pd.DataFrame, group: str, market: str) -> float:
    rows = sends[(sends["group"] == group) & (sends["market"] == market)]
    return float(rows["responded"].astype(float).mean() * 100)


def _both(sends: pd.DataFrame) -> dict[str, float]:
    return {
        name: _share(sends, "test", market) - _share(sends, "control", market)
        for name, market in _SEGMENTS.items()
    }


def mistake(load: Loader) -> dict[str, float]:
    """Points by which those written to sent more often than those held back, per segment."""
    return _both(_promotions(load))


def answers_alone(load: Loader) -> dict[str, float]:
    """The share of those written to, held against nobody."""
    sends = _promotions(load)
    return {name: _share(sends, "test", market) for name, market in _SEGMENTS.items()}


def only_opened(load: Loader) -> dict[str, float]:
    """Those who opened the message against everybody held back."""
    sends = _promotions(load)
    return _both(sends[(sends["group"] == "control") | sends["opened"].fillna(False).astype(bool)])


def both_years(load: Loader) -> dict[str, float]:
    """The promotions of all years."""
    return _both(_promotions(load, None))


def lessons_year(load: Loader) -> dict[str, float]:
    """The promotions of 2025, as in the lesson."""
    return _both(_promotions(load, 2025))


def relative(load: Loader) -> dict[str, float]:
    """The difference as a percentage of those held back, instead of in points."""
    sends = _promotions(load)
    without = {name: _share(sends, "control", market) for name, market in _SEGMENTS.items()}
    return {
        name: more / without[name] * 100 if without[name] else more
        for name, more in mistake(load).items()
    }


def turned(load: Loader) -> dict[str, float]:
    """Those held back minus those written to."""
    return {name: -more for name, more in mistake(load).items()}
