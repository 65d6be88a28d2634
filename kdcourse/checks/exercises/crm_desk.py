"""Exercise 6.1: at the CRM desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kdcourse.checks.databases import State
from kdcourse.checks.exercises.crm_desk_grades import (
    TODAY,
    against_all,
    levels,
    mean_of_means,
    queue,
    report,
    report_by_house,
    report_of_today,
    report_of_year,
    report_without_ungraded,
    sign,
    waits,
    whole_year,
    with_floor,
    without_newcomers,
)
from kdcourse.checks.exercises.crm_desk_segments import (
    answers_alone,
    both_years,
    lessons_year,
    mistake,
    only_opened,
    relative,
    turned,
)
from kdcourse.checks.kinds import (
    Database,
    Exact,
    Exercise,
    Number,
    Parts,
    Query,
    Question,
    Table,
    Written,
    always,
)

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: What the newcomer of question 1 is called, and where the caller has moved to.
_NAME, _PHONE, _PLACE = "Shihuan Tea", "15400006101", "Hangzhou, Jiyu Road 7-701"


# --- q1: the state of the file after a morning's work


def _next_number(load: Loader, step: int) -> str:
    last = str(load("customers")["customer_id"].max())
    return f"C{int(last[1:]) + step:07d}"


def _caller(load: Loader) -> str:
    return str(load("shipments")["customer_id"].iloc[-1])


def _lost(load: Loader) -> pd.Series:
    """Return the leads lost, the first one first."""
    leads = load("leads")
    lost = leads[leads["stage"] == "lost"].sort_values(["lost_on", "lead_id"])
    return lost["lead_id"].reset_index(drop=True)


def _state(load: Loader, **changes: Any) -> State:
    """Return what stands in the file after the work, with some of it done otherwise."""
    caller, comeback = _caller(load), changes.get("lead", _lost(load).iloc[-1])
    stage = changes.get("stage", "proposal")
    moved = changes.get("moved", caller)
    customers = load("customers").set_index("customer_id")
    addresses = [[moved, _PLACE]]
    edits = [["leads", comeback, "lost", "contacted"]]
    if stage == "proposal":
        edits.append(["leads", comeback, "contacted", "proposal"])
    if moved in customers.index:
        edits.append(["customers", moved, customers.loc[moved, "address"], _PLACE])
    offer = ["standard", 0.1] if stage == "proposal" else ["none", 0.0]
    return State(
        {
            "newcomer": pd.DataFrame(
                [[_NAME, _PHONE, "enterprise"]], columns=["name", "phone", "market_type"]
            ),
            "address": pd.DataFrame(addresses, columns=["customer_id", "address"]),
            "note": pd.DataFrame([[caller, 1]], columns=["customer_id", "notes"]),
            "proposal": pd.DataFrame(
                [[comeback, *offer]], columns=["lead_id", "product_id", "discount"]
            ),
            "history": pd.DataFrame(edits, columns=["table_name", "key", "old", "new"]),
        }
    )


def desk(load: Loader) -> State:
    """The file after the five actions."""
    return _state(load)


def second_record(load: Loader) -> State:
    """The caller added once more at the new address, instead of the old record changed."""
    return _state(load, moved=_next_number(load, 2))


def first_lost(load: Loader) -> State:
    """The lead that was lost first, not last: the list was sorted the other way round."""
    return _state(load, lead=_lost(load).iloc[0])


def last_number(load: Loader) -> State:
    """The lost lead with the highest number, whatever the day."""
    return _state(load, lead=_lost(load).max())


def no_proposal(load: Loader) -> State:
    """The lead called, but no proposal made."""
    return _state(load, stage="contacted")


_QUERIES = {
    "newcomer": (
        f"SELECT name, phone, market_type FROM customers WHERE name = '{_NAME}'",
        Table(key=("name",), columns={"phone": Exact(), "market_type": Exact()}),
    ),
    "address": (
        f"SELECT customer_id, address FROM customers WHERE address = '{_PLACE}'",
        Table(key=("customer_id",), columns={"address": Exact()}),
    ),
    "note": (
        "SELECT customer_id, count(*) AS notes FROM notes GROUP BY customer_id",
        Table(key=("customer_id",), columns={"notes": Number()}),
    ),
    "proposal": (
        "SELECT moved.key AS lead_id, coalesce(max(p.product_id), 'none') AS product_id, "
        "coalesce(max(p.discount), 0) AS discount "
        "FROM (SELECT DISTINCT key FROM changes WHERE table_name = 'leads') AS moved "
        "LEFT JOIN deals AS d ON d.lead_id = moved.key "
        "LEFT JOIN proposals AS p ON p.deal_id = d.deal_id "
        "AND p.sent_on = (SELECT value FROM settings WHERE key = 'today') GROUP BY moved.key",
        Table(key=("lead_id",), columns={"product_id": Exact(), "discount": Number()}),
    ),
    "history": (
        "SELECT table_name, key, old, new FROM changes WHERE \"column\" IN ('stage', 'address') "
        "AND table_name IN ('leads', 'customers')",
        Table(key=("table_name", "key", "new"), columns={"old": Exact()}),
    ),
}


# --- q2: proposals that stand still, in SQL


def _standing(end: str, begin: str = "d.opened_on") -> str:
    return (
        f"SELECT d.stage, count(*) AS deals, "
        f"sum(julianday({end}) - julianday({begin}) > 21) AS over_21 "
        "FROM deals AS d JOIN leads AS l ON l.lead_id = d.lead_id GROUP BY d.stage"
    )


slow_sql = _standing(f"coalesce(d.signed_on, l.lost_on, '{TODAY}')")
all_to_today = _standing(f"'{TODAY}'")
lost_to_today = _standing(f"coalesce(d.signed_on, '{TODAY}')")
since_lead = _standing(f"coalesce(d.signed_on, l.lost_on, '{TODAY}')", "l.created_on")


exercise = Exercise(
    "6.1",
    questions=[
        Question(
            "q1",
            points=3,
            answer="desk",
            expect=desk,
            judge=Database(_QUERIES),
            slips={
                "second-record": second_record,
                "first-lost": first_lost,
                "last-number": last_number,
                "no-proposal": no_proposal,
            },
        ),
        Question(
            "q2",
            points=2,
            answer="slow_sql",
            expect=always(slow_sql),
            judge=Query(
                Table(key=("stage",), columns={"deals": Number(), "over_21": Number()}),
                tables=("deals", "leads"),
            ),
            slips={
                "all-to-today": always(all_to_today),
                "lost-to-today": always(lost_to_today),
                "since-lead": always(since_lead),
            },
        ),
        Question(
            "q3",
            points=3,
            answer="report",
            expect=report,
            judge=Table(
                key=("grade",), columns={"customers": Number(), "revenue": Number(abs=0.5)}
            ),
            slips={
                "dropped": report_without_ungraded,
                "today": report_of_today,
                "house": report_by_house,
                "year": report_of_year,
            },
        ),
        Question(
            "q4",
            points=2,
            answer="mistake",
            expect=mistake,
            judge=Parts(
                firms=Number(abs=0.06, unit="percent"), persons=Number(abs=0.06, unit="percent")
            ),
            slips={
                "answers": answers_alone,
                "opened": only_opened,
                "years": both_years,
                "lesson": lessons_year,
                "relative": relative,
                "turned": turned,
            },
        ),
        Question(
            "q5",
            points=3,
            answer="queue",
            expect=queue,
            judge=Parts(
                gain_a_h=Number(abs=0.11), others_pay_h=Number(abs=0.11), worst_h=Number(abs=0.11)
            ),
            slips={
                "sign": sign,
                "floor": with_floor,
                "year": whole_year,
                "against-all": against_all,
                "levels": levels,
                "ungraded": without_newcomers,
                "means": mean_of_means,
            },
        ),
        Question(
            "q6",
            points=3,
            answer="memo",
            judge=Written(
                slots=("gain", "price", "rule", "reasons"),
                cite={"gain": 2, "price": 2},
                figures=waits,
                stated=(95,),
            ),
        ),
    ],
)
