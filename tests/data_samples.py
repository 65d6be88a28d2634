"""A company of three tables, declared here, for tests of what becomes of tables in files.

The course's own tables grow; what a formula cell or a full disk does to a table doesn't depend on
them.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdcourse.texts import content
from kdcourse.world import declarations
from kdcourse.world.tables import to_csv

CITIES = """
folder = "lanyan"
key = ["city"]
about = { en = "Cities.", zh-CN = "城市。" }
[columns.city]
type = "category"
meaning = { en = "Code.", zh-CN = "代码。" }
values.PEK = { en = "Beijing", zh-CN = "北京" }
values.SHA = { en = "Shanghai", zh-CN = "上海" }
values.CAN = { en = "Guangzhou", zh-CN = "广州" }
"""

CUSTOMERS = """
folder = "lanyan"
key = ["customer_id"]
about = { en = "Customers.", zh-CN = "客户。" }
[columns.customer_id]
type = "text"
pattern = "C\\\\d{7}"
meaning = { en = "Number.", zh-CN = "编号。" }
[columns.name]
type = "text"
nature = "personal"
meaning = { en = "Name.", zh-CN = "姓名。" }
[columns.phone]
type = "text"
nature = "personal"
pattern = "154\\\\d{8}"
meaning = { en = "Phone.", zh-CN = "手机号。" }
[columns.market_type]
type = "category"
meaning = { en = "Market.", zh-CN = "市场。" }
values.personal = { en = "personal", zh-CN = "个人" }
values.enterprise = { en = "enterprise", zh-CN = "企业" }
[columns.city]
type = "category"
refers = "cities.city"
meaning = { en = "City.", zh-CN = "城市。" }
[columns.created_on]
type = "date"
meaning = { en = "Opened.", zh-CN = "开户日期。" }
[columns.referrer_id]
type = "text"
refers = "customers.customer_id"
missing = true
meaning = { en = "Who referred it.", zh-CN = "推荐人。" }
"""

SHIPMENTS = """
folder = "lanyan"
key = ["waybill_no"]
about = { en = "Parcels.", zh-CN = "快件。" }
[columns.waybill_no]
type = "text"
pattern = "LY\\\\d{12}"
meaning = { en = "Number.", zh-CN = "运单号。" }
[columns.customer_id]
type = "text"
refers = "customers.customer_id"
meaning = { en = "Sender.", zh-CN = "寄件人。" }
[columns.product_id]
type = "category"
meaning = { en = "Product.", zh-CN = "产品。" }
values.standard = { en = "standard parcel", zh-CN = "标准件" }
values.express = { en = "express parcel", zh-CN = "特快件" }
[columns.destination]
type = "category"
refers = "cities.city"
values.OVS = { en = "abroad", zh-CN = "境外" }
meaning = { en = "To.", zh-CN = "寄达。" }
[columns.weight_kg]
type = "number"
decimals = 2
low = 0.01
high = 2000
meaning = { en = "Weight.", zh-CN = "重量。" }
[columns.pieces]
type = "integer"
low = 1
missing = true
meaning = { en = "Pieces.", zh-CN = "件数。" }
[columns.fee]
type = "number"
decimals = 2
low = 0
meaning = { en = "Fee.", zh-CN = "运费。" }
[columns.accepted_at]
type = "time"
meaning = { en = "Accepted.", zh-CN = "收寄。" }
[columns.delivered_at]
type = "time"
missing = true
meaning = { en = "Delivered.", zh-CN = "妥投。" }
[columns.lost]
type = "flag"
meaning = { en = "Lost.", zh-CN = "丢失。" }
"""

DECLARED = {"cities": CITIES, "customers": CUSTOMERS, "shipments": SHIPMENTS}

#: Rows of the samples.
PARCELS = 240

Edit = Callable[[list[list[str]]], object]


@contextmanager
def declared_here(folder: Path) -> Iterator[None]:
    """Let the three tables be all that are declared."""
    place = folder / "content" / "tables"
    place.mkdir(parents=True)
    for name, text in DECLARED.items():
        (place / f"{name}.toml").write_text(text, encoding="utf-8")
    read = {f"tables/{name}": tomllib.loads(text) for name, text in DECLARED.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declarations, "files", lambda _: folder)
        patch.setattr(declarations, "content", lambda path: read.get(path) or content(path))
        declarations.tables.cache_clear()
        try:
            yield
        finally:
            declarations.tables.cache_clear()


@cache
def samples() -> Mapping[str, pd.DataFrame]:
    """Return the rows of the three tables."""
    who = np.arange(60)
    ids = np.char.mod("C%07d", who)
    day = np.datetime64("2024-01-01T08:00", "us")
    customers = {
        "customer_id": ids,
        "name": [f"{'赵钱孙李周吴郑王'[i % 8]}{'伟芳娜敏静丽强磊军洋'[i % 10]}" for i in who],
        "phone": np.char.mod("1540000%04d", who * 7),
        "market_type": np.where(who % 4 == 0, "enterprise", "personal"),
        "city": np.array(["PEK", "SHA", "CAN"])[who % 3],
        "created_on": day.astype("datetime64[D]").astype("datetime64[us]")
        + (who * 5).astype("timedelta64[D]"),
        "referrer_id": [ids[i - 1] if i % 5 == 4 else None for i in who],
    }
    what = np.arange(PARCELS)
    accepted = day + (what * 377).astype("timedelta64[m]")
    delivered = accepted + (600 + what % 7 * 300).astype("timedelta64[m]")
    lost = what % 50 == 49
    shipments = {
        "waybill_no": np.char.mod("LY%012d", what * 31),
        "customer_id": ids[what * 13 % 60],
        "product_id": np.where(what % 3 == 0, "express", "standard"),
        "destination": np.array(["PEK", "SHA", "CAN", "OVS"])[what % 4],
        "weight_kg": np.round(0.5 + what % 17 * 0.37, 2),
        "pieces": pd.array([None if i % 9 == 8 else 1 + i % 3 for i in what], "Int64"),
        "fee": np.round(8 + what % 23 * 1.15, 2),
        "accepted_at": accepted,
        "delivered_at": np.where(lost, np.datetime64("NaT"), delivered),
        "lost": lost,
    }
    frames = {
        "cities": pd.DataFrame({"city": ["PEK", "SHA", "CAN"]}),
        "customers": pd.DataFrame(customers),
        "shipments": pd.DataFrame(shipments),
    }
    return {name: frame.astype(_memory(name)) for name, frame in frames.items()}


def _memory(name: str) -> dict[str, str]:
    columns = tomllib.loads(DECLARED[name])["columns"]
    types = {c: declarations.Column(name=c, **about).memory for c, about in columns.items()}
    return {column: str(kind) for column, kind in types.items()}


def cells(name: str) -> list[list[str]]:
    """Return a table as the rows of its CSV, the names first."""
    return list(csv.reader(io.StringIO(to_csv(name, samples()[name]))))


def export(
    folder: Path, name: str = "shipments", edit: Edit = len, encoding: str = "utf-8"
) -> Path:
    """Write a table as Excel on a learner's Windows would, after an edit of its rows."""
    rows, text = cells(name), io.StringIO()
    edit(rows)
    csv.writer(text).writerows(rows)
    path = folder / f"{name}.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def whole_export(folder: Path) -> Path:
    """Write all tables as CSV, side by side, without checksums."""
    for name in DECLARED:
        export(folder, name)
    return folder


def thirds(number: int) -> Mapping[str, pd.DataFrame]:
    """Return a block of a producer that has three; the cities come with the first."""
    return _blocks(number, 3)


def eighths(number: int) -> Mapping[str, pd.DataFrame]:
    """Return a block of a producer of the same rows that has eight."""
    return _blocks(number, 8)


def _blocks(number: int, of: int) -> Mapping[str, pd.DataFrame]:
    parts = {}
    for name, frame in samples().items():
        size = len(frame) if name == "cities" else -(-len(frame) // of)
        parts[name] = frame.iloc[number * size : (number + 1) * size]
    return parts if number == 0 else {name: p for name, p in parts.items() if name != "cities"}
