"""Role plays and simulations count: a lesson is done when what it shows has been played."""

from __future__ import annotations

import csv
import json

import pytest

from kdcourse import cli
from kdcourse.practice import outline as outlines
from kdcourse.practice.doing import Doing, doings, is_done, title
from kdcourse.practice.outline import Sheet, outline
from kdcourse.practice.roleplay import session as plays
from kdcourse.practice.roleplay.reading import load_scenario
from kdcourse.practice.simulations.spec import load_spec
from kdcourse.practice.standing import standing
from kdcourse.progress.journal import Event, Journal, journal_path
from kdcourse.progress.results import DoingResult, summarise
from kdcourse.texts import LANGUAGES, speaking

PLAY = Doing("play", "5.2.lost-parcel")
PRICING = Doing("simulate", "pricing")
BRANCH = Doing("simulate", "branch")


def code(*lines):
    return {"cell_type": "code", "source": [line + "\n" for line in lines]}


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (code('play("5.2.lost-parcel")'), [PLAY]),
        (code('talk = play("5.2.lost-parcel", seed=3)', "talk"), [PLAY]),
        (code('talk = play("x")', 'talk = play("5.2.lost-parcel")', "talk"), [PLAY]),
        (code('sim = simulate("pricing")', "sim.decide(price=3)", "sim"), [PRICING]),
        (code('play("5.2.lost-parcel").choose(["sorry"])'), []),
        (code('talk = play("5.2.lost-parcel")', "talk.score"), []),
        (code('play("5.2.lost-parcel")', "1 + 1"), []),
        (code("play(name)"), []),
        (code("play()"), []),
        (code("name"), []),
        (code("%%sql", "SELECT 1"), []),
        (code(), []),
        ({"cell_type": "markdown", "source": ['play("5.2.lost-parcel")']}, []),
    ],
)
def test_what_a_cell_shows_is_to_be_done_and_what_it_plays_itself_is_not(cell, found):
    assert list(doings([cell, cell])) == found


def at(day, kind, name, result, points=None):
    return Event(f"2026-01-0{day}T08:00:00+00:00", kind, name, result, points, 100)


def test_a_role_play_is_done_when_it_has_come_to_an_end():
    events = [at(1, "play", PLAY.name, "move:sorry"), at(2, "play", PLAY.name, "move:when")]
    assert not is_done(PLAY, summarise(events))
    events += [at(3, "play", PLAY.name, "end:kept", 62.0), at(4, "play", PLAY.name, "back:1")]
    results = summarise(events)
    assert is_done(PLAY, results)
    (found,) = results.doings.values()
    assert (found.ends, found.best, found.steps) == (1, 62.0, 2)
    assert (found.first[:10], found.last[:10]) == ("2026-01-01", "2026-01-04")
    assert results, "who has only played has done something"


def test_the_best_end_of_any_day_counts():
    events = [at(1, "play", f"{PLAY.name}#2", "end:kept", 40.0)]
    assert is_done(PLAY, summarise(events))
    best = DoingResult()
    for points in (40.0, 80.0, 60.0):
        best.add(at(1, "play", PLAY.name, "end:kept", points))
    assert (best.ends, best.best) == (3, 80.0)


def test_a_simulation_is_done_when_all_its_rounds_were_played():
    decide = [at(1, "simulate", "pricing", "decide:{}")]
    assert is_done(PRICING, summarise(decide))
    rounds = load_spec("branch").rounds
    assert rounds > 1
    most = [at(1, "simulate", "branch", "decide:{}")] * (rounds - 1)
    taken_back = [*most, at(2, "simulate", "branch", "back:0"), *most]
    assert not is_done(BRANCH, summarise(most))
    assert not is_done(BRANCH, summarise(taken_back)), "what was taken back does not add up"
    assert is_done(BRANCH, summarise([*taken_back, at(3, "simulate", "branch", "decide:{}")]))


@pytest.mark.parametrize("result", ["back:x", "back:", "", "end", "flown:3"])
def test_what_somebody_wrote_into_the_journal_by_hand_breaks_nothing(result):
    assert not is_done(BRANCH, summarise([at(1, "simulate", "branch", result)]))


