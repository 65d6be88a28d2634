"""Steps are put in order, numbers and words typed; a wrong one is told what it is mistaken for."""

from __future__ import annotations

import copy
import re
import tomllib
from contextlib import suppress
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiz_sample import NUMBER, ORDER, QUIZ, RIGHT, WORD

from kdcourse.course import course_root
from kdcourse.practice.quiz.number import as_number
from kdcourse.practice.quiz.order import Order
from kdcourse.practice.quiz.reading import KINDS, read_items
from kdcourse.practice.quiz.session import Quiz
from kdcourse.texts import LANGUAGES, KitError, speaking


@pytest.fixture
def sample():
    return Quiz("9.8", read_items(QUIZ, "sample.toml"))


def only(table, **changes):
    """Return the one question of a quiz, some of it changed."""
    source = copy.deepcopy(table) | changes
    (item,) = read_items({"items": [source]}, "sample.toml")
    return item


def test_steps_in_order_are_explained_and_misplaced_ones_sent_on(sample):
    given = sample.answer("recover", ["solve", "hear", "sorry", "call"])
    assert repr(given).splitlines() == [
        "✗ Not right yet. You can try again.",
        "✗ 1. Solve it – It comes later.",
        "✗ 2. Hear them out – It comes earlier.",
        "✗ 3. Apologise – It comes earlier.",
        "✓ 4. Call back – Did it hold?",
        "You solve what you guessed.",
    ]
    right = sample.answer("recover", ["hear", "sorry", "solve", "call"])
    assert right.right
    assert "You solve" not in repr(right)
    assert sample.progress["recover"].tries == 2


def test_steps_are_shown_shuffled_and_always_the_same_way():
    item = only(ORDER)
    assert isinstance(item, Order)
    assert item.shown != item.steps
    assert sorted(s.id for s in item.shown) == sorted(s.id for s in item.steps)
    assert item.shown == only(ORDER).shown
    numbers = [item.shown.index(step) + 1 for step in item.steps]
    assert item.judge(numbers).right, "a step may be named by the number it is shown with"


@given(st.text(max_size=8).filter(bool), st.integers(3, 5))
def test_no_quiz_shows_its_steps_in_the_right_order(name, number):
    steps = [{**ORDER["steps"][0], "id": f"s{place}"} for place in range(number)]
    item = only(ORDER, id=name, steps=steps, slips=[])
    assert item.shown != item.steps
    assert sorted(step.id for step in item.shown) == [step.id for step in item.steps]


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2.4", 2.4),
        (" 2.40 ", 2.4),
        ("２．４", 2.4),
        ("2.4%", 2.4),
        ("2.4 ％", 2.4),
        ("2.4 Percent", 2.4),
        ("1,250", 1250),
        ("12，500.5", 12500.5),
        ("−3", -3),
        ("+.5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("1.2万", 12000),
        (2.4, 2.4),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
    ],
)
def test_a_number_is_read_as_people_write_it(typed, number):
    assert as_number(typed, NUMBER["unit"]) == pytest.approx(number)


@pytest.mark.parametrize(
    "typed",
    [
        *("", ".", "-", "e3", "2,4", "1,25", "12,5000", "two", "2.4.1", "1/2", "inf", "nan"),
        *("1e999", "9" * 400, "2.4 kg", "万", "%", "__import__('os')", True, None, [], 1j),
        *(float("nan"), np.inf, Decimal("2.4"), object()),
    ],
)
def test_what_is_no_number_gets_a_sentence_and_does_not_count(sample, typed):
    with pytest.raises(KitError, match="cannot be read as a number"):
        sample.answer("share", typed)
    assert sample.answered == 0


def test_units_are_understood_in_either_language():
    yuan = {"en": "yuan per parcel", "zh-CN": "元/件"}
    wan = {"en": "10,000 parcels", "zh-CN": "万件"}
    assert as_number("3.5 元/件", yuan) == as_number("3.5 yuan per parcel", yuan) == 3.5
    assert as_number("¥3.5", yuan) == as_number("￥3.5", yuan) == 3.5
    assert as_number("1.2万元/件", yuan) == 12000
    assert as_number("1.2万件", wan) == as_number("1.2万", wan) == 1.2
    assert as_number("59%", None) == pytest.approx(0.59)


