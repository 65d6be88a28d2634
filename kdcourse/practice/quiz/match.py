"""Questions that match things with what they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from kdcourse.practice.quiz.feedback import Feedback, Remark, Text
from kdcourse.practice.quiz.item import Entry, Item, Named, chosen
from kdcourse.texts import KitError, pick


@dataclass(frozen=True)
class Pair:
    """Something to be matched, the id of its choice, and why they belong together."""

    left: Text
    right: str
    say: Text


@dataclass(frozen=True)
class Match(Item):
    """Each pair's left side is matched with one of the choices."""

    kind = "match"

    pairs: tuple[Pair, ...]
    choices: tuple[Named, ...]

    @classmethod
    def read(cls, entry: Entry) -> Self:
        """Read it from its table in the file."""
        pairs = entry.parts("pairs", _pair)
        item = cls(*entry.head(), pairs, entry.parts("choices", Entry.named, least=2))
        ids = [choice.id for choice in item.choices]
        entry.require_own(ids)
        if astray := [pair.right for pair in pairs if pair.right not in ids]:
            raise entry.fault("pair-astray", choice=astray[0])
        return item

    def judge(self, answer: object) -> Feedback:
        """Say what a choice for each pair is worth."""
        given = chosen(self.id, answer, [choice.id for choice in self.choices])
        if len(given) != len(self.pairs):
            raise KitError("quiz.pairs-open", item=self.id, pairs=len(self.pairs))
        # What is said of a pair explains the match, so only a learner who found it reads it.
        remarks = tuple(
            Remark(choice == pair.right, pair.left, pair.say if choice == pair.right else None)
            for pair, choice in zip(self.pairs, given, strict=True)
        )
        return Feedback(self.id, all(remark.right for remark in remarks), remarks)

    def lines(self) -> list[str]:
        """Return what is to be matched, then the choices with their numbers."""
        lefts = [f"- {pick(pair.left)}" for pair in self.pairs]
        return lefts + [f"{number}) {pick(c.text)}" for number, c in enumerate(self.choices, 1)]


def _pair(entry: Entry) -> Pair:
    return Pair(entry.text("left"), entry.word("right"), entry.text("say"))
