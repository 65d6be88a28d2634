"""The queue of written answers on the screen: ``review()`` in the notebook that grading wrote."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from kdcourse.checks.view import marked_up
from kdcourse.grading.gradebook import FILE, Gradebook
from kdcourse.grading.pages import question_title
from kdcourse.grading.publish import publish
from kdcourse.grading.written import Queue
from kdcourse.texts import KitError, language, say, speaking

_STYLE = """<style>
.kdcourse-review { max-width: 46em; overflow: visible; }
.kdcourse-review .widget-html, .kdcourse-review .widget-html-content {
  width: auto; height: auto; margin: 0; line-height: 1.5; white-space: normal; }
.kdcourse-review .widget-radio, .kdcourse-review .widget-radio-box {
  width: auto; max-width: none; height: auto; margin: 0; }
.kdcourse-review .widget-radio-box label { width: auto; max-width: none; height: auto;
  white-space: normal; line-height: 1.5; padding: 3px 0; }
.kdcourse-review textarea { min-height: 5em; }
</style>"""
_ANSWER = "white-space: pre-wrap; border-left: 4px solid #0072b2; padding: 4px 12px; margin: 8px 0"


class ReviewView:
    """The widgets of one queue.

    Attributes:
        queue: What they show.
        box: All of them in one.
    """

    def __init__(self, gradebook: Gradebook, *, again: bool = False) -> None:
        self._gradebook = gradebook
        self.queue = Queue(gradebook, again=again)
        self._language = language()
        self._head = widgets.HTML()
        self._rubric = widgets.VBox()
        wide = widgets.Layout(width="100%", max_width="46em")
        self._points = widgets.BoundedFloatText(
            description=say("grading_class.review-points"), min=0, step=0.5
        )
        self._comment = widgets.Textarea(
            description=say("grading_class.review-comment"), layout=wide
        )
        self._status = widgets.HTML('<div role="status"></div>')
        self.buttons = {
            name: self._button(name, work)
            for name, work in (
                ("give", self._give),
                ("skip", lambda: self.queue.go(self.queue.at + 1)),
                ("back", lambda: self.queue.go(self.queue.at - 1)),
                ("publish", self._publish),
            )
        }
        row = widgets.Layout(flex_flow="row wrap")
        self._form = widgets.VBox([self._rubric, self._points, self._comment])
        self.box = widgets.VBox(
            [
                widgets.HTML(_STYLE),
                self._head,
                self._form,
                widgets.HBox(list(self.buttons.values()), layout=row),
                self._status,
            ]
        )
        self.box.add_class("kdcourse-review")
        self._show()

    def _button(self, name: str, work: Any) -> widgets.Button:
        button = widgets.Button(
            description=say(f"grading_class.review-{name}"), layout=widgets.Layout(width="auto")
        )

        def click(_: object) -> None:
            # A click comes later, perhaps after another cell has changed the language.
            with speaking(self._language):
                try:
                    said = work() or ""
                    self._show()
                except KitError as fault:
                    said = str(fault)
                self._status.value = f'<div role="status">{escape(said)}</div>'

        button.on_click(click)
        return button

    def _give(self) -> str:
        self.queue.give(self._points.value, self._comment.value)
        return say("grading_class.review-saved", left=self.queue.left)

    def _publish(self) -> str:
        publish(self._gradebook)
        return say("grading_class.review-published", folder=self._gradebook.folder)

    def _show(self) -> None:
        """Show the answer that is being read."""
        answer = self.queue.current
        self._form.layout.display = None if answer else "none"
        for name in ("give", "skip"):
            self.buttons[name].disabled = answer is None
        self.buttons["back"].disabled = self.queue.at == 0
        if answer is None:
            self._head.value = f"<p>{escape(say('grading_class.all-read'))}</p>"
            return
        where = say(
            "grading_class.review-where", number=self.queue.at + 1, all=len(self.queue.answers)
        )
        question = answer.question
        said = "".join(f"<p>{marked_up(line)}</p>" for line in question.message.splitlines())
        self._head.value = (
            f"<p>{escape(where)}</p><h3>{escape(question_title(question.question))}</h3>"
            f'<div style="{_ANSWER}">{escape(question.answer)}</div>{said}'
        )
        self._points.max = question.max_points
        self._points.value = answer.mark.points if answer.mark else 0.0
        self._comment.value = answer.mark.comment if answer.mark else ""
        self._rubric.children = [
            widgets.VBox(
                [widgets.HTML(f"<strong>{escape(name)}</strong>"), self._levels(at, levels)]
            )
            for at, (name, levels) in enumerate(self.queue.criteria)
        ]

    def _levels(self, criterion: int, levels: list[str]) -> widgets.RadioButtons:
        options = [(f"{level}. {text}", level) for level, text in enumerate(levels, start=1)]
        chosen = self.queue.levels[criterion] or None
        radios = widgets.RadioButtons(options=options, value=chosen)

        def choose(change: Any) -> None:
            with speaking(self._language):
                self.queue.choose(criterion, change["new"])
                points = self.queue.suggested()
            if points is not None:
                self._points.value = points

        radios.observe(choose, "value")
        return radios


def review(folder: str | Path = ".", *, again: bool = False) -> widgets.VBox:
    """Show the written answers of a class that wait for a person.

    Args:
        folder: That of the grades; default: where the notebook lies.
        again: Show those that have a mark, too.

    Raises:
        KitError: There is no gradebook in the folder.
    """
    place = Path(folder)
    if not (place / FILE).is_file():
        raise KitError("grading_class.no-gradebook", folder=place.resolve())
    return ReviewView(Gradebook(place), again=again).box
