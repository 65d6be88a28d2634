"""A learner opens the course in a browser, works through the lesson and finds their work again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kdcourse.course import course_root
from kdcourse.texts import LANGUAGES, content, say

pytest.importorskip("playwright", reason="playwright is not installed: no test in a browser")
import browser
from browser import MENUS, PATIENCE, Course, Notebook
from playwright.sync_api import Browser, Page, expect, sync_playwright

PROGRAM = browser.find_browser()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium found: no test in a browser"),
    # With "--dist loadgroup" one process takes them all, as they share servers and a browser.
    pytest.mark.xdist_group("browser"),
]

#: What an output of an error, or of a warning, is known by.
FAULTS = "[data-mime-type*='error'], [data-mime-type*='stderr']"
LESSON = "1-industry/1.1-parcel-market.ipynb"
RANKED = """\
due = shipments[(shipments["origin"] == "HGH") & (shipments["promised_at"] <= end)]
due = due[due["accepted_at"] >= "2025-01-01"]
kept = due["delivered_at"] <= due["promised_at"]
ranking = list(kept.groupby(due["product_id"]).mean().sort_values(ascending=False).index)"""
RANKED_BY_SPEED = """\
ours = shipments[shipments["origin"] == "HGH"]
hours = ours["delivered_at"] - ours["accepted_at"]
ranking = list(hours.groupby(ours["product_id"]).median().sort_values().index)"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(
            executable_path=PROGRAM, headless=True, args=browser.FLAGS.split()
        )
        yield program
        program.close()


@pytest.fixture(scope="module", params=LANGUAGES)
def course(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Course]:
    started = Course(request.param, tmp_path_factory.mktemp(request.param) / "workspace")
    yield started
    started.stop()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Callable[[str], Page]]:
    """Open addresses as a newcomer's browser; a picture of each page stays if the test fails."""
    window = chromium.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    errors: list[str] = []

    def go(address: str) -> Page:
        page = window.new_page()
        browser.listen_for_errors(page, errors.append)
        page.goto(address)
        return page

    yield go
    for number, page in enumerate(window.pages, start=1):
        page.screenshot(path=tmp_path / f"page-{number}.png")  # pytest keeps those of failed tests
    window.close()
    assert errors == []


def quiz_item(name: str) -> dict[str, Any]:
    return next(item for item in content("quizzes/1.1")["items"] if item["id"] == name)


def heading(path: str) -> str:
    """Return the title of a notebook as its first cell gives it."""
    first = json.loads((course_root() / path).read_text(encoding="utf-8"))["cells"][0]
    return "".join(first["source"]).splitlines()[0].removeprefix("# ")


def test_the_course_opens_at_its_start_page_and_a_lesson_by_its_link(
    course: Course, open_page: Callable[[str], Page]
) -> None:
    lang = course.lang
    page = open_page(course.server.url)
    start = Notebook(page, course, f"notebooks/{lang}/00-start-here.ipynb")
    menus = page.locator(".lm-MenuBar-itemLabel")
    assert menus.all_inner_texts()[: len(MENUS[lang])] == MENUS[lang]

    start.run_all()
    expect(start.output("setup")).to_contain_text("waybill_no")

    title = heading(f"notebooks/{lang}/{LESSON}")
    start.panel.get_by_role("link", name=title).first.click()
    lesson = Notebook(page, course, f"notebooks/{lang}/{LESSON}")
    expect(lesson.panel.get_by_role("heading", level=1)).to_contain_text(title)


def test_a_lesson_runs_and_its_quiz_is_answered_by_mouse_and_by_keyboard(
    course: Course, open_page: Callable[[str], Page]
) -> None:
    lang = course.lang
    page = open_page(address(course, f"notebooks/{lang}/{LESSON}"))
    lesson = Notebook(page, course, f"notebooks/{lang}/{LESSON}")
    lesson.run_all()
    for name in lesson.codes:
        expect(lesson.output(name).locator(FAULTS)).to_have_count(0)
    pictures = lesson.panel.locator(".jp-OutputArea-output img")
    assert pictures.count() >= 3
    assert all(pictures.evaluate_all("all => all.map(one => one.naturalWidth > 300)"))

    quiz = lesson.output("quiz")
    said = quiz.get_by_role("status")
    buttons = quiz.get_by_role("button")
    items = content("quizzes/1.1")["items"]
    expect(buttons).to_have_count(len(items), timeout=PATIENCE)

    # By mouse: first a wrong answer, then the right one.
    first = quiz_item("parcels-and-money")
    for option in (first["options"][0], first["options"][1]):
        quiz.get_by_text(option["text"][lang], exact=True).click()
        buttons.nth(0).click()
        verdict = say("quiz.right" if option.get("right") else "quiz.wrong", lang)
        expect(said.nth(0)).to_contain_text(verdict)
        expect(said.nth(0)).to_contain_text(option["say"][lang])

    # By keyboard, from the button just pressed: the second option is wrong, the third is right.
    second = quiz_item("break-2024")["options"]
    ways = ("Tab ArrowDown Tab Enter", "Shift+Tab ArrowDown Tab Enter")
    for keys, option in zip(ways, second[1:], strict=True):
        for key in keys.split():
            page.keyboard.press(key)
        verdict = say("quiz.right" if option.get("right") else "quiz.wrong", lang)
        expect(said.nth(1)).to_contain_text(verdict)
        expect(said.nth(1)).to_contain_text(option["say"][lang])
    status = say("quiz.progress", lang, answered=2, items=len(items), right=2)
    expect(said.last).to_have_text(status)


def test_an_exercise_is_answered_by_typing_and_survives_a_kill(
    course: Course, open_page: Callable[[str], Page]
) -> None:
    lang = course.lang
    path = f"exercises/{lang}/{LESSON}"
    page = open_page(address(course, path))
    exercise = Notebook(page, course, path)
    exercise.run_all()
    open_ones = exercise.panel.get_by_text(say("check.not-attempted", lang), exact=True)
    expect(open_ones).to_have_count(5)

    words = content("exercises/1.1")["q3"]
    verdict = exercise.output("q3-check")
    exercise.type_into("q3-answer", RANKED_BY_SPEED)
    exercise.run_next()
    exercise.run_next()
    expect(verdict).to_contain_text(say("check.incorrect", lang))
    expect(verdict).to_contain_text(words["slips"]["speed"][lang])

    exercise.insert_below("q3-check", "asked")
    exercise.type_into("asked", 'hint("1.1.q3")')
    exercise.run_next()
    expect(exercise.output("asked")).to_contain_text(say("check.hint", lang, level=1, levels=3))
    expect(exercise.output("asked")).to_contain_text(words["hints"]["nudge"][lang])

    exercise.type_into("q3-answer", RANKED)
    exercise.run_next()
    exercise.run_next()
    expect(verdict.get_by_role("status")).to_contain_text(f"✓ {say('check.correct', lang)}")
    expect(open_ones).to_have_count(4)

    exercise.save()
    page.close()
    course.kill()
    course.start()
    page = open_page(address(course, path))
    again = Notebook(page, course, path)
    expect(again.cell("q3-answer").locator(".cm-content")).to_have_text(RANKED.replace("\n", ""))
    # What was reached before stands there too, before anything has run.
    expect(again.output("q3-check")).to_contain_text(f"✓ {say('check.correct', lang)}")


def address(course: Course, path: str) -> str:
    """Return the address of a notebook of the course that runs."""
    return f"{course.server.base}/lab/tree/{path}?token={course.server.token}"
