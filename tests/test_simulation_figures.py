"""Promise: what a decision leads to is what the company's own tables and truth say."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from simulation_settings import OTHER

from kdcourse.practice.simulations import (
    complaint_queue,
    early_warning,
    empowerment,
    marketing_mix,
    membership,
    pricing,
    promise,
    retention_budget,
    staffing,
)
from kdcourse.practice.simulations.keeping import ground, kept
from kdcourse.practice.simulations.session import compute
from kdcourse.practice.simulations.spec import SIMULATIONS, load_spec
from kdcourse.practice.simulations.worlds import SEED, books, scale, seed_of
from kdcourse.texts import KitError
from kdcourse.world.policy import Policy
from kdcourse.world.settings import REASONS
from kdcourse.world.world import World

#: Rounds are played to the middle of the year; what has none is tried once.
ROUNDS = {"promise": 6, "branch": 2}


@pytest.fixture(scope="module")
def company():
    return World()


def tried(name, seed=SEED, **settings):
    spec = load_spec(name)
    return compute(name, [spec.read(settings)] * ROUNDS.get(name, 1), seed)


def test_the_books_are_those_of_the_companys_tables(company):
    it, each = books(), scale()
    shipments, years = company.tables["shipments"], company.tables["finance_years"]
    assert it.total("parcels") == pytest.approx(each * len(shipments))
    assert it.total("revenue") == pytest.approx(each * shipments["fee"].sum(), rel=1e-9)
    left = years["profit"].sum() - years["marketing_cost"].sum()
    assert it.total("contribution") == pytest.approx(each * left, rel=1e-4)
    assert it.contribution.sum() == pytest.approx(it.total("contribution"))
    assert it.total("late") / it.total("parcels") == pytest.approx(
        np.mean(np.concatenate([month.parcels.late for month in company.stories[0].months]))
    )
    balance = company.tables["points"]["delta"].sum() / 100
    assert it.owed == pytest.approx(each * balance)


@pytest.mark.parametrize("name", SIMULATIONS)
def test_deciding_nothing_changes_nothing(name):
    result = tried(name)
    assert result.now == result.today
    assert set(result.now) == set(load_spec(name).outcomes)


@pytest.mark.parametrize("name", SIMULATIONS)
def test_a_decision_changes_something_and_is_the_same_each_time(name):
    result = tried(name, **OTHER[name])
    assert result.now != result.today
    assert all(np.isfinite(value) for value in result.now.values())
    assert result.now == tried(name, **OTHER[name]).now
    assert list(result.frame().columns) == ["today", "now", "difference"]


@pytest.mark.parametrize("name", SIMULATIONS)
def test_another_seed_is_another_companys_luck(name):
    assert tried(name, seed=8, **OTHER[name]).now != tried(name, **OTHER[name]).now


@pytest.mark.parametrize("name", SIMULATIONS)
def test_the_plain_function_beside_the_widget_does_the_same(name):
    run = import_module(SIMULATIONS[name]).run
    whole = load_spec(name).rounds
    if name == "promise":
        found, settings = run(48), {"hours": 48}
    elif name == "branch":
        found, settings = run({"calls": 3}), {"calls": 3}
    else:
        found, settings = run(**OTHER[name]), OTHER[name]
    spec = load_spec(name)
    assert found.now == compute(name, [spec.read(settings)] * whole, SEED).now


@pytest.mark.parametrize("seed", [-1, 1.5, "7", None, True])
def test_a_seed_that_is_none_is_refused_in_a_sentence(seed):
    with pytest.raises(KitError, match="seed"):
        seed_of(seed)


# --- what each of them is to teach, on more than one seed ---

SEEDS = (SEED, 5, 6)


@pytest.mark.parametrize("seed", SEEDS)
def test_some_authority_pays_and_too_little_or_too_much_does_not(seed):
    none, some, too_much = (empowerment.run(limit, seed=seed) for limit in (0, 100, 2000))
    assert none.difference["net"] < 0 < some.difference["net"]
    assert too_much["net"] < some["net"]
    assert none["hours"] > some["hours"]
    assert none["leak"] == 0 < some["leak"] < too_much["leak"]


@pytest.mark.parametrize("seed", SEEDS)
def test_points_bring_parcels_and_cost_more_than_they_bring_in_two_years(seed):
    none, twice = (membership.run(*[worth] * 3, seed=seed) for worth in (0.0, 0.1))
    assert none.difference["net"] > 0 > twice.difference["net"]
    assert none.difference["parcels"] < 0 < twice.difference["parcels"]
    assert none["points"] == 0
    assert none.difference["book"] < 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_discount_brings_parcels_and_loses_money(seed):
    for tier in ("low", "mid", "high"):
        result = pricing.run(seed=seed, **{tier: 0.1})
        assert result.difference["parcels"] > 0 > result.difference["net"]
        others = {"low", "mid", "high"} - {tier}
        assert all(abs(result.difference[other]) < 5 for other in others)
    assert pricing.run(1.05, seed=seed).difference["net"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_calls_to_thank_cost_more_than_they_bring(seed):
    assert marketing_mix.run(phone=0.0, seed=seed).difference["net"] > 0
    silent = marketing_mix.run(0, 0, 0, 0, seed=seed)
    assert silent.difference["willing"] > 0 > silent.difference["parcels"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_short_promise_draws_orders_first_and_loses_them_later(seed):
    spec = load_spec("promise")
    short = [spec.read({"hours": 48})] * 12
    first, year = (compute("promise", short[:rounds], seed) for rounds in (1, 12))
    assert first.difference["parcels"] > 0 > year.difference["parcels"]
    assert year.difference["net"] < 0
    assert year["believed"] < year.today["believed"]
    honest, shy = promise.run(96, seed=seed), promise.run(240, seed=seed)
    assert honest["net"] > max(year["net"], shy["net"])


def test_expectation_moves_with_the_promise_as_far_as_it_is_believed_and_with_experience():
    spec = load_spec("promise")
    plans = ([36] * 12, [36] * 6 + [96] * 6, [96] * 12)
    lived = [
        compute("promise", [spec.read({"hours": hours}) for hours in plan], SEED).series.now
        for plan in plans
    ]
    assert lived[0][:6] == lived[1][:6]
    # At first a short promise is believed; later nobody expects what never came true.
    assert lived[0][0] < lived[0][8] < lived[2][8]
    assert lived[1][-1] < lived[2][-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_with_enough_agents_erlang_says_what_happens(seed):
    for roster in ((2, 2), (3, 3), (4, 4)):
        result = staffing.run(*roster, seed=seed)
        assert result["waiting"] == pytest.approx(result["erlang"], abs=2.5)
    few, more = staffing.run(1, 1, seed=seed), staffing.run(3, 3, seed=seed)
    assert few["wait"] > more["wait"]
    assert few["gone"] > more["gone"]
    best = staffing.run(2, 1, seed=seed)["cost"]
    assert best < min(few["cost"], more["cost"])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_moves_waiting_from_one_to_another(seed):
    fair, graded = (complaint_queue.run(order, seed=seed) for order in ("first", "grade"))
    assert graded["high"] < fair["high"]
    assert graded["low"] > fair["low"]
    assert graded["worst"] > fair["worst"]
    # The mean wait, weighted by the work, is the same whatever the order (Kleinrock 1965).
    cases = complaint_queue.peak(seed)
    work = [
        (complaint_queue.waits(cases, order, cap, 6) * cases.work).sum()
        for order in ("first", "grade", "claim")
        for cap in (0.0, 24.0, 72.0)
    ]
    assert work == pytest.approx([work[0]] * len(work), rel=1e-9)
    capped = complaint_queue.run("grade", cap=48, seed=seed)
    assert fair["worst"] <= capped["worst"] < graded["worst"]
    assert complaint_queue.run("first", cases=8, seed=seed)["mean"] < fair["mean"] / 2


def test_a_queue_of_three_is_served_as_by_hand():
    cases = complaint_queue.Case(
        at=np.array([0.0, 1.0, 2.0]), tier=np.array([0, 0, 2]),
        claim=np.array([5.0, 9.0, 1.0]), work=np.ones(3),
    )  # fmt: skip
    # Four hours each: the second is done at 8, the third at 12.
    by = {order: complaint_queue.waits(cases, order, 0, 6) for order in ("first", "grade", "claim")}
    assert by["first"].tolist() == [0, 3, 6]
    assert by["grade"].tolist() == [0, 7, 2]
    assert by["claim"].tolist() == [0, 3, 6]
    assert complaint_queue.waits(cases, "grade", 2.5, 6).tolist() == [0, 3, 6]
    late = complaint_queue.Case(np.array([0.0, 50.0]), cases.tier[:2], cases.claim[:2], cases.work)
    assert complaint_queue.waits(late, "first", 0, 6).tolist() == [0, 0]


def test_only_who_would_have_left_can_be_kept_and_a_stronger_measure_keeps_them_too():
    it = ground(SEED)
    everybody = it.here & ~it.left
    weak, strong = (kept(it, everybody, fall) for fall in (0.3, 1.0))
    assert 0 < weak.sum() < strong.sum()
    assert (weak <= strong).all()
    assert (strong <= it.left).all()
    reasons = np.array([month.reason for month in it.story.months])
    assert not (strong & (reasons == REASONS.index("moved"))).any()
    assert not kept(it, everybody, 0.0).any()
    assert not kept(it, np.zeros_like(everybody), 1.0).any()


def test_a_measure_keeps_as_many_as_the_hazard_says():
    it = ground(SEED)
    fall = 0.7
    stays = kept(it, it.here & ~it.left, fall)
    reached = np.array(
        [np.any((it.here & ~it.left)[max(m - 3, 0) : m], axis=0) for m in range(len(it.left))]
    )
    left = (it.left & reached).sum()
    moved = REASONS.index("moved")
    reasons = np.array([month.reason for month in it.story.months])
    can = (it.left & reached & (reasons != moved)).sum()
    # Of those who leave at a small hazard, the share 1 - exp(-fall) is kept.
    expected = can * (1 - np.exp(-fall))
    assert stays.sum() == pytest.approx(expected, abs=4 * np.sqrt(can * 0.25) + 0.03 * left)


def test_a_low_threshold_catches_more_and_is_wrong_more_often():
    wide, narrow = (early_warning.run(threshold, 10) for threshold in (0.0, 0.2))
    assert wide["caught"] == pytest.approx(100)
    assert wide["caught"] > narrow["caught"]
    assert wide["hits"] < narrow["hits"]
    assert wide["calls"] > 2 * narrow["calls"]
    assert wide["net"] < narrow["net"]
    assert early_warning.run(1.01)["calls"] == 0


def test_gifts_for_the_loyal_are_wasted_and_size_counts():
    loyal, worth = (retention_budget.run(rule, 2500.0) for rule in ("loyal", "worth"))
    assert loyal["net"] < 0 < worth["net"]
    assert loyal["spent"] == pytest.approx(worth["spent"])
    assert worth["spent"] <= 0.25 * 18
    assert retention_budget.run("nobody")["spent"] == 0


def test_the_world_is_given_what_the_control_says():
    """A limit of 200 yuan is the policy of 200 yuan, not some other lever."""
    world = World(
        policy=Policy(empowerment=dict.fromkeys(("consult", "after_sales", "complaint"), 200.0))
    )
    hours = np.concatenate([month.complaints.solve_hours for month in world.stories[0].months])
    assert empowerment.run(200)["hours"] == pytest.approx(hours.mean())
