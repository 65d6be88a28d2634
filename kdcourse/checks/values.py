"""Reading what a learner gave: which kind of thing it is, its value, and how to show it briefly."""

from __future__ import annotations

import datetime as dt
import math
import numbers
import types
import unicodedata
from collections.abc import Collection, Sized
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from kdcourse.checks.verdict import Finding
from kdcourse.texts import KitError

LONGEST_SHOWN = 40

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "kind-truth"),
    ((numbers.Real, Decimal), "kind-number"),
    (str, "kind-text"),
    (pd.DataFrame, "kind-table"),
    (pd.Series, "kind-series"),
    (pd.Index, "kind-index"),
    (np.ndarray, "kind-array"),
    (dict, "kind-dict"),
    (list, "kind-list"),
    (tuple, "kind-tuple"),
    ((set, frozenset), "kind-set"),
    (types.GeneratorType, "kind-generator"),
    ((types.FunctionType, types.BuiltinFunctionType, types.MethodType), "kind-function"),
)


class Unreadable(Exception):  # noqa: N818 - an answer that can't be read is no error of the kit
    """The answer can't be taken for what the question asks; carries what to say about it."""

    def __init__(self, key: str, **fields: object) -> None:
        self.finding = Finding(key, fields)
        super().__init__(key)

    def within(self, *path: str) -> Unreadable:
        """Return the same, said of the part of the answer at ``path``."""
        for part in reversed(path):
            self.finding = self.finding.within(part)
        return self


def blank(value: object) -> bool:
    """Whether the learner hasn't filled this in: ``...``, None, or text of blanks and dots."""
    if value is ... or value is None:
        return True
    return isinstance(value, str) and not value.strip(" \t\r\n.…_　")


def kind(value: object) -> dict[str, str] | str:
    """Return what sort of thing ``value`` is, as a word of the course or its type's name."""
    for types_, key in _KINDS:
        if isinstance(value, types_):
            return {"say": f"check.{key}"}
    return type(value).__name__


def shown(value: object) -> dict[str, str] | str:
    """Return ``value`` in a few characters, without trusting its own ``repr``."""
    if isinstance(value, str):
        text = " ".join(value.split())
        return f'"{text[:LONGEST_SHOWN]}…"' if len(text) > LONGEST_SHOWN else f'"{text}"'
    if isinstance(value, bool | np.bool_):
        return "True" if value else "False"
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, pd.Period):
        return str(value)
    if isinstance(value, numbers.Integral) and abs(int(value)) < 10**15:
        return str(int(value))
    if isinstance(value, numbers.Real | Decimal):
        return f"{float(value):.6g}" if abs(float(value)) < 1e6 else f"{float(value):,.0f}"
    return kind(value)


def said(fault: KitError) -> dict[str, Any]:
    """Return a fault of the kit as a field of a finding, to be said in the reader's language."""
    fields = {name: str(value) for name, value in fault.fields.items()}
    return {"say": fault.key, "fields": fields}


def missing(value: object) -> bool:
    """Whether ``value`` is one of the ways to say that there is no value."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def sole(given: object) -> object:
    """Return the one value of a Series, array, Index or table that holds exactly one."""
    if isinstance(given, pd.DataFrame | pd.Series | pd.Index | np.ndarray) and given.size == 1:
        return np.asarray(given, dtype=object).reshape(-1)[0]
    return given


def as_number(given: object) -> float:
    """Read a number, also from a Series or array of one value.

    Raises:
        Unreadable: It isn't a finite number.
    """
    value = sole(given)
    if value is pd.NA or value is pd.NaT:
        raise Unreadable("number-missing")
    if isinstance(value, str):
        raise Unreadable("number-as-text", value=shown(value))
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real | Decimal):
        raise Unreadable("wrong-kind", kind=kind(value), needed={"say": "check.kind-number"})
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isnan(number):
        raise Unreadable("number-missing")
    if math.isinf(number):
        raise Unreadable("number-infinite")
    return number


def as_items(given: object, like: Collection[Any]) -> list[Any]:
    """Read a flat collection of values in its own order; a set comes in no particular one.

    Raises:
        Unreadable: It isn't a collection, can be read only once, or is far longer than ``like``.
    """
    if isinstance(given, Sized) and far_more(len(given), len(like)):
        raise Unreadable("items-too-many", count=f"{len(given):,}")
    if isinstance(given, list | tuple | set | frozenset):
        return list(given)
    if isinstance(given, pd.Series | pd.Index):
        return given.tolist()
    if isinstance(given, np.ndarray) and given.ndim == 1:
        return list(given.tolist())
    if isinstance(given, types.GeneratorType | map | filter | zip):
        raise Unreadable("generator")
    raise Unreadable("wrong-kind", kind=kind(given), needed={"say": "check.kind-list"})


def far_more(given: int, expected: int) -> bool:
    """Whether there is so much more than asked for that comparing would only take time."""
    return given > 1000 + 10 * expected


def canonical(column: pd.Series[Any], like: pd.Series[Any]) -> pd.Series[Any]:
    """Return ``column`` in the plain form in which values mean the same as in ``like``.

    Categories become text, years written as text become numbers where ``like`` holds numbers,
    time zones are dropped, and what can't be read so becomes NaN.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("object").infer_objects()
    if pd.api.types.is_bool_dtype(like.dtype):
        return column.where(column.isin([True, False])).astype("object")
    if pd.api.types.is_numeric_dtype(like.dtype):
        return pd.to_numeric(column, errors="coerce").astype("float64")
    if isinstance(like.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(like.dtype):
        return _naive_times(column)
    return column.map(plain_text, na_action="ignore").astype("object")


def plain_text(value: object) -> str:
    """Return a value as text, so that two ways to write the same text, number or day are equal."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return f"{float(value):.15g}"
    if isinstance(value, dt.date | np.datetime64):
        return pd.Timestamp(value).tz_localize(None).isoformat().removesuffix("T00:00:00")
    return unicodedata.normalize("NFC", str(value).strip())


def _naive_times(column: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    times = pd.to_datetime(column, errors="coerce")
    if times.dt.tz is not None:
        times = times.dt.tz_localize(None)
    return times.astype("datetime64[ns]")
