"""A simulation on the screen: widgets that show its state and pass the learner's decisions on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets as widgets

from kdcourse.practice.clicks import Clicks, own_keys
from kdcourse.practice.simulations.picture import blank, chart
from kdcourse.practice.simulations.session import Simulation
from kdcourse.practice.simulations.spec import Control
from kdcourse.practice.simulations.wording import (
    as_text,
    assumptions,
    headline,
    html_table,
    remarks,
    tries,
)
from kdcourse.practice.simulations.worlds import telling
from kdcourse.texts import KitError, language, pick, say

_STYLE = f"""<style onload="{own_keys("kdcourse-simulation")}">"""
_STYLE += """
.kdcourse-simulation { max-width: 46em; overflow: visible; padding: 0 4px; }
.kdcourse-simulation .widget-html, .kdcourse-simulation .widget-html-content {
  width: auto; height: auto; margin: 0; line-height: 1.5; }
.kdcourse-simulation p { margin: 4px 0; }
.kdcourse-simulation .widget-hbox { overflow: visible; padding-left: 4px; }
.kdcourse-simulation .widget-dropdown {
  width: auto; height: auto; flex-wrap: wrap; align-items: center; margin: 3px 0; }
.kdcourse-simulation .widget-dropdown > .widget-label {
  flex: 0 1 19em; width: auto; max-width: none; height: auto; margin: 0 12px 0 0;
  text-align: left; white-space: normal; overflow: visible; line-height: 1.4; }
.kdcourse-simulation .widget-dropdown > select { flex: 0 1 14em; height: 30px; }
.kdcourse-simulation .widget-button { width: auto; height: auto; margin: 6px 8px 6px 0;
  padding: 7px 14px; line-height: 1.4; align-self: flex-start; }
