"""A quiz on the screen: widgets that show its state and pass the learner's choices on to it.

What is right stays in the kernel: the page holds the options, and feedback comes after the click.
"""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from kdcourse.practice.clicks import Clicks
from kdcourse.practice.quiz.controls import control_of
from kdcourse.practice.quiz.feedback import Feedback
from kdcourse.practice.quiz.item import Item
from kdcourse.practice.quiz.session import Quiz
from kdcourse.practice.quiz.wording import as_text
from kdcourse.texts import KitError, pick, say

# JupyterLab takes arrows and letters for its shortcuts unless the element in focus says it wants
# them, and ipywidgets gives the radio buttons of a question no common name, without which arrows
# can't move between them. Python can set neither, so the style sheet does when it has loaded. It
# also has a screen reader read the question to whoever enters it, and the Enter key in a field
# press the button: leaving the field sends what was typed before the click, then the focus returns.
# An Enter that only ends the typing of Chinese characters presses nothing. What is chosen is held
# back until the button is pressed, then sent, and the click a moment later: of several changes in a
# row, ipywidgets sends the last only when the kernel has answered the first, but a click at once,
# and a learner who runs through a menu would be judged by what they passed on the way.
_KEYS = """
const quiz = this.closest('.kdcourse-quiz');
quiz.addEventListener('focusin', event => {
  event.target.dataset.lmSuppressShortcuts = 'true';
  quiz.querySelectorAll('.widget-radio-box').forEach(box => {
    box.dataset.group ||= 'kdcourse-' + Math.random();
    box.querySelectorAll('input').forEach(radio => { radio.name = box.dataset.group; });
  });
  quiz.querySelectorAll('.question').forEach(box => {
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', box.querySelector('.widget-html-content').innerText);
  });
});
quiz.addEventListener('keydown', event => {
  const field = event.target;
  if (field.type !== 'text' || event.key !== 'Enter' || event.isComposing) return;
  const button = field.closest('.question').querySelector('button');
  button.focus();
  button.click();
  field.focus();
}, true);
['change', 'click'].forEach(kind => quiz.addEventListener(kind, event => {
  const field = event.target;
  const menu = field.matches('select');
  if (!event.isTrusted || kind !== (menu || field.type === 'text' ? 'change' : 'click')) return;
  if (field.type === 'checkbox') field.toggleAttribute('data-held');
  else if (field.matches('select, input')) field.dataset.held = '';
  if (menu || field.matches('[type=radio], [type=checkbox]')) event.stopPropagation();
}, true));
quiz.addEventListener('click', event => {
  const button = event.target.closest('button');
  const held = button?.closest('.question').querySelectorAll('[data-held]') ?? [];
  if (!held.length) return;
  event.stopPropagation();
  held.forEach(field => {
    delete field.dataset.held;
    if (field.matches('select')) field.dispatchEvent(new Event('change', {bubbles: true}));
    else if (field.type === 'checkbox') { field.checked = !field.checked; field.click(); }
    else if (field.matches('[type=radio]:checked')) field.click();
  });
  setTimeout(() => button.click(), 250);
}, true);
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
.kdcourse-quiz .order .widget-dropdown { flex-direction: row-reverse; justify-content: flex-end; }
.kdcourse-quiz .order .widget-dropdown > .widget-label { margin: 0; }
.kdcourse-quiz .order .widget-dropdown > select { flex: 0 0 7em; margin-right: 12px; }
.kdcourse-quiz .widget-text {
  width: auto; height: auto; flex-wrap: wrap; align-items: center; margin: 3px 0; }
.kdcourse-quiz .widget-text > .widget-label {
  flex: 0 1 auto; width: auto; max-width: none; height: auto; margin: 0 12px 0 0;
  text-align: left; white-space: normal; overflow: visible; line-height: 1.5; }
.kdcourse-quiz .widget-text > input { flex: 0 1 16em; height: 28px; }
.kdcourse-quiz .widget-button { align-self: flex-start; width: auto; margin: 6px 0; }
</style>"""

_RIGHT, _WRONG = "#009e73", "#d55e00"
_HEAD = "font-weight: bold; margin-top: 12px"
_ASK = "white-space: pre-line"
_FEEDBACK = "border-left: 4px solid {colour}; padding: 2px 12px; margin: 4px 0"


class QuizView:
    """The widgets of one quiz.

    Attributes:
        quiz: The state they show.
        box: All of them in one.
        clicks: What is asked when a button is pressed.
    """

    def __init__(self, quiz: Quiz) -> None:
        self.quiz = quiz
        self.clicks = Clicks()
        self._status = widgets.HTML()
        questions = [self._question(number, item) for number, item in enumerate(quiz.items, 1)]
        self.box = widgets.VBox([widgets.HTML(_STYLE), *questions, self._status])
        self.box.add_class("kdcourse-quiz")
        self._show_status()

    def _question(self, number: int, item: Item) -> widgets.VBox:
        heading = say("quiz.item", number=number, items=len(self.quiz.items))
        ask = f"{escape(pick(item.ask))}<small>{escape(say(f'quiz.how-{item.kind}'))}</small>"
        head = widgets.HTML(
            f'<div style="{_HEAD}">{escape(heading)}</div><div style="{_ASK}">{ask}</div>'
        )
        control = control_of(item, number)
        button = widgets.Button(description=say("quiz.check", number=number))
        feedback = widgets.HTML('<div role="status"></div>')

        def check(_: object) -> None:
            with self.clicks.turn():
                try:
                    given = self.quiz.answer(item.id, control.read())
                except KitError as fault:  # nothing chosen yet, or no number
                    feedback.value = f'<div role="status">{escape(str(fault))}</div>'
                    return
                assert isinstance(given, Feedback)
                feedback.value = feedback_html(given)
                self._show_status()

        button.on_click(check)
        question = widgets.VBox([head, control.box, button, feedback])
        question.add_class("question")
        return question

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
