"""Questions written for jupyterquiz become a quiz of this course, with what is missing marked."""

from __future__ import annotations

import copy
import json
import tomllib

import pytest
from author_samples import course
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kdcourse.authoring import commands, quiz_file
from kdcourse.authoring.quiz_file import written
from kdcourse.authoring.quiz_import import convert
from kdcourse.authoring.skeleton import MARK
from kdcourse.practice.quiz.reading import read_items
from kdcourse.practice.quiz.session import Quiz
from kdcourse.texts import LANGUAGES, KitError, say, speaking

CHOICE = {
    "question": 'What does a shop mean by "too dear"?',
    "type": "multiple_choice",
    "answers": [
        {"answer": "It has seen a lower price", "correct": False, "feedback": "Perhaps. Ask."},
        {"answer": "You don't know yet", "correct": True, "feedback": "Correct!"},
        {"code": "price > budget", "correct": False},
    ],
}
MANY = {
    "question": "Which costs grow with each parcel?",
    "type": "many_choice",
    "answer_cols": 2,
    "answers": [
        {"answer": "Packaging", "correct": True, "feedback": "One for each."},
        {"answer": "Fuel", "correct": True, "feedback": "Heavier vans burn more."},
        {"answer": "Rent", "correct": False, "feedback": "It is paid for an empty hall, too."},
    ],
}
NUMERIC = {
    "question": "30 of 1,250 parcels came late. How many percent?",
    "type": "numeric",
    "precision": 2,
    "answers": [
        {"type": "value", "value": 2.4, "correct": True, "feedback": "24 in a thousand."},
        {"type": "value", "value": 2.42, "correct": False, "feedback": "Never read."},
        {"type": "range", "range": [97, 98], "correct": False, "feedback": "Those were in time."},
        {"type": "range", "range": [-1000, 0], "correct": False},
        {"type": "default", "feedback": "Divide the late ones by all."},
    ],
}
STRING = {
    "question": "What is it called when customers leave?",
    "type": "string",
    "answers": [
        {
            "answer": "Churn",
            "correct": True,
            "feedback": "Yes, per month or year.",
            "match_case": 1,
        },
        {"answer": "churn", "correct": True, "feedback": "Never read."},
        {"answer": "Retention", "correct": False, "feedback": "Those are the ones who stay."},
    ],
}
QUESTIONS = [CHOICE, MANY, NUMERIC, STRING]


def imported(*questions, lang="en"):
    return convert(json.dumps(questions).encode(), "questions.json", lang)


def as_quiz(found):
    """Return what was imported after the way through the file."""
    tables = tomllib.loads(written(found.items, "1.1", ["growth"]))
    return Quiz("1.1", read_items(tables, "1.1.toml"))


def test_all_types_become_items_that_can_be_answered():
    quiz = as_quiz(imported(*QUESTIONS))
    assert [item.kind for item in quiz.items] == ["single", "multiple", "number", "text"]
    assert quiz.answer(["b", ["a", "b"], "2.40", " CHURN"])
    assert quiz.score == 4
    assert "Perhaps. Ask." in repr(quiz.answer("question-1", "a"))
    assert "Those were in time." in repr(quiz.answer("question-3", 97.6))
    assert "Divide the late ones by all." in repr(quiz.answer("question-3", 98))
    assert "Those are the ones who stay." in repr(quiz.answer("question-4", "retention"))


@pytest.mark.parametrize("typed", [2.35, 2.4, 2.449])
def test_a_number_counts_to_as_many_digits_as_there(typed):
    quiz = as_quiz(imported(NUMERIC))
    assert quiz.answer("question-1", typed).right
    assert not quiz.answer("question-1", typed + 0.11).right


def test_a_value_is_compared_rounded_as_there():
    large = copy.deepcopy(NUMERIC) | {"precision": 3}
    large["answers"][0]["value"] = 123456
    large["answers"][1]["value"] = 12345
    quiz = as_quiz(imported(large))
    assert quiz.answer("question-1", 122501).right
    assert quiz.answer("question-1", 123499).right
    assert not quiz.answer("question-1", 123501).right


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_missing_is_marked_in_its_language(lang):
    single, _, number, text = imported(*QUESTIONS, lang=lang).items
    (other,) = set(LANGUAGES) - {lang}
    assert single["ask"] == {
        lang: CHOICE["question"],
        other: f"{MARK} {CHOICE['question']}",
    }
    assert single["objective"] == MARK
    for language in LANGUAGES:
        right, wrong = single["options"][1]["say"], single["options"][2]["say"]
        assert right[language] == f"{MARK} {say('quiz_import.why-right', language)}"
        assert wrong[language] == f"{MARK} {say('quiz_import.why-wrong', language)}"
        assert text["otherwise"][language] == f"{MARK} {say('quiz_import.otherwise', language)}"
    assert number["otherwise"][lang] == "Divide the late ones by all."


