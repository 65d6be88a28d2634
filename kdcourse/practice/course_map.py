"""The map of the course: its modules and notebooks, what is done of them, and what is next."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path, PurePath
from urllib.parse import quote

from kdcourse.course import course_root, workspace_of
from kdcourse.practice.outline import Module, Sheet, outline
from kdcourse.practice.standing import Standing, next_sheet, standings
from kdcourse.progress.journal import here
from kdcourse.progress.results import summarise
from kdcourse.texts import KitError, language, say

SYMBOLS = {"open": "○", "begun": "◐", "done": "✓"}

# The colours of a check's verdict; the words beside them say the same. All style stands at its
# element, for JupyterLab drops style sheets from outputs that it didn't see being made.
_COLOURS = {"open": "#8c8c8c", "begun": "#e69f00", "done": "#009e73"}
_CARD = "border-left: 4px solid #0072b2; padding: 4px 12px; margin: 4px 0 12px 0; max-width: 46em"
_TABLE = "border-collapse: collapse; margin: 0; font-size: inherit"
_ROW = "background: none; vertical-align: top"
_CELL = "text-align: left; padding: 3px 24px 3px 0"
_MODULE = "text-align: left; padding: 12px 0 3px 0"
_SYMBOL = "display: inline-block; width: 20px; font-weight: bold; color: {colour}"
_SMALL = "margin-top: 12px; opacity: 0.8"


class CourseMap:
    """The map as the last value of a cell.

    Args:
        course: Each module with the standing of its notebooks.
        folder: Holds the notebooks: the workspace or, outside of one, the course itself.
        start: Where the notebook lies that shows the map; links lead on from there.
        trouble: Why nothing is known of what was done, if so.
    """

    def __init__(
        self,
        course: Sequence[tuple[Module, list[Standing]]],
        folder: Path,
        start: Path,
        trouble: str = "",
    ) -> None:
        self._folder = folder
        self._start = start
        self._trouble = trouble
        # Worded now, not when shown: a cell that changes the language later changes no map.
        self._next = next_sheet(course)
        self._ahead = say("progress.next") if self._next else say("progress.all-done")
        self._heads = [say(f"progress.{name}") for name in ("notebook", "time", "state")]
        self._modules = [
            (
                f"{module.number} {module.title}",
                [(row, _minutes(row.sheet), _state(row)) for row in rows],
            )
            for module, rows in course
            if rows
        ]
        to_come = [module.title for module, rows in course if not rows]
        modules = say("progress.comma").join(to_come)
        self._to_come = say("progress.to-come", modules=modules) if to_come else ""
        self._again = say("progress.again")

    def __repr__(self) -> str:
        ahead = f"{self._ahead}{self._next.title}" if self._next else self._ahead
        lines = [*filter(None, [self._trouble]), ahead]
        for title, rows in self._modules:
            lines += ["", title]
            for row, minutes, state in rows:
                parts = filter(None, [row.sheet.title, minutes, state])
                lines.append(f"  {SYMBOLS[row.state]} {' · '.join(parts)}")
        return "\n".join([*lines, *(["", self._to_come] if self._to_come else [])])

    def _repr_html_(self) -> str:
        ahead = f"<strong>{escape(self._ahead)}</strong>"
        if self._next:
            ahead += self._link(self._next)
        heads = "".join(
            f'<th scope="col" style="{_CELL}">{escape(head)}</th>' for head in self._heads
        )
        parts = [
            f'<div role="status">{escape(self._trouble)}</div>' if self._trouble else "",
            f'<div style="{_CARD}">{ahead}</div>',
            f'<table style="{_TABLE}">',
            f'<thead><tr style="{_ROW}">{heads}</tr></thead>',
            *(self._module(title, rows) for title, rows in self._modules),
            "</table>",
            *(
                f'<div style="{_SMALL}">{escape(text)}</div>'
                for text in (self._to_come, self._again)
                if text
            ),
        ]
        return "\n".join(filter(None, parts))

    def _module(self, title: str, rows: Sequence[tuple[Standing, str, str]]) -> str:
        lines = [
            f'<tbody>\n<tr style="{_ROW}">'
            f'<th scope="rowgroup" colspan="3" style="{_MODULE}">{escape(title)}</th></tr>'
        ]
        for row, minutes, state in rows:
            colour = _SYMBOL.format(colour=_COLOURS[row.state])
            symbol = f'<span aria-hidden="true" style="{colour}">{SYMBOLS[row.state]}</span>'
            cells = (f"{symbol}{self._link(row.sheet)}", escape(minutes), escape(state))
            shown = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
            lines.append(f'<tr style="{_ROW}">{shown}</tr>')
        return "\n".join([*lines, "</tbody>"])

    def _link(self, sheet: Sheet) -> str:
        """Return the title, leading to the notebook if that is there."""
        target = self._folder / sheet.path
        if not target.is_file():
            return escape(sheet.title)
        address = quote(PurePath(os.path.relpath(target, self._start)).as_posix())
        return f'<a href="{escape(address)}">{escape(sheet.title)}</a>'


def course_map() -> CourseMap:
    """Show the map of the course: what there is, what you have done of it, and what comes next."""
    trouble, events = "", []
    try:
        events = here().events()
    except KitError as fault:
        trouble = str(fault)
    course = standings(outline(language()), summarise(events))
    now = Path.cwd()
    folder = workspace_of(now) or course_root()
    inside = now.is_relative_to(folder)
    return CourseMap(course, folder, now if inside else folder / "notebooks" / language(), trouble)


def _state(row: Standing) -> str:
    state = say(f"progress.state-{row.state}")
    if row.state == "open":
        return state
    done = [say(f"progress.{kind}", reached=n, of=of) for kind, (n, of) in row.done.items()]
    return " · ".join([state, *reached_in_words(row), *done])


def reached_in_words(row: Standing) -> list[str]:
    """Return the points of an exercise, or how many items of a quiz are right; nothing for none."""
    if not row.of:
        return []
    key = "points" if row.sheet.kind == "exercise" else "quiz"
    return [say(f"progress.{key}", reached=f"{row.reached:g}", of=f"{row.of:g}")]


def _minutes(sheet: Sheet) -> str:
    return "" if sheet.minutes is None else say("progress.minutes", minutes=sheet.minutes)
