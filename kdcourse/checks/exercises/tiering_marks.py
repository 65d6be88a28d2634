"""Exercise 2.4, question 2: marks by fifths, what tempts there, and equals that are kept apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from kdcourse.checks.exercises.tiering_books import half_year
from kdcourse.checks.judges import Exact, Judge, Number
from kdcourse.checks.tables import Table
from kdcourse.checks.verdict import Comparison, Finding
from kdcourse.metrics.tiering import fifths

if TYPE_CHECKING:
    from kdcourse.data import Loader

_MARKS = [1, 2, 3, 4, 5]


@dataclass(frozen=True)
class Marks(Table):
    """Marks of customers by measures of theirs; sees how a wrong mark treats equal values.

    There are many ways to break ties (``rank(method="first")``, sorting and counting off, the hour
    of the last parcel), and each gives other marks. So equals with different marks are recognised
    by looking at them and not by comparing with one of these ways; likewise equals that stay
    together at another place than the middle of theirs.

    Attributes:
        told: What the marks are given for, a column per mark, a row per customer, high is good.
    """

    told: pd.DataFrame | None = None

    def on(self, load: Loader) -> Judge:
        """Return the judge for one set of data."""
        return replace(self, told=_good_end_up(half_year(load)))

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say which columns agree; on ties one message is enough."""
        found = super().compare(expected, given)
        if Finding("slips.ties") not in found.findings:
            return found
        rest = tuple(finding for finding in found.findings if finding.key != "slips.place")
        return replace(found, findings=rest)

    def recognises(self, wrong: Any, given: Any, expected: Any) -> bool:
        """Say whether every column is right or as in ``wrong``: a slip in one measure, too."""
        columns = [replace(self, columns={name: judge}) for name, judge in self.columns.items()]
        slipped = [not column.compare(expected, given).agrees for column in columns]
        return any(slipped) and all(
            column.compare(wrong, given).agrees
            for column, off in zip(columns, slipped, strict=True)
            if off
        )

    def _column(
        self, name: str, judge: Number | Exact, right: pd.Series[Any], frame: pd.DataFrame
    ) -> Finding | None:
        found = super()._column(name, judge, right, frame)
        if found is None or found.key != "cell-off" or self.told is None:
            return found
        given = frame.set_index(list(self.key))[name].astype(float)
        if not given.isin(_MARKS).all():
            return found
        by_value = given.groupby(self.told[name].reindex(given.index))
        lowest, highest = by_value.min(), by_value.max()
        if (highest.shift().iloc[1:] > lowest.iloc[1:]).any():
            return found  # Something else was measured: it does not even rise with the value.
        return Finding("slips.ties" if (lowest < highest).any() else "slips.place")


def _good_end_up(told: pd.DataFrame) -> pd.DataFrame:
    return told.assign(r=-told["r"])


def _marks(told: pd.DataFrame) -> pd.DataFrame:
    return _good_end_up(told).apply(fifths).reset_index()


def marks(load: Loader) -> pd.DataFrame:
    """Marks from 1 to 5 by rank; few days are good."""
    return _marks(half_year(load))


def not_reversed(load: Loader) -> pd.DataFrame:
    """Many days since the last parcel marked as good."""
    return half_year(load).apply(fifths).reset_index()


def best_is_one(load: Loader) -> pd.DataFrame:
    """Marks as places: 1 for the best."""
    return (-_good_end_up(half_year(load))).apply(fifths).reset_index()


def equal_widths(load: Loader) -> pd.DataFrame:
    """Fifths of the range of values instead of fifths of the customers."""
    told = _good_end_up(half_year(load))
    return told.apply(pd.cut, bins=5, labels=_MARKS).astype(int).reset_index()


def ties_split(load: Loader) -> pd.DataFrame:
    """Equals put apart by the order of the table, as ``qcut`` asks for."""
    places = _good_end_up(half_year(load)).rank(method="first")
    return places.apply(pd.qcut, q=5, labels=_MARKS).astype(int).reset_index()


def without_gaps(load: Loader) -> pd.DataFrame:
    """Equals kept together, and their place counted as one: fifths of the values."""
    places = _good_end_up(half_year(load)).rank(method="dense", pct=True)
    bounds = [0, 0.2, 0.4, 0.6, 0.8, 1]
    return places.apply(pd.cut, bins=bounds, labels=_MARKS).astype(int).reset_index()


def uncut(load: Loader) -> pd.DataFrame:
    """Places from 0 to 1 instead of marks."""
    return _good_end_up(half_year(load)).rank(pct=True).reset_index()


def all_time(load: Loader) -> pd.DataFrame:
    """All parcels up to the day instead of the half year."""
    return _marks(half_year(load, pd.Timestamp.min))


def open_end(load: Loader) -> pd.DataFrame:
    """All parcels from the first day on, those after the day, too."""
    return _marks(half_year(load, until=pd.Timestamp.max))
