"""A quiz as plain text: for reading without widgets, and the same in every run."""

from __future__ import annotations

from kdcourse.practice.quiz import Quiz
from kdcourse.practice.quiz_reading import Item
from kdcourse.texts import pick, say


def as_text(quiz: Quiz) -> str:
    """Return the questions and what can be chosen, without a sign of what is right."""
    blocks = [_item(number, item) for number, item in enumerate(quiz.items, start=1)]
    return "\n\n".join([say("quiz.title", name=quiz.name), *blocks])


def _item(number: int, item: Item) -> str:
    lines = [f"{number}. {pick(item.ask)}{say(f'quiz.how-{item.kind}')}"]
    lines += [f"   - {pick(pair.left)}" for pair in item.pairs]
    texts = [option.text for option in item.options] + [choice.text for choice in item.choices]
    lines += [f"   {place}) {pick(text)}" for place, text in enumerate(texts, start=1)]
    return "\n".join(lines)
