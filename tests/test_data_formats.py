"""Promise: a cell means what its writer meant, in every usual form, and is never guessed at."""

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.texts import KitError
from kdcourse.world import cells
from kdcourse.world.cells import UnreadableError
from kdcourse.world.columns import read_column
from kdcourse.world.declarations import Column
from kdcourse.world.encodings import encoding_of
from kdcourse.world.findings import canonical
from kdcourse.world.formats import Formula, Mistake, open_table
from kdcourse.world.names import _letters, tidy
from tests.data_samples import cells as rows_of
from tests.data_samples import declared_here, export

MEANING = {"en": "", "zh-CN": ""}


def column(kind, **about):
    return Column("it", kind, MEANING, **about)


# --- cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value", "how"),
    [
        ("1250.5", 1250.5, None),
        ("-3", -3.0, None),
        (7, 7.0, None),
        (Decimal("1.25"), 1.25, None),
        ("1,250.50", 1250.5, "note-thousands"),
        ("1 250 000", 1250000.0, "note-thousands"),
        ("1，250", 1250.0, "note-thousands"),
        ("12'345.6", 12345.6, "note-thousands"),
        ("1.5E+3", 1500.0, "note-scientific"),
        ("１２．５", 12.5, "note-full-width"),
        (" 12 ", 12.0, "note-blanks"),
    ],
)
def test_numbers(cell, value, how):
    assert cells.number(cell) == (value, how)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "12a",
        "1,25",
        "1,2500",
        "1,250 000",
        "1.2.3",
        "inf",
        float("inf"),
        "nan",
        "3kg",
        "9" * 400,
        "1E999",
        True,
    ],
)
def test_what_is_no_number(cell):
    with pytest.raises(UnreadableError):
        cells.number(cell)


def test_whole_numbers():
    assert cells.integer("1,250") == (1250, "note-thousands")
    assert cells.integer("3.0") == (3, "note-decimals")
    assert cells.integer(3.0) == (3, None)
    with pytest.raises(UnreadableError, match="fault-not-whole"):
        cells.integer("3.5")


@pytest.mark.parametrize("cell", ["1", 1, 1.0, True, "TRUE", "yes", "Y", "是"])
def test_flags(cell):
    value, how = cells.flag(cell)
    assert value is True
    assert (how is None) == (cell not in ("TRUE", "yes", "Y", "是"))


NOON = datetime(2024, 1, 31, 12, 0)


@pytest.mark.parametrize(
    ("cell", "how"),
    [
        ("2024-01-31 12:00", None),
        (NOON, None),
        (pd.Timestamp(NOON), None),
        ("2024-01-31 12:00:00", "note-date-form"),
        ("2024-01-31T12:00", "note-date-form"),
        ("2024/1/31 12:00", "note-date-form"),
        ("31.01.2024 12:00", "note-date-form"),
        ("31.1.2024 12:00:00", "note-date-form"),
        ("2024年1月31日 12:00", "note-date-form"),
        ("45322.5", "note-serial"),
        (45322.5, "note-serial"),
    ],
)
def test_moments(cell, how):
    assert cells.time(cell) == (NOON, how)


@pytest.mark.parametrize(
    ("cell", "how"),
    [
        ("2024-01-31", None),
        (date(2024, 1, 31), None),
        (datetime(2024, 1, 31), None),
        ("2024/1/31", "note-date-form"),
        ("2024-1-31", "note-date-form"),
        ("31.01.2024", "note-date-form"),
        ("2024年1月31日", "note-date-form"),
        ("20240131", "note-date-form"),
        ("2024-01-31 00:00:00", "note-date-form"),
        ("45322", "note-serial"),
        (45322, "note-serial"),
    ],
)
def test_days(cell, how):
    assert cells.day(cell) == (datetime(2024, 1, 31), how)


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("01/02/2024", "fault-ambiguous-date"),
        ("1-2-24", "fault-ambiguous-date"),
        ("2024-02-30", "fault-no-such-date"),
        ("2023/2/29", "fault-no-such-date"),
        ("2024-01-31 12:30", "fault-not-a-day"),
        ("12345", "fault-not-date"),
        ("soon", "fault-not-date"),
        (True, "fault-not-date"),
    ],
)
def test_what_is_no_day(cell, fault):
    with pytest.raises(UnreadableError, match=fault):
        cells.day(cell)


def test_a_phone_number_comes_back_from_a_number_and_not_from_a_shortened_one():
    phone = column("text", pattern=r"154\d{8}")
    assert cells.text(phone, 15412345678.0) == ("15412345678", "note-number-for-text")
    assert cells.text(phone, "１５４12345678") == ("15412345678", "note-full-width")
    with pytest.raises(UnreadableError, match="fault-shortened"):
        cells.text(phone, "1.54123E+10")


# --- columns ----------------------------------------------------------------------------------

