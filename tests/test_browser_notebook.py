"""Promise: what is made for JupyterLab works in Jupyter Notebook 7, too."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: no test in a browser")
pytest.importorskip("notebook", reason="Jupyter Notebook is not installed")
import browser
from browser import NUMBERED, PATIENCE
from playwright.sync_api import Locator, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browser.find_browser(), reason="no Chromium: no test in a browser"),
    pytest.mark.xdist_group("browser"),
]

CELLS = {
    "begin": 'from kdcourse import crm, lesson, play, quiz, simulate\nlesson("1.1", lang="en")',
    "quiz": 'quiz("1.1")',
    "play": 'play("3.4.price-talk")',
    "simulate": 'simulate("promise")',
    "desk": 'desk = crm.desk(crm.open(":memory:"))\ndesk',
}
#: Notebook 7.6 says so on every page.
KNOWN = ["page: Cannot read properties of undefined (reading 'schema')"]


def run(page: Page, cell: Locator) -> None:
    """Run a cell; a key pressed before the kernel is there goes nowhere, and is pressed again."""
    prompt = cell.locator(".jp-InputArea-prompt")
    for _ in range(6):
        prompt.click()
        page.keyboard.press("Shift+Enter")
        with suppress(AssertionError):
            return expect(prompt).to_have_text(NUMBERED, timeout=PATIENCE / 5)
    raise AssertionError(f"it doesn't run: {cell.inner_text()}")


def test_quiz_role_play_simulation_and_desk_answer_a_click(tmp_path: Path) -> None:
    with browser.opened(tmp_path, height=1400, known=KNOWN) as (page, course):
        path = browser.write_notebook(course, "widgets", CELLS)
        page.goto(f"{course.server.base}/notebooks/{path}?token={course.server.token}")
        cells = page.locator(".jp-Notebook-cell")
        expect(cells).to_have_count(len(CELLS), timeout=PATIENCE)
        for number in range(len(CELLS)):
            run(page, cells.nth(number))
        quiz, play, simulation, desk = (cells.nth(number) for number in range(1, 5))

        quiz.get_by_role("radio").first.check()
        quiz.get_by_role("button", name="Check question 1", exact=True).click()
        expect(quiz).to_contain_text(re.compile(r"1 of \d answered"), timeout=PATIENCE)
        first = play.get_by_role("button").first.inner_text()
        play.get_by_role("button").first.click()
        expect(play.get_by_role("status")).to_contain_text(first, timeout=PATIENCE)
        simulation.get_by_role("button", name="Decide round 1 of 12").click()
        expect(simulation.get_by_role("table")).to_have_count(1, timeout=PATIENCE)
        desk.get_by_label("Number, telephone or name").fill("C0000001")
        desk.get_by_role("button", name="Find").click()
        expect(desk.locator("h3")).to_contain_text("C0000001", timeout=PATIENCE)
        page.screenshot(path=tmp_path / "widgets.png")
