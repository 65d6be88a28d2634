"""Preferences and baskets are the numbers that plain SQL and pencil give."""

from __future__ import annotations

from itertools import permutations

import pandas as pd
import pytest
from crm_sample import raw, sample

from kdcourse import crm
from kdcourse.crm.analysis import CHOICES
from kdcourse.texts import KitError


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("analysis"), "analyst") as opened:
        yield opened


#: The same questions asked by hand.
BY_HAND = {
    "product": "s.product_id",
    "channel": "o.channel",
    "destination": "s.destination",
    "weekday": "strftime('%w', s.accepted_at)",
    "hour": "substr(s.accepted_at, 12, 2)",
    "payment": "o.payment_method",
}


@pytest.mark.parametrize("by", BY_HAND)
@pytest.mark.parametrize("market", [None, "enterprise"])
def test_preferences_equal_plain_sql(c, by, market):
    found = crm.analysis.preferences(c, by, start="2025-04-01", until="2025-09-30", market=market)
    expected = raw(
        c,
        f"SELECT {BY_HAND[by]}, count(*), count(DISTINCT s.customer_id), sum(s.fee) "
        "FROM shipments s, orders o, customers c "
        "WHERE o.waybill_no = s.waybill_no AND c.customer_id = s.customer_id "
        "AND substr(s.accepted_at, 1, 10) BETWEEN '2025-04-01' AND '2025-09-30' "
        + (f"AND c.market_type = '{market}' " if market else "")
        + "GROUP BY 1",
    )
    assert len(found) == len(expected) > 1
    for choice, parcels, customers, revenue in expected:
        row = found.loc[choice]
        assert (row["parcels"], row["customers"]) == (parcels, customers)
        assert row["revenue"] == pytest.approx(revenue, abs=0.01)
        assert row["mean_fee"] == pytest.approx(revenue / parcels, abs=0.01)
    assert found["share"].sum() == pytest.approx(1)
    assert found["parcels"].is_monotonic_decreasing


def test_extras_are_counted_per_parcel(c):
    found = crm.analysis.preferences(c, "extras")["parcels"]
    counts = [
        sum(row)
        for row in raw(
            c,
            "SELECT pack_service, sign_service, cod_amount IS NOT NULL, declared_value IS NOT NULL "
            "FROM orders JOIN shipments USING (waybill_no) WHERE accepted_at >= '2025-01-01'",
        )
    ]
    assert found["none"] == counts.count(0)
    assert found["one"] == counts.count(1)
    assert found["more"] == len(counts) - counts.count(0) - counts.count(1)


def test_baskets_equal_a_count_by_hand(c):
    rows = raw(
        c,
        "SELECT s.customer_id, substr(s.accepted_at, 1, 7), s.product_id, o.pack_service, "
        "o.sign_service, o.cod_amount, o.declared_value, o.pickup_booked_for FROM shipments s "
        "JOIN orders o USING (waybill_no) WHERE s.accepted_at >= '2025-10-01'",
    )
    baskets: dict[tuple[str, str], set[str]] = {}
    for customer, month, product, pack, sign, cod, value, pickup in rows:
        items = baskets.setdefault((customer, month), set())
        items.add(product)
        named = {"packing": pack, "signature": sign, "cod": cod is not None,
                 "insurance": value is not None, "pickup": pickup}  # fmt: skip
        items |= {name for name, there in named.items() if there}
    found = crm.analysis.basket(c, start="2025-10-01", until="2025-12-31", least_support=0)
    pairs = {}
    for items in baskets.values():
        for one, other in permutations(items, 2):
            pairs[one, other] = pairs.get((one, other), 0) + 1
    alone = {
        item: sum(item in items for items in baskets.values()) for one in pairs for item in one
    }
    assert len(found) == len(pairs)
    for row in found.to_dict("records"):
        one, other, both = row["if"], row["then"], pairs[row["if"], row["then"]]
        assert row["baskets"] == both
        assert row["support"] == pytest.approx(both / len(baskets))
        assert row["confidence"] == pytest.approx(both / alone[one])
        lift = both * len(baskets) / (alone[one] * alone[other])
        assert row["lift"] == pytest.approx(lift)
    assert found["lift"].is_monotonic_decreasing


def test_the_least_support_leaves_rare_pairs_out(c):
    every = crm.analysis.basket(c, least_support=0)
    often = crm.analysis.basket(c, least_support=0.1)
    assert 0 < len(often) < len(every)
    pd.testing.assert_frame_equal(often, every[every["support"] >= 0.1].reset_index(drop=True))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: crm.analysis.preferences(c, "colour"), "product, channel"),
        (lambda c: crm.analysis.preferences(c, market="moon"), "cross_border"),
        (
            lambda c: crm.analysis.preferences(c, start="2025-05-02", until="2025-05-01"),
            "2025-05-02",
        ),
        (lambda c: crm.analysis.preferences(c, start="soon"), "soon"),
        (lambda c: crm.analysis.basket(c, least_support=2), "from 0 to 1"),
    ],
)
def test_a_slip_is_named(c, call, said):
    with pytest.raises(KitError, match=said):
        call(c)


def test_a_period_without_parcels_has_no_preferences(c):
    for by in CHOICES:
        assert crm.analysis.preferences(c, by, start="2023-01-01", until="2023-02-01").empty
    assert crm.analysis.basket(c, start="2023-01-01", until="2023-02-01").empty
