"""What a person fills in at a desk: is everything there, and is it what the column may hold?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from kdcourse.texts import KitError
from kdcourse.world.declarations import table


def filled(
    given: Mapping[str, Any],
    needs: Sequence[str],
    optional: Sequence[str],
    kinds: Mapping[str, str],
    step: str,
) -> dict[str, Any]:
    """Return what was filled in, checked and as it is stored.

    Args:
        given: Field -> value.
        needs: Fields that must be filled.
        optional: Fields that may be.
        kinds: Field -> ``"table.column"`` whose declaration the value must meet, ``"text"``,
            ``"flag"``, or ``"day"``.
        step: For what, as the sentence names it.

    Raises:
        KitError: A field is missing, is not one of this step, or holds what it can't.
    """
    present = {name: value for name, value in given.items() if not _empty(value)}
    allowed = list(dict.fromkeys([*needs, *optional]))
    for name in present:
        if name not in allowed:
            near = get_close_matches(name, allowed, 1) or allowed or ["–"]
            raise KitError("crm_desks.field-unknown", field=name, step=step, known=", ".join(near))
    if lacking := [name for name in needs if name not in present]:
        raise KitError(
            "crm_desks.field-missing",
            step=step, fields=", ".join(name + _codes_hint(kinds[name]) for name in lacking),
        )  # fmt: skip
    return {name: checked(name, value, kinds[name]) for name, value in present.items()}


def checked(name: str, value: Any, kind: str) -> Any:
    """Return a value as it is stored.

    Raises:
        KitError: It isn't of its kind; says what would be.
    """
    if kind == "text":
        return str(value).strip()
    if kind == "flag":
        if value not in (0, 1):
            raise KitError("crm_desks.field-flag", field=name, value=value)
        return int(value)
    if kind == "day":
        return a_day(name, value)
    where, _, column_name = kind.partition(".")
    column = table(where).column(column_name)
    if column.type in ("integer", "number"):
        return _number(name, value, column.type, column.low, column.high)
    codes = list(column.values)
    if codes and value not in codes:
        raise KitError("crm_desks.field-code", field=name, value=value, codes=", ".join(codes))
    return str(value)


def a_day(name: str, value: Any) -> str:
    """Return a day as ``YYYY-MM-DD``.

    Raises:
        KitError: It is none.
    """
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise KitError("crm_desks.field-day", field=name, value=value) from None


def _number(name: str, value: Any, kind: str, low: float | None, high: float | None) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    in_range = (low is None or number >= low) and (high is None or number <= high)
    # NaN is in no range, but a field may have none.
    if math.isnan(number) or not in_range or (kind == "integer" and number % 1):
        raise KitError(
            "crm_desks.field-number",
            field=name, value=value,
            low="–" if low is None else f"{low:g}", high="–" if high is None else f"{high:g}",
        )  # fmt: skip
    return int(number) if kind == "integer" else number


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _codes_hint(kind: str) -> str:
    if "." not in kind:
        return ""
    where, _, column = kind.partition(".")
    codes = list(table(where).column(column).values)
    return f" ({', '.join(codes)})" if codes else ""
