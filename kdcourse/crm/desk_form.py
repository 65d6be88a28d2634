"""Fields of a desk on the screen: one labelled control for each, made from what it may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from kdcourse.texts import content, pick
from kdcourse.world.declarations import display_names, table

#: Value of a list on which nothing is chosen. (With None the widget would choose no line at all.)
NOTHING = ""


def word(name: str, **fields: object) -> str:
    """Return a word of the desk's screen in the language spoken now."""
    return pick(content("crm/desk")["words"][name]).format(**fields)


class Form:
    """The fields of one step.

    Attributes:
        box: Their controls.
    """

    def __init__(self) -> None:
        self.box = widgets.VBox()
        self._controls: dict[str, Any] = {}

    def ask(self, needs: Sequence[str], optional: Sequence[str], kinds: Mapping[str, str]) -> None:
        """Show the fields of a step in place of those that stood there."""
        self._controls = {}
        for name in dict.fromkeys([*needs, *optional]):
            label = pick(content("crm/desk")["fields"][name])
            shown = label if name in needs else word("optional", label=label)
            self._controls[name] = _control(shown, kinds[name])
        self.box.children = tuple(self._controls.values())

    def values(self) -> dict[str, Any]:
        """Return what was filled in; what wasn't is left out."""
        found = {name: control.value for name, control in self._controls.items()}
        return {name: value for name, value in found.items() if value != NOTHING}


def menu(label: str, options: Sequence[tuple[str, Any]] = ()) -> widgets.Dropdown:
    """Return a labelled list to choose from, on which nothing is chosen yet."""
    return widgets.Dropdown(
        options=[(word("choose"), NOTHING), *options], description=label, style=_STYLE
    )


def line(label: str) -> widgets.Text:
    """Return a labelled line to write on.

    What is written is sent when the line is left: letter by letter, the last ones would come in
    after the press on a button.
    """
    return widgets.Text(description=label, style=_STYLE, continuous_update=False)


def fill(control: widgets.Dropdown, options: Sequence[tuple[str, Any]], value: Any = None) -> None:
    """Put other options into a list, and choose one of them if it is there."""
    control.options = [(word("choose"), NOTHING), *options]
    control.value = value if value in [one for _, one in options] else NOTHING


_STYLE = {"description_width": "initial"}


def _control(label: str, kind: str) -> widgets.Widget:
    if kind == "flag":
        return menu(label, [(word("yes"), 1), (word("no"), 0)])
    where, _, column = kind.partition(".")
    if column and table(where).column(column).values:
        names = display_names(where, column)
        return menu(label, [(names[code], code) for code in table(where).column(column).values])
    # A number is typed as text, so that a wrong one gets the sentence of the desk.
    return line(label)
