"""What ``kdcourse progress`` shows and writes of a learner's results."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from kdcourse.course import WORKSPACE_MARK
from kdcourse.practice.doing import Doing, is_done, title, went
from kdcourse.practice.roleplay.scenario import FULL
from kdcourse.progress.journal import journal_path, read_events
from kdcourse.progress.results import QuestionResult, Results, summarise
from kdcourse.texts import KitError, language, say
from kdcourse.workspace.files import write_atomically

#: The form of what is exported; goes up when a column changes its meaning.
FORMAT = 1

#: The columns of the export, the same for each kind of row; what doesn't apply is left empty.
COLUMNS = (
    "kind",
    "name",
    "outcome",
    "points",
    "max_points",
    "tries",
    "first_right",
    "hints",
    "solution_seen",
    "first",
    "last",
)


def results_in(workspace: Path) -> Results:
    """Return what was done in ``workspace``.

    Raises:
        KitError: It is no workspace, or its journal can't be read.
    """
    if not (workspace / WORKSPACE_MARK).is_dir():
        raise KitError("progress.no-workspace", folder=workspace)
    return summarise(read_events(journal_path(workspace)))


def show(workspace: Path, results: Results) -> None:
    """Print the notebooks begun and their questions as a table, or that there are none yet."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    if not results:
        console.print(say("progress.none", folder=workspace), soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column(say("progress.head-what"))
    table.add_column(say("progress.state"))
    for name in ("points", "tries", "hints"):
        table.add_column(say(f"progress.head-{name}"), justify="right", no_wrap=True)
    for name in ("solution", "last"):
        table.add_column(say(f"progress.head-{name}"), no_wrap=True)
    for row in _lines(results):
        table.add_row(*map(Text, row))
    console.print(say("progress.title", folder=workspace), soft_wrap=True)
    console.print()
    console.print(table)


def export(results: Results, as_csv: Path | None, as_json: Path | None) -> Iterator[str]:
    """Write results into the files asked for; yield a line about each.

    Times are UTC. Nothing in the files names the learner or the machine.

    Raises:
        KitError: A file can't be written, or both are the same.
    """
    if as_csv and as_json and as_csv.resolve() == as_json.resolve():
        raise KitError("progress.same-file")
    rows = list(_rows(results))
    if as_csv:
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        write_atomically(as_csv, text.getvalue().encode())
        yield say("progress.written", path=as_csv)
    if as_json:
        tree = {"format": FORMAT, "results": rows}
        write_atomically(as_json, (json.dumps(tree, indent=1, ensure_ascii=False) + "\n").encode())
        yield say("progress.written", path=as_json)


def _rows(results: Results) -> Iterator[dict[str, Any]]:
    for (kind, name), first in results.begun.items():
        yield {"kind": kind, "name": name, "first": first}
    for name, item in results.items.items():
        outcome = "correct" if item.right else "incorrect"
        row = {"kind": "quiz", "name": name, "outcome": outcome, "first_right": item.first_right}
        yield {**row, "tries": item.tries, "first": item.first, "last": item.last}
    for (kind, name), done in results.doings.items():
        points = {"points": done.best, "max_points": FULL} if done.best is not None else {}
        tries = done.ends if kind == "play" else done.steps
        row = {"kind": kind, "name": name, **points, "tries": tries}
        yield {**row, "first": done.first, "last": done.last}
    for name, result in results.questions.items():
        values = {column: getattr(result, column, None) for column in COLUMNS[2:]}
        row = {column: value for column, value in values.items() if value is not None}
        yield {"kind": "question", "name": name, **row}


def _lines(results: Results) -> Iterator[tuple[str, ...]]:
    """Yield the table's rows: each notebook that was begun, an exercise with its questions."""
    from kdcourse.practice.course_map import SYMBOLS, reached_in_words
    from kdcourse.practice.outline import outline
    from kdcourse.practice.standing import questions, standings

    for _, rows in standings(outline(language()), results):
        for row in rows:
            if row.state == "open":
                continue
            sheet, exercise = row.sheet, row.sheet.kind == "exercise"
            state = f"{SYMBOLS[row.state]} {say(f'progress.state-{row.state}')}"
            if not exercise:
                state = " · ".join([state, *reached_in_words(row)])
            points = f"{row.reached:g}/{row.of:g}" if exercise else ""
            yield sheet.title, state, points, "", "", "", _day(row.last)
            for doing in sheet.doings:
                yield _doing(doing, results)
            if exercise:
                for name, worth, result in questions(sheet, results):
                    yield _question(name, worth, result)


def _doing(doing: Doing, results: Results) -> tuple[str, ...]:
    from kdcourse.practice.course_map import SYMBOLS

    every = went(doing, results)
    state = "done" if is_done(doing, results) else "begun" if every else "open"
    best = max((one.best for one in every if one.best is not None), default=None)
    tries = sum(one.ends if doing.kind == "play" else one.steps for one in every)
    return (
        f"  {title(doing)}",
        f"{SYMBOLS[state]} {say(f'progress.state-{state}')}",
        "" if best is None else f"{best:g}/{FULL:g}",
        f"{tries or ''}",
        "",
        "",
        _day(max((one.last for one in every), default="")),
    )


def _question(name: str, worth: float, result: QuestionResult) -> tuple[str, ...]:
    return (
        f"  {name}",
        say(f"check.{result.outcome or 'not-attempted'}"),
        f"{result.points:g}/{worth:g}",
        f"{result.tries or ''}",
        f"{result.hints or ''}",
        say("progress.seen") if result.solution_seen else "",
        _day(result.last),
    )


def _day(time: str) -> str:
    """Return the day of a moment, in the time zone of this machine."""
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d}" if time else ""