.kdcourse-simulation .widget-button.widget-button:focus-visible,
.kdcourse-simulation .widget-dropdown > select:focus-visible {
  outline: 3px solid #0072B2; outline-offset: 1px; }
.kdcourse-simulation .wide { overflow-x: auto; }
.kdcourse-simulation table { border-collapse: collapse; margin: 6px 0; }
.kdcourse-simulation :is(th, td) { text-align: left; padding: 3px 10px 3px 0;
  border-bottom: 1px solid var(--jp-border-color2, #d0d7de); vertical-align: top; }
.kdcourse-simulation tbody th { font-weight: normal; }
.kdcourse-simulation .numbers :is(td, thead th:not(:first-child)) {
  text-align: right; white-space: nowrap; }
.kdcourse-simulation progress { width: 16em; }
</style>"""
#: Worlds that a decision usually lives through; the branch has its rivals besides.
_WORLDS = {"branch": 5}


class SimulationView:
    """The widgets of one simulation.

    Attributes:
        simulation: The state they show.
        box: All of them in one.
        controls: A menu for each control, by id.
        run: The button that decides.
        clicks: What is asked when one of them is clicked.
    """

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.clicks = Clicks()
        spec = simulation.spec
        self.controls = {name: self._menu(control) for name, control in spec.controls.items()}
        self.run = widgets.Button()
        self._back, self._again = widgets.Button(), widgets.Button()
        self._news, self._picture, self._more = (widgets.HTML() for _ in range(3))
        buttons = ((self.run, self._decide), (self._back, self._take_back))
        for button, act in (*buttons, (self._again, self._start_again)):
            button.on_click(self._clicked(act))
        row = widgets.HBox([self.run, self._back, self._again])
        parts = [widgets.HTML(_STYLE + self._head()), *self.controls.values(), row]
        self.box = widgets.VBox([*parts, self._news, self._picture, self._more])
        self.box.add_class("kdcourse-simulation")
        self.refresh()

    def refresh(self) -> None:
        """Show where the simulation stands."""
        simulation, spec = self.simulation, self.simulation.spec
        for name, menu in self.controls.items():
            self._set(menu, spec.controls[name], simulation.settings[name])
        played, rounds = len(simulation.decisions), spec.rounds
        key = "run" if rounds == 1 else "all-played" if simulation.over else "round"
        self.run.description = say(f"simulation.{key}", number=played + 1, rounds=rounds)
        self._back.description = say("simulation.back", number=played) if played else ""
        self._back.layout.display = None if rounds > 1 and played else "none"
        self._again.description = say("simulation.again")
        self._again.layout.display = None if played else "none"
        result = simulation.result
        self._tell(escape(headline(result)) if result else "")
        self._picture.value = chart(result) if result else ""
        self._more.value = self._words()

    def _clicked(self, act: Callable[[], None]) -> Callable[[object], None]:
        def click(_: object) -> None:
            with self.clicks.turn():
                if self.clicks.too_soon():
                    return
                try:
                    act()
                    self.refresh()
                except KitError as fault:
                    self._tell(escape(str(fault)))
                self.clicks.answered()

        return click

    def _decide(self) -> None:
        if self.simulation.over:
            return
        chosen = {name: menu.value for name, menu in self.controls.items()}
        # What was tried last is on the screen already.
        if (
            self.simulation.spec.rounds > 1
            or chosen != dict(self.simulation.settings)
            or (not self.simulation.decisions)
        ):
            with self._progress():
                self.simulation.decide(**chosen)

    def _take_back(self) -> None:
        self.simulation.back_to(len(self.simulation.decisions) - 1)

    def _start_again(self) -> None:
        self.simulation.back_to(0)

    @contextmanager
    def _progress(self) -> Iterator[None]:
        """Show a bar while worlds are lived through."""
        every, done = _WORLDS.get(self.simulation.spec.name, 2), 0

        def show() -> None:
            words = escape(say("simulation.working", done=done, all=every))
            self._tell(f'{words} <progress max="{every}" value="{done}"></progress>')

        def step() -> None:
            nonlocal done
            done = min(done + 1, every)
            show()

        show()
        with telling(step):
            yield

    def _tell(self, html: str) -> None:
        self._news.value = f'<div role="status"><strong>{html}</strong></div>'

    def _menu(self, control: Control) -> widgets.Dropdown:
        options = [(control.shown(stop), stop) for stop in control.stops]
        return widgets.Dropdown(options=options, description=pick(control.name))

    def _set(self, menu: widgets.Dropdown, control: Control, value: Any) -> None:
        """Choose a value in a menu; one that was decided in code joins the others."""
        if value not in [stop for _, stop in menu.options]:
            stops = sorted([*(stop for _, stop in menu.options), value])
            menu.options = [(control.shown(stop), stop) for stop in stops]
        menu.value = value

    def _head(self) -> str:
        spec = self.simulation.spec
        title = escape(say("simulation.title", title=pick(spec.title)))
        situation, task = escape(pick(spec.situation)), escape(pick(spec.task))
        return f"<p><strong>{title}</strong></p><p>{situation}</p><p><strong>{task}</strong></p>"

    def _words(self) -> str:
        """Return the figures as a table, what was tried, and what is worth a sentence."""
        result, spec = self.simulation.result, self.simulation.spec
        assumed = "".join(f"<li>{escape(line)}</li>" for line in assumptions(spec))
        summary = f"<summary>{escape(say('simulation.assumptions'))}</summary>"
        details = f"<details>{summary}<ul>{assumed}</ul></details>" if assumed else ""
        if result is None:
            return details
        keys = ("outcome-head", "with-it", "nothing-done", "difference")
        heads = [say(f"simulation.{key}") for key in keys]
        table = html_table(
            heads,
            [
                (
                    outcome.label, outcome.number(result.now[name]),
                    outcome.number(result.today[name]),
                    outcome.number(result.difference[name], signed=True),
                )
                for name, outcome in spec.outcomes.items()
            ],
        )  # fmt: skip
        said = "".join(f"<p>{escape(line)}</p>" for line in remarks(result))
        return table + said + self._months() + self._tries() + details

    def _months(self) -> str:
        """Return the monthly figures, folded up."""
        result, spec = self.simulation.result, self.simulation.spec
        if result is None or result.months is None:
            return ""
        heads = [say("simulation.month-head"), *(part.label for part in spec.monthly.values())]
        columns = [
            [part.number(value) for value in result.months[name]]
            for name, part in spec.monthly.items()
        ]
        rows = [(str(number), *row) for number, row in enumerate(zip(*columns, strict=True), 1)]
        summary = f"<summary>{escape(say('simulation.months'))}</summary>"
        return f'<details>{summary}<div class="wide">{html_table(heads, rows)}</div></details>'

    def _tries(self) -> str:
        if len(self.simulation.results) < 2:
            return ""
        found = tries(self.simulation)
        rows = [(str(number), words, value) for number, words, _, value in found]
        heads = (say("simulation.number-head"), say("simulation.decision-head"), found[0][2])
        table = html_table(heads, rows, numbers=False)
        return f"<p><strong>{escape(say('simulation.tries'))}</strong></p>{table}"


def mimebundle(simulation: Simulation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a simulation as widgets and, for readers without them, as picture and text."""
    if simulation._view is None or simulation._view.clicks.language != language():
        simulation._view = SimulationView(simulation)
    else:
        simulation._view.refresh()
    text = as_text(simulation)
    bundle: dict[str, Any] = simulation._view.box._repr_mimebundle_()
    result = simulation.result
    still = chart(result) if result else blank(pick(simulation.spec.title), text)
    return (
        {**bundle, "image/svg+xml": still, "text/plain": text},
        {"image/svg+xml": {"alt": text}},
    )
