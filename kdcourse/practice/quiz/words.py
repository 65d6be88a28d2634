"""Questions whose answer is a word or a short phrase, typed in either language of the course."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Self
from unicodedata import category, normalize

from kdcourse.practice.quiz.feedback import Feedback, Remark, Text
from kdcourse.practice.quiz.item import Entry, Item
from kdcourse.texts import LANGUAGES, KitError

#: So alike are a word and a slip of the finger in it; shorter words would be taken for others.
_ALIKE, _LETTERS = 0.85, 5

_ARTICLE = re.compile(r"^(?:the|an?)\s+")


@dataclass(frozen=True)
class Wording:
    """Words that are right, or a known slip.

    Attributes:
        right: Whether they are right.
        words: In all languages, as :func:`plain` makes them.
        say: Why they are right, or what is mistaken for what.
    """

    right: bool
    words: frozenset[str]
    say: Text


@dataclass(frozen=True)
class Words(Item):
    """A word or a short phrase to be typed.

    Attributes:
        answers: Right words and known slips.
        otherwise: What is said to any other word.
    """

    kind = "text"

    answers: tuple[Wording, ...]
    otherwise: Text

    @classmethod
    def read(cls, entry: Entry) -> Self:
        """Read it from its table in the file."""
        answers = entry.parts("answers", _wording)
        item = cls(*entry.head(), answers, entry.text("otherwise"))
        if not any(answer.right for answer in answers):
            raise entry.fault("answers-right")
        seen: set[str] = set()
        for answer in answers:
            if again := seen & answer.words:
                raise entry.fault("word-twice", word=min(again))
            seen |= answer.words
        return item

    def judge(self, answer: object) -> Feedback:
        """Say what a word or phrase is worth."""
        word = plain(answer) if isinstance(answer, str) else ""
        if not word:
            raise KitError("quiz.no-words", item=self.id)
        met = next((wording for wording in self.answers if word in wording.words), None)
        if met is None and self._nearly(word):
            return Feedback(self.id, False, (Remark(False, None, None, "spelling"),))
        right = met is not None and met.right
        return Feedback(self.id, right, (Remark(right, None, met.say if met else self.otherwise),))

    def lines(self) -> list[str]:
        """Return a blank to be filled."""
        return ["______"]

    def _nearly(self, word: str) -> bool:
        """Say whether a word is a right one but for its spelling."""
        rights = {right for wording in self.answers if wording.right for right in wording.words}
        return any(
            len(right) >= _LETTERS and SequenceMatcher(None, word, right).ratio() >= _ALIKE
            for right in rights
        )


def plain(text: str) -> str:
    """Return a text so that width, case, spaces, punctuation and a leading article don't matter."""
    folded = _ARTICLE.sub("", normalize("NFKC", text).casefold().strip())
    # A percent sign is punctuation to Unicode, and a difference to us.
    return "".join(c for c in folded if c == "%" or category(c)[0] not in "PZC")


def _wording(entry: Entry) -> Wording:
    words = entry.get("words")
    there = words if isinstance(words, Mapping) else {}
    absent = [lang for lang in LANGUAGES if not _are_words(there.get(lang))]
    if absent:
        raise entry.lacks(f"words ({', '.join(absent)})")
    found = frozenset(plain(word) for lang in LANGUAGES for word in there[lang])
    return Wording(entry.flag("right"), found, entry.text("say"))


def _are_words(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(word, str) and plain(word) for word in value)
    )
