"""Promise: every simulation is declared whole, in both languages, and begins with today."""

from __future__ import annotations

from importlib import import_module
from string import Formatter

import numpy as np
import pytest
from simulation_settings import OTHER

from kdcourse.practice.simulations import branch
from kdcourse.practice.simulations.session import Simulation
from kdcourse.practice.simulations.spec import SIMULATIONS, load_spec
from kdcourse.practice.simulations.wording import as_text, assumptions, result_text
from kdcourse.practice.simulations.worlds import SEED, books
from kdcourse.texts import LANGUAGES, KitError, content, speaking
from kdcourse.world.policy import Policy
from kdcourse.world.settings import setting


def both(text):
    return set(text) >= set(LANGUAGES) and all(text[lang].strip() for lang in LANGUAGES)


@pytest.fixture(params=SIMULATIONS)
def spec(request):
    return load_spec(request.param)


def test_it_has_its_words_in_both_languages(spec):
    for part in ("title", "situation", "task", "cost", "limitation"):
        assert both(getattr(spec, part)), part
    for part in (*spec.controls.values(), *spec.outcomes.values(), *spec.monthly.values()):
        assert both(part.name), part.id
    for control in spec.controls.values():
        assert all(both(option) for option in control.options.values())
    for _, what in spec.assumptions.values():
        assert both(what)


def test_a_sentence_has_the_same_fields_in_both_languages(spec):
    for name, note in spec.notes.items():
        fields = [{field for _, field, *_ in Formatter().parse(note[lang])} for lang in LANGUAGES]
        assert fields[0] == fields[1], name


def test_it_belongs_to_a_lesson_and_teaches_concepts(spec):
    syllabus = content("syllabus")
    assert spec.lesson in syllabus["lessons"]
    assert spec.concepts
    assert set(spec.concepts) <= set(syllabus["concepts"])
    assert 5 <= spec.minutes <= 60


def test_what_the_widget_offers_can_be_decided(spec):
    for control in spec.controls.values():
        assert len(control.stops) > 2
        assert control.today in control.stops
        assert [control.read(stop) for stop in control.stops] == list(control.stops)
        assert len({control.shown(stop) for stop in control.stops}) == len(control.stops)


def test_the_first_outcome_can_be_judged(spec):
    assert next(iter(spec.outcomes.values())).better in (1, -1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9, -1e9, "many", None, True, [1]])
def test_what_can_not_be_is_refused_in_a_sentence(spec, value):
    for name in spec.controls:
        with pytest.raises(KitError, match=name):
            spec.read({name: value})


def test_half_an_agent_is_refused_in_a_sentence():
    with pytest.raises(KitError, match=r"early.*whole"):
        load_spec("staffing").read({"early": 2.5})


def test_a_misspelt_control_names_the_nearest(spec):
    name = next(iter(spec.controls))
    with pytest.raises(KitError, match=f"Use: {name}"):
        spec.read({f"{name}s": 1})


def test_its_text_says_how_to_decide_and_what_came_of_it(spec):
    for lang in LANGUAGES:
        with speaking(lang):
            fresh = Simulation(spec)
            before = as_text(fresh)
            assert all(name in before for name in spec.controls)
            assert ".decide(" in before
            result = fresh.decide(**OTHER[spec.name])
            text = result_text(result)
            assert spec.limitation[lang] in text
            assert spec.cost[lang] in text
            named = text.casefold()
            assert all(part.name[lang].casefold() in named for part in spec.outcomes.values())
            assert len(assumptions(spec)) == len(spec.assumptions)
            assert text in as_text(fresh)


def test_a_result_is_told_in_the_language_of_who_reads_it(spec):
    result = Simulation(spec).decide(**OTHER[spec.name])
    with speaking("zh-CN"):
        chinese = result_text(result)
    assert spec.limitation["zh-CN"] in chinese
    assert not any(word in chinese for word in ("yuan", "thousand", "month", "none"))


def test_there_is_a_module_with_a_plain_function_for_each():
    for module in SIMULATIONS.values():
        assert import_module(module).run.__doc__


def test_an_unknown_simulation_names_the_nearest():
    with pytest.raises(KitError, match="meant: empowerment"):
        load_spec("empowerement")
    with pytest.raises(KitError, match="no simulation"):
        load_spec(["empowerment"])


def test_what_a_simulation_calls_today_is_what_the_carrier_does():
    today = {name: control.today for name, control in load_spec("branch").controls.items()}
    assert today["capacity"] == setting("sites", "bottleneck")["CGO"]
    assert today["limit"] == setting("desk", "limit") == load_spec("empowerment").today["limit"]
    assert today["amends"] == setting("complaints", "pay")["late"]
    assert today["calls"] == setting("prospects", "calls")["number"]
    worth = setting("membership", "worth")
    assert today["points"] == worth == load_spec("membership").today["high"]
    quiet = branch.turns(SEED)[0]
    assert quiet.note == "quiet"
    policy = branch.policy(load_spec("branch").today, quiet)
    same, other = books(policy), books(Policy())
    for name, values in other.months.items():
        np.testing.assert_array_equal(values, same.months[name], err_msg=name)
