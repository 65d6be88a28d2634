"""The warehouse agrees with the CRM to the fen, views with pandas; it answers questions only."""

import numpy as np
import pandas as pd
import pytest
from crm_sample import sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdcourse import crm
from kdcourse.crm.insight import olap, warehouse
from kdcourse.texts import KitError, content


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with sample(tmp_path_factory.mktemp("crm"), "analyst") as opened:
        yield opened


@pytest.fixture(scope="module")
def built(own):
    with warehouse.build(own) as opened:
        yield opened


@pytest.fixture(scope="module")
def parcels(own):
    """The same parcels joined by hand, for pandas to reckon with."""
    frame = own.query(
        "SELECT s.*, p.family, c.market_type AS market, a.region AS origin_region, "
        "a.city AS origin_city, o.channel FROM shipments AS s "
        "JOIN products AS p USING (product_id) JOIN customers AS c USING (customer_id) "
        "JOIN cities AS a ON a.city = s.origin JOIN orders AS o USING (waybill_no)"
    )
    day = pd.to_datetime(frame["accepted_at"])
    frame["year"], frame["month"] = day.dt.year, day.dt.strftime("%Y-%m")
    frame["quarter"] = frame["year"].astype(str) + "Q" + day.dt.quarter.astype(str)
    frame["day"] = day.dt.normalize()
    promised, delivered = (pd.to_datetime(frame[f"{n}_at"]) for n in ("promised", "delivered"))
    frame["due"] = promised <= pd.Timestamp(own.today) + pd.Timedelta(days=1)
    frame["late"] = frame["due"] & ~(delivered <= promised)
    return frame.rename(columns={"product_id": "product"})


# --- the star ------------------------------------------------------------------------------------


def test_every_check_agrees(built):
    found = built.reconcile()
    assert found["agrees"].all()
    assert list(found["check"]) == list(content("crm/warehouse")["checks"])
    assert (found.loc[found["check"] != "orphans", "warehouse"] > 0).all()


def test_the_sources_are_counted_and_so_is_what_stays_outside(own, built):
    assert built.loaded["shipments"] == own.rows("SELECT count(*) FROM shipments")[0][0]
    out = built.left_out().set_index("what")["rows"]
    told = own.rows("SELECT sum(is_suggestion = 0), sum(is_suggestion) FROM complaints")[0]
    about = built.query("SELECT sum(complaints) AS n FROM fact_shipment")["n"][0]
    assert out["complaints_without_parcel"] + about == told[0]
    assert out["suggestions"] == told[1]
    assert out["unknown"] == 0


def test_no_name_number_or_address_is_in_it(own, built):
    asked = "SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal"
    columns = set(built.query(asked)["column_name"])
    assert "customer_id" in columns
    assert not columns & {"name", "phone", "email", "address", "contact"}


def test_what_changes_in_the_crm_is_seen_by_the_checks_and_by_a_new_build(tmp_path):
    with sample(tmp_path) as own, warehouse.build(own) as built:
        with own.transaction() as db:
            db.execute(
                "UPDATE shipments SET fee = fee + 1 WHERE waybill_no = "
                "(SELECT min(waybill_no) FROM shipments)"
            )
        found = built.reconcile().set_index("check")
        assert list(found.index[~found["agrees"]]) == ["revenue"]
        assert found["difference"]["revenue"] == -1
        with warehouse.build(own) as fresh:
            assert fresh.reconcile()["agrees"].all()


def test_a_parcel_without_an_order_is_kept_under_unknown(tmp_path):
    with sample(tmp_path) as own:
        with own.transaction() as db:
            db.execute(
                "UPDATE orders SET waybill_no = NULL WHERE waybill_no = "
                "(SELECT min(waybill_no) FROM shipments)"
            )
        with warehouse.build(own) as built:
            assert built.left_out().set_index("what")["rows"]["unknown"] == 1
            by = olap.view(built, "channel", "parcels").table().set_index("channel")["parcels"]
            assert by["unknown"] == 1


def test_a_warehouse_that_does_not_agree_is_not_given_out(own, monkeypatch):
    wrong = pd.DataFrame({"check": ["parcels", "revenue"], "agrees": [True, False]})
    monkeypatch.setattr(warehouse.Warehouse, "reconcile", lambda self: wrong)
    with pytest.raises(KitError, match="checks that failed: revenue"):
        warehouse.build(own)


def test_who_may_not_read_may_not_build(tmp_path):
    with sample(tmp_path, "marketer") as own, pytest.raises(KitError, match="marketer"):
        warehouse.build(own)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE fact_shipment",
        "DELETE FROM dim_date",
        "SELECT 1; SELECT 2",
        "COPY fact_shipment TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM own",
        "SELECT frm",
    ],
)
def test_it_answers_questions_and_nothing_else(built, sql):
    with pytest.raises(KitError, match="warehouse"):
        built.query(sql)
    assert built.reconcile()["agrees"].all()


# --- views ---------------------------------------------------------------------------------------

