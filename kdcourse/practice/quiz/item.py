"""What all kinds of questions have in common, and how one is read from the file of its quiz."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Self, TypeVar

from kdcourse.practice.quiz.feedback import Feedback, Text
from kdcourse.texts import LANGUAGES, KitError

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Item(ABC):
    """One question of a quiz.

    Attributes:
        kind: What its file calls questions of this kind.
        id: Its name within the quiz.
        objective: The objective of the lesson that it asks for.
        ask: The question.
    """

    kind: ClassVar[str]

    id: str
    objective: str
    ask: Text

    @classmethod
    @abstractmethod
    def read(cls, entry: Entry) -> Self:
        """Read it from its table in the file."""

    @abstractmethod
    def judge(self, answer: object) -> Feedback:
        """Say what an answer is worth.

        Raises:
            KitError: It is no answer to such a question; that doesn't count as a try.
        """

    @abstractmethod
    def lines(self) -> list[str]:
        """Return what stands below the question, in the language spoken now, without a solution."""


@dataclass(frozen=True)
class Named:
    """Something that is chosen by its id, or by its number on the screen."""

    id: str
    text: Text


def chosen(item: str, answer: object, ids: Sequence[str]) -> list[str]:
    """Return the ids that an answer names, by id or by the number that the text gives them.

    Args:
        item: Id of the question, for the message.
        answer: An id, a number from 1, or several of them.
        ids: What can be chosen, in the order in which it is shown.

    Raises:
        KitError: Nothing is chosen, or something that isn't there.
    """
    given = [answer] if isinstance(answer, str | Integral) else _listed(answer)
    found = [_id_of(value, ids) for value in given]
    known = [name for name in found if name is not None]
    if not found or len(known) < len(found):
        raise bad_choice(item, ids)
    return known


def bad_choice(item: str, ids: Sequence[str]) -> KitError:
    """Return the fault of an answer that names other things than there are, or too many."""
    return KitError("quiz.bad-choice", item=item, options=", ".join(ids))


def _id_of(value: object, ids: Sequence[str]) -> str | None:
    if isinstance(value, Integral) and not isinstance(value, bool):
        return ids[int(value) - 1] if 1 <= int(value) <= len(ids) else None
    return value if isinstance(value, str) and value in ids else None


def _listed(answer: object) -> list[object]:
    return list(answer) if isinstance(answer, Iterable) else []


class Entry:
    """A table in the file of a quiz; knows where it stands, and what of it nobody asked for.

    Args:
        table: What the file holds there.
        file: The file's name.
        item: Id or number of the question.
    """

    def __init__(self, table: Mapping[str, Any], file: str, item: object) -> None:
        self._table = table
        self._file, self._item = file, item
        self._asked: set[str] = set()

    def get(self, name: str) -> Any:
        """Return what stands under ``name``, None if nothing does."""
        self._asked.add(name)
        return self._table.get(name)

    def word(self, name: str) -> str:
        """Return a word that has to be there."""
        word = self.get(name)
        if not isinstance(word, str) or not word:
            raise self.lacks(name)
        return word

    def flag(self, name: str) -> bool:
        """Return true or false; false where nothing stands."""
        flag = self.get(name)
        if not isinstance(flag, bool | None):
            raise self.lacks(f"{name} = true")
        return bool(flag)

    def text(self, name: str) -> Text:
        """Return a text, which has to be there in every language."""
        text = self.get(name)
        there = text if isinstance(text, Mapping) else {}
        absent = [lang for lang in LANGUAGES if not _is_text(there.get(lang))]
        if absent:
            raise self.lacks(f"{name} ({', '.join(absent)})")
        return dict(there)

    def head(self) -> tuple[str, str, Text]:
        """Return what every question has: its id, its objective, and what it asks."""
        return self.word("id"), self.word("objective"), self.text("ask")

    def named(self) -> Named:
        """Return something to be chosen."""
        return Named(self.word("id"), self.text("text"))

    def parts(self, name: str, read: Callable[[Entry], _Part], least: int = 1) -> tuple[_Part, ...]:
        """Return what the tables ``[[items.name]]`` hold, each read by ``read``.

        Raises:
            KitError: There are fewer than ``least``.
        """
        tables = self.get(name) or []
        if not isinstance(tables, list) or not all(isinstance(each, Mapping) for each in tables):
            raise self.lacks(f"[[items.{name}]]")
        if len(tables) < least:
            raise self.fault("too-few", part=name, number=len(tables), least=least)
        found = []
        for table in tables:
            entry = Entry(table, self._file, self._item)
            found.append(read(entry))
            entry.close()
        return tuple(found)

    def close(self) -> None:
        """Have it said if something stands there that nobody asked for: it is misspelt."""
        if odd := [name for name in self._table if name not in self._asked]:
            raise self.fault("item-odd", name=odd[0])

    def require_own(self, ids: Iterable[str]) -> None:
        """Have it said if an id occurs twice."""
        ids = list(ids)
        if len(set(ids)) < len(ids):
            raise self.fault("option-twice")

    def fault(self, key: str, **fields: object) -> KitError:
        """Return a fault of this question."""
        return KitError(f"quiz.{key}", file=self._file, item=self._item, **fields)

    def lacks(self, what: str) -> KitError:
        """Return the fault that ``what`` is missing or in the wrong form."""
        return self.fault("item-lacks", what=what)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
