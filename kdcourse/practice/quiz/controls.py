"""What a learner answers each kind of question with: buttons, boxes, menus, a field to type in.

The page holds the texts only. Which option, choice or step a text stands for, the kernel knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from kdcourse.practice.quiz.choice import Multiple, Single
from kdcourse.practice.quiz.item import Item
from kdcourse.practice.quiz.match import Match
from kdcourse.practice.quiz.number import Number
from kdcourse.practice.quiz.order import Order
from kdcourse.practice.quiz.words import Words
from kdcourse.texts import KitError, pick, say


@dataclass(frozen=True)
class Control:
    """A question's control.

    Attributes:
        box: Its widget.
        read: Returns the answer; raises a KitError with what is still to do before there is one.
    """

    box: widgets.Widget
    read: Callable[[], Any]


def control_of(item: Item, number: int) -> Control:
    """Return the control of a question.

    Args:
        item: The question.
        number: Its number in the quiz, for the names that a screen reader reads out.
    """
    match item:
        case Single():
            return _single(item)
        case Multiple():
            return _multiple(item)
        case Match():
            return _match(item)
        case Order():
            return _order(item)
        case Number(unit=unit):
            return _typed(number, pick(unit) if unit else "")
        case Words():
            return _typed(number)
    raise TypeError(item.kind)


def _single(item: Single) -> Control:
    options = [(pick(option.text), option.id) for option in item.options]
    radios = widgets.RadioButtons(options=options, value=None)
    return Control(radios, lambda: _given(radios.value))


def _multiple(item: Multiple) -> Control:
    boxes = {
        option.id: widgets.Checkbox(description=pick(option.text), indent=False)
        for option in item.options
    }

    def read() -> list[str]:
        return list(_given([name for name, box in boxes.items() if box.value]))

    return Control(widgets.VBox(list(boxes.values())), read)


def _match(item: Match) -> Control:
    choices = [(pick(choice.text), choice.id) for choice in item.choices]
    menus = [_menu(pick(pair.left), choices) for pair in item.pairs]

    def read() -> list[str]:
        return _all_of(menus)

    return Control(widgets.VBox(menus), read)


def _order(item: Order) -> Control:
    """Return a menu for each step, which gives it its place: no dragging, and no focus lost."""
    places = [(str(place), place) for place in range(1, len(item.steps) + 1)]
    menus = [_menu(pick(step.text), places, "place") for step in item.shown]

    def read() -> list[str]:
        given = _all_of(menus)
        if twice := [place for _, place in places if given.count(place) > 1]:
            raise KitError("quiz.place-twice", place=twice[0])
        at = dict(zip(given, item.shown, strict=True))
        return [at[place].id for _, place in places]

    box = widgets.VBox(menus)
    box.add_class("order")
    return Control(box, read)


def _typed(number: int, unit: str = "") -> Control:
    name = say("quiz.your-answer", number=number)
    name = say("quiz.in-unit", name=name, unit=unit) if unit else name
    # What was typed is sent when the field is left. Sent with every key, the last ones may come
    # after the click, and half a number would be judged.
    field = widgets.Text(description=name, continuous_update=False)

    def read() -> str:
        if not field.value.strip():
            raise KitError("quiz.type-first")
        return str(field.value)

    return Control(field, read)


def _menu(name: str, choices: list[tuple[str, Any]], ask: str = "choose") -> widgets.Dropdown:
    options = [(say(f"quiz.{ask}"), None), *choices]
    return widgets.Dropdown(options=options, index=0, description=name)


def _given(value: Any) -> Any:
    if not value:
        raise KitError("quiz.choose-first")
    return value


def _all_of(menus: list[widgets.Dropdown]) -> list[Any]:
    given = [menu.value for menu in menus]
    if None in given:
        raise KitError("quiz.choose-all")
    return given