LEVELS = ["year", "quarter", "month", "family", "product", "market", "origin_region", "origin_city"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(LEVELS), max_size=3, unique=True),
    st.sampled_from([None, "market", "family", "origin_region"]),
    st.data(),
)
def test_any_view_is_what_pandas_says(built, parcels, by, cut, data):
    view = olap.view(built, by, ["parcels", "revenue", "late", "on_time", "customers"])
    kept = parcels
    if cut:
        members = [m for m in view.members(cut) if m != "unknown"]
        chosen = data.draw(st.lists(st.sampled_from(members), min_size=1, unique=True))
        view, kept = view.dice(**{cut: chosen}), kept[kept[cut].isin(chosen)]
    keys = by or [np.zeros(len(kept))]
    groups = kept.groupby(keys)
    expected = pd.DataFrame(
        {
            "parcels": groups.size(),
            "revenue": groups["fee"].sum(),
            "late": groups["late"].sum(),
            "on_time": 1 - groups["late"].sum() / groups["due"].sum(),
            "customers": groups["customer_id"].nunique(),
        }
    )
    found = view.table()
    assert len(found) == max(len(expected), 0 if by else 1)
    if by:
        assert [list(row) for row in found[by].itertuples(index=False)] == [
            [*key] if isinstance(key, tuple) else [key] for key in expected.index
        ]
    if len(expected):
        for name in expected:
            np.testing.assert_allclose(found[name].to_numpy(float), expected[name], rtol=1e-9)


def test_rolling_up_and_drilling_down_are_inverse_and_keep_the_total(built):
    view = olap.view(built, ["month", "market"], ["parcels", "revenue"])
    wider = view.roll_up("date")
    assert wider.by == ("quarter", "market")
    assert wider.drill_down("date") == view
    assert view.roll_up("date").roll_up("date").roll_up("date").by == ("market",)
    for one in (view, wider, wider.roll_up("date")):
        assert one.table()["parcels"].sum() == view.total()["parcels"][0]


def test_drilling_into_a_new_hierarchy_begins_at_its_widest_level(built):
    assert olap.view(built, "year").drill_down("origin").by == ("year", "origin_region")


def test_a_slice_is_a_dice_of_one_and_leaves_the_view(built):
    view = olap.view(built, ["year", "family"], "parcels")
    cut = view.slice("year", 2025)
    assert cut.by == ("family",)
    diced = view.dice(year=2025).table()
    assert list(cut.table()["parcels"]) == list(diced["parcels"])
    assert set(diced["year"]) == {2025}


def test_pivoting_moves_an_attribute_across_and_keeps_every_number(built, parcels):
    view = olap.view(built, ["quarter", "market"], "parcels").pivot("market")
    table = view.table().set_index("quarter")
    expected = parcels.pivot_table(index="quarter", columns="market", values="fee", aggfunc="count")
    np.testing.assert_allclose(table.to_numpy(float), expected.to_numpy(float))
    assert list(table.columns) == list(expected.columns)
    back = view.pivot("quarter")
    assert (back.by, back.across) == (("market",), "quarter")


def test_dicing_twice_keeps_what_both_keep(built):
    view = olap.view(built, "market", "parcels").dice(market=["personal", "enterprise"])
    assert list(view.dice(market=["personal", "cross_border"]).table()["market"]) == ["personal"]
    with pytest.raises(KitError, match="Nothing of market is left"):
        view.dice(market="cross_border")


def test_the_sql_that_is_shown_is_the_sql_that_is_asked(built):
    view = olap.view(built, ["year", "origin_region"], ["parcels"]).dice(family=["inter_city"])
    pd.testing.assert_frame_equal(built.query(view.sql), view.table())
    assert "origin.region" in view.sql
    assert "IN ('inter_city')" in view.sql


def test_a_quotation_mark_in_a_value_stays_a_value(built):
    with pytest.raises(KitError, match="never is"):
        olap.view(built, "family").slice("family", "' OR 1=1 --")


@pytest.mark.parametrize("attribute", olap.attributes())
def test_every_attribute_splits_all_parcels(built, attribute):
    table = olap.view(built, attribute, "parcels").table()
    assert table["parcels"].sum() == built.loaded["shipments"]
    assert table[attribute].is_unique


def test_every_measure_can_be_reckoned_over_every_hierarchy(built):
    everything = olap.view(built, (), olap.measures())
    assert everything.table().notna().all(axis=None)
    for name, (widest, *_) in content("crm/warehouse")["hierarchies"].items():
        view = everything.drill_down(name)
        assert view.by == (widest,)
        assert set(view.table().columns) == {widest, *olap.measures()}


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda v: v.slice("marke", "x"), "Did you mean: market"),
        (lambda v: v.slice("market", "persnal"), "Did you mean: personal"),
        (lambda v: v.dice(market=[]), "Nothing of market is left"),
        (lambda v: v.roll_up("home"), "Drill down into home first"),
        (lambda v: v.roll_up("time"), "no hierarchy time"),
        (lambda v: v.drill_down("date").drill_down("date"), "day is the narrowest level"),
        (lambda v: v.pivot("customer"), "more than 60 values"),
        (lambda v: olap.view(v.warehouse, "year", "profit"), "measure"),
        (lambda v: olap.view(v.warehouse, "year", []), "measure"),
    ],
)
def test_a_slip_is_answered_by_a_sentence(built, ask, said):
    with pytest.raises(KitError, match=said):
        ask(olap.view(built, ["month", "market"]))


def test_the_learners_door_leads_here():
    assert crm.warehouse is warehouse
    assert crm.olap is olap
