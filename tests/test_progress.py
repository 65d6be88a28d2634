"""Checks, hints, solutions, quizzes and lessons leave in the workspace what they come to."""

from __future__ import annotations

import pytest
from checks_sample import QUIZ, concentration, growth, load

from kdcourse.checks import catalogue, session
from kdcourse.practice import lessons
from kdcourse.practice.quiz import session as quizzes
from kdcourse.practice.quiz.view import QuizView
from kdcourse.progress.journal import Event, Journal, here, journal_path, read_events
from kdcourse.progress.results import ItemResult, QuestionResult, Results, summarise
from kdcourse.texts import KitError


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A learner's folder to work in, where the sample exercise is the only one."""
    for part in (".kdcourse", "notebooks/en/9-sample", "exercises/en/9-sample"):
        (tmp_path / part).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "exercises/en/9-sample")
    monkeypatch.setattr(catalogue, "MODULES", {"9.9": "checks_sample"}, raising=False)
    monkeypatch.setattr(session, "load", load)
    monkeypatch.setattr(session, "solution_of", lambda *_: "Like this.")
    session.begin()
    yield tmp_path
    session.begin()


def results(workspace) -> Results:
    return summarise(read_events(journal_path(workspace)))


def test_a_question_is_followed_from_the_first_try_to_the_last(workspace):
    session.check("9.9.q1", ...)
    assert not results(workspace), "what was not attempted is no try"
    session.check("9.9.q1", 3)
    session.hint("9.9.q1")
    session.hint("9.9.q1", 1)
    session.hint("9.9.q1")
    session.check("9.9.q1", growth(load))
    session.check("9.9.q1", growth(load))
    session.check("9.9.q1", 3)
    (found,) = results(workspace).questions.items()
    name, result = found
    assert name == "9.9.q1"
    assert (result.outcome, result.points, result.max_points) == ("correct", 1, 1)
    assert (result.tries, result.hints, result.solution_seen) == (2, 2, False)
    assert result.first <= result.last


def test_points_are_those_reached_before_the_solution_was_seen(workspace):
    session.check("9.9.q2", {"cr4": 84.59, "hhi": 0})
    session.solution("9.9.q2")
    session.check("9.9.q2", concentration(load))
    result = results(workspace).questions["9.9.q2"]
    assert (result.outcome, result.points, result.solution_seen) == ("correct", 1, True)


def test_a_try_is_remembered_when_the_kernel_starts_anew(workspace):
    session.check("9.9.q1", 3)
    session.begin()
    assert "Like this." in repr(session.solution("9.9.q1"))
    with pytest.raises(KitError, match="Try it first"):
        session.solution("9.9.q2")


def test_a_check_answers_whatever_is_wrong_with_the_journal(workspace, monkeypatch, capsys):
    monkeypatch.setattr("kdcourse.progress.journal._journal", lambda path: Journal(path))
    path = journal_path(workspace)
    path.mkdir()
    assert session.check("9.9.q1", growth(load)).verdict.outcome == "correct"
    assert str(path) in capsys.readouterr().out
    assert "Like this." in repr(session.solution("9.9.q1"))
    session.begin()
    with pytest.raises(KitError, match="Try it first"):
        session.solution("9.9.q1")


def test_each_item_of_a_quiz_keeps_its_first_and_best_answer(workspace, monkeypatch):
    monkeypatch.setattr(quizzes, "content", lambda _: QUIZ)
    sample = quizzes.quiz("9.9")
    sample.answer("break", "leap")
    sample.answer({"break": "base", "trends": ["smart", "green"]})
    sample.answer("break", "leap")
    with pytest.raises(KitError):
        sample.answer({"trends": ["smart", "green"], "brake": "base"})
    items = results(workspace).items
    assert list(items) == ["9.9/break", "9.9/trends"]
    broken, trends = items.values()
    assert (broken.first_right, broken.right, broken.tries) == (False, True, 2)
    assert (trends.first_right, trends.right, trends.tries) == (True, True, 1)


def test_a_click_on_the_screen_counts_like_a_call(workspace, monkeypatch):
    monkeypatch.setattr(quizzes, "content", lambda _: QUIZ)
    view = QuizView(quizzes.quiz("9.9"))
    _, control, button, _ = view.box.children[1].children
    control.value = "base"
    button.click()
    assert results(workspace).items["9.9/break"].first_right


def test_the_lesson_and_its_exercise_are_begun_each_by_itself(workspace, monkeypatch):
    monkeypatch.setattr(lessons, "lesson_names", lambda _: ["00-start-here", "9.9"])
    lessons.lesson("00-start-here")
    assert not results(workspace)
    lessons.lesson("9.9", lang="zh-CN")
    assert list(results(workspace).begun) == [("exercise", "9.9")]
    monkeypatch.chdir(workspace / "notebooks/en/9-sample")
    lessons.lesson("9.9")
    lessons.lesson("9.9")
    assert list(results(workspace).begun) == [("exercise", "9.9"), ("lesson", "9.9")]
    monkeypatch.chdir(workspace)
    lessons.lesson("9.9")
    assert len(here().events()) == 4


def test_events_of_a_kit_to_come_are_left_out():
    results = summarise(
        [
            Event("2026-01-01T08:00:00+00:00", "flight", "9.9"),
            Event("2026-01-02T08:00:00+00:00", "check", "9.9.q1", "splendid", 1, 1),
        ]
    )
    assert list(results.questions) == ["9.9.q1"]
    assert results.questions["9.9.q1"].tries == 1
    assert not summarise([])


def test_first_and_last_are_kept():
    days = [f"2026-01-0{day}T08:00:00+00:00" for day in (1, 2, 3)]
    result, item = QuestionResult(), ItemResult()
    for day, outcome in zip(days, ("incorrect", "cannot-be-checked", "incorrect"), strict=True):
        result.add(Event(day, "check", "9.9.q1", outcome, 0, 1))
        item.add(Event(day, "quiz", "9.9/a", "wrong"))
    assert (result.first, result.last, result.outcome) == (days[0], days[2], "incorrect")
    assert (item.first, item.last, item.tries, item.right) == (days[0], days[2], 3, False)
    assert not result.settled
