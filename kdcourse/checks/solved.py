"""Finding the solution of a question in the course's solution notebooks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from kdcourse.checks.catalogue import find_question
from kdcourse.checks.written import Written
from kdcourse.course import sheets_called
from kdcourse.data import load
from kdcourse.texts import KitError, pick

Cell = dict[str, Any]

_REGION = re.compile(r"^\s*### BEGIN SOLUTION\n(.*?)^\s*### END SOLUTION\s*$", re.M | re.S)


def solution_of(question_id: str, folder: Path) -> str:
    """Return the solution of a question as Markdown: its code, then the moral if there is one.

    Args:
        question_id: ``"1.1.q2"``.
        folder: The solutions of one language.

    Raises:
        KitError: The notebook, or the question in it, is not there.
    """
    lesson = question_id.rpartition(".")[0]
    for path in sheets_called(lesson, folder):
        # Plain JSON: nbformat takes seconds to import.
        cells: list[Cell] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        check = next((i for i, cell in enumerate(cells) if _checks(cell, question_id)), None)
        if check is None:
            continue
        answer = next((i for i in range(check - 1, -1, -1) if _answers(cells[i])), None)
        if answer is not None:
            if texts := _model(question_id):
                # A written answer has no code worth showing.
                return "\n\n".join(texts)
            return _told(cells, answer, check)
    raise KitError("check.no-solution", id=question_id)


def model_answer(question_id: str) -> dict[str, str]:
    """Return the model texts of a written question by slot, in the language spoken now.

    The figures in them are those of the learner's data: a placeholder like ``{economy_fee:.1f}``
    names one that the question lets be cited.

    Args:
        question_id: ``"1.1.q5"``.

    Raises:
        KitError: There is no such question, or its data can't be read.
    """
    exercise, question = find_question(question_id)
    judge = question.judge
    figures = judge.figures(load) if isinstance(judge, Written) else {}
    model = exercise.texts(question.name)["model"]
    return {slot: pick(text).format(**figures) for slot, text in model.items()}


def _model(question_id: str) -> list[str]:
    try:
        texts = model_answer(question_id)
    except KeyError:
        return []
    return [f"**{slot}**: {text}" for slot, text in texts.items()]


def _told(cells: list[Cell], answer: int, check: int) -> str:
    """Put the code of the answer and the moral that stands right after answer or check together."""
    source = _source(cells[answer])
    code = "\n".join(part.rstrip("\n") for part in _REGION.findall(source)) or source
    told = [f"```python\n{code.strip(chr(10))}\n```"]
    told += [_source(cell) for cell in cells[answer + 1 : check + 2] if "moral" in _tags(cell)]
    return "\n\n".join(told)


def _checks(cell: Cell, question_id: str) -> bool:
    call = rf"check\(\s*[\"']{re.escape(question_id)}[\"']"
    return bool(cell["cell_type"] == "code" and re.search(call, _source(cell)))


def _answers(cell: Cell) -> bool:
    grading = cell["metadata"].get("nbgrader", {})
    return bool(cell["cell_type"] == "code" and grading.get("solution"))


def _tags(cell: Cell) -> list[str]:
    return list(cell["metadata"].get("tags", []))


def _source(cell: Cell) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
