"""Exercise 5.2: working the complaint desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.checks.databases import State
from kdcourse.checks.exercises import complaint_log as log
from kdcourse.checks.kinds import (
    Chosen,
    Database,
    Exact,
    Exercise,
    Limit,
    Number,
    Ordering,
    Parts,
    Question,
    Table,
    Transcript,
    Written,
    always,
)

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.data import Loader


# --- q2: a case that came back, worked to its end

#: The case that came back last about a parcel late or lost; what was done since isn't looked at.
_CASE = (
    "WITH back AS (SELECT s.complaint_id AS number, s.seq AS since FROM complaint_steps AS s "
    "JOIN complaints AS c ON c.complaint_id = s.complaint_id "
    "WHERE s.step = 'reopen' AND c.category IN ('late', 'lost') AND s.at < '2026-01-01' "
    "ORDER BY s.at DESC, s.complaint_id DESC LIMIT 1) "
)
_QUERIES = {
    "steps": (
        _CASE + "SELECT step FROM complaint_steps, back WHERE complaint_id = number "
        "AND seq > since GROUP BY step ORDER BY min(seq)",
        Ordering(),
    ),
    # With the case's number: what was done with another one doesn't count.
    "hand_over": (
        _CASE + "SELECT number || ' ' || coalesce((SELECT to_dept FROM hand_overs "
        "WHERE complaint_id = number AND to_dept <> 'service' AND taken_at IS NOT NULL "
        "ORDER BY no LIMIT 1), 'none') FROM back",
        Exact(),
    ),
    "paid": (
        _CASE + "SELECT compensation FROM complaints, back WHERE complaint_id = number",
        Number(abs=0.005),
    ),
    "approved_by": (
        _CASE + "SELECT coalesce((SELECT approved_by FROM complaint_cases "
        "WHERE complaint_id = number), 'nobody') FROM back",
        Exact(),
    ),
    "content": (
        _CASE + "SELECT coalesce((SELECT satisfied FROM complaint_cases "
        "WHERE complaint_id = number), -1) FROM back",
        Exact(),
    ),
}
_AGREED = 60.0
#: What a note may propose, which no table can hold: a new limit in yuan, or hours to a signature.
_PROPOSED = (2.0, 4.0, 8.0, 24.0, 70.0, 75.0, 80.0, 90.0, 100.0)


def _returned(load: Loader) -> pd.Series:
    """The record of the case that :data:`_CASE` finds."""
    steps, cases = load("complaint_steps"), load("complaints")
    back = steps[steps["step"] == "reopen"].merge(cases, on="complaint_id")
    back = back[back["category"].isin(["late", "lost"])]
    return back.sort_values(["at", "complaint_id"]).iloc[-1]


def worked(load: Loader) -> State:
    """What the desk holds of the case once it is filed."""
    case = _returned(load)
    return State(
        {
            "steps": ["analyse", "propose", "carry_out", "feed_back", "file"],
            "hand_over": f"{case['complaint_id']} {case['responsible_dept']}",
            "paid": _AGREED,
            "approved_by": "supervisor",
            "content": 1,
        }
    )


def _worked_but(load: Loader, **other: object) -> State:
    return State({**worked(load).found, **other})


def stopped(load: Loader) -> State:
    """Carried out, but nobody told the customer or asked."""
    return _worked_but(load, steps=["analyse", "propose", "carry_out"], content=-1)


def not_filed(load: Loader) -> State:
    """Told, but not filed."""
    return _worked_but(load, steps=["analyse", "propose", "carry_out", "feed_back"], content=-1)


def at_the_desk(load: Loader) -> State:
    """Analysed without the department."""
    return _worked_but(load, hand_over=f"{_returned(load)['complaint_id']} none")


def within_limit(load: Loader) -> State:
    """As much as the agent may decide, not what the customer agreed to."""
    return _worked_but(load, paid=log.LIMIT, approved_by="nobody")


# --- q5: the angry customer

_TALK = "5.2.lost-parcel"
_NEVER = (
    "overpromising", "untruth", "hiding", "soothing", "interrupting", "jargon", "early_offer",
    "giving_away", "pressure",
)  # fmt: skip
GOOD = [
    "let-finish", "three-times", "what-for", "how-it-looks", "what-i-see", "no-money-can",
    "who-on-sunday", "it-may-be", "search-and-call", "saturday-noon", "repeat-back",
]  # fmt: skip
#: Pleasant for three turns.
PLEASING = ["tomorrow", "before-noon", "count-on-me"]
#: The form on the page.
FORM = ["let-finish", "three-times", "what-for", "how-it-looks", "what-i-see", "it-may-be",
        "claim-form"]  # fmt: skip
#: Money before anybody looks.
MONEY = [*GOOD[:5], "three-hundred", *GOOD[5:]]
#: Good in all but one thing: nobody apologises.
UNSORRY = [move for move in GOOD if move != "three-times"]


exercise = Exercise(
    "5.2",
    questions=[
        Question(
            "q1",
            points=2,
            answer="flawed",
            expect=log.flawed,
            judge=Chosen(),
            slips={
                "those-in-order": log.in_order,
                "both-years": log.both_years,
                "suggestions": log.with_suggestions,
                "every-note": log.every_note,
                "steps-only": log.steps_only,
                "notes-only": log.notes_only,
                "both-gaps": log.both_gaps,
            },
        ),
        Question(
            "q2",
            points=5,
            answer="worked",
            expect=worked,
            judge=Database(_QUERIES),
            slips={
                "stopped": stopped,
                "not-filed": not_filed,
                "at-the-desk": at_the_desk,
                "within-limit": within_limit,
            },
        ),
        Question(
            "q3",
            points=2,
            answer="waits",
            expect=log.waits,
            judge=Table(key=("dept",), columns={"hours": Number(abs=0.06)}),
            slips={
                "mean": log.mean_waits,
                "to-the-end": log.waits_to_the_end,
                "from-receipt": log.waits_from_receipt,
                "seconds": log.waits_in_seconds,
                "counts": log.hand_overs,
            },
        ),
        Question(
            "q4",
            points=3,
            answer="mistake",
            expect=log.mistake,
            judge=Parts(wrong_cases=Exact(), hours=Number(abs=0.06), points=Number(abs=0.006)),
            slips={
                "same-base": log.same_base,
                "upside-down": log.upside_down,
                "medians": log.medians,
                "silent-as-zero": log.silent_as_zero,
                "all-without": log.all_without,
                "the-others": log.the_others,
            },
        ),
        Question(
            "q5",
            points=3,
            answer="talk",
            expect=always(GOOD),
            judge=Transcript(
                must=("apology", "follow_up"),
                never=_NEVER,
                in_order=("listening", "apology", "explaining", "fair_remedy", "confirming"),
                meters={"trust": Limit(at_least=60)},
                endings=("found", "told-in-time", "kept-informed"),
                scenario=_TALK,
                learns=("quilt", "look"),
            ),
            slips={
                "pleasing": always(PLEASING),
                "form": always(FORM),
                "unsorry": always(UNSORRY),
                "straight-to-sorry": always(GOOD[1:]),
                "money": always(MONEY),
            },
        ),
        Question(
            "q6",
            points=4,
            answer="note",
            judge=Written(
                slots=("customer", "supervisor"),
                words=30,
                characters=50,
                cite={"supervisor": 2},
                figures=log.figures,
                stated=(7.0, 12.0, _AGREED, *_PROPOSED),
            ),
        ),
    ],
)
