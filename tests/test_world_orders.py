"""Promise: orders agree with what was sent and paid, and price and rivals are found in them."""

import numpy as np
import pandas as pd
import pytest
from world_commerce import (
    column,
    first_seen,
    last_month,
    logit,
    measured,
    months_of,
    parcels,
    poisson,
    rates,
    uses_codes,
)

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.settings import PRODUCTS
from kdcourse.world.tables import faults, to_csv
from kdcourse.world.world import World

MINE = [
    "orders", "campaigns", "sends", "invoices", "finance_years", "points", "web_events",
    "keywords", "posts", "survey_invitations", "surveys", "raw_surveys",
]  # fmt: skip
OF_CUSTOMERS = [name for name in MINE if name not in ("campaigns", "keywords", "posts")]
SMALL = {"seed": 7, "customers": 300, "months": 12}
TRUE = Effects()


@pytest.fixture(scope="module")
def world():
    return World(**SMALL)


# --- all tables of trade ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 300, 24), (2, 40, 5), (3, 5, 1), (4, 60, 27)])
def test_every_table_is_as_declared(size):
    world = World(*size)
    for name in MINE:
        assert list(faults(name, world.tables[name], world.load)) == []


def test_the_default_files_stay_small():
    world = World()
    size = sum(len(to_csv(name, world.tables[name]).encode()) for name in MINE)
    assert size < 4.2e6


def of(table, ids):
    """Rows of some customers; strangers' visits belong to nobody."""
    return table[table["customer_id"].isin(ids)].reset_index(drop=True)


@pytest.mark.parametrize("name", [n for n in OF_CUSTOMERS if n != "raw_surveys"])
def test_more_customers_leave_the_earlier_ones_as_they_were(world, name):
    larger = World(**(SMALL | {"customers": 400}))
    ids = world.tables["customers"]["customer_id"]
    before, after = of(world.tables[name], ids), of(larger.tables[name], ids)
    pd.testing.assert_frame_equal(after, before)
    assert len(before) > 10


@pytest.mark.parametrize("name", OF_CUSTOMERS)
def test_a_policy_changes_no_row_of_customers_it_does_not_reach(world, name):
    lever = Policy(price={"international": 1.5})
    dearer = World(**SMALL, policy=lever)
    market = world.tables["customers"].set_index("customer_id")["market_type"]
    domestic = market.index[market != "cross_border"]
    before, after = (of(w.tables[name], domestic) for w in (world, dearer))
    pd.testing.assert_frame_equal(before, after)
    if name == "orders":
        assert not world.tables[name].equals(dearer.tables[name])


def test_nothing_is_known_after_the_data_end(world):
    for name, moment in [
        ("orders", "placed_at"), ("orders", "cancelled_at"), ("sends", "sent_at"),
        ("invoices", "paid_on"), ("points", "at"), ("web_events", "at"), ("posts", "at"),
        ("surveys", "answered_on"), ("survey_invitations", "invited_on"),
    ]:  # fmt: skip
        assert world.tables[name][moment].max() < world.ends


# --- orders -------------------------------------------------------------------------------------


def test_every_parcel_has_one_order_placed_before_it_was_accepted(world):
    shipments = world.tables["shipments"].set_index("waybill_no")
    orders = world.tables["orders"]
    done = orders[orders["status"] == "done"].set_index("waybill_no")
    assert sorted(done.index) == sorted(shipments.index)
    accepted = shipments["accepted_at"].reindex(done.index)
    assert (done["placed_at"] < accepted).all()
    assert (done["customer_id"] == shipments["customer_id"].reindex(done.index)).all()
    # A code is part of the discount of the parcel.
    assert (shipments["discount"].reindex(done.index) >= done["discount"].fillna(0) - 1e-9).all()


def test_cancelled_orders_have_no_parcel_but_a_reason(world):
    orders = world.tables["orders"]
    gone = orders["status"] == "cancelled"
    assert 0.01 < gone.mean() < 0.04
    assert orders["waybill_no"].isna().equals(gone)
    assert orders["cancel_reason"].notna().equals(gone)
    assert (orders["cancelled_at"] > orders["placed_at"])[gone].all()
    failed = orders["payment_status"] == "failed"
    assert (orders["cancel_reason"] == "payment_failed").equals(failed)


def test_who_is_billed_by_the_month_pays_no_single_order(world):
    orders = world.tables["orders"]
    monthly = orders["payment_method"] == "monthly"
    assert monthly.any()
    assert (orders["attempts"] == 0)[monthly].all()
    assert orders["payment_status"][monthly].isna().all()
    billed = set(world.tables["invoices"]["customer_id"])
    done = orders["status"] == "done"
    assert set(orders["customer_id"][monthly & done]) == billed


def test_orders_name_a_campaign_whose_message_was_clicked_before():
    world = World(3, 2000)
    orders = world.tables["orders"].dropna(subset=["campaign_id"])
    clicked = world.tables["sends"].query("clicked == True")
    both = orders.merge(clicked, on=["customer_id", "campaign_id"])
    days = (both["placed_at"] - both["sent_at"]).dt.total_seconds() / 86400
    assert both["order_id"].nunique() == len(orders) > 50
    assert days[days >= 0].groupby(both["order_id"]).min().max() <= 14


# --- effects ------------------------------------------------------------------------------------


def booking(world):
    """Log odds ratio of cancelling, booked against not, within channels that take bookings."""
    orders = world.tables["orders"]
    orders = orders[orders["channel"].isin(["app", "website", "phone", "api"])]
    channel = pd.get_dummies(orders["channel"]).to_numpy(float)[:, 1:]
    booked = orders["pickup_booked_for"].notna()
    return logit(orders["status"] == "cancelled", np.column_stack([booked, channel]))[0]


