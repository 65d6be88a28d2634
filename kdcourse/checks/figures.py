"""How a figure is checked: the marks and numbers it shows, and the words around them.

Colours, sizes, grids and the library's defaults are the learner's own business.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from kdcourse.checks.judges import Judge, Number
from kdcourse.checks.tables import Table
from kdcourse.checks.values import Unreadable, kind
from kdcourse.checks.verdict import Comparison, Finding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

#: How numbers are shown.
Marks = Literal["line", "bars", "points", "pie"]

#: Longer lists are no figure and its axes.
MOST_HELD = 100

#: What the comparison of two tables says, in words that fit a figure.
_SAID = {
    "rows-none": "figure-empty",
    "rows-missing": "figure-marks-missing",
    "rows-too-many": "figure-marks-too-many",
    "rows-unknown": "figure-mark-unknown",
    "rows-twice": "figure-marks-too-many",
    "cell-off": "figure-mark-off",
    "cell-missing": "figure-marks-missing",
    "column-empty": "figure-empty",
    "column-not-percent": "figure-not-percent",
    "column-not-share": "figure-not-share",
}


@dataclass(frozen=True)
class Drawn:
    """What a figure shows, as plain data.

    Attributes:
        marks: How the numbers are shown.
        values: A Series (one row of marks) or a table with a column per row of marks; the index
            holds the places along the axis.
        title: Its title.
        along: The label of the axis of places: x, or y where bars lie.
        across: The label of the axis of numbers.
    """

    marks: Marks
    values: pd.Series[Any] | pd.DataFrame
    title: str = ""
    along: str = ""
    across: str = ""

    @property
    def long(self) -> pd.DataFrame:
        """The numbers with one mark to a row: ``series``, ``place``, ``value``."""
        wide = self.values.to_frame() if isinstance(self.values, pd.Series) else self.values
        columns = [
            pd.DataFrame({"series": str(name), "place": wide.index, "value": wide[name].to_numpy()})
            for name in wide
        ]
        return pd.concat(columns, ignore_index=True)


@dataclass(frozen=True)
class Figure(Judge):
    """A matplotlib figure that shows the right numbers and says what they are.

    Right numbers are worth half of the points; beside them, title and labels share the other half.

    Attributes:
        values: Compares two numbers shown.
        units: The ways to name the unit of the numbers, ``("%", "percent", "百分")``; one of them
            has to stand in the label of their axis, or in the title.
        along: Whether the axis of places needs a label too; a list of names needs none.
    """

    values: Number
    units: tuple[str, ...] = ()
    along: bool = True

    def observe(self, given: object) -> Drawn:
        """Read what a figure shows.

        Args:
            given: A Figure, its Axes, or a pair of both.
        """
        if isinstance(given, Drawn):
            return given
        axes = [ax for ax in _axes(given) if _shows_data(ax)]
        if not axes:
            raise Unreadable("figure-empty")
        if len(axes) > 1:
            raise Unreadable("figure-many", count=len(axes))
        return _read(axes[0])

    def compare(self, expected: Drawn, given: Drawn) -> Comparison:
        """Say what of ``given`` is wrong or not said."""
        words = list(self._words(given))
        said = [finding for finding in words if finding]
        shown = self._shown(expected, given)
        if shown is not None:
            return Comparison(0.0, (shown, *said))
        return Comparison(1 - 0.5 * len(said) / len(words), tuple(said))

    def recognises(self, wrong: Drawn, given: Drawn, expected: Drawn) -> bool:
        """Say whether the wrong numbers are shown, whatever is written on the figure."""
        right = self._shown(expected, given) is None
        return not right and self._shown(wrong, given) is None

    def _shown(self, expected: Drawn, given: Drawn) -> Finding | None:
        """Return what is wrong about the numbers shown."""
        if expected.marks != given.marks:
            needed, has = ({"say": f"check.marks-{d.marks}"} for d in (expected, given))
            return Finding("figure-marks", {"needed": needed, "has": has})
        right, shown = expected.long, given.long
        key: tuple[str, ...] = ("place",)
        if right["series"].nunique() > 1:
            key = ("series", "place")
        elif shown["series"].nunique() > 1:
            return Finding("figure-marks-too-many")
        table = Table(key=key, columns={"value": self.values})
        found = table.compare(right, shown)
        if found.agrees:
            return None
        first = found.findings[0]
        row = [part.partition(" = ")[2] for part in first.fields.get("row", [])]
        return Finding(_SAID.get(first.key, "figure-off"), {**first.fields, "row": row})

    def _words(self, given: Drawn) -> Iterator[Finding | None]:
        """Yield for each word asked for what is missing, or None."""
        yield None if given.title.strip() else Finding("figure-no-title")
        if self.along:
            yield None if given.along.strip() else Finding("figure-no-label-along")
        if given.marks == "pie":
            return
        if not given.across.strip():
            yield Finding("figure-no-label-across")
        elif self.units:
            text = f"{given.across} {given.title}".casefold()
            named = any(unit.casefold() in text for unit in self.units)
            yield None if named else Finding("figure-no-unit")
        else:
            yield None


def _axes(given: object) -> list[Axes]:
    # Whoever gives a figure has imported matplotlib; nobody else should have to wait for it.
    if "matplotlib" in sys.modules:
        from matplotlib.axes import Axes
        from matplotlib.figure import Figure as Whole

        held = given.ravel().tolist() if isinstance(given, np.ndarray) else given
        held = held if isinstance(held, list | tuple) else [held]
        if len(held) <= MOST_HELD:
            axes = [part for part in held if isinstance(part, Axes)]
            axes = axes or [ax for part in held if isinstance(part, Whole) for ax in part.axes]
            if axes or any(isinstance(part, Whole) for part in held):
                return list({id(ax): ax for ax in axes}.values())
    raise Unreadable("wrong-kind", kind=kind(given), needed={"say": "check.kind-figure"})


def _shows_data(ax: Axes) -> bool:
    return bool(ax.containers or ax.lines or ax.collections or ax.patches)


def _read(ax: Axes) -> Drawn:
    """Read one pair of axes: bars before lines before points, for helper lines go with bars."""
    from matplotlib.collections import PathCollection
    from matplotlib.container import BarContainer
    from matplotlib.patches import Wedge

    title = ax.get_title("left") or ax.get_title("center") or ax.get_title("right")
    wedges = [patch for patch in ax.patches if isinstance(patch, Wedge)]
    if wedges:
        sizes = {w.get_label(): (w.theta2 - w.theta1) / 360 for w in wedges}
        return Drawn("pie", pd.Series(sizes), title, "pie", "pie")
    bars = [held for held in ax.containers if isinstance(held, BarContainer)]
    if bars:
        lying = bars[0].orientation == "horizontal"
        along, across = (ax.yaxis, ax.xaxis) if lying else (ax.xaxis, ax.yaxis)
        rows = [_bars(held, along, lying) for held in bars]
        return Drawn("bars", _beside(rows), title, along.label.get_text(), across.label.get_text())
    lines = [line for line in ax.lines if line.get_transform() == ax.transData]
    if lines:
        rows = [
            pd.Series(
                np.asarray(line.get_ydata(), dtype=float),
                index=_places(line.get_xdata(orig=True), ax.xaxis),
                name=line.get_label(),
            )
            for line in lines
        ]
        return Drawn("line", _beside(rows), title, ax.get_xlabel(), ax.get_ylabel())
    clouds = [np.asarray(c.get_offsets()) for c in ax.collections if isinstance(c, PathCollection)]
    if clouds:
        x, y = np.concatenate(clouds).T
        values = pd.Series(y, index=_places(x, ax.xaxis))
        return Drawn("points", values, title, ax.get_xlabel(), ax.get_ylabel())
    raise Unreadable("figure-empty")


def _beside(rows: list[pd.Series[Any]]) -> pd.Series[Any] | pd.DataFrame:
    if len(rows) == 1:
        return rows[0]
    unique = [row[~row.index.duplicated()] for row in rows]
    return pd.concat(unique, axis="columns", keys=[row.name for row in rows])


def _bars(held: Any, along: Axis, lying: bool) -> pd.Series[Any]:
    middles = [
        p.get_y() + p.get_height() / 2 if lying else p.get_x() + p.get_width() / 2 for p in held
    ]
    sizes = [p.get_width() if lying else p.get_height() for p in held]
    return pd.Series(sizes, index=_places(middles, along), dtype=float, name=held.get_label())


def _places(positions: Any, axis: Axis) -> pd.Index[Any]:
    """Return where marks stand: what is written there, or else the position itself."""
    values = np.asarray(positions)
    if values.dtype.kind not in "iuf" or not _named(axis):
        return pd.Index(values.astype(str) if values.dtype.kind in "OU" else values)
    ticks = np.asarray(axis.get_majorticklocs(), dtype=float)
    texts = axis.get_major_formatter().format_ticks(list(ticks))
    nearest = np.abs(values[:, None] - ticks).argmin(axis=1)
    return pd.Index([texts[place] for place in nearest])


def _named(axis: Axis) -> bool:
    """Say whether an axis holds names, rather than numbers or times."""
    from matplotlib.category import StrCategoryFormatter
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

    formatter = axis.get_major_formatter()
    fixed = isinstance(axis.get_major_locator(), FixedLocator)
    return isinstance(formatter, FixedFormatter | StrCategoryFormatter) or (
        fixed and isinstance(formatter, FuncFormatter)
    )
