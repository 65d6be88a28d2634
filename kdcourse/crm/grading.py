"""Automatic grading: choose a model and weights, grade every customer, compare, explain, adopt.

Models stand in ``content/crm/grading.toml``; the measures are SQL. A run never replaces another:
all are kept, and one is in force.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import sql
from kdcourse.crm.fields import a_day
from kdcourse.crm.waiting import waiting
from kdcourse.texts import KitError, content, pick, say

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm


#: What grading costs, in steps of SQLite's: a line through worlds of 1,300 and 110,000 accounts.
_STEPS_A_CUSTOMER, _STEPS_A_PARCEL = 350, 36


@dataclass(frozen=True)
class Run:
    """One grading of all customers.

    Attributes:
        run_id: Its number.
        as_of: The day as of which it looked.
        model: The model.
        weights: Measure -> weight; they add up to 1.
        cuts: Grade -> least score.
        adopted: Whether its grades were put in force.
    """

    run_id: int
    as_of: str
    model: str
    weights: Mapping[str, float]
    cuts: Mapping[str, float]
    adopted: bool


def regrade(
    crm: Crm,
    model: str = "balanced",
    *,
    as_of: str | date | None = None,
    weights: Mapping[str, float] | None = None,
    cuts: Mapping[str, float] | None = None,
    adopt: bool = False,
) -> Run:
    """Grade every customer who had an account on a day.

    Args:
        crm: The CRM.
        model: A model of ``content/crm/grading.toml``.
        as_of: The day; default the CRM's. Nothing later is looked at.
        weights: Measure -> weight, in place of the model's; they must add up to 1.
        cuts: Grade -> least score, in place of the model's.
        adopt: Put the grades in force at once; see :func:`adopt`.

    Raises:
        KitError: No such model or measure, weights that don't add up, cuts out of order, a day to
            come, or the user may not.
    """
    told = _model(model)
    chosen = _weights(weights if weights is not None else told["weights"])
    limits = _cuts(cuts if cuts is not None else told["cuts"])
    day = a_day("as_of", as_of if as_of is not None else crm.today)
    if day > str(crm.today):
        raise KitError("crm_desks.grade-future", day=day, today=crm.today)
    with crm.transaction() as db, _bar(crm, day, told["window_days"]):
        run_id = int(
            db.execute(
                "INSERT INTO grade_runs (as_of, model, weights, cuts, ran_by) "
                "VALUES (?, ?, ?, ?, ?) RETURNING run_id",
                (day, model, json.dumps(chosen), json.dumps(limits), crm.user().name),
            ).fetchone()[0]
        )
        db.execute(
            f"INSERT INTO grades SELECT :run, customer_id, score, {_grade_of(limits)}, parts "
            f"FROM (SELECT customer_id, round({_score_of(chosen)}, 6) AS score, "
            f"{_parts_of(chosen)} AS parts FROM ({sql('grade_measures')}))",
            {"run": run_id, "as_of": day, "days": told["window_days"], **_numbers(chosen)},
        )
        if adopt:
            _adopt(db, run_id)
    return next(run for run in runs(crm) if run.run_id == run_id)


def _bar(crm: Crm, day: str, days: int) -> AbstractContextManager[None]:
    """Show how far grading is, if it takes long: it looks at each customer and their parcels."""
    with crm.trusted():
        customers, parcels = crm.rows("grade_size", as_of=day, days=days)[0]
    steps = _STEPS_A_CUSTOMER * customers + _STEPS_A_PARCEL * parcels
    return waiting(crm, say("crm_desks.grading-bar", customers=f"{customers:,}"), steps)


def adopt(crm: Crm, run_id: int) -> None:
    """Put the grades of a run in force; complaints and orders are then served by them.

    Raises:
        KitError: There is no such run, or the user may not.
    """
    _known_run(crm, run_id)
    with crm.transaction() as db:
        _adopt(db, run_id)


def _adopt(db: Any, run_id: int) -> None:
    db.execute(
        "UPDATE grade_runs SET adopted = (SELECT max(adopted) + 1 FROM grade_runs) "
        "WHERE run_id = ?",
        (run_id,),
    )


def runs(crm: Crm) -> list[Run]:
    """Return every run, oldest first."""
    found = crm.rows(
        "SELECT run_id, as_of, model, weights, cuts, adopted FROM grade_runs ORDER BY run_id"
    )
    return [
        Run(number, day, model, json.loads(weights), json.loads(cuts), bool(adopted))
        for number, day, model, weights, cuts, adopted in found
    ]


def grades(crm: Crm, run_id: int | None = None) -> pd.DataFrame:
    """Return ``customer_id``, ``score`` and ``grade`` of a run, default of the one in force.

    Raises:
        KitError: There is no such run, or none is in force yet.
    """
    if run_id is None:
        found = crm.query(
            "SELECT customer_id, score, grade FROM current_grades ORDER BY customer_id"
        )
        if found.empty:
            raise KitError("crm_desks.no-grades")
        return found
    _known_run(crm, run_id)
    return crm.query(
        "SELECT customer_id, score, grade FROM grades WHERE run_id = :run ORDER BY customer_id",
        run=run_id,
    )


def compare(crm: Crm, before: int, after: int) -> pd.DataFrame:
    """Count customers by their grade in two runs: rows before, columns after.

    Who is in one run only stands under ``–``: their account was opened in between.
    """
    import pandas as pd

    both = grades(crm, before).merge(
        grades(crm, after), on="customer_id", how="outer", suffixes=("_before", "_after")
    )
    shown = both[["grade_before", "grade_after"]].astype(object).fillna("–")
    table = pd.crosstab(shown["grade_before"], shown["grade_after"])
    order = [*content("crm/grading")["grades"], "–"]
    return table.reindex(
        index=[g for g in order if g in table.index],
        columns=[g for g in order if g in table.columns],
    )


def explain(crm: Crm, customer_id: str, run_id: int | None = None) -> pd.DataFrame:
    """Say why a customer has a grade: each measure's value, rank, weight and points.

    The points add up to the score. The numbers are those that the run saw, whatever was edited
    since: a person may ask for them (Personal Information Protection Law, Art. 24).

    Args:
        crm: The CRM.
        customer_id: Who.
        run_id: Which run; default the one in force.

    Raises:
        KitError: There is no such run, or the customer has no grade in it.
    """
    import pandas as pd

    run = _known_run(crm, run_id)
    found = crm.rows(
        "SELECT parts FROM grades WHERE run_id = :run AND customer_id = :customer",
        run=run.run_id,
        customer=customer_id,
    )
    if not found:
        raise KitError("crm_desks.no-grade", customer=customer_id, day=run.as_of)
    parts = json.loads(found[0][0])
    measures = content("crm/grading")["measures"]
    rows = [
        {
            "measure": name,
            "meaning": pick(measures[name]["name"]),
            "value": parts[name][0],
            "rank": round(parts[name][1], 1),
            "weight": weight,
            "points": round(weight * parts[name][1], 2),
        }
        for name, weight in run.weights.items()
    ]
    return pd.DataFrame(rows)


# --- models -----------------------------------------------------------------------------------


def _score_of(weights: Mapping[str, float]) -> str:
    return " + ".join(f":w_{name} * rank_{name}" for name in weights)


def _parts_of(weights: Mapping[str, float]) -> str:
    pairs = (f"'{name}', json_array({name}, round(rank_{name}, 4))" for name in weights)
    return f"json_object({', '.join(pairs)})"


def _grade_of(cuts: Mapping[str, float]) -> str:
    cases = " ".join(f"WHEN score >= {cut!r} THEN '{grade}'" for grade, cut in cuts.items())
    return f"CASE {cases} END"


def _numbers(weights: Mapping[str, float]) -> dict[str, float]:
    return {f"w_{name}": weight for name, weight in weights.items()}


def _model(name: str) -> dict[str, Any]:
    models: dict[str, Any] = content("crm/grading")["models"]
    if name not in models:
        raise KitError("crm_desks.no-model", model=name, known=", ".join(models))
    told: dict[str, Any] = models[name]
    return told


def _weights(given: Mapping[str, float]) -> dict[str, float]:
    measures = content("crm/grading")["measures"]
    for name, weight in given.items():
        if name not in measures:
            raise KitError("crm_desks.no-measure", measure=name, known=", ".join(measures))
        if not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise KitError("crm_desks.weight-range", measure=name, weight=weight)
    if not math.isclose(total := sum(given.values()), 1, abs_tol=1e-6):
        raise KitError("crm_desks.weight-sum", total=f"{total:g}")
    return {name: float(weight) for name, weight in given.items()}


def _cuts(given: Mapping[str, float]) -> dict[str, float]:
    wanted = content("crm/grading")["grades"]
    scores = [given[grade] for grade in wanted if isinstance(given.get(grade), int | float)]
    right = (
        set(given) == set(wanted)
        and len(scores) == len(wanted)
        and all(high > low for high, low in pairwise(scores))
        and scores[-1] == 0
        and scores[0] <= 100
    )
    if not right:
        raise KitError("crm_desks.cuts", cuts=dict(given), grades=", ".join(wanted))
    return {grade: float(given[grade]) for grade in wanted}


def _known_run(crm: Crm, run_id: int | None) -> Run:
    known = runs(crm)
    if run_id is None:
        in_force = crm.rows(
            "SELECT run_id FROM grade_runs WHERE adopted > 0 ORDER BY adopted DESC LIMIT 1"
        )
        if not in_force:
            raise KitError("crm_desks.no-grades")
        run_id = in_force[0][0]
    for run in known:
        if run.run_id == run_id:
            return run
    raise KitError("crm_desks.no-run", run=run_id, known=", ".join(str(r.run_id) for r in known))