@given(st.floats(-1e12, 1e12))
def test_every_number_that_python_prints_is_read_back(number):
    assert as_number(repr(number)) == number
    assert as_number(f"{number:,.2f}") == round(number, 2)


@pytest.mark.parametrize(
    ("typed", "right", "said"),
    [
        ("2.4", True, "24 in a thousand."),
        ("2.35", True, "24 in a thousand."),
        ("2.45", True, "24 in a thousand."),
        ("2.451", False, "Divide the late ones by all."),
        ("0.024", False, "That is the share of one."),
        ("97", False, "Those came in time."),
        ("97.6%", False, "Those came in time."),
        ("98", False, "Divide the late ones by all."),
    ],
)
def test_a_number_is_right_within_the_tolerance_and_known_slips_have_their_remark(
    sample, typed, right, said
):
    given = sample.answer("share", typed)
    assert given.right == right
    assert given.lines()[1:] == [said]


def test_a_tolerance_may_be_a_share_of_the_value():
    item = only(NUMBER, tolerance="10 %")
    assert item.judge(2.64).right
    assert not item.judge(2.65).right
    assert "share of one" in repr(item.judge(0.0264))


@pytest.mark.parametrize(
    ("typed", "right", "said"),
    [
        ("CR8", True, "CR, for short."),
        ("ｃｒ８", True, "CR, for short."),
        (" cr-8. ", True, "CR, for short."),
        ("The Concentration  Ratio", True, "CR, for short."),
        ("“集中 度”。", True, "CR, for short."),
        ("市场集中度", True, "CR, for short."),
        ("hhi", False, "That one adds squares."),
        ("赫芬达尔指数", False, "That one adds squares."),
        ("concentartion ratio", False, "Nearly the word we are looking for. Check the spelling."),
        ("集中率", False, "It says how concentrated a market is."),
        ("profit", False, "It says how concentrated a market is."),
    ],
)
def test_words_are_taken_in_both_languages_however_they_are_written(sample, typed, right, said):
    given = sample.answer("name", typed)
    assert given.right == right
    assert given.lines()[1:] == [said]


@pytest.mark.parametrize("typed", ["", "  ", "。", None, 8, ["CR8"]])
def test_no_word_is_no_answer(sample, typed):
    with pytest.raises(KitError, match="wants a word"):
        sample.answer("name", typed)
    assert sample.answered == 0


@given(st.text(max_size=30))
def test_any_text_can_be_typed(text):
    sample = Quiz("9.8", read_items(QUIZ, "sample.toml"))
    for name in ("share", "name"):
        with suppress(KitError):
            assert sample.answer(name, text).lines()


def test_a_list_answers_all_questions_in_order(sample):
    assert repr(sample.answer(RIGHT)).endswith("3 of 3 answered, 3 right")
    again = Quiz("9.8", sample.items)
    report = again.answer([None, 2.4, None])
    assert [feedback.item for feedback in report.feedback] == ["share"]
    for short in (RIGHT[:2], [], {1, 2, 3}, None):
        with pytest.raises(KitError, match="3 questions"):
            again.answer(short)
    assert again.answered == 1


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (["hear", "sorry"], "has 4 steps"),
        (["hear", "hear", "solve", "call"], "has 4 steps"),
        (["hear", "sorry", "solve", "sing"], "Choose from"),
        ([0, 1, 2, 3], "Choose from"),
        ([True, 2, 3, 4], "Choose from"),
    ],
)
def test_an_order_that_does_not_fit_gets_a_sentence_and_does_not_count(sample, order, said):
    with pytest.raises(KitError, match=said):
        sample.answer("recover", order)
    assert sample.answered == 0


def test_the_text_of_a_quiz_holds_all_questions_and_no_answers(sample):
    for lang in LANGUAGES:
        with speaking(lang):
            said = repr(sample)
        for table in QUIZ["items"]:
            assert table["ask"][lang] in said
            assert "otherwise" not in table or table["otherwise"][lang] not in said
            for part in (*table.get("steps", ()), *table.get("answers", ())):
                assert part["say"][lang] not in said
        assert "______ %" in said or "______ percent" in said
        steps = [said.index(step["text"][lang]) for step in ORDER["steps"]]
        assert steps != sorted(steps)
        assert "CR8" not in said


NO_CHINESE = {"en": ["CR8"], "zh-CN": ["。"]}


