"""How verdicts, hints and solutions look in a notebook and in a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from kdcourse.checks.verdict import Outcome, Verdict
from kdcourse.checks.wording import SYMBOLS, heading, rubric, sentences

# Colours of Okabe and Ito, which colour-blind readers can tell apart. They only mark the edge: the
# text keeps the colours of the reader's theme.
_COLOURS = {
    Outcome.CORRECT: "#009e73",
    Outcome.PARTLY_CORRECT: "#e69f00",
    Outcome.INCORRECT: "#d55e00",
    Outcome.NOT_ATTEMPTED: "#8c8c8c",
    Outcome.CANNOT_BE_CHECKED: "#cc79a7",
}
_CARD = "border-left: 4px solid {colour}; padding: 4px 12px; margin: 4px 0; max-width: 46em"
_CRITERION = "font-weight: bold; margin-top: 8px"
_CODE = re.compile(r"`([^`]+)`")


class Checked:
    """A verdict as the last value of a cell.

    Attributes:
        verdict: The plain data.
    """

    def __init__(self, verdict: Verdict, words: Mapping[str, Any]) -> None:
        self.verdict = verdict
        # Worded now, not when shown: a cell that changes the language later changes no verdict.
        self._heading = f"{SYMBOLS[verdict.outcome]} {heading(verdict)}"
        self._sentences = sentences(verdict, words)
        self._rubric = rubric(verdict, words)

    def __repr__(self) -> str:
        lines = [self._heading, *self._sentences]
        for criterion, levels in self._rubric:
            lines += ["", criterion]
            lines += [f"  {level}. {text}" for level, text in enumerate(levels, start=1)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        symbol, _, words = self._heading.partition(" ")
        parts = [
            f'<div role="status" style="{_CARD.format(colour=_COLOURS[self.verdict.outcome])}">',
            f'<div><span aria-hidden="true">{symbol}</span> <strong>{escape(words)}</strong></div>',
            *(f"<div>{marked_up(sentence)}</div>" for sentence in self._sentences),
        ]
        for criterion, levels in self._rubric:
            items = "".join(f"<li>{marked_up(level)}</li>" for level in levels)
            parts.append(f'<div style="{_CRITERION}">{escape(criterion)}</div>')
            parts.append(f'<ol style="margin: 0">{items}</ol>')
        return "\n".join([*parts, "</div>"])

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        # nbgrader takes a plain number as the points of a cell; its feedback shows the card.
        graded = os.environ.get("NBGRADER_EXECUTION")
        plain = f"{self.verdict.points:g}" if graded else repr(self)
        return {"text/html": self._repr_html_(), "text/plain": plain}


class Note:
    """A titled text in Markdown as the last value of a cell, legible as plain text too.

    Attributes:
        title: Plain text.
        body: Markdown.
    """

    def __init__(self, title: str, body: str) -> None:
        self.title = title
        self.body = body.strip()

    def __repr__(self) -> str:
        return f"{self.title}\n\n{self.body}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/markdown": f"**{self.title}**\n\n{self.body}", "text/plain": repr(self)}


def marked_up(text: str) -> str:
    """Return text as HTML, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
