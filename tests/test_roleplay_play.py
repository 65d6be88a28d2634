"""A role play answers to what was said before, is repeatable, and remembers where it was left."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from roleplay_sample import changed, read

from kdcourse.checks.transcripts import Transcript
from kdcourse.course import WORKSPACE_MARK
from kdcourse.practice.roleplay import session
from kdcourse.practice.roleplay.rules import lucky, readings
from kdcourse.practice.roleplay.session import Play, play, replay
from kdcourse.texts import LANGUAGES, KitError, speaking

#: A day on which the sun shines, and one on which it rains.
SUN, RAIN = 1, 2
GOOD = ["greet", "ask", "wait", "offer", "sum-up"]


@pytest.fixture
def door():
    return Play(read(), SUN)


def meters(its):
    return readings(its.scenario, its.state)


def last(its):
    return its.script()[-1][1]["en"]


def test_a_move_moves_the_meters_and_every_turn_costs_something(door):
    assert meters(door) == {"trust": 40, "patience": 45}
    door.make("greet")
    assert meters(door) == {"trust": 45, "patience": 40}
    assert last(door) == "What is it about?"


def test_the_customer_remembers_what_was_said(door):
    trusted, flattered = door.choose(["greet", "ask"]), door.choose(["flatter", "ask"])
    assert last(trusted) == "On my back, four floors down."
    assert last(flattered) == "By the stairs.", "trust is high enough, but she was flattered"
    assert meters(flattered)["trust"] > 45


def test_facts_come_to_light_by_the_right_question_at_the_right_time(door):
    early, later = door.choose(["greet", "wait"]), door.choose(["greet", "ask", "wait"])
    assert "back" not in early.state.words
    assert {"stairs", "back"} <= later.state.words
    assert door.choose([*GOOD[:3], "offer"]).state.scene == "table"


def test_a_move_is_offered_once_and_only_under_its_condition(door):
    door.make("greet")
    assert "sign" not in {move.id for move in door.options}
    door.make("gift")
    offered = {move.id for move in door.options}
    assert "sign" in offered
    assert "gift" not in offered


def test_patience_that_runs_out_ends_it_wherever_the_move_would_have_led(door):
    tired = Play(read(changed(lambda s: s["meters"].update(patience=15))), SUN)
    tired = tired.choose(["greet", "ask", "wait"])
    assert tired.state.ending == "shut"
    assert tired.options == []


def test_an_ending_changes_the_crm_under_its_conditions(door):
    plain, with_gift = (
        door.choose(GOOD),
        door.choose(["greet", "ask", "wait", "offer", "gift", "sum-up"]),
    )
    assert [(c.table, c.kind, dict(c.values)) for c in plain.changes] == [
        ("opportunities", "set", {"stage": "won"})
    ]
    assert [change.table for change in with_gift.changes] == ["opportunities", "interactions"]
    assert door.changes == []


def test_luck_belongs_to_the_day_and_is_the_same_whatever_is_said():
    assert lucky(read(), SUN) == frozenset()
    assert lucky(read(), RAIN) == {"rain"}
    wet = Play(read(), RAIN)
    assert meters(wet)["patience"] == 35
    assert [text["en"] for _, text in wet.script()][:2] == [
        "It rains.",
        "Come under the roof. Who are you?",
    ]
    share = sum(bool(lucky(read(), day)) for day in range(2000)) / 2000
    assert 0.45 < share < 0.55


def test_the_score_is_four_fifths_the_ending_and_one_fifth_trust(door):
    good = door.choose(GOOD)
    assert good.score == pytest.approx(0.8 * 100 + 0.2 * meters(good)["trust"])
    assert door.score == 0


def random_play(scenario, seed, choices):
    its = Play(scenario, seed)
    for choice in choices:
        if its.over:
            break
        its.make(its.options[choice % len(its.options)].id)
    return its


@given(st.integers(0, 50), st.lists(st.integers(0, 6), max_size=12))
def test_a_transcript_is_plain_data_and_replays_to_the_same_state(seed, choices):
    its = random_play(read(), seed, choices)
    transcript = json.loads(json.dumps(its.transcript()))
    again = replay(transcript, lambda name: read())
    assert again.state == its.state
    assert again.script() == its.script()
    assert random_play(read(), seed, choices).transcript() == its.transcript()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda t: t["turns"][0].update(move="offer"), 'Move 1 can\'t be "offer"'),
        (lambda t: t["turns"][0].update(skills=["empathy"]), "Turn 1 of the transcript"),
        (lambda t: t["turns"][3].update(reveals=["back"]), "Turn 4 of the transcript"),
        (lambda t: t["turns"].pop(3), "Turn 4 of the transcript"),
        (lambda t: t["turns"].pop(), '"turns" of the transcript'),
        (lambda t: t["meters"].update(trust=100), '"meters" of the transcript'),
        (lambda t: t.update(ending="agreed", turns=t["turns"][:4]), "of the transcript is not"),
        (lambda t: t.update(seed="1"), "This is no transcript"),
        (lambda t: t.update(turns="greet"), "This is no transcript"),
        (lambda t: t.update(turns=["greet"]), "This is no transcript"),
        (lambda t: t["turns"].append({"speaker": "learner", "move": "ask"}), "ended after 5 moves"),
    ],
)
def test_a_transcript_edited_by_hand_gets_a_sentence(door, edit, said):
    transcript = copy.deepcopy(door.choose(GOOD).transcript())
    edit(transcript)
    with pytest.raises(KitError, match=said):
        replay(transcript, lambda name: read())


@pytest.mark.parametrize("given", [None, [], "greet", {}, {"turns": []}, {"turns": [], "seed": 1}])
def test_what_is_no_transcript_gets_a_sentence(given):
    with pytest.raises(KitError):
        replay(given)


def test_a_question_of_an_exercise_can_judge_a_transcript(door):
    rule = Transcript(must=("open_question",), never=("pressure",), endings=("agreed",))
    good, bad = door.choose(GOOD), door.choose(["flatter", "gift", "sign"])
    assert rule.compare(None, rule.observe(good.transcript())).share == 1
    assert rule.compare(None, rule.observe(bad.transcript())).share == 0


@pytest.mark.parametrize("move", ["sum-up", "gret", "", None, 3])
def test_a_move_that_cannot_be_made_gets_a_sentence_with_what_can(door, move):
    with pytest.raises(KitError, match=r"Move 1 can't be .* greet"):
        door.make(move)
    assert door.steps == []


def test_after_its_end_no_move_is_made(door):
    ended = door.choose(GOOD)
    with pytest.raises(KitError, match="ended after 5 moves"):
        ended.make("greet")
    with pytest.raises(KitError, match="still going on after 0 moves"):
        door.debrief()


def test_choosing_starts_from_the_opening_and_leaves_the_clicked_play_alone(door):
    door.make("greet")
    assert door.choose(["flatter"]).moves == ["flatter"]
    assert door.choose("flatter").moves == ["flatter"]
    assert door.moves == ["greet"]


def test_one_can_go_back_and_try_something_else(door):
    for move in ("flatter", "gift"):
        door.make(move)
    door.back_to(0)
    assert door.state == Play(read(), SUN).state
    with pytest.raises(KitError, match="no move 3 to go back to"):
        door.back_to(3)


def test_the_text_holds_what_was_said_and_what_can_be(door):
    for lang in LANGUAGES:
        with speaking(lang):
            said = repr(door.choose(["greet"]))
        for part in ("greet", "ask"):
            assert door.scenario.moves[part].text[lang] in said
        assert "[ask]" in said
        assert door.scenario.endings["agreed"].text[lang] not in said


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / WORKSPACE_MARK).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(session, "_PLAYS", {})
    return tmp_path


NAME = "3.2.hidden-problem"


def forget(monkeypatch):
    """A kernel that has just started knows of no play."""
    monkeypatch.setattr(session, "_PLAYS", {})


def test_running_the_cell_again_goes_on_and_a_new_kernel_too(workspace, monkeypatch):
    first = play(NAME)
    for move in ("we-are-better", "whose-figure"):
        first.make(move)
    assert play(NAME) is first
    forget(monkeypatch)
    again = play(NAME)
    assert again is not first
    assert again.transcript() == first.transcript()
    again.back_to(1)
    again.make("good-day")
    forget(monkeypatch)
    assert play(NAME).moves == ["we-are-better", "good-day"]
    assert play(NAME, seed=2).moves == [], "another day is another conversation"
    assert play(NAME).choose(["good-day"]).moves == ["good-day"]
    forget(monkeypatch)
    assert play(NAME).moves == ["we-are-better", "good-day"], "what is tried apart isn't written"


def test_a_play_that_no_longer_fits_its_scenario_begins_anew(workspace, monkeypatch):
    session.record("play", NAME, "move:a-move-of-last-year")
    assert play(NAME).moves == []


def test_the_end_is_written_down_with_its_points(workspace):
    its = play(NAME)
    for move in its.scenario.tempting:
        its.make(move)
    event = session.here().events()[-1]
    assert (event.kind, event.name, event.result) == ("play", NAME, "end:guarantee")
    assert (event.points, event.max_points) == (its.score, 100)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_day_that_is_none_gets_a_sentence(seed):
    with pytest.raises(KitError, match="whole number"):
        play(NAME, seed)
