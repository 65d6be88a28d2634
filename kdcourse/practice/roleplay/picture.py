"""A still picture of a role play, for readers without a kernel: an SVG of the last lines spoken."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from unicodedata import east_asian_width

from kdcourse.practice.roleplay.reading import meter_names
from kdcourse.practice.roleplay.rules import readings
from kdcourse.practice.roleplay.scenario import FULL
from kdcourse.practice.roleplay.session import Play
from kdcourse.practice.roleplay.wording import line
from kdcourse.texts import pick

_WIDTH, _LINE, _MARGIN = 640, 21, 16
#: Lines of the conversation that are shown, from the end.
_LAST = 4
#: Widths are counted in Latin letters; a Chinese character takes two.
_LETTERS = 82
_FONTS = "system-ui, 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_FILL = {"customer": "#eef2f7", "learner": "#e3f3ee", "story": "none"}
_BAR = "#0072B2"


def picture(play: Play) -> str:
    """Return the picture; it says in words what it shows."""
    title = pick(play.scenario.title)
    parts = [_text(_MARGIN, 30, title, "font-weight='bold' font-size='16'")]
    height = 44
    for name, value in readings(play.scenario, play.state).items():
        parts.append(_bar(height, f"{pick(meter_names()[name])} {value}", value / FULL))
        height += 24
    height += 8
    for who, text in play.script()[-_LAST:]:
        lines = list(wrapped(line(play, who, text), _LETTERS))
        tall = _LINE * len(lines) + 12
        fill = _FILL[who]
        parts.append(
            f"<rect x='{_MARGIN}' y='{height}' width='{_WIDTH - 2 * _MARGIN}' height='{tall}'"
            f" rx='8' fill='{fill}'/>"
        )
        for number, part in enumerate(lines, 1):
            parts.append(_text(_MARGIN + 10, height + number * _LINE, part))
        height += tall + 6
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{_WIDTH}' height='{height + 6}'"
        f" viewBox='0 0 {_WIDTH} {height + 6}' role='img' font-family=\"{_FONTS}\""
        f" font-size='13.5' fill='#24292F'><title>{escape(title)}</title>"
        f"<rect width='100%' height='100%' fill='white'/>{''.join(parts)}</svg>"
    )


def wrapped(text: str, letters: int) -> Iterator[str]:
    """Break a text into lines: between words, or between Chinese characters."""
    line, wide = "", 0
    for word in _words(text):
        width = sum(2 if east_asian_width(c) in "WF" else 1 for c in word)
        # A full stop or comma does not begin a line.
        if wide + width > letters and word not in "，。；：？、”）":
            yield line.rstrip()
            line, wide = "", 0
            word = word.lstrip()
        line, wide = line + word, wide + width
    yield line


def _words(text: str) -> Iterator[str]:
    """Yield what may not be broken: Latin words with the blank before them, Chinese characters."""
    word = ""
    for c in text:
        if east_asian_width(c) in "WF" or c == " ":
            if word:
                yield word
            word = c if c == " " else ""
            if c != " ":
                yield c
        else:
            word += c
    if word:
        yield word


def _bar(top: int, label: str, share: float) -> str:
    long = 200
    return (
        _text(_MARGIN, top + 14, label)
        + f"<rect x='170' y='{top + 3}' width='{long}' height='12' rx='3' fill='#E6E9ED'/>"
        f"<rect x='170' y='{top + 3}' width='{long * share:.0f}' height='12' rx='3' fill='{_BAR}'/>"
    )


def _text(x: int, y: int, text: str, more: str = "") -> str:
    return f"<text x='{x}' y='{y}' {more}>{escape(text)}</text>"
