"""Promise: money adds up, revenue and profit disagree where they should, points balance."""

import numpy as np
import pandas as pd
import pytest
from world_commerce import (
    column,
    first_seen,
    hazard_ratio,
    last_month,
    measured,
    months_of,
    parcels,
    rates,
)

from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy
from kdcourse.world.world import World

TRUE = Effects()


@pytest.fixture(scope="module")
def world():
    return World(11, 2500, 27)


# --- invoices and years -------------------------------------------------------------------------


def test_an_invoice_is_the_sum_of_the_months_fees(world):
    invoices, shipments = world.tables["invoices"], world.tables["shipments"]
    period = shipments["accepted_at"].dt.strftime("%Y-%m")
    fees = shipments.groupby(["customer_id", period])["fee"].sum().round(2)
    billed = pd.MultiIndex.from_frame(invoices[["customer_id", "period"]])
    assert np.allclose(fees.reindex(billed), invoices["amount"])
    # Of a customer with invoices every month with a parcel is billed.
    assert fees.index.get_level_values(0).isin(invoices["customer_id"]).sum() == len(invoices)


def test_most_invoices_are_paid_some_late_and_few_in_part(world):
    invoices = world.tables["invoices"]
    old = invoices[invoices["due_on"] < world.ends - pd.Timedelta(days=90)]
    late = (old["paid_on"] > old["due_on"]).mean()
    unpaid, part = old["paid_on"].isna().mean(), (old["paid_amount"] < old["amount"]).mean()
    assert 0.15 < late < 0.45
    assert 0 < unpaid < 0.05
    assert unpaid < part < 0.08
    assert (invoices["paid_amount"] <= invoices["amount"]).all()
    assert (invoices["refund_amount"] > 0).any()
    # Paying late is a habit: a firm's late share differs more than luck would have it.
    by_firm = (old["paid_on"] > old["due_on"]).groupby(old["customer_id"]).agg(["mean", "size"])
    often = by_firm[by_firm["size"] >= 8]
    assert often["mean"].std() > 2 * np.sqrt(late * (1 - late) / often["size"].mean())


def test_a_years_revenue_is_the_sum_of_its_fees_and_profit_leaves_marketing_out(world):
    years, shipments = world.tables["finance_years"], world.tables["shipments"]
    key = [shipments["customer_id"], shipments["accepted_at"].dt.year]
    fees = shipments.groupby(key)["fee"].agg(["sum", "size"])
    own = years.set_index(["customer_id", "year"])
    own = own[own["parcels"] > 0]
    fees = fees.reindex(own.index)
    assert np.allclose(own["revenue"], fees["sum"])
    assert (own["parcels"] == fees["size"]).all()
    assert own["parcels"].sum() == len(shipments)
    assert np.allclose(years["profit"], years["revenue"] - years["direct_cost"])
    assert years.groupby("year")["whole_year"].all().to_dict() == {
        2024: True, 2025: True, 2026: False,
    }  # fmt: skip


