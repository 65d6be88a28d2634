"""What the complaint log says: the answers of exercise 5.2 that follow from the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.data import Loader

_YEAR = 2025
#: Yuan up to which an agent decides alone.
LIMIT = 50.0
#: Steps at which the house wants a note.
_NOTED = ("receive", "confirm", "apologise", "analyse", "feed_back")


def _closed(load: Loader) -> pd.DataFrame:
    """Closed cases by number."""
    cases = load("complaints")
    return cases[cases["closed_at"].notna()].set_index("complaint_id")


def _between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Hours from one moment to another."""
    return ((end - start).dt.total_seconds() / 3600).rename("hours")


def _hours(cases: pd.DataFrame) -> pd.Series:
    """Hours from receipt to the first end."""
    return _between(cases["received_at"], cases["closed_at"])


# --- q1: closed cases with a gap in the record


def _no_apology(load: Loader) -> set[str]:
    closed = _closed(load)
    return set(closed.index[closed["apologised_at"].isna() & ~closed["is_suggestion"]])


def _no_note(load: Loader, *more: str) -> set[str]:
    steps = load("complaint_steps")
    bare = steps[steps["step"].isin([*_NOTED, *more]) & steps["note_code"].isna()]
    return set(bare["complaint_id"]) & set(_closed(load).index)


def _of_year(load: Loader, numbers: set[str]) -> list[str]:
    """Those of the numbers that were closed in the year, sorted."""
    closed = _closed(load)["closed_at"]
    return sorted(numbers & set(closed.index[closed.dt.year == _YEAR]))


def flawed(load: Loader) -> list[str]:
    """Cases closed in the year that lack an apology or a note."""
    return _of_year(load, _no_apology(load) | _no_note(load))


def both_years(load: Loader) -> list[str]:
    """The same without the year."""
    return sorted(_no_apology(load) | _no_note(load))


def with_suggestions(load: Loader) -> list[str]:
    """An apology asked of suggestions, too."""
    closed = _closed(load)
    bare = set(closed.index[closed["apologised_at"].isna()])
    return _of_year(load, bare | _no_note(load))


def steps_only(load: Loader) -> list[str]:
    """Only what lacks the apology."""
    return _of_year(load, _no_apology(load))


def notes_only(load: Loader) -> list[str]:
    """Only what lacks a note."""
    return _of_year(load, _no_note(load))


def both_gaps(load: Loader) -> list[str]:
    """Only what lacks both."""
    return _of_year(load, _no_apology(load) & _no_note(load))


def in_order(load: Loader) -> list[str]:
    """The cases of the year without a gap."""
    return _of_year(load, set(_closed(load).index) - _no_apology(load) - _no_note(load))


def every_note(load: Loader) -> list[str]:
    """A note asked of every step."""
    return _of_year(load, _no_apology(load) | _no_note(load, "propose", "carry_out"))


# --- q3: how long departments let a case wait


def waits(load: Loader) -> pd.Series:
    """Median hours from passing to taking up, by department."""
    passed = _passed(load)
    return passed.groupby("dept")["hours"].median()


def mean_waits(load: Loader) -> pd.Series:
    """The mean instead of the median."""
    return _passed(load).groupby("dept")["hours"].mean()


def waits_to_the_end(load: Loader) -> pd.Series:
    """From passing to the end of the step: waiting and work."""
    passed = _passed(load)
    return _between(passed["passed_at"], passed["at"]).groupby(passed["dept"]).median()


def waits_from_receipt(load: Loader) -> pd.Series:
    """From the customer's call instead of the passing."""
    passed = _passed(load).merge(load("complaints")[["complaint_id", "received_at"]])
    return _between(passed["received_at"], passed["taken_at"]).groupby(passed["dept"]).median()


def waits_in_seconds(load: Loader) -> pd.Series:
    """Seconds called hours."""
    return waits(load) * 3600


def hand_overs(load: Loader) -> pd.Series:
    """How often instead of how long."""
    return _passed(load).groupby("dept")["hours"].size()


def _passed(load: Loader) -> pd.DataFrame:
    """Steps for which a case was passed on and taken up, with the hours between."""
    steps = load("complaint_steps")
    passed = steps[steps["taken_at"].notna()].copy()
    passed["hours"] = _between(passed["passed_at"], passed["taken_at"])
    return passed


# --- q4: the mistake in "leave the apology out"


