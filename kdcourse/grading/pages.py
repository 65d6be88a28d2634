"""Pages from the templates in ``content/grading``; nothing that was handed in becomes markup."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from kdcourse.checks.catalogue import find_exercise
from kdcourse.checks.view import marked_up
from kdcourse.course import course_root, sheets_called
from kdcourse.texts import KitError, language, pick, say

#: How each outcome looks: a sign, and the colour of its edge (Okabe and Ito's, told apart by
#: colour-blind readers). The words beside it say the same.
LOOKS = {
    "correct": ("✓", "#009e73"),
    "marked": ("✓", "#009e73"),
    "partly": ("◐", "#e69f00"),
    "incorrect": ("✗", "#d55e00"),
    "hard_coded": ("✗", "#d55e00"),
    "error": ("!", "#cc79a7"),
    "timeout": ("!", "#cc79a7"),
    "limit": ("!", "#cc79a7"),
    "not_attempted": ("○", "#8c8c8c"),
    "awaiting": ("…", "#0072b2"),
}
_HEADING = re.compile(r"^#+\s*(?:\d+\.\s*)?(.+?)\s*$", re.MULTILINE)


def page(template: str, **facts: Any) -> str:
    """Return a page in the language spoken now.

    Args:
        template: A file of ``content/grading``.
        **facts: What it shows; text is escaped.
    """
    return _environment().get_template(template).render(lang=language(), gap=gap(), **facts)


def gap() -> str:
    """Return what stands between two sentences."""
    return "" if language() == "zh-CN" else " "


@cache
def _environment() -> Environment:
    places = files("kdcourse") / "content" / "grading"
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(lambda name: (places / name).read_text(encoding="utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["say"] = lambda key, **fields: say(f"grading_class.{key}", **fields)
    environment.globals["looks"] = LOOKS
    environment.filters["points"] = number
    environment.filters["sentence"] = lambda text: Markup(marked_up(text))  # escapes all else
    return environment


def number(value: float) -> str:
    """Return points as people write them: ``2``, ``1.5``."""
    return f"{round(value, 2):g}"


def short(question: str) -> str:
    """Return what a question is called inside its exercise: ``"q2"`` for ``"1.1.q2"``."""
    return question.rpartition(".")[2]


def question_title(question: str) -> str:
    """Return the heading of a question in the language spoken now; its name if it has none."""
    assignment, _, name = question.rpartition(".")
    return _headings(assignment, language()).get(name, name)


@cache
def _headings(assignment: str, lang: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sheets_called(assignment, course_root() / "exercises" / lang):
        for cell in json.loads(path.read_bytes())["cells"]:
            if "question" in cell["metadata"].get("tags", ()):
                match = _HEADING.search("".join(cell["source"]))
                found[cell["id"]] = match[1] if match else cell["id"]
    return found


def words_of(question: str) -> dict[str, Any]:
    """Return what ``content`` holds on a question: its slips, slots and rubric."""
    assignment, _, name = question.rpartition(".")
    try:
        return dict(find_exercise(assignment).texts(name))
    except (KeyError, KitError):
        return {}


def slip_words(question: str, slip: str) -> str:
    """Return the message of a known wrong answer in the language spoken now."""
    entry = words_of(question).get("slips", {}).get(slip)
    return pick(entry) if entry else slip


def rubric(question: str) -> list[tuple[str, list[str]]]:
    """Return the criteria of a written answer in the language spoken now, levels from low up."""
    return [
        (pick(criterion["name"]), [pick(level) for level in criterion["levels"]])
        for criterion in words_of(question).get("rubric", ())
    ]
