"""Rules on the words of a notebook: their voice, and how Chinese is set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kdcourse.authoring import markdown
from kdcourse.authoring.lint.outputs import has_image
from kdcourse.authoring.lint.rules import Finding, Subject, found, rule
from kdcourse.authoring.notebook import tags

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_TIGHT = re.compile(rf"{_HAN}[A-Za-z0-9]|[A-Za-z0-9]{_HAN}")
_HALF_WIDTH = re.compile(rf"(?:{_HAN}|[”）》])[,;:?!()\"]|{_HAN}\.(?![A-Za-z0-9])|[)]{_HAN}")
_QUOTED = re.compile(r"“[^”]*”")
_DATE = re.compile(r"(?:19|20)\d\d-\d\d|(?:19|20)\d\d 年 \d{1,2} 月")
_SOURCE = re.compile(r"https?://|\b[Ss]ources?\b|来源|出处")


@rule("calm")
def no_exclamation(subject: Subject) -> Iterator[Finding]:
    """The course speaks to adults at work; it does not cheer."""
    for cell in subject.prose_cells:
        if exclaims(cell["source"]):
            yield found("calm-exclamation", cell)


@rule("chinese-type")
def chinese_well_set(subject: Subject) -> Iterator[Finding]:
    """Chinese is easier to read with space around Latin and with its own punctuation."""
    if subject.lang != "zh-CN":
        return
    for cell in subject.prose_cells:
        for key, where in ill_set(cell["source"]):
            yield found(f"chinese-type-{key}", cell, where=where)


@rule("results-read", "lesson", "case")
def results_read_aloud(subject: Subject) -> Iterator[Finding]:
    """A number teaches when somebody says what it makes one do."""
    for number, cell in enumerate(subject.cells):
        if cell.get("outputs") and {"worked", "misleads"} & set(tags(cell)):
            # A figure drawn from the result may come first: both are read together.
            after = (c for c in subject.cells[number + 1 :] if not has_image(c))
            reading = next(after, None)
            if not reading or not markdown.has_prose(reading["source"]) or "outputs" in reading:
                yield found("results-read-silent", cell)


@rule("sourced")
def figures_sourced(subject: Subject) -> Iterator[Finding]:
    """A real-world figure without source and date can't be checked, nor known to be old."""
    for cell in subject.tagged("fact"):
        if not _SOURCE.search(cell["source"]):
            yield found("sourced-source", cell)
        if not _DATE.search(cell["source"]):
            yield found("sourced-date", cell)


def exclaims(text: str) -> bool:
    """Say whether an exclamation mark stands in the words of a Markdown text."""
    return any(re.search(r"[!！](?!=)", words) for words in markdown.passages(text))


def ill_set(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kind of each slip in Chinese typography, and the words around it."""
    for words in markdown.passages(text):
        for kind, pattern in (("space", _TIGHT), ("punctuation", _HALF_WIDTH)):
            slip = pattern.search(words)
            if slip:
                yield kind, words[max(0, slip.start() - 6) : slip.end() + 6].replace("\n", " ")
        # What is said to a customer, in quotation marks, is said politely.
        told = _QUOTED.sub("", words)
        if "您" in told:
            yield "you", told[max(0, told.index("您") - 6) : told.index("您") + 6]
