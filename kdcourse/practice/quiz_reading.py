"""The file of a quiz: what it holds, and a sentence for everything that can be wrong in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdcourse.texts import LANGUAGES, KitError

#: A text in every language of the course.
Text = Mapping[str, str]

KINDS = ("single", "multiple", "match")


@dataclass(frozen=True)
class Option:
    """One option; ``say`` is why it is right, or why it tempts."""

    id: str
    text: Text
    right: bool
    say: Text


@dataclass(frozen=True)
class Choice:
    """What a pair can be matched with."""

    id: str
    text: Text


@dataclass(frozen=True)
class Pair:
    """Something to be matched, the id of its choice, and why they belong together."""

    left: Text
    right: str
    say: Text


@dataclass(frozen=True)
class Item:
    """One question of a quiz; ``options`` for a choice, ``pairs`` and ``choices`` for matching."""

    id: str
    kind: str
    objective: str
    ask: Text
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def option_ids(self) -> list[str]:
        """Ids of what can be chosen."""
        return [option.id for option in self.options or self.choices]


def read_items(source: Mapping[str, Any], file: str) -> tuple[Item, ...]:
    """Read the questions of a quiz.

    Args:
        source: What the file holds.
        file: Its name, for messages.

    Raises:
        KitError: Something is missing or contradicts itself; names the file and the item.
    """
    entries = source.get("items") or []
    if not entries:
        raise KitError("quiz.file-empty", file=file)
    items = tuple(_Reader(file, number, entry).item() for number, entry in enumerate(entries, 1))
    twice = [name for name, count in Counter(item.id for item in items).items() if count > 1]
    if twice:
        raise KitError("quiz.item-twice", file=file, item=twice[0])
    return items


class _Reader:
    """Reads one item, knowing where it is for the messages."""

    def __init__(self, file: str, number: int, entry: Mapping[str, Any]) -> None:
        self.entry = entry
        self.place = {"file": file, "item": entry.get("id", number)}

    def item(self) -> Item:
        kind = self._word(self.entry, "kind")
        if kind not in KINDS:
            raise KitError("quiz.item-kind", **self.place, kind=kind, kinds=", ".join(KINDS))
        item = Item(
            id=self._word(self.entry, "id"),
            kind=kind,
            objective=self._word(self.entry, "objective"),
            ask=self._text(self.entry, "ask"),
            options=tuple(self._option(entry) for entry in self.entry.get("options", ())),
            pairs=tuple(self._pair(entry) for entry in self.entry.get("pairs", ())),
            choices=tuple(self._choice(entry) for entry in self.entry.get("choices", ())),
        )
        self._require_sense(item)
        return item

    def _option(self, entry: Mapping[str, Any]) -> Option:
        right = entry.get("right", False)
        if not isinstance(right, bool):
            raise KitError("quiz.item-lacks", **self.place, what="right = true")
        return Option(
            self._word(entry, "id"), self._text(entry, "text"), right, self._text(entry, "say")
        )

    def _pair(self, entry: Mapping[str, Any]) -> Pair:
        return Pair(self._text(entry, "left"), self._word(entry, "right"), self._text(entry, "say"))

    def _choice(self, entry: Mapping[str, Any]) -> Choice:
        return Choice(self._word(entry, "id"), self._text(entry, "text"))

    def _require_sense(self, item: Item) -> None:
        if len(item.option_ids) < 2 or (item.kind == "match") != bool(item.pairs):
            what = "pairs, choices" if item.kind == "match" else "options"
            raise KitError("quiz.item-lacks", **self.place, what=what)
        if len(set(item.option_ids)) < len(item.option_ids):
            raise KitError("quiz.option-twice", **self.place)
        right = sum(option.right for option in item.options)
        if item.kind == "single" and right != 1:
            raise KitError("quiz.single-right", **self.place, right=right)
        if item.kind == "multiple" and not right:
            raise KitError("quiz.multiple-right", **self.place)
        astray = [pair.right for pair in item.pairs if pair.right not in item.option_ids]
        if astray:
            raise KitError("quiz.pair-astray", **self.place, choice=astray[0])

    def _word(self, entry: Mapping[str, Any], name: str) -> str:
        word = entry.get(name)
        if not isinstance(word, str) or not word:
            raise KitError("quiz.item-lacks", **self.place, what=name)
        return word

    def _text(self, entry: Mapping[str, Any], name: str) -> Text:
        text = entry.get(name)
        absent = [lang for lang in LANGUAGES if not isinstance(text, Mapping) or not text.get(lang)]
        if absent:
            raise KitError("quiz.item-lacks", **self.place, what=f"{name} ({', '.join(absent)})")
        assert isinstance(text, Mapping)
        return text