def change(table, **changes):
    return lambda: only(table, **changes)


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (change(ORDER, steps=ORDER["steps"][:2]), "lacks steps: there are 2 of at least 3"),
        (change(ORDER, steps="hear, sorry"), r"\[\[items.steps\]\]"),
        (change(ORDER, steps=[ORDER["steps"][0]] * 3), "same id"),
        (change(ORDER, slips=[ORDER["slips"][0] | {"first": "sing"}]), 'names "sing"'),
        (change(ORDER, slips=[ORDER["slips"][0] | {"then": "call"}]), "which is the right order"),
        (change(ORDER, sleps=[]), 'nothing is known of "sleps"'),
        (change(NUMBER, tolerance=None), "tolerance"),
        (change(NUMBER, tolerance=-1), "tolerance"),
        (change(NUMBER, tolerance="a bit"), "tolerance"),
        (change(NUMBER, tolerance=True), "tolerance"),
        (change(NUMBER, unit={"en": "percent"}), r"unit \(zh-CN\)"),
        (change(NUMBER, otherwise={}), r"otherwise \(en, zh-CN\)"),
        (change(NUMBER, answers=NUMBER["answers"][1:]), "none of the answers is marked right"),
        (change(NUMBER, answers=[]), "lacks answers: there are 0 of at least 1"),
        (change(NUMBER, answers=[*NUMBER["answers"], NUMBER["answers"][0]]), "said to answer 4"),
        (change(NUMBER, answers=[{"range": [0, 9]} | NUMBER["answers"][0]]), "value / range"),
        (change(NUMBER, answers=[NUMBER["answers"][2] | {"range": [2, 1]}]), "range"),
        (change(NUMBER, answers=[NUMBER["answers"][2] | {"range": [2]}]), "range"),
        (change(NUMBER, answers=[NUMBER["answers"][0] | {"value": "30 / 0"}]), "value"),
        (change(NUMBER, answers=[NUMBER["answers"][0] | {"value": "load()"}]), "value"),
        (change(NUMBER, answers=[NUMBER["answers"][0] | {"value": "(-1) ** 0.5"}]), "value"),
        (change(NUMBER, answers=[NUMBER["answers"][0] | {"value": "1, 2"}]), "value"),
        (change(NUMBER, answers=[NUMBER["answers"][0] | {"valeu": 3}]), '"valeu"'),
        (change(WORD, answers=WORD["answers"][1:]), "none of the answers is marked right"),
        (change(WORD, answers=[WORD["answers"][0] | {"words": ["CR8"]}]), r"words \(en, zh-CN\)"),
        (
            change(
                WORD, answers=[WORD["answers"][0] | {"words": {"en": ["CR8"], "zh-CN": ["。"]}}]
            ),
            r"words \(zh-CN\)",
        ),
        (change(WORD, answers=[*WORD["answers"], WORD["answers"][1]]), "more than one answer"),
    ],
)
def test_a_fault_in_the_file_is_named_with_file_and_item(read, said):
    with pytest.raises(KitError, match=f"sample.toml, item (recover|share|name): .*{said}"):
        read()


def test_a_wrong_value_inside_the_tolerance_is_found():
    near = [*NUMBER["answers"], NUMBER["answers"][1] | {"value": 2.42}]
    with pytest.raises(KitError, match="what is said to answer 4"):
        only(NUMBER, answers=near)


def test_arithmetic_in_a_file_is_worked_out():
    item = only(NUMBER, answers=[NUMBER["answers"][0] | {"value": "-(100 * 1.05**2 - 3)"}])
    assert item.judge(-107.25).right
    assert not item.judge(107.25).right


def test_every_kind_says_what_is_to_be_done_in_both_languages():
    from kdcourse.texts import say

    for kind in KINDS:
        assert len({say(f"quiz.how-{kind}", lang) for lang in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("page", ["authoring.md", "authoring.zh-CN.md"])
def test_the_questions_on_the_authors_page_can_be_read_and_answered(page):
    text = (course_root() / "docs" / page).read_text(encoding="utf-8")
    (block,) = [b for b in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[[items]]" in b]
    shown = Quiz("2.4", read_items(tomllib.loads(block), page))
    assert [item.kind for item in shown.items] == ["order", "number", "text"]
    assert shown.answer([["listen", "check", "offer"], "2.4%", "Churn-Rate"])
    assert shown.score == 3
    for kind in KINDS:
        assert f"| `{kind}` |" in text
