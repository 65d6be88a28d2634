"""How codes stand in a sentence or a table of the desks: with their names, in the reader's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kdcourse.texts import say


def named(code: str, name: str) -> str:
    """Return a code with its name, as a sentence shows both."""
    return say("crm_desks.named", code=code, name=name)


def listed(parts: Iterable[str]) -> str:
    """Return things one after another, as the language separates them; a dash for none."""
    return say("crm_desks.comma").join(parts) or "–"


def translated(value: object, names: Mapping[str, str]) -> object:
    """Return a value of a table with its codes replaced; several stand between ``→`` or ``·``."""
    if not isinstance(value, str):
        return value
    for mark in (" → ", " · "):
        if mark in value:
            return mark.join(str(translated(part, names)) for part in value.split(mark))
    return names.get(value, value)
