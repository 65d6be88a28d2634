"""Quizzes as plain state: questions, what was answered, and what to say to each answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdcourse.practice.quiz.feedback import Feedback
from kdcourse.practice.quiz.item import Item
from kdcourse.practice.quiz.reading import read_items
from kdcourse.progress.journal import record
from kdcourse.texts import KitError, content, pick, say


@dataclass
class Progress:
    """How one item went so far.

    Attributes:
        tries: Number of answers.
        first: Whether the first was right; None before it.
        best: Whether any was.
        last: Feedback on the latest.
    """

    tries: int = 0
    first: bool | None = None
    best: bool = False
    last: Feedback | None = None

    def add(self, feedback: Feedback) -> None:
        """Take in one more answer."""
        self.tries += 1
        if self.first is None:
            self.first = feedback.right
        self.best = self.best or feedback.right
        self.last = feedback


@dataclass
class Quiz:
    """A quiz under way. Knows nothing of widgets; the last value of a cell, it shows itself.

    Attributes:
        name: The lesson's, ``"1.1"``.
        items: Its questions.
        listener: Is told of every answer.
        progress: By item id.
    """

    name: str
    items: Sequence[Item]
    listener: Callable[[Feedback], None] | None = field(default=None, repr=False)
    progress: dict[str, Progress] = field(init=False)

    def __post_init__(self) -> None:
        self.progress = {item.id: Progress() for item in self.items}

    def answer(
        self, item: str | Mapping[str, Any] | Sequence[Any], choice: Any = None
    ) -> Feedback | Report:
        """Answer one item, or several at once; each may be answered again.

        Args:
            item: The item's id, ``{id: choice}``, or a list with a choice for each item in order,
                None for what is left out.
            choice: The id of an option, or its number in the text; several of them for a multiple
                choice; one for each pair, in order, for matching; all steps in order; a number; a
                word.

        Raises:
            KitError: There is no such item or option, something is left open, or what should be a
                number is none. Nothing counts then.
        """
        if isinstance(item, str):
            feedback = self._judge(item, choice)
            self._take(feedback)
            return feedback
        # All are read before the first counts, so that a misspelt id leaves nothing half done.
        several = item if isinstance(item, Mapping) else self._by_id(item)
        given = [self._judge(key, value) for key, value in several.items()]
        for feedback in given:
            self._take(feedback)
        return Report(self, tuple(given))

    @property
    def answered(self) -> int:
        """Number of items answered at least once."""
        return sum(progress.tries > 0 for progress in self.progress.values())

    @property
    def score(self) -> int:
        """Number of items that were right at any try."""
        return sum(progress.best for progress in self.progress.values())

    @property
    def first_score(self) -> int:
        """Number of items that were right at the first try."""
        return sum(bool(progress.first) for progress in self.progress.values())

    def status(self) -> str:
        """Return where the learner stands, in one line."""
        return say("quiz.progress", answered=self.answered, items=len(self.items), right=self.score)

    def _take(self, feedback: Feedback) -> None:
        self.progress[feedback.item].add(feedback)
        if self.listener:
            self.listener(feedback)

    def _by_id(self, choices: object) -> dict[str, Any]:
        listed = choices if isinstance(choices, list | tuple) else []
        if len(listed) != len(self.items):
            raise KitError("quiz.answers-number", items=len(self.items))
        every = zip(self.items, listed, strict=True)
        return {item.id: choice for item, choice in every if choice is not None}

    def _judge(self, item_id: str, choice: Any) -> Feedback:
        item = next((item for item in self.items if item.id == item_id), None)
        if item is None:
            ids = ", ".join(item.id for item in self.items)
            raise KitError("quiz.unknown-item", item=item_id, items=ids)
        return item.judge(choice)

    def __repr__(self) -> str:
        from kdcourse.practice.quiz.wording import as_text

        return as_text(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from kdcourse.practice.quiz.view import mimebundle

        return mimebundle(self)


@dataclass(frozen=True)
class Report:
    """Feedback on several items at once."""

    quiz: Quiz
    feedback: tuple[Feedback, ...]

    def __repr__(self) -> str:
        asks = {item.id: pick(item.ask) for item in self.quiz.items}
        blocks = [f"{asks[given.item]}\n{given!r}" for given in self.feedback]
        return "\n\n".join([*blocks, self.quiz.status()])


def quiz(name: str) -> Quiz:
    """Return the quiz of a lesson, ready to be answered.

    Args:
        name: The lesson's number, ``"1.1"``.

    Raises:
        KitError: There is no such quiz.
    """
    # A name with a slash in it could reach another file of the course.
    if not re.fullmatch(r"[\w.-]+", str(name)):
        raise KitError("quiz.unknown-quiz", name=name)
    try:
        source = content(f"quizzes/{name}")
    except FileNotFoundError:
        raise KitError("quiz.unknown-quiz", name=name) from None
    return Quiz(name, read_items(source, f"content/quizzes/{name}.toml"), _write_down(name))


def _write_down(name: str) -> Callable[[Feedback], None]:
    """Return what keeps the answers to a quiz in the learner's journal."""

    def listen(given: Feedback) -> None:
        record("quiz", f"{name}/{given.item}", "right" if given.right else "wrong")

    return listen
