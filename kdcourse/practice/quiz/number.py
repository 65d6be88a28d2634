"""Questions whose answer is a number, typed: read as people write numbers, met within a tolerance.

A file may give a value as what it follows from, ``"1320.7 / 139.6"``, so that nobody has to trust
that an author has typed a result correctly.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, isnan, nextafter
from numbers import Real
from typing import Self
from unicodedata import normalize

from kdcourse.practice.quiz.feedback import Feedback, Remark, Text
from kdcourse.practice.quiz.item import Entry, Item
from kdcourse.texts import LANGUAGES, KitError, pick

#: Relative; what computing with floats may lose.
_NOISE = 1e-9

_DIGITS = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?(e[+-]?\d{1,3})?")
_TIMES = {"万": 1e4, "亿": 1e8}
_PERCENT = ("%", "percent", "百分")
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


@dataclass(frozen=True)
class Value:
    """A value, or a range, that is right or a known slip.

    Attributes:
        right: Whether it is right.
        low: The least number that meets it.
        high: The least number above it that doesn't.
        say: Why it is right, or how one comes to it.
        exact: The value itself; None for a range.
    """

    right: bool
    low: float
    high: float
    say: Text
    exact: float | None = None


@dataclass(frozen=True)
class Number(Item):
    """A number to be typed.

    Attributes:
        unit: What it is counted in; None for a bare number.
        answers: Right values and known slips; the first that a number meets counts.
        otherwise: What is said to any other number.
    """

    kind = "number"

    unit: Text | None
    answers: tuple[Value, ...]
    otherwise: Text

    @classmethod
    def read(cls, entry: Entry) -> Self:
        """Read it from its table in the file."""
        unit = entry.text("unit") if entry.get("unit") is not None else None
        slack = _tolerance(entry)
        answers = entry.parts("answers", lambda part: _value(part, slack))
        item = cls(*entry.head(), unit, answers, entry.text("otherwise"))
        if not any(answer.right for answer in answers):
            raise entry.fault("answers-right")
        for number, answer in enumerate(answers, start=1):
            # Where an earlier one is met before it, nobody would ever read its remark.
            ends = (answer.low, nextafter(answer.high, -inf))
            points = ends if answer.exact is None else (answer.exact,)
            if all(item.meets(point) is not answer for point in points):
                raise entry.fault("answer-hidden", number=number)
        return item

    def meets(self, number: float) -> Value | None:
        """Return the value or range that a number meets, None if it is none that we know."""
        return next((a for a in self.answers if a.low <= number < a.high), None)

    def judge(self, answer: object) -> Feedback:
        """Say what a number, or a text that holds one, is worth."""
        number = as_number(answer, self.unit)
        if number is None:
            raise KitError("quiz.not-a-number", given=str(answer)[:40])
        met = self.meets(number)
        right = met is not None and met.right
        return Feedback(self.id, right, (Remark(right, None, met.say if met else self.otherwise),))

    def lines(self) -> list[str]:
        """Return a blank to be filled, with the unit."""
        return [f"______ {pick(self.unit)}" if self.unit else "______"]


def as_number(answer: object, unit: Text | None = None) -> float | None:
    """Return the number that a learner gave or typed, None if it can't be read as one.

    Understands wide digits, thousands (``1,200``), the unit typed after the number in either
    language, ``%`` and the Chinese 万 and 亿.

    Args:
        answer: A number, or a text.
        unit: What the question counts in.
    """
    if isinstance(answer, Real) and not isinstance(answer, bool):
        number = float(answer)
        return number if isfinite(number) else None
    if not isinstance(answer, str) or len(answer) > 60:
        return None
    units = [_tight(unit[lang]) for lang in LANGUAGES] if unit else []
    text = _tight(answer).removeprefix("¥")
    for name in sorted(units, key=len, reverse=True):
        text = text.removesuffix(name)
    times = 1.0
    if text.endswith("%"):
        text = text[:-1]
        # 59 % is 59 where percent are asked for, and 0.59 elsewhere.
        times = 1.0 if any(sign in name for name in units for sign in _PERCENT) else 0.01
    elif text[-1:] in _TIMES:
        times = 1.0 if any(name.startswith(text[-1]) for name in units) else _TIMES[text[-1]]
        text = text[:-1]
    if not _DIGITS.fullmatch(text) or not re.match(r"[+-]?\.?\d", text):
        return None
    number = float(text.replace(",", "")) * times
    return number if isfinite(number) else None


def _tight(text: str) -> str:
    """Return a text as narrow characters, in lower case, without spaces."""
    return "".join(normalize("NFKC", text).casefold().replace("−", "-").split())


def _tolerance(entry: Entry) -> Callable[[float], float]:
    """Return how far a number may lie from a value: ``0.05``, or ``"1%"`` of the value."""
    given = entry.get("tolerance")
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < inf:
        return lambda _: float(given)
    if isinstance(given, str) and re.fullmatch(r"\d+(\.\d+)?\s*%", given):
        share = float(given.rstrip(" %")) / 100
        return lambda value: abs(value) * share
    raise entry.lacks('tolerance = 0.05, or "1%"')


def _value(entry: Entry, slack: Callable[[float], float]) -> Value:
    right, say = entry.flag("right"), entry.text("say")
    value, ends = entry.get("value"), entry.get("range")
    if (value is None) == (ends is None):
        raise entry.lacks("value / range")
    if ends is None:
        exact = _worked_out(value)
        if exact is None or not isfinite(exact):
            raise entry.lacks("value")
        reach = slack(exact) + _NOISE * abs(exact)
        return Value(right, exact - reach, nextafter(exact + reach, inf), say, exact)
    low, high = map(_worked_out, ends) if isinstance(ends, list) and len(ends) == 2 else (None,) * 2
    if low is None or high is None or not low < high:
        raise entry.lacks("range")
    return Value(right, low, high, say)


def _worked_out(value: object) -> float | None:
    """Return a number, or what arithmetic in a text comes to; None if it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if isnan(value) else float(value)
    try:
        result = _compute(ast.parse(str(value).strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError):
        return None
    return result if isinstance(result, float) else None


def _compute(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_compute(operand)
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
            return _OPERATIONS[type(operation)](_compute(left), _compute(right))
    raise ValueError(ast.unparse(node))
