"""Exercise 2.4: tiering."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kdcourse.checks.exercises import tiering_marks as by_fifths
from kdcourse.checks.exercises import tiering_standing as standing
from kdcourse.checks.exercises.tiering_books import (
    PLACES,
    best,
    books,
    figures,
    two_lists,
)
from kdcourse.checks.kinds import Chosen, Exact, Exercise, Number, Parts, Question, Table, Written
from kdcourse.metrics.tiering import abc, overlap, top_share

if TYPE_CHECKING:
    from kdcourse.data import Loader

_LESSON_YEAR = 2025


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


def in_order_of_revenue(load: Loader) -> dict[str, float]:
    """Profit summed down the list by revenue."""
    worth = books(load).sort_values("revenue", ascending=False)["profit"]
    above = (worth.cumsum() / worth.sum()).shift(fill_value=0.0)
    found = pd.cut(above.clip(lower=0), [0, 0.7, 0.9, 9], right=False, labels=["A", "B", "C"])
    fifth = worth.head(round(len(worth) / 5)).sum() / worth.sum() * 100
    return _counts(worth, found) | {"top_fifth_pct": float(fifth)}


def cut_at_eighty(load: Loader) -> dict[str, float]:
    """The cuts of other houses, 80 and 95."""
    worth = books(load)["profit"]
    return _counts(worth, abc(worth, (0.8, 0.95)))


def both_years(load: Loader) -> dict[str, float]:
    """All rows of the table, every customer once for each year."""
    worth = load("finance_years")["profit"].reset_index(drop=True)
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


# --- q5: the mistake in "the two lists agree"


def mistake(load: Loader) -> dict[str, float]:
    """The line that counts agreement on nobodies, the names on both lists, the overlap in %."""
    sales, finance = two_lists(load)
    shared = len(set(sales) & set(finance))
    return {"line": 4, "shared": shared, "overlap_pct": overlap(sales, finance) * 100}


def revenue_blamed(load: Loader) -> dict[str, float]:
    """The line with revenue, which is just what the sales list is."""
    return mistake(load) | {"line": 2}


def finance_blamed(load: Loader) -> dict[str, float]:
    """The line of the finance list."""
    return mistake(load) | {"line": 3}


def of_forty(load: Loader) -> dict[str, float]:
    """Shared names counted twice below the line."""
    right = mistake(load)
    return right | {"overlap_pct": right["shared"] / (2 * PLACES) * 100}


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
                "order": in_order_of_revenue,
                "eighty": cut_at_eighty,
                "both-years": both_years,
                "lesson-year": of_the_lesson,
            },
        ),
        Question(
            "q2",
            points=3,
            answer="marks",
            expect=by_fifths.marks,
            judge=by_fifths.Marks(key=("customer_id",), columns={mark: Number() for mark in "rfm"}),
            slips={
                "recency": by_fifths.not_reversed,
                "best-is-one": by_fifths.best_is_one,
                "widths": by_fifths.equal_widths,
                "all-time": by_fifths.all_time,
                "open-end": by_fifths.open_end,
                "uncut": by_fifths.uncut,
                "ties": by_fifths.ties_split,
                "place": by_fifths.without_gaps,
            },
        ),
        Question(
            "q3",
            points=2,
            answer="tiers",
            expect=standing.tiers,
            judge=Table(
                key=("customer_id",),
                columns={"tier": Exact(options=("new", "active", "dormant"))},
            ),
            slips={
                "active-first": standing.active_first,
                "idle": standing.without_idle,
                "later": standing.with_later_parcels,
                "ninety": standing.ninety_days,
                "swapped": standing.days_swapped,
                "later-accounts": standing.with_later_accounts,
            },
        ),
        Question(
            "q4",
            points=2,
            answer="price_led",
            expect=standing.price_led,
            judge=Chosen(),
            slips={
                "no-minimum": standing.no_minimum,
                "half": standing.more_than_half,
                "over-four": standing.over_four,
                "others": standing.the_others,
                "lesson-year": standing.later_year,
                "four-codes": standing.four_codes,
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
                "finance": finance_blamed,
                "of-twenty": of_twenty,
                "of-forty": of_forty,
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
