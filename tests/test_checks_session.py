"""check, hint and solution as a learner calls them."""

from __future__ import annotations

import json
import time

import pytest
from checks_sample import exercise, growth, load, session

from kdcourse.checks import catalogue
from kdcourse.checks import session as calls
from kdcourse.checks.solved import solution_of
from kdcourse.texts import KitError, speaking


@pytest.fixture
def sample_course(monkeypatch, tmp_path):
    """The sample exercise as if it were the course's only one, with a solution notebook."""
    monkeypatch.setattr(catalogue, "MODULES", {"9.9": "checks_sample"})
    monkeypatch.setattr(calls, "load", load)
    monkeypatch.setattr(calls, "course_root", lambda: tmp_path)
    calls.begin()
    for lang, moral in (("en", "Name the base."), ("zh-CN", "先说清基数。")):
        path = tmp_path / "solutions" / lang / "9-sample" / "9.9-sample.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"cells": solution_cells(moral)}), encoding="utf-8")
    yield tmp_path
    calls.begin()


def solution_cells(moral):
    def cell(kind, source, tags=(), **nbgrader):
        metadata = {"tags": list(tags)} | ({"nbgrader": nbgrader} if nbgrader else {})
        lines = source.splitlines(keepends=True)
        return {"cell_type": kind, "source": lines, "metadata": metadata}

    return [
        cell("code", "from kdcourse import check"),
        cell("markdown", 'Mentions check("9.9.q1", growth).'),
        cell("code", "scratch = 0", solution=True),
        cell(
            "code",
            "growth = ...\n### BEGIN SOLUTION\nyears = load('years')\n\ngrowth = 2 ** 3\n"
            "### END SOLUTION\n",
            solution=True,
        ),
        cell("code", "print(growth)"),
        cell("code", 'check("9.9.q1", growth)', ["check"], grade=True, solution=False),
        cell("markdown", moral, ["moral"]),
        cell("markdown", "Ask why.", ["instructor"]),
        cell("code", "concentration = {}", solution=True),
        cell("code", "check('9.9.q2', concentration)", grade=True, solution=False),
        cell("markdown", "No moral."),
    ]


def test_an_unknown_question_is_answered_with_the_nearest(sample_course):
    with pytest.raises(KitError, match=r'no question "9\.9\.q44".*"9\.9\.q4"'):
        calls.check("9.9.q44", 3)
    with pytest.raises(KitError, match=r"9\.9\.q2"):
        calls.hint("9.8.q2")
    for nonsense in ("", "q1", "9.9", "9.9.", "...", "第一题"):
        with pytest.raises(KitError, match=r"Did you mean"):
            calls.check(nonsense, 1)


def test_arguments_the_wrong_way_round_are_named(sample_course):
    for call in (calls.check, calls.hint, calls.solution):
        with pytest.raises(KitError, match="comes first, in quotation marks"):
            call(3.5)
    with pytest.raises(KitError, match="comes first"):
        calls.check(load("years"), "9.9.q3")


def test_hints_go_one_further_at_each_call_and_stay_at_the_last(sample_course):
    said = [repr(calls.hint("9.9.q1")) for _ in range(4)]
    assert said[0] == "Hint 1 of 3\n\nAgainst which year?"
    assert said[1].startswith("Hint 2 of 3")
    assert said[2] == said[3] == "Hint 3 of 3\n\n```python\nlast ** 1 / ...\n```"
    assert repr(calls.hint("9.9.q1", level=2)) == said[1]
    bundle = calls.hint("9.9.q1", 1)._repr_mimebundle_()
    assert bundle["text/markdown"] == "**Hint 1 of 3**\n\nAgainst which year?"
    for level in (0, 4, "2", 1.5):
        with pytest.raises(KitError, match="from 1 to 3"):
            calls.hint("9.9.q1", level=level)
    with speaking("zh-CN"):
        assert repr(calls.hint("9.9.q1", 1)) == "提示 1/3\n\n以哪一年为基数？"


def test_the_solution_is_shown_after_a_try_only(sample_course):
    calls.check("9.9.q1", ...)
    with pytest.raises(KitError, match="Try it first"):
        calls.solution("9.9.q1")
    calls.check("9.9.q1", 3)
    assert repr(calls.solution("9.9.q1")) == (
        "Solution\n\n```python\nyears = load('years')\n\ngrowth = 2 ** 3\n```\n\nName the base."
    )
    with speaking("zh-CN"):
        assert "先说清基数。" in repr(calls.solution("9.9.q1"))
    with pytest.raises(KitError, match="Try it first"):
        calls.solution("9.9.q2")
    calls.begin()
    with pytest.raises(KitError, match="Try it first"):
        calls.solution("9.9.q1")


def test_a_solution_is_the_answer_cell_before_its_check(sample_course):
    folder = sample_course / "solutions" / "en"
    assert solution_of("9.9.q2", folder) == "```python\nconcentration = {}\n```"
    with pytest.raises(KitError, match=r"no solution for \"9\.9\.q3\""):
        solution_of("9.9.q3", folder)
    with pytest.raises(KitError, match="no solution"):
        solution_of("9.9.q1", sample_course / "nowhere")


def test_expected_answers_are_worked_out_once_a_session():
    loaded = []

    def counting(name):
        loaded.append(name)
        return load(name)

    once = session(counting)
    for given in (1, 2, growth(load)):
        once.check("9.9.q1", given)
    assert len(loaded) == 1 + len(exercise["q1"].slips)


def test_a_check_answers_at_once():
    once = session()
    once.check("9.9.q3", 1)
    wrong = load("years").assign(growth=1.0)
    start = time.perf_counter()
    for _ in range(10):
        repr(once.check("9.9.q3", wrong))
    assert (time.perf_counter() - start) / 10 < 0.2


def test_nbgrader_reads_the_points(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    checked = session().check("9.9.q2", {"cr4": 84.59, "hhi": 0})
    assert checked._repr_mimebundle_()["text/plain"] == "1"
