"""Promise: a simulation is a state to be driven, taken back, written down and played again."""

from __future__ import annotations

import copy
import json
import sqlite3

import pytest
from simulation_settings import OTHER

from kdcourse.practice.simulations import session
from kdcourse.practice.simulations.session import KEPT, Simulation, replay, simulate
from kdcourse.practice.simulations.spec import SIMULATIONS, load_spec
from kdcourse.progress.journal import here, journal_path
from kdcourse.texts import KitError


def begun(name="empowerment", seed=2024):
    return Simulation(load_spec(name), seed)


def test_what_is_decided_stands_and_the_rest_stays_as_it_was():
    pricing = begun("pricing")
    assert pricing.result is None
    pricing.decide(price=1.05)
    pricing.decide(high=0.1)
    assert pricing.settings == {"price": 1.05, "low": 0, "mid": 0, "high": 0.1}
    assert pricing.result.settings == pricing.settings
    assert len(pricing.results) == 2


def test_tries_stand_beside_each_other_and_the_latest_are_kept():
    it = begun("complaint-queue")
    for cases in range(4, KEPT + 7):
        it.decide(cases=cases)
    assert [decided["cases"] for decided in it.decisions] == list(range(7, KEPT + 7))
    assert not it.over


def test_rounds_follow_each_other_to_the_last():
    year = begun("promise")
    for month in range(12):
        assert not year.over
        year.decide(hours=60 + month)
    assert year.over
    assert [decided["hours"] for decided in year.decisions] == [60.0 + m for m in range(12)]
    with pytest.raises(KitError, match="All 12 rounds"):
        year.decide(hours=60)
    assert len(year.decisions) == len(year.results) == 12
    assert year.report() == year.result


def test_a_round_taken_back_is_gone_and_can_be_decided_otherwise():
    one, other = begun("promise"), begun("promise")
    for hours in (48, 60, 72):
        one.decide(hours=hours)
    one.back_to(1)
    one.decide(hours=96)
    for hours in (48, 96):
        other.decide(hours=hours)
    assert one.result.now == other.result.now
    one.back_to(0)
    assert one.result is None
    assert one.settings == one.spec.today
    for number in (-1, 3, 1.0, "1"):
        with pytest.raises(KitError, match="no round"):
            one.back_to(number)


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"limt": 5}, {"limit": "fifty"}])
def test_what_is_refused_leaves_all_as_it_was(wrong):
    it = begun()
    it.decide(limit=100)
    with pytest.raises(KitError):
        it.decide(**wrong)
    assert [decided["limit"] for decided in it.decisions] == [100]


@pytest.mark.parametrize("name", SIMULATIONS)
def test_a_transcript_played_again_comes_to_the_same(name):
    it = begun(name, seed=6)
    it.decide(**OTHER[name])
    it.decide()
    written = json.loads(json.dumps(it.transcript(), ensure_ascii=False))
    again = replay(written)
    assert again.transcript() == written == it.transcript()
    assert again.settings == it.settings
    assert not again.recorded


def edited(path, value):
    def change(transcript):
        place = transcript
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
        return transcript

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edited(["outcomes", "net"], 9999.0), '"net"'),
        (edited(["outcomes", "net"], "much"), '"net"'),
        (edited(["outcomes", "fame"], 1.0), '"fame"'),
        (edited(["decisions", 0, "limit"], 200.0), "do not lead to"),
        (edited(["decisions", 0, "limit"], -5), "0 to 2000"),
        (edited(["decisions", 0, "limits"], 5), "limits"),
        (edited(["decisions"], []), "do not lead to"),
        (edited(["decisions"], "limit"), "no transcript"),
        (edited(["decisions", 0], 7), "no transcript"),
        (edited(["outcomes"], None), "no transcript"),
        (edited(["seed"], 2025), "do not lead to"),
        (edited(["seed"], "2024"), "whole number"),
        (edited(["simulation"], "empower"), "Is one of these meant"),
        (lambda _: "limit=100", "no transcript"),
        (lambda _: {}, "no transcript"),
    ],
)
def test_a_transcript_edited_by_hand_is_found_out_in_a_sentence(change, says):
    it = begun()
    it.decide(limit=20)
    with pytest.raises(KitError, match=says):
        replay(change(copy.deepcopy(it.transcript())))


def test_a_rounds_transcript_with_a_round_too_many_is_refused():
    year = begun("promise")
    for _ in range(12):
        year.decide(hours=72)
    longer = year.transcript()
    longer["decisions"].append({"hours": 72})
    with pytest.raises(KitError, match="All 12 rounds"):
        replay(longer)


# --- the journal ---


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / ".kdcourse").mkdir()
    monkeypatch.chdir(tmp_path)
    new_kernel(monkeypatch)
    return tmp_path


def new_kernel(monkeypatch):
    monkeypatch.setattr(session, "_SIMULATIONS", {})


def test_running_the_cell_again_goes_on_and_a_new_kernel_too(workspace, monkeypatch):
    year = simulate("promise")
    year.decide(hours=60)
    year.decide(hours=84)
    year.back_to(1)
    year.decide(hours=96)
    assert simulate("promise") is year
    new_kernel(monkeypatch)
    again = simulate("promise")
    assert again is not year
    assert again.decisions == year.decisions
    assert again.result.now == year.result.now
    again.decide(hours=72)
    new_kernel(monkeypatch)
    assert len(simulate("promise").decisions) == 3


def test_each_seed_has_its_own_state(workspace, monkeypatch):
    simulate("pricing").decide(high=0.1)
    simulate("pricing", seed=5).decide(low=0.1)
    new_kernel(monkeypatch)
    assert simulate("pricing").settings["high"] == 0.1
    assert simulate("pricing", seed=5).settings["low"] == 0.1
    assert {event.name for event in here().events()} == {"pricing", "pricing#5"}


def test_tries_are_found_again(workspace, monkeypatch):
    it = simulate("complaint-queue")
    for cases in range(5, 5 + KEPT + 2):
        it.decide(cases=cases, order="grade")
    new_kernel(monkeypatch)
    assert simulate("complaint-queue").decisions == it.decisions


@pytest.mark.parametrize(
    "spoilt",
    [
        "decide:{",
        'decide:{"limit": -4}',
        'decide:{"gone": 4}',
        "decide:[1]",
        "decide:3",
        "back:x",
        "nonsense",
        "decide:",
    ],
)
def test_a_journal_that_no_longer_fits_does_not_stop_it(workspace, monkeypatch, spoilt):
    simulate("empowerment").decide(limit=100)
    with sqlite3.connect(journal_path(workspace)) as database:
        database.execute(
            "INSERT INTO events (at, kind, name, result) VALUES ('', 'simulate', 'empowerment', ?)",
            (spoilt,),
        )
    new_kernel(monkeypatch)
    again = simulate("empowerment")
    assert again.decide(limit=20)["hours"] > 0


def test_outside_a_workspace_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    new_kernel(monkeypatch)
    simulate("pricing").decide(low=0.05)
    assert list(tmp_path.iterdir()) == []
