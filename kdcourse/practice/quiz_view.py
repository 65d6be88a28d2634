"""A quiz on the screen: widgets that show its state and pass the learner's choices on to it.

What is right stays in the kernel: the page holds the options, and feedback comes after the click.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from kdcourse.practice.quiz import Feedback, Quiz
from kdcourse.practice.quiz_reading import Item
from kdcourse.practice.quiz_text import as_text
from kdcourse.texts import language, pick, say, speaking

# JupyterLab takes arrows and letters for its shortcuts unless the element in focus says it wants
# them, and ipywidgets gives the radio buttons of a question no common name, without which arrows
# can't move between them. Python can set neither, so the style sheet does when it has loaded.
_KEYS = """
const quiz = this.closest('.kdcourse-quiz');
quiz.addEventListener('focusin', event => {
  event.target.dataset.lmSuppressShortcuts = 'true';
  quiz.querySelectorAll('.widget-radio-box').forEach(box => {
    box.dataset.group ||= 'kdcourse-' + Math.random();
    box.querySelectorAll('input').forEach(radio => { radio.name = box.dataset.group; });
  });
});
"""
# The widgets cut long labels off; here they wrap. Colours are those of the reader's theme.
_STYLE = f"""<style onload="{_KEYS}">"""
_STYLE += """
.kdcourse-quiz { max-width: 46em; overflow: visible; }
.kdcourse-quiz .widget-vbox { overflow: visible; }
.kdcourse-quiz .widget-html, .kdcourse-quiz .widget-html-content {
  width: auto; height: auto; margin: 0; line-height: 1.5; }
.kdcourse-quiz .widget-radio, .kdcourse-quiz .widget-checkbox,
.kdcourse-quiz .widget-radio-box { width: auto; max-width: none; height: auto; margin: 0; }
.kdcourse-quiz .widget-radio-box label, .kdcourse-quiz label.widget-label-basic {
  display: flex; flex-direction: row; align-items: flex-start; width: auto; max-width: none;
  height: auto; margin: 0; padding: 3px 0; line-height: 1.5; white-space: normal;
  overflow: visible; cursor: pointer; }
.kdcourse-quiz input[type="radio"], .kdcourse-quiz input[type="checkbox"] {
  order: -1; position: static; flex: none; align-self: flex-start; width: 14px; height: 14px;
  line-height: 1.5; margin: 0.3em 10px 0 3px; }
.kdcourse-quiz input[type="checkbox"] { margin-top: 0.2em; }
.kdcourse-quiz .widget-dropdown {
  width: auto; height: auto; flex-wrap: wrap; align-items: center; margin: 3px 0; }
.kdcourse-quiz .widget-dropdown > .widget-label {
  flex: 1 1 18em; width: auto; max-width: none; height: auto; margin: 0 12px 0 0;
  text-align: left; white-space: normal; overflow: visible; line-height: 1.5; }
.kdcourse-quiz .widget-dropdown > select { flex: 0 1 16em; height: 28px; }
.kdcourse-quiz .widget-button { align-self: flex-start; width: auto; margin: 6px 0; }
</style>"""

_RIGHT, _WRONG = "#009e73", "#d55e00"
_HEAD = "font-weight: bold; margin-top: 12px"
_FEEDBACK = "border-left: 4px solid {colour}; padding: 2px 12px; margin: 4px 0"


class QuizView:
    """The widgets of one quiz.

    Attributes:
        quiz: The state they show.
        box: All of them in one.
    """

    def __init__(self, quiz: Quiz) -> None:
        self.quiz = quiz
        # A click comes later, perhaps after another lesson has changed the language.
        self._language = language()
        self._status = widgets.HTML()
        questions = [self._question(number, item) for number, item in enumerate(quiz.items, 1)]
        self.box = widgets.VBox([widgets.HTML(_STYLE), *questions, self._status])
        self.box.add_class("kdcourse-quiz")
        self._show_status()

    def _question(self, number: int, item: Item) -> widgets.VBox:
        heading = say("quiz.item", number=number, items=len(self.quiz.items))
        ask = f"{escape(pick(item.ask))}<small>{escape(say(f'quiz.how-{item.kind}'))}</small>"
        head = widgets.HTML(f'<div style="{_HEAD}">{escape(heading)}</div><div>{ask}</div>')
        control, read = _CONTROLS[item.kind](item)
        button = widgets.Button(description=say("quiz.check", number=number))
        feedback = widgets.HTML('<div role="status"></div>')

        def check(_: object) -> None:
            with speaking(self._language):
                choice = read()
                if choice is None:
                    what = "choose-all" if item.kind == "match" else "choose-first"
                    feedback.value = f'<div role="status">{escape(say(f"quiz.{what}"))}</div>'
                    return
                given = self.quiz.answer(item.id, choice)
                assert isinstance(given, Feedback)
                feedback.value = feedback_html(given)
                self._show_status()

        button.on_click(check)
        return widgets.VBox([head, control, button, feedback])

    def _show_status(self) -> None:
        status = escape(self.quiz.status())
        self._status.value = f'<div role="status" style="{_HEAD}">{status}</div>'


def mimebundle(quiz: Quiz) -> dict[str, Any]:
    """Return the quiz as widgets and, for readers and tests without them, as text."""
    bundle: dict[str, Any] = QuizView(quiz).box._repr_mimebundle_()
    return {**bundle, "text/plain": as_text(quiz)}


def feedback_html(given: Feedback) -> str:
    """Return feedback as HTML that a screen reader reads out when it appears."""
    verdict, *remarks = given.lines()
    style = _FEEDBACK.format(colour=_RIGHT if given.right else _WRONG)
    lines = "".join(f"<div>{escape(remark)}</div>" for remark in remarks)
    return f'<div role="status" style="{style}"><strong>{escape(verdict)}</strong>{lines}</div>'


#: Returns what is chosen, None if nothing is.
_Read = Callable[[], Any]


def _single(item: Item) -> tuple[widgets.Widget, _Read]:
    options = [(pick(option.text), option.id) for option in item.options]
    radios = widgets.RadioButtons(options=options, value=None)
    return radios, lambda: radios.value


def _multiple(item: Item) -> tuple[widgets.Widget, _Read]:
    boxes = {
        option.id: widgets.Checkbox(description=pick(option.text), indent=False)
        for option in item.options
    }
    return widgets.VBox(
        list(boxes.values())
    ), lambda: [name for name, box in boxes.items() if box.value] or None


def _match(item: Item) -> tuple[widgets.Widget, _Read]:
    options = [(say("quiz.choose"), None), *((pick(c.text), c.id) for c in item.choices)]
    menus = [
        widgets.Dropdown(options=options, index=0, description=pick(pair.left))
        for pair in item.pairs
    ]

    def read() -> list[str] | None:
        chosen = [menu.value for menu in menus]
        return None if None in chosen else chosen

    return widgets.VBox(menus), read


_CONTROLS = {"single": _single, "multiple": _multiple, "match": _match}
