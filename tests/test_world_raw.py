"""Promise: the customers as typed in hold every slip of daily work, and the truth knows each."""

import re
import unicodedata

import numpy as np
import pandas as pd
import pytest

from kdcourse.texts import content
from kdcourse.world.records.raw_customers import raw_truth
from kdcourse.world.tables import faults, table, to_csv
from kdcourse.world.world import World

TOML = content("world/people")["raw"]


@pytest.fixture(scope="module")
def world():
    return World(seed=3, customers=3000)


@pytest.fixture(scope="module")
def rows(world):
    """The rows beside what is true of them and how they should be."""
    raw = world.tables["raw_customers"]
    truth = raw_truth(world.stories[0])
    assert list(truth["raw_id"]) == list(raw["raw_id"])
    customers = world.tables["customers"].add_prefix("clean_")
    beside = raw.merge(truth, on="raw_id").merge(
        customers, how="left", left_on="customer_id", right_on="clean_customer_id"
    )
    return beside.assign(slips=beside["faults"].str.split())


def has(rows, slip):
    return rows["slips"].map(lambda slips: slip in slips)


@pytest.mark.parametrize("size", [(1, 1200, 24), (2, 60, 3), (3, 1, 1)])
def test_the_rows_are_as_declared(size):
    world = World(*size)
    assert list(faults("raw_customers", world.tables["raw_customers"], world.load)) == []
    assert table("raw_customers").clean_of == "customers"
    assert all(column.type == "text" for column in table("raw_customers").columns)


def test_every_customer_is_there_once_as_first(world, rows):
    firsts = rows[rows["first"]]["customer_id"]
    assert sorted(firsts) == sorted(world.tables["customers"]["customer_id"])
    copies = rows["customer_id"].dropna().value_counts()
    shares = (copies.value_counts() / len(copies)).sort_index()
    assert list(shares.index) == [1, 2, 3]
    assert np.allclose(shares, TOML["copies"], atol=0.03)
    assert (has(rows, "doubled") == (~rows["first"] & rows["customer_id"].notna())).all()
    assert (has(rows, "junk") == rows["customer_id"].isna()).all()


def test_every_slip_occurs_as_often_as_set(rows):
    real = rows[rows["customer_id"].notna()]
    firm = ~real["clean_legal_kind"].isin(["individual", "household"])
    for slip in ("name_blanks", "phone_missing", "date_form", "market_word", "email_missing"):
        assert has(real, slip).mean() == pytest.approx(TOML[slip], abs=0.03), slip
    assert has(real, "unit")[firm].mean() == pytest.approx(TOML["unit"], abs=0.03)
    for slip in ("name_misspelt", "name_short", "phone_form", "phone_wide", "phone_cut", "swapped"):
        assert has(real, slip).sum() > 20, slip
    assert has(rows, "junk").sum() >= 5


def test_without_its_slips_a_row_is_the_customers(rows):
    untouched = rows[
        ~rows["slips"].map(lambda slips: bool({"swapped", "junk"} & set(slips)))
    ]  # fmt: skip
    for column, slips in {
        "name": {"name_misspelt", "name_short", "name_blanks"},
        "phone": {"phone_missing", "phone_cut", "phone_form", "phone_wide"},
        "address": {"address_short"},
    }.items():
        touched = untouched["slips"].map(lambda s, slips=slips: bool(slips & set(s)))
        same = untouched[column] == untouched[f"clean_{column}"]
        assert (same == ~touched).all(), column


def cleaned_phone(text):
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    return digits.removeprefix("86")


def test_phones_of_every_form_can_be_read_again(rows):
    rows = rows[rows["phone"].notna() & ~has(rows, "swapped") & ~has(rows, "junk")]
    whole = rows[~has(rows, "phone_cut")]
    assert (whole["phone"].map(cleaned_phone) == whole["clean_phone"]).all()
    cut = rows[has(rows, "phone_cut")]
    assert (cut["phone"].map(cleaned_phone).str.len() == 10).all()
    swapped = rows[has(rows, "swapped")]
    assert (swapped["name"].map(cleaned_phone) == swapped["clean_phone"]).all()


def cleaned_day(text):
    if text.isdigit():
        return pd.Timestamp("1899-12-30") + pd.Timedelta(days=int(text))
    if found := re.fullmatch(r"(\d{2})\.(\d{2})\.(\d{4})", text):
        day, month, year = map(int, found.groups())
        return pd.Timestamp(year, month, day)
    return pd.Timestamp(*map(int, re.findall(r"\d+", text)))


def test_dates_and_parcels_of_every_form_can_be_read_again(world, rows):
    real = rows[rows["customer_id"].notna()]
    assert (real["opened"].map(cleaned_day) == real["clean_created_on"]).all()
    forms = real["opened"].str.replace(r"\d", "0", regex=True).value_counts()
    assert len(forms) == 5
    said = world.tables["organisations"].set_index("customer_id")["monthly_parcels"]
    firms = real[real["monthly_parcels"].notna()]
    text, wanted = firms["monthly_parcels"], firms["customer_id"].map(said)
    number = text.str.extract(r"([\d.]+)")[0].astype(float)
    factor = np.where(text.str.endswith("百件"), 100, np.where(text.str.endswith("年"), 1 / 12, 1))
    assert np.allclose(number * factor, wanted)
    assert set(firms["customer_id"]) == set(said.index)


def test_joining_on_the_raw_telephone_alone_misses_and_cleaning_finds(rows):
    """The exercise is worth it: rows of one customer meet only after cleaning."""
    pairs = rows[rows["customer_id"].map(rows["customer_id"].value_counts()) > 1]
    pairs = pairs.dropna(subset=["customer_id", "phone"])
    by_hand = pairs.groupby("customer_id")["phone"].nunique()
    cleaned = pairs["phone"].map(cleaned_phone).groupby(pairs["customer_id"]).nunique()
    assert (by_hand > 1).mean() > 0.3
    assert (cleaned > 1).mean() < 0.5 * (by_hand > 1).mean()
    names = rows["name"].dropna()
    assert names.duplicated().sum() > 20  # and namesakes must not be taken for one


def test_order_and_numbers_do_not_give_the_customer_away(rows):
    number = rows["customer_id"].dropna().str[1:].astype(int)
    assert abs(number.corr(pd.Series(range(len(rows)))[number.index])) < 0.06
    assert rows["raw_id"].is_unique


def test_more_customers_leave_earlier_rows_as_they_were():
    small, large = (World(seed=4, customers=n, months=12) for n in (300, 400))
    part, whole = small.tables["raw_customers"], large.tables["raw_customers"]
    kept = whole[whole["raw_id"].isin(part["raw_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, part)
    assert to_csv("raw_customers", kept) == to_csv("raw_customers", part)
