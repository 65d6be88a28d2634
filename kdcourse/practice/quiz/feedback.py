"""What is said to an answer: the verdict, and a remark on each thing the learner chose or wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdcourse.texts import pick, say

#: A text in every language of the course.
Text = Mapping[str, str]


@dataclass(frozen=True)
class Remark:
    """What is said to one option chosen, pair matched, step placed, or to the whole answer.

    Attributes:
        right: Whether it was rightly chosen.
        about: What it is about, where there are several; None for a single answer.
        text: The author's remark; None if reading it would give the answer away.
        instead: What is said then: a message of ``content/messages/quiz.toml``.
    """

    right: bool
    about: Text | None
    text: Text | None
    instead: str = "other-choice"


@dataclass(frozen=True)
class Feedback:
    """The answer to an answer.

    Attributes:
        item: Id of the item.
        right: Whether the whole item is right.
        remarks: What to say, one per option chosen, pair matched or step placed.
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
            text = pick(remark.text) if remark.text else say(f"quiz.{remark.instead}")
            if remark.about is not None:
                about = f"{'✓' if remark.right else '✗'} {pick(remark.about)}"
                text = say("quiz.remark", about=about, text=text)
            said.append(text)
        if not self.complete:
            said.append(say("quiz.more"))
        return said

    def __repr__(self) -> str:
        return "\n".join(self.lines())
