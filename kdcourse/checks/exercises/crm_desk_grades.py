"""Exercise 6.1, what grading does: the report by grade, and both groups' waits in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from kdcourse.crm.queues import serve
from kdcourse.metrics.grading import grades, percent_rank, scores

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: The CRM's date: the last day of the data.
TODAY = "2025-12-31"
#: The day as of which questions 3 and 5 grade, and the half year after it.
_GRADED, _HALF, _DAYS = "2025-06-30", "2025-07-01", 184
#: Weights of question 3, and the house's.
_ASKED = {"parcels": 0.2, "revenue": 0.3, "days_silent": 0.5}
_HOUSE = {
    "parcels": 0.25, "revenue": 0.35, "days_silent": 0.25, "tenure_days": 0.05, "overdue": 0.10,
}  # fmt: skip
_CUTS = {"A": 80, "B": 60, "C": 40, "D": 0}
_RANKS = {"A": 1, "B": 2, "C": 3, "D": 4, "ungraded": 4}


# --- q3: grades that were known beforehand, and what came after


def _measures(load: Loader, as_of: str) -> pd.DataFrame:
    """Return what grading looks at, over a year up to a day, of everybody who had an account."""
    day = pd.Timestamp(as_of)
    customers = load("customers").set_index("customer_id")
    opened = customers.loc[customers["created_on"] <= day, "created_on"]
    sent = load("shipments")
    first = day - pd.Timedelta(days=364)
    sent = sent[sent["accepted_at"].between(first, day + pd.Timedelta(days=1), inclusive="left")]
    each = sent.groupby("customer_id")
    last = each["accepted_at"].max().reindex(opened.index).fillna(opened)
    bills = load("invoices")
    unpaid = bills[(bills["due_on"] < day) & ~(bills["paid_on"] <= day)]
    owed = (unpaid["amount"] - unpaid["refund_amount"]).groupby(unpaid["customer_id"]).sum()
    return pd.DataFrame(
        {
            "parcels": each.size().reindex(opened.index).fillna(0),
            "revenue": each["fee"].sum().round(2).reindex(opened.index).fillna(0),
            "days_silent": (day - last.dt.normalize()).dt.days,
            "tenure_days": (day - opened).dt.days,
            "overdue": owed.round(2).reindex(opened.index).fillna(0),
        }
    )


def graded(load: Loader, as_of: str, weights: Mapping[str, float]) -> pd.Series:
    """Grade of everybody who had an account on a day."""
    low = {"days_silent", "overdue"}
    ranks = _measures(load, as_of).apply(
        lambda column: percent_rank(column, low_is_good=column.name in low)
    )
    return grades(scores(ranks, weights), _CUTS)


def _report(load: Loader, grade: pd.Series, since: str = _HALF) -> pd.DataFrame:
    sent, customers = load("shipments"), load("customers")
    later = sent[sent["accepted_at"] >= since]
    of_parcel = later["customer_id"].map(grade).fillna("ungraded")
    of_customer = customers["customer_id"].map(grade).fillna("ungraded")
    table = pd.DataFrame(
        {"customers": of_customer.value_counts(), "revenue": later.groupby(of_parcel)["fee"].sum()}
    )
    return table.fillna(0).rename_axis("grade")


def report(load: Loader) -> pd.DataFrame:
    """What each grade of June brought in the half year after, those without one included."""
    return _report(load, graded(load, _GRADED, _ASKED))


def report_without_ungraded(load: Loader) -> pd.DataFrame:
    """New customers dropped, because they had no grade yet."""
    return report(load).drop(index="ungraded", errors="ignore")


def report_of_today(load: Loader) -> pd.DataFrame:
    """Grades of the last day, which have seen the half year already."""
    return _report(load, graded(load, TODAY, _ASKED))


def report_by_house(load: Loader) -> pd.DataFrame:
    """The house's weights instead of those asked."""
    return _report(load, graded(load, _GRADED, _HOUSE))


def report_of_year(load: Loader) -> pd.DataFrame:
    """The fees of the whole year, half of which the grades have seen."""
    return _report(load, graded(load, _GRADED, _ASKED), "2025-01-01")


# --- q5: what serving by grade does in half a year


def _cases(load: Loader, since: str = _HALF) -> pd.DataFrame:
    """Return the complaints from a day on with the customer's grade of June, oldest first."""
    cases = load("complaints")
    cases = cases[(cases["received_at"] >= since) & ~cases["is_suggestion"]]
    grade = graded(load, _GRADED, _HOUSE)
    cases = cases.assign(grade=cases["customer_id"].map(grade).fillna("ungraded"))
    return cases.sort_values(["received_at", "complaint_id"]).reset_index(drop=True)


def _hours_each(half: int) -> float:
    """Hours a case, so that a number of cases take up 95% of the half year."""
    return round(0.95 * _DAYS * 24 / half, 1)


