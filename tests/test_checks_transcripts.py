"""A role play handed in as an answer is played again, wherever it is judged."""

from __future__ import annotations

import copy
import json
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.checks.kinds import Exercise, Limit, Question, Transcript, always
from kdcourse.checks.values import Unreadable
from kdcourse.checks.verdict import Outcome
from kdcourse.checks.view import Checked
from kdcourse.course import course_root
from kdcourse.data import load
from kdcourse.grading.child import Job, Step
from kdcourse.grading.grounds import Ground
from kdcourse.grading.judging import judge, observed_inside, probe
from kdcourse.grading.results import result
from kdcourse.grading.runner import ForkRunner
from kdcourse.grading.work import Limits
from kdcourse.practice.roleplay.session import play, replay
from kdcourse.texts import LANGUAGES, say, speaking

NAME = "3.4.price-talk"
ASKED = ["what-is-in-it", "october-scales", "where-else", "sum-or-price", "lay-it-out"]
GOOD = [*ASKED, "for-forecasts", "where-it-ends", "get-up"]
DEADLINE = [*ASKED, "for-forecasts", "where-it-ends", "until-five"]
PLEASANT = ["halfway", "ten-more", "sign-it-now"]
DEAF = ["what-is-in-it", "october-scales", "lay-it-out", "for-forecasts", "where-it-ends", "get-up"]

QUESTION = Question(
    "q1",
    4,
    "talk",
    Transcript(
        scenario=NAME,
        learns=("sum",),
        never=("pressure", "untruth", "giving_away"),
        meters={"trust": Limit(at_least=60), "concession": Limit(at_most=25)},
        endings=("came-back", "two-year-deal"),
    ),
    always(GOOD),
    {"pressure": always(DEADLINE), "given-away": always(PLEASANT), "deaf": always(DEAF)},
)
SAID = {name: dict.fromkeys(LANGUAGES, f"Slip {name}") for name in QUESTION.slips}
EXERCISE = Exercise("9.9", [QUESTION], {"q1": {"slips": SAID}})


def talk(moves, seed=1):
    return play(NAME, seed).choose(moves)


def verdict(answer):
    return EXERCISE.verdict(QUESTION, answer, EXERCISE.answers(QUESTION, load))


def keys(answer):
    return [finding.key for finding in verdict(answer).findings]


FORMS = {
    "the conversation": talk,
    "its record": lambda moves: talk(moves).transcript(),
    "its record on paper": lambda moves: json.loads(json.dumps(talk(moves).transcript())),
    "its moves": list,
    "its moves in a tuple": tuple,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("moves", "found"),
    [
        (GOOD, []),
        ([*ASKED, "for-payment", "where-it-ends", "read-it-out", "two-years"], []),
        (DEADLINE, ["slips.pressure"]),
        (PLEASANT, ["slips.given-away"]),
        (DEAF, ["slips.deaf"]),
        ([*ASKED, "lose-money", "until-five"], ["slips.pressure"]),
        ([*ASKED, "good-will", "where-it-ends", "get-up"], ["slips.given-away"]),
        (
            [*ASKED, "lose-money", "get-up"],
            ["transcript-never", "transcript-meter-low", "transcript-ending"],
        ),
    ],
)
def test_it_is_judged_by_where_its_moves_lead(form, moves, found):
    assert keys(form(moves)) == found
    assert (verdict(form(moves)).outcome is Outcome.CORRECT) == (not found)


EDITS = {
    "the ending": lambda record: record.update(ending="came-back"),
    "a meter": lambda record: record["meters"].update(trust=100),
    "a skill": lambda record: record["turns"][0].update(skills=["open_question"]),
    "a fact": lambda record: record["turns"][1].update(reveals=["sum"]),
    "a turn more": lambda record: record["turns"].append({"speaker": "customer", "reveals": []}),
    "a word more": lambda record: record.update(points=4),
    "no meters": lambda record: record.pop("meters"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_record_improved_by_hand_gets_nothing(edit):
    record = copy.deepcopy(talk(PLEASANT).transcript())
    edit(record)
    assert keys(record) == ["transcript-edited"]
    assert verdict(record).points == 0


@given(
    st.lists(st.integers(0, 6), max_size=12),
    st.sampled_from(["came-back", "two-year-deal"]),
    st.integers(0, 100),
)
def test_whatever_is_claimed_nothing_is_gained_by_it(choices, ending, trust):
    its = talk([])
    for choice in choices:
        if not its.over:
            its.make(its.options[choice % len(its.options)].id)
    claimed = its.transcript() | {"ending": ending, "meters": {"trust": trust, "concession": 0}}
    assert verdict(claimed).points <= verdict(its).points


def test_a_move_is_counted_as_in_the_debrief():
    never = next(f for f in verdict([*ASKED, "lose-money", "get-up"]).findings)
    assert (never.key, never.fields) == ("transcript-never", {"turn": 6})


def test_moves_that_cannot_be_made_are_named():
    (finding,) = verdict(["what-is-in-it", "until-five"]).findings
    assert finding.key == "transcript-refused"
    assert finding.fields["why"]["fields"]["move"] == "until-five"
    assert keys([*GOOD, "get-up"]) == ["transcript-refused"]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (play("3.4.four-phrases").choose(["take-your-time"]), ["transcript-other-scenario"]),
        (talk(GOOD, seed=2), ["transcript-other-seed"]),
        (3, ["wrong-kind"]),
        ("get-up", ["wrong-kind"]),
        ({"moves": GOOD}, ["wrong-kind"]),
        ({"turns": [1, 2]}, ["transcript-edited"]),
        (["get-up"] * 5000, ["items-too-many"]),
    ],
)
def test_what_is_no_conversation_of_this_role_play_gets_a_sentence(answer, found):
    assert keys(answer) == found
    assert verdict(answer).points == 0


