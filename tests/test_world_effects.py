"""Promise: each effect of the story is found in the tables, and not found where it isn't planted.

Five seeds each, by standard methods, from the tables alone. Effects on people, desk, sales, orders
and marketing have modules of their own (test_world_*.py).
"""

import functools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from world_panel import PROBLEMS, active, faded, least_squares, panel

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.world import World

SEEDS = range(5)
MONTHS = 24
TRUE = Effects()


#: A tighter promise makes lateness vary more between customers, so that its effect shows clearly.
TIGHT = Policy(promise={"economy": 96, "standard": 62, "express": 42})


@functools.lru_cache(maxsize=len(SEEDS))
def world(seed, without=(), size=6000, tight=False):
    effects = TRUE.without(*without)
    return World(seed, size, MONTHS, policy=TIGHT if tight else None, effects=effects)


def mean(estimate, without=(), **how):
    """The mean of an estimate over five worlds."""
    return np.mean([estimate(world(seed, without, **how)) for seed in SEEDS], axis=0)


# --- lateness -----------------------------------------------------------------------------------


SMALL = {"size": 2500}


def first_hours(world):
    """Waybill -> hours of sorting at the origin."""
    scans = world.tables["scans"]
    accepted, sorted_ = (
        scans[scans["step"] == step].set_index("waybill_no")["scanned_at"] for step in (1, 2)
    )
    return ((sorted_ - accepted).dt.total_seconds() / 3600).dropna()


def sorting_ratio(world):
    """Median hours of sorting at the origin: Zhengzhou against the other sites."""
    shipments = world.tables["shipments"].set_index("waybill_no")
    pace = shipments["product_id"].map({"economy": 1.08, "standard": 0.93, "express": 0.64})
    hours = (first_hours(world) / pace).dropna()
    medians = hours.groupby(shipments["origin"].reindex(hours.index) == "CGO").median()
    return medians[True] / medians[False]


def true_sorting_ratio(world):
    """The same from the truth: mean congestion over months."""
    sites = world.truth.sites[world.truth.sites["site"] != "desk"]
    crowded = 1 + world.effects["congestion"] * (sites["utilisation"] - 0.9).clip(lower=0)
    means = crowded.groupby(sites["site"] == "CGO").mean()
    return means[True] / means[False]


def test_the_bottleneck_site_is_found_and_its_size_recovered():
    true = mean(true_sorting_ratio, **SMALL)
    assert mean(sorting_ratio, **SMALL) == pytest.approx(true, rel=0.1)
    assert true > 1.5


def test_without_congestion_no_site_stands_out():
    assert mean(sorting_ratio, ("congestion",), **SMALL) == pytest.approx(1, abs=0.06)


def test_more_capacity_at_the_bottleneck_removes_it():
    wider = World(0, 2500, MONTHS, policy=Policy(capacity={"CGO": 1.25}))
    assert sorting_ratio(wider) == pytest.approx(1, abs=0.12)
    assert sorting_ratio(world(0, **SMALL)) > 1.4


def weather_slowing(world):
    """Rise of sorting time per unit of severity: parcels of a storm against others of their city.

    The mean log excess at each severity gives a factor 1 + size x severity, and so a size; the
    sizes are averaged by parcels.
    """
    storms = world.tables["events"]
    storms = storms[storms["kind"].isin(["storm", "closure"])]
    frame = world.tables["shipments"].set_index("waybill_no")
    frame = frame.assign(log=np.log(first_hours(world)), month=frame["accepted_at"].dt.month)
    frame = frame.dropna(subset=["log"])
    day = frame["accepted_at"].dt.normalize()
    severity = pd.Series(0.0, index=frame.index)
    for storm in storms.itertuples():
        end = storm.began_on + pd.Timedelta(days=storm.days)
        severity[(frame["origin"] == storm.city) & day.between(storm.began_on, end, "left")] = (
            storm.severity
        )
    cell = ["origin", "product_id", "month"]
    usual = frame[severity == 0].groupby(cell)["log"].mean()
    struck = frame[severity > 0].set_index(cell)["log"]
    excess = (struck - usual.reindex(struck.index)).to_numpy()
    excess = pd.Series(excess).groupby(severity[severity > 0].to_numpy()).agg(["mean", "size"])
    sizes = np.expm1(excess["mean"]) / excess.index
    return np.average(sizes, weights=excess["size"])


def test_storms_slow_the_parcels_of_their_city():
    assert mean(weather_slowing, **SMALL) == pytest.approx(TRUE["weather"], rel=0.15)
    assert mean(weather_slowing, ("weather",), **SMALL) == pytest.approx(0, abs=0.08)


