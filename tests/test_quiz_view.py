"""A quiz on the screen: it answers to clicks, and the page never holds what is right."""

from __future__ import annotations

import ipywidgets as widgets
import pytest
from checks_sample import QUIZ
from widget_screen import tree

from kdcourse.practice.quiz import Quiz
from kdcourse.practice.quiz_reading import read_items
from kdcourse.practice.quiz_view import QuizView
from kdcourse.texts import LANGUAGES, speaking


class Screen:
    """The view as a learner meets it."""

    def __init__(self):
        self.view = QuizView(Quiz("9.9", read_items(QUIZ, "sample.toml")))

    def all(self, kind):
        return [widget for widget in tree(self.view.box) if isinstance(widget, kind)]

    def press(self, number):
        self.all(widgets.Button)[number - 1].click()

    @property
    def html(self):
        return "\n".join(widget.value for widget in self.all(widgets.HTML))


@pytest.fixture
def screen():
    return Screen()


def test_choosing_and_pressing_check_brings_the_remark_and_the_count(screen):
    (radios,) = screen.all(widgets.RadioButtons)
    assert radios.value is None
    screen.press(1)
    assert "Choose an answer first." in screen.html
    radios.index = 1
    screen.press(1)
    assert "One day explains 0.3 %." in screen.html
    assert "1 of 3 answered, 0 right" in screen.html
    radios.index = 0
    screen.press(1)
    assert "One day" not in screen.html
    assert "1 of 3 answered, 1 right" in screen.html


def test_boxes_and_menus_work_the_same(screen):
    boxes = screen.all(widgets.Checkbox)
    screen.press(2)
    assert "Choose an answer first." in screen.html
    boxes[0].value = boxes[1].value = True
    screen.press(2)
    menus = screen.all(widgets.Dropdown)
    menus[0].index = 1
    screen.press(3)
    assert "Choose something for every line first." in screen.html
    menus[1].index = 2
    screen.press(3)
    assert "2 of 3 answered, 2 right" in screen.html


def test_the_page_holds_no_remark_before_a_choice_and_no_sign_of_what_is_right(screen):
    states = [repr(widget.get_state()) for widget in tree(screen.view.box)]
    page = "\n".join(states)
    for entry in QUIZ["items"]:
        for part in (*entry.get("options", ()), *entry.get("pairs", ())):
            assert part["say"]["en"] not in page
    assert "right': True" not in page


def test_what_authors_write_is_shown_as_text_not_as_markup(screen):
    assert "<366" not in screen.html
    screen.all(widgets.RadioButtons)[0].index = 1
    screen.press(1)
    assert 'role="status"' in screen.html


def test_every_control_has_a_name_of_its_own_and_every_remark_is_announced(screen):
    names = [button.description for button in screen.all(widgets.Button)]
    assert len(set(names)) == len(names) == 3
    assert all(menu.description for menu in screen.all(widgets.Dropdown))
    assert all(box.description for box in screen.all(widgets.Checkbox))
    assert screen.html.count('role="status"') == 4


def test_feedback_keeps_the_language_the_quiz_was_shown_in():
    with speaking("zh-CN"):
        screen = Screen()
    screen.all(widgets.RadioButtons)[0].index = 0
    screen.press(1)
    assert "要在同一口径下比。" in screen.html
    assert "共 3 题，已答 1 题，答对 1 题" in screen.html


def test_shown_in_a_notebook_it_is_widgets_and_the_same_text_every_time():
    for lang in LANGUAGES:
        with speaking(lang):
            bundles = [
                Quiz("9.9", read_items(QUIZ, "x"))._repr_mimebundle_(include=None, exclude=None)
                for _ in range(2)
            ]
        assert "application/vnd.jupyter.widget-view+json" in bundles[0]
        assert set(bundles[0]) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
        assert bundles[0]["text/plain"] == bundles[1]["text/plain"]
