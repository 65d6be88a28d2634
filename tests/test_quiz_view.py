"""A quiz on the screen: it answers to clicks, and the page never holds what is right."""

from __future__ import annotations

import ipywidgets as widgets
import pytest
import quiz_sample
from checks_sample import QUIZ
from widget_screen import tree

from kdcourse.practice.quiz.reading import read_items
from kdcourse.practice.quiz.session import Quiz
from kdcourse.practice.quiz.view import QuizView
from kdcourse.texts import LANGUAGES, speaking


class Screen:
    """The view as a learner meets it."""

    def __init__(self, source=QUIZ):
        self.view = QuizView(Quiz("9.9", read_items(source, "sample.toml")))

    def all(self, kind):
        return [widget for widget in tree(self.view.box) if isinstance(widget, kind)]

    def control(self, number):
        """Return what question ``number`` is answered with."""
        return self.view.box.children[number].children[1]

    def press(self, number):
        self.all(widgets.Button)[number - 1].click()

    @property
    def html(self):
        return "\n".join(widget.value for widget in self.all(widgets.HTML))


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def typed():
    """A quiz with an order, a number and a word to answer."""
    return Screen(quiz_sample.QUIZ)


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


def test_a_menu_for_each_step_gives_it_its_place(typed):
    menus = typed.control(1).children
    steps = [step["text"]["en"] for step in quiz_sample.ORDER["steps"]]
    shown = [menu.description for menu in menus]
    assert sorted(shown) == sorted(steps)
    typed.press(1)
    assert "Choose something for every line first." in typed.html
    for menu in menus:
        menu.index = 1
    typed.press(1)
    assert "Place 1 is given twice." in typed.html
    assert "0 of 3 answered" in typed.html
    for menu in menus:
        menu.index = 4 - steps.index(menu.description)
    typed.press(1)
    assert "✗ 1. Call back – It comes later." in typed.html
    for menu in menus:
        menu.index = 1 + steps.index(menu.description)
    typed.press(1)
    assert "✓ 4. Call back – Did it hold?" in typed.html
    assert "1 of 3 answered, 1 right" in typed.html


def test_numbers_and_words_are_typed(typed):
    number, word = typed.control(2), typed.control(3)
    assert (number.description, word.description) == (
        "Your answer to question 2, in percent",
        "Your answer to question 3",
    )
    typed.press(2)
    assert "Type an answer first." in typed.html
    number.value = "<b>two</b>"
    typed.press(2)
    assert "&quot;&lt;b&gt;two&lt;/b&gt;&quot; cannot be read as a number." in typed.html
    assert "0 of 3 answered" in typed.html
    number.value = "0.024"
    typed.press(2)
    assert "That is the share of one." in typed.html
    number.value = "2.4 %"
    word.value = "集中度"
    typed.press(2)
    typed.press(3)
    assert "2 of 3 answered, 2 right" in typed.html


def test_what_is_typed_is_sent_as_a_whole_before_the_click(typed):
    """Sent key by key, the last keys may arrive after it, and half a number would be judged."""
    assert [field.continuous_update for field in typed.all(widgets.Text)] == [False, False]


def test_no_answer_can_only_be_given_with_a_mouse(screen, typed):
    """All controls are elements that the browser itself lets the keyboard work."""
    known = (widgets.RadioButtons, widgets.Checkbox, widgets.Dropdown, widgets.Text)
    for shown in (screen, typed):
        for question in shown.view.box.children[1:-1]:
            _, control, button, _ = question.children
            leaves = [w for w in tree(control) if not isinstance(w, widgets.VBox)]
            assert leaves
            assert all(isinstance(leaf, known) for leaf in leaves)
            assert isinstance(button, widgets.Button)


def secrets(item):
    """Yield what of a question only those may read who have answered it."""
    parts = [*item.get("options", ()), *item.get("pairs", ()), *item.get("steps", ())]
    parts += [*item.get("slips", ()), *item.get("answers", ())]
    for part in parts:
        yield part["say"]["en"]
        yield from part.get("words", {}).get("en", ())
    if "otherwise" in item:
        yield item["otherwise"]["en"]


@pytest.mark.parametrize("source", [QUIZ, quiz_sample.QUIZ])
def test_the_page_holds_no_remark_before_a_choice_and_no_sign_of_what_is_right(source):
    shown = Screen(source)
    page = "\n".join(repr(widget.get_state()) for widget in tree(shown.view.box))
    for item in source["items"]:
        for secret in secrets(item):
            assert secret not in page
        for part in (*item.get("options", ()), *item.get("steps", ())):
            assert f"'{part['id']}'" not in page, "ids may be telling"
    assert "right': True" not in page
    assert "2.4" not in page
    menus = [w.get_state() for w in shown.all(widgets.Dropdown)]
    assert all(menu["index"] == 0 for menu in menus), "nothing is chosen beforehand"


def test_what_authors_write_is_shown_as_text_not_as_markup(screen, typed):
    assert "&lt;an angry caller&gt;" in typed.html
    assert "<366" not in screen.html
    screen.all(widgets.RadioButtons)[0].index = 1
    screen.press(1)
    assert 'role="status"' in screen.html


@pytest.mark.parametrize("source", [QUIZ, quiz_sample.QUIZ])
def test_every_control_has_a_name_of_its_own_and_every_remark_is_announced(source):
    screen = Screen(source)
    named = (widgets.Button, widgets.Dropdown, widgets.Checkbox, widgets.Text)
    names = [widget.description for kind in named for widget in screen.all(kind)]
    assert all(names)
    assert len(set(names)) == len(names)
    assert len(screen.all(widgets.Button)) == 3
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
