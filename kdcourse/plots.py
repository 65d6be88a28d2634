"""Figures that say what they show: drawn from a table, titled with a sentence, and put into words.

A lesson names the figure and hands over the numbers; titles, axes and labels stand in
``content/figures``, so that the same code cell serves both languages. Every figure is followed by
its words, made from the same numbers, for readers who can't see it (and for the test that compares
the words).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from io import BytesIO
from math import inf
from typing import TYPE_CHECKING, Any

from kdcourse.course import FIGURE_FONT
from kdcourse.texts import content, pick, say
from kdcourse.world.tables import display_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, "Color Universal Design" (2008): told apart with every kind of colour vision.
_BLUE, _ORANGE, _GREEN, _PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
_COLOURS = (_BLUE, _ORANGE, _GREEN, _PINK)
_DASHES = ("-", "--", "-.", ":")
_MARKERS = ("o", "s", "^", "D")
_GREY, _INK = "#B8BEC6", "#24292F"
#: Up to this many points, the words name each; beyond, the ends and the extremes.
_FEW = 16
#: Height of the axes, and of a line of text, in points.
_HIGH, _LINE = 200.0, 13.0


#: Where figures go while :func:`held` collects them; None shows them.
_held: ContextVar[list[tuple[bytes, str]] | None] = ContextVar("held", default=None)


@contextmanager
def held() -> Iterator[list[tuple[bytes, str]]]:
    """Collect figures, each as PNG and words, instead of showing them: a widget shows its own."""
    figures: list[tuple[bytes, str]] = []
    token = _held.set(figures)
    try:
        yield figures
    finally:
        _held.reset(token)


def use_style() -> None:
    """Set matplotlib up for the course: the bundled font, quiet axes, safe colours."""
    from cycler import cycler
    from matplotlib import font_manager, rcParams

    font_manager.fontManager.addfont(FIGURE_FONT)
    rcParams.update(
        {
            "font.family": [font_manager.FontProperties(fname=FIGURE_FONT).get_name()],
            "font.size": 10.5,
            "axes.prop_cycle": cycler(color=_COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": _GREY,
            "axes.labelcolor": _INK,
            "axes.titlecolor": _INK,
            "axes.titlelocation": "left",
            "axes.titlesize": 12.5,
            "axes.titlepad": 12,
            "axes.unicode_minus": False,
            "text.color": _INK,
            "xtick.color": _INK,
            "ytick.color": _INK,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E6E9ED",
            "figure.figsize": (7.6, 3.9),
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
        }
    )


@dataclass(frozen=True)
class _Texts:
    """The words of one figure in the language spoken now."""

    figure: str

    @property
    def _entry(self) -> dict[str, Any]:
        lesson, _, name = self.figure.rpartition(".")
        entry: dict[str, Any] = content(f"figures/{lesson}")[name]
        return entry

    def __getitem__(self, part: str) -> str:
        return pick(self._entry[part])

    def number(self, value: float) -> str:
        """Write a quantity of the figure's value axis."""
        form = self._entry.get("form", "{:,.0f}")
        return str(form.format(value))

    def series(self, column: str) -> str:
        return pick(self._entry["series"][column])

    @property
    def note(self) -> str:
        """Where real figures come from; empty for synthetic ones."""
        return pick(self._entry["note"]) if "note" in self._entry else ""

    @property
    def rule(self) -> tuple[float, str] | None:
        rule = self._entry.get("rule")
        return (rule["at"], pick(rule)) if rule else None


