"""Outside: answers read back from what came through the wall, of which nothing is believed.

Not the size, not the shape, not a type: whoever writes to the pipe can write anything.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from kdcourse.checks.databases import State
from kdcourse.checks.figures import Drawn
from kdcourse.checks.functions import Called
from kdcourse.checks.values import Unreadable
from kdcourse.checks.verdict import Finding, Outcome, Verdict
from kdcourse.checks.wording import sentences
from kdcourse.grading.encoding import LONGEST_TEXT, MOST_CELLS, MOST_ITEMS, MOST_ROWS, Plain
from kdcourse.texts import content


class Opaque:
    """Stands for something of the learner's that can't cross; only the name of its type does."""


class Garbled(ValueError):  # noqa: N818 - a fault of what came out
    """What came out can't have been written by :mod:`kdcourse.grading.encoding`."""


def decode(plain: Plain) -> Any:
    """Return an answer as it was before it was encoded, in types of our own.

    Raises:
        Unreadable: It says itself why it can't be read.
        Garbled: It can't have been written by :mod:`kdcourse.grading.encoding`.
    """
    try:
        if isinstance(plain, dict) and plain.get("t") == "unreadable":
            finding = _found(plain["v"])
            raise Unreadable(finding.key, **finding.fields).within(*finding.where)
        return _decode(plain)
    except (Garbled, Unreadable):
        raise
    # Whoever writes to the pipe can write anything; pandas has many ways to refuse it.
    except Exception as fault:
        raise Garbled(type(fault).__name__) from None


def _decode(plain: Plain) -> Any:
    if plain is None or isinstance(plain, bool | int | float):
        return plain
    if isinstance(plain, str):
        return plain[:LONGEST_TEXT]
    if isinstance(plain, list):
        return [_decode(item) for item in _short(plain)]
    if not isinstance(plain, dict) or plain.get("t") not in _READERS:
        raise Garbled("no known kind")
    return _READERS[plain["t"]](plain)


def _short(items: Any, most: int = MOST_ITEMS) -> list[Any]:
    if not isinstance(items, list) or len(items) > most:
        raise Garbled("no list, or too long")
    return items


def _name(plain: Plain) -> Any:
    """Return the name of a column or level, which has to be something that can be looked up."""
    name = _decode(plain)
    hash(name)
    return name


def _opaque(plain: Plain) -> Any:
    name = str(plain["v"])[:60]
    return type(name if name.isidentifier() else "object", (Opaque,), {})()


def _read_index(plain: Plain) -> pd.Index[Any]:
    if plain["t"] == "range-index":
        start, stop, step = (int(step) for step in plain["v"])
        steps = range(start, stop, step)
        if len(steps) > MOST_ROWS:
            raise Garbled("too long")
        return pd.RangeIndex(steps, name=_name(plain["name"]))
    if plain["t"] != "index":
        raise Garbled("no index")
    levels = [_read_column(level) for level in _short(plain["v"], 20)]
    names = [_name(name) for name in _short(plain["names"], 20)]
    if len(levels) == 1:
        return pd.Index(levels[0], name=names[0])
    return pd.MultiIndex.from_arrays(levels, names=names)


def _read_column(plain: Plain) -> pd.Series[Any]:
    sort, values = plain
    decoded = [_decode(value) for value in _short(values, MOST_ROWS)]
    if sort in ("bool", "int", "float") and any(v is None or v is pd.NA for v in decoded):
        return pd.Series(
            decoded, dtype={"bool": "boolean", "int": "Int64", "float": "Float64"}[sort]
        )
    types_ = {"bool": "bool", "int": "int64", "float": "float64", "category": "category"}
    if sort == "time":
        return pd.to_datetime(pd.Series(decoded, dtype="object"))
    return pd.Series(decoded, dtype=types_.get(sort, "str" if sort == "text" else "object"))


def _read_series(plain: Plain) -> pd.Series[Any]:
    values = _read_column(plain["v"])
    values.index, values.name = _read_index(plain["index"]), _name(plain["name"])
    return values


