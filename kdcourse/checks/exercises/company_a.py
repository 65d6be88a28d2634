"""Case 2: Company A's new branch."""

from __future__ import annotations

from kdcourse.checks.exercises import company_a_lists as lists
from kdcourse.checks.exercises import company_a_pilot as pilot
from kdcourse.checks.kinds import Exercise, Number, Parts, Question, Table, Targets, Written

exercise = Exercise(
    "case-company-a",
    questions=[
        Question(
            "q1",
            points=2,
            answer="screened",
            expect=pilot.screened,
            judge=Parts(
                visits=Number(abs=0.5),
                cost_per_signing=Number(abs=1.0),
                net_per_visit=Number(abs=0.6),
            ),
            slips={
                "one-screen": pilot.one_screen,
                "either": pilot.either_screen,
                "no-cost": pilot.screened_without_cost,
                "all-visits": pilot.cost_of_all_visits,
                "refusals": pilot.without_refusals,
            },
        ),
        Question(
            "q2",
            points=3,
            answer="groups",
            expect=pilot.groups,
            judge=Table(
                key=("group",),
                columns={
                    "visits": Number(abs=0.5),
                    "signed_pct": Number(abs=0.51, unit="percent"),
                    "net_per_visit": Number(abs=0.6),
                },
            ),
            slips={
                "no-cost": pilot.groups_without_cost,
                "signers": pilot.groups_of_signers,
                "per-signing": pilot.groups_per_signing,
                "all-prospects": pilot.groups_of_all,
            },
        ),
        Question(
            "q3",
            points=2,
            answer="needs",
            expect=pilot.needs,
            judge=Table(
                key=("group",),
                columns={
                    "prospects": Number(abs=0.5),
                    "median_parcels": Number(abs=0.06),
                    "bound_pct": Number(abs=0.51, unit="percent"),
                    "price_pct": Number(abs=0.51, unit="percent"),
                },
            ),
            slips={
                "everywhere": pilot.needs_everywhere,
                "pilot": pilot.needs_with_pilot,
                "pilot-alone": pilot.needs_of_pilot,
                "whole-file": pilot.needs_of_file,
                "from-six": pilot.needs_from_six,
                "any-contract": pilot.needs_any_contract,
                "mean": pilot.needs_of_mean,
            },
        ),
        Question(
            "q4",
            points=2,
            answer="mistake",
            expect=pilot.mistake,
            judge=Parts(
                precision_pct=Number(abs=0.51, unit="percent"),
                recall_pct=Number(abs=0.51, unit="percent"),
            ),
            slips={
                "swapped": pilot.swapped,
                "signings": pilot.of_signings,
                "everybody": pilot.of_everybody,
            },
        ),
        Question(
            "q5",
            points=4,
            answer="targets",
            expect=lists.targets,
            judge=Targets(
                truth=lists.truth,
                id="prospect_id",
                grades=("A", "B"),
                least=lists.LEAST,
                most=lists.MOST,
                precision=0.75,
                recall=0.70,
            ),
            slips={
                "sales": lists.by_sales,
                "parcels": lists.by_parcels,
                "lot": lists.first_names,
                "all": lists.everybody,
            },
        ),
        Question(
            "q6",
            points=3,
            answer="memo",
            judge=Written(
                slots=("why", "groups", "list", "transfer"),
                cite={"why": 1, "groups": 2, "list": 1, "transfer": 1},
                figures=lists.figures,
                stated=(60, 400, 500, 100),
            ),
        ),
    ],
)
