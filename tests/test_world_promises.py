"""Promise: one seed, one world; and a policy changes only what it causes."""

import numpy as np
import pandas as pd
import pytest

from kdcourse.texts import KitError
from kdcourse.world.policy import Policy
from kdcourse.world.tables import to_csv
from kdcourse.world.world import World

SMALL = {"seed": 7, "customers": 300, "months": 12}


@pytest.fixture(scope="module")
def world():
    return World(**SMALL)


def test_the_same_seed_gives_the_same_bytes(world):
    again = World(**SMALL)
    for name, frame in world.tables.items():
        assert to_csv(name, frame) == to_csv(name, again.tables[name]), name


def test_another_seed_gives_another_world(world):
    other = World(**(SMALL | {"seed": 8}))
    assert not world.tables["shipments"].equals(other.tables["shipments"])


def test_more_customers_leave_the_earlier_ones_as_they_were(world):
    larger = World(**(SMALL | {"customers": 400}))
    customers = larger.tables["customers"]
    customers = customers[customers["customer_id"].isin(world.tables["customers"]["customer_id"])]
    customers = customers.reset_index(drop=True)
    pd.testing.assert_frame_equal(customers, world.tables["customers"])
    known = larger.tables["shipments"]
    known = known[known["customer_id"].isin(customers["customer_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(known, world.tables["shipments"])


def test_an_empty_policy_changes_nothing(world):
    same = World(**SMALL, policy=Policy(price={"economy": 1.0}))
    pd.testing.assert_frame_equal(same.tables["shipments"], world.tables["shipments"])


def test_customers_whom_a_policy_does_not_reach_have_identical_rows(world):
    wider = World(**SMALL, policy=Policy(capacity={"CGO": 1.6}))
    before, after = world.tables["shipments"], wider.tables["shipments"]

    def touched(shipments):
        through = (shipments["origin"] == "CGO") | (shipments["destination"] == "CGO")
        return set(shipments.loc[through, "customer_id"])

    # Who was recommended by a reached customer is reached as well.
    people = pd.concat([world.tables["customers"], wider.tables["customers"]])
    reached = touched(before) | touched(after)
    reached |= set(people.loc[people["referrer_id"].isin(reached), "customer_id"])
    for frame in (before, after):
        assert len(set(frame["customer_id"]) - reached) > 50
    pd.testing.assert_frame_equal(
        before[~before["customer_id"].isin(reached)].reset_index(drop=True),
        after[~after["customer_id"].isin(reached)].reset_index(drop=True),
    )
    assert not before.equals(after)


def test_a_price_reaches_only_who_might_buy_the_product(world):
    dearer = World(**SMALL, policy=Policy(price={"international": 1.5}))
    market = world.tables["customers"].set_index("customer_id")["market_type"]

    def domestic(shipments):
        rows = shipments["customer_id"].map(market) != "cross_border"
        return shipments[rows].reset_index(drop=True)

    before, after = world.tables["shipments"], dearer.tables["shipments"]
    pd.testing.assert_frame_equal(domestic(before), domestic(after))
    assert len(after) < len(before)
    products = dearer.tables["products"].set_index("product_id")
    assert products.loc["international", "base_fee"] == pytest.approx(57.0)


def test_a_tighter_promise_breaks_more_promises_and_costs_parcels():
    normal = World(seed=3, customers=800)
    bold = World(seed=3, customers=800, policy=Policy(promise={"economy": 60}))
    kept = [
        (w.tables["shipments"].eval("delivered_at <= promised_at")).mean() for w in (normal, bold)
    ]
    assert kept[1] < kept[0] - 0.1
    assert len(bold.tables["shipments"]) < len(normal.tables["shipments"])


@pytest.mark.parametrize(
    ("levers", "word"),
    [
        ({"price": {"expres": 1.1}}, "expres"),
        ({"price": {"express": 9}}, "0.5"),
        ({"capacity": {"PEK": 1.0}}, "PEK"),
        ({"promise": {"economy": 1}}, "480"),
        ({"promise": {"economy:north": 72}}, "economy:west"),
        ({"discounts": {"high": 0.1}}, "discount"),
        ({"calls": {"number": -1}}, "14"),
        ({"empowerment": {"boss": 100}}, "complaint"),
    ],
)
def test_a_policy_out_of_range_is_refused_in_a_sentence(levers, word):
    with pytest.raises(KitError) as fault:
        Policy(**levers)
    assert word in str(fault.value)


@pytest.mark.parametrize(
    "size", [{"customers": 0}, {"customers": -5}, {"months": 0}, {"months": 999}]
)
def test_an_absurd_size_is_refused(size):
    with pytest.raises(KitError, match=next(iter(size))):
        World(**size)


def test_the_truth_is_not_in_the_tables(world):
    columns = {column for frame in world.tables.values() for column in frame}
    assert not columns & set(world.truth.months.columns.drop(["customer_id", "month", "reason"]))
    hidden = set(world.truth.customers) - {"customer_id", "kind", "tier"}
    assert not columns & hidden
    assert world.truth.months["goodwill"].between(0.2, 1.0).all()


def test_nothing_is_known_after_the_data_end(world):
    assert world.tables["scans"]["scanned_at"].max() < world.ends
    delivered = world.tables["shipments"]["delivered_at"]
    assert delivered.max() < world.ends
    assert delivered.isna().any()


def test_scans_and_shipments_tell_the_same_story(world):
    scans, shipments = world.tables["scans"], world.tables["shipments"].set_index("waybill_no")
    last = scans[scans["step"] == 5].set_index("waybill_no")["scanned_at"]
    pd.testing.assert_series_equal(
        last.sort_index(), shipments["delivered_at"].dropna().sort_index(), check_names=False
    )
    ordered = scans.sort_values(["waybill_no", "step"])
    gap = ordered.groupby("waybill_no")["scanned_at"].diff().dropna()
    assert (gap > pd.Timedelta(0)).all()
    lost = shipments.index[shipments["lost"]]
    assert scans[scans["waybill_no"].isin(lost)]["step"].max() <= 2 or len(lost) == 0


def test_fees_follow_the_price_list(world):
    prices = world.tables["price_list"].sort_values("since")
    rows = pd.merge_asof(
        world.tables["shipments"].sort_values("accepted_at"),
        prices,
        left_on="accepted_at",
        right_on="since",
        by="product_id",
    )
    listed = rows["base_fee"] + rows["per_kg_fee"] * (np.ceil(rows["weight_kg"]) - 1)
    assert np.allclose(rows["fee_quoted"], listed * (1 - rows["discount"]), atol=0.0051)
    wrong = rows["fee"] != rows["fee_quoted"]
    assert (rows["fee"][wrong] > rows["fee_quoted"][wrong]).all()
    assert 0 < wrong.mean() < 0.02