def _groups(load: Loader) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Closed complaints with an apology and without one, suggestions aside."""
    closed = _closed(load)
    closed = closed.assign(hours=_hours(closed), rating=closed["satisfaction"].astype(float))
    real = closed[~closed["is_suggestion"]]
    apologised = real["apologised_at"].notna()
    return real[apologised], real[~apologised]


def mistake(load: Loader) -> dict[str, float]:
    """Cases that don't belong into the comparison, and what is right of it."""
    closed, (kept, skipped) = _closed(load), _groups(load)
    return {
        "wrong_cases": int(closed["is_suggestion"].sum()),
        "hours": float(kept["hours"].mean() - skipped["hours"].mean()),
        "points": float(kept["rating"].mean() - skipped["rating"].mean()),
    }


def same_base(load: Loader) -> dict[str, float]:
    """The colleague's own difference: suggestions still in it."""
    closed = _closed(load)
    hours = _hours(closed).groupby(closed["apologised_at"].notna()).mean()
    return mistake(load) | {"hours": float(hours[True] - hours[False])}


def upside_down(load: Loader) -> dict[str, float]:
    """Without minus with."""
    right = mistake(load)
    return right | {"hours": -right["hours"], "points": -right["points"]}


def medians(load: Loader) -> dict[str, float]:
    """The middle case instead of the mean."""
    kept, skipped = _groups(load)
    return mistake(load) | {"hours": float(kept["hours"].median() - skipped["hours"].median())}


def silent_as_zero(load: Loader) -> dict[str, float]:
    """Who gave no rating counted as 0 points."""
    kept, skipped = (group["rating"].fillna(0).mean() for group in _groups(load))
    return mistake(load) | {"points": float(kept - skipped)}


def all_without(load: Loader) -> dict[str, float]:
    """All cases without an apology called wrong."""
    return mistake(load) | {"wrong_cases": int(_closed(load)["apologised_at"].isna().sum())}


def the_others(load: Loader) -> dict[str, float]:
    """The complaints without an apology called wrong."""
    return mistake(load) | {"wrong_cases": len(_no_apology(load))}


# --- q6: the note for the supervisor


def figures(load: Loader) -> dict[str, float]:
    """What can be said of the desk."""
    from pandas import Timedelta

    closed, passed = _closed(load), _passed(load)
    no_apology, no_note = _no_apology(load), _no_note(load)
    incomplete = len(no_apology | no_note)
    steps, right = load("complaint_steps"), mistake(load)
    back = steps.loc[steps["step"] == "reopen"].merge(load("complaints"), on="complaint_id")
    # The data end with a midnight; the story's Monday morning comes 105 hours after it.
    monday = load("shipments")["accepted_at"].max().ceil("D") + Timedelta(hours=105)
    overdue = back[back["at"] + Timedelta(days=7) < monday]
    no_word_of_it = steps["step"].eq("apologise") & steps["note_code"].isna()
    no_apology_shown = no_apology | set(steps.loc[no_word_of_it, "complaint_id"]) & set(
        closed.index
    )
    asked = closed.index.isin(steps.loc[steps["dept"] == "management", "complaint_id"])
    first = _between(closed["received_at"], closed["first_response_at"])
    hours, by_dept = _hours(closed), waits(load)
    return {
        "closed": len(closed),
        "incomplete": incomplete,
        "incomplete_year": len(flawed(load)),
        "complete": len(closed) - incomplete,
        "complete_pct": (1 - incomplete / len(closed)) * 100,
        "incomplete_pct": incomplete / len(closed) * 100,
        "no_apology": len(no_apology),
        "no_apology_shown": len(no_apology_shown),
        "no_note": len(no_note),
        "back": len(back),
        "back_customers": back["customer_id"].nunique(),
        "overdue": len(overdue),
        "overdue_customers": overdue["customer_id"].nunique(),
        "late_first": int((first > 12).sum()),
        "late_first_pct": float((first > 12).mean() * 100),
        "approvals": int(asked.sum()),
        "approval_hours": float(hours[asked].median()),
        "other_hours": float(hours[~asked].median()),
        "limit": LIMIT,
        "hours": right["hours"],
        "points": right["points"],
        "wait_longest": float(by_dept.max()),
        **{f"wait_{dept}": float(value) for dept, value in by_dept.items()},
        **{f"passed_{dept}": int(n) for dept, n in passed["dept"].value_counts().items()},
    }
