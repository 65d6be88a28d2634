"""The desk on the screen does what the operations do, and says every fault, in both languages."""

from __future__ import annotations

import re
import threading

import ipywidgets as widgets
import pytest
from crm_sample import raw, sample
from widget_screen import tree

from kdcourse import crm
from kdcourse.crm import complaint_case, pipeline, process
from kdcourse.texts import LANGUAGES, KitError, content, pick, speaking
from kdcourse.world.declarations import table


class Screen:
    """The desk as a user meets it."""

    def __init__(self, c):
        self.desk = crm.desk(c)

    def shown(self, kind):
        return [widget for widget in tree(self.desk.box) if type(widget) is kind]

    def press(self, label):
        (button,) = [b for b in self.shown(widgets.Button) if b.description == label]
        button.click()

    def control(self, label):
        found = [*self.shown(widgets.Text), *self.shown(widgets.Dropdown)]
        (one,) = [w for w in found if w.description == label]
        return one

    def choose(self, label, value):
        self.control(label).value = value

    @property
    def said(self):
        found = re.findall(r'<div role="status">(.*?)</div>', self.html, re.DOTALL)
        return found[-1]

    @property
    def html(self):
        return "\n".join(widget.value for widget in self.shown(widgets.HTML))


@pytest.fixture
def c(tmp_path):
    with sample(tmp_path, "agent") as opened:
        yield opened


@pytest.fixture
def screen(c):
    return Screen(c)


def a_case(c):
    [(who,)] = raw(c, "SELECT min(customer_id) FROM customers WHERE phone IS NOT NULL")
    told = {"channel": "phone", "content": "杯子碎了", "category": "damaged"}
    return crm.complaints.receive(c, who, **told).complaint_id


def test_a_customer_is_found_and_the_card_stands_below(c, screen):
    screen.press("Find")
    assert screen.said, "an empty search gets a sentence"
    [(number, phone)] = raw(c, "SELECT customer_id, phone FROM customers "
                               "WHERE phone IS NOT NULL ORDER BY 1 DESC LIMIT 1")  # fmt: skip
    screen.choose("Number, telephone or name", number)
    screen.press("Find")
    assert screen.said == "1 found."
    assert f"<h3>{crm.card(c, number).title}" in screen.html
    assert phone not in screen.html, "an agent sees masked numbers"
    screen.choose("Number, telephone or name", "谁都不是")
    screen.press("Find")
    assert screen.said == "Nothing found."
    assert "<h3>" not in screen.html


def test_a_deal_is_moved_and_a_gap_is_said(c, screen):
    screen.press("Deals")
    screen.press("Do it")
    assert screen.said == "Choose one above first."
    lead = crm.pipeline.leads(c)["lead_id"].iloc[-1]
    stage = crm.pipeline.lead(c, lead).stage
    screen.choose("Which", lead)
    assert str(crm.pipeline.lead(c, lead)).split(":")[0] in screen.html
    screen.choose("Next", "lost")
    screen.press("Do it")
    assert "lost_reason" in screen.said
    assert crm.pipeline.lead(c, lead).stage == stage
    screen.choose("Why they said no", "price")
    screen.press("Do it")
    assert screen.said.startswith("Done.")
    assert crm.pipeline.lead(c, lead).stage == "lost"
    assert lead not in [value for _, value in screen.control("Which").options]
    assert [w for w in screen.shown(widgets.Dropdown) if w.description.startswith("Why")] == []


def test_a_complaint_goes_to_the_archive_with_a_hand_over_between(c):
    number = a_case(c)
    screen = Screen(c)
    screen.press("Complaints")
    screen.choose("Which", number)

    def step(code, **fields):
        screen.choose("Next", code)
        for label, value in fields.items():
            screen.choose(label.replace("_", " "), value)
        screen.press("Do it")
        assert screen.said.startswith("Done."), screen.said

    step("confirm", What_it_is_about="damaged", Note="called")
    step("apologise", Note="called")
    step("pass_on", Department="transport", What_for="看一下")
    assert [value for _, value in screen.control("Next").options] == ["", "take_up", "pass_on"]
    step("take_up")
    step("analyse", Cause="handling", Responsible_department="transport", Note="photo_seen")
    step("propose", Offered_for="damage", Offer_in_yuan="5")
    step("carry_out", Has_the_customer_agreed=1)
    step("feed_back", Note="called")
    step("file", Is_the_customer_content=1)
    assert crm.complaints.case(c, number).step == "file"
    assert crm.complaints.audit(c, number).empty


