"""The file of a quiz: what it holds, and a sentence for everything that can be wrong in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kdcourse.practice.quiz.choice import Multiple, Single
from kdcourse.practice.quiz.item import Entry, Item
from kdcourse.practice.quiz.match import Match
from kdcourse.practice.quiz.number import Number
from kdcourse.practice.quiz.order import Order
from kdcourse.practice.quiz.words import Words
from kdcourse.texts import KitError

#: The kinds of questions, by what a file calls them.
KINDS: dict[str, type[Item]] = {
    item.kind: item for item in (Single, Multiple, Match, Order, Number, Words)
}


def read_items(source: Mapping[str, Any], file: str) -> tuple[Item, ...]:
    """Read the questions of a quiz.

    Args:
        source: What the file holds.
        file: Its name, for messages.

    Raises:
        KitError: Something is missing or contradicts itself; names the file and the item.
    """
    tables = source.get("items")
    if not tables or not isinstance(tables, list):
        raise KitError("quiz.file-empty", file=file)
    items = tuple(_item(table, file, number) for number, table in enumerate(tables, start=1))
    twice = [name for name, count in Counter(item.id for item in items).items() if count > 1]
    if twice:
        raise KitError("quiz.item-twice", file=file, item=twice[0])
    return items


def _item(table: Mapping[str, Any], file: str, number: int) -> Item:
    entry = Entry(table, file, table.get("id", number))
    kind = entry.word("kind")
    if kind not in KINDS:
        raise entry.fault("item-kind", kind=kind, kinds=", ".join(KINDS))
    entry.get("concepts")  # for authors' tools: which concepts of the syllabus it asks for
    item = KINDS[kind].read(entry)
    entry.close()
    return item