def test_what_cannot_be_carried_over_is_named():
    formula = copy.deepcopy(CHOICE) | {"question": r"Is $\frac{1}{2}$ half?", "code": "1 / 2"}
    found = imported(*QUESTIONS, formula)
    assert [note.partition(":")[0] for note in found.notes] == [
        "questions.json, question 1",
        "questions.json, question 3",
        "questions.json, question 4, answer 1",
        "questions.json, question 4",
        "questions.json, question 5",
        "questions.json, question 5",
    ]
    assert "holds code" in found.notes[0]
    assert "answer 2 can never be met" in found.notes[1]
    assert "formula" in found.notes[5]
    assert found.items[0]["options"][2]["text"]["en"] == "price > budget"
    assert found.items[4]["ask"]["en"].endswith("half?\n1 / 2")


def test_feedback_that_only_says_the_verdict_is_to_be_written():
    question = copy.deepcopy(MANY)
    for answer, said in zip(
        question["answers"], ("Correct.", "正确！", "Incorrect. "), strict=True
    ):
        answer["feedback"] = said
    says = [option["say"]["en"] for option in imported(question).items[0]["options"]]
    assert all(said.startswith(MARK) for said in says)


def without(question, name):
    return {key: value for key, value in question.items() if key != name}


def answers(question, **changes):
    """Return a question whose second answer is changed."""
    changed = copy.deepcopy(question)
    changed["answers"][1] |= changes
    return changed


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Why?", '"type": "None" is none of multiple_choice, many_choice, numeric, string'),
        (CHOICE | {"type": "essay"}, '"type": "essay" is none of'),
        (CHOICE | {"type": ["numeric"]}, '"type"'),
        (without(CHOICE, "question"), '"question" is missing or no text'),
        (CHOICE | {"question": ["Why?"]}, '"question" is missing'),
        (CHOICE | {"question": " "}, '"question" is missing'),
        (CHOICE | {"question": "half \ud83d"}, '"question" is missing or no text'),
        (without(CHOICE, "answers"), '"answers" must be a list of at least 2'),
        (CHOICE | {"answers": CHOICE["answers"][:1]}, '"answers" must be a list'),
        (CHOICE | {"answers": ["a", "b"]}, '"answers" must be a list'),
        (answers(CHOICE, correct="yes"), '"answers/2/correct" must be true or false'),
        (answers(CHOICE, answer=""), '"answers/2/answer" is missing'),
        (answers(CHOICE, correct=False), "0 of them are correct"),
        (CHOICE | {"answers": MANY["answers"]}, "2 of them are correct"),
        (MANY | {"answers": [MANY["answers"][2]] * 2}, "none of them is correct"),
        (answers(NUMERIC, value="2.4"), '"answers/2/value" must be a number'),
        (answers(NUMERIC, value=True), '"answers/2/value" must be a number'),
        (NUMERIC | {"answers": NUMERIC["answers"][2:]}, "none of them is correct"),
        (NUMERIC | {"precision": 0}, '"precision" must be how many digits'),
        (NUMERIC | {"answers": [{"range": [2, 1], "correct": True}]}, '"answers/1/range" must be'),
        (NUMERIC | {"answers": [{"range": [1], "correct": True}]}, '"answers/1/range" must be'),
        (NUMERIC | {"answers": [{"range": [1, "2"], "correct": True}]}, '"answers/1/range" must'),
        (NUMERIC | {"answers": [{"correct": True}]}, '"answers/1/range" must be'),
        (without(STRING, "answers"), '"answers" must be a list of at least 1'),
        (answers(STRING, answer=None), '"answers/2/answer" is missing'),
        (STRING | {"answers": [STRING["answers"][2]]}, "none of them is correct"),
    ],
)
def test_a_fault_is_named_with_question_and_field(question, said):
    found = imported(CHOICE, question)
    (fault,) = found.faults
    assert str(fault).startswith("questions.json, question 2, ")
    assert said in str(fault)
    assert len(found.items) == 1
    with speaking("zh-CN"):
        assert "第 2 题，" in str(fault)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no JSON: 1:1"),
        (b"[{]", "is no JSON: 1:3"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'[{"value": NaN}]', "is no JSON: NaN"),
        (b"[]", "no list of questions"),
        (b'{"question": "Why?"}', "no list of questions"),
        (b'"Why?"', "no list of questions"),
    ],
)
def test_a_file_of_something_else_gets_a_sentence(data, said):
    with pytest.raises(KitError, match=f"questions.json .*{said}"):
        convert(data, "questions.json", "en")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(QUESTIONS), st.data())