def _wait(
    cases: pd.DataFrame, hours_each: float, *, by_grade: bool, floor: float | None = None
) -> pd.Series:
    """Return how many hours each case waits if one desk serves them all."""
    came = (cases["received_at"] - cases["received_at"].min()).dt.total_seconds() / 3600
    ranks = cases["grade"].map(_RANKS) if by_grade else pd.Series(1, cases.index)
    served = serve(came.tolist(), ranks.tolist(), hours_each, 1, floor)
    return pd.Series({one.job: one.waited for one in served}).sort_index()


def _effect(cases: pd.DataFrame, before: pd.Series, after: pd.Series) -> dict[str, float]:
    first, change = cases["grade"] == "A", after - before
    return {
        "gain_a_h": -float(change[first].mean()) if first.any() else 0.0,
        "others_pay_h": float(change[~first].mean()) if (~first).any() else 0.0,
        "worst_h": float(after.max()),
    }


def _served(load: Loader) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return the half year's cases, and their waits before and after."""
    cases = _cases(load)
    hours = _hours_each(len(cases))
    return (
        cases,
        _wait(cases, hours, by_grade=False),
        _wait(cases, hours, by_grade=True),
    )


def queue(load: Loader) -> dict[str, float]:
    """Gain of grade A, price of the others, and the longest wait, hours."""
    return _effect(*_served(load))


def sign(load: Loader) -> dict[str, float]:
    """The change of grade A's wait, below zero, instead of its gain."""
    right = queue(load)
    return right | {"gain_a_h": -right["gain_a_h"]}


def with_floor(load: Loader) -> dict[str, float]:
    """The house's policy with its floor of 48 hours instead of the one without."""
    cases = _cases(load)
    hours = _hours_each(len(cases))
    before = _wait(cases, hours, by_grade=False)
    return _effect(cases, before, _wait(cases, hours, by_grade=True, floor=48))


def whole_year(load: Loader) -> dict[str, float]:
    """The complaints of the whole year, because the first day was left out."""
    cases = _cases(load, "2025-01-01")
    hours = _hours_each(int((cases["received_at"] >= _HALF).sum()))
    before = _wait(cases, hours, by_grade=False)
    return _effect(cases, before, _wait(cases, hours, by_grade=True))


def against_all(load: Loader) -> dict[str, float]:
    """Each group held against the mean of all, instead of against itself before."""
    cases, before, after = _served(load)
    first = cases["grade"] == "A"
    return _effect(cases, before, after) | {
        "gain_a_h": float(after.mean() - after[first].mean()),
        "others_pay_h": float(after[~first].mean() - after.mean()),
    }


def levels(load: Loader) -> dict[str, float]:
    """How long both groups wait with A first, instead of how much that changes."""
    cases, _, after = _served(load)
    first = cases["grade"] == "A"
    return queue(load) | {
        "gain_a_h": float(after[first].mean()),
        "others_pay_h": float(after[~first].mean()),
    }


def _paid(right: Mapping[str, float], others: float) -> dict[str, float]:
    """Return a wrong price of the others; where the world makes it right, one that nobody gives."""
    return {**right, "others_pay_h": -1.0 if abs(others - right["others_pay_h"]) < 1 else others}


def without_newcomers(load: Loader) -> dict[str, float]:
    """Only B, C and D as the others: those without a grade left out."""
    cases, before, after = _served(load)
    graded_others = cases["grade"].isin(["B", "C", "D"])
    change = (after - before)[graded_others].mean()
    return _paid(_effect(cases, before, after), float(change))


def mean_of_means(load: Loader) -> dict[str, float]:
    """The mean of the grades' changes: a grade of two cases counts like one of twenty."""
    cases, before, after = _served(load)
    each = (after - before).groupby(cases["grade"]).mean().drop("A", errors="ignore")
    return _paid(_effect(cases, before, after), float(each.mean()))


# --- q6: always grade A first?


def waits(load: Loader) -> dict[str, float]:
    """What can be said of three rules: ``"<rule>_<group>_<figure>"``, in hours and in days."""
    cases, before, after = _served(load)
    hours = _hours_each(len(cases))
    week = _wait(cases, hours, by_grade=True, floor=168)
    groups = {name: cases["grade"] == name for name in _RANKS}
    groups |= {"others": ~groups["A"], "all": groups["A"] | ~groups["A"]}
    effect = _effect(cases, before, after)
    figures = {"hours_each": hours, **effect}
    figures |= {name.removesuffix("h") + "d": wait / 24 for name, wait in effect.items()}
    for group, rows in groups.items():
        figures[f"{group}_cases"] = float(rows.sum())
        for rule, waited in {"first": before, "grade": after, "week": week}.items():
            mean, worst = float(waited[rows].mean()), float(waited[rows].max())
            figures |= {f"{rule}_{group}_h": mean, f"{rule}_{group}_worst_h": worst}
            figures |= {f"{rule}_{group}_d": mean / 24, f"{rule}_{group}_worst_d": worst / 24}
    return figures
