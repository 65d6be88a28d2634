"""Exercise 5.2 judges real work at the desk as it says, and agrees with the desk's own audit."""

from __future__ import annotations

import pytest

from kdcourse import crm, load, play
from kdcourse.checks.catalogue import find_question
from kdcourse.checks.exercises import complaint_desk, complaint_log

desk = crm.complaints
EXERCISE, QUESTION = find_question("5.2.q2")
CASE = complaint_desk._returned(load)
NUMBER, DEPT, CAUSE = CASE[["complaint_id", "responsible_dept", "root_cause"]]
#: The day's work in order; each can be left out.
WORK = {
    "hand over": lambda c: (desk.pass_on(c, NUMBER, DEPT, why="…"), desk.take_up(c, NUMBER)),
    "analyse": lambda c: desk.step(
        c, NUMBER, "analyse", root_cause=CAUSE, responsible_dept=DEPT, note="scans_read"
    ),
    "approve": lambda c: (c.user("supervisor"), desk.approve(c, NUMBER, 60), c.user("A000017")),
    "propose": lambda c: desk.step(c, NUMBER, "propose", offer_kind="delay", offer=60),
    "carry out": lambda c: desk.step(c, NUMBER, "carry_out", agreed=1),
    "feed back": lambda c: desk.step(c, NUMBER, "feed_back", note="called", satisfaction=4),
    "file": lambda c: desk.step(c, NUMBER, "file", satisfied=1),
}


@pytest.fixture
def monday():
    with crm.open(":memory:") as c:
        c.advance(5)
        c.user("A000017")
        yield c


def verdict(c):
    return EXERCISE.verdict(QUESTION, c, EXERCISE.answers(QUESTION, load))


def test_a_case_worked_to_its_end_gets_all_points(monday):
    for work in WORK.values():
        work(monday)
    assert verdict(monday).points == QUESTION.points


@pytest.mark.parametrize(
    ("last", "slip"), [("carry out", "slips.stopped"), ("feed back", "slips.not-filed")]
)
def test_a_case_left_too_early_is_named_as_that(monday, last, slip):
    for name, work in WORK.items():
        work(monday)
        if name == last:
            break
    assert [finding.key for finding in verdict(monday).findings] == [slip]


def test_a_case_analysed_at_the_desk_is_named_as_that(monday):
    for name, work in WORK.items():
        if name != "hand over":
            work(monday)
    assert [finding.key for finding in verdict(monday).findings] == ["slips.at-the-desk"]


def test_paying_what_the_agent_may_is_named_as_that(monday):
    for name, work in WORK.items():
        if name == "propose":
            desk.step(monday, NUMBER, "propose", offer_kind="delay", offer=50)
        elif name != "approve":
            work(monday)
    assert [finding.key for finding in verdict(monday).findings] == ["slips.within-limit"]


def test_a_case_nobody_worked_gets_nothing(monday):
    assert verdict(monday).points == 0


def test_gaps_are_those_of_the_desks_audit(monday):
    found = desk.audit(monday)
    recorded = set(found.loc[found["principle"] == "record", "complaint_id"])
    assert set(complaint_log.both_years(load)) == recorded


def test_figures_are_those_of_the_desk(monday):
    figures, queue, found = complaint_log.figures(load), desk.queue(monday), desk.audit(monday)
    assert figures["overdue"] == queue["overdue"].sum()
    assert figures["back"] == (queue["step"] == "reopen").sum()
    assert figures["late_first"] == (found["what"] == "first_response").sum()
    assert figures["approvals"] == (found["what"] == "management").sum()


@pytest.mark.parametrize(
    ("moves", "ending"),
    [
        (complaint_desk.GOOD, "told-in-time"),
        (complaint_desk.PLEASING, "fourth-promise"),
        (complaint_desk.FORM, "form"),
    ],
)
def test_the_conversations_end_as_their_names_say(moves, ending):
    assert play("5.2.lost-parcel").choose(moves).state.ending == ending


def test_without_its_apology_the_good_conversation_is_the_scenarios_model():
    assert set(complaint_desk.UNSORRY) <= set(play("5.2.lost-parcel").scenario.model)
