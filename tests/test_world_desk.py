"""Promise: staff, trainings and calls are as they should be, and what helps there can be found."""

import math

import numpy as np
import pandas as pd
import pytest
from world_service import least_squares

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.records.calls import Arrivals, serve
from kdcourse.world.tables import faults
from kdcourse.world.world import World

TABLES = ("agents", "trainings", "calls", "channels", "standards", "events")
#: Staff and calls don't depend on the number of customers.
SMALL = {"customers": 40}


@pytest.fixture(scope="module")
def worlds():
    return [World(seed, **SMALL) for seed in range(8)]


@pytest.fixture(scope="module")
def placebos():
    names = [name for name in Effects() if name.startswith("gain_")]
    without = Effects().without("esat_csat", "call_wait", *names)
    return [World(seed, **SMALL, effects=without) for seed in range(8)]


def rows(worlds, name):
    return pd.concat([world.tables[name].assign(seed=world.seed) for world in worlds])


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_as_declared(worlds, name):
    for world in worlds[:4]:
        assert list(faults(name, world.tables[name], world.load)) == []


def test_every_agent_of_the_desk_learns_service_skills_once(worlds):
    for world in worlds:
        agents = world.tables["agents"]
        course = world.tables["trainings"].query("course == 'service_skills'")
        desk = agents[agents["post"] != "development"]
        assert sorted(course["agent_id"]) == sorted(desk["agent_id"])
        assert (agents["hired_on"] < pd.Timestamp("2024-01-01")).all()


def test_the_gain_of_each_way_of_training_is_recovered(worlds, placebos):
    def gains(some):
        trainings = rows(some, "trainings")
        return (trainings["post"] - trainings["pre"]).groupby(trainings["mode"]).mean()

    found, nothing = gains(worlds), gains(placebos)
    for mode, gain in found.items():
        # Some hundred tests of each, noise 5 points: a standard error of half a point.
        assert gain == pytest.approx(Effects()[f"gain_{mode}"], abs=1.6), mode
    assert nothing.abs().max() < 1.6
    assert found.idxmax() == "one_to_one"


def score_slopes(worlds):
    scored = rows(worlds, "calls").dropna(subset=["survey_score", "agent_id"])
    agents = rows(worlds, "agents").set_index(["seed", "agent_id"])["satisfaction"]
    mood = agents.reindex(pd.MultiIndex.from_frame(scored[["seed", "agent_id"]])).to_numpy()
    wait = np.minimum(scored["wait_s"] / 60, 5.0)
    return least_squares(scored["survey_score"], mood, wait)


def test_contented_agents_and_short_queues_are_rated_better(worlds, placebos):
    mood, wait = score_slopes(worlds)
    # Ratings end at 5, which takes a little off.
    assert mood == pytest.approx(Effects()["esat_csat"], rel=0.12)
    assert -wait == pytest.approx(Effects()["call_wait"], rel=0.25)
    assert np.abs(score_slopes(placebos)).max() < 0.04


def test_appraisals_follow_years_served_and_not_the_ratings(worlds):
    agents = rows(worlds, "agents")
    years = (pd.Timestamp("2024-01-01") - agents["hired_on"]).dt.days / 365
    assert least_squares(agents["appraisal"], years)[0] > 1.0
    assert abs(np.corrcoef(agents["appraisal"], agents["satisfaction"])[0, 1]) < 0.2


# --- the call centre ----------------------------------------------------------------------------


def erlang_c(servers, load):
    """Chance of having to wait (Erlang 1917)."""
    busy = load**servers / math.factorial(servers) * servers / (servers - load)
    return busy / (sum(load**k / math.factorial(k) for k in range(servers)) + busy)


def test_erlangs_formula_is_right():
    assert erlang_c(14, 10) == pytest.approx(0.1741, abs=1e-4)


@pytest.mark.parametrize(("servers", "load"), [(2, 1.2), (14, 10.0)])
def test_a_queue_of_patient_callers_waits_as_long_as_erlang_says(servers, load):
    draw = np.random.default_rng(1)
    number, talk = 60_000, 180.0
    at = np.cumsum(draw.exponential(talk / load, number))
    one = np.zeros(number, np.int64)
    spoken = draw.exponential(talk, number)
    calls = Arrivals(one, one, np.arange(number), at, spoken, np.full(number, np.inf))
    waited = serve(calls, [np.tile([0.0, np.inf], (servers, 1))]).wait[2000:]
    waits = erlang_c(servers, load)
    assert (waited > 0).mean() == pytest.approx(waits, rel=0.08)
    assert waited.mean() == pytest.approx(waits * talk / (servers - load), rel=0.12)


