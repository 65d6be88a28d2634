"""Inside: answers turned into plain JSON, fit to cross the wall.

Only what is known by name crosses: numbers, text, times, lists, dicts, tables, and what the checks
have observed of functions, figures and queries. Anything else goes as the name of its type.
"""

from __future__ import annotations

import datetime as dt
import math
import types
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.checks.databases import State
from kdcourse.checks.figures import Drawn
from kdcourse.checks.functions import Called
from kdcourse.checks.verdict import Finding

#: Larger answers are no answers; what is asked for has a few dozen rows.
MOST_ROWS, MOST_CELLS, MOST_ITEMS = 20_000, 400_000, 20_000
LONGEST_TEXT = 10_000
DEEPEST = 12

#: What JSON can hold.
Plain = Any

_TIMES = (dt.datetime, pd.Timestamp, np.datetime64)


class _TooLarge(Exception):  # noqa: N818 - never seen outside
    def __init__(self, key: str, count: int) -> None:
        self.finding = Finding(key, {"count": f"{count:,}"})


def encode(value: object) -> Plain:
    """Return an answer as what JSON can hold; one that is too large, as a finding that says so."""
    try:
        return _encode(value, 0)
    except _TooLarge as fault:
        return refusal(fault.finding)


def refusal(finding: Finding) -> Plain:
    """Return why an answer can't be read, in place of the answer."""
    return {"t": "unreadable", "v": _finding(finding)}


def _encode(value: Any, depth: int) -> Plain:
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if value is ...:
        return {"t": "open"}
    if value is pd.NA or value is pd.NaT:
        return {"t": "missing"}
    if isinstance(value, str):
        return str(value)[:LONGEST_TEXT]
    if isinstance(value, int | np.integer):
        return {"t": "int", "v": hex(int(value))} if abs(int(value)) > 2**53 else int(value)
    if isinstance(value, float | np.floating):
        return _float(float(value))
    if isinstance(value, Decimal):
        return {"t": "decimal", "v": str(value)[:100]}
    if isinstance(value, _TIMES):
        return _moment(value)
    if isinstance(value, dt.date):
        return {"t": "date", "v": value.isoformat()}
    if isinstance(value, pd.Period):
        return {"t": "period", "v": [str(value), value.freqstr]}
    if depth < DEEPEST:
        for kind, form in _FORMS:
            if isinstance(value, kind):
                return form(value, depth + 1)
    if callable(value) and not isinstance(value, type):
        return {"t": "function"}
    return {"t": "opaque", "v": type(value).__name__[:60]}


def _float(value: float) -> Plain:
    return value if math.isfinite(value) else {"t": "float", "v": str(value)}


def _moment(value: Any) -> Plain:
    moment: Any = pd.Timestamp(value)
    return {"t": "missing"} if moment is pd.NaT else {"t": "time", "v": moment.isoformat()}


def _items(kind: str) -> Callable[[Any, int], Plain]:
    def form(value: Any, depth: int) -> Plain:
        if len(value) > MOST_ITEMS:
            raise _TooLarge("items-too-many", len(value))
        items = [_encode(item, depth) for item in value]
        return items if kind == "list" else {"t": kind, "v": items}

    return form


def _dict(value: Any, depth: int) -> Plain:
    if len(value) > MOST_ITEMS:
        raise _TooLarge("items-too-many", len(value))
    pairs = [[_encode(key, depth), _encode(item, depth)] for key, item in value.items()]
    return {"t": "dict", "v": pairs}


def _array(value: Any, depth: int) -> Plain:
    if value.size > MOST_ITEMS:
        raise _TooLarge("items-too-many", value.size)
    flat = pd.Series(value.reshape(-1))
    return {"t": "array", "v": _column(flat, depth), "shape": list(value.shape)}


def _index(value: pd.Index[Any], depth: int) -> Plain:
    if len(value) > MOST_ROWS:
        raise _TooLarge("items-too-many", len(value))
    if isinstance(value, pd.RangeIndex):
        steps = [value.start, value.stop, value.step]
        return {"t": "range-index", "v": steps, "name": _encode(value.name, depth)}
    levels = range(value.nlevels)
    return {
        "t": "index",
        "v": [_column(value.get_level_values(i).to_series(), depth) for i in levels],
        "names": [_encode(name, depth) for name in value.names],
    }


def _series(value: pd.Series[Any], depth: int) -> Plain:
    if len(value) > MOST_ROWS:
        raise _TooLarge("rows-too-many", len(value))
    return {
        "t": "series",
        "v": _column(value, depth),
        "index": _index(value.index, depth),
        "name": _encode(value.name, depth),
    }


def _frame(value: pd.DataFrame, depth: int) -> Plain:
    if len(value) > MOST_ROWS or value.size > MOST_CELLS:
        raise _TooLarge("rows-too-many", len(value))
    return {
        "t": "frame",
        "v": [_column(value.iloc[:, i], depth) for i in range(value.shape[1])],
        "columns": _index(value.columns, depth),
        "index": _index(value.index, depth),
    }


def _column(values: pd.Series[Any], depth: int) -> Plain:
    """Return the values of a column, and of which sort it is where they don't show it."""
    sort = "object"
    if isinstance(values.dtype, pd.CategoricalDtype):
        sort = "category"
    elif pd.api.types.is_bool_dtype(values.dtype):
        sort = "bool"
    elif pd.api.types.is_integer_dtype(values.dtype):
        sort = "int"
    elif pd.api.types.is_float_dtype(values.dtype):
        sort = "float"
    elif pd.api.types.is_datetime64_any_dtype(values.dtype):
        sort = "time"
    elif isinstance(values.dtype, pd.StringDtype):
        sort = "text"
    return [sort, [_encode(value, depth) for value in values.tolist()]]


def _drawn(value: Drawn, depth: int) -> Plain:
    words = [str(getattr(value, name))[:LONGEST_TEXT] for name in ("title", "along", "across")]
    return {"t": "drawn", "v": [value.marks, _encode(value.values, depth), *words]}


def _called(value: Called, depth: int) -> Plain:
    fault = value.fault and _finding(value.fault)
    return {"t": "called", "v": [value.call, _encode(value.value, depth), fault, value.printed]}


def _state(value: State, depth: int) -> Plain:
    return {"t": "state", "v": _dict(value.found, depth)}


def _finding(finding: Finding) -> Plain:
    return [finding.key, dict(finding.fields), list(finding.where)]


_FORMS: tuple[tuple[Any, Callable[[Any, int], Plain]], ...] = (
    (tuple, _items("tuple")),
    (list, _items("list")),
    (set, _items("set")),
    (frozenset, _items("set")),
    (dict, _dict),
    (pd.DataFrame, _frame),
    (pd.Series, _series),
    (pd.Index, _index),
    (np.ndarray, _array),
    (Drawn, _drawn),
    (Called, _called),
    (State, _state),
    (types.GeneratorType | map | filter | zip, lambda *_: {"t": "generator"}),
)