def line(frame: pd.DataFrame, x: str, y: str | Sequence[str], figure: str) -> None:
    """Draw one or more columns over time.

    Args:
        frame: Rows in the order of ``x``.
        x: Column of the horizontal axis: numbers, dates or months.
        y: Column or columns of the vertical axis.
        figure: Key of the texts, ``"1.1.volume"``; its title may use ``{first} {last} {low}
            {high}`` of the first column.
    """
    columns = [y] if isinstance(y, str) else list(y)
    texts = _Texts(figure)
    labels = [str(value) for value in frame[x]]
    places = list(frame[x]) if frame[x].dtype.kind in "if" else list(range(len(labels)))
    drawing, axes = _blank(texts)
    for column, colour, dash, marker in zip(columns, _COLOURS, _DASHES, _MARKERS, strict=False):
        for part in _unbroken(places, texts.rule):
            look: Any = {"color": colour, "marker": marker, "ms": 4, "lw": 1.8}
            axes.plot(places[part], frame[column].iloc[part], dash, **look)
    top = 1.08 * float(frame[columns].to_numpy().max())
    axes.set_ylim(0, top)
    if len(columns) > 1:
        ends = [float(frame[column].iloc[-1]) for column in columns]
        for column, end, lift, colour in zip(
            columns, ends, _lifts([end / top for end in ends]), _COLOURS, strict=False
        ):
            axes.annotate(
                texts.series(column), (places[-1], end), (6, lift),
                textcoords="offset points", va="center", color=colour,
            )  # fmt: skip
    if frame[x].dtype.kind not in "if":
        step = max(1, len(labels) // 8)
        axes.set_xticks(places[::step], labels[::step])
    if rule := texts.rule:
        axes.axvline(rule[0], color=_INK, lw=1, ls=":")
        axes.annotate(
            rule[1], (rule[0], 1), (-5, -4), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right", va="top", fontsize=9.5,
        )  # fmt: skip
    title = _title(texts, frame[columns[0]])
    words = [_series_words(texts, labels, frame[c], c if len(columns) > 1 else "") for c in columns]
    if rule:
        words.append(say("plots.rule", at=f"{rule[0]:g}", text=rule[1]))
    _show(drawing, axes, texts, title, say("plots.line"), words)


def bars(
    frame: pd.DataFrame,
    label: str,
    value: str,
    figure: str,
    names: str | None = None,
    highlight: str | None = None,
) -> None:
    """Draw a value per category as horizontal bars, in the order of the rows.

    Args:
        frame: One row per bar.
        label: Column with the categories.
        value: Column with the lengths.
        figure: Key of the texts; its title may use ``{first} {last} {low} {high} {highlighted}``.
        names: ``table.column`` whose display names the categories have; default: as they are.
        highlight: The category to set off, by colour and by a mark at its name.
    """
    texts = _Texts(figure)
    shown = _named(frame[label], names)
    own = [str(code) == highlight for code in frame[label]]
    ticks = [f"→ {name}" if mark else name for name, mark in zip(shown, own, strict=True)]
    drawing, axes = _blank(texts, height=0.9 + 0.3 * len(frame))
    places = range(len(frame))
    colours = [_ORANGE if mark else _BLUE for mark in own]
    axes.barh(places, frame[value], color=colours, height=0.7)
    for place, length in zip(places, frame[value], strict=True):
        axes.annotate(
            texts.number(length), (length, place), (4, 0), textcoords="offset points",
            va="center", fontsize=9.5,
        )  # fmt: skip
    axes.set_yticks(places, ticks)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.12)
    pairs = [
        say("plots.pair", name=name, value=texts.number(length))
        for name, length in zip(shown, frame[value], strict=True)
    ]
    extra = {}
    if highlight:
        extra["highlighted"] = texts.number(frame.loc[own, value].iloc[0])
        pairs.append(say("plots.highlighted", name=shown[own.index(True)]))
    title = _title(texts, frame[value], **extra)
    _show(drawing, axes, texts, title, say("plots.bars"), pairs)


def spans(
    frame: pd.DataFrame,
    label: str,
    columns: tuple[str, str, str],
    target: float,
    figure: str,
    names: str | None = None,
) -> None:
    """Draw a span per category (low end, middle, high end) against one target.

    Args:
        frame: One row per category.
        label: Column with the categories.
        columns: Columns of the low end, the middle and the high end.
        target: Value of the line to compare with.
        figure: Key of the texts; its ``series`` names the three columns and ``target``.
        names: ``table.column`` whose display names the categories have.
    """
    low, middle, high = columns
    texts = _Texts(figure)
    shown = _named(frame[label], names)
    drawing, axes = _blank(texts, height=1.6 + 0.42 * len(frame))
    places = range(len(frame))
    axes.hlines(places, frame[low], frame[high], color=_BLUE, lw=5, alpha=0.45)
    axes.plot(frame[middle], places, "o", color=_BLUE, ms=8)
    axes.plot(frame[high], places, "|", color=_BLUE, ms=14, mew=2)
    axes.axvline(target, color=_ORANGE, lw=2, ls="--")
    axes.annotate(
        texts.series("target"), (target, 1), (5, -2), xycoords=("data", "axes fraction"),
        textcoords="offset points", va="top", color=_ORANGE, fontsize=9.5,
    )  # fmt: skip
    axes.set_yticks(places, shown)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlim(left=0)
    axes.margins(y=0.15)
    words = [
        say(
            "plots.span", name=name, low=texts.number(row[0]), middle=texts.number(row[1]),
            high=texts.number(row[2]), low_is=texts.series(low), middle_is=texts.series(middle),
            high_is=texts.series(high),
        )
        for name, row in zip(shown, frame[[low, middle, high]].to_numpy(), strict=True)
    ]  # fmt: skip
    words.append(say("plots.target", name=texts.series("target"), value=texts.number(target)))
    _show(drawing, axes, texts, _title(texts, frame[middle]), say("plots.spans"), words)


