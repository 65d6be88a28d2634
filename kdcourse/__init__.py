"""The learner's door to the course: everything a lesson calls, and nothing else.

Each name is looked up when it is first used, so that ``import kdcourse`` costs nothing; pandas and
matplotlib come with the first call that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdcourse import plots
    from kdcourse.checks.session import check, hint, solution
    from kdcourse.data import load
    from kdcourse.practice.course_map import course_map
    from kdcourse.practice.lessons import lesson
    from kdcourse.practice.quiz import quiz

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "check",
    "course_map",
    "hint",
    "lesson",
    "load",
    "plots",
    "quiz",
    "solution",
]

_DOOR = {
    "check": "kdcourse.checks.session",
    "course_map": "kdcourse.practice.course_map",
    "hint": "kdcourse.checks.session",
    "lesson": "kdcourse.practice.lessons",
    "load": "kdcourse.data",
    "quiz": "kdcourse.practice.quiz",
    "solution": "kdcourse.checks.session",
}


def __getattr__(name: str) -> Any:
    if name == "plots":
        return import_module("kdcourse.plots")
    if name not in _DOOR:
        raise AttributeError(f"module 'kdcourse' has no attribute {name!r}")
    return getattr(import_module(_DOOR[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
