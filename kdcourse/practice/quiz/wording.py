"""A quiz as plain text: for reading without widgets, and the same in every run."""

from __future__ import annotations

from kdcourse.practice.quiz.item import Item
from kdcourse.practice.quiz.session import Quiz
from kdcourse.texts import pick, say


def as_text(quiz: Quiz) -> str:
    """Return the questions and what can be chosen, without a sign of what is right."""
    blocks = [_item(number, item) for number, item in enumerate(quiz.items, start=1)]
    return "\n\n".join([say("quiz.title", name=quiz.name), *blocks])


def _item(number: int, item: Item) -> str:
    head = f"{number}. {pick(item.ask)}{say(f'quiz.how-{item.kind}')}"
    return "\n".join([head, *(f"   {line}" for line in item.lines())])
