"""Conditions of a scenario: ``"trust >= 50"``, ``"breakage"``, ``"not pitch"``, ``"a or b"``.

A word is true when its fact is known, its move was made, or the day's luck has it so.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass

_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_LIMIT = re.compile(r"(\w+)\s*(>=|<=|>|<)\s*(\d+)")
_WORD = re.compile(r"(not )?\s*([a-z0-9][a-z0-9-]*)")


@dataclass(frozen=True)
class Term:
    """One part of a condition: a word or a meter's limit.

    Attributes:
        name: The word, or the meter.
        negated: Whether the word must not be true.
        compare: How the meter is compared; empty for a word.
        limit: With what.
    """

    name: str
    negated: bool = False
    compare: str = ""
    limit: int = 0

    def holds(self, meters: Mapping[str, int], words: Set[str]) -> bool:
        """Say whether it is so now."""
        if self.compare:
            return _COMPARE[self.compare](meters[self.name], self.limit)
        return (self.name in words) != self.negated


@dataclass(frozen=True)
class Condition:
    """All of some clauses have to hold, and of each clause any term; none at all always holds."""

    clauses: tuple[tuple[Term, ...], ...] = ()

    def holds(self, meters: Mapping[str, int], words: Set[str]) -> bool:
        """Say whether it is so now."""
        # Most conditions are none at all, and this is asked a million times.
        return not self.clauses or all(
            any(term.holds(meters, words) for term in clause) for clause in self.clauses
        )

    @property
    def terms(self) -> Iterable[Term]:
        """Every term of it."""
        return (term for clause in self.clauses for term in clause)

    @property
    def words(self) -> frozenset[str]:
        """The words it asks for."""
        return frozenset(term.name for term in self.terms if not term.compare)


ALWAYS = Condition()


def read_condition(written: object) -> Condition:
    """Read a condition as an author writes it: a text, or a list of texts that all have to hold.

    Raises:
        ValueError: It is no condition; holds the part that isn't understood.
    """
    parts = [written] if isinstance(written, str) else written
    if not isinstance(parts, list):
        raise ValueError(str(written))
    return Condition(tuple(tuple(map(_term, str(part).split(" or "))) for part in parts))


def _term(written: str) -> Term:
    written = written.strip()
    if limit := _LIMIT.fullmatch(written):
        return Term(limit[1], compare=limit[2], limit=int(limit[3]))
    if word := _WORD.fullmatch(written):
        return Term(word[2], negated=bool(word[1]))
    raise ValueError(written)
