"""Quizzes as plain state: questions, what was answered, and what to say to each answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdcourse.practice.quiz_reading import Item, Text, read_items
from kdcourse.progress.journal import record
from kdcourse.texts import KitError, content, pick, say


@dataclass(frozen=True)
class Remark:
    """What is said to one option the learner chose, or to one pair the learner matched.

    Attributes:
        right: Whether it was rightly chosen or matched.
        about: The option or pair, where there are several; None for a single choice.
        text: The author's remark; None if reading it would give the answer away.
    """

    right: bool
    about: Text | None
    text: Text | None


@dataclass(frozen=True)
class Feedback:
    """The answer to an answer.

    Attributes:
        item: Id of the item.
        right: Whether the whole item is right.
        remarks: What to say, one per option chosen or pair matched.
        complete: False if a multiple choice has right options that weren't chosen.
    """

    item: str
    right: bool
    remarks: tuple[Remark, ...]
    complete: bool = True

    def lines(self) -> list[str]:
        """Return the feedback in sentences of the language spoken now."""
        said = [say("quiz.right" if self.right else "quiz.wrong")]
        for remark in self.remarks:
            text = pick(remark.text) if remark.text else say("quiz.other-choice")
            if remark.about is not None:
                about = f"{'✓' if remark.right else '✗'} {pick(remark.about)}"
                text = say("quiz.remark", about=about, text=text)
            said.append(text)
        if not self.complete:
            said.append(say("quiz.more"))
        return said

    def __repr__(self) -> str:
        return "\n".join(self.lines())


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

    def answer(self, item: str | Mapping[str, Any], choice: Any = None) -> Feedback | Report:
        """Answer one item, or several at once; each may be answered again.

        Args:
            item: The item's id, or ``{id: choice}``.
            choice: Id of the chosen option; for a multiple choice a list of ids; for matching
                the id of the choice for each pair, in order.

        Raises:
            KitError: There is no such item or option, or a pair has no choice.
        """
        if isinstance(item, Mapping):
            # All are read before the first counts, so that a misspelt id leaves nothing half done.
            given = [self._judge(key, value) for key, value in item.items()]
            for feedback in given:
                self._take(feedback)
            return Report(self, tuple(given))
        feedback = self._judge(item, choice)
        self._take(feedback)
        return feedback

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

    def _judge(self, item_id: str, choice: Any) -> Feedback:
        item = next((item for item in self.items if item.id == item_id), None)
        if item is None:
            ids = ", ".join(item.id for item in self.items)
            raise KitError("quiz.unknown-item", item=item_id, items=ids)
        chosen = [choice] if isinstance(choice, str) else _listed(choice)
        unknown = [value for value in chosen if value not in item.option_ids]
        if unknown or not chosen or (item.kind == "single" and len(chosen) > 1):
            ids = ", ".join(item.option_ids)
            raise KitError("quiz.bad-choice", item=item_id, options=ids)
        return _matched(item, chosen) if item.kind == "match" else _picked(item, chosen)

    def __repr__(self) -> str:
        from kdcourse.practice.quiz_text import as_text

        return as_text(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from kdcourse.practice.quiz_view import mimebundle

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


def _listed(choice: object) -> list[Any]:
    return list(choice) if isinstance(choice, Iterable) else []


def _picked(item: Item, chosen: Sequence[str]) -> Feedback:
    remarks = tuple(
        Remark(option.right, None if item.kind == "single" else option.text, option.say)
        for option in item.options
        if option.id in chosen
    )
    complete = all(option.id in chosen for option in item.options if option.right)
    right = complete and all(remark.right for remark in remarks)
    # With one choice a wrong one says it all; "something is missing" would only confuse.
    return Feedback(item.id, right, remarks, complete or item.kind == "single")


def _matched(item: Item, chosen: Sequence[str]) -> Feedback:
    if len(chosen) != len(item.pairs):
        raise KitError("quiz.pairs-open", item=item.id, pairs=len(item.pairs))
    # What is said of a pair explains the match, so only a learner who found it reads it.
    remarks = tuple(
        Remark(choice == pair.right, pair.left, pair.say if choice == pair.right else None)
        for pair, choice in zip(item.pairs, chosen, strict=True)
    )
    return Feedback(item.id, all(remark.right for remark in remarks), remarks)


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