def card(world):
    """Log odds ratio of a failed attempt to pay, card against wallet, of orders paid in the end."""
    orders = world.tables["orders"]
    paid = orders[orders["payment_status"].isin(["ok", "duplicate"])]
    paid = paid[paid["payment_method"] != "cash"]  # it never fails
    by = paid.groupby("payment_method")["attempts"].agg(["size", "sum"])
    odds = np.log((by["sum"] - by["size"]) / by["size"])
    return odds["card"] - odds["wallet"]


def rival(world):
    """Log fall of parcels where a rival undercuts, of who uses codes and who doesn't."""
    panel = parcels(world)
    sent, first, last = panel.to_numpy(), first_seen(world, panel), last_month(panel)
    offers = world.tables["events"].query("kind == 'rival_offer'")
    undercut = pd.crosstab(offers["city"], months_of(offers["began_on"])) > 0
    undercut = undercut.reindex(columns=range(world.months), fill_value=False)
    regular = (sent.sum(axis=1) >= last - first + 1) & (last > first + 2)
    months = np.arange(world.months)
    inside = (months > first[:, None]) & (months < last[:, None]) & regular[:, None]
    deals = (uses_codes(world) > 0.28).to_numpy()
    cut = undercut.reindex(column(world, "city")).fillna(False).to_numpy(bool)
    falls = []
    for kind in (True, False):
        row, month = np.nonzero(inside & (deals == kind)[:, None])
        who = pd.factorize(row)[0]
        fitted = rates(
            sent[row, month], np.ones(len(row)), who, month, cut[row, month].astype(int), turns=60
        )
        falls.append(np.log(fitted[2][0] / fitted[2][1]))
    return falls


def prices(world):
    """Elasticities: firms with a small, middle and large contract discount; people; cross-border.

    Poisson regressions of each group's parcels by product and month on the list price, with levels
    of products and months and the drift to economy.
    """
    shipments = world.tables["shipments"]
    orders = world.tables["orders"].dropna(subset=["waybill_no"]).set_index("waybill_no")
    code = shipments["waybill_no"].map(orders["discount"]).fillna(0)
    contract = 1 - (1 - shipments["discount"]) / (1 - code)
    contract = contract.groupby(shipments["customer_id"]).transform("median")
    market = shipments["customer_id"].map(
        world.tables["customers"].set_index("customer_id")["market_type"]
    )
    firm = market == "enterprise"
    groups = [firm & (abs(contract - off) < 0.02) for off in (0.06, 0.12, 0.24)]
    groups += [market == "personal", market == "cross_border"]
    return [elasticity(world, shipments[group]) for group in groups]


def elasticity(world, shipments):
    listed = world.tables["price_list"]
    products = [name for name in PRODUCTS if (shipments["product_id"] == name).any()]
    months = np.arange(world.months)
    counts = pd.crosstab(shipments["product_id"], months_of(shipments["accepted_at"]))
    counts = counts.reindex(index=products, columns=months, fill_value=0).to_numpy()
    price = np.empty(counts.shape)
    for row, name in enumerate(products):
        own = listed[listed["product_id"] == name]
        since = np.searchsorted(months_of(own["since"]), months, side="right") - 1
        price[row] = own["base_fee"].to_numpy()[since]
    product, month = (part.ravel() for part in np.indices(counts.shape))
    drift = (np.array(products)[product] == "economy") * month / 10
    design = np.hstack(
        [
            np.eye(len(products))[product],
            np.eye(len(months))[month][:, 1:],
            np.column_stack([drift, np.log(price).ravel()]),
        ]
    )
    return poisson(counts.ravel(), design)[-1]


ESTIMATORS = [booking, card, rival, prices]


@pytest.fixture(scope="module")
def found():
    return measured(ESTIMATORS)


@pytest.fixture(scope="module")
def nothing():
    return measured(
        ESTIMATORS,
        ("booking_keeps", "card_trouble", "rival_pull", "elasticity_personal",
         "elasticity_enterprise", "elasticity_cross_border"),
    )  # fmt: skip


def test_booking_and_paying_by_card_are_recovered(found, nothing):
    assert found["booking"] == pytest.approx(-TRUE["booking_keeps"], abs=0.15)
    assert found["card"] == pytest.approx(TRUE["card_trouble"], abs=0.2)
    assert nothing["booking"] == pytest.approx(0, abs=0.15)
    assert nothing["card"] == pytest.approx(0, abs=0.2)


def test_a_rivals_offer_takes_parcels_most_of_all_from_who_looks_for_deals(found, nothing):
    deals, others = found["rival"]
    assert deals == pytest.approx(1.5 * TRUE["rival_pull"], abs=0.1)
    assert others == pytest.approx(0.7 * TRUE["rival_pull"], abs=0.07)
    assert nothing["rival"] == pytest.approx([0, 0], abs=0.07)


def test_price_moves_parcels_of_small_firms_more_than_of_large_ones(found, nothing):
    low, middle, high, people, abroad = found["prices"]
    size, step = TRUE["elasticity_enterprise"], np.exp(TRUE["price_by_tier"])
    # Price changes of 2 to 10% leave standard errors of 0.3 for the small and 0.1 for the large.
    assert low == pytest.approx(size * step, abs=0.6)
    assert middle == pytest.approx(size, abs=0.3)
    assert high == pytest.approx(size / step, abs=0.25)
    assert low < middle < high
    # People are mostly small senders, sellers abroad middle and large ones.
    assert people == pytest.approx(TRUE["elasticity_personal"] * step, abs=0.6)
    assert abroad == pytest.approx(TRUE["elasticity_cross_border"] / step**0.5, abs=0.7)
    assert nothing["prices"][1:3] == pytest.approx([0, 0], abs=0.25)
