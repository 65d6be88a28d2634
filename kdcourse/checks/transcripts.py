"""How a conversation is checked: what occurred, in which order, and where it led.

A transcript is plain data, whoever recorded it::

    {
        "turns": [{"speaker": "learner", "move": "ask-need", "skills": ["open-question"]}, ...],
        "meters": {"trust": 64},
        "ending": "agreed",
    }
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from kdcourse.checks.judges import Judge, Limit
from kdcourse.checks.values import Unreadable, as_number, kind, shown
from kdcourse.checks.verdict import Comparison, Finding


@dataclass(frozen=True)
class Transcript(Judge):
    """A conversation that keeps the rules of the question; each rule has the same share.

    A word of a rule means a move or a skill. A known wrong conversation is recognised where the
    learner's breaks the same rules.

    Attributes:
        must: What has to occur.
        never: What must not occur.
        in_order: What has to occur for the first time in this order.
        meters: Where each meter has to stand at the end.
        endings: The endings that will do; none named means any.
        speaker: Whose moves are looked at.
    """

    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    in_order: tuple[str, ...] = ()
    meters: Mapping[str, Limit] = field(default_factory=dict)
    endings: tuple[str, ...] = ()
    speaker: str = "learner"

    def observe(self, given: object) -> dict[str, Any]:
        """Return turns as sets of words, meters and ending.

        Raises:
            Unreadable: It isn't a transcript as described above.
        """
        if not isinstance(given, Mapping):
            raise Unreadable(
                "wrong-kind", kind=kind(given), needed={"say": "check.kind-transcript"}
            )
        turns, meters = given.get("turns"), given.get("meters", {})
        if not isinstance(turns, list) or not isinstance(meters, Mapping):
            raise Unreadable("transcript-broken")
        said = [(place, self._words(turn)) for place, turn in enumerate(turns, start=1)]
        return {
            "turns": [(place, words) for place, words in said if words],
            "meters": {str(name): value for name, value in meters.items()},
            "ending": given.get("ending"),
        }

    def compare(self, expected: Any, given: Mapping[str, Any]) -> Comparison:
        """Say which rules ``given`` breaks.

        Args:
            expected: Not looked at: the rules say what is right.
            given: What :meth:`observe` returned.
        """
        if not given["turns"]:
            return Comparison(0.0, attempted=False)
        rules = list(self._rules(given))
        broken = tuple(finding for _, finding in rules if finding)
        return Comparison(round(1 - len(broken) / len(rules), 9), broken)

    def recognises(self, wrong: Any, given: Any, expected: Any) -> bool:
        """Say whether the same rules are broken."""
        one, other = ([rule for rule, f in self._rules(talk) if f] for talk in (wrong, given))
        return one == other

    def _rules(self, given: Mapping[str, Any]) -> Iterator[tuple[str, Finding | None]]:
        """Yield each rule with what is said if it is broken."""
        first = self._first(given)
        for word in self.must:
            # Which word is missing would be the answer.
            yield f"must {word}", None if word in first else Finding("transcript-lacks")
        for word in self.never:
            turn = {"turn": first.get(word)}
            yield f"never {word}", Finding("transcript-never", turn) if word in first else None
        if self.in_order:
            yield "order", self._order(first)
        for name, limit in self.meters.items():
            yield f"meter {name}", self._meter(name, limit, given)
        if self.endings:
            fields = {"ending": shown(given["ending"])}
            reached = given["ending"] in self.endings
            yield "ending", None if reached else Finding("transcript-ending", fields)

    def _words(self, turn: object) -> frozenset[str]:
        """Return move and skills of a turn; none if somebody else speaks."""
        if not isinstance(turn, Mapping):
            raise Unreadable("transcript-broken")
        if turn.get("speaker") != self.speaker:
            return frozenset()
        skills = turn.get("skills", [])
        if not isinstance(skills, list | tuple | set | frozenset):
            raise Unreadable("transcript-broken")
        return frozenset(map(str, [turn.get("move"), *skills]))

    def _first(self, given: Mapping[str, Any]) -> dict[str, int]:
        """Return the turn in which each word occurs first."""
        first: dict[str, int] = {}
        for place, words in given["turns"]:
            for word in words:
                first.setdefault(word, place)
        return first

    def _order(self, first: Mapping[str, int]) -> Finding | None:
        places = [first.get(word) for word in self.in_order]
        for before, after in pairwise(places):
            if after is not None and (before is None or before > after):
                return Finding("transcript-order", {"turn": after})
        return Finding("transcript-lacks") if None in places else None

    def _meter(self, name: str, limit: Limit, given: Mapping[str, Any]) -> Finding | None:
        try:
            value = as_number(given["meters"].get(name))
        except Unreadable:
            return Finding("transcript-no-meter", {"meter": name})
        side = limit.breach(value)
        fields = {"meter": name, "value": shown(value)}
        return None if side is None else Finding(f"transcript-meter-{side}", fields)
