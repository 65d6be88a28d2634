"""Promise: survival is what Kaplan and Meier define, and who is lost or censored is told apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.metrics.survival import (
    expected_losses,
    kaplan_meier,
    quarters,
    survival_at,
    watched,
)

# Weeks in remission on 6-mercaptopurine: E. J. Freireich and others, Blood 21 (1963), 699-716, as
# in every textbook of survival analysis; a plus sign there is a False here.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}

END = pd.Timestamp("2026-01-01")


def test_the_published_curve_comes_out():
    curve = kaplan_meier(pd.Series(WEEKS), pd.Series(RELAPSED, dtype=bool))
    assert survival_at(curve, list(PUBLISHED)) == pytest.approx(
        list(PUBLISHED.values()), abs=0.0005
    )
    assert survival_at(curve, [0, 5, 35]) == pytest.approx([1, 1, 0.448], abs=0.0005)
    assert np.isnan(survival_at(curve, [36])[0])


@given(st.lists(st.integers(0, 30), min_size=1, max_size=50))
def test_without_censoring_it_is_the_plain_share(months):
    lives = pd.Series(months)
    curve = kaplan_meier(lives, pd.Series(True, index=lives.index))
    plain = [float((lives > time).mean()) for time in curve.index]
    assert curve.to_list() == pytest.approx(plain)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=50))
def test_it_never_rises_and_lies_between_the_two_wrong_answers(lives):
    months, ended = (pd.Series(column) for column in zip(*lives, strict=True))
    curve = kaplan_meier(months, ended)
    assert curve.is_monotonic_decreasing
    assert (months > curve.index[-1]).mean() <= curve.iloc[-1] + 1e-12
    assert curve.iloc[-1] <= 1 - ended.mean() + 1e-12


def parcels(**days):
    """Parcels by customer, each so many days before the end; all but "late..." on time."""
    rows = [
        {"customer_id": name.split("_")[0], "accepted_at": END - pd.Timedelta(days=day)}
        for name, ago in days.items()
        for day in ago
    ]
    frame = pd.DataFrame(rows)
    frame["promised_at"] = frame["accepted_at"] + pd.Timedelta(days=3)
    frame["delivered_at"] = frame["accepted_at"] + pd.Timedelta(days=2)
    return frame


def test_the_silent_are_lost_and_the_others_censored_where_the_threshold_lies():
    lives = watched(
        parcels(
            gone=[400, 390, 380, 300],
            here=[400, 390, 380, 10],
            edge=[400, 390, 380, 120],
            quiet=[400, 390, 380, 119],
            seldom=[400, 300, 10],
            new=[100, 90, 80],
        ),
        END,
        silent_days=120,
    )
    assert lives["lost"].to_dict() == {"edge": True, "gone": True, "here": False, "quiet": False}
    assert lives["months"].to_dict() == {"edge": 9, "gone": 3, "here": 9, "quiet": 9}
    assert lives["silent"].to_dict() == {"edge": 120, "gone": 300, "here": 10, "quiet": 119}


def test_looking_back_from_an_earlier_day_knows_nothing_of_later_ones():
    sent = parcels(a=[400, 390, 380, 10], b=[399, 398, 397, 290])
    then = END - pd.Timedelta(days=200)
    assert watched(sent, then, 120)["lost"].to_dict() == {"a": True, "b": False}


def test_a_quarter_is_the_last_one_where_none_follows_and_the_newest_is_left_out():
    sent = parcels(a=[200, 199, 198, 100, 99, 98, 5], b=[201, 200, 199], c=[10, 9, 8], d=[200])
    sent.loc[0, "delivered_at"] = pd.NaT
    found = quarters(sent).set_index(["customer_id", "quarter"])
    rows = {(who, str(when)): tuple(row) for (who, when), row in found.iterrows()}
    assert rows == {
        ("a", "2025Q2"): (3, 1, False),
        ("a", "2025Q3"): (3, 0, False),
        ("b", "2025Q2"): (3, 0, True),
    }


def test_expected_losses_add_up_to_the_real_ones_and_forget_the_size():
    lost = pd.Series([True, False, False, False, True, True])
    band = pd.Series(["few", "few", "few", "many", "many", "many"])
    expected = expected_losses(lost, band)
    assert expected.sum() == pytest.approx(lost.sum())
    assert expected.to_list() == pytest.approx([1 / 3] * 3 + [2 / 3] * 3)
