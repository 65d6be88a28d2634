"""The map shows every notebook of the course, what is done of it, and what comes next."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from kdcourse.checks.catalogue import find_exercise
from kdcourse.course import course_root
from kdcourse.practice import course_map as maps
from kdcourse.practice import outline as outlines
from kdcourse.practice.course_map import course_map
from kdcourse.practice.outline import outline
from kdcourse.practice.quiz.session import quiz
from kdcourse.progress.journal import Journal, journal_path
from kdcourse.texts import LANGUAGES, content, use_language

QUESTIONS = [f"1.1.{question.name}" for question in find_exercise("1.1").questions]
WORTH = {f"1.1.{question.name}": question.points for question in find_exercise("1.1").questions}
ITEMS = [f"1.1/{item.id}" for item in quiz("1.1").items]


def write(root, path, title, minutes=40):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    cells = [{"cell_type": "markdown", "source": [f"# {title}\n", "\n", "*more*"]}]
    about = {"kdcourse": {"minutes": minutes}} if minutes else {}
    file.write_text(json.dumps({"cells": cells, "metadata": about}), encoding="utf-8")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two modules, seen from its start page."""
    root = tmp_path / "kit"
    for tree, title in (("notebooks", "1.1 Parcels"), ("exercises", "Exercise 1.1: <parcels>")):
        write(root, f"{tree}/en/1-industry/1.1-parcel-market.ipynb", title)
    write(root, "notebooks/en/1-industry/1.10-later.ipynb", "1.10 Later")
    write(root, "notebooks/en/1-industry/1.2-sooner.ipynb", "1.2 Sooner")
    write(root, "notebooks/en/1-industry/case-anyan.ipynb", "Anyan & Co", minutes=None)
    write(root, "notebooks/en/00-start-here.ipynb", "Start here")
    monkeypatch.setattr(outlines, "course_root", lambda: root)
    monkeypatch.setattr(maps, "course_root", lambda: root)
    monkeypatch.chdir(root / "notebooks" / "en")
    return root


@pytest.fixture
def journal(course):
    """The journal of the course's folder, as if it were a learner's workspace."""
    path = journal_path(course)
    path.parent.mkdir()
    return Journal(path)


