"""A small exercise about four years and five firms, for the tests of checks and quizzes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.checks.judges import Chosen, Number, Ordering, Parts
from kdcourse.checks.questions import Exercise, Question
from kdcourse.checks.session import Session
from kdcourse.checks.tables import Table
from kdcourse.checks.written import Written
from kdcourse.data import Loader

TABLES = {
    "years": pd.DataFrame(
        {"year": [2021, 2022, 2023, 2024], "parcels": [1083.0, 1105.8, 1320.7, 1750.8]}
    ),
    "firms": pd.DataFrame(
        {
            "firm": ["Anyan", "Beihe", "Chunlu", "Dongfeng Post", "Ertong"],
            "share": [0.2291, 0.2017, 0.1823, 0.1541, 0.2328],
        }
    ),
}


def load(name: str) -> pd.DataFrame:
    return TABLES[name].copy()


def two(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh-CN": zh}


def growth(load: Loader) -> float:
    parcels = load("years")["parcels"]
    return float(parcels.iloc[-1] / parcels.iloc[0] - 1) * 100


def growth_over_the_end(load: Loader) -> float:
    parcels = load("years")["parcels"]
    return float(1 - parcels.iloc[0] / parcels.iloc[-1]) * 100


def concentration(load: Loader) -> dict[str, float]:
    share = load("firms")["share"] * 100
    return {"cr4": float(share.nlargest(4).sum()), "hhi": float((share**2).sum())}


def concentration_in_fractions(load: Loader) -> dict[str, float]:
    share = load("firms")["share"]
    return concentration(load) | {"hhi": float((share**2).sum())}


def concentration_of_three(load: Loader) -> dict[str, float]:
    share = load("firms")["share"] * 100
    return concentration(load) | {"cr4": float(share.nlargest(3).sum())}


def yearly(load: Loader) -> pd.DataFrame:
    years = load("years")
    return years.assign(growth=years["parcels"].pct_change() * 100, rising=True)


def ranking(load: Loader) -> list[str]:
    return load("firms").sort_values("share", ascending=False)["firm"].tolist()


exercise = Exercise(
    "9.9",
    questions=[
        Question(
            "q1",
            points=1,
            answer="growth",
            expect=growth,
            judge=Number(rel=1e-3, unit="percent"),
            slips={"wrong-base": growth_over_the_end},
        ),
        Question(
            "q2",
            points=2,
            answer="concentration",
            expect=concentration,
            judge=Parts(cr4=Number(rel=1e-3, unit="percent"), hhi=Number(rel=1e-3)),
            slips={"fractions": concentration_in_fractions, "three": concentration_of_three},
        ),
        Question(
            "q3",
            points=2,
            answer="yearly",
            expect=yearly,
            judge=Table(key=("year",), columns={"growth": Number(rel=1e-3, unit="percent")}),
        ),
        Question("q4", points=1, answer="ranking", expect=ranking, judge=Ordering()),
        Question(
            "q5",
            points=1,
            answer="mistakes",
            expect=lambda load: {"base", "unit"},
            judge=Chosen(options=("base", "unit", "year", "name")),
        ),
        Question("q6", points=3, answer="memo", judge=Written(("advice", "evidence"), words=6)),
    ],
    words={
        "q1": {
            "slips": {
                "wrong-base": two(
                    "Growth is measured against the first year.", "增长率以第一年为基数。"
                )
            },
            "hints": {
                "nudge": two("Against which year?", "以哪一年为基数？"),
                "plan": two("Divide, subtract 1.", "先除，再减 1。"),
                "code": two("```python\nlast ** 1 / ...\n```", "```python\nlast ** 1 / ...\n```"),
            },
        },
        "q2": {
            "slips": {
                "fractions": two("HHI squares shares in percent.", "HHI 要用百分数的份额求平方。"),
                "three": two("CR4 counts the four largest.", "CR4 要算最大的四家。"),
            }
        },
        "q6": {
            "slots": {
                "advice": two(
                    "What do you advise the regional manager to do, and by when?",
                    "你建议区域经理在什么时间之前做什么？",
                )
            },
            "rubric": [
                {
                    "name": two("Evidence", "依据"),
                    "levels": [
                        two(f"Level {n} <evidence>.", f"第 {n} 级<依据>。") for n in range(1, 5)
                    ],
                }
            ],
        },
    },
)

MEMO = {
    "advice": "Open the second depot in the east before the winter peak begins.",
    "evidence": "东部今年的件量比去年多两成，现有网点在高峰期已经排队，晚点的快件也在增加。",
}


def session(load: Loader = load) -> Session:
    return Session(load, lambda question_id: (exercise, exercise[question_id.split(".")[-1]]))


class Raises:
    """Raises whatever is done with it."""

    def _raise(self, *_: object) -> object:
        raise RuntimeError("touched")

    __eq__ = __len__ = __repr__ = __str__ = __iter__ = __float__ = __bool__ = _raise
    __hash__ = __getitem__ = __format__ = __array__ = _raise  # type: ignore[assignment]


class Leaves:
    def __eq__(self, other: object) -> bool:
        raise SystemExit(3)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        raise SystemExit(3)


class SaysYes:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def nested() -> list[object]:
    inner: list[object] = []
    for _ in range(100_000):
        inner = [inner]
    return inner


HOSTILE = {
    "text": "12%",
    "markup": "<script>alert(1)</script>",
    "braces": "{name}{0}{{",
    "backticks": "`a` `b",
    "number": 1e300,
    "bytes": b"\xff",
    "huge": 10**5000,
    "nan": float("nan"),
    "inf": -np.inf,
    "complex": 1j,
    "list": [1, [2, [3]]],
    "nested": nested(),
    "dict of anything": {"cr4": Raises(), "hhi": [], "advice": {}, "evidence": b""},
    "dict with odd keys": {None: 1, (1, 2): 2, 3.5: 3},
    "generator": (x for x in range(3)),
    "function": len,
    "class": int,
    "module": pd,
    "raises": Raises(),
    "list of raises": [Raises()],
    "series of raises": pd.Series([Raises()] * 3, dtype="object"),
    "leaves": Leaves(),
    "list of leaves": [Leaves()],
    "says yes": SaysYes(),
    "list of says yes": [SaysYes()] * 5,
    "namespace": SimpleNamespace(cr4=1),
    "empty table": pd.DataFrame(),
    "all NaN": pd.DataFrame(np.nan, index=range(4), columns=["year", "growth"]),
    "table of tables": pd.DataFrame(
        {"year": [pd.DataFrame()] * 2, "growth": [pd.Series([1])] * 2}, dtype="object"
    ),
    "million rows": pd.DataFrame({"year": np.arange(1_000_000), "growth": 1.0}),
    "long series": pd.Series(np.arange(1_000_000)),
    "times": pd.date_range("2024-01-01", periods=3),
    "matrix": np.eye(3),
    "records": np.zeros(2, dtype=[("year", int), ("growth", float)]),
    "masked": np.ma.masked,
    "year of times": pd.DataFrame({"year": pd.date_range("2021", periods=4), "growth": 1.0}),
    "growth of periods": pd.DataFrame(
        {"year": [2021, 2022], "growth": pd.period_range("2021", periods=2, freq="Y")}
    ),
}


QUIZ: dict[str, Any] = {
    "items": [
        {
            "id": "break",
            "kind": "single",
            "objective": "growth",
            "ask": two(
                "Why can 2024 not be compared with 2023?", "2024 年为什么不能和 2023 年比？"
            ),
            "options": [
                {
                    "id": "base",
                    "right": True,
                    "text": two("What is counted changed", "统计口径变了"),
                    "say": two("Compare on one base.", "要在同一口径下比。"),
                },
                {
                    "id": "leap",
                    "text": two("A leap year <366 days>", "闰年多一天"),
                    "say": two("One day explains 0.3 %.", "多一天只解释 0.3%。"),
                },
            ],
        },
        {
            "id": "true",
            "kind": "multiple",
            "objective": "concentration",
            "ask": two("Which hold?", "哪些成立？"),
            "options": [
                {
                    "id": "bounds",
                    "right": True,
                    "text": two("CR4 is at most 100 %", "CR4 不超过 100%"),
                    "say": two("By definition.", "由定义可知。"),
                },
                {
                    "id": "rises",
                    "right": True,
                    "text": two("HHI rises in a merger", "合并会提高 HHI"),
                    "say": two("By 2ab.", "提高 2ab。"),
                },
                {
                    "id": "falls",
                    "text": two("HHI falls in a merger", "合并会降低 HHI"),
                    "say": two("It squares the sum.", "它是和的平方。"),
                },
            ],
        },
        {
            "id": "trends",
            "kind": "match",
            "objective": "trends",
            "ask": two("Which trend?", "属于哪种趋势？"),
            "pairs": [
                {
                    "left": two("Robots sort", "机器人分拣"),
                    "right": "smart",
                    "say": two("Machines take over.", "机器接手。"),
                },
                {
                    "left": two("Boxes come back", "回收纸箱"),
                    "right": "green",
                    "say": two("Less waste.", "减少废弃物。"),
                },
            ],
            "choices": [
                {"id": "smart", "text": two("intelligent", "智能化")},
                {"id": "green", "text": two("green", "绿色化")},
            ],
        },
    ]
}
