"""Numbers in a text are found as people write them, and each has to come from the data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.checks.citing import numbers_in, trace
from kdcourse.checks.written import Written

FIGURES = {
    "kept": 98.6234,
    "base": 1440.98,
    "share": 0.12345,
    "parcels": 123_456_789.0,
    "loss": -3.2,
}


@pytest.mark.parametrize(
    "text",
    [
        "It keeps 98.6 of 100 parcels.",
        "It keeps 98.62% of its promises.",
        "98.6 % on time; 99 % rounded",
        "每 100 件有 98.6 件守诺。",
        "守诺率９８．６％，很稳。",
        "基数是1,441（亿件）。",
        "基数为 1,441，不是别的。",
        "about 1,441.0 hundred million",
        "占 12.3%，即 0.12345",
        "12 % of the market",
        "a rate of 0.99, or 0.986",
        "件量 1.23 亿，也就是 12,346 万。",
        "123.5 million parcels, or 0.12 billion",
        "profit of -3.2 yuan",
        "On 2025-11-22 at 10:00, and on 5 March 2025, 98.6.",
        "2025 年 3 月 5 日，98.6",
        "In 2025 it was 98.6",
        "1. First 98.6\n2) then 99\n(3) 0.12\n４、再来",
        "CR4, HHI-2 and q3 of T-1.01; the 3rd, 第 4 位",
        "99 complaints per 10,000 parcels; 每万件 99 起；每 10,000 件",
    ],
)
def test_what_can_be_traced_is_traced(text):
    assert trace(text, FIGURES)[1] == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("It keeps 98.7 of 100.", ["98.7"]),
        ("It keeps 98 of 100.", ["98"]),
        ("98.60 %", ["98.60 %"]),
        ("基数 1440 亿件", ["1440 亿"]),
        ("１，４４１ 不是 1.5 亿", ["1", "1.5 亿"]),
        ("24 to 98.6, from 24-48 hours", ["24", "24", "48"]),
        ("of 100 %", ["100 %"]),
        ("1,500 parcels in 3 days", ["1,500", "3"]),
        ("12 个", ["12"]),
    ],
)
def test_what_cannot_be_traced_is_named_as_written(text, named):
    # The full-width comma parts 1 from 441, which is no figure either.
    untraceable = trace(text, FIGURES)[1]
    assert [number for number in untraceable if number not in ("441", "４４１")] == named


def test_a_figure_cited_twice_is_one_and_two_that_look_alike_are_two():
    assert trace("98.6, then 98.62 and again 99", FIGURES)[0] == {"kept"}
    assert trace("8 here and 8 there", {"a": 8.1, "b": 7.9})[0] == {"a", "b"}


def test_what_the_question_states_may_be_repeated_but_proves_nothing():
    assert trace("98.6 for your 30 boxes", FIGURES, stated=(30,)) == ({"kept"}, [])
    assert trace("98.6 for your 30 boxes", FIGURES)[1] == ["30"]


@given(st.floats(0.001, 1e9), st.integers(0, 4))
def test_any_figure_rounded_to_any_digit_is_traced(value, digits):
    for text in (f"{value:.{digits}f}", f"{value:,.{digits}f}"):
        assert trace(f"It is {text} here.", {"it": value}) == ({"it"}, [])


@given(st.text())
def test_any_text_can_be_read(text):
    assert all(number.half > 0 for number in numbers_in(text))


def test_a_long_row_of_digits_takes_no_time():
    assert len(numbers_in("1," * 50_000)) == 50_000
    assert len(numbers_in("9" * 50_000)) <= 1


class TestWritten:
    judge = Written(
        ("advice", "why"), words=4, characters=6, cite={"advice": 2}, figures=lambda load: FIGURES
    )

    def findings(self, advice, why="Because they are 77 in number."):
        bound = self.judge.on(lambda name: None)
        result = bound.compare({}, {"advice": advice, "why": why})
        return [(f.key, f.where, f.fields) for f in result.findings]

    def test_only_the_slots_named_have_to_cite(self):
        assert self.findings("It keeps 98.6 at a base of 1,441.") == []

    def test_too_few_figures_and_foreign_ones_are_named(self):
        assert self.findings("It keeps 98.6 of 100 parcels.") == [
            ("figures-too-few", ("advice",), {"count": 1, "least": 2})
        ]
        assert self.findings("It keeps 97 and 96 and 95 and 94, base 1,441.") == [
            ("figure-untraceable", ("advice",), {"numbers": ["97", "96", "95"]})
        ]
        assert self.findings("97")[0][0] == "slot-short-words"
