"""A trainee works the CRM's desk in a browser with the keyboard alone, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcourse.texts import LANGUAGES, content
from kdcourse.world.declarations import display_names

pytest.importorskip("playwright", reason="playwright is not installed: no test in a browser")
import browser
from browser import PATIENCE, Notebook
from playwright.sync_api import Locator, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browser.find_browser(), reason="no Chromium: no test in a browser"),
    pytest.mark.xdist_group("browser"),
]

WORDS = content("crm/desk")["words"]
#: More presses of Tab than the desk has controls.
MANY = 40

#: Makes a CRM of a small world and takes one complaint as far as the last steps.
PREPARE = """\
from kdcourse import crm, lesson
from kdcourse.world.world import World
c = crm.open(":memory:", World(7, 150, 24))
case = crm.complaints.receive(
    c, "C0000001", channel="phone", content="杯子碎了", category="damaged")
for step, given in {
    "confirm": {"category": "damaged", "note": "called"},
    "apologise": {"note": "called"},
    "analyse": {"root_cause": "handling", "responsible_dept": "transport", "note": "photo_seen"},
    "propose": {"offer_kind": "damage", "offer": 8},
    "carry_out": {"agreed": 1},
}.items():
    case = crm.complaints.step(c, case.complaint_id, step, **given)
print(case.complaint_id)"""
OPEN = 'lesson("1.1", lang="{lang}")\ncrm.desk(c)'
#: Says what was done at the desk to who looks at the data.
LOOK = """\
print(crm.complaints.case(c, case.complaint_id).step,
      len(c.query("SELECT 1 FROM changes WHERE table_name = 'leads' AND new = 'lost'")))"""


class Keys:
    """A desk worked with the keyboard alone."""

    def __init__(self, page: Page, desk: Locator) -> None:
        self.page, self.desk = page, desk

    def go_to(self, label: str, *, back: bool = False) -> None:
        """Press Tab until the control with this label has the focus."""
        for _ in range(MANY):
            if self._focused() == label:
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"no key leads to {label!r}")

    def press(self, label: str, *, back: bool = False) -> None:
        """Go to a button and press it."""
        self.go_to(label, back=back)
        self.page.keyboard.press("Enter")

    def open(self, panel: str, label: str) -> None:
        """Go back to the buttons at the top and open a panel."""
        self.press(label, back=True)
        expect(self.desk.locator(f".kdcourse-{panel}")).to_be_visible(timeout=PATIENCE)

    def choose(self, label: str, option: str) -> None:
        """Go to a list and walk down to the option that begins so."""
        expect(self.desk.get_by_label(label, exact=True)).to_be_visible(timeout=PATIENCE)
        self.go_to(label)
        chosen = self.page.locator("select:focus")
        expect(chosen.locator("option", has_text=option).first).to_be_attached()
        # The widget writes its blanks as ones that don't break.
        texts = [text.replace("\xa0", " ") for text in chosen.locator("option").all_text_contents()]
        [wanted] = [number for number, text in enumerate(texts) if text.startswith(option)]
        for number in range(1, wanted + 1):
            self.page.keyboard.press("ArrowDown")
            expect(chosen).to_have_js_property("selectedIndex", number)

    def expect_said(self, text: str) -> None:
        """Wait until the desk says something."""
        expect(self.desk.get_by_role("status").last).to_contain_text(text, timeout=PATIENCE)

    def _focused(self) -> str:
        """Return the label of what has the focus, as a screen reader says it."""
        said: str = self.page.evaluate(
            """() => {
                const one = document.activeElement;
                const label = one.labels && one.labels[0];
                return ((label && label.innerText) || one.innerText || '').trim();
            }"""
        )
        return said


def work(page: Page, notebook: Notebook, lang: str, pictures: Path) -> None:
    """Find a customer, lose a deal, close a complaint; look at each."""
    word = {name: text[lang].split("{")[0].strip() for name, text in WORDS.items()}
    panel = {name: text[lang] for name, text in content("crm/desk")["panels"].items()}
    field = {name: text[lang] for name, text in content("crm/desk")["fields"].items()}
    desk = notebook.output("desk")
    keys = Keys(page, desk)
    expect(desk.get_by_role("button", name=panel["customer"])).to_be_visible(timeout=PATIENCE)
    desk.get_by_role("button", name=panel["customer"]).focus()

    keys.go_to(word["search"])
    page.keyboard.type("C0000001")
    keys.press(word["find"])
    expect(desk.locator("h3")).to_contain_text("C0000001", timeout=PATIENCE)
    page.screenshot(path=pictures / f"customer.{lang}.png")

    keys.open("deals", panel["deals"])
    keys.go_to(word["item"])
    page.keyboard.press("ArrowDown")
    expect(desk.locator("table")).to_be_visible(timeout=PATIENCE)
    keys.choose(word["next"], display_names("leads", "stage", lang)["lost"])
    keys.choose(field["lost_reason"], display_names("leads", "lost_reason", lang)["price"])
    page.screenshot(path=pictures / f"deal.{lang}.png")
    keys.press(word["do"])
    keys.expect_said(word["done"])

    number = notebook.output("prepare").inner_text().split()[-1]
    keys.open("complaints", panel["complaints"])
    keys.choose(word["item"], number)
    expect(desk.locator("strong")).to_contain_text(number, timeout=PATIENCE)
    steps = content("crm/complaints")["process"]["seven"]
    keys.choose(word["next"], steps["feed_back"]["name"][lang])
    keys.choose(field["note"], display_names("complaint_steps", "note_code", lang)["called"])
    keys.press(word["do"])
    keys.expect_said(word["done"])
    keys.choose(word["next"], steps["file"]["name"][lang])
    keys.choose(field["satisfied"], word["yes"])
    page.screenshot(path=pictures / f"complaint.{lang}.png")
    keys.press(word["do"])
    keys.expect_said(steps["file"]["name"][lang])
    notebook.cell("look").locator(".cm-content").click()
    notebook.run_next()
    expect(notebook.output("look")).to_contain_text("file 1", timeout=PATIENCE)


def test_a_customer_is_found_a_deal_moved_and_a_complaint_closed_by_keyboard(
    tmp_path: Path,
) -> None:
    with browser.opened(tmp_path) as (page, course):
        for lang in LANGUAGES:
            cells = {"prepare": PREPARE, "desk": OPEN.format(lang=lang), "look": LOOK}
            path = browser.write_notebook(course, f"desk-{lang.lower()}", cells)
            work(page, browser.open_in_lab(page, course, path), lang, tmp_path)
