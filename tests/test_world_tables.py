"""Promise: tables are what their declaration says, and nobody real is in them."""

import pandas as pd
import pytest

from kdcourse.texts import LANGUAGES, KitError
from kdcourse.world.calibration import average, calibrate
from kdcourse.world.declarations import GROUPS
from kdcourse.world.tables import dictionary, display_names, faults, table, tables
from kdcourse.world.world import World


@pytest.fixture(scope="module")
def world():
    return World(seed=11, customers=400, months=12)


def test_every_table_of_a_world_is_as_declared(world):
    for name, frame in world.tables.items():
        assert list(frame) == [column.name for column in table(name).columns]
        assert list(faults(name, frame, world.load)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.assign(weight_kg=-1.0), "weight_kg"),
        (lambda f: f.assign(product_id="rocket"), "product_id"),
        (lambda f: f.assign(customer_id="C9999999"), "customer_id"),
        (lambda f: f.assign(waybill_no="LY1"), "waybill_no"),
        (lambda f: f.assign(promised_at=pd.NaT), "promised_at"),
        (lambda f: pd.concat([f, f.head(1)]), "LY"),
        (lambda f: f.drop(columns="fee"), "fee"),
    ],
)
def test_what_is_not_as_declared_is_named(world, change, says):
    found = list(faults("shipments", change(world.tables["shipments"]), world.load))
    assert found
    assert any(says in sentence for sentence in found)


def test_people_and_firms_are_recognisably_invented(world):
    customers = world.tables["customers"]
    assert customers["phone"].str.startswith("154").all()
    assert customers["phone"].is_unique
    firms = customers[customers["legal_kind"] == "enterprise"]
    assert firms["name"].str.endswith("有限公司").all()
    assert customers["name"].str.fullmatch(r"[一-鿿]+").all()


def test_every_code_has_a_name_in_both_languages():
    for declared in tables().values():
        for column in declared.columns:
            if column.type == "category":
                for lang in LANGUAGES:
                    assert all(display_names(declared.name, column.name, lang).values())


def test_every_declared_value_occurs_somewhere():
    large = World(seed=1, customers=3000)
    for name, frame in large.tables.items():
        for column in table(name).columns:
            missing = set(column.values) - set(frame[column.name]) if column.values else set()
            assert not missing, (name, column.name)


def test_declarations_refer_to_what_there_is():
    for declared in tables().values():
        assert declared.folder in GROUPS
        assert {*declared.key} <= {column.name for column in declared.columns}
        assert (declared.folder == "raw") == (declared.clean_of is not None)
        assert declared.clean_of is None or declared.clean_of in tables()
        for column in declared.columns:
            assert column.nature in ("synthetic", "fact", "assumption", "personal")
            assert column.memory
            if column.refers:
                there, name = column.refers.split(".")
                assert name in {column.name for column in table(there).columns}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_dictionary_names_every_column(lang):
    text = dictionary(lang)
    for declared in tables().values():
        assert f"## {declared.name}\n" in text
        for column in declared.columns:
            assert f"| `{column.name}` |" in text


def test_an_unknown_table_is_named_with_the_known_ones(world):
    with pytest.raises(KitError, match="shipments"):
        world.load("shipment")


def test_a_loaded_table_is_the_readers_own(world):
    mine = world.load("products")
    mine["base_fee"] = 0.0
    assert (world.load("products")["base_fee"] > 0).all()


def test_the_carrier_is_near_the_trade():
    rows = average([World(seed=seed) for seed in range(4)])
    far = rows[(rows["ours"] < rows["low"]) | (rows["ours"] > rows["high"])]
    assert far.empty, far
    published = rows["target"].notna()
    assert (rows["low"] < rows["target"])[published].all()
    assert (rows["target"] < rows["high"])[published].all()


def test_the_default_world_is_near_the_trade():
    assert [row.name for row in calibrate(World()) if not row.near] == []
