"""Promise: each planted effect is found in the tables, and not found where it isn't planted."""

import numpy as np
import pytest

from kdcourse.world.policy import Policy
from kdcourse.world.settings import default_effects
from kdcourse.world.world import World

SEEDS = range(5)
SIZE = {"customers": 3000, "months": 24}


@pytest.fixture(scope="module")
def worlds():
    return [World(seed=seed, **SIZE) for seed in SEEDS]


def sorting_ratio(world):
    """Median hours of sorting at the origin: Zhengzhou against the other sites."""
    scans = world.tables["scans"]
    first = scans[scans["step"] <= 2].pivot(index="waybill_no", columns="step", values="scanned_at")
    shipments = world.tables["shipments"].set_index("waybill_no")
    between = shipments["product_id"].isin(["economy", "standard", "express"])
    pace = shipments["product_id"].map({"economy": 1.08, "standard": 0.93, "express": 0.64})
    hours = (first[2] - first[1]).dt.total_seconds() / 3600 / pace
    hours = hours[between.reindex(hours.index)].dropna()
    site = shipments["origin"].reindex(hours.index)
    medians = hours.groupby(site == "CGO").median()
    return medians[True] / medians[False]


def true_sorting_ratio(world):
    """The same from the truth: mean congestion over months."""
    sites = world.truth.sites
    excess = (sites["utilisation"] - 0.9).clip(lower=0)
    crowded = 1 + world.effects.congestion * excess
    means = crowded.groupby(sites["site"] == "CGO").mean()
    return means[True] / means[False]


def test_the_bottleneck_site_is_found_and_its_size_recovered(worlds):
    found = np.mean([sorting_ratio(world) for world in worlds])
    true = np.mean([true_sorting_ratio(world) for world in worlds])
    assert found == pytest.approx(true, rel=0.1)
    assert true > 1.5


def test_without_congestion_no_site_stands_out():
    effects = default_effects().without("congestion")
    ratios = [sorting_ratio(World(seed=seed, **SIZE, effects=effects)) for seed in SEEDS]
    assert np.mean(ratios) == pytest.approx(1, abs=0.06)


def test_more_capacity_at_the_bottleneck_removes_it(worlds):
    wider = World(seed=0, **SIZE, policy=Policy(capacity={"CGO": 1.25}))
    assert sorting_ratio(wider) == pytest.approx(1, abs=0.12)
    assert sorting_ratio(worlds[0]) > 1.4


def economy_drift(world):
    """Monthly rise of the log odds of economy, by least squares."""
    shipments = world.tables["shipments"]
    market = world.tables["customers"].set_index("customer_id")["market_type"]
    rows = shipments[shipments["customer_id"].map(market) == "enterprise"]
    month = (rows["accepted_at"].dt.year - 2024) * 12 + rows["accepted_at"].dt.month - 1
    share = (rows["product_id"] == "economy").groupby(month).mean()
    odds = np.log(share / (1 - share))
    return np.polyfit(odds.index, odds, 1)[0]


def test_the_drift_to_economy_is_recovered(worlds):
    found = [economy_drift(world) for world in worlds]
    assert np.mean(found) == pytest.approx(default_effects().economy_drift, rel=0.15)
    effects = default_effects().without("economy_drift")
    placebo = [economy_drift(World(seed=seed, **SIZE, effects=effects)) for seed in SEEDS]
    assert np.mean(placebo) == pytest.approx(0, abs=0.006)


def test_lateness_costs_orders_by_the_truth(worlds):
    # The counterfactual is exact: the same customers, once with every promise kept.
    for world in worlds[:3]:
        calm = World(seed=world.seed, **SIZE, effects=default_effects().without("late_cost"))
        gained = len(calm.tables["shipments"]) / len(world.tables["shipments"]) - 1
        truth = world.truth.months
        lost = 1 - np.average(truth["goodwill"], weights=truth["expected"] / truth["goodwill"])
        assert gained > lost * 0.9 > 0.02
        assert calm.truth.months["goodwill"].eq(1).all()


def churn_by_goodwill(world):
    months = world.truth.months
    low = months["goodwill"] < 0.85
    return months[low]["left"].mean(), months[~low]["left"].mean()


def test_lost_goodwill_makes_customers_leave(worlds):
    low, high = np.mean([churn_by_goodwill(world) for world in worlds], axis=0)
    assert low > high
    truth = [w.truth.months["hazard"].sum() for w in worlds]
    left = [w.truth.months["left"].sum() for w in worlds]
    assert sum(left) == pytest.approx(sum(truth), rel=0.08)


def test_price_moves_parcels_by_the_elasticity():
    world = World(seed=1, **SIZE)
    cheaper = World(seed=1, **SIZE, policy=Policy(price=dict.fromkeys(
        ["same_city", "economy", "standard", "express", "international"], 0.9)))  # fmt: skip
    market = world.tables["customers"].set_index("customer_id")["market_type"]

    def parcels(w):
        return w.tables["shipments"]["customer_id"].map(market).value_counts()

    found = np.log(parcels(cheaper) / parcels(world)) / np.log(0.9)
    for name, elasticity in default_effects().elasticity.items():
        assert found[name] == pytest.approx(elasticity, rel=0.25), name
