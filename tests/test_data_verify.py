"""Promise: a fault in a table is named by table, row and column; a mere spelling is no fault."""

import re
import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl import Workbook

from kdcourse.cli import run
from kdcourse.texts import LANGUAGES, content, say, speaking
from kdcourse.world.exports import format_named
from kdcourse.world.files import write
from kdcourse.world.verify import examine
from tests.data_samples import (
    DECLARED,
    PARCELS,
    cells,
    declared_here,
    export,
    samples,
    whole_export,
)

NAMES = tomllib.loads(DECLARED["shipments"])["columns"]


@pytest.fixture(autouse=True)
def _three_tables(tmp_path_factory):
    with declared_here(tmp_path_factory.mktemp("declared")):
        yield


#: As Chinese keyboards write digits.
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def place(column):
    return list(NAMES).index(column)


def put(column, value, row=5):
    """Return an edit that puts a value into a row, counted as a spreadsheet does."""

    def edit(rows):
        rows[row - 1][place(column)] = value

    return edit


def change(column, make):
    """Return an edit of all values of a column."""

    def edit(rows):
        for row in rows[1:]:
            row[place(column)] = make(row[place(column)])

    return edit


def examined(folder, edit=len, **options):
    whole_export(folder)
    export(folder, edit=edit, **options)
    return examine(folder)


def test_a_good_export_has_no_fault_and_no_note(tmp_path):
    report = examined(tmp_path)
    assert (report.faults, report.notes) == ([], [])
    assert report.tables == sorted(DECLARED)


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("weight_kg", "heavy", "fault-not-number"),
        ("weight_kg", "3 kg", "fault-not-number"),
        ("weight_kg", "inf", "fault-not-number"),
        ("weight_kg", "-1.00", "fault-too-low"),
        ("weight_kg", "", "fault-empty"),
        ("waybill_no", "LY12", "fault-pattern"),
        ("waybill_no", "1.23457E+11", "fault-shortened"),
        ("customer_id", "C9999999", "fault-no-such"),
        ("product_id", "rocket", "fault-not-allowed"),
        ("destination", "XXX", "fault-no-such"),
        ("pieces", "1.5", "fault-not-whole"),
        ("accepted_at", "2024-02-30 10:00", "fault-no-such-date"),
        ("accepted_at", "01/02/2024 10:00", "fault-ambiguous-date"),
        ("accepted_at", "yesterday", "fault-not-date"),
        ("lost", "2", "fault-not-flag"),
    ],
)
def test_a_fault_is_named_by_table_row_and_column(tmp_path, column, value, key):
    report = examined(tmp_path, put(column, value))
    (fault,) = [fault for fault in report.faults if column in fault]
    # The sentence of that kind, not another that happens to name the column.
    pattern = content("messages/verify")[key]["en"]
    assert fault.startswith(f"shipments, row 5, {column}: ")
    assert pattern.rpartition("}")[2] in fault
    assert value in fault


def test_a_value_outside_its_codes_is_named_with_the_codes(tmp_path):
    def edit(rows):
        rows[3][rows[0].index("market_type")] = "martian"

    export(tmp_path, "customers", edit)
    faults = examine(tmp_path).faults
    assert [f for f in faults if "row 4, market_type" in f and "martian" in f and "personal" in f]


@pytest.mark.parametrize(
    ("column", "make", "note"),
    [
        ("weight_kg", lambda v: f"1,{v.zfill(6)}", "note-thousands"),
        ("weight_kg", lambda v: f" {v}", "note-blanks"),
        ("weight_kg", lambda v: v.translate(FULL_WIDTH), "note-full-width"),
        ("weight_kg", lambda v: f"{float(v):E}", "note-scientific"),
        ("accepted_at", lambda v: v.replace("-", "/"), "note-date-form"),
        ("accepted_at", lambda v: f"{v[8:10]}.{v[5:7]}.{v[:4]}{v[10:]}", "note-date-form"),
        ("accepted_at", lambda v: v + ":00", "note-date-form"),
        ("accepted_at", lambda v: f"{serial(v):.6f}", "note-serial"),
        ("lost", lambda v: "是" if v == "1" else "否", "note-flag-word"),
        ("lost", lambda v: "TRUE" if v == "1" else "FALSE", "note-flag-word"),
        ("delivered_at", lambda v: v or "NULL", "note-nothing"),
        ("product_id", str.upper, "note-name-for-code"),
    ],
)  # fmt: skip
def test_another_spelling_is_a_note_and_not_a_fault(tmp_path, column, make, note):
    report = examined(tmp_path, change(column, make))
    assert report.faults == []
    (said,) = report.notes
    assert said.startswith(f"shipments.{column}: ")
    assert content("messages/verify")[note]["en"].split("}")[2].split("{")[0] in said


