"""Preferences and baskets are the numbers that plain SQL and pencil give."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import permutations

import pandas as pd
import pytest
from crm_sample import raw, sample

from kdcourse import crm
from kdcourse.crm import waiting
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


def test_counting_that_takes_long_says_how_many_parcels(c, monkeypatch):
    said = []
    monkeypatch.setattr(waiting, "AFTER", 0.0)
    monkeypatch.setattr(waiting, "_STEPS", 1000)
    monkeypatch.setattr(waiting, "_bar", lambda what, total: said.append(what))
    crm.analysis.preferences(c)
    number = raw(c, "SELECT count(*) FROM shipments WHERE accepted_at >= '2025-01-01'")[0][0]
    assert said[0] == f"Counting {number:,} parcels"


# --- the sums behind the baskets ------------------------------------------------------------------

NOW = "SELECT month, customer_id, item FROM month_items_now ORDER BY 1, 2, 3"
KEPT = "SELECT month, customer_id, item FROM month_items ORDER BY 1, 2, 3"
ONE = "(SELECT waybill_no FROM shipments ORDER BY waybill_no LIMIT 1)"
CHANGES = [
    f"UPDATE shipments SET product_id = 'express' WHERE waybill_no = {ONE}",
    f"UPDATE shipments SET accepted_at = '2024-02-29 08:00' WHERE waybill_no = {ONE}",
    f"UPDATE shipments SET customer_id = 'C0000001' WHERE waybill_no = {ONE}",
    f"UPDATE orders SET pack_service = 1, cod_amount = 20.0 WHERE waybill_no = {ONE}",
    f"UPDATE orders SET waybill_no = NULL WHERE waybill_no = {ONE}",
    f"DELETE FROM orders WHERE waybill_no = {ONE}",
    "INSERT INTO shipments SELECT 'LYX', customer_id, product_id, origin, destination, weight_kg, "
    "discount, fee_quoted, fee, '2025-12-30 10:00', promised_at, NULL, NULL, 0, 0, 0 "
    "FROM shipments LIMIT 1; INSERT INTO orders SELECT 'OX', 'LYX', customer_id, placed_at, "
    "channel, '2025-12-30 12:00', NULL, 5.0, 5.0, 1, 1, status, NULL, NULL, payment_method, NULL, "
    "1, NULL, 1 FROM orders LIMIT 1",
    "DELETE FROM orders WHERE waybill_no IN (SELECT waybill_no FROM shipments WHERE customer_id = "
    "'C0000000'); DELETE FROM shipments WHERE customer_id = 'C0000000'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_sums_stay_true_whatever_is_changed(tmp_path, change):
    with sample(tmp_path) as own:
        assert raw(own, KEPT) == raw(own, NOW)
        own.connection.execute("PRAGMA foreign_keys = OFF")
        with own.transaction() as db:
            for statement in change.split("; "):
                assert db.execute(statement).rowcount > 0
        assert raw(own, KEPT) == raw(own, NOW)


def test_whole_months_and_parts_of_them_give_the_same_baskets(c):
    whole = crm.analysis._sets(c, "2025-10-01", "2026-01-01")
    parts = [("2025-10-01", "2025-11-01"), ("2025-11-01", "2025-12-01"),
             ("2025-12-01", "2026-01-01")]  # fmt: skip
    rows = [row for a, b in parts for row in c.rows("basket_items", start=a, until=b)]
    counted = {}
    for items, number in rows:
        key = frozenset(items.split())
        counted[key] = counted.get(key, 0) + number
    assert dict(whole) == counted


@pytest.mark.parametrize(
    ("start", "until"),
    [
        ("2025-10-03", "2025-12-31"),
        ("2025-10-03", "2025-10-20"),
        ("2025-10-31", "2025-11-01"),
        ("2025-11-15", "2025-12-15"),
        ("2024-12-31", "2025-01-31"),
    ],
)
def test_periods_may_begin_and_end_within_a_month(c, start, until):
    rows = raw(
        c,
        "SELECT s.customer_id || substr(s.accepted_at, 1, 7), s.product_id, o.pack_service "
        "FROM shipments s JOIN orders o USING (waybill_no) "
        f"WHERE date(s.accepted_at) BETWEEN '{start}' AND '{until}'",
    )
    baskets = {}
    for basket, product, packed in rows:
        baskets.setdefault(basket, set()).update([product] + ["packing"] * packed)
    found = crm.analysis.basket(c, start=start, until=until, least_support=0)
    both = found[(found["if"] == "express") & (found["then"] == "packing")]
    expected = sum({"express", "packing"} <= items for items in baskets.values())
    assert both["baskets"].sum() == expected


def test_an_older_file_gets_the_sums_of_its_parcels(tmp_path):
    with sample(tmp_path) as own, closing(sqlite3.connect(own.path)) as db:
        for name in ("parcel_added", "parcel_changed", "parcel_removed", "order_added",
                     "order_changed", "order_removed"):  # fmt: skip
            db.execute(f"DROP TRIGGER month_items_{name}")
        db.execute("DROP VIEW month_items_now")
        db.execute("DROP TABLE month_items")
        db.execute("PRAGMA user_version = 4")
    with crm.open(own.path) as again:
        assert raw(again, KEPT) == raw(again, NOW) != []
