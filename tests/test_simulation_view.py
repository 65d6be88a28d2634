"""A simulation on the screen: a thin view that answers to clicks and never loses the place."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import ipywidgets as widgets
import pytest
from simulation_settings import OTHER
from widget_screen import Screen, tree

from kdcourse.practice.simulations import view as views
from kdcourse.practice.simulations.picture import blank, chart
from kdcourse.practice.simulations.session import Simulation
from kdcourse.practice.simulations.spec import SIMULATIONS, load_spec
from kdcourse.practice.simulations.view import SimulationView
from kdcourse.texts import LANGUAGES, speaking

SVG = "{http://www.w3.org/2000/svg}"
VIEW = "application/vnd.jupyter.widget-view+json"


class SimulationScreen(Screen):
    """The view as a learner meets it."""

    def __init__(self, name):
        self.simulation = Simulation(load_spec(name))
        super().__init__(SimulationView(self.simulation))

    def choose(self, **settings):
        for name, value in settings.items():
            self.view.controls[name].value = value

    @property
    def news(self):
        found = [
            w.value for w in tree(self.view.box) if 'role="status"' in str(getattr(w, "value", ""))
        ]
        assert len(found) == 1
        return found[0]


RUN, AGAIN = "See what it leads to", "Start again"


def test_what_is_chosen_is_decided_when_the_button_is_pressed():
    screen = SimulationScreen("empowerment")
    assert screen.names == [RUN]
    screen.choose(limit=200)
    assert screen.simulation.decisions == []
    screen.press(RUN)
    assert screen.simulation.settings == {"limit": 200}
    assert "doing nothing" in screen.news
    assert "<svg " in screen.html
    assert screen.simulation.spec.limitation["en"] in screen.html
    assert screen.names == [RUN, AGAIN]


def test_the_second_click_of_two_does_nothing():
    screen = SimulationScreen("promise")
    screen.now = 9.0
    button = screen.buttons[0]
    button.click()
    button.click()
    assert len(screen.simulation.decisions) == 1
    screen.now += 0.3
    button.click()
    assert len(screen.simulation.decisions) == 1
    screen.now += 0.3
    button.click()
    assert len(screen.simulation.decisions) == 2


def test_the_same_tried_twice_is_one_try():
    screen = SimulationScreen("pricing")
    screen.choose(high=0.05)
    screen.press(RUN)
    screen.press(RUN)
    assert len(screen.simulation.decisions) == 1
    screen.choose(high=0.1)
    screen.press(RUN)
    assert "What you have tried" in screen.html
    assert "Extra discount, high tier: 10%" in screen.html


def test_doing_nothing_can_be_tried_too():
    screen = SimulationScreen("pricing")
    screen.press(RUN)
    assert screen.simulation.decisions == [screen.simulation.spec.today]
    assert "The same as doing nothing" in screen.news


def test_rounds_go_on_to_the_last_and_back():
    screen = SimulationScreen("promise")
    for month in range(1, 13):
        screen.press(f"Decide round {month} of 12")
    assert screen.names == ["All 12 rounds are played", "Take back round 12", AGAIN]
    screen.press("All 12 rounds are played")
    assert len(screen.simulation.decisions) == 12
    screen.press("Take back round 12")
    assert len(screen.simulation.decisions) == 11
    assert "Decide round 12 of 12" in screen.names
    screen.press(AGAIN)
    assert screen.simulation.decisions == []
    assert "<svg " not in screen.html
    assert screen.names == ["Decide round 1 of 12"]


def test_the_course_is_drawn_once_there_are_two_rounds():
    screen = SimulationScreen("promise")
    drawn = []
    for month in (1, 2):
        screen.press(f"Decide round {month} of 12")
        drawn.append("<polyline" in chart(screen.simulation.result))
    assert drawn == [False, True]


def test_a_plan_that_is_refused_says_so_and_keeps_what_was_chosen():
    screen = SimulationScreen("branch")
    screen.choose(staff=1.5, calls=4)
    screen.press("Decide round 1 of 8")
    assert "People at the desk" in screen.news
    assert screen.simulation.decisions == []
    assert screen.view.controls["staff"].value == 1.5


def test_while_worlds_are_lived_through_a_bar_shows_how_far_it_is():
    screen = SimulationScreen("empowerment")
    said = []
    screen.view._news.observe(lambda change: said.append(change["new"]), "value")
    screen.simulation.seed = 4711
    screen.choose(limit=20)
    screen.press(RUN)
    bars = [part for part in said if "<progress" in part]
    assert [f'value="{done}"' in bar for done, bar in enumerate(bars)] == [True] * 3
    assert "<progress" not in said[-1]


def test_a_value_decided_in_code_stands_in_the_menu():
    screen = SimulationScreen("empowerment")
    screen.simulation.decide(limit=75)
    screen.view.refresh()
    assert screen.view.controls["limit"].value == 75
    assert [stop for _, stop in screen.view.controls["limit"].options] == [
        0, 20, 50, 75, 100, 200, 500, 2000,
    ]  # fmt: skip


@pytest.mark.parametrize("name", SIMULATIONS)
def test_every_menu_and_button_has_a_name_of_its_own(name):
    screen = SimulationScreen(name)
    menus = [w.description for w in tree(screen.view.box) if isinstance(w, widgets.Dropdown)]
    assert len(menus) == len(screen.simulation.spec.controls)
    assert all([*menus, *screen.names])
    assert len({*menus, *screen.names}) == len(menus) + len(screen.names)


def test_it_goes_on_in_the_language_it_was_shown_in():
    with speaking("zh-CN"):
        screen = SimulationScreen("empowerment")
    screen.press("看看结果")
    assert "和什么都不做一样" in screen.news
    assert "yuan" not in screen.html


def test_running_the_cell_again_shows_the_same_widgets():
    it = Simulation(load_spec("pricing"))
    it.decide(high=0.1)
    bundles = [it._repr_mimebundle_(include=None, exclude=None) for _ in range(2)]
    assert bundles[0] == bundles[1]
    data, metadata = bundles[0]
    assert set(data) == {"text/plain", "image/svg+xml", VIEW}
    assert metadata["image/svg+xml"]["alt"] == data["text/plain"]
    with speaking("zh-CN"):
        other, _ = it._repr_mimebundle_()
    assert other[VIEW] != data[VIEW]
    assert "净收益" in other["text/plain"]


def test_nothing_is_computed_before_something_is_decided(monkeypatch):
    def never(*_):
        raise AssertionError("a world was lived through")

    monkeypatch.setattr("kdcourse.practice.simulations.session.compute", never)
    for name in SIMULATIONS:
        data, _ = Simulation(load_spec(name))._repr_mimebundle_()
        assert "Nothing is decided yet" in data["image/svg+xml"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SIMULATIONS)
def test_without_a_kernel_there_is_a_picture_with_every_figure_in_it(name, lang):
    spec = load_spec(name)
    it = Simulation(spec)
    with speaking(lang):
        assert ET.fromstring(blank(spec.title[lang], repr(it))).find(f"{SVG}title").text == repr(it)
        result = it.decide(**OTHER[name])
        picture = ET.fromstring(chart(result))
        words = [text.text for text in picture.iter(f"{SVG}text")]
        for outcome in spec.outcomes.values():
            assert outcome.shown(result.now[outcome.id]) in words
            assert outcome.shown(result.today[outcome.id]) in words
        assert picture.find(f"{SVG}title").text == repr(result)
        width = float(picture.get("width"))
        for box in picture.iter(f"{SVG}rect"):
            if box.get("x"):
                assert 0 <= float(box.get("x")) + float(box.get("width")) < width


def test_a_loss_is_drawn_hollow_and_said_with_its_sign():
    result = Simulation(load_spec("early-warning")).decide(threshold=0, least=1)
    assert result["net"] < 0
    picture = chart(result)
    assert "fill='none' stroke=" in picture
    assert "−" in picture


def test_the_branch_shows_its_months():
    screen = SimulationScreen("branch")
    screen.choose(calls=3)
    screen.press("Decide round 1 of 8")
    months = screen.simulation.result.months
    assert len(months) == 3
    for name, part in screen.simulation.spec.monthly.items():
        assert part.label in screen.html
        assert all(f">{part.number(value)}<" in screen.html for value in months[name])


def test_the_bar_counts_no_more_than_there_is():
    assert set(views._WORLDS) <= set(SIMULATIONS)
