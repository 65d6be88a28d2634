"""Erlang's formulas give the published values, and shares are compared as the textbooks do."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.metrics.proportions import compare_shares, margin_of_error, sample_size
from kdcourse.metrics.service import agents_needed, erlang_b, erlang_c, queue

loads = st.floats(0.01, 200)


def test_erlang_b_gives_the_published_values():
    assert erlang_b(10, 10) == pytest.approx(0.21458, abs=5e-6)
    assert erlang_b(5, 10) == pytest.approx(0.018385, abs=5e-7)


def test_erlang_c_gives_the_published_call_centre():
    """200 calls an hour of 180 s, 14 agents, 20 s: 17.4 %, 88.8 %, 7.8 s, 71.4 %."""
    found = queue(200, 180, 14, 20)
    assert found.load == 10
    assert found.waits == pytest.approx(0.1741, abs=5e-5)
    assert found.service_level == pytest.approx(0.8884, abs=5e-5)
    assert found.mean_wait_s == pytest.approx(7.84, abs=5e-3)
    assert found.occupancy == pytest.approx(0.714, abs=5e-4)


def test_a_target_missed_by_a_hair_is_missed():
    assert queue(200, 180, 13).service_level == pytest.approx(0.7956, abs=5e-5)
    assert agents_needed(200, 180, 0.8, 20) == 14


def test_one_large_queue_needs_fewer_than_two_small_ones():
    assert (agents_needed(100, 180), agents_needed(200, 180)) == (8, 14)


@given(loads, st.integers(1, 250))
def test_erlang_b_is_the_sum_of_the_textbook(load, agents):
    """B = (A^n / n!) / sum of A^k / k!, in logarithms, for numbers that would overflow."""
    terms = [k * math.log(load) - math.lgamma(k + 1) for k in range(agents + 1)]
    top = max(terms)
    written_out = math.exp(terms[-1] - top) / sum(math.exp(term - top) for term in terms)
    assert erlang_b(load, agents) == pytest.approx(written_out, rel=1e-9, abs=1e-300)


@given(st.floats(1, 2000), st.floats(5, 900), st.floats(0.01, 0.99), st.floats(0, 300))
def test_the_agents_needed_are_enough_and_one_less_is_not(calls, handle, share, target):
    agents = agents_needed(calls, handle, share, target)
    assert queue(calls, handle, agents, target).service_level >= share
    assert queue(calls, handle, agents - 1, target).service_level < share


def test_a_queue_that_is_too_small_has_no_balance():
    found = queue(200, 180, 9)
    assert (found.waits, found.service_level, found.mean_wait_s) == (1, 0, math.inf)
    assert erlang_c(10, 10) == 1


def test_nobody_calls_and_nobody_is_needed():
    assert agents_needed(0, 180) == 0
    assert queue(0, 180, 0).mean_wait_s == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: erlang_b(-1, 2),
        lambda: erlang_c(1, -2),
        lambda: queue(10, 0, 3),
        lambda: queue(-1, 10, 3),
        lambda: agents_needed(10, 180, 1.0),
        lambda: agents_needed(10, 180, 0),
        lambda: compare_shares(3, 0, 1, 2),
        lambda: compare_shares(3, 2, 1, 2),
        lambda: margin_of_error(0),
        lambda: margin_of_error(10, 5),
        lambda: sample_size(0),
        lambda: sample_size(0.05, confidence=1),
    ],
)
def test_numbers_that_mean_nothing_are_refused(call):
    with pytest.raises(ValueError, match=r"must|needs"):
        call()


def test_two_shares_are_compared_as_statsmodels_does():
    """proportions_ztest([45, 30], [300, 310]) of statsmodels 0.15: z 2.00134112, p 0.04535564."""
    found = compare_shares(45, 300, 30, 310)
    assert found.z == pytest.approx(2.00134112, abs=1e-8)
    assert found.p_value == pytest.approx(0.04535564, abs=1e-8)
    assert found.difference == pytest.approx(0.0532258, abs=1e-7)
    assert found.low < found.difference < found.high


def test_shares_that_are_all_or_nothing_alike_differ_by_nothing():
    found = compare_shares(5, 5, 7, 7)
    assert (found.z, found.p_value) == (0, 1)


def test_samples_have_the_sizes_of_the_textbook():
    assert sample_size(0.05) == 385
    assert sample_size(0.03) == 1068
    assert sample_size(0.05, 1000) == 278
    assert margin_of_error(384) == pytest.approx(0.05001, abs=1e-5)


@given(st.floats(0.005, 0.4), st.integers(1, 100_000))
def test_a_sample_keeps_its_margin_and_asks_nobody_twice(margin, population):
    size = sample_size(margin, population)
    assert 1 <= size <= population
    assert margin_of_error(size, population) <= margin * 1.001
    assert size == 1 or margin_of_error(size - 1, population) > margin * 0.999
