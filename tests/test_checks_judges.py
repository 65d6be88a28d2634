"""Answers are compared by meaning: what doesn't matter is forgiven, what does is named."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.checks.judges import Chosen, Exact, Number, Ordering, Parts, diagnose
from kdcourse.checks.tables import Table
from kdcourse.checks.written import Written


def keys(comparison):
    return [finding.key for finding in comparison.findings]


class TestNumber:
    @pytest.mark.parametrize(
        "given",
        [
            12,
            12.0,
            np.float32(12),
            np.int64(12),
            Decimal("12.0001"),
            Fraction(12),
            pd.Series([12.0], index=["x"]),
            np.array([[12]]),
            pd.DataFrame({"x": [12]}),
            pd.Index([12]),
        ],
    )
    def test_any_way_to_hold_the_number_agrees(self, given):
        assert Number(rel=1e-3).compare(12, given).agrees

    @pytest.mark.parametrize(
        ("given", "key"),
        [
            ("12", "number-as-text"),
            ("12%", "number-as-text"),
            (True, "wrong-kind"),
            (12j, "wrong-kind"),
            ([12], "wrong-kind"),
            ((x for x in [12]), "wrong-kind"),
            (float("nan"), "number-missing"),
            (pd.NA, "number-missing"),
            (pd.Series([pd.NA]), "number-missing"),
            (float("inf"), "number-infinite"),
            (10**400, "number-infinite"),
            (pd.Series([1, 2]), "wrong-kind"),
            (13, "number-off"),
        ],
    )
    def test_anything_else_is_named(self, given, key):
        result = Number(rel=1e-3).compare(12, given)
        assert (result.share, keys(result)) == (0, [key])

    def test_share_and_percent_are_told_apart_unless_the_question_takes_both(self):
        percent, share = Number(unit="percent"), Number(unit="share")
        assert keys(percent.compare(12, 0.12)) == ["number-not-percent"]
        assert keys(share.compare(0.12, 12)) == ["number-not-share"]
        assert keys(Number().compare(12, 0.12)) == ["number-off"]
        assert Number(unit="percent", either=True).compare(12, 0.12).agrees
        assert Number(unit="share", either=True).compare(0.12, 12).agrees

    @given(
        st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-3),
        st.floats(-0.9, 0.9),
        st.sampled_from([1e-6, 1e-3, 1e-2]),
    )
    def test_the_tolerance_is_where_it_is_said_to_be(self, expected, part, rel):
        judge = Number(rel=rel, abs=0.0)
        assert judge.compare(expected, expected * (1 + part * rel)).agrees
        assert not judge.compare(expected, expected * (1 + 1.1 * rel)).agrees
        assert not judge.compare(expected, expected * (1 - 1.1 * rel)).agrees


class TestExact:
    @pytest.mark.parametrize(
        ("expected", "given"),
        [
            ("standard", " standard "),
            ("standard", pd.Series(["standard"], dtype="category")),
            (2024, 2024.0),
            (2024, "2024"),
            (True, np.True_),
            (pd.Timestamp("2024-01-05"), dt.date(2024, 1, 5)),
            (pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-05", tz="Asia/Shanghai")),
            ("é", "é"),
        ],
    )
    def test_the_same_value_agrees(self, expected, given):
        assert Exact().compare(expected, given).agrees

    @pytest.mark.parametrize(
        ("given", "key"),
        [
            ("economy", "value-off"),
            ("", "value-missing"),
            (pd.NaT, "value-missing"),
            (["standard"], "wrong-kind"),
            ("Standart", "not-an-option"),
        ],
    )
    def test_anything_else_is_named(self, given, key):
        judge = Exact(options=("standard", "economy"))
        assert keys(judge.compare("standard", given)) == [key]


class TestChosen:
    @pytest.mark.parametrize(
        "given",
        [
            {"a", "b"},
            ["b", "a", "a"],
            ("a", "b"),
            pd.Series(["a", "b"], dtype="category"),
            pd.Index(["b", "a"]),
            np.array(["a", "b"]),
        ],
    )
    def test_any_collection_in_any_order_agrees(self, given):
        assert Chosen().compare({"a", "b"}, given).agrees

    @pytest.mark.parametrize(
        ("given", "key"),
        [
            ([], "chosen-none"),
            (["a"], "chosen-too-few"),
            ("a", "chosen-too-few"),
            (["a", "b", "c"], "chosen-too-many"),
            (["a", "c"], "chosen-mixed"),
            (["c", "d"], "chosen-off"),
            (["a", "e"], "not-an-option"),
            ((x for x in "ab"), "generator"),
            (3, "wrong-kind"),
        ],
    )
    def test_anything_else_is_named(self, given, key):
        judge = Chosen(options=("a", "b", "c", "d"))
        assert keys(judge.compare({"a", "b"}, given)) == [key]

    def test_a_generator_is_not_used_up(self):
        numbers = (x for x in "ab")
        Chosen().compare({"a", "b"}, numbers)
        assert list(numbers) == ["a", "b"]


class TestOrdering:
    @pytest.mark.parametrize(
        "given",
        [
            ["a", "b", "c"],
            ("a", "b", "c"),
            pd.Series(["a", "b", "c"]),
            pd.Index(["a", "b", "c"]),
            pd.Series([3, 2, 1], index=["a", "b", "c"]),
        ],
    )
    def test_any_sequence_agrees_and_a_sorted_series_stands_for_its_labels(self, given):
        assert Ordering().compare(["a", "b", "c"], given).agrees

    @pytest.mark.parametrize(
        ("given", "key"),
        [
            (["c", "b", "a"], "order-reversed"),
            (["a", "c", "b"], "order-off"),
            (["a", "b"], "order-short"),
            (["a", "b", "b"], "order-twice"),
            (["a", "b", "x"], "order-unknown"),
            ({"a", "b", "c"}, "order-of-set"),
            ("abc", "wrong-kind"),
        ],
    )
    def test_anything_else_is_named(self, given, key):
        assert keys(Ordering().compare(["a", "b", "c"], given)) == [key]


@pytest.mark.parametrize(
    "given",
    [
        pd.date_range("2025-01-01", periods=3),
        pd.date_range("2025-01-01", periods=3, tz="Asia/Shanghai").tolist(),
        [dt.date(2025, 1, day) for day in (1, 2, 3)],
        ["2025-01-01", "2025-01-02", "2025-01-03"],
        np.array(["2025-01-01", "2025-01-02", "2025-01-03"], dtype="datetime64[D]"),
    ],
)
def test_days_are_the_same_however_they_are_held(given):
    days = pd.date_range("2025-01-01", periods=3)
    assert Ordering().compare(days, given).agrees
    assert Chosen().compare(set(days), given).agrees


class TestParts:
    judge = Parts({"x": 1, "y": 3}, x=Number(rel=1e-3), y=Number(rel=1e-3))
    expected = {"x": 12.0, "y": 34.0}  # noqa: RUF012

    @pytest.mark.parametrize(
        "given",
        [
            {"y": 34, "x": 12, "more": "ignored"},
            pd.Series({"x": 12, "y": 34}),
            pd.DataFrame({"x": [12], "y": [34]}),
        ],
    )
    def test_any_way_to_name_the_parts_agrees(self, given):
        assert self.judge.compare(self.expected, given).agrees

    def test_each_part_has_its_share_of_the_points(self):
        result = self.judge.compare(self.expected, {"x": 12, "y": 35})
        assert result.share == 0.25
        assert [(f.key, f.where) for f in result.findings] == [("number-off", ("y",))]

    def test_an_open_part_is_still_to_do_and_all_open_is_not_attempted(self):
        result = self.judge.compare(self.expected, {"x": ..., "y": 34})
        assert (result.share, keys(result)) == (0.75, ["part-open"])
        assert not self.judge.compare(self.expected, {"x": ..., "y": None}).attempted
        assert not self.judge.compare(self.expected, {}).attempted

    def test_a_slip_is_found_beside_another_mistake(self):
        slips = {"half": {"x": 12.0, "y": 17.0}, "both": {"x": 6.0, "y": 17.0}}
        assert keys(diagnose(self.judge, self.expected, {"x": 6, "y": 17}, slips)) == ["slips.both"]
        assert keys(diagnose(self.judge, self.expected, {"x": 12, "y": 17}, slips)) == [
            "slips.half"
        ]
        assert keys(diagnose(self.judge, self.expected, {"x": 99, "y": 17}, slips)) == [
            "number-off",
            "slips.half",
        ]

    def test_thirds_add_up(self):
        judge = Parts(a=Number(), b=Number(), c=Number())
        assert judge.compare({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}).share == 1


TABLE = Table(
    key=("year", "product"), columns={"growth": Number(rel=1e-3, unit="percent"), "best": Exact()}
)
RIGHT = pd.DataFrame(
    {
        "year": [2023, 2023, 2024, 2024],
        "product": ["eco", "std", "eco", "std"],
        "growth": [np.nan, 10.0, 12.5, -3.0],
        "best": [True, False, True, False],
    }
)


class TestTable:
    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t,
            lambda t: t.sample(frac=1, random_state=1)[["growth", "year", "best", "product"]],
            lambda t: t.set_index(["product", "year"]),
            lambda t: t.set_index(["year", "product"]).rename_axis([None, None]),
            lambda t: t.set_index("year"),
            lambda t: t.assign(product=t["product"].astype("category")),
            lambda t: t.assign(year=t["year"].astype(str)),
            lambda t: t.assign(year=t["year"].astype("float32")),
            lambda t: t.assign(growth=t["growth"] * (1 + 1e-9), more=1),
            lambda t: t.assign(growth=t["growth"].astype("Float64")),
            lambda t: t.assign(growth=t["growth"].map(Decimal)),
            lambda t: t.assign(best=t["best"].astype("object")),
        ],
    )
    def test_form_makes_no_difference(self, change):
        result = TABLE.compare(RIGHT, change(RIGHT.copy()))
        assert result.agrees, result.findings

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            (lambda t: t.to_dict(), "wrong-kind"),
            (lambda t: t["growth"], "series-for-table"),
            (lambda t: t.drop(columns="best"), "columns-missing"),
            (lambda t: t.drop(columns="year"), "columns-missing"),
            (lambda t: pd.concat([t, t["best"]], axis=1), "columns-twice"),
            (lambda t: pd.concat({"a": t}, axis=1), "columns-nested"),
            (lambda t: t.head(0), "rows-none"),
            (lambda t: t.head(3), "rows-missing"),
            (lambda t: pd.concat([t, t.head(1)]), "rows-twice"),
            (lambda t: t.assign(year=t["year"] + 1), "rows-unknown"),
            (lambda t: t.assign(year=[2023, None, 2024, 2024]), "key-missing"),
            (lambda t: pd.concat([t] * 1000), "rows-too-many"),
        ],
    )
    def test_a_table_that_cannot_be_matched_is_named(self, change, key):
        result = TABLE.compare(RIGHT, change(RIGHT.copy()))
        assert (result.share, keys(result)) == (0, [key])

    @pytest.mark.parametrize(
        ("growth", "key"),
        [
            ([np.nan, 10.0, 12.5, 3.0], "cell-off"),
            ([0.0, 10.0, 12.5, -3.0], "cell-off"),
            ([np.nan, np.nan, 12.5, -3.0], "cell-missing"),
            ([np.nan] * 4, "column-empty"),
            ([np.nan, 0.10, 0.125, -0.03], "column-not-percent"),
            ([None, "10", "12.5", "-3"], "column-not-numbers"),
            ([None, [1], 12.5, -3], "column-not-numbers"),
        ],
    )
    def test_a_wrong_column_is_named_and_the_other_counts(self, growth, key):
        result = TABLE.compare(RIGHT, RIGHT.assign(growth=growth))
        assert (result.share, keys(result)) == (0.5, [key])

    def test_the_first_row_that_differs_is_named_by_its_key_with_the_learners_value(self):
        wrong = RIGHT.assign(growth=[np.nan, 10.0, 99.0, 98.0])
        (finding,) = TABLE.compare(RIGHT, wrong).findings
        assert finding.fields["row"] == ["year = 2024", "product = eco"]
        assert finding.fields["value"] == "99"

    def test_a_series_answers_for_one_column_whatever_its_names(self):
        judge = Table(key=("month",), columns={"late": Number(rel=1e-3)})
        months = pd.date_range("2024-01-01", periods=3, freq="MS")
        right = pd.DataFrame({"month": months, "late": [1.0, 2.0, 3.0]})
        for index in (
            months,
            months.tz_localize("Asia/Shanghai"),
            months.to_period("M"),
            months.strftime("%Y-%m-%d"),
            pd.Index(months.date, name="when"),
        ):
            assert judge.compare(right, pd.Series([1.0, 2.0, 3.0], index=index, name="x")).agrees

    def test_a_series_with_its_years_typed_in_needs_no_name_for_them(self):
        judge = Table(key=("year",), columns={"growth": Number(rel=1e-3)})
        right = pd.DataFrame({"year": [2023, 2024], "growth": [10.0, 12.5]})
        assert judge.compare(right, pd.Series({2023: 10.0, 2024: 12.5})).agrees
        assert not judge.compare(right, pd.Series([10.0, 12.5])).agrees

    def test_a_row_without_any_value_may_stand_there_or_not(self):
        judge = Table(key=("year",), columns={"growth": Number(rel=1e-3)})
        full = pd.DataFrame({"year": [2022, 2023, 2024], "growth": [np.nan, 10.0, 12.5]})
        assert judge.compare(full, full.dropna()).agrees
        assert judge.compare(full.dropna(), full).agrees
        gap = full.assign(growth=[np.nan, np.nan, 12.5])
        assert keys(judge.compare(full, gap)) == ["cell-missing"]
        assert keys(judge.compare(full, full.tail(1))) == ["rows-missing"]

    def test_float_noise_in_a_key_keeps_no_rows_apart(self):
        judge = Table(key=("kg",), columns={"fee": Number()})
        right = pd.DataFrame({"kg": [0.3, 0.5], "fee": [1.0, 2.0]})
        assert judge.compare(right, right.assign(kg=[0.1 + 0.2, 0.5])).agrees

    def test_the_order_of_rows_matters_only_where_asked(self):
        judge = Table(key=("a",), columns={"b": Number()}, in_order=True)
        right = pd.DataFrame({"a": ["x", "y", "z"], "b": [3, 2, 1]})
        assert judge.compare(right, right.copy()).agrees
        result = judge.compare(right, right.iloc[::-1])
        assert (result.share, keys(result)) == (0.5, ["rows-order"])

    @given(st.permutations(range(4)), st.permutations(["year", "product", "growth", "best"]))
    def test_no_order_of_rows_and_columns_makes_a_difference(self, rows, columns):
        assert TABLE.compare(RIGHT, RIGHT.iloc[rows][columns]).agrees

    def test_the_answer_is_left_as_it_was(self):
        given = RIGHT.set_index(["year", "product"])
        before = given.copy(deep=True)
        TABLE.compare(RIGHT, given)
        pd.testing.assert_frame_equal(given, before)


class TestWritten:
    judge = Written(("advice", "evidence"), words=8, characters=12)
    prompts = {  # noqa: RUF012
        "advice": {
            "en": "What do you advise the manager to do this quarter?",
            "zh-CN": "这个季度你建议经理做什么？请写明时间。",
        }
    }
    english = "We open one more depot in the east before June."
    chinese = "六月以前在东部再开一个网点，由区域经理负责。"

    def test_own_words_in_either_language_fill_a_slot(self):
        given = {"advice": self.english, "evidence": self.chinese}
        assert self.judge.compare(self.prompts, given).agrees

    def test_a_text_in_both_scripts_counts_in_both(self):
        mixed = "CR4 rose in 2024，东部件量涨了两成。"
        assert self.judge.compare({}, {"advice": mixed, "evidence": mixed}).agrees

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("", "part-open"),
            ("……", "part-open"),
            (..., "part-open"),
            ("Open a depot.", "slot-short-words"),
            ("开个网点。", "slot-short-characters"),
            ("what do you advise the manager to do this quarter", "slot-copied"),
            ("这个季度你建议经理做什么，请写明时间", "slot-copied"),
            (42, "wrong-kind"),
        ],
    )
    def test_anything_less_is_named(self, text, key):
        result = self.judge.compare(self.prompts, {"advice": text, "evidence": self.english})
        assert (result.share, keys(result)) == (0.5, [key])

    def test_an_empty_form_is_not_attempted(self):
        assert not self.judge.compare(self.prompts, {"advice": "", "evidence": "..."}).attempted
        assert keys(self.judge.compare(self.prompts, "text")) == ["not-parts"]

    def test_a_giant_text_takes_no_time(self):
        text = "word " * 200_000
        assert self.judge.compare(self.prompts, {"advice": text, "evidence": text}).agrees
