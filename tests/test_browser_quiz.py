"""Questions are answered in a browser: by the keyboard alone, and by a mouse that hesitates."""

from __future__ import annotations

from pathlib import Path

import checks_sample
import pytest
import quiz_sample

from kdcourse.texts import LANGUAGES, say

pytest.importorskip("playwright", reason="playwright is not installed: no test in a browser")
import browser
from browser import PATIENCE, Notebook
from playwright.sync_api import Locator, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not browser.find_browser(), reason="no Chromium found: no test in a browser"
    ),
    pytest.mark.xdist_group("browser"),
]

CELL = """\
from kdcourse import lesson
from kdcourse.practice.quiz.reading import read_items
from kdcourse.practice.quiz.session import Quiz

lesson("1.1", lang="{lang}")
Quiz("9.8", read_items({source!r}, "sample.toml"))"""
#: Milliseconds in which an answer would have come, or is read.
BREATH = 500
STEPS = quiz_sample.ORDER["steps"]


def press(page: Page, keys: str) -> None:
    """Press keys, faster than any hand."""
    for key in keys.split():
        page.keyboard.press(key)


def give_places(page: Page, menus: Locator, order: list[str], lang: str) -> None:
    """From the first menu on, go down to the number of each step's place; Tab leads to the next.

    Not typed: a browser takes a second digit within a second for the rest of a longer word.
    """
    texts = {step["text"][lang]: step["id"] for step in STEPS}
    menus.first.focus()
    for _ in order:
        name = page.evaluate("document.activeElement.labels[0].innerText")
        press(page, "Home" + " ArrowDown" * (order.index(texts[name]) + 1) + " Tab")


def answer_by_keyboard(page: Page, notebook: Notebook, lang: str, picture: Path) -> None:
    output = notebook.output(f"quiz-{lang.lower()}")
    said = output.get_by_role("status")
    expect(output.get_by_role("button")).to_have_count(3, timeout=PATIENCE)
    page_source = output.evaluate("all => all.innerHTML")
    for part in (*STEPS, *quiz_sample.NUMBER["answers"], *quiz_sample.WORD["answers"]):
        assert part["say"][lang] not in page_source

    # Each step has a menu with its name; after the last the button comes.
    menus = output.get_by_role("combobox")
    expect(menus).to_have_count(len(STEPS))
    give_places(page, menus, ["solve", "hear", "sorry", "call"], lang)
    page.keyboard.press("Enter")
    expect(said.nth(0)).to_contain_text(quiz_sample.ORDER["slips"][0]["say"][lang])
    expect(output.get_by_role("button").nth(0)).to_be_focused()
    page.screenshot(path=picture)
    page.wait_for_timeout(BREATH)
    give_places(page, menus, [step["id"] for step in STEPS], lang)
    page.keyboard.press("Enter")
    expect(said.nth(0)).to_contain_text(say("quiz.right", lang))

    # A number: Enter in its field checks it, and the field keeps the focus for another try.
    number, word = output.get_by_role("textbox").all()
    unit = quiz_sample.NUMBER["unit"][lang]
    name = say("quiz.in-unit", lang, name=say("quiz.your-answer", lang, number=2), unit=unit)
    expect(number).to_have_accessible_name(name)
    page.keyboard.press("Tab")
    expect(number).to_be_focused()
    page.keyboard.type("0.024")
    page.keyboard.press("Enter")
    expect(said.nth(1)).to_contain_text(quiz_sample.NUMBER["answers"][1]["say"][lang])
    expect(number).to_be_focused()
    page.wait_for_timeout(BREATH)
    press(page, "Control+A")
    page.keyboard.type("2.4")
    page.keyboard.press("Enter")
    expect(said.nth(1)).to_contain_text(quiz_sample.NUMBER["answers"][0]["say"][lang])

    # A word: past the button of the number; this time the button is pressed.
    press(page, "Tab Tab")
    expect(word).to_be_focused()
    page.keyboard.type("cr 8")
    # The Enter that takes over Chinese characters while they are typed checks nothing.
    word.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    page.wait_for_timeout(BREATH)
    expect(said.nth(2)).to_be_empty()
    expect(word).to_be_focused()
    press(page, "Tab Enter")
    expect(said.nth(2)).to_contain_text(quiz_sample.WORD["answers"][0]["say"][lang])
    expect(said.last).to_have_text(say("quiz.progress", lang, answered=3, items=3, right=3))
    groups = output.get_by_role("group")
    expect(groups).to_have_count(3)
    asked = groups.nth(1).get_attribute("aria-label") or ""
    assert quiz_sample.NUMBER["ask"][lang] in asked
    # No key has reached JupyterLab: a letter there would have made or changed a cell.
    expect(notebook.panel.locator(".jp-Notebook-cell")).to_have_count(len(notebook.ids))
    page.screenshot(path=picture.with_stem(f"{picture.stem}-done"))


def choose_by_mouse(notebook: Notebook) -> None:
    """Change one's mind again and again: what is chosen when the button is pressed counts."""
    output = notebook.output("choices")
    said, buttons = output.get_by_role("status"), output.get_by_role("button")
    expect(buttons).to_have_count(3, timeout=PATIENCE)
    single, _, match = checks_sample.QUIZ["items"]
    for option in ("leap", "base", "leap", "base"):
        texts = {each["id"]: each["text"]["en"] for each in single["options"]}
        output.get_by_text(texts[option], exact=True).click()
    buttons.nth(0).click()
    expect(said.nth(0)).to_contain_text(say("quiz.right", "en"))

    boxes = output.get_by_role("checkbox")
    for number in (0, 1, 2, 1, 2, 1):
        boxes.nth(number).click()
    buttons.nth(1).click()
    expect(said.nth(1)).to_contain_text(say("quiz.right", "en"))
    boxes.nth(1).uncheck()
    buttons.nth(1).click()
    expect(said.nth(1)).to_contain_text(say("quiz.more", "en"))
    assert [box.is_checked() for box in boxes.all()] == [True, False, False]

    menus = output.get_by_role("combobox")
    for number, pair in enumerate(match["pairs"]):
        for choice in (*match["choices"], *match["choices"]):
            menus.nth(number).select_option(label=choice["text"]["en"])
        (right,) = [c["text"]["en"] for c in match["choices"] if c["id"] == pair["right"]]
        menus.nth(number).select_option(label=right)
    buttons.nth(2).click()
    expect(said.last).to_have_text(say("quiz.progress", "en", answered=3, items=3, right=3))


def test_questions_of_all_kinds_are_answered_by_keyboard_and_by_mouse(tmp_path: Path) -> None:
    with browser.opened(tmp_path) as (page, course):
        cells = {
            f"quiz-{lang.lower()}": CELL.format(lang=lang, source=quiz_sample.QUIZ)
            for lang in LANGUAGES
        }
        cells["choices"] = CELL.format(lang="en", source=checks_sample.QUIZ)
        path = browser.write_notebook(course, "quiz", cells)
        notebook = browser.open_in_lab(page, course, path)
        for lang in LANGUAGES:
            answer_by_keyboard(page, notebook, lang, tmp_path / f"quiz.{lang}.png")
        choose_by_mouse(notebook)