VALUES = {
    "number": st.decimals(-(10**9), 10**9, places=2, allow_nan=False).map(float),
    "integer": st.integers(-(10**14), 10**14),
    "flag": st.booleans(),
    "date": st.dates(date(1950, 1, 1), date(2099, 12, 31)).map(
        lambda d: datetime(d.year, d.month, d.day)
    ),
    "time": st.datetimes(datetime(1950, 1, 1), datetime(2099, 12, 31)).map(
        lambda t: t.replace(second=0, microsecond=0)
    ),
}


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_what_is_written_as_it_should_be_is_read_without_a_note(kind, data):
    declared = column(kind, decimals=2)
    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=20))
    texts = [canonical(declared, pd.NA if value is None else value) or None for value in values]
    read = read_column("none", declared, pd.Series(texts, dtype="str"), typed=False)
    assert read.oddities == {}
    assert [None if pd.isna(value) else value for value in read.values] == values


@pytest.mark.parametrize("kind", ["number", "integer", "flag", "date", "time"])
@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=10))
def test_any_text_is_read_or_named_and_never_raises(kind, texts):
    declared = column(kind)
    series = pd.Series(texts, dtype="str").replace("", None)
    read = read_column("none", declared, series, typed=False)
    unread = read.values.isna() & series.notna()
    named = {at for positions in read.oddities.values() for at in positions}
    assert {int(at) for at in unread.to_numpy().nonzero()[0]} <= named


def test_excels_cells_keep_what_they_are():
    given_ = pd.Series(
        [1.5, "2.5", Formula("=A1", 3.5), Formula("=A1", None), Mistake("#REF!"), True, None, "-"],
        dtype=object,
    )
    read = read_column("none", column("number"), given_, typed=True)
    assert read.values.tolist()[:3] == [1.5, 2.5, 3.5]
    assert read.values[3:].isna().all()
    assert read.oddities == {
        "note-as-text": [1],
        "note-formula": [2],
        "fault-formula": [3],
        "fault-error-cell": [4],
        "fault-not-number": [5],
        "note-nothing": [7],
    }
    assert sorted(read.unreadable) == [3, 4, 5]


def test_whole_numbers_with_gaps_stay_whole():
    read = read_column("none", column("integer"), pd.Series([1.0, None, 3.0]), typed=True)
    assert read.values.dtype == "Int64"
    assert read.oddities == {}


# --- encodings --------------------------------------------------------------------------------

CHINESE = "customer_id,name\n" + "".join(
    f"C{number:07},{name}\n" for number, name in enumerate(["赵伟", "钱芳", "孙丽娜", "王小明"])
)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf_16"),
    ],
)
def test_encodings(tmp_path, encoding, found):
    path = tmp_path / "file.csv"
    path.write_bytes(CHINESE.encode(encoding))
    assert encoding_of(path) == found


@pytest.mark.parametrize("words", ["甲", "李娜", "蓝雁速运有限公司", "，。", "堃喆"])
def test_gbk_is_told_from_few_words(tmp_path, words):
    path = tmp_path / "file.csv"
    path.write_bytes(f"id,name\n1,{words * 3}\n".encode("gbk"))
    assert encoding_of(path) == "gb18030"


def test_traditional_chinese_of_big5_is_not_taken_for_gbk(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(("編號,姓名,電話\n" + "客戶,國際快遞,運費,重量,臺北\n" * 5).encode("big5"))
    assert encoding_of(path) == "big5"


def test_plain_letters_are_utf_8(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(b"id,name\n1,Anna\n")
    assert encoding_of(path) == "utf-8"


@pytest.mark.parametrize("junk", [b"\xff", b"\xe8\xb5", b"\x80\x81"])
def test_a_damaged_file_is_not_taken_for_one_of_another_encoding(tmp_path, junk):
    path = tmp_path / "file.csv"
    path.write_bytes(CHINESE.encode() + b"C0000009," + junk + b"\n")
    assert encoding_of(path) is None


# --- names ------------------------------------------------------------------------------------


def test_names_are_one_however_they_are_spelled():
    assert {
        tidy(name) for name in ("weight_kg", " Weight KG", "WEIGHT-KG", "ｗｅｉｇｈｔ＿ｋｇ")
    } == {"weight_kg"}


def test_columns_are_called_as_spreadsheets_do():
    assert [_letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_columns_may_stand_in_any_order(tmp_path):
    with declared_here(tmp_path / "declared"):
        path = export(tmp_path, "customers", lambda rows: [row.reverse() for row in rows])
        source = open_table("customers", path)
        ((numbers, read),) = source.chunks()
        assert numbers.tolist() == list(range(2, 62))
        assert read["customer_id"].tolist() == [row[0] for row in rows_of("customers")[1:]]
        assert (source.names.faults, source.names.notes) == ([], [])


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with declared_here(tmp_path / "declared"), pytest.raises(KitError, match=r"no\.csv"):
        open_table("customers", tmp_path / "no.csv")