def test_what_somebody_else_did_meanwhile_is_not_overwritten(c):
    number = a_case(c)
    screen = Screen(c)
    screen.press("Complaints")
    screen.choose("Which", number)
    screen.choose("Next", "confirm")
    screen.choose("What it is about", "late")
    screen.choose("Note", "wrote")
    with crm.open(c.path) as other:
        crm.complaints.step(other, number, "confirm", category="damaged", note="called")
    screen.press("Do it")
    assert "changed by agent" in screen.said
    steps = raw(c, "SELECT note_code FROM complaint_steps WHERE complaint_id = ?", number)
    assert steps == [("recorded",), ("called",)]
    assert [value for _, value in screen.control("Next").options] == ["", "apologise", "pass_on"]
    screen.choose("Next", "apologise")
    screen.choose("Note", "wrote")
    screen.press("Do it")
    assert crm.complaints.case(c, number).step == "apologise"


def test_what_the_role_may_not_do_the_desk_refuses(c):
    number = a_case(c)
    c.user("analyst")
    screen = Screen(c)
    screen.press("Complaints")
    screen.choose("Which", number)
    screen.choose("Next", "confirm")
    screen.choose("What it is about", "late")
    screen.choose("Note", "wrote")
    screen.press("Do it")
    assert "analyst" in screen.said
    assert crm.complaints.case(c, number).step == "receive"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_desk_speaks_the_language_in_which_it_was_opened(c, lang):
    words = content("crm/desk")["words"]
    with speaking(lang):
        screen = Screen(c)
        find = pick(words["find"])
    other = next(one for one in LANGUAGES if one != lang)
    with speaking(other):
        screen.choose(words["search"][lang], "C0000001")
        screen.press(find)
        screen.press(content("crm/desk")["panels"]["deals"][lang])
        assert words["item"][lang] in [w.description for w in screen.shown(widgets.Dropdown)]
        screen.press(words["do"][lang])
    assert screen.said == words["choose_first"][lang]


def test_every_field_that_a_step_may_ask_has_a_name(c):
    names = content("crm/desk")["fields"]
    asked = {field for stage in ("contacted", "proposal", "won", "lost", "new")
             for fields in pipeline.fields_of(stage) for field in fields}  # fmt: skip
    for way in ("seven", "five"):
        steps = process.process(way).steps.values()
        asked |= {field for step in steps for field in (*step.needs, *step.may)}
    assert asked | {"dept", "why", "satisfaction"} <= set(names)
    kinds = {**pipeline.kinds(), **complaint_case.kinds()}
    for kind in kinds.values():
        where, _, column = kind.partition(".")
        assert not column or table(where).column(column)


def test_a_click_in_another_thread_works_and_waits_for_the_cell_that_is_trusted(c):
    """JupyterLab runs clicks beside the cell; neither may get the other's rights."""
    number = a_case(c)
    told: list[object] = []

    def click():
        try:
            told.append(crm.complaints.case(c, number).step)
            c.rows("SELECT account FROM payout_accounts")
        except KitError as fault:
            told.append(fault.key)

    with c.trusted():
        assert c.rows("SELECT account FROM main.payout_accounts") == []
        beside = threading.Thread(target=click)
        beside.start()
        beside.join(0.2)
        assert told == [], "it waits"
    beside.join(10)
    assert told == ["receive", "crm.refused-read"]


def test_names_come_out_as_text_not_as_html(c):
    with c.trusted(), c.transaction() as db:
        db.execute("UPDATE leads SET name = '<img src=x onerror=alert(1)>'")
    screen = Screen(c)
    screen.press("Deals")
    screen.choose("Which", crm.pipeline.leads(c)["lead_id"].iloc[0])
    assert "<img" not in screen.html


def test_without_widgets_the_desk_is_a_line_of_text(c):
    desk = crm.desk(c)
    bundle = desk._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    cases = len(crm.complaints.queue(c))
    assert f"{cases} open complaints" in bundle["text/plain"]
