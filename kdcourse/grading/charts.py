"""The figures of the class report, as SVG inside the page, each with its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from kdcourse.grading.analysis import Item
from kdcourse.grading.pages import LOOKS, gap, number, short
from kdcourse.grading.standing import Standing
from kdcourse.plots import use_style
from kdcourse.texts import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BLUE = "#0072B2"
#: Classes of points in the histogram.
_BINS = 10
_WIDTH = 5.2
#: What matplotlib writes above the drawing itself, which a page already has.
_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)


@dataclass(frozen=True)
class Chart:
    """A figure.

    Attributes:
        svg: To be put into a page as it is.
        words: What it shows.
    """

    svg: str
    words: str


def totals(class_: Sequence[Standing]) -> Chart:
    """Return how the points of an exercise are spread over the class."""
    from matplotlib.ticker import MaxNLocator

    most = max(one.max_points for one in class_) or 1.0
    points = sorted(one.points for one in class_)
    drawing = _figure(2.6)
    axes = drawing.add_subplot()
    axes.hist(points, bins=_BINS, range=(0, most), color=_BLUE, edgecolor="white")
    axes.set_xlabel(say("grading_class.chart-points"))
    axes.set_ylabel(say("grading_class.chart-learners"))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=False, axis="x")
    middle = points[len(points) // 2] if len(points) % 2 else sum(_middle(points)) / 2
    words = say(
        "grading_class.chart-totals",
        number=len(points),
        low=number(points[0]),
        middle=number(middle),
        high=number(points[-1]),
        of=number(most),
    )
    return Chart(_svg(drawing, words), words)


def outcomes(items: Sequence[Item]) -> Chart:
    """Return how often each outcome came with each question."""
    drawing = _figure(1.3 + 0.42 * len(items))
    axes = drawing.add_subplot()
    names = [short(item.question) for item in items]
    left = [0] * len(items)
    shown = [name for name in LOOKS if any(item.outcomes[name] for item in items)]
    hatches = ("", "//", "..", "xx", "\\\\", "++", "oo", "--", "||", "**")
    for outcome, hatch in zip(shown, hatches, strict=False):
        widths = [item.outcomes[outcome] for item in items]
        label = say(f"grading_class.outcome-{outcome}")
        axes.barh(
            names, widths, left=left, color=LOOKS[outcome][1], label=label, hatch=hatch,
            edgecolor="white", linewidth=0.5,
        )  # fmt: skip
        left = [before + width for before, width in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel(say("grading_class.chart-learners"))
    axes.grid(visible=False, axis="y")
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=9, borderaxespad=0
    )
    words = gap().join(_outcomes_in_words(item) for item in items)
    return Chart(_svg(drawing, words), words)


def discrimination(items: Sequence[Item]) -> Chart | None:
    """Return difficulty against discrimination; None in a class too small for it."""
    told = [
        (item, item.difficulty, item.discrimination)
        for item in items
        if item.difficulty is not None and item.discrimination is not None
    ]
    if not told:
        return None
    drawing = _figure(3.2)
    axes = drawing.add_subplot()
    axes.scatter([100 * x for _, x, _ in told], [y for _, _, y in told], color=_BLUE, zorder=3)
    for item, x, y in told:
        axes.annotate(short(item.question), (100 * x, y), xytext=(6, 4), textcoords="offset points")
    axes.axhline(0, color="#24292F", linewidth=0.8)
    axes.set_xlim(-4, 104)
    axes.set_ylim(min(-0.2, *(y - 0.1 for _, _, y in told)), 1.05)
    axes.set_xlabel(say("grading_class.chart-share"))
    axes.set_ylabel(say("grading_class.chart-discrimination"))
    words = gap().join(
        say(
            "grading_class.chart-item",
            name=short(item.question),
            share=f"{100 * x:.0f}",
            r=f"{y:.2f}",
        )
        for item, x, y in told
    )
    words = f"{say('grading_class.chart-read')}{gap()}{words}"
    return Chart(_svg(drawing, words), words)


def _outcomes_in_words(item: Item) -> str:
    parts = [
        say("grading_class.chart-count", outcome=say(f"grading_class.outcome-{name}"), number=count)
        for name, count in sorted(item.outcomes.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    listed = say("grading_class.comma").join(parts)
    return say("grading_class.chart-outcomes", name=short(item.question), outcomes=listed)


def _middle(points: Sequence[float]) -> Sequence[float]:
    half = len(points) // 2
    return points[half - 1 : half + 1]


def _figure(height: float) -> Figure:
    from matplotlib.figure import Figure

    use_style()
    return Figure(figsize=(_WIDTH, height), layout="constrained")


def _svg(drawing: Figure, words: str) -> str:
    """Return a drawing for inside a page: the same figure, the same text."""
    from html import escape

    from matplotlib import rc_context

    out = StringIO()
    with rc_context({"svg.hashsalt": "kdcourse"}):
        drawing.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = _HEAD.sub("", out.getvalue(), count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(words)}"', 1)