def test_a_fifth_of_the_customers_brings_most_of_the_profit(world):
    year = world.tables["finance_years"].query("year == 2025")
    profit = year["profit"].sort_values(ascending=False)
    share = profit.head(len(profit) // 5).sum() / profit.sum()
    assert 0.65 < share < 0.9
    assert 0.02 < (profit < 0).mean() < 0.15


def test_the_largest_senders_have_thin_margins(world):
    year = world.tables["finance_years"].query("year == 2025 and parcels > 0")
    margin = year["profit"].sum() / year["revenue"].sum()
    largest = year.nlargest(30, "revenue")
    assert 0.10 < margin < 0.25
    assert largest["profit"].sum() / largest["revenue"].sum() < 0.8 * margin
    # Of the twenty with most revenue several are not among the twenty with most profit.
    best = set(year.nlargest(20, "profit")["customer_id"])
    assert 3 <= len(set(year.nlargest(20, "revenue")["customer_id"]) - best) <= 15


def test_many_customers_cost_no_marketing_at_all(world):
    years = world.tables["finance_years"]
    assert 0.2 < (years["marketing_cost"] == 0).mean() < 0.7
    assert (years["marketing_cost"] > 0).any()


def test_people_who_send_once_are_many(world):
    market = column(world, "market_type")
    sent = parcels(world).sum(axis=1)[(market == "personal").to_numpy()]
    assert 0.25 < (sent[sent > 0] == 1).mean() < 0.6


# --- points -------------------------------------------------------------------------------------


def test_the_balance_of_points_is_never_negative(world):
    points = world.tables["points"]
    # The order of the file is that of the bookings.
    assert points.groupby("customer_id")["delta"].cumsum().min() >= 0
    assert set(points["reason"]) == {"join", "gift", "earn", "redeem", "expire"}
    taken = points["reason"].isin(["redeem", "expire"])
    assert ((points["delta"] < 0) == taken).all()


def test_points_live_twelve_months(world):
    points = world.tables["points"]
    month = pd.Series(months_of(points["at"]))
    gained = points["delta"].where(points["delta"] > 0, 0).groupby([points["customer_id"], month])
    gained = gained.sum().unstack(fill_value=0).reindex(columns=range(world.months), fill_value=0)
    taken = points["delta"].where(points["delta"] < 0, 0).groupby([points["customer_id"], month])
    taken = -taken.sum().unstack(fill_value=0).reindex(columns=range(world.months), fill_value=0)
    old = gained.cumsum(axis=1).shift(12, axis=1, fill_value=0)
    # What is older than twelve months has been redeemed or has expired.
    assert (taken.cumsum(axis=1) >= old).all(axis=None)


def test_members_earn_five_percent_of_their_fees(world):
    points, shipments = world.tables["points"], world.tables["shipments"]
    since = shipments["customer_id"].map(
        world.tables["customers"].set_index("customer_id")["member_since"]
    )
    as_member = shipments[shipments["accepted_at"] >= since]
    earned = points.query("reason == 'earn'").groupby("customer_id")["delta"].sum()
    fees = as_member.groupby("customer_id")["fee"].sum()
    assert earned.sum() == pytest.approx(0.05 * 100 * fees.sum(), rel=0.01)
    assert set(earned.index) <= set(fees.index)
    members = world.tables["customers"].dropna(subset=["member_since"])["customer_id"]
    assert set(points["customer_id"]) <= set(members)


def test_points_worth_nothing_to_a_tier_make_no_members_of_it():
    none = Policy(loyalty={"low": 0.0, "mid": 0.0, "high": 0.0})
    assert World(5, 200, 12, policy=none).tables["points"].empty
    double = Policy(loyalty={"low": 0.10, "mid": 0.10, "high": 0.10})
    usual, more = (World(5, 200, 12, policy=policy) for policy in (None, double))
    earned = [w.tables["points"].query("reason == 'earn'")["delta"].sum() for w in (usual, more)]
    assert earned[1] > 1.8 * earned[0]


# --- effects ------------------------------------------------------------------------------------


def since_member(world):
    """Month from which each customer is a member; 999 for who isn't."""
    since = column(world, "member_since")
    return np.where(since.isna(), 999, months_of(since))


def more_parcels(world):
    """Log rise of members' parcels: customers before and after, against others of city and month.

    The programme opened city by city, and who joins when is chance for a regular sender. The month
    of joining is left out: who joins has sent something in it.
    """
    panel = parcels(world)
    sent, first, last = panel.to_numpy(), first_seen(world, panel), last_month(panel)
    since, months = since_member(world)[:, None], np.arange(world.months)
    regular = (sent.sum(axis=1) >= 2 * (last - first + 1)) & (last > first + 2)
    inside = regular[:, None] & (months > first[:, None]) & (months < last[:, None])
    row, month = np.nonzero(inside & (months != since - 1))
    city = pd.factorize(column(world, "city"))[0][row] * world.months + month
    member = (month >= since[row, 0]).astype(int)
    who = pd.factorize(row)[0]
    fitted = rates(sent[row, month], np.ones(len(row)), who, city, member, turns=80)[2]
    return np.log(fitted[1] / fitted[0])


def holds(world):
    """Log ratio of falling silent, members against others of the month."""
    member = np.arange(world.months) >= since_member(world)[:, None]
    return hazard_ratio(world, member, np.ones(len(member), bool))


def slopes(world):
    """Monthly log growth of each regular sender against all of them, and its standard error."""
    panel = parcels(world)
    sent, first, last = panel.to_numpy(float), first_seen(world, panel), last_month(panel)
    months = np.arange(world.months)
    regular = (sent.sum(axis=1) >= 5 * (last - first + 1)) & (last - first >= 18)
    row, month = np.nonzero(regular[:, None] & (months > first[:, None]) & (months < last[:, None]))
    counts, who = sent[row, month], pd.factorize(row)[0]
    season = rates(counts, np.ones(len(row)), who, month, turns=60)[1][month]
    slope = np.zeros(who.max() + 1)
    for _ in range(8):  # Newton's method, all customers at once
        expected = season * np.exp(slope[who] * (month - 12))
        expected *= (np.bincount(who, counts) / np.bincount(who, expected))[who]
        centre = (np.bincount(who, expected * month) / np.bincount(who, expected))[who]
        known = np.bincount(who, expected * (month - centre) ** 2)
        slope += np.bincount(who, (counts - expected) * (month - centre)) / known
    return slope, 1 / np.sqrt(known)


def classes(without=()):
    """Growth and decline against the stable: centres of three clusters of slopes, of five worlds.

    A mixture of three normal distributions by expectation and maximisation, each slope with its own
    standard error.
    """
    found = [slopes(World(seed, 4000, effects=TRUE.without(*without))) for seed in range(5)]
    slope, error = (np.concatenate(part) for part in zip(*found, strict=True))
    centres, shares = np.array([-0.03, 0.0, 0.03]), np.ones(3) / 3
    for _ in range(300):
        density = np.exp(-((slope[:, None] - centres) ** 2) / (2 * error[:, None] ** 2)) * shares
        belongs = density / density.sum(axis=1, keepdims=True)
        weight = belongs / error[:, None] ** 2
        centres = (weight * slope[:, None]).sum(axis=0) / weight.sum(axis=0)
        shares = belongs.mean(axis=0)
    spread = np.sqrt(max(np.var(slope) - np.mean(error**2), 0))
    return centres[2] - centres[1], centres[1] - centres[0], spread


def test_members_send_more_and_stay_longer():
    found = measured([more_parcels, holds])
    nothing = measured([more_parcels, holds], ("loyalty", "loyalty_hold"))
    assert found["more_parcels"] == pytest.approx(TRUE["loyalty"], abs=0.04)
    assert nothing["more_parcels"] == pytest.approx(0, abs=0.04)
    # Silence is a coarse sign of leaving: it finds four fifths of the effect.
    assert found["holds"] == pytest.approx(-TRUE["loyalty_hold"], abs=0.2)
    assert nothing["holds"] == pytest.approx(0, abs=0.17)
    assert found["holds"] < nothing["holds"] - 0.15


def test_growing_and_slipping_customers_form_clusters():
    growing, slipping, spread = classes()
    assert growing == pytest.approx(TRUE["growth"], abs=0.008)
    assert slipping == pytest.approx(TRUE["slipping"], abs=0.008)
    *_, alike = classes(("growth", "slipping"))
    # Goodwill and membership also bend a customer's line; classes come on top of that.
    assert alike < 0.7 * spread