def serial(text):
    """Return the number that Excel keeps for a moment."""
    return (pd.Timestamp(text) - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)


def test_a_note_shows_the_value_and_what_it_should_be(tmp_path):
    export(tmp_path, edit=put("fee", "1,250.5"))
    (note,) = [note for note in examine(tmp_path).notes if "fee" in note]
    assert '"1,250.5"' in note
    assert "1250.50" in note
    assert "row 5" in note


def test_chinese_display_names_are_read_as_their_codes(tmp_path):
    def edit(rows):
        at = rows[0].index("market_type")
        for row in rows[1:]:
            row[at] = {"personal": "个人", "enterprise": "企业"}[row[at]]

    whole_export(tmp_path)
    export(tmp_path, "customers", edit)
    report = examine(tmp_path)
    assert report.faults == []
    (note,) = report.notes
    assert note.startswith("customers.market_type: 60 ")
    assert '"企业"; readable, but should be enterprise' in note


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("gbk", "GBK"), ("gb18030", "GBK"), ("utf-16", "UTF-16")],
)
def test_an_encoding_of_excel_is_recognised_and_said(tmp_path, encoding, said):
    whole_export(tmp_path)
    export(tmp_path, "customers", encoding=encoding)
    report = examine(tmp_path)
    assert report.faults == []
    (note,) = report.notes
    assert said in note
    assert "customers.csv" in note


def test_utf_8_with_its_mark_is_as_good(tmp_path):
    whole_export(tmp_path)
    export(tmp_path, "customers", encoding="utf-8-sig")
    report = examine(tmp_path)
    assert (report.faults, report.notes) == ([], [])


def test_a_damaged_character_is_found_and_the_rest_examined(tmp_path):
    path = export(tmp_path, "customers")
    rows = path.read_bytes().split(b"\r\n")
    names = rows[0].decode().split(",")
    fields = rows[6].split(b",")
    fields[names.index("name")] = fields[names.index("name")][:-1]  # half a character
    rows[6] = b",".join(fields)
    path.write_bytes(b"\r\n".join(rows))
    faults = [fault for fault in examine(tmp_path).faults if "encoding" in fault]
    assert [fault.partition(":")[0] for fault in faults] == ["customers, row 7, name"]


def test_missing_misspelled_and_strange_columns(tmp_path):
    def edit(rows):
        rows[0][place("weight_kg")] = "weight"
        rows[0][place("fee")] = "mood"

    faults = [fault for fault in examined(tmp_path, edit).faults if fault.startswith("shipments:")]
    assert len(faults) == 3
    assert any("weight_kg is missing" in fault and '"weight"' in fault for fault in faults)
    assert any("fee is missing" in fault for fault in faults)
    assert any('"mood"' in fault for fault in faults)


def test_a_column_twice_is_named_by_its_letters(tmp_path):
    def edit(rows):
        for row in rows:
            row.append(row[place("fee")])

    (fault,) = examined(tmp_path, edit).faults
    assert "twice" in fault


def test_names_spelled_in_capitals_are_a_note(tmp_path):
    report = examined(tmp_path, lambda rows: rows.__setitem__(0, [n.upper() for n in rows[0]]))
    assert report.faults == []
    assert len(report.notes) == len(NAMES)


def test_a_title_above_the_names_is_a_note_and_rows_keep_their_numbers(tmp_path):
    def edit(rows):
        put("weight_kg", "heavy")(rows)
        rows.insert(0, ["Parcels of 2024"])
        rows.insert(1, [])

    report = examined(tmp_path, edit)
    assert [fault.partition(":")[0] for fault in report.faults] == ["shipments, row 7, weight_kg"]
    assert any("row 3" in note for note in report.notes)


def test_a_file_without_names_is_said(tmp_path):
    (fault,) = [f for f in examined(tmp_path, lambda rows: rows.pop(0)).faults if "row 1" in f]
    assert "waybill_no" in fault


