"""Questions with options: exactly one of them is right, or all that apply are to be chosen."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

from kdcourse.practice.quiz.feedback import Feedback, Remark, Text
from kdcourse.practice.quiz.item import Entry, Item, Named, bad_choice, chosen
from kdcourse.texts import pick


@dataclass(frozen=True)
class Option(Named):
    """One option; ``say`` is why it is right, or why it tempts."""

    right: bool
    say: Text


@dataclass(frozen=True)
class Choice(Item):
    """What both kinds have in common."""

    options: tuple[Option, ...]

    @classmethod
    def read(cls, entry: Entry) -> Self:
        """Read it from its table in the file."""
        item = cls(*entry.head(), entry.parts("options", _option, least=2))
        entry.require_own(option.id for option in item.options)
        item.require_right(entry, sum(option.right for option in item.options))
        return item

    @abstractmethod
    def require_right(self, entry: Entry, right: int) -> None:
        """Have it said if the wrong number of options are right."""

    def lines(self) -> list[str]:
        """Return the options with their numbers."""
        return [f"{number}) {pick(o.text)}" for number, o in enumerate(self.options, start=1)]

    def _chosen(self, answer: object) -> list[Option]:
        ids = chosen(self.id, answer, [option.id for option in self.options])
        return [option for option in self.options if option.id in ids]


@dataclass(frozen=True)
class Single(Choice):
    """Exactly one option is right."""

    kind = "single"

    def require_right(self, entry: Entry, right: int) -> None:
        """Have it said if not exactly one option is right."""
        if right != 1:
            raise entry.fault("single-right", right=right)

    def judge(self, answer: object) -> Feedback:
        """Say what choosing an option is worth."""
        options = self._chosen(answer)
        if len(options) > 1:
            raise bad_choice(self.id, [option.id for option in self.options])
        (option,) = options
        return Feedback(self.id, option.right, (Remark(option.right, None, option.say),))


@dataclass(frozen=True)
class Multiple(Choice):
    """All options that are right are to be chosen."""

    kind = "multiple"

    def require_right(self, entry: Entry, right: int) -> None:
        """Have it said if no option is right."""
        if not right:
            raise entry.fault("multiple-right")

    def judge(self, answer: object) -> Feedback:
        """Say what choosing some options is worth."""
        options = self._chosen(answer)
        remarks = tuple(Remark(option.right, option.text, option.say) for option in options)
        complete = all(option in options for option in self.options if option.right)
        right = complete and all(option.right for option in options)
        return Feedback(self.id, right, remarks, complete)


def _option(entry: Entry) -> Option:
    named = entry.named()
    return Option(named.id, named.text, entry.flag("right"), entry.text("say"))