def _blank(texts: _Texts, height: float | None = None) -> tuple[Figure, Axes]:
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    width, usual = rcParams["figure.figsize"]
    # Not through pyplot: nothing is shown twice, and no figure is kept open.
    drawing = Figure(figsize=(width, height or usual), layout="constrained")
    return drawing, drawing.subplots()


def _unbroken(places: list[float], rule: tuple[float, str] | None) -> list[slice]:
    """Return the stretches to join by a line: what lies on both sides of a rule isn't joined."""
    before = sum(place < rule[0] for place in places) if rule else 0
    return [slice(0, before), slice(before, None)] if before else [slice(None)]


def _lifts(heights: list[float]) -> list[float]:
    """Return by how many points to lift labels, at shares of the height, to keep them apart."""
    lifts, floor = [0.0] * len(heights), -inf
    for place in sorted(range(len(heights)), key=lambda place: heights[place]):
        at = heights[place] * _HIGH
        lifts[place] = max(at, floor) - at
        floor = at + lifts[place] + _LINE
    return lifts


def _fit_title(drawing: Figure, axes: Axes, title: str) -> None:
    """Write the title, on two lines if one is too short for it."""
    written = axes.set_title(title)
    drawing.draw_without_rendering()
    box = written.get_window_extent()
    if box.x0 < 0 or box.x1 > drawing.bbox.width:
        middle = len(title) / 2
        # Latin breaks at a space, Chinese after a mark or, failing that, anywhere.
        ends = [found.end() for found in re.finditer(r" |[，、：；]", title[:-1])]
        at = min(ends or [round(middle)], key=lambda end: abs(end - middle))
        written.set_text(f"{title[:at].rstrip()}\n{title[at:]}")


def _named(codes: pd.Series, names: str | None) -> list[str]:
    if not names:
        return [str(code) for code in codes]
    table, column = names.split(".")
    known = display_names(table, column)
    return [known[str(code)] for code in codes]


def _title(texts: _Texts, values: pd.Series, **extra: str) -> str:
    return texts["title"].format(
        first=texts.number(values.iloc[0]),
        last=texts.number(values.iloc[-1]),
        low=texts.number(values.min()),
        high=texts.number(values.max()),
        **extra,
    )


def _series_words(texts: _Texts, labels: list[str], values: pd.Series, column: str) -> str:
    pairs = [
        say("plots.pair", name=name, value=texts.number(value))
        for name, value in zip(labels, values, strict=True)
    ]
    if len(pairs) > _FEW:
        low, high = int(values.to_numpy().argmin()), int(values.to_numpy().argmax())
        said = say("plots.course", first=pairs[0], last=pairs[-1], low=pairs[low], high=pairs[high])
    else:
        said = say("plots.join").join(pairs)
    return say("plots.series", name=texts.series(column), said=said) if column else said


def _show(
    drawing: Figure, axes: Axes, texts: _Texts, title: str, kind: str, words: list[str]
) -> None:
    from IPython.display import display

    axes.set_xlabel(texts["x"])
    axes.set_ylabel(texts["y"])
    if texts.note:
        drawing.supxlabel(texts.note, x=0.99, ha="right", fontsize=8.5)
    _fit_title(drawing, axes, title)
    if texts.note:
        words = [*words, texts.note]
    said = say(
        "plots.words", kind=kind, title=title, x=texts["x"], y=texts["y"],
        words=say("plots.semicolon").join(word for word in words if word),
    )  # fmt: skip
    picture = BytesIO()
    drawing.savefig(picture, format="png", dpi="figure", metadata={"Software": None})
    if (held := _held.get()) is not None:
        held.append((picture.getvalue(), said))
        return
    bundle = {"image/png": picture.getvalue(), "text/plain": f"<{kind} {texts.figure}>"}
    # As a paragraph the words wrap between words; printed, JupyterLab would break them anywhere.
    words_bundle = {"text/html": f"<p>{escape(said, quote=False)}</p>", "text/plain": said}
    show: Callable[..., object] = display
    show(bundle, raw=True, metadata={"image/png": {"alt": said}})
    show(words_bundle, raw=True)