class Links(HTMLParser):
    """Collects where the links of a page lead to, and sees that every element is closed."""

    def __init__(self, page):
        super().__init__()
        self.targets, self.open = [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.targets += [value for name, value in attributes if name == "href"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_outside_of_a_workspace_nothing_is_done(course):
    assert repr(course_map()) == (
        "Next: 1.1 Parcels\n"
        "\n"
        "1 Industry basics\n"
        "  ○ 1.1 Parcels · 40 minutes · not begun\n"
        "  ○ Exercise 1.1: <parcels> · 40 minutes · not begun\n"
        "  ○ 1.2 Sooner · 40 minutes · not begun\n"
        "  ○ 1.10 Later · 40 minutes · not begun\n"
        "  ○ Anyan & Co · not begun\n"
        "\n"
        "Still to come: Targeting, Development, Retention, Complaints, Data tools."
    )
    use_language("zh-CN")
    assert repr(course_map()).startswith("现有的课程都已完成。\n\n待推出：行业认知基础、")


def test_links_lead_to_the_notebooks_from_wherever_the_map_is(course, monkeypatch):
    page = course_map()._repr_html_()
    lesson, exercise = "1-industry/1.1-parcel-market.ipynb", "1-industry/1.1-parcel-market.ipynb"
    assert Links(page).targets[:3] == [lesson, lesson, f"../../exercises/en/{exercise}"]
    assert "&lt;parcels&gt;" in page
    monkeypatch.chdir(course / "exercises" / "en" / "1-industry")
    assert Links(course_map()._repr_html_()).targets[2] == "1.1-parcel-market.ipynb"
    monkeypatch.chdir(course.parent)
    assert Links(course_map()._repr_html_()).targets[:2] == [lesson, lesson]


def test_a_notebook_that_is_not_there_yet_is_named_without_a_link(course, tmp_path, monkeypatch):
    """As in a workspace last started with an older kit."""
    (tmp_path / "home" / ".kdcourse").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home")
    shown = course_map()
    assert Links(shown._repr_html_()).targets == []
    assert "1.2 Sooner" in shown._repr_html_()


def state(title):
    (line,) = [line for line in repr(course_map()).splitlines() if line[4:].startswith(title)]
    return line[2], line.rpartition("minutes · ")[2]


def test_a_lesson_is_done_when_its_quiz_is(journal):
    journal.record("begun", "1.1", "lesson")
    assert state("1.1 ") == ("◐", f"begun · quiz: 0 of {len(ITEMS)} right")
    for item in ITEMS[:-1]:
        journal.record("quiz", item, "right")
    journal.record("quiz", ITEMS[-1], "wrong")
    assert state("1.1 ") == ("◐", f"begun · quiz: {len(ITEMS) - 1} of {len(ITEMS)} right")
    journal.record("quiz", ITEMS[-1], "right")
    assert state("1.1 ") == ("✓", f"done · quiz: {len(ITEMS)} of {len(ITEMS)} right")
    assert state("Exercise") == ("○", "not begun")
    assert repr(course_map()).startswith("Next: Exercise 1.1")


def test_an_exercise_is_done_when_each_question_is_right_or_its_solution_was_seen(journal):
    journal.record("begun", "1.1", "exercise")
    whole = sum(WORTH.values())
    assert state("Exercise") == ("◐", f"begun · points: 0 of {whole:g}")
    *most, last = QUESTIONS
    for name in most:
        journal.record("check", name, "correct", WORTH[name], WORTH[name])
    reached = whole - WORTH[last]
    journal.record("check", last, "incorrect", 0, WORTH[last])
    assert state("Exercise") == ("◐", f"begun · points: {reached:g} of {whole:g}")
    journal.record("solution", last)
    assert state("Exercise") == ("✓", f"done · points: {reached:g} of {whole:g}")
    assert state("1.1 ") == ("○", "not begun")


def test_what_asks_nothing_is_done_once_begun(journal):
    journal.record("begun", "1.2", "lesson")
    journal.record("begun", "case-anyan", "lesson")
    assert state("1.2") == ("✓", "done")
    assert "  ✓ Anyan & Co · done" in repr(course_map())


def test_a_journal_that_cannot_be_read_is_said_on_the_map(journal):
    journal.path.write_bytes(b"nonsense" * 1000)
    shown = course_map()
    assert repr(shown).startswith("The file with your progress")
    assert "○ 1.1 Parcels" in repr(shown)
    assert 'role="status"' in shown._repr_html_()


def test_a_map_keeps_its_language(course):
    shown = course_map()
    use_language("zh-CN")
    assert "not begun" in shown._repr_html_()
    assert "Next: " in repr(shown)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_map_of_this_course_holds_every_notebook_with_title_and_minutes(lang, monkeypatch):
    use_language(lang)
    start = course_root() / "notebooks" / lang
    monkeypatch.chdir(start)
    links = {(start / target).resolve() for target in Links(course_map()._repr_html_()).targets}
    folders = [start, course_root() / "exercises" / lang]
    there = {p for folder in folders for p in folder.rglob("*/*.ipynb") if "." not in p.parent.name}
    assert links == there
    assert {path.parent.name for path in there} <= set(content("course")["modules"])
    for module in outline(lang):
        assert all(sheet.minutes for sheet in module.sheets)
        assert not any(re.fullmatch(r"[\w.-]+", sheet.title) for sheet in module.sheets)


def test_both_editions_have_the_same_outline():
    one, other = (
        [
            (sheet.kind, sheet.name, sheet.minutes)
            for module in outline(lang)
            for sheet in module.sheets
        ]
        for lang in LANGUAGES
    )
    assert one == other
