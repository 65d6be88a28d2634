"""Exercise 2.4: tiering."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kdcourse.checks.kinds import Chosen, Exact, Exercise, Number, Parts, Question, Table, Written
from kdcourse.checks.tiering_books import (
    CODES,
    DAY,
    ORDERS,
    PLACES,
    best,
    books,
    codes,
    figures,
    half_year,
    in_tiers,
    opened,
    silent,
    two_lists,
)
from kdcourse.metrics.tiering import abc, fifths, overlap, top_share

if TYPE_CHECKING:
    from kdcourse.data import Loader

_LESSON_YEAR = 2025
_NEW, _SILENT = 60, 120


# --- q1: ABC of another year


def _counts(worth: pd.Series, classes: pd.Series) -> dict[str, float]:
    found: dict[str, float] = {name: int((classes == name.upper()).sum()) for name in "abc"}
    return found | {"top_fifth_pct": top_share(worth) * 100}


def classes(load: Loader) -> dict[str, float]:
    """How many customers are A, B and C by profit, and what the top fifth brings, percent."""
    worth = books(load)["profit"]
    return _counts(worth, abc(worth))


def by_revenue(load: Loader) -> dict[str, float]:
    """Sorted and summed by revenue."""
    worth = books(load)["revenue"]
    return _counts(worth, abc(worth))


def of_the_lesson(load: Loader) -> dict[str, float]:
    """The year of the lesson."""
    worth = books(load, _LESSON_YEAR)["profit"]
    return _counts(worth, abc(worth))


def crossing_put_down(load: Loader) -> dict[str, float]:
    """Whoever crosses a line put into the lower class."""
    worth = books(load)["profit"].sort_values(ascending=False)
    share = worth.cumsum() / worth.sum()
    # Past its peak the running share falls again; whoever comes after the peak is C.
    found = pd.cut(share.cummax(), [-1, 0.7, 0.9, 9], labels=["A", "B", "C"])
    return _counts(worth, found)


def of_customers(load: Loader) -> dict[str, float]:
    """The first 70 and 90 percent of the customers instead of the profit."""
    worth = books(load)["profit"]
    place = worth.rank(pct=True, ascending=False, method="first")
    return _counts(worth, pd.cut(place, [0, 0.7, 0.9, 1], labels=["A", "B", "C"]))


# --- q2: marks for recency, frequency and money in half a year


def _marks(told: pd.DataFrame) -> pd.DataFrame:
    return told.assign(r=-told["r"]).apply(fifths).reset_index()


def marks(load: Loader) -> pd.DataFrame:
    """Marks from 1 to 5 by rank; few days are good."""
    return _marks(half_year(load))


def not_reversed(load: Loader) -> pd.DataFrame:
    """Many days since the last parcel marked as good."""
    return half_year(load).apply(fifths).reset_index()


def equal_widths(load: Loader) -> pd.DataFrame:
    """Fifths of the range of values instead of fifths of the customers."""
    told = half_year(load)
    told["r"] = -told["r"]
    return told.apply(pd.cut, bins=5, labels=[1, 2, 3, 4, 5]).astype(int).reset_index()


def ties_split(load: Loader) -> pd.DataFrame:
    """Equals put apart by the order of the table."""
    told = half_year(load)
    places = told.assign(r=-told["r"]).rank(method="first")
    return places.apply(fifths).reset_index()


def all_time(load: Loader) -> pd.DataFrame:
    """All parcels up to the day instead of the half year."""
    return _marks(half_year(load, pd.Timestamp.min))


# --- q3: new, active and dormant as of a day


def tiers(load: Loader) -> pd.Series:
    """New before active before dormant, as of the day."""
    return in_tiers((DAY - opened(load)).dt.days <= _NEW, silent(load, DAY) <= _SILENT)


def active_first(load: Loader) -> pd.Series:
    """New customers who sent a parcel counted as active."""
    new = (DAY - opened(load)).dt.days <= _NEW
    return in_tiers(new, silent(load, DAY) <= _SILENT, new_first=False)


def without_idle(load: Loader) -> pd.Series:
    """Customers without a parcel dropped."""
    return tiers(load)[silent(load, DAY).notna()]


def with_later_parcels(load: Loader) -> pd.Series:
    """Parcels sent after the day counted, too."""
    days = silent(load, pd.Timestamp.max)
    return in_tiers((DAY - opened(load)).dt.days <= _NEW, days <= _SILENT)


def ninety_days(load: Loader) -> pd.Series:
    """The lesson's 90 days instead of those asked for."""
    return in_tiers((DAY - opened(load)).dt.days <= 90, silent(load, DAY) <= 90)


