"""An export from elsewhere is imported whole or not at all, doubles merged, and the rest named."""

from __future__ import annotations

import pytest
from crm_sample import raw, sample, world

from kdcourse import crm
from kdcourse.crm import imports
from kdcourse.texts import KitError
from kdcourse.world.records.raw_customers import raw_truth
from kdcourse.world.world import World

CHINESE = {
    "branch": "网点", "name": "客户名称", "phone": "手机", "email": "邮箱", "address": "地址",
    "market": "客户类型", "opened": "开户日期", "raw_id": "行号", "monthly_parcels": "月件量",
}  # fmt: skip


@pytest.fixture
def own(tmp_path):
    with sample(tmp_path) as opened:
        yield opened


def export(path, of):
    """Write the raw customers of a world as a branch would: title, empty row, GBK."""
    table = of.load("raw_customers").rename(columns=CHINESE)
    text = "客户登记表,,,,,,,,\n\n" + table.to_csv(index=False)
    path.write_bytes(text.encode("gb18030"))
    return path


def write(path, *rows):
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


HEAD = "姓名,手机,邮箱,地址,类型,城市"
ROW = "王小明,15400000001,w@mail.example,杭州市青禾区橘园路3号305室,个人,杭州"


def test_rows_of_our_own_customers_are_merged_with_the_right_ones(own, tmp_path):
    before = raw(own, "SELECT count(*) FROM customers")
    report = crm.import_customers(own, export(tmp_path / "old.csv", world()))
    truth = raw_truth(world().stories[0])["customer_id"]
    # Names stand in row 3, so the first row of data is row 4.
    assert report.rows == len(truth)
    for row, customer in report.merged.items():
        assert truth[row - 4] == customer
    assert len(report.merged) > 0.85 * len(truth)
    assert report.added == {}
    assert raw(own, "SELECT count(*) FROM customers") == before
    assert set(report.left) == {
        row + 4 for row in range(len(truth)) if row + 4 not in report.merged
    }
    assert all(report.left.values())


def test_customers_of_another_carrier_are_added_once_each(own, tmp_path):
    other = World(seed=11, customers=60)
    path = export(tmp_path / "theirs.csv", other)
    before = raw(own, "SELECT count(*) FROM customers")[0][0]
    trial = crm.import_customers(own, path, trial=True)
    assert raw(own, "SELECT count(*) FROM customers") == [(before,)]
    report = crm.import_customers(own, path)
    assert (trial.added, trial.merged, trial.left) == (report.added, report.merged, report.left)
    assert "trial" in str(trial)
    truth = raw_truth(other.stories[0])["customer_id"]
    theirs = [truth[row - 4] for row in report.added]
    assert len(set(theirs)) == len(theirs) > 40
    assert raw(own, "SELECT count(*) FROM customers") == [(before + len(theirs),)]
    for row, customer in report.merged.items():
        twin = next(r for r, number in report.added.items() if number == customer)
        assert truth[row - 4] == truth[twin - 4]
    clean = other.load("customers").set_index("customer_id")
    for row, number in report.added.items():
        got = raw(
            own, "SELECT phone, city, market_type FROM customers WHERE customer_id = ?", number
        )[0]
        right = clean.loc[truth[row - 4]]
        assert got == (right["phone"], right["city"], right["market_type"])


def test_merging_fills_gaps_and_overwrites_nothing(own, tmp_path):
    crm.add_customer(
        own, name="王小明", phone="15400000001", market_type="personal", legal_kind="individual",
        city="SHA", address="上海市云苇区竹林街1号2室",
    )  # fmt: skip
    report = crm.import_customers(own, write(tmp_path / "a.csv", HEAD, ROW))
    (number,) = report.merged.values()
    assert raw(own, "SELECT email, city, address FROM customers WHERE customer_id = ?", number) == [
        ("w@mail.example", "SHA", "上海市云苇区竹林街1号2室")
    ]
    assert crm.history(own, "customers", number)["column"].tolist() == ["email"]


