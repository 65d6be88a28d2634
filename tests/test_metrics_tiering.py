"""Promise: classes, marks and overlaps are what lesson 2.4 works out with a pencil."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.data import load
from kdcourse.metrics.tiering import abc, fifths, overlap, top_share

#: Ten customers, worked by hand in lesson 2.4.
TEN = pd.Series(
    [137.78, 199.83, 370.06, 81.02, 28.07, 173.45, 47.05, 23.44, -52.30, 109.75],
    index=list("abcdefghij"),
)
WORTH = st.lists(st.integers(-100, 1000), min_size=1, max_size=60).filter(lambda v: sum(v) > 0)


def test_abc_of_ten_customers_by_hand():
    classes = abc(TEN)
    assert "".join(classes.index) == "cbfajdgehi"
    assert "".join(classes) == "AAAABBCCCC"


def test_a_line_that_is_met_exactly_ends_the_class():
    assert "".join(abc(pd.Series([70, 20, 10]))) == "ABC"


@given(WORTH.map(pd.Series))
def test_a_brings_the_first_cut_and_no_more_than_needed(worth):
    classes = abc(worth)
    in_a = worth[classes[classes == "A"].index]
    assert in_a.sum() >= 0.7 * worth.sum() - 1e-6
    assert in_a.sum() - in_a.min() < 0.7 * worth.sum() + 1e-6
    assert (worth[classes[classes != "C"].index] > 0).all()


def test_nobody_can_be_classed_where_nothing_is_earned():
    with pytest.raises(ValueError, match="more than 0"):
        abc(pd.Series([1, -1]))
    with pytest.raises(ValueError, match="cuts"):
        abc(TEN, (0.9, 0.7))
    with pytest.raises(ValueError, match="part"):
        top_share(TEN, 0)


def test_top_share_of_ten_customers_by_hand():
    # 370.06 and 199.83 of 1118.15
    assert top_share(TEN) == pytest.approx(569.89 / 1118.15)
    assert top_share(pd.Series([1, 1, 1, 1, 1])) == pytest.approx(0.2)


def test_idle_accounts_make_any_company_look_like_pareto():
    busy = pd.Series([5.0, 5, 5, 5, 5])
    idle = pd.Series([0.0] * 20)
    assert top_share(busy) == pytest.approx(0.2)
    assert top_share(pd.concat([busy, idle], ignore_index=True)) == pytest.approx(1.0)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=80).map(pd.Series))
def test_equals_get_equal_marks_and_more_never_gets_less(values):
    marks = fifths(values)
    assert marks.between(1, 5).all()
    assert (marks.groupby(values).nunique() == 1).all()
    assert marks.groupby(values).first().is_monotonic_increasing


def test_five_different_values_are_the_five_marks():
    assert fifths(pd.Series([30, 10, 50, 20, 40])).tolist() == [3, 1, 5, 2, 4]


def test_overlap_counts_only_who_is_named():
    assert overlap("abcd", "cdef") == pytest.approx(2 / 6)
    assert overlap([], []) == 0.0
    assert overlap("ab", "ab") == 1.0


def test_lanyans_lists_agree_as_the_lesson_says():
    years = load("finance_years")
    year = years[years["year"] == 2025].set_index("customer_id")
    assert abc(year["profit"]).value_counts().to_dict() == {"C": 645, "A": 153, "B": 123}
    assert top_share(year["profit"]) == pytest.approx(0.765, abs=0.0005)