# --- q4: who comes for the price?


def price_led(load: Loader) -> list[str]:
    """Customers with enough orders and a code in a good part of them."""
    told = codes(load)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] >= CODES)])


def no_minimum(load: Loader) -> list[str]:
    """Judged on one order, too."""
    told = codes(load)
    return _names(told[told["share"] >= CODES])


def more_than_half(load: Loader) -> list[str]:
    """Code in half of the orders or more, instead of three tenths."""
    told = codes(load)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] >= 0.5)])


def the_others(load: Loader) -> list[str]:
    """The relational customers."""
    told = codes(load)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] < CODES)])


def later_year(load: Loader) -> list[str]:
    """The year of the lesson."""
    told = codes(load, _LESSON_YEAR)
    return _names(told[(told["orders"] >= ORDERS) & (told["share"] >= CODES)])


def _names(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.index]


# --- q5: the mistake in "the two lists agree"


def mistake(load: Loader) -> dict[str, float]:
    """The line that counts agreement on nobodies, the names on both lists, the overlap in %."""
    sales, finance = two_lists(load)
    shared = len(set(sales) & set(finance))
    return {"line": 4, "shared": shared, "overlap_pct": overlap(sales, finance) * 100}


def revenue_blamed(load: Loader) -> dict[str, float]:
    """The line with revenue, which is just what the sales list is."""
    return mistake(load) | {"line": 2}


def of_twenty(load: Loader) -> dict[str, float]:
    """Shared names as a part of one list instead of both."""
    right = mistake(load)
    return right | {"overlap_pct": right["shared"] / PLACES * 100}


def as_claimed(load: Loader) -> dict[str, float]:
    """The colleague's own number."""
    year = books(load)
    same = best(year["revenue"]) == best(year["profit"])
    return mistake(load) | {"overlap_pct": float(same.mean()) * 100}


exercise = Exercise(
    "2.4",
    questions=[
        Question(
            "q1",
            points=2,
            answer="classes",
            expect=classes,
            judge=Parts(
                a=Exact(), b=Exact(), c=Exact(), top_fifth_pct=Number(abs=0.06, unit="percent")
            ),
            slips={
                "revenue": by_revenue,
                "crossing": crossing_put_down,
                "customers": of_customers,
                "lesson-year": of_the_lesson,
            },
        ),
        Question(
            "q2",
            points=3,
            answer="marks",
            expect=marks,
            judge=Table(key=("customer_id",), columns={mark: Number() for mark in "rfm"}),
            slips={
                "recency": not_reversed,
                "widths": equal_widths,
                "all-time": all_time,
                "ties": ties_split,
            },
        ),
        Question(
            "q3",
            points=2,
            answer="tiers",
            expect=tiers,
            judge=Table(
                key=("customer_id",),
                columns={"tier": Exact(options=("new", "active", "dormant"))},
            ),
            slips={
                "active-first": active_first,
                "idle": without_idle,
                "later": with_later_parcels,
                "ninety": ninety_days,
            },
        ),
        Question(
            "q4",
            points=2,
            answer="price_led",
            expect=price_led,
            judge=Chosen(),
            slips={
                "no-minimum": no_minimum,
                "half": more_than_half,
                "others": the_others,
                "lesson-year": later_year,
            },
        ),
        Question(
            "q5",
            points=2,
            answer="mistake",
            expect=mistake,
            judge=Parts(line=Exact(), shared=Exact(), overlap_pct=Number(abs=0.06, unit="percent")),
            slips={
                "revenue": revenue_blamed,
                "of-twenty": of_twenty,
                "claimed": as_claimed,
            },
        ),
        Question(
            "q6",
            points=3,
            answer="memo",
            judge=Written(
                slots=("choice", "left_out", "check"),
                cite={"choice": 2, "left_out": 1},
                figures=figures,
                stated=(PLACES,),
            ),
        ),
    ],
)