def test_whatever_a_field_holds_there_is_an_item_or_a_sentence(question, data):
    changed = copy.deepcopy(question)
    answer = data.draw(st.sampled_from(changed["answers"]))
    table = data.draw(st.sampled_from([changed, answer]))
    table[data.draw(st.sampled_from(list(table)))] = data.draw(JSON)
    try:
        found = imported(changed)
    except KitError:  # NaN
        return
    if found.faults:
        assert "question 1" in str(found.faults[0])
    else:
        assert as_quiz(found).items[0].ask["en"]


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_every_text_comes_through_the_file_unchanged(text):
    found = imported(MANY | {"question": text})
    if not found.faults:  # half of a character can't be written at all
        assert as_quiz(found).items[0].ask["en"] == text


@pytest.fixture
def root(tmp_path, monkeypatch):
    course(tmp_path)
    monkeypatch.setattr(quiz_file, "course_root", lambda: tmp_path)
    return tmp_path


def run(tmp_path, questions, *options, lesson="1.1"):
    file = tmp_path / "questions.json"
    file.write_text(json.dumps(questions), encoding="utf-8")
    done = CliRunner().invoke(commands.app, ["import-quiz", str(file), lesson, *options])
    return (1, str(done.exception)) if isinstance(done.exception, KitError) else (0, done.output)


def test_the_command_writes_the_quiz_of_a_lesson_and_says_what_is_left(root, tmp_path):
    target = root / "kdcourse" / "content" / "quizzes" / "1.1.toml"
    target.unlink(missing_ok=True)
    status, said = run(tmp_path, QUESTIONS, "--lang", "zh-CN")
    assert status == 0
    text = target.read_text(encoding="utf-8")
    assert f"{text.count(MARK)} places are marked {MARK}" in said
    assert "1.1.toml, questions: 4" in said
    assert "question 1: it holds code" in said
    assert len(read_items(tomllib.loads(text), "1.1.toml")) == 4
    status, said = run(tmp_path, QUESTIONS)
    assert "nothing is overwritten" in said
    assert target.read_text(encoding="utf-8") == text


def test_only_a_skeleton_is_replaced(root, tmp_path):
    target = root / "kdcourse" / "content" / "quizzes" / "1.1.toml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        f'[[items]]\nask = {{ en = "{MARK} Why?", zh-CN = "{MARK} 为什么？" }}\n', encoding="utf-8"
    )
    assert run(tmp_path, [MANY])[0] == 0
    assert "Packaging" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("questions", "options", "lesson", "said"),
    [
        (QUESTIONS, [], "2.4", "no lesson 2.4 yet"),
        (QUESTIONS, [], "../1.1", "no lesson"),
        (QUESTIONS, ["--lang", "fr"], "1.1", '"fr" is not'),
        ({}, [], "1.1", "no list of questions"),
    ],
)
def test_nothing_is_written_where_something_is_wrong(
    root, tmp_path, questions, options, lesson, said
):
    target = root / "kdcourse" / "content" / "quizzes" / "1.1.toml"
    target.unlink(missing_ok=True)
    assert said in run(tmp_path, questions, *options, lesson=lesson)[1]
    assert not target.exists()


def test_all_faults_are_said_at_once_and_nothing_is_written(root, tmp_path):
    target = root / "kdcourse" / "content" / "quizzes" / "1.1.toml"
    target.unlink(missing_ok=True)
    wrong = [without(CHOICE, "question"), MANY, without(STRING, "answers")]
    _, said = run(tmp_path, wrong)
    assert [line.partition(", ")[2][:10] for line in said.splitlines()] == [
        "question 1",
        "question 3",
    ]
    assert not target.exists()


def test_a_file_that_is_not_there_gets_a_sentence(root, tmp_path):
    done = CliRunner().invoke(commands.app, ["import-quiz", str(tmp_path / "none.json"), "1.1"])
    assert "cannot be read" in str(done.exception) or "nothing is overwritten" in str(
        done.exception
    )
