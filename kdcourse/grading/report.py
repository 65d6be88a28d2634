"""The class report: one page for the instructor, on every exercise that was graded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from kdcourse.course import course_root, sheets_called
from kdcourse.grading import charts
from kdcourse.grading.analysis import FEWEST, Item, items
from kdcourse.grading.gradebook import Gradebook
from kdcourse.grading.pages import number, page, question_title, short, slip_words
from kdcourse.grading.places import put
from kdcourse.grading.roster import Roster
from kdcourse.grading.similarity import alike
from kdcourse.grading.standing import Standing, by_assignment
from kdcourse.texts import LANGUAGES, KitError, language, say

FILE = "report.html"


def write_report(
    gradebook: Gradebook, every: Sequence[Standing], failed: Sequence[KitError] = ()
) -> Path:
    """Write the report of a class, in the language spoken now.

    Args:
        gradebook: Of the class.
        every: Where the learners stand.
        failed: What could not be graded.

    Raises:
        KitError: The folder can't be written to.
    """
    path = gradebook.folder / FILE
    put(path, report_page(gradebook, every, failed))
    return path


def report_page(
    gradebook: Gradebook, every: Sequence[Standing], failed: Sequence[KitError] = ()
) -> str:
    """Return the report of a class."""
    roster = gradebook.roster()
    findings = [*map(str, failed), *gradebook.faults(language())]
    parts = [
        _assignment(gradebook, roster, name, class_)
        for name, class_ in by_assignment(every).items()
    ]
    return page(
        "report.html.j2",
        learners=len({one.learner for one in every}),
        parts=parts,
        findings=findings,
        fewest=FEWEST,
    )


def _assignment(
    gradebook: Gradebook, roster: Roster, name: str, class_: Sequence[Standing]
) -> dict[str, Any]:
    told = items(class_)
    handed = {one.learner for one in class_}
    found = [charts.totals(class_), charts.outcomes(told), charts.discrimination(told)]
    return {
        "name": name,
        "number": len(class_),
        "awaiting": sum(one.awaiting for one in class_),
        "absent": [_name(one.id, roster) for one in roster if one.id not in handed],
        "charts": [{"svg": Markup(one.svg), "words": one.words} for one in found if one],
        "questions": [_question(item) for item in told],
        "slips": [
            {"name": short(item.question), "slip": slip_words(item.question, slip), "number": count}
            for item in told
            for slip, count in item.slips
        ],
        "time": _time(class_),
        "pairs": _pairs(gradebook, roster, name, class_),
        "learners": [_learner(one, roster) for one in class_],
        "locks": _locks(class_),
    }


def _question(item: Item) -> dict[str, str]:
    none = say("grading_class.not-told")
    difficulty, discrimination = item.difficulty, item.discrimination
    return {
        "name": short(item.question),
        "title": question_title(item.question),
        "number": str(item.number),
        "difficulty": none if difficulty is None else f"{100 * difficulty:.0f}%",
        "discrimination": none if discrimination is None else f"{discrimination:.2f}",
        "seconds": f"{item.seconds:.2f}",
    }


def _time(class_: Sequence[Standing]) -> str:
    seconds = sorted(one.result.seconds for one in class_)
    longest = max(class_, key=lambda one: one.result.seconds)
    return say(
        "grading_class.report-time",
        middle=f"{seconds[len(seconds) // 2]:.1f}",
        longest=f"{seconds[-1]:.1f}",
        learner=longest.learner,
        all=f"{sum(seconds):.0f}",
    )


def _pairs(
    gradebook: Gradebook, roster: Roster, name: str, class_: Sequence[Standing]
) -> list[dict[str, str]]:
    notebooks: dict[str, bytes] = {}
    for one in class_:
        notebooks[one.learner] = gradebook.notebook(one.learner, name)[1]
    return [
        {
            "one": _name(pair.one, roster),
            "other": _name(pair.other, roster),
            "share": f"{100 * pair.share:.0f}%",
            "number": str(pair.number),
        }
        for pair in alike(notebooks, _handed_out(name))
    ]


def _handed_out(name: str) -> list[bytes]:
    """Return the exercise, and the solution's code, which nobody is surprised to find again."""
    return [
        path.read_bytes()
        for tree in ("exercises", "solutions")
        for lang in LANGUAGES
        for path in sheets_called(name, course_root() / tree / lang)
    ]


def _learner(one: Standing, roster: Roster) -> dict[str, Any]:
    return {
        "name": _name(one.learner, roster),
        "points": number(one.points),
        "of": number(one.max_points),
        "awaiting": one.awaiting,
        "lines": [
            {"points": "" if line.awaits else number(line.points), "outcome": line.outcome}
            for line in one.lines
        ],
        "notes": list(one.result.notes),
    }


def _locks(class_: Sequence[Standing]) -> str:
    """Say which locks were on for everybody, so that nobody takes a trusted run for a safe one."""
    common = set.intersection(*(set(one.result.locks) for one in class_))
    if not common:
        return say("grading_class.report-no-locks")
    return say("grading_class.report-locks", locks=say("grading_class.comma").join(sorted(common)))


def _name(learner: str, roster: Roster) -> str:
    known = roster.learners.get(learner)
    return f"{known.name} ({learner})" if known and known.name != learner else learner
