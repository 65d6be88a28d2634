"""Grades for other programs: one table with everything, one for Moodle, one for Canvas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from kdcourse.grading.pages import number, short
from kdcourse.grading.places import put
from kdcourse.grading.roster import Learner, Roster
from kdcourse.grading.standing import Standing
from kdcourse.texts import say, speaking

#: A spreadsheet takes a text that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Says to spreadsheets that UTF-8 follows; platforms want none.
_MARK = "\ufeff"


def write_exports(
    folder: Path, every: Sequence[Standing], roster: Roster, assignments: Sequence[str]
) -> list[Path]:
    """Write ``grades.csv``, ``moodle.csv`` and ``canvas.csv``.

    Whoever is on the roster and handed nothing in has a row with empty cells: no decision is taken
    from the instructor.

    Args:
        folder: Where to.
        every: Where the learners stand.
        roster: The class; others who handed something in follow.
        assignments: The exercises, each with its columns.

    Raises:
        KitError: The folder can't be written to.
    """
    table = {(one.learner, one.assignment): one for one in every}
    people = _people(every, roster)
    files = {
        "grades.csv": _MARK + _csv(grades(table, people, assignments)),
        "moodle.csv": _csv(moodle(table, people, assignments)),
        "canvas.csv": _csv(canvas(table, people, assignments)),
    }
    for name, text in files.items():
        put(folder / name, text)
    return [folder / name for name in files]


_Table = dict[tuple[str, str], Standing]


def grades(table: _Table, people: Sequence[Learner], assignments: Sequence[str]) -> list[list[str]]:
    """Return a row per learner: points of each question, totals, and what is awaited."""
    questions = {
        name: list(
            dict.fromkeys(
                line.result.question
                for (_, assignment), one in table.items()
                if assignment == name
                for line in one.lines
            )
        )
        for name in assignments
    }
    heads = ["learner", "name", "language"]
    for name in assignments:
        for question in questions[name]:
            heads += [f"{question} points", f"{question} outcome"]
        heads += [f"{name} points", f"{name} of", f"{name} awaiting"]
    rows = [heads]
    for learner in people:
        row = [learner.id, learner.name, learner.language]
        for name in assignments:
            one = table.get((learner.id, name))
            lines = {line.result.question: line for line in one.lines} if one else {}
            for question in questions[name]:
                line = lines.get(question)
                known = line is not None and not line.awaits
                row += [number(line.points) if line and known else "", line.outcome if line else ""]
            total = [number(one.points), number(one.max_points), str(one.awaiting)] if one else []
            row += total or [""] * 3
        rows.append(row)
    return rows


def moodle(table: _Table, people: Sequence[Learner], assignments: Sequence[str]) -> list[list[str]]:
    """Return what Moodle's *Grades → Import → CSV* takes: map by ID number or e-mail address.

    Grade and feedback stand side by side, because importing one without the other empties it.
    """
    heads = ["ID number", "Full name", "Email address"]
    for name in assignments:
        heads += [f"kdcourse {name}", f"kdcourse {name} feedback"]
    rows = [heads]
    for learner in people:
        row = [learner.moodle or learner.id, learner.name, learner.email]
        for name in assignments:
            one = table.get((learner.id, name))
            row += [number(one.points), _in_words(one)] if one else ["", ""]
        rows.append(row)
    return rows


def canvas(table: _Table, people: Sequence[Learner], assignments: Sequence[str]) -> list[list[str]]:
    """Return what Canvas's *Gradebook → Import* takes, with the row of points possible."""
    possible = {name: one.max_points for (_, name), one in table.items()}
    heads = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows = [
        [*heads, *(f"kdcourse {name}" for name in assignments)],
        ["    Points Possible", *[""] * 4, *(number(possible.get(one, 0)) for one in assignments)],
    ]
    for learner in people:
        found = [table.get((learner.id, name)) for name in assignments]
        rows.append(
            [
                learner.name,
                learner.canvas,
                learner.id,
                learner.email,
                learner.section,
                *(number(one.points) if one else "" for one in found),
            ]
        )
    return rows


def _people(every: Iterable[Standing], roster: Roster) -> list[Learner]:
    """Return the roster, then everybody else who handed something in."""
    others = {one.learner: one.result.lang for one in every if one.learner not in roster.learners}
    return [*roster, *(Learner(who, who, lang) for who, lang in sorted(others.items()))]


def _in_words(one: Standing) -> str:
    """Return a line per exercise in the learner's language."""
    with speaking(one.result.lang):
        parts = [
            f"{short(line.result.question)}: {say(f'grading_class.outcome-{line.outcome}')}"
            for line in one.lines
        ]
        return say("grading_class.semicolon").join(parts)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue()


def _plain(cell: str) -> str:
    """Keep a text that a stranger chose from being run as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
