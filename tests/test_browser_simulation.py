"""A learner tries two simulations in a browser with the keyboard alone, and finds them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcourse.practice.simulations.session import Simulation
from kdcourse.practice.simulations.spec import load_spec
from kdcourse.practice.simulations.wording import headline
from kdcourse.texts import LANGUAGES, say, speaking

pytest.importorskip("playwright", reason="playwright is not installed: no test in a browser")
import browser
from browser import PATIENCE, Notebook
from playwright.sync_api import Locator, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browser.find_browser(), reason="no Chromium: no test in a browser"),
    pytest.mark.xdist_group("browser"),
]

#: Each language tries one of its own, so that neither finds the other's decision.
NAMES = {"en": "branch", "zh-CN": "complaint-queue"}
CELL = {
    lang: f'from kdcourse import lesson, simulate\nlesson("1.1", lang="{lang}")\nsimulate("{name}")'
    for lang, name in NAMES.items()
}
#: Keys that choose from the first menu, and what they choose.
KEYS = {"en": ("ArrowDown", {"capacity": 1.0}), "zh-CN": ("ArrowDown", {"order": "grade"})}


def said(output: Locator) -> Locator:
    return output.get_by_role("status")


def try_by_keyboard(page: Page, notebook: Notebook, lang: str, pictures: Path) -> str:
    """Choose from the first menu, go on to the button, press it; return what is said then."""
    name, (key, settings) = NAMES[lang], KEYS[lang]
    with speaking(lang):
        expected = headline(Simulation(load_spec(name)).decide(**settings))
    output = notebook.output(f"try-{lang.lower()}")
    menus = output.get_by_role("combobox")
    expect(menus).to_have_count(len(load_spec(name).controls), timeout=PATIENCE)
    first = next(iter(load_spec(name).controls.values()))
    expect(output.get_by_label(first.name[lang])).to_be_visible()
    menus.first.focus()
    page.screenshot(path=pictures / f"{name}.opening.{lang}.png")
    page.keyboard.press(key)
    for _ in range(len(load_spec(name).controls)):
        page.keyboard.press("Tab")
    key = "round" if load_spec(name).rounds > 1 else "run"
    label = say(f"simulation.{key}", lang, number=1, rounds=load_spec(name).rounds)
    assert page.evaluate("document.activeElement.innerText").strip() == label
    page.keyboard.press("Enter")
    expect(said(output)).to_contain_text(expected, timeout=PATIENCE)
    expect(output.locator("svg[role=img]").first).to_be_visible()
    expect(output.get_by_role("table")).to_have_count(1)
    page.screenshot(path=pictures / f"{name}.tried.{lang}.png")
    output.locator("svg[role=img]").first.scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"{name}.figure.{lang}.png")
    return expected


def test_simulations_are_tried_by_keyboard_and_found_again(tmp_path: Path) -> None:
    with browser.opened(tmp_path, height=1400) as (page, course):
        path = browser.write_notebook(
            course, "simulations", {f"try-{lang.lower()}": CELL[lang] for lang in LANGUAGES}
        )
        notebook = browser.open_in_lab(page, course, path)
        left = {lang: try_by_keyboard(page, notebook, lang, tmp_path) for lang in LANGUAGES}
        notebook.run_all()
        for lang, words in left.items():
            expect(said(notebook.output(f"try-{lang.lower()}"))).to_contain_text(words)