def test_a_key_twice_names_both_rows(tmp_path):
    faults = examined(tmp_path, lambda rows: rows.append(rows[3])).faults
    (fault,) = faults
    assert f"row {PARCELS + 2}:" in fault
    assert "row 4" in fault
    assert cells("shipments")[3][0] in fault


def test_rows_too_long_or_short_are_named(tmp_path):
    def edit(rows):
        rows[2].append("more")
        rows[4].pop()

    faults = [fault for fault in examined(tmp_path, edit).faults if "cells where" in fault]
    assert [fault.partition(":")[0] for fault in faults] == ["shipments, row 3", "shipments, row 5"]


def test_empty_rows_and_empty_columns_at_the_end_do_no_harm(tmp_path):
    def edit(rows):
        for row in rows:
            row += ["", ""]
        rows.insert(3, [""] * len(rows[0]))
        rows.append([""] * len(rows[0]))

    report = examined(tmp_path, edit)
    assert report.faults == []
    (note,) = report.notes
    assert "row 4" in note
    assert "1 empty row" in note


def test_a_quotation_mark_left_open_is_said(tmp_path):
    path = export(tmp_path, edit=put("waybill_no", "LY1"))
    text = path.read_text().replace("LY1,", '"LY1,', 1)
    path.write_text(text + "x" * 200_000)
    assert any("quotation mark" in fault for fault in examine(tmp_path).faults)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_another_separator_is_a_note(tmp_path, delimiter):
    whole_export(tmp_path)
    path = tmp_path / "shipments.csv"
    path.write_text(path.read_text().replace(",", delimiter))
    report = examine(tmp_path)
    assert report.faults == []
    assert len(report.notes) == 1


def test_of_many_faults_the_first_are_listed_and_the_rest_counted(tmp_path):
    report = examined(tmp_path, change("weight_kg", lambda _: "-1"))
    rows = PARCELS
    assert len([f for f in report.faults if "row" in f and "weight_kg" in f]) == 5
    assert any(f"{rows - 5} more" in fault for fault in report.faults)
    every = examine(tmp_path, every=True)
    assert len([f for f in every.faults if "weight_kg" in f]) == rows


def test_a_table_that_others_refer_to_may_be_absent(tmp_path):
    export(tmp_path)
    report = examine(tmp_path)
    assert report.faults == []
    assert any("customers.customer_id" in note for note in report.notes)


# --- Excel and Parquet ------------------------------------------------------------------------


def workbook(folder, edit=lambda page: None, name="shipments", sheet="Sheet1"):
    """Write a table as Excel does: numbers as numbers, moments as moments."""
    frame = samples()[name].astype(object)
    book = Workbook()
    page = book.active
    page.title = sheet
    page.append(list(frame))
    for row in frame.itertuples(index=False):
        page.append([None if pd.isna(value) else value for value in row])
    edit(page)
    path = folder / f"{name}.xlsx"
    book.save(path)
    return path


def in_excel(folder, edit=lambda page: None, **options):
    whole_export(folder)
    (folder / "shipments.csv").unlink()
    workbook(folder, edit, **options)
    return examine(folder)


def cell(page, column, row=5):
    return page.cell(row, place(column) + 1)


def test_a_good_workbook_has_no_fault_and_no_note(tmp_path):
    report = in_excel(tmp_path)
    assert (report.faults, report.notes) == ([], [])


def test_a_formula_without_a_result_is_a_fault(tmp_path):
    def edit(page):
        cell(page, "fee").value = "=B2*2"

    (fault,) = in_excel(tmp_path, edit).faults
    assert fault.startswith("shipments, row 5, fee: ")
    assert "=B2*2" in fault