def test_what_is_there_no_longer_keeps_its_name():
    gone = Doing("simulate", "balloons")
    assert title(gone) == "balloons"
    assert is_done(gone, summarise([at(1, "simulate", "balloons", "decide:{}")]))
    assert title(Doing("play", "9.9.gone")) == "9.9.gone"
    for lang in LANGUAGES:
        with speaking(lang):
            assert title(PLAY) == load_scenario(PLAY.name).title[lang]


def lesson(*found):
    return Sheet("lesson", "0.9", "0.9 Doing", 40, "notebooks/en/0/0.9.ipynb", found)


def test_a_lesson_is_done_when_what_it_shows_is():
    sheet = lesson(PLAY, PRICING)
    events = [at(1, "begun", "0.9", "lesson")]
    found = standing(sheet, summarise(events))
    assert (found.state, found.done) == ("begun", {"play": (0, 1), "simulate": (0, 1)})
    events += [at(2, "play", PLAY.name, "move:sorry"), at(2, "play", PLAY.name, "end:kept", 62)]
    found = standing(sheet, summarise(events))
    assert (found.state, found.done) == ("begun", {"play": (1, 1), "simulate": (0, 1)})
    assert found.last.startswith("2026-01-02")
    events += [at(3, "simulate", "pricing", "decide:{}")]
    assert standing(sheet, summarise(events)).state == "done"
    assert standing(lesson(), summarise(events[:1])).state == "done", "it asks nothing"
    assert standing(sheet, summarise([])).state == "open"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace, and a course of one lesson that shows a role play and a simulation."""
    root, home = tmp_path / "kit", tmp_path / "home"
    path = root / "notebooks" / "en" / "1-industry" / "1.7-doing.ipynb"
    path.parent.mkdir(parents=True)
    cells = [
        {"cell_type": "markdown", "source": ["# 1.7 Doing"]},
        code('play("5.2.lost-parcel")'),
        code('simulate("pricing")'),
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf-8")
    monkeypatch.setattr(outlines, "course_root", lambda: root)
    (home / ".kdcourse").mkdir(parents=True)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.chdir(home)
    return home


def progress(home, *arguments):
    assert cli.run(["progress", "--workspace", str(home), "--lang", "en", *arguments]) == 0


def test_a_conversation_played_shows_on_the_map_and_in_the_table(workspace, capsys, monkeypatch):
    from kdcourse.practice.course_map import course_map

    assert "○ 1.7 Doing · not begun" in repr(course_map())
    monkeypatch.setattr(plays, "_PLAYS", {})
    talk = plays.play(PLAY.name)
    while not talk.over:
        talk.make(talk.options[0].id)
    assert "begun · role plays: 1 of 1 done · simulations: 0 of 1 done" in repr(course_map())
    progress(workspace)
    said = capsys.readouterr().out
    (line,) = [line for line in said.splitlines() if load_scenario(PLAY.name).title["en"] in line]
    assert "✓ done" in line
    assert f" {talk.score:g}/100 " in line
    (line,) = [line for line in said.splitlines() if load_spec("pricing").title["en"] in line]
    assert "○ not begun" in line


def test_role_plays_and_simulations_are_exported(workspace, tmp_path, capsys):
    journal = Journal(journal_path(workspace))
    journal.record("play", PLAY.name, "move:sorry")
    journal.record("play", PLAY.name, "end:kept", 62.0, 100)
    journal.record("simulate", "pricing#3", 'decide:{"price": 3}')
    progress(workspace, "--csv", str(tmp_path / "a.csv"))
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["name"], row["points"], row["tries"]) for row in rows] == [
        ("play", PLAY.name, "62.0", "1"),
        ("simulate", "pricing#3", "", "1"),
    ]
    assert all(row["first"] and row["last"] for row in rows)


def test_the_lessons_of_this_course_show_what_there_is():
    """A misspelt name would leave a lesson undone for ever."""
    every = {one for m in outline("en") for sheet in m.sheets for one in sheet.doings}
    assert all(title(one) != one.name for one in every)
    same = {one for m in outline("zh-CN") for sheet in m.sheets for one in sheet.doings}
    assert every == same