def test_a_conversation_that_has_not_ended_is_told_so_and_an_empty_one_is_not_attempted():
    assert keys(ASKED) == ["transcript-unfinished"]
    assert verdict(ASKED).points == 0
    assert keys(["halfway"]) == ["slips.given-away"]
    assert verdict([]).outcome is Outcome.NOT_ATTEMPTED
    assert verdict(talk([])).outcome is Outcome.NOT_ATTEMPTED


def test_what_is_said_of_one_ending_is_not_said_of_another():
    one_line = [*GOOD[:-1], "read-it-out", "one-line"]
    question = replace(QUESTION, slips={"one-line": always(one_line)})
    said = {"q1": {"slips": {"one-line": dict.fromkeys(LANGUAGES, "Slip")}}}
    exercise = Exercise("9.9", [question], said)

    def found(moves):
        answers = exercise.answers(question, load)
        return [f.key for f in exercise.verdict(question, moves, answers).findings]

    assert found(one_line) == ["slips.one-line"]
    assert found(GOOD[:-1]) == ["transcript-unfinished"]


TAKEN = {
    "the conversation": lambda clicked: clicked,
    "its record": lambda clicked: clicked.transcript(),
    "its record on paper": lambda clicked: json.loads(json.dumps(clicked.transcript())),
    "its moves": lambda clicked: clicked.moves,
    "its moves and one more": lambda clicked: [*clicked.moves, "ten-more"],
    "its moves, chosen": lambda clicked: clicked.choose(clicked.moves),
    "the record of its moves, chosen": lambda clicked: clicked.choose(clicked.moves).transcript(),
    "the moves of its moves": lambda clicked: clicked.choose(tuple(clicked.moves)).moves,
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_a_clicked_conversation_has_to_be_written_down(take):
    """Elsewhere there is no journal, and the notebook alone would hold an empty conversation."""
    clicked = play(NAME)
    clicked.make("halfway")
    try:
        answer = take(clicked)
        (finding,) = verdict(answer).findings
    finally:
        clicked.back_to(0)
    assert finding.key == "transcript-clicked"
    assert finding.fields["moves"].startswith("['halfway'")


def test_moves_that_are_written_down_are_no_clicks():
    clicked = play(NAME)
    clicked.make("halfway")
    try:
        for answer in (talk(PLEASANT), talk(PLEASANT).transcript(), talk(PLEASANT).moves):
            assert keys(answer) == ["slips.given-away"]
    finally:
        clicked.back_to(0)


def test_a_record_of_clicks_can_be_replayed():
    clicked = play(NAME)
    clicked.make("halfway")
    try:
        assert replay(clicked.transcript()).moves == ["halfway"]
    finally:
        clicked.back_to(0)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_can_be_said_in_both_languages(lang):
    with speaking(lang):
        for answer in ([*GOOD, "x"], talk(GOOD, seed=2), ASKED, {"turns": [1]}, PLEASANT[:1]):
            said = repr(Checked(verdict(answer), EXERCISE.texts("q1")))
            assert len(said.splitlines()) > 1
            assert "{" not in said


# --- where a class is graded

LIMITS = Limits(cell_seconds=10.0, total_seconds=40.0, memory=2048 * 2**20)
DATA = course_root() / "datasets"
TALK = f'from kdcourse import play\ntalk = play("{NAME}").choose({{moves}})'


def graded(source):
    """Return what is thought of a cell that was run behind the wall."""
    ground = Ground(DATA)
    runner = ForkRunner()
    try:
        probes = {"9.9.q1": probe(QUESTION, ground)}
        ran = runner.run(Job((Step(source, ("9.9.q1",)),), probes, LIMITS), DATA)
    finally:
        runner.close()
    return judge(EXERCISE, QUESTION, ground, ran, (0,)).verdict


@pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")
@pytest.mark.parametrize(
    ("source", "points"),
    [
        (TALK.format(moves=GOOD), 4),
        (TALK.format(moves=GOOD) + ".transcript()", 4),
        (f"talk = {GOOD}", 4),
        (TALK.format(moves=PLEASANT) + '.transcript()\ntalk["ending"] = "came-back"', 0),
        (TALK.format(moves=GOOD).partition(".choose")[0], 0),
        ("class Won:\n    def transcript(self): return {'ending': 'came-back'}\ntalk = Won()", 0),
        ("class Bad:\n    def transcript(self): raise SystemExit\ntalk = Bad()", 0),
    ],
)
def test_behind_the_wall_it_is_taken_down_and_played_again_outside(source, points):
    assert graded(source).points == points


@pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")
def test_whoever_talked_well_is_not_told_of_other_data():
    ground = Ground(DATA)
    runner = ForkRunner()
    try:
        step = Step(TALK.format(moves=GOOD), ("9.9.q1",))
        job = Job((step,), {"9.9.q1": probe(QUESTION, ground)}, LIMITS)
        own = judge(EXERCISE, QUESTION, ground, runner.run(job, DATA), (0,))
    finally:
        runner.close()
    told = result(EXERCISE, QUESTION, own, own, ground, 0.0)
    assert told.outcome == "correct"
    assert told.message == say("grading.correct-played")


def test_the_probe_knows_no_rule_of_the_question():
    inside = probe(QUESTION, Ground(DATA)).judge
    assert not observed_inside(QUESTION)
    assert inside is not None
    assert "pressure" not in repr(inside)
    assert "came-back" not in repr(inside)
    with pytest.raises(TypeError):
        inside.compare(None, None)
    clicked = play(NAME, 978)
    clicked.make("halfway")
    with pytest.raises(Unreadable):
        inside.observe(clicked)