def test_what_cannot_be_taken_is_left_out_with_its_reason(own, tmp_path):
    rows = [
        ROW,
        ROW.replace("王小明", "李雷"),  # the number of somebody else
        ",15400000002,,杭州市x,个人,杭州",
        "测试,15400000003,,杭州市x,个人,杭州",
        "赵一,1540000,,杭州市x,个人,杭州",
        "钱二,,,杭州市x,个人,杭州",
        "孙三,15400000004,,某地,个人,某城",
        "周四,15400000005,,杭州市x,外星,杭州",
        "吴五,15400000006,,,个人,杭州",
        ",,,,,",
        "15400000007,郑六,,杭州市x,个人,",
    ]
    report = crm.import_customers(own, write(tmp_path / "a.csv", HEAD, *rows))
    assert list(report.added) == [2, 12]
    reasons = dict(report.left)
    assert reasons.pop(3).endswith(report.added[2])
    assert reasons == {
        4: "no name",
        5: "not a customer",
        6: "telephone number has not eleven digits",
        7: "no telephone number and no known mail address",
        8: "city not known",
        9: "market not known",
        10: "no address",
    }
    assert report.table["row"].tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    swapped = raw(
        own, "SELECT name, phone, city FROM customers WHERE customer_id = ?", report.added[12]
    )
    assert swapped == [("郑六", "15400000007", "HGH")]
    assert str(report).startswith("a.csv: 10 rows; 2 customers added, 0 rows merged")
    assert str(report).endswith("8 left out. Which rows, and why: see its .table.")


def test_excel_with_a_title_and_merged_headings_is_read(own, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    page.append(["客户表"])
    page.merge_cells("A1:F1")
    page.append(["姓名", "联系方式", None, "地址", "类型", "城市"])
    page.append([None, "手机", "邮箱", None, None, None])
    page.merge_cells("B2:C2")
    page.append(["王小明", 15400000001, "w@mail.example", "杭州市青禾区橘园路3号", "个人", "杭州"])
    book.save(tmp_path / "a.xlsx")
    report = crm.import_customers(own, tmp_path / "a.xlsx")
    (number,) = report.added.values()
    assert list(report.added) == [4]
    assert raw(own, "SELECT name, phone, email FROM customers WHERE customer_id = ?", number) == [
        ("王小明", "15400000001", "w@mail.example")
    ]


def test_the_same_file_is_not_imported_twice(own, tmp_path):
    path = write(tmp_path / "a.csv", HEAD, ROW)
    crm.import_customers(own, path)
    copy = tmp_path / "copy of a.csv"
    copy.write_bytes(path.read_bytes())
    with pytest.raises(KitError, match="imported already"):
        crm.import_customers(own, copy)


def test_a_fault_in_the_middle_leaves_nothing_half_imported(own, tmp_path, monkeypatch):
    path = export(tmp_path / "theirs.csv", World(seed=11, customers=30))
    before = raw(own, "SELECT * FROM customers")
    real, calls = imports._add, []

    def fails(*given):
        calls.append(1)
        if len(calls) == 12:
            raise OSError("pulled the plug")
        return real(*given)

    monkeypatch.setattr(imports, "_add", fails)
    with pytest.raises(OSError, match="plug"):
        crm.import_customers(own, path)
    assert raw(own, "SELECT * FROM customers") == before
    assert raw(own, "SELECT count(*) FROM changes") == [(0,)]
    monkeypatch.setattr(imports, "_add", real)
    assert crm.import_customers(own, path).added


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "row of names"),
        ("a.csv", "颜色,大小\n红,1".encode(), "row of names"),
        ("a.csv", "姓名\n王".encode(), "row of names"),
        ("a.csv", b'\xd0\xd5\xc3\xfb,phone\n"open', "can't be read"),
        ("a.csv", "姓名,手机\n".encode() * 50 + b"\xff\xfe\xff", "encoding"),
        ("a.xlsx", b"PK\x03\x04 torn", "can't be read"),
        ("a.xls", b"old", "has to end in"),
        ("gone.csv", None, "There is no file"),
    ],
)
def test_a_file_that_is_none_is_said(own, tmp_path, name, data, said):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    before = raw(own, "SELECT count(*) FROM customers")
    with pytest.raises(KitError, match=said):
        crm.import_customers(own, tmp_path / name)
    assert raw(own, "SELECT count(*) FROM customers") == before


def test_an_agent_may_not_import(own, tmp_path):
    own.user("agent")
    with pytest.raises(KitError, match="may not import"):
        crm.import_customers(own, write(tmp_path / "a.csv", HEAD, ROW))