def test_nobody_talks_to_two_callers_at_once_nor_outside_the_shift():
    draw = np.random.default_rng(2)
    at = np.sort(draw.uniform(8, 20, 400)) * 3600
    none = np.zeros(400, np.int64)
    calls = Arrivals(none, none, np.arange(400), at, np.full(400, 240.0), np.full(400, 300.0))
    shifts = np.array([[8, 17], [11, 20]]) * 3600.0
    served = serve(calls, [shifts])
    assert served.answered.any()
    assert (~served.answered).any()
    for place, (begin, end) in enumerate(shifts):
        start = (at + served.wait)[served.place == place]
        assert (np.diff(np.sort(start)) >= 240 - 1e-6).all()
        assert start.min() >= begin
        assert start.max() < end
    assert (served.wait <= 300).all()


def test_erlangs_formula_on_the_tables_own_calls_comes_near_the_waits(worlds):
    calls = rows(worlds, "calls")
    calls["hour"] = calls["at"].dt.hour
    days = sum(world.months for world in worlds)  # one of each month
    talk = calls.groupby("queue")["talk_s"].mean().astype(float)
    found = []
    for (queue, _), group in calls.groupby(["queue", "hour"]):
        load = len(group) / days / 3600 * talk[queue]
        servers = int(group["on_duty"].iloc[0])
        due = erlang_c(servers, load) * talk[queue] / (servers - load)
        found.append((len(group), due, group["wait_s"].mean()))
    weight, due, waited = np.array(found, float).T
    # Callers who give up shorten the queue, so the formula lies above.
    assert 0.55 < np.average(waited, weights=weight) / np.average(due, weights=weight) < 1.05
    assert np.corrcoef(due, waited)[0, 1] > 0.9


def test_staffing_changes_waits_and_nothing_that_callers_bring():
    few, usual, many = (
        World(3, **SMALL, policy=Policy(staffing={"desk": staffing})).tables["calls"]
        for staffing in (0.6, 1.0, 2.0)
    )
    for other in (few, many):
        same = ["call_id", "at", "queue"]
        pd.testing.assert_frame_equal(usual[same], other[same])
        both = ~usual["abandoned"] & ~other["abandoned"]
        assert both.mean() > 0.8
        assert (usual.loc[both, "talk_s"] == other.loc[both, "talk_s"]).all()
    assert few["wait_s"].mean() > 1.5 * usual["wait_s"].mean() > 3 * many["wait_s"].mean()
    assert few["abandoned"].mean() > usual["abandoned"].mean() > many["abandoned"].mean()


def test_customers_and_their_number_leave_staff_and_calls_as_they_are():
    one, more = World(5, 40), World(5, 90)
    for name in TABLES:
        pd.testing.assert_frame_equal(one.tables[name], more.tables[name])


# --- how the work is meant to go ----------------------------------------------------------------


def test_the_links_of_a_promise_add_up_to_it():
    world = World(1, **SMALL, policy=Policy(promise={"economy": 96}))
    added = world.tables["standards"].groupby("product_id")["promised_hours"].sum()
    promised = world.tables["products"].set_index("product_id")["promised_hours"]
    assert promised["economy"] == 96
    assert (added - promised).abs().max() < 0.3


def test_an_incident_is_handled_in_order_and_not_everybody_is_told():
    events = rows([World(seed, **SMALL) for seed in range(6)], "events")
    storms = events[events["kind"] != "rival_offer"]
    order = storms[["began_on", "declared_at", "escalated_at", "plan_started_at"]].dropna()
    assert (order.diff(axis=1).iloc[:, 1:] > pd.Timedelta(0)).all(axis=None)
    told = storms["customers_told_at"]
    assert (told.dropna() > storms.loc[told.notna(), "escalated_at"]).all()
    assert 0.6 < told.notna().mean() < 0.9
    offers = events[events["kind"] == "rival_offer"]
    assert offers["cut"].notna().all()
    assert offers["severity"].isna().all()
    assert offers["days"].between(28, 31).all()
