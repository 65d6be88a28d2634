"""A debrief says what each move cost or won, against the best that was possible on the same day."""

from __future__ import annotations

from itertools import product

import pytest
from roleplay_sample import read

from kdcourse.plots import held
from kdcourse.practice.roleplay.atlas import Atlas
from kdcourse.practice.roleplay.rules import opening
from kdcourse.practice.roleplay.session import Play
from kdcourse.practice.roleplay.wording import debrief_html
from kdcourse.texts import LANGUAGES, KitError, speaking

GOOD = ["greet", "ask", "wait", "offer", "sum-up"]
TEMPTING = ["flatter", "gift", "sign"]


@pytest.fixture
def door():
    return Play(read(), 1)


def best_by_trying(its):
    """Return the best score by playing every continuation: slow, and right."""
    if its.over:
        return its.score
    return max(best_by_trying(its.choose([*its.moves, move.id])) for move in its.options)


@pytest.mark.parametrize("moves", [TEMPTING, GOOD, ["greet", "gift", "offer", "sum-up"]])
def test_what_was_possible_is_what_trying_everything_finds(door, moves):
    debrief = door.choose(moves).debrief()
    for number, judged in enumerate(debrief.moves):
        before = door.choose(moves[:number])
        assert judged.before == pytest.approx(best_by_trying(before))
        assert judged.after == pytest.approx(best_by_trying(door.choose(moves[: number + 1])))


def test_a_tempting_way_pleases_and_costs(door):
    debrief = door.choose(TEMPTING).debrief()
    assert [sum(judged.changes.values()) > 0 for judged in debrief.moves] == [True, True, True]
    assert debrief.costliest == 3
    last = debrief.moves[-1]
    assert last.cost == pytest.approx(last.before - last.after)
    assert last.better is not None
    assert sum(judged.cost for judged in debrief.moves) == pytest.approx(
        debrief.moves[0].before - door.choose(TEMPTING).score
    )


def test_a_better_move_kept_what_was_possible_and_is_no_slip(door):
    debrief = door.choose(TEMPTING).debrief()
    for number, judged in enumerate(debrief.moves):
        if judged.better:
            kept = door.choose([*TEMPTING[:number], judged.better.id])
            assert best_by_trying(kept) == pytest.approx(judged.before)
            assert "pressure" not in judged.better.skills


def test_a_good_way_costs_nothing_and_finds_everything(door):
    debrief = door.choose(GOOD).debrief()
    assert all(judged.cost <= 5 for judged in debrief.moves)
    assert [fact.id for fact in debrief.found] == ["stairs", "back"]
    assert debrief.missed == []
    assert debrief.skills["listening"] == 2
    assert [fact.id for judged in debrief.moves for fact in judged.learned] == ["stairs", "back"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_debrief_is_whole_in_text_and_html(door, lang):
    scenario = door.scenario
    with speaking(lang):
        debrief = door.choose(TEMPTING).debrief()
        text, page = repr(debrief), debrief_html(debrief)
    for part in (
        *(scenario.moves[move].text[lang] for move in (*TEMPTING, *GOOD)),
        scenario.endings["regret"].title[lang],
        scenario.facts["back"].text[lang],
    ):
        assert part in text
        assert part.replace("'", "&#x27;") in page
    assert "{" not in text


def test_the_figure_shows_the_meters_and_says_them(door):
    debrief = door.choose(GOOD).debrief()
    frame = debrief.meters()
    assert list(frame.columns) == ["turn", "trust", "patience"]
    assert list(frame["turn"]) == [0, 1, 2, 3, 4, 5]
    assert frame["trust"].iloc[0] == 40
    for lang in LANGUAGES:
        with speaking(lang), held() as figures:
            debrief.figure()
        ((picture, words),) = figures
        assert picture.startswith(b"\x89PNG")
        for value in (*frame["trust"], *frame["patience"]):
            assert str(value) in words


def test_states_are_joined_only_if_nothing_later_can_tell_them_apart():
    scenario = read()
    atlas = Atlas(scenario, [opening(scenario, ())])
    moves = list(scenario.moves)
    tried = 0
    for given in product(moves, repeat=3):
        try:
            its = Play(scenario, 1).choose(given)
        except KitError:
            continue
        tried += 1
        number = atlas.number(its.state)
        offered = [] if its.over else [move.id for move in its.options]
        assert [step.move.id for step in atlas.steps[number]] == offered
        assert atlas.best[number] == pytest.approx(best_by_trying(its))
    assert tried > 25
