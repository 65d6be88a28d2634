"""Promise: growth, concentration and punctuality are what the textbooks define."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.data import load
from kdcourse.metrics.industry import (
    cagr,
    concentration_ratio,
    growth_rate,
    hhi,
    on_time_rate,
    shares,
)

PARCELS = st.lists(st.floats(1, 1e6), min_size=1, max_size=40).map(pd.Series)


@given(PARCELS)
def test_hhi_lies_between_equal_firms_and_monopoly(parcels):
    assert 10_000 / len(parcels) * (1 - 1e-9) <= hhi(parcels) <= 10_000 * (1 + 1e-9)


@given(PARCELS, st.floats(0.1, 100))
def test_concentration_does_not_depend_on_the_unit(parcels, factor):
    assert hhi(parcels * factor) == pytest.approx(hhi(parcels))
    assert concentration_ratio(parcels * factor) == pytest.approx(concentration_ratio(parcels))


@given(PARCELS)
def test_shares_add_up_and_the_ratio_grows_with_n(parcels):
    assert shares(parcels).sum() == pytest.approx(1)
    ratios = [concentration_ratio(parcels, n) for n in range(1, len(parcels) + 1)]
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(100)


def test_a_merger_raises_hhi_by_twice_the_product_of_the_shares():
    before, after = pd.Series([30.0, 20.0, 50.0]), pd.Series([50.0, 50.0])
    assert hhi(after) - hhi(before) == pytest.approx(2 * 30 * 20)


@given(st.floats(1, 1e5), st.floats(-0.5, 2), st.integers(1, 30))
def test_cagr_undoes_steady_growth(first, rate, steps):
    assert cagr(first, first * (1 + rate) ** steps, steps) == pytest.approx(rate, abs=1e-7)


@pytest.mark.parametrize(("first", "steps"), [(0, 3), (-1, 3), (5, 0)])
def test_cagr_refuses_what_has_no_growth(first, steps):
    with pytest.raises(ValueError, match="above 0"):
        cagr(first, 10, steps)


def test_official_growth_agrees_but_for_the_break_of_2024():
    table = load("industry_annual").set_index("year")
    gap = (growth_rate(table["volume_100m"]) * 100 - table["official_growth_pct"]).abs().dropna()
    assert list(gap[gap > 0.3].index) == [2024]
    assert pytest.approx(1441, abs=0.1) == 1750.8 / 1.215


def test_revenue_per_parcel_agrees_with_the_regulators_own():
    row = load("industry_annual").set_index("year").loc[2014]
    assert row["revenue_100m_cny"] / row["volume_100m"] == pytest.approx(14.7, abs=0.06)


def test_on_time_counts_lost_parcels_and_leaves_out_what_is_not_due():
    at = pd.Timestamp("2025-01-10")
    day = pd.Timedelta(days=1)
    shipments = pd.DataFrame(
        {
            "promised_at": [at - day, at - day, at - day, at + day, at],
            "delivered_at": [at - 2 * day, at, pd.NaT, pd.NaT, at],
        }
    )
    assert on_time_rate(shipments, at) == pytest.approx(2 / 4)
