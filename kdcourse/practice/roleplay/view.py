"""A role play on the screen: widgets that show its state and pass the learner's choices on to it.

What a choice will do stays in the kernel; the page holds only what has been said and can be said.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from threading import Thread
from typing import Any

import ipywidgets as widgets

from kdcourse.practice.clicks import Clicks, own_keys
from kdcourse.practice.roleplay.debrief import atlas_of
from kdcourse.practice.roleplay.picture import picture
from kdcourse.practice.roleplay.session import Play
from kdcourse.practice.roleplay.wording import as_text, debrief_html, line, meters_text
from kdcourse.texts import language, pick, say

# The buttons stay the same ones and change their words, so that a keyboard keeps its place; when
# what was said has changed, the first of them takes the focus, and a reader's voice goes on with
# the news.
_KEYS = (
    own_keys("kdcourse-play")
    + """\
const here = document.activeElement;
const ours = page &amp;&amp; (here === document.body || page.contains(here));
if (ours &amp;&amp; this.dataset.turn !== '0') {
  const shown = [...page.querySelectorAll('button')].filter(button => button.offsetParent);
  shown[0]?.focus({preventScroll: true});
  const news = page.querySelector('[role=status]');
  (this.dataset.over ? news : shown.at(-1) ?? news).scrollIntoView({block: 'nearest'});
}
"""
)
_STYLE = """<style>
.kdcourse-play { max-width: 46em; overflow: visible; padding: 0 4px; }
.kdcourse-play .widget-vbox { overflow: visible; }
.kdcourse-play .widget-html, .kdcourse-play .widget-html-content {
  width: auto; height: auto; margin: 0; line-height: 1.5; }
