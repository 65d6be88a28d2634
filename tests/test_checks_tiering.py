"""Promise: exercise 2.4 names the tie rule, however equals came apart, and takes plain losses."""

import pandas as pd
import pytest

from kdcourse.checks.exercises.tiering import exercise
from kdcourse.checks.exercises.tiering_books import figures, half_year
from kdcourse.checks.exercises.tiering_marks import marks
from kdcourse.checks.verdict import Outcome
from kdcourse.data import load

FIVE = [1, 2, 3, 4, 5]
BOUNDS = [0, 0.2, 0.4, 0.6, 0.8, 1]
QUESTION = exercise["q2"]
ANSWERS = exercise.answers(QUESTION, load)
TOLD = half_year(load).assign(r=lambda told: -told["r"])


def said(answer: pd.DataFrame) -> list[str]:
    verdict = exercise.verdict(QUESTION, answer, ANSWERS)
    assert verdict.outcome is not Outcome.CORRECT
    return [finding.key for finding in verdict.findings]


def cut(places: pd.DataFrame) -> pd.DataFrame:
    return places.apply(pd.cut, bins=BOUNDS, labels=FIVE).astype(int)


def qcut(column: pd.Series) -> pd.Series:
    return pd.qcut(column.rank(method="first"), 5, labels=FIVE).astype(int)


@pytest.mark.parametrize(
    "answer",
    [
        TOLD.apply(qcut),
        cut(TOLD.rank(method="first", pct=True)),
        cut(TOLD.iloc[::-1].rank(method="first", pct=True)),
        marks(load).set_index("customer_id").assign(f=qcut(TOLD["f"])),
    ],
    ids=["qcut", "first", "table upside down", "in one column"],
)
def test_equals_with_different_marks_are_told_the_tie_rule(answer):
    assert said(answer) == ["slips.ties"]


@pytest.mark.parametrize("method", ["min", "max", "dense"])
def test_equals_together_at_another_place_are_told_which_place(method):
    assert said(cut(TOLD.rank(method=method, pct=True))) == ["slips.place"]


def test_marks_for_something_else_are_not_blamed_on_ties():
    fee_each = cut((TOLD["m"] / TOLD["f"]).to_frame("m").rank(pct=True))["m"]
    assert said(marks(load).set_index("customer_id").assign(m=fee_each)) == ["cell-off"]


def test_one_column_turned_round_is_named_beside_right_ones():
    turned = cut((-TOLD).rank(pct=True))["r"]
    assert said(marks(load).set_index("customer_id").assign(r=turned)) == ["slips.recency"]


def test_a_loss_may_be_cited_without_its_minus():
    found = figures(load)
    losses = {name: value for name, value in found.items() if name.endswith("_loss")}
    assert losses
    for name, value in losses.items():
        assert value == -found[name.replace("_loss", "_profit")] > 0