def _read_frame(plain: Plain) -> pd.DataFrame:
    columns = [_read_column(column) for column in _short(plain["v"], MOST_CELLS)]
    if sum(map(len, columns)) > MOST_CELLS:
        raise Garbled("too large")
    index = _read_index(plain["index"])
    if any(len(column) != len(index) for column in columns):
        raise Garbled("columns of several lengths")
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.index, frame.columns = index, _read_index(plain["columns"])
    return frame


def _read_array(plain: Plain) -> Any:
    flat = _read_column(plain["v"]).to_numpy()
    return flat.reshape([int(length) for length in _short(plain["shape"], 32)])


def _read_dict(plain: Plain) -> dict[Any, Any]:
    return {_decode(key): _decode(value) for key, value in _short(plain["v"])}


def _read_drawn(plain: Plain) -> Drawn:
    marks, values, title, along, across = plain["v"]
    shown = _decode(values)
    words = [str(word)[:LONGEST_TEXT] for word in (title, along, across)]
    if marks not in ("line", "bars", "points", "pie"):
        raise Garbled("no marks")
    if not isinstance(shown, pd.Series | pd.DataFrame):
        raise Garbled("nothing drawn")
    return Drawn(marks, shown, *words)


def _read_called(plain: Plain) -> Called:
    call, value, fault, printed = plain["v"]
    return Called(str(call)[:200], _decode(value), fault and _found(fault), bool(printed))


def _found(plain: Plain) -> Finding:
    """Return a finding, if it is one that the course can put into words."""
    key, fields, where = plain
    if not isinstance(key, str) or key not in content("messages/check"):
        raise Garbled("no such finding")
    told = {str(name): _field(value) for name, value in fields.items()}
    finding = Finding(key, told, tuple(str(part)[:100] for part in _short(where, 20)))
    # Saying it shows whether it has all that its sentence needs.
    sentences(Verdict("", "", Outcome.INCORRECT, 0.0, 0.0, (finding,)), {})
    return finding


def _field(value: Any) -> Any:
    if isinstance(value, list):
        return [_field(part) for part in value[:20]]
    if isinstance(value, dict):
        file, _, name = str(value["say"]).partition(".")
        if file != "check" or name not in content("messages/check"):
            raise Garbled("no such word")
        fields = value.get("fields")
        inner = {"fields": {str(k): _field(v) for k, v in fields.items()}} if fields else {}
        return {"say": value["say"], **inner}
    return value if isinstance(value, int | float) else str(value)[:300]


def _nothing() -> Iterator[None]:
    """Stand in for a generator, which can't cross."""
    yield from ()


def _read_float(plain: Plain) -> float:
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[plain["v"]]


def _read_decimal(plain: Plain) -> Decimal:
    try:
        return Decimal(str(plain["v"])[:100])
    except InvalidOperation:
        raise Garbled("no decimal") from None


_READERS: Mapping[str, Callable[[Plain], Any]] = {
    "open": lambda _: ...,
    "missing": lambda _: pd.NA,
    "int": lambda plain: int(str(plain["v"])[:400], 16),
    "float": _read_float,
    "decimal": _read_decimal,
    "time": lambda plain: pd.Timestamp(str(plain["v"])),
    "date": lambda plain: dt.date.fromisoformat(plain["v"]),
    "period": lambda plain: pd.Period(str(plain["v"][0]), freq=str(plain["v"][1])),
    "tuple": lambda plain: tuple(map(_decode, _short(plain["v"]))),
    "set": lambda plain: set(map(_decode, _short(plain["v"]))),
    "dict": _read_dict,
    "frame": _read_frame,
    "series": _read_series,
    "index": _read_index,
    "range-index": _read_index,
    "array": _read_array,
    "drawn": _read_drawn,
    "called": _read_called,
    "state": lambda plain: State(_read_dict(plain["v"])),
    "generator": lambda _: _nothing(),
    "function": lambda _: lambda *_: None,
    "opaque": _opaque,
}
