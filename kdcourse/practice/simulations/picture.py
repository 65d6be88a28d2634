"""The picture of a result: an SVG that needs no kernel, the same on the screen and on paper."""

from __future__ import annotations

from html import escape

from kdcourse.practice.simulations.result import Result, Series
from kdcourse.practice.simulations.spec import Outcome
from kdcourse.practice.simulations.wording import decided, result_text
from kdcourse.texts import pick, say

_WIDTH, _MARGIN = 640, 16
_FONTS = "system-ui, 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_TODAY, _NOW, _INK, _GRID = "#8A929C", "#0072B2", "#24292F", "#E6E9ED"
_BARS_AT, _BARS_LONG = 250, 210
_ROW = 46
_PLOT = 190


def chart(result: Result) -> str:
    """Return the picture of a result: every outcome beside doing nothing, then its course."""
    spec = result.spec
    parts = [_text(_MARGIN, 26, pick(spec.title), "font-weight='bold' font-size='16'")]
    parts.append(_text(_MARGIN, 47, _cut(decided(spec, result.settings), 88), "fill='#57606A'"))
    parts += _legend(66)
    top = 80
    for outcome in spec.outcomes.values():
        parts += _pair(top, outcome, result.today[outcome.id], result.now[outcome.id])
        top += _ROW
    if result.series and len(result.series.labels) > 1:  # one point is no course
        parts += _course(top + 6, spec.outcomes[result.series.outcome], result.series)
        top += _PLOT + 52
    return _svg(top + 8, "".join(parts), result_text(result))


def blank(title: str, words: str) -> str:
    """Return the picture of a simulation in which nothing is decided yet."""
    note = _text(_MARGIN, 52, say("simulation.nothing-yet"))
    head = _text(_MARGIN, 26, title, "font-weight='bold' font-size='16'")
    return _svg(70, head + note, words)


def _pair(top: int, outcome: Outcome, today: float, now: float) -> list[str]:
    most = max(abs(today), abs(now)) or 1.0
    parts = [_text(_MARGIN, top + 18, _cut(pick(outcome.name), 37))]
    for place, value, fill in ((0, today, _TODAY), (1, now, _NOW)):
        y = top + 3 + place * 18
        long = _BARS_LONG * abs(value) / most
        # What lies below nothing is drawn hollow: its length alone would look like a gain.
        look = f"fill='{fill}'" if value >= 0 else f"fill='none' stroke='{fill}' stroke-width='2'"
        parts.append(f"<rect x='{_BARS_AT}' y='{y}' width='{long:.1f}' height='13' rx='2' {look}/>")
        parts.append(_text(int(_BARS_AT + long) + 8, y + 11, outcome.shown(value)))
    return parts


def _legend(y: int) -> list[str]:
    parts, x = [], _BARS_AT
    for key, fill in (("simulation.nothing-done", _TODAY), ("simulation.with-it", _NOW)):
        words = say(key)
        parts.append(f"<rect x='{x}' y='{y - 10}' width='12' height='12' rx='2' fill='{fill}'/>")
        parts.append(_text(x + 18, y, words))
        x += 200
    return parts


def _course(top: int, outcome: Outcome, series: Series) -> list[str]:
    """Draw an outcome over time, dashed without the decision, from nothing upward."""
    left, right, bottom = _MARGIN + 8, _WIDTH - 130, top + 26 + _PLOT - 20
    values = [*series.today, *series.now]
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    steps = max(len(series.labels) - 1, 1)

    def place(number: int, value: float) -> str:
        x = left + (right - left) * number / steps
        y = bottom - (bottom - top - 26) * (value - low) / span
        return f"{x:.1f},{y:.1f}"

    parts = [_text(_MARGIN, top + 14, outcome.label, "font-weight='bold'")]
    zero = place(0, 0.0).split(",")[1]
    parts.append(f"<line x1='{left}' x2='{right}' y1='{zero}' y2='{zero}' stroke='{_GRID}'/>")
    for line, colour, dash in ((series.today, _TODAY, "6 4"), (series.now, _NOW, "none")):
        points = " ".join(place(number, value) for number, value in enumerate(line))
        parts.append(
            f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2.5'"
            f" stroke-dasharray='{dash}'/>"
        )
        if line:
            x, y = place(len(line) - 1, line[-1]).split(",")
            dots = (place(number, value).split(",") for number, value in enumerate(line))
            parts += [f"<circle cx='{cx}' cy='{cy}' r='3' fill='{colour}'/>" for cx, cy in dots]
            # Two ends at one height would hide each other: the upper one goes up, the other down.
            other = (series.now if colour == _TODAY else series.today)[-1:]
            above = line[-1] > other[0] if other and line[-1] != other[0] else colour == _TODAY
            shift = -6 if above else 14
            label = outcome.number(line[-1])
            parts.append(_text(int(float(x)) + 8, int(float(y)) + shift, label, f"fill='{colour}'"))
    first, last = series.named(0), series.named(-1)
    parts.append(_text(left, bottom + 20, first, "font-size='12'"))
    parts.append(_text(right, bottom + 20, last, "font-size='12' text-anchor='end'"))
    return parts


def _svg(height: int, body: str, words: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{_WIDTH}' height='{height}'"
        f" viewBox='0 0 {_WIDTH} {height}' role='img' font-family=\"{_FONTS}\""
        f" font-size='13' fill='{_INK}' style='max-width: 100%'><title>{escape(words)}</title>"
        f"<rect width='100%' height='100%' fill='white'/>{body}</svg>"
    )


def _cut(text: str, letters: int) -> str:
    """Return text that fits into so many Latin letters; a Chinese character takes two."""
    wide = 0
    for number, letter in enumerate(text):
        wide += 2 if ord(letter) > 0x2E7F else 1
        if wide > letters:
            return text[: number - 1] + "…"
    return text


def _text(x: int, y: int, text: str, more: str = "") -> str:
    return f"<text x='{x}' y='{y}' {more}>{escape(text)}</text>"
