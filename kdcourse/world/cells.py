"""Read a cell as people and programs write it: ``1,250.00``, ``2024/1/31``, ``45322``, ``是``.

Each reader takes one cell and returns its value with how it was spelled, None where it is as it
should be. What can only be guessed at, such as ``01/02/2024``, is not read.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from kdcourse.world.declarations import Column

#: A value and how it was spelled: the name of a note, None if as it should be.
Read = tuple[Any, str | None]


class UnreadableError(Exception):
    """A cell holds nothing of the kind that is declared; carries the name of the fault."""


# --- numbers ----------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE][+-]?\d+")
#: Beyond this not every whole number is a number of the machine.
_EXACT = 2**53
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(([, '’])\d{3}(\2\d{3})*)(\.\d+)?")


def number(cell: Any) -> Read:
    """Read a number."""
    if isinstance(cell, (int, float, Decimal, np.number)) and not isinstance(cell, bool):
        return _finite(float(cell)), None
    if not isinstance(cell, str):
        raise UnreadableError("fault-not-number")
    text, how = trimmed(cell)
    if _SCIENTIFIC.fullmatch(text):
        how = "note-scientific"
    elif found := _THOUSANDS.fullmatch(text):
        text, how = text.replace(found[2], ""), "note-thousands"
    elif not _NUMBER.fullmatch(text):
        raise UnreadableError("fault-not-number")
    return _finite(float(text)), how


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise UnreadableError("fault-not-number")
    return value


def integer(cell: Any) -> Read:
    """Read a whole number."""
    value, how = number(cell)
    if value != math.floor(value) or abs(value) > _EXACT:
        raise UnreadableError("fault-not-whole")
    # Excel and Parquet show 3.0 where they hold 3; in a text file somebody has written it out.
    if isinstance(cell, str) and "." in cell:
        how = how or "note-decimals"
    return int(value), how


_FLAGS = {"0": False, "1": True}
_FLAG_WORDS = {"false": False, "true": True, "no": False, "yes": True, "n": False, "y": True}
_FLAG_WORDS |= {"否": False, "是": True, "0.0": False, "1.0": True}


def flag(cell: Any) -> Read:
    """Read 0 or 1."""
    if isinstance(cell, (bool, np.bool_)):
        return bool(cell), None
    text, how = trimmed(str(cell))
    if text in _FLAGS:
        return _FLAGS[text], how
    if text.casefold() in _FLAG_WORDS:
        # Excel and Parquet keep whole numbers as 1.0.
        how = "note-flag-word" if isinstance(cell, str) else None
        return _FLAG_WORDS[text.casefold()], how
    raise UnreadableError("fault-not-flag")


# --- moments ----------------------------------------------------------------------------------

_DAY = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)|(?P<y2>\d{4})/(?P<m2>\d\d?)/(?P<d2>\d\d?)"
    r"|(?P<y3>\d{4})年(?P<m3>\d\d?)月(?P<d3>\d\d?)日|(?P<d4>\d\d?)\.(?P<m4>\d\d?)\.(?P<y4>\d{4})"
    r"|(?P<y5>\d{4})\.(?P<m5>\d\d?)\.(?P<d5>\d\d?)|(?P<y6>20\d\d)(?P<m6>\d\d)(?P<d6>\d\d)"
)
_CLOCK = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?")
_GUESS = re.compile(r"\d\d?[/-]\d\d?[/-]\d\d(\d\d)?.*")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")

#: Excel counts days from here on; the numbers are those of 2000 to 2099.
_EPOCH = datetime(1899, 12, 30)
_SERIALS = range(36526, 73051)


def time(cell: Any) -> Read:
    """Read a date with its time of day."""
    if isinstance(cell, datetime):
        if cell.tzinfo:
            raise UnreadableError("fault-time-zone")
        return cell.replace(microsecond=0), None
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day), "note-no-time"
    text, _ = trimmed(cell if isinstance(cell, str) else str(cell))
    if _SERIAL.fullmatch(text) and int(float(text)) in _SERIALS:
        seconds = round(float(text) * 86400)
        return _EPOCH + timedelta(seconds=seconds), "note-serial"
    if _GUESS.fullmatch(text):
        raise UnreadableError("fault-ambiguous-date")
    day, _, clock = text.replace("T", " ").partition(" ")
    found, hours = _DAY.fullmatch(day), _CLOCK.fullmatch(clock.strip())
    if not found or (clock and not hours):
        raise UnreadableError("fault-not-date")
    parts = {name[0]: int(value) for name, value in found.groupdict().items() if value}
    hour, minute, second = (int(part or 0) for part in hours.groups()) if hours else (0, 0, 0)
    try:
        value = datetime(parts["y"], parts["m"], parts["d"], hour, minute, second)
    except ValueError:
        raise UnreadableError("fault-no-such-date") from None
    if not hours:
        return value, "note-no-time"
    return value, None if cell == value.strftime("%Y-%m-%d %H:%M") else "note-date-form"


def day(cell: Any) -> Read:
    """Read a date."""
    value, how = time(cell)
    if (value.hour, value.minute, value.second) != (0, 0, 0):
        raise UnreadableError("fault-not-a-day")
    if isinstance(cell, str) and how != "note-serial":
        how = None if cell == value.strftime("%Y-%m-%d") else "note-date-form"
    elif how == "note-no-time":
        how = None
    return value, how


# --- words ------------------------------------------------------------------------------------


def text(column: Column, cell: Any) -> Read:
    """Read a text; a number that a program has made of it is written out again."""
    if isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool):
        whole = float(cell).is_integer()
        return str(int(cell)) if whole else str(cell), "note-number-for-text"
    words = str(cell)
    if column.pattern and not re.fullmatch(column.pattern, words):
        if _SCIENTIFIC.fullmatch(words):
            raise UnreadableError("fault-shortened")
        bare, how = trimmed(words)
        if how and re.fullmatch(column.pattern, bare):
            return bare, how
    elif words != words.strip():
        return words.strip(), "note-blanks"
    return words, None


def code(names: dict[str, str], column: Column, cell: Any) -> Read:
    """Read a code; ``names`` has the code for each other way of writing it."""
    words, how = text(column, cell)
    if words in names.values():
        return words, how
    if known := names.get(trimmed(words)[0].casefold()):
        return known, "note-name-for-code"
    return words, how


def trimmed(cell: str) -> Read:
    """Return a text in plain characters without blanks around it."""
    plain = unicodedata.normalize("NFKC", cell)
    if plain != cell.replace("\u3000", " ").replace("\xa0", " "):
        return plain.strip(), "note-full-width"
    return plain.strip(), "note-blanks" if plain != plain.strip() else None