def rating_gap(world):
    """Stars of parcels in time less those of late ones, whole parcels only."""
    rated = world.tables["ratings"].merge(world.tables["shipments"], on="waybill_no")
    rated = rated[~rated["damaged"]]
    late = rated["delivered_at"] > rated["promised_at"]
    return rated["stars"][~late].mean() - rated["stars"][late].mean()


def rating_slope(world):
    """Stars lost per further day among late parcels, by least squares."""
    rated = world.tables["ratings"].merge(world.tables["shipments"], on="waybill_no")
    rated = rated[~rated["damaged"] & (rated["delivered_at"] > rated["promised_at"])]
    days = (rated["delivered_at"] - rated["promised_at"]) / pd.Timedelta(days=1)
    return np.polyfit(days, rated["stars"], 1)[0]


def test_a_rating_falls_by_a_step_at_the_promise():
    assert mean(rating_gap, **SMALL) == pytest.approx(TRUE["late_rating"], abs=0.12)
    assert mean(rating_slope, **SMALL) == pytest.approx(0, abs=0.12)
    assert mean(rating_gap, ("late_rating",), **SMALL) == pytest.approx(0, abs=0.1)


def economy_drift(world):
    """Monthly rise of the log odds of economy, by least squares, while no price moves."""
    shipments = world.tables["shipments"]
    market = world.tables["customers"].set_index("customer_id")["market_type"]
    rows = shipments[shipments["customer_id"].map(market) == "enterprise"]
    # Only cheap and dear of the products whose price didn't change in these months.
    month = (rows["accepted_at"].dt.year - 2024) * 12 + rows["accepted_at"].dt.month - 1
    rows, month = rows[month < 5], month[month < 5]
    share = (rows["product_id"] == "economy").groupby(month).mean()
    odds = np.log(share / (1 - share))
    return np.polyfit(odds.index, odds, 1, w=np.sqrt(rows.groupby(month).size()))[0]


def test_the_drift_to_economy_is_recovered():
    assert mean(economy_drift) == pytest.approx(TRUE["economy_drift"], rel=0.3)
    assert mean(economy_drift, ("economy_drift",)) == pytest.approx(0, abs=0.015)


# --- goodwill: what a problem costs in parcels, and how long ----------------------------------


def chosen(panel):
    """Customer-months of those who send at least four a month, and the weights of a Poisson count.

    Few parcels a month make a problem's share large, and goodwill has a floor; those who send many
    stay clear of it.
    """
    mask = active(panel)
    usual = np.where(mask, panel.sent, 0).sum(1) / np.maximum(mask.sum(1), 1)
    keep = mask & (usual[:, None] >= 4) & (mask.sum(1)[:, None] >= 8)
    y = panel.sent / np.maximum(usual, 1e-9)[:, None]
    return y, np.repeat(usual[:, None], panel.sent.shape[1], 1), keep


def costs(world):
    """Change of parcels by the faded share of each problem, by answers and by slowness."""
    data = panel(world, cost=COST)
    y, weights, keep = chosen(data)
    problems = [faded(data.shares[name], TRUE["memory"]) for name in PROBLEMS]
    answers = faded(data.answered, TRUE["memory"])
    slow = faded(data.slow, TRUE["memory"])
    return least_squares(y, [*problems, answers, slow], weights, keep)


#: What an answer can make good, by problem; a lost parcel is late as well.
COST = {
    "late": TRUE["late_cost"],
    "lost": TRUE["loss_cost"],
    "damaged": TRUE["damage_cost"],
    "fee": TRUE["fee_cost"],
}


def test_each_problem_costs_parcels_and_an_answer_brings_them_back():
    # Counts are set against the customer's own mean, which the problems have lowered already: all
    # costs come out a little large.
    late, lost, damaged, fee, answered, slow = mean(costs)
    assert -late == pytest.approx(TRUE["late_cost"], rel=0.25)
    assert -lost == pytest.approx(TRUE["loss_cost"], rel=0.4)
    assert -damaged == pytest.approx(TRUE["damage_cost"], rel=0.25)
    assert -fee == pytest.approx(TRUE["fee_cost"], rel=0.5)
    assert answered == pytest.approx(TRUE["recovery"], rel=0.35)
    assert -slow == pytest.approx(TRUE["slow_cost"], rel=0.6)


def test_where_goodwill_moves_no_orders_problems_cost_none():
    late, _, damaged, *_ = mean(costs, ("goodwill_orders",))
    assert late == pytest.approx(0, abs=0.04)
    assert damaged == pytest.approx(0, abs=0.12)


PAINLESS = ("late_cost", "loss_cost", "damage_cost", "fee_cost", "slow_cost")


