"""A learner plays a role play in a browser with the keyboard alone, and finds it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcourse.practice.roleplay.reading import load_scenario
from kdcourse.practice.roleplay.session import Play
from kdcourse.texts import LANGUAGES, say

pytest.importorskip("playwright", reason="playwright is not installed: no test in a browser")
import browser
from browser import PATIENCE, Notebook
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browser.find_browser(), reason="no Chromium: no test in a browser"),
    pytest.mark.xdist_group("browser"),
]

NAME = "3.2.hidden-problem"
#: Each language plays a day of its own, so that neither finds the other's conversation.
DAYS = {"en": 1, "zh-CN": 2}
CELL = {
    lang: f'from kdcourse import lesson, play\nlesson("1.1", lang="{lang}")\n'
    f'play("{NAME}", seed={day})'
    for lang, day in DAYS.items()
}
#: More presses of a key than there are choices.
MANY = 12
#: Milliseconds after which a press is no longer the second of a double click.
BREATH = 600


def say_by_keyboard(page: Page, text: str) -> None:
    """Go from the first choice, which has the focus, to the one that says ``text``; press it."""
    for _ in range(MANY):
        focused = page.evaluate("document.activeElement.innerText")
        if focused.strip() == text:
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {text!r}")


def play_to_the_end(page: Page, notebook: Notebook, lang: str, pictures: Path) -> str:
    """Play the tempting conversation, go back before its last move, return what stands then."""
    scenario = load_scenario(NAME)
    output = notebook.output(f"begin-{lang.lower()}")
    said = output.get_by_role("status")
    expect(output.get_by_role("button").first).to_be_visible(timeout=PATIENCE)
    output.get_by_role("button").first.focus()
    page.screenshot(path=pictures / f"opening.{lang}.png")
    done = Play(scenario, DAYS[lang])
    for move in scenario.tempting:
        say_by_keyboard(page, scenario.moves[move].text[lang])
        done = done.choose([*done.moves, move])
        expect(said).to_contain_text(done.script()[-1][1][lang])
        page.screenshot(path=pictures / f"{move}.{lang}.png")
        page.wait_for_timeout(BREATH)

    expect(output.locator("img")).to_be_visible(timeout=PATIENCE)
    expect(output).to_contain_text(scenario.endings[done.state.ending].title[lang])
    output.locator("img").scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"debrief.{lang}.png")
    costliest = done.debrief().costliest
    say_by_keyboard(page, say("roleplay.back", lang, turn=costliest))
    expect(output.locator("img")).to_have_count(0)
    reply = done.steps[costliest - 2].reply.text
    assert reply
    return reply[lang]


def test_a_conversation_goes_to_its_end_by_keyboard_and_is_found_again(tmp_path: Path) -> None:
    with browser.opened(tmp_path) as (page, course):
        path = browser.write_notebook(
            course, "role-play", {f"begin-{lang.lower()}": CELL[lang] for lang in LANGUAGES}
        )
        notebook = browser.open_in_lab(page, course, path)
        left = {lang: play_to_the_end(page, notebook, lang, tmp_path) for lang in LANGUAGES}
        notebook.run_all()
        for lang, words in left.items():
            said = notebook.output(f"begin-{lang.lower()}").get_by_role("status")
            expect(said).to_contain_text(words)
