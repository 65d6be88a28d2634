"""How a conversation is checked: what occurred, in which order, and where it led.

A transcript is plain data, whoever recorded it::

    {
        "turns": [{"speaker": "learner", "move": "ask-need", "skills": ["open-question"]}, ...],
        "meters": {"trust": 64},
        "ending": "agreed",
    }

Of a role play of the course nothing in it is believed but the moves: they are made again, and what
comes of them is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from typing import Any

from kdcourse.checks.judges import Judge, Limit
from kdcourse.checks.values import Unreadable, as_number, kind, said, shown
from kdcourse.checks.verdict import Comparison, Finding
from kdcourse.texts import KitError

#: More turns than any conversation of the course has.
_MOST_TURNS = 200


@dataclass(frozen=True)
class Transcript(Judge):
    """A conversation that keeps the rules of the question; each rule has the same share.

    A word of a rule means a move or a skill. A known wrong conversation is recognised where the
    learner's does what that one must never have done or, if that one did nothing of the sort, where
    it breaks the same rules.

    Attributes:
        must: What has to occur.
        never: What must not occur.
        in_order: What has to occur for the first time in this order.
        meters: Where each meter has to stand at the end.
        endings: The endings that will do; none named means any.
        speaker: Whose moves are looked at.
        scenario: The role play, ``"3.4.price-talk"``. It is played again, and the answer may be the
            conversation itself, its record, or just its moves. Without one a record is taken as it
            is.
        seed: The day of the role play.
        learns: Facts that the customer has to tell in the role play.
    """

    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    in_order: tuple[str, ...] = ()
    meters: Mapping[str, Limit] = field(default_factory=dict)
    endings: tuple[str, ...] = ()
    speaker: str = "learner"
    scenario: str = ""
    seed: int = 1
    learns: tuple[str, ...] = ()

    def observe(self, given: object) -> dict[str, Any]:
        """Return turns as sets of words, meters, ending and what the customer told.

        Raises:
            Unreadable: It isn't a transcript as described above, or not one of this role play.
        """
        given = recorded(given)
        if self.scenario:
            given = self._played_again(given)
        if not isinstance(given, Mapping):
            raise Unreadable(
                "wrong-kind", kind=kind(given), needed={"say": "check.kind-transcript"}
            )
        turns, meters = given.get("turns"), given.get("meters", {})
        if not isinstance(turns, list) or not isinstance(meters, Mapping):
            raise Unreadable("transcript-broken")
        own = filter(None, map(self._words, turns))
        return {
            # Counted as a debrief counts them: the learner's moves, not the replies.
            "turns": list(enumerate(own, start=1)),
            "meters": {str(name): value for name, value in meters.items()},
            "ending": given.get("ending"),
            "told": [
                str(fact)
                for turn in turns
                if isinstance(turn, Mapping) and isinstance(turn.get("reveals"), list)
                for fact in turn["reveals"]
            ],
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
        if self.endings and given["ending"] is None:
            # Whoever says little breaks few rules; and before the end no meter stands at its end.
            said = (f for rule, f in rules if f and rule.startswith(("never ", "ending ")))
            return Comparison(0.0, tuple(said))
        broken = tuple(finding for _, finding in rules if finding)
        return Comparison(round(1 - len(broken) / len(rules), 9), broken)

    def recognises(self, wrong: Any, given: Any, expected: Any) -> bool:
        """Say whether the same is done that must never be done, or else the same rules broken."""
        one, other = ([rule for rule, f in self._rules(talk) if f] for talk in (wrong, given))
        done = {rule for rule in one if rule.startswith("never ")}
        return done <= set(other) if done else one == other

    def _played_again(self, given: object) -> dict[str, Any]:
        """Make the moves again and return the record of what comes of them.

        Raises:
            Unreadable: They can't be made, or the record says something else.
        """
        moves = self._moves(given)
        try:
            # Role plays live a floor above; the learner's door leads there.
            again = import_module("kdcourse").play(self.scenario, self.seed).choose(moves)
        except KitError as fault:
            raise Unreadable("transcript-refused", why=said(fault)) from None
        record: dict[str, Any] = again.transcript()
        if isinstance(given, Mapping) and dict(given) != record:
            raise Unreadable("transcript-edited")
        return record

    def _moves(self, given: object) -> list[str]:
        """Return the moves of a record, or of a list of moves."""
        turns = given
        if isinstance(given, Mapping):
            for part, wanted in (("scenario", self.scenario), ("seed", self.seed)):
                if given.get(part, wanted) != wanted:
                    fields = {"value": shown(given[part]), "wanted": shown(wanted)}
                    raise Unreadable(f"transcript-other-{part}", **fields)
            turns = given.get("turns")
        if not isinstance(turns, list | tuple):
            needed = {"say": "check.kind-transcript"}
            raise Unreadable("wrong-kind", kind=kind(given), needed=needed)
        if len(turns) > _MOST_TURNS:
            raise Unreadable("items-too-many", count=f"{len(turns):,}")
        if not isinstance(given, Mapping):
            return list(map(str, turns))
        own = (t for t in turns if isinstance(t, Mapping) and t.get("speaker") == self.speaker)
        return [str(turn.get("move")) for turn in own]

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
        for fact in self.learns:
            # Which fact it is would be the answer, too.
            yield f"learns {fact}", None if fact in given["told"] else Finding("transcript-untold")
        # Which ending it is belongs to the name: what is said of one is not true of another.
        if self.endings and given["ending"] is None:
            yield "ending none", Finding("transcript-unfinished")
        elif self.endings:
            fields = {"ending": shown(given["ending"])}
            reached = given["ending"] in self.endings
            ending = f"ending {given['ending']}"
            yield ending, None if reached else Finding("transcript-ending", fields)

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


def recorded(given: object) -> object:
    """Return the record of a conversation that is still at hand; anything else as it is.

    Raises:
        Unreadable: It was clicked: then it stands in the learner's journal, and whoever runs the
            notebook elsewhere finds an empty conversation.
    """
    record = getattr(given, "transcript", None)
    told = record() if callable(record) else given
    if isinstance(told, Mapping) and told.get("clicked") is True:
        turns = told.get("turns")
        own = turns if isinstance(turns, list) else []
        raise _clicked(turn["move"] for turn in own if isinstance(turn, Mapping) and "move" in turn)
    if isinstance(told, list | tuple) and any(getattr(m, "clicked", False) is True for m in told):
        raise _clicked(told)
    return told


def _clicked(moves: Iterable[object]) -> Unreadable:
    return Unreadable("transcript-clicked", moves=str(list(map(str, moves))))