def test_a_formula_with_a_result_is_read_and_noted(tmp_path):
    whole_export(tmp_path)
    (tmp_path / "shipments.csv").unlink()
    xlsxwriter = pytest.importorskip("xlsxwriter")
    frame = samples()["shipments"]
    with xlsxwriter.Workbook(str(tmp_path / "shipments.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, list(frame))
        style = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for number, row in enumerate(frame.itertuples(index=False), start=1):
            for at, value in enumerate(row):
                if isinstance(value, pd.Timestamp):
                    page.write_datetime(number, at, value.to_pydatetime(), style)
                elif not pd.isna(value):
                    page.write(number, at, value)
        page.write_formula(8, place("fee"), "=1+1.5", None, 2.5)
        page.write_formula(9, place("fee"), "=1/0", None, "#DIV/0!")
    report = examine(tmp_path)
    (fault,) = report.faults
    assert fault.startswith("shipments, row 10, fee: ")
    assert "#DIV/0!" in fault
    (note,) = report.notes
    assert "row 9" in note
    assert "2.5" in note


def test_an_error_in_a_cell_is_a_fault(tmp_path):
    def edit(page):
        cell(page, "weight_kg").value = "#REF!"
        cell(page, "weight_kg").data_type = "e"

    (fault,) = in_excel(tmp_path, edit).faults
    assert "#REF!" in fault


def test_a_number_kept_as_text_is_a_note(tmp_path):
    def edit(page):
        cell(page, "weight_kg").value = "2.50"

    report = in_excel(tmp_path, edit)
    assert report.faults == []
    (note,) = report.notes
    assert "kept as text" in note


def test_a_date_without_its_format_is_a_note(tmp_path):
    def edit(page):
        cell(page, "accepted_at").value = serial("2024-01-31 14:05")
        cell(page, "accepted_at").number_format = "General"

    report = in_excel(tmp_path, edit)
    assert report.faults == []
    (note,) = report.notes
    assert "2024-01-31 14:05" in note


def test_a_merged_row_of_names_is_said_with_its_columns(tmp_path):
    def edit(page):
        page.merge_cells(start_row=1, end_row=1, start_column=2, end_column=3)

    faults = in_excel(tmp_path, edit).faults
    assert any("column C" in fault and "merged" in fault for fault in faults)
    assert any(f"{list(NAMES)[2]} is missing" in fault for fault in faults)


def test_a_phone_number_kept_as_a_number_is_a_note(tmp_path):
    whole_export(tmp_path)
    (tmp_path / "customers.csv").unlink()

    def edit(page):
        at = list(samples()["customers"]).index("phone") + 1
        for row in range(2, page.max_row + 1):
            if page.cell(row, at).value:
                page.cell(row, at).value = int(page.cell(row, at).value)

    workbook(tmp_path, edit, name="customers")
    report = examine(tmp_path)
    assert report.faults == []
    assert any("customers.phone" in note for note in report.notes)


def test_one_workbook_may_hold_many_tables(tmp_path):
    whole_export(tmp_path)
    one = workbook(tmp_path, sheet="shipments")
    (tmp_path / "shipments.csv").unlink()
    (tmp_path / "cities.csv").unlink()
    book = openpyxl.load_workbook(one)
    page = book.create_sheet("Cities")
    for row in cells("cities"):
        page.append(row)
    book.save(tmp_path / "export.xlsx")
    one.unlink()
    report = examine(tmp_path)
    assert report.faults == []
    assert {"shipments", "cities"} <= set(report.tables)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("shipments.xlsx", b"PK\x03\x04 torn"),
        ("shipments.parquet", b"PAR1"),
        ("shipments.csv", b""),
    ],
)
def test_a_torn_file_is_a_sentence(tmp_path, name, raw):
    (tmp_path / name).write_bytes(raw)
    report = examine(tmp_path)
    assert len(report.faults) == 1
    assert name in report.faults[0]


