"""All that is made from a gradebook: tables, feedback, class report, the notebook for reviews."""

from __future__ import annotations

from collections.abc import Sequence

from kdcourse.grading.exports import write_exports
from kdcourse.grading.feedback import write_feedback
from kdcourse.grading.gradebook import Gradebook
from kdcourse.grading.places import as_json, put
from kdcourse.grading.report import write_report
from kdcourse.grading.standing import Standing, standings
from kdcourse.texts import KitError, language, say

REVIEW = "review.ipynb"
_VIEW = "kdcourse.grading.written_view"
_REVIEW = """
from {view} import review
from kdcourse.texts import use_language

use_language("{lang}")
review()
""".strip()


def publish(gradebook: Gradebook, failed: Sequence[KitError] = ()) -> list[Standing]:
    """Write all pages and tables of a class into its folder; return where the learners stand.

    Args:
        gradebook: Of the class.
        failed: What could not be graded.

    Raises:
        KitError: The folder can't be written to.
    """
    every = standings(gradebook)
    roster = gradebook.roster()
    write_exports(gradebook.folder, every, roster, gradebook.assignments())
    write_feedback(gradebook.folder, every, roster)
    if every:
        write_report(gradebook, every, failed)
    if any(one.awaiting for one in every) and not (gradebook.folder / REVIEW).exists():
        put(gradebook.folder / REVIEW, as_json(review_notebook()))
    return every


def review_notebook() -> dict[str, object]:
    """Return the notebook in which written answers are read."""
    code = _REVIEW.format(view=_VIEW, lang=language())
    return {
        "cells": [
            {
                "cell_type": "markdown",
                "id": "about",
                "metadata": {},
                "source": say("grading_class.review-about").splitlines(keepends=True),
            },
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "review",
                "metadata": {},
                "outputs": [],
                "source": code.splitlines(keepends=True),
            },
        ],
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
