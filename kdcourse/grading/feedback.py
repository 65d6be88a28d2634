"""Feedback: a page per learner and exercise, in their language, which holds all it needs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kdcourse.grading.pages import page, question_title, rubric, short
from kdcourse.grading.places import put
from kdcourse.grading.roster import Roster, safe_name
from kdcourse.grading.standing import Standing
from kdcourse.texts import speaking

FOLDER = "feedback"


def write_feedback(folder: Path, every: Iterable[Standing], roster: Roster) -> list[Path]:
    """Write a page for each, into ``feedback/<learner>/<assignment>.html``.

    Args:
        folder: Of the grades.
        every: Where the learners stand.
        roster: The class, for their names.

    Raises:
        KitError: The folder can't be written to.
    """
    written = []
    for standing in every:
        who, what = safe_name(standing.learner), safe_name(standing.assignment)
        path = folder / FOLDER / who / f"{what}.html"
        put(path, feedback_page(standing, roster))
        written.append(path)
    return written


def feedback_page(standing: Standing, roster: Roster) -> str:
    """Return the page of one learner and exercise, in the language they worked in."""
    known = roster.learners.get(standing.learner)
    with speaking(standing.result.lang):
        questions = [
            {
                "line": line,
                "name": short(line.result.question),
                "title": question_title(line.result.question),
                "rubric": _levels(line.result.question, line.mark.levels) if line.mark else [],
            }
            for line in standing.lines
        ]
        return page(
            "feedback.html.j2",
            name=known.name if known else standing.learner,
            standing=standing,
            questions=questions,
        )


def _levels(question: str, chosen: tuple[int, ...]) -> list[dict[str, object]]:
    """Return each criterion with its levels, and which one was chosen."""
    return [
        {"name": name, "levels": levels, "chosen": level}
        for (name, levels), level in zip(rubric(question), chosen, strict=False)
    ]