def test_where_problems_cost_nothing_none_is_found():
    late, lost, damaged, fee, answered, slow = mean(costs, PAINLESS)
    assert late == pytest.approx(0, abs=0.04)
    assert lost == pytest.approx(0, abs=0.3)
    assert damaged == pytest.approx(0, abs=0.12)
    assert fee == pytest.approx(0, abs=0.12)
    assert answered == pytest.approx(0, abs=0.25)
    assert slow == pytest.approx(0, abs=0.06)


def test_without_recovery_an_answer_brings_nothing_back():
    assert mean(costs, ("recovery",))[4] == pytest.approx(0, abs=0.3)


def lags(world):
    """Fall of parcels one, two … six months after late parcels."""
    data = panel(world)
    y, weights, keep = chosen(data)
    late = data.shares["late"]
    shifted = [np.pad(late, ((0, 0), (k, 0)))[:, : late.shape[1]] for k in range(1, 7)]
    return -least_squares(y, shifted, weights, keep)


def test_goodwill_remembers_and_heals():
    found = mean(lags)
    slope = np.polyfit(np.arange(6), np.log(found), 1, w=found)[0]
    assert np.exp(slope) == pytest.approx(TRUE["memory"], abs=0.06)
    forgetful = mean(lags, ("memory",))
    assert forgetful[0] == pytest.approx(TRUE["late_cost"], rel=0.15)
    assert forgetful[1:].mean() == pytest.approx(0, abs=0.04)


# --- churn and recommendations ----------------------------------------------------------------


def silenced(world):
    """Rise of the log hazard of falling silent per unit of goodwill lost through late parcels.

    Complementary log-log regression on months at risk with month effects (discrete-time survival,
    D. R. Cox and D. Oakes 1984, ch. 7), for customers chosen by their first three months, before
    lateness could thin them out.
    """
    data = panel(world)
    lost = np.minimum(TRUE["late_cost"] * faded(data.shares["late"], TRUE["memory"]), 0.8)
    months = np.arange(world.months)
    some = data.sent > 0
    last = np.where(some.any(1), months[-1] - some[:, ::-1].argmax(1), -1)
    base = data.sent[:, :3].mean(1) >= 2.5
    # Two silent months at least before the data end say that somebody left.
    risk = (months >= 3) & (months <= last[:, None]) & (months < world.months - 2) & base[:, None]
    left = ((months == last[:, None]) & risk)[risk]
    month = np.broadcast_to(months, risk.shape)[risk]
    firms = world.tables["customers"]["market_type"].to_numpy() == "enterprise"
    dummies = [month == k for k in range(4, world.months - 2)]
    firm = np.broadcast_to(firms[:, None], risk.shape)[risk]
    design = np.column_stack([np.ones(risk.sum()), lost[risk], firm, *dummies]).astype(float)
    link = sm.families.links.CLogLog()
    return sm.GLM(left.astype(float), design, family=sm.families.Binomial(link)).fit().params[1]


def test_lost_goodwill_makes_customers_leave():
    # Somewhat below the truth: goodwill has a floor, and how strongly a customer feels is unseen.
    assert 0.55 * TRUE["churn_pull"] < mean(silenced, tight=True) < 1.1 * TRUE["churn_pull"]
    assert mean(silenced, ("churn_pull",), tight=True) == pytest.approx(0, abs=0.6)


def test_leaving_happens_as_often_as_the_truth_says():
    months = pd.concat([world(seed).truth.months for seed in SEEDS])
    assert months["left"].sum() == pytest.approx(months["hazard"].sum(), rel=0.05)


def recommended(world):
    """Fall of the log rate of recommending per unit of goodwill lost, by Poisson regression."""
    data = panel(world)
    customers = world.tables["customers"]
    came = customers.dropna(subset=["referrer_id"])
    made = came["created_on"].dt.to_period("M")
    month = (made.dt.year - 2024) * 12 + made.dt.month - 1
    # Firms are won weeks after they were recommended; only people open an account at once.
    people = (came["market_type"] == "personal").to_numpy()
    row = data.ids.get_indexer(came["referrer_id"])[people]
    count = np.zeros_like(data.sent)
    np.add.at(count, (row, month.to_numpy()[people]), 1)
    lost = np.minimum(TRUE["late_cost"] * faded(data.shares["late"], TRUE["memory"]), 0.8)
    mask = active(data)
    design = sm.add_constant(lost[mask])
    return -sm.GLM(count[mask], design, family=sm.families.Poisson()).fit().params[1]


def test_only_contented_customers_recommend():
    assert mean(recommended, tight=True) == pytest.approx(TRUE["referral_pull"], rel=0.6)
    assert mean(recommended, ("referral_pull",), tight=True) == pytest.approx(0, abs=0.8)