.kdcourse-play p { margin: 4px 0; }
.kdcourse-play .said { border-radius: 10px; padding: 6px 12px; margin: 4px 0; width: fit-content;
  max-width: 88%; background: var(--jp-layout-color2, #eef2f7); }
.kdcourse-play .learner { margin-left: auto; background: var(--jp-layout-color2, #e3f3ee);
  border-right: 4px solid #0072B2; }
.kdcourse-play .customer { border-left: 4px solid #D55E00; }
.kdcourse-play .story { background: none; font-style: italic; padding-left: 0; max-width: 100%; }
.kdcourse-play .meters { margin: 8px 0; font-weight: bold; }
.kdcourse-play .widget-button { width: auto; height: auto; max-width: 100%; margin: 3px 0;
  padding: 7px 12px; white-space: normal; text-align: left; line-height: 1.45;
  align-self: stretch; }
.kdcourse-play .widget-button:focus-visible { outline: 3px solid #0072B2; outline-offset: 1px; }
.kdcourse-play img { max-width: 100%; }
</style>"""
#: More choices than any scene offers at once.
_BUTTONS = 8


class PlayView:
    """The widgets of one role play.

    Attributes:
        play: The state they show.
        box: All of them in one.
        choices: The buttons for what can be said; those without a word are hidden.
        clicks: What is asked when one of them is clicked.
    """

    def __init__(self, play: Play) -> None:
        self.play = play
        self.clicks = Clicks()
        self._log = widgets.HTML()
        self._news = widgets.HTML()
        self._debrief = widgets.HTML()
        self._keys = widgets.HTML()
        self.choices = [self._button(number) for number in range(_BUTTONS)]
        self._costliest = 1
        self._back = widgets.Button()
        self._again = widgets.Button(description=say("roleplay.again"))
        self._back.on_click(lambda _: self._return(self._costliest - 1))
        self._again.on_click(lambda _: self._return(0))
        parts = [widgets.HTML(_STYLE + self._head()), self._log, self._news, *self.choices]
        self.box = widgets.VBox([*parts, self._debrief, self._back, self._again, self._keys])
        self.box.add_class("kdcourse-play")
        self.refresh()

    def refresh(self) -> None:
        """Show where the conversation stands."""
        script = self.play.script()
        # Only the latest exchange is announced; what came before would be read out each time.
        last = len(script) - 1
        while last > 0 and script[last][0] != "learner":
            last -= 1
        self._log.value = "".join(self._said(who, text) for who, text in script[:last])
        latest = "".join(self._said(who, text) for who, text in script[last:])
        self._news.value = f'<div role="status">{latest}{self._meters()}</div>'
        options = self.play.options
        for number, button in enumerate(self.choices):
            shown = number < len(options)
            button.description = pick(options[number].text) if shown else ""
            button.layout.display = None if shown else "none"
        self._look_back()
        place = f'data-turn="{len(self.play.steps)}" data-over="{self.play.state.ending}"'
        self._keys.value = f'<style onload="{_KEYS}" {place}></style>'

    def _button(self, number: int) -> widgets.Button:
        button = widgets.Button(description="")

        def click(_: object) -> None:
            with self.clicks.turn():
                self._choose(number)

        button.on_click(click)
        return button

    def _choose(self, number: int) -> None:
        options = self.play.options
        if number >= len(options) or self.clicks.too_soon():
            return
        if not self.play.steps:
            # By the time it ends, all its ways are known, and the debrief comes at once.
            Thread(target=self._prepare, daemon=True).start()
        self.play.make(options[number].id)
        self.refresh()
        self.clicks.answered()

    def _prepare(self) -> None:
        atlas = atlas_of(self.play.scenario, self.play.states[0].words)
        assert atlas.best

    def _return(self, turn: int) -> None:
        with self.clicks.turn():
            if self.clicks.too_soon():
                return
            if turn < len(self.play.steps):
                self.play.back_to(turn)
            self.refresh()
            self.clicks.answered()

    def _look_back(self) -> None:
        over = self.play.over
        self._again.layout.display = None if over else "none"
        self._back.layout.display = "none"
        if not over:
            self._debrief.value = ""
            return
        debrief = self.play.debrief()
        self._debrief.value = debrief_html(debrief, _figure(debrief))
        if debrief.costliest and debrief.costliest > 1:
            self._costliest = debrief.costliest
            self._back.description = say("roleplay.back", turn=debrief.costliest)
            self._back.layout.display = None

    def _head(self) -> str:
        its = self.play.scenario
        title = escape(say("roleplay.title", title=pick(its.title)))
        situation, task = escape(pick(its.situation)), escape(pick(its.task))
        return f"<p><strong>{title}</strong></p><p>{situation}</p><p><strong>{task}</strong></p>"

    def _said(self, who: str, text: Any) -> str:
        return f'<div class="said {who}">{escape(line(self.play, who, text))}</div>'

    def _meters(self) -> str:
        states = self.play.states
        before = states[-2] if len(states) > 1 else None
        meters = escape(meters_text(self.play.scenario, states[-1], before))
        ask = "" if self.play.over else f"<div>{escape(say('roleplay.choose'))}</div>"
        return f'<div class="meters">{meters}</div>{ask}'


def mimebundle(play: Play) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a role play as widgets and, for readers without them, as picture and text."""
    if play._view is None or play._view.clicks.language != language():
        play._view = PlayView(play)
    else:
        play._view.refresh()
    text = as_text(play)
    bundle: dict[str, Any] = play._view.box._repr_mimebundle_()
    still = {"image/svg+xml": picture(play), "text/plain": text}
    return {**bundle, **still}, {"image/svg+xml": {"alt": text}}


def _figure(debrief: Any) -> str:
    """Return the figure of a debrief as HTML, its words beside it."""
    from kdcourse.plots import held

    with held() as figures:
        debrief.figure()
    html = ""
    for png, words in figures:
        data = b64encode(png).decode("ascii")
        alt = escape(words)
        html += f'<img src="data:image/png;base64,{data}" alt="{alt}"><p>{alt}</p>'
    return html
