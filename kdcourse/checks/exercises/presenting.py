"""Exercise 3.4: presenting and objections."""

from __future__ import annotations

from kdcourse.checks.exercises import presenting_tables as tables
from kdcourse.checks.kinds import (
    Exact,
    Exercise,
    Limit,
    Number,
    Parts,
    Question,
    Table,
    Transcript,
    Written,
    always,
)

# Moves of the price talk: what is asked, and all up to the limit that is named.
_ASKED = ("what-is-in-it", "october-scales", "where-else", "sum-or-price", "lay-it-out")
_LIMIT = (*_ASKED, "for-forecasts", "where-it-ends")
#: Without the question what he has to report; with ``read-it-out``, ``one-line`` it is the talk
#: whose log the lesson keeps.
_UNHEARD = (*_ASKED[:3], *_LIMIT[4:])

_PERCENT = Number(abs=0.06, unit="percent")

exercise = Exercise(
    "3.4",
    questions=[
        Question(
            "q1",
            points=2,
            answer="readings",
            expect=tables.readings,
            judge=Table(key=("note",), columns={"leads": Exact(), "won_pct": _PERCENT}),
            slips={
                "last": tables.last_note,
                "calls": tables.every_call,
                "share": tables.shares_of_won,
                "first-call": tables.first_call,
            },
        ),
        Question(
            "q2",
            points=3,
            answer="record",
            expect=tables.record,
            judge=Table(key=("half",), columns={"parcels": Exact(), "late_pct": _PERCENT}),
            slips={
                "company": tables.whole_company,
                "way-back": tables.way_back,
                "on-time": tables.on_time,
                "by-promise": tables.by_promise,
                "lesson": tables.ms_bai,
            },
        ),
        Question(
            "q3",
            points=3,
            answer="discounts",
            expect=tables.discounts,
            judge=Parts(
                signed_first=_PERCENT,
                lost_first=_PERCENT,
                signed_last=_PERCENT,
                lost_last=_PERCENT,
            ),
            slips={
                "consultant": tables.as_the_consultant,
                "two-averages": tables.means_as_ends,
                "all-versions": tables.all_versions,
                "exchanged": tables.ends_exchanged,
            },
        ),
        Question(
            "q4",
            points=4,
            answer="talk",
            expect=always([*_LIMIT, "get-up"]),
            judge=Transcript(
                scenario="3.4.price-talk",
                learns=("sum",),
                never=("pressure", "untruth", "giving_away"),
                meters={"trust": Limit(at_least=60), "concession": Limit(at_most=25)},
                endings=("came-back", "two-year-deal"),
            ),
            slips={
                "pressure": always([*_LIMIT, "until-five"]),
                "untruth": always([*_ASKED, "lose-money", "get-up"]),
                "given-away": always(["halfway", "ten-more", "sign-it-now"]),
                "unheard": always([*_UNHEARD, "get-up"]),
                "one-line": always([*_LIMIT, "read-it-out", "one-line"]),
                "lesson": always([*_UNHEARD, "read-it-out", "one-line"]),
            },
        ),
        Question(
            "q5",
            points=4,
            answer="pitch",
            judge=Written(
                slots=("feature", "advantage", "benefit", "evidence", "objection"),
                words=10,
                characters=16,
                cite={"evidence": 2, "benefit": 1},
                figures=tables.offers,
                stated=(tables.PARCELS,),
            ),
        ),
    ],
)
