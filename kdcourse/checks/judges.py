"""How answers are compared by meaning: numbers, single values, sets, rankings and named parts.

A judge compares two answers and knows nothing of questions or languages. The other kinds of answer
have modules of their own; :mod:`kdcourse.checks.kinds` lists them all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.checks.values import (
    Unreadable,
    as_items,
    as_number,
    blank,
    canonical,
    far_more,
    kind,
    missing,
    plain_text,
    shown,
    sole,
)
from kdcourse.checks.verdict import AGREES, Comparison, Finding, differs

if TYPE_CHECKING:
    from kdcourse.data import Loader


class Judge(ABC):
    """Compares two answers.

    Right answers, known wrong ones and the learner's are treated alike: each is *observed* once,
    which turns a function, a figure or a query into plain data, and these are *compared*.
    """

    def on(self, load: Loader) -> Judge:
        """Return the judge for one set of data; most know nothing of data."""
        return self

    def observe(self, given: object) -> Any:
        """Return what can be compared of an answer; most answers are compared as they are.

        Raises:
            Unreadable: It can't be taken for what the question asks.
        """
        return given

    @abstractmethod
    def compare(self, expected: Any, given: Any) -> Comparison:
        """Say how far ``given`` agrees with ``expected``."""

    def recognises(self, wrong: Any, given: Any, expected: Any) -> bool:
        """Say whether ``given`` is the known wrong answer ``wrong``, and not the right one."""
        return self.compare(wrong, given).agrees


@dataclass(frozen=True)
class Limit:
    """A range that a number has to lie in.

    Attributes:
        at_least: The lowest value allowed, if there is one.
        at_most: The highest value allowed, if there is one.
    """

    at_least: float | None = None
    at_most: float | None = None

    def breach(self, value: float) -> Literal["low", "high"] | None:
        """Say on which side ``value`` lies outside; NaN lies outside everywhere."""
        if self.at_least is not None and not value >= self.at_least:
            return "low"
        if self.at_most is not None and not value <= self.at_most:
            return "high"
        return None


@dataclass(frozen=True)
class Number(Judge):
    """A number within a tolerance: ``|given - expected| <= abs + rel * |expected|``.

    Attributes:
        rel: Relative tolerance.
        abs: Absolute tolerance, in the unit of the answer.
        unit: ``"share"`` (0.12) or ``"percent"`` (12) where the two could be taken for each other.
        either: Accept the other of the two as well instead of naming it as a slip.
    """

    rel: float = 1e-6
    abs: float = 1e-9
    unit: Literal["share", "percent"] | None = None
    either: bool = False

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say whether ``given`` is close enough to ``expected``."""
        try:
            value = as_number(given)
        except Unreadable as fault:
            return Comparison(0.0, (fault.finding,))
        right, number = np.array([float(expected)]), np.array([value])
        if self.hits(right, number).all():
            return AGREES
        if self.other_unit(right, number):
            return differs(f"number-not-{self.unit}", value=shown(value))
        return differs("number-off", value=shown(value))

    def hits(
        self, expected: npt.NDArray[np.float64], given: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """Say for each pair of numbers whether they agree; NaN agrees with NaN."""
        near = self._near(expected, given)
        return near | self._near(expected, given * self._factor) if self.either else near

    def other_unit(self, expected: npt.NDArray[np.float64], given: npt.NDArray[np.float64]) -> bool:
        """Say whether all numbers would agree if shares were percent, or percent shares."""
        return self.unit is not None and bool(self._near(expected, given * self._factor).all())

    @property
    def _factor(self) -> float:
        return {"percent": 100.0, "share": 0.01, None: 1.0}[self.unit]

    def _near(
        self, expected: npt.NDArray[np.float64], given: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        return np.isclose(given, expected, rtol=self.rel, atol=self.abs, equal_nan=True)


@dataclass(frozen=True)
class Exact(Judge):
    """One value that is right or not: a name, a code, a date, a whole number, True or False.

    Attributes:
        options: Where only a few values are possible, all of them, so that a misspelt one is
            called that and not a wrong answer. The question's words hold their texts.
    """

    options: tuple[str, ...] = ()

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say whether ``given`` means the same as ``expected``."""
        value = sole(given)
        if blank(value) or missing(value):
            return differs("value-missing")
        if not pd.api.types.is_scalar(value):
            return differs("wrong-kind", kind=kind(value), needed={"say": "check.kind-one-value"})
        if self.options and plain_text(value) not in self.options:
            return differs("not-an-option", value=shown(value), options=_named(self.options))
        right, answer = pd.Series([expected]), pd.Series([value], dtype="object")
        if self.hits(right, answer).all():
            return AGREES
        return differs("value-off", value=shown(value))

    def hits(self, expected: pd.Series[Any], given: pd.Series[Any]) -> npt.NDArray[np.bool_]:
        """Say for each pair of values whether they mean the same; missing agrees with missing."""
        right, answer = canonical(expected, expected), canonical(given, expected)
        return ((right == answer) | (right.isna() & answer.isna())).to_numpy(dtype=bool)


@dataclass(frozen=True)
class Chosen(Judge):
    """A set of things chosen; neither order nor repetition matters.

    A known wrong answer is also recognised beside others: what is wrong about it has been chosen.

    Attributes:
        options: Where the question names what can be chosen, all of it. The question's words hold
            their texts.
    """

    options: tuple[str, ...] = ()

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say whether ``given`` holds the same things as ``expected``."""
        try:
            chosen = _texts([given] if isinstance(given, str) else as_items(given, expected))
        except Unreadable as fault:
            return Comparison(0.0, (fault.finding,))
        right = set(_texts(expected))
        if set(chosen) == right:
            return AGREES
        if not chosen:
            return differs("chosen-none")
        unknown = [value for value in chosen if self.options and value not in self.options]
        if unknown:
            return differs("not-an-option", value=shown(unknown[0]), options=_named(self.options))
        if set(chosen) < right:
            return differs("chosen-too-few")
        if set(chosen) > right:
            return differs("chosen-too-many")
        return differs("chosen-mixed" if set(chosen) & right else "chosen-off")

    def recognises(self, wrong: Any, given: Any, expected: Any) -> bool:
        """Say whether all that is wrong about ``wrong`` has been chosen, or just the same."""
        if self.compare(wrong, given).agrees:
            return True
        tempting = set(_texts(wrong)) - set(_texts(expected))
        try:
            chosen = set(_texts([given] if isinstance(given, str) else as_items(given, expected)))
        except Unreadable:
            return False
        return bool(tempting) and tempting <= chosen


@dataclass(frozen=True)
class Ordering(Judge):
    """Things in an order, best or first at the head; a sorted Series stands for its labels."""

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say whether ``given`` holds the same things in the same order as ``expected``."""
        right = _texts(expected)
        try:
            if isinstance(given, set | frozenset):
                raise Unreadable("order-of-set")
            order = _texts(as_items(given, right))
        except Unreadable as fault:
            return Comparison(0.0, (fault.finding,))
        if isinstance(given, pd.Series) and not set(order) & set(right):
            order = _texts(given.index)
        if order == right:
            return AGREES
        twice = next((value for value, count in Counter(order).items() if count > 1), None)
        if twice is not None:
            return differs("order-twice", value=shown(twice))
        unknown = next((value for value in order if value not in right), None)
        if unknown is not None:
            return differs("order-unknown", value=shown(unknown))
        if len(order) < len(right):
            return differs("order-short", count=len(order))
        if order == right[::-1]:
            return differs("order-reversed")
        place = next(i for i, value in enumerate(order) if value != right[i])
        return differs("order-off", place=place + 1, value=shown(order[place]))


class Parts(Judge):
    """Several named answers in one: a dict, a Series, or a table of one row.

    Args:
        weights: Shares of the points by part, in any scale; without it all weigh the same.
        **judges: One judge per part, in the order of the question.
    """

    def __init__(self, weights: Mapping[str, float] | None = None, /, **judges: Judge) -> None:
        self.judges: Mapping[str, Judge] = judges
        scale = {part: (weights or {}).get(part, 1.0) for part in judges}
        self.weights = {part: weight / sum(scale.values()) for part, weight in scale.items()}

    def compare(self, expected: Any, given: object) -> Comparison:
        """Say which parts of ``given`` agree with those of ``expected``."""
        try:
            parts = self.split(given)
        except Unreadable as fault:
            return Comparison(0.0, (fault.finding,))
        return self.join(
            {
                part: judge.compare(expected[part], parts[part])
                for part, judge in self.judges.items()
                if not blank(parts.get(part))
            }
        )

    def split(self, given: object) -> dict[str, Any]:
        """Return the parts of ``given`` by name.

        Raises:
            Unreadable: It has no named parts.
        """
        if isinstance(given, pd.DataFrame) and len(given) == 1:
            given = given.iloc[0]
        if isinstance(given, pd.Series) and not far_more(len(given), len(self.judges)):
            given = dict(zip(given.index.tolist(), given.tolist(), strict=True))
        if not isinstance(given, dict):
            raise Unreadable("not-parts", kind=kind(given), parts=list(self.judges))
        return {str(part): value for part, value in given.items()}

    def join(self, compared: Mapping[str, Comparison]) -> Comparison:
        """Put the comparisons of parts together; a part that isn't there is still to do."""
        findings: list[Finding] = []
        for part in self.judges:
            if part not in compared:
                findings.append(Finding("part-open", {}, (part,)))
            else:
                findings.extend(finding.within(part) for finding in compared[part].findings)
        share = sum(self.weights[part] * result.share for part, result in compared.items())
        # Thirds don't add up to one in floating point.
        return Comparison(round(share, 9), tuple(findings), attempted=bool(compared))


def _named(options: Iterable[str]) -> list[dict[str, str]]:
    """Return options such that each is shown with its text."""
    return [{"option": option} for option in options]


def _texts(values: Iterable[Any]) -> list[str]:
    """Return values as plain text, so that a category, a string and a NumPy string are one."""
    return [plain_text(value) for value in values]


def diagnose(judge: Judge, expected: Any, given: object, slips: Mapping[str, Any]) -> Comparison:
    """Compare, and name a known slip where the answer agrees with one.

    An answer of several parts is also looked at part by part, so that one slip is found beside
    right parts and beside other mistakes.

    Args:
        judge: How to compare.
        expected: The right answer, as the judge observed it, like the others.
        given: The learner's.
        slips: Wrong answers by name, in the order in which they are tried.
    """
    result = judge.compare(expected, given)
    if result.agrees or not result.attempted:
        return result
    for name, wrong in slips.items():
        if judge.recognises(wrong, given, expected):
            return Comparison(result.share, (Finding(f"slips.{name}"),))
    if isinstance(judge, Parts):
        try:
            parts = judge.split(given)
        except Unreadable:
            return result
        return judge.join(
            {
                part: diagnose(
                    inner,
                    expected[part],
                    parts[part],
                    {
                        name: wrong[part]
                        for name, wrong in slips.items()
                        if part in wrong and not inner.compare(expected[part], wrong[part]).agrees
                    },
                )
                for part, inner in judge.judges.items()
                if not blank(parts.get(part))
            }
        )
    return result