def test_excel_of_before_2007_is_said(tmp_path):
    (tmp_path / "shipments.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    assert "2007" in examine(tmp_path).faults[0]


def test_parquet_is_examined_like_the_others(tmp_path):
    whole_export(tmp_path)
    (tmp_path / "shipments.csv").unlink()
    frame = samples()["shipments"].copy()
    frame.loc[3, "weight_kg"] = -2.0
    frame["fee"] = frame["fee"].astype(str)
    frame["product_id"] = frame["product_id"].astype("category")
    frame["delivered_at"] = frame["delivered_at"].dt.tz_localize("UTC")
    frame.to_parquet(tmp_path / "shipments.parquet")
    report = examine(tmp_path)
    assert "shipments, row 4, weight_kg: -2.0 is below" in report.faults[0]
    assert all("delivered_at" in fault for fault in report.faults[1:])
    assert any("time zone" in fault for fault in report.faults)
    (note,) = report.notes
    assert "shipments.fee" in note


# --- folders ----------------------------------------------------------------------------------


def test_ours_is_held_against_its_checksums(tmp_path):
    write(samples(), tmp_path)
    assert examine(tmp_path).faults == []
    path = tmp_path / "lanyan" / "cities.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    (fault,) = examine(tmp_path).faults
    assert str(path) in fault
    assert "--force" in fault
    path.unlink()
    assert any("not there any more" in fault for fault in examine(tmp_path).faults)
    (tmp_path / "checksums.json").write_text("torn")
    assert any("checksums.json" in fault for fault in examine(tmp_path).faults)


def test_in_a_workspace_the_course_brings_the_original_back(tmp_path):
    (tmp_path / ".kdcourse").mkdir()
    write(samples(), tmp_path / "datasets")
    (tmp_path / "datasets" / "lanyan" / "cities.csv").write_text("city\n")
    assert any("kdcourse start" in fault for fault in examine(tmp_path / "datasets").faults)


def test_a_table_without_rows_has_no_keys_to_refer_to(tmp_path):
    whole_export(tmp_path)
    export(tmp_path, "customers", lambda rows: rows.__delitem__(slice(1, None)))
    report = examine(tmp_path)
    assert report.notes == []
    assert any(f"{PARCELS - 5} more" in fault for fault in report.faults)


def test_a_build_that_was_interrupted_is_said(tmp_path):
    write(samples(), tmp_path)
    (tmp_path / "lanyan" / "shipments.csv.part").write_bytes(b"waybill_no")
    assert any("interrupted" in fault for fault in examine(tmp_path).faults)


def test_a_table_twice_and_a_file_that_is_none(tmp_path):
    whole_export(tmp_path)
    workbook(tmp_path)
    (tmp_path / "holidays.csv").write_text("day\n")
    (tmp_path / "~$shipments.xlsx").write_bytes(b"")
    report = examine(tmp_path)
    assert [fault for fault in report.faults if "more than once" in fault]
    assert [note for note in report.notes if "holidays.csv" in note]


def test_one_file_alone(tmp_path):
    path = export(tmp_path, edit=put("weight_kg", "-1"))
    assert len(examine(path).faults) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_command_says_all_in_both_languages(tmp_path, capsys, lang, monkeypatch):
    monkeypatch.setenv("LC_ALL", lang.replace("-", "_") + ".UTF-8")
    whole_export(tmp_path)
    export(tmp_path, edit=put("weight_kg", "-1"))
    assert run(["data", "verify", str(tmp_path)]) == 1
    fault = capsys.readouterr().err
    with speaking(lang):
        fields = {"table": "shipments", "row": 5, "column": "weight_kg"}
        assert say("verify.fault-too-low", **fields, value="-1", low="0.01") in fault
    export(tmp_path, edit=put("weight_kg", "1,000.00"))
    assert run(["data", "verify", str(tmp_path)]) == 0
    assert "1000.00" in capsys.readouterr().out


def test_a_folder_that_is_not_there_or_empty(tmp_path, capsys):
    assert run(["data", "verify", str(tmp_path / "no")]) == 1
    assert run(["data", "verify", str(tmp_path)]) == 1
    assert "shipments" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_each_format_of_ours_is_read_without_a_note(tmp_path, form):
    kind = format_named(form)
    for name, frame in samples().items():
        passing = tmp_path / "passing"
        passing.mkdir(exist_ok=True)
        with (tmp_path / f"{name}.{form}").open("wb") as file:
            writer = kind.writer(name, file, passing)
            writer.add(kind.pack(name, frame))
            writer.close()
    report = examine(tmp_path)
    assert (report.faults, report.notes) == ([], [])
    assert set(report.tables) == set(DECLARED)


def test_rows_are_kept_apart_over_many_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("kdcourse.world.formats.CHUNK", 50)

    def edit(rows):
        rows[120][place("weight_kg")] = "-1"
        rows.append(rows[60])

    faults = examined(tmp_path, edit).faults
    assert any("row 121, weight_kg" in fault for fault in faults)
    assert any(f"row {PARCELS + 2}:" in f and "row 61" in f for f in faults)
    assert len(faults) == 2


def test_every_kind_of_finding_has_words():
    """What the readers of cells raise is in the messages, and each message is used."""
    import kdcourse.world

    sources = Path(kdcourse.world.__file__).parent.glob("*.py")
    used = set(
        re.findall(
            r'"(?:verify\.)?((?:fault|note)-[a-z-]+)"', "".join(map(Path.read_text, sources))
        )
    )
    rules = {f"fault-{r}" for r in ("empty", "too-low", "too-high", "pattern", "not-allowed")}
    known = {key for key in content("messages/verify") if key.startswith(("fault-", "note-"))}
    assert used | rules == known
