"""A quiz keeps score of what was answered, and says to each choice why it is right or tempts."""

from __future__ import annotations

import copy

import pytest
import quiz_sample
from checks_sample import QUIZ
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.practice.quiz.number import Number
from kdcourse.practice.quiz.reading import read_items
from kdcourse.practice.quiz.session import Quiz, quiz
from kdcourse.texts import LANGUAGES, KitError, content, speaking


@pytest.fixture
def sample():
    return Quiz("9.9", read_items(QUIZ, "sample.toml"))


def test_a_choice_gets_its_own_remark_and_may_be_changed(sample):
    wrong = sample.answer("break", "leap")
    assert not wrong.right
    assert repr(wrong) == "✗ Not right yet. You can try again.\nOne day explains 0.3 %."
    assert repr(sample.answer("break", "base")) == "✓ Right.\nCompare on one base."
    progress = sample.progress["break"]
    assert (progress.tries, progress.first, progress.best) == (2, False, True)
    assert (sample.answered, sample.score, sample.first_score) == (1, 1, 0)
    sample.answer("break", "leap")
    assert sample.score == 1, "the best try counts"


def test_a_multiple_choice_says_that_something_is_missing_but_not_what(sample):
    part = sample.answer("true", ["bounds"])
    assert not part.right
    assert "There is more to choose." in repr(part)
    assert "merger" not in repr(part)
    mixed = sample.answer("true", {"bounds", "rises", "falls"})
    assert not mixed.right
    assert "✗ HHI falls in a merger – It squares the sum." in repr(mixed)
    assert sample.answer("true", ("rises", "bounds")).right


def test_matching_explains_the_pairs_that_were_found_only(sample):
    half = sample.answer("trends", ["smart", "smart"])
    assert not half.right
    assert "✓ Robots sort – Machines take over." in repr(half)
    assert "Less waste" not in repr(half)
    assert sample.answer("trends", ["smart", "green"]).right


def test_several_items_are_answered_at_once_without_a_screen(sample):
    report = sample.answer({"break": "base", "trends": ["green", "smart"]})
    assert repr(report).endswith("2 of 3 answered, 1 right")
    assert [feedback.right for feedback in report.feedback] == [True, False]


@pytest.mark.parametrize(
    ("item", "choice", "said"),
    [
        ("brake", "base", 'no question "brake"'),
        ("break", "b", "Choose from: base, leap"),
        ("break", ["base", "leap"], "Choose from"),
        ("break", None, "Choose from"),
        ("true", [], "Choose from"),
        ("true", 4, "Choose from"),
        ("true", 0, "Choose from"),
        ("true", True, "Choose from"),
        ("true", [None], "Choose from"),
        ("trends", ["smart"], "each of its 2 lines"),
    ],
)
def test_an_answer_that_does_not_fit_gets_a_sentence_and_does_not_count(sample, item, choice, said):
    with pytest.raises(KitError, match=said):
        sample.answer(item, choice)
    with pytest.raises(KitError):
        sample.answer({"break": "base", item: choice})
    assert sample.answered == 0


@given(st.lists(st.sampled_from(["base", "leap"]), max_size=8))
def test_score_first_and_best_follow_from_the_tries(choices):
    sample = Quiz("9.9", read_items(QUIZ, "sample.toml"))
    for choice in choices:
        sample.answer("break", choice)
    progress = sample.progress["break"]
    assert progress.tries == len(choices)
    assert progress.first == (choices[0] == "base" if choices else None)
    assert progress.best == ("base" in choices) == (sample.score == 1)


def test_the_text_of_a_quiz_holds_all_questions_and_no_answers(sample):
    said = {}
    for lang in LANGUAGES:
        with speaking(lang):
            said[lang] = repr(sample)
        for entry in QUIZ["items"]:
            assert entry["ask"][lang] in said[lang]
            for option in entry.get("options", ()):
                assert option["text"][lang] in said[lang]
                assert option["say"][lang] not in said[lang]
    before = said["en"]
    sample.answer("break", "base")
    assert repr(sample) == before, "what is stored in the notebook does not depend on the learner"


