"""Every role play of the course is sound, in both languages, and stands ten thousand players."""

from __future__ import annotations

import pytest

from kdcourse.authoring.scenario_lint import GOOD, lint
from kdcourse.authoring.scenario_states import Examined
from kdcourse.practice.roleplay.players import PLAYERS
from kdcourse.practice.roleplay.reading import load_scenario, scenario_names, skills
from kdcourse.practice.roleplay.session import Play
from kdcourse.texts import LANGUAGES, content, speaking
from kdcourse.world.tables import table

#: All ways a conversation can go; made once for all tests of it.
_EXAMINED: dict[str, Examined] = {}

#: All tests of one scenario run in one process, so that its ways are enumerated once.
SCENARIOS = [pytest.param(n, marks=pytest.mark.xdist_group(n)) for n in scenario_names()]


@pytest.fixture
def its(name: str) -> Examined:
    if name not in _EXAMINED:
        _EXAMINED[name] = Examined(load_scenario(name))
    return _EXAMINED[name]


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_to_be_mended(its):
    assert [str(fault) for fault in lint(its)] == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_ten_thousand_players_come_to_an_end_and_without_sense_to_no_good_one(its):
    for player in PLAYERS:
        outcome = its.outcomes[player]
        assert outcome.scores.size == 10_000
        assert "" not in outcome.endings, "some conversation did not end"
        assert outcome.lengths.max() <= 25
        assert outcome.scores.mean() < its.highest / 2
    assert len(its.outcomes["random"].endings) > 3


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_line_is_in_both_languages(name):
    texts = list(lines(content(f"scenarios/{name}")))
    assert len(texts) > 50
    for text in texts:
        assert all(text[lang].strip() for lang in LANGUAGES)
        assert text["en"] != text["zh-CN"]


def lines(value):
    """Yield every table that holds a language."""
    if isinstance(value, dict):
        if set(LANGUAGES) & set(value):
            yield value
        for part in value.values():
            yield from lines(part)
    elif isinstance(value, list):
        for part in value:
            yield from lines(part)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_model_is_good_and_the_tempting_way_is_not(name):
    scenario = load_scenario(name)
    its = Play(scenario)
    good, bad = its.choose(scenario.model), its.choose(scenario.tempting)
    assert good.score >= GOOD
    assert bad.score < GOOD / 2
    assert good.changes
    assert bad.changes
    debrief = bad.debrief()
    assert debrief.costliest
    assert any(fact.hidden for fact in debrief.missed)
    assert not any(fact.hidden for fact in good.debrief().missed)
    for lang in LANGUAGES:
        with speaking(lang):
            assert repr(debrief)
            assert repr(good)


def test_every_skill_is_named_in_both_languages_and_slips_are_marked():
    for name, entry in skills().items():
        assert set(entry) - {"slip"} == set(LANGUAGES), name
        assert entry.get("slip", True) is True, name
    assert {"listening", "open_question", "closed_question", "confirming", "empathy"} <= set(
        skills()
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_an_ending_changes_is_a_row_that_the_carrier_has(name):
    for ending in load_scenario(name).endings.values():
        for change in ending.crm:
            columns = {column.name: column for column in table(change.table).columns}
            for column, value in change.values.items():
                allowed = columns[column].values
                assert not allowed or value in allowed, (ending.id, column, value)
