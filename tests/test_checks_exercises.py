"""Every exercise of the course: right is right, each slip is called what it is, on ten worlds."""

from __future__ import annotations

import functools
import json

import pandas as pd
import pytest

from kdcourse.checks import session
from kdcourse.checks.catalogue import MODULES, find_exercise
from kdcourse.checks.questions import Exercise, Question
from kdcourse.checks.verdict import Outcome
from kdcourse.checks.view import Checked
from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES, speaking

SEEDS = range(1, 11)


def questions():
    """Return all questions of the course as parameters of a test."""
    return [
        pytest.param(exercise, question, id=f"{exercise.name}.{question.name}")
        for exercise in map(find_exercise, MODULES)
        for question in exercise.questions
    ]


def judged():
    """Return those that have a right answer, rather than a rubric."""
    return [param for param in questions() if param.values[1].expect is not None]


@functools.cache
def tables(seed: int):
    from kdcourse.world.world import World

    world = World(seed=seed, customers=300)
    return functools.cache(world.load)


def load(seed: int):
    cached = tables(seed)
    return lambda name: cached(name).copy()


@pytest.mark.parametrize(("exercise", "question"), judged())
def test_the_right_answer_passes_and_each_slip_gets_its_message_on_ten_worlds(
    exercise: Exercise, question: Question
):
    for seed in SEEDS:
        answers = exercise.answers(question, load(seed))
        right = exercise.verdict(question, answers.expected, answers)
        assert right.outcome is Outcome.CORRECT, (seed, right)
        for name, wrong in answers.slips.items():
            verdict = exercise.verdict(question, wrong, answers)
            assert verdict.outcome in (Outcome.INCORRECT, Outcome.PARTLY_CORRECT), (seed, name)
            assert [finding.key for finding in verdict.findings] == [f"slips.{name}"], seed


@pytest.mark.parametrize(("exercise", "question"), judged())
def test_a_question_knows_three_slips_each_with_its_words(exercise: Exercise, question: Question):
    slips = exercise.texts(question.name).get("slips", {})
    assert len(question.slips) >= 3
    assert set(slips) == set(question.slips)
    for text in slips.values():
        assert all(text.get(lang, "").strip() for lang in LANGUAGES)


@pytest.mark.parametrize(("exercise", "question"), questions())
def test_a_question_has_three_hints_in_both_languages(exercise: Exercise, question: Question):
    hints = exercise.texts(question.name)["hints"]
    assert set(hints) == set(session.LEVELS)
    for text in hints.values():
        assert all(text.get(lang, "").strip() for lang in LANGUAGES)


@pytest.mark.parametrize(("exercise", "question"), questions())
def test_a_written_answer_has_prompts_and_four_levels(exercise: Exercise, question: Question):
    if not question.self_assessed:
        assert question.expect is not None
        return
    texts = exercise.texts(question.name)
    assert set(texts["slots"]) == set(question.judge.slots)
    assert texts["rubric"]
    for criterion in texts["rubric"]:
        assert len(criterion["levels"]) == 4
        for text in (criterion["name"], *criterion["levels"]):
            assert all(text.get(lang, "").strip() for lang in LANGUAGES)


@pytest.mark.parametrize(("exercise", "question"), questions())
def test_an_untouched_answer_is_not_attempted(exercise: Exercise, question: Question):
    answers = exercise.answers(question, load(1))
    verdict = exercise.verdict(question, ..., answers)
    assert verdict.outcome is Outcome.NOT_ATTEMPTED


def numbers(value: object) -> set[str]:
    """Return the numbers in an answer, each as it could be written with its decimals."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return numbers(value.to_numpy().ravel().tolist())
    if isinstance(value, dict):
        return numbers(list(value.values()))
    if isinstance(value, list | tuple | set):
        return {text for inner in value for text in numbers(inner)}
    if isinstance(value, float) and value == value:
        texts = {f"{value:.2f}", f"{value:,.2f}", f"{value:.4f}", f"{value:.6g}"}
        # One or two digits stand in many a sentence.
        return {text for text in texts if sum(map(str.isdigit, text.strip("0."))) >= 4}
    return set()


@pytest.mark.parametrize(("exercise", "question"), judged())
def test_no_message_of_a_slip_holds_the_right_numbers(exercise: Exercise, question: Question):
    texts = exercise.texts(question.name)
    answers = exercise.answers(question, load(1))
    for lang in LANGUAGES:
        for name, wrong in answers.slips.items():
            verdict = exercise.verdict(question, wrong, answers)
            with speaking(lang):
                said = repr(Checked(verdict, texts))
            assert not [n for n in numbers(answers.expected) if n in said], name


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", MODULES)
def test_the_solution_notebook_gets_full_points(name: str, lang: str, monkeypatch):
    found = list((course_root() / "solutions" / lang).glob(f"*/{name}-*.ipynb"))
    assert found, f"no solution notebook for {name} in {lang}"
    (path,) = found
    verdicts = {}

    def recording(question_id, *answer):
        checked = session._current().check(question_id, *answer)
        verdicts[question_id] = checked.verdict
        return checked

    monkeypatch.setattr(session, "check", recording)
    namespace = {"display": lambda *_, **__: None, "__name__": "__main__"}
    with speaking(lang):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                code = compile("".join(cell["source"]), f"{path.name}:{cell['id']}", "exec")
                exec(code, namespace)
    assert list(verdicts) == find_exercise(name).ids
    for question_id, verdict in verdicts.items():
        assert verdict.points == verdict.max_points, question_id