def broken(change):
    source = copy.deepcopy(QUIZ)
    change(source["items"])
    return source


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda items: items.clear(), "holds no items"),
        (lambda items: items[0].pop("id"), "item 1: .* id"),
        (lambda items: items[0].pop("objective"), "item break: .* objective"),
        (lambda items: items[0].update(kind="guess"), '"guess" is no kind'),
        (lambda items: items[0]["ask"].pop("zh-CN"), r"item break: .*ask \(zh-CN\)"),
        (lambda items: items[0]["options"][1]["say"].update(en=""), r"say \(en\)"),
        (lambda items: items[0]["options"][0].update(right="yes"), "right = true"),
        (lambda items: items[0]["options"][0].pop("right"), "0 options are marked right"),
        (lambda items: items[0]["options"][1].update(right=True), "2 options are marked right"),
        (lambda items: items[0]["options"][1].update(id="base"), "two options have the same id"),
        (lambda items: items[0]["options"].pop(), "options"),
        (lambda items: [o.pop("right", 0) for o in items[1]["options"]], "no option is marked"),
        (lambda items: items[2]["pairs"][0].update(right="blue"), 'belongs to "blue"'),
        (lambda items: items[2].pop("pairs"), "lacks pairs"),
        (lambda items: items[2].update(id="true"), "more than one item is called true"),
    ],
)
def test_a_fault_in_the_file_is_named_with_file_and_item(change, said):
    with pytest.raises(KitError, match=f"sample.toml.*{said}"):
        read_items(broken(change), "sample.toml")


@pytest.mark.parametrize("name", ["9.9", "", "../messages/check", "1.1.q1", None])
def test_an_unknown_quiz_gets_a_sentence(name):
    with pytest.raises(KitError, match="There is no quiz"):
        quiz(name)


def shipped():
    from kdcourse.course import course_root

    folder = course_root() / "kdcourse" / "content" / "quizzes"
    return sorted(path.stem for path in folder.glob("*.toml"))


def answers(entry):
    """Return what answers an item of a file rightly, and what wrongly."""
    match entry["kind"]:
        case "match":
            right = [pair["right"] for pair in entry["pairs"]]
            others = [choice["id"] for choice in entry["choices"] if choice["id"] != right[0]]
            return [right], [[others[0], *right[1:]]]
        case "order":
            right = [step["id"] for step in entry["steps"]]
            slips = [[slip["first"], slip["then"]] for slip in entry.get("slips", ())]
            led = [[*slip, *(step for step in right if step not in slip)] for slip in slips]
            return [right], [right[::-1], *led]
        case "text":
            told = [(part.get("right"), part["words"]) for part in entry["answers"]]
            every = [(right, word) for right, words in told for ws in words.values() for word in ws]
            return [w for right, w in every if right], [w for right, w in every if not right]
        case "single" | "multiple":
            options = entry["options"]
            right = [option["id"] for option in options if option.get("right")]
            return [right], [option["id"] for option in options if not option.get("right")]
    raise AssertionError(entry["kind"])


@pytest.mark.parametrize("name", shipped())
def test_every_quiz_of_the_course_can_be_answered_right_and_wrong(name):
    one = quiz(name)
    for item, entry in zip(one.items, content(f"quizzes/{name}")["items"], strict=True):
        if isinstance(item, Number):
            parts = item.answers
            right, wrong = (
                [p.low if p.exact is None else p.exact for p in parts if p.right == side]
                for side in (True, False)
            )
            assert all(item.meets(number) for number in (*right, *wrong))
        else:
            right, wrong = answers(entry)
        for choice in right:
            assert one.answer(item.id, choice).right
        for choice in wrong:
            given = one.answer(item.id, choice)
            assert not given.right
            assert len(given.lines()) > 1
        assert wrong or item.kind in ("number", "text"), item.id
    assert one.score == one.answered == len(one.items)


def test_questions_of_every_kind_can_be_answered_right_and_wrong():
    """What the test above does with each quiz of the course catches nothing if it gives nothing."""
    for entry in (*QUIZ["items"], quiz_sample.ORDER, quiz_sample.WORD):
        right, wrong = answers(entry)
        assert right
        assert wrong
