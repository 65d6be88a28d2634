"""The learner's door to the course: everything a lesson calls, and nothing else.

Each name is looked up when it is first used, so that ``import kdcourse`` costs nothing; pandas and
matplotlib come with the first call that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdcourse import crm, plots
    from kdcourse.checks.session import check, hint, solution
    from kdcourse.data import load
    from kdcourse.practice.course_map import course_map
    from kdcourse.practice.lessons import lesson
    from kdcourse.practice.quiz.session import quiz
    from kdcourse.practice.roleplay.session import play
    from kdcourse.practice.simulations.session import simulate

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "check",
    "course_map",
    "crm",
    "hint",
    "lesson",
    "load",
    "play",
    "plots",
    "quiz",
    "simulate",
    "solution",
]

_DOOR = {
    "check": "kdcourse.checks.session",
    "course_map": "kdcourse.practice.course_map",
    "hint": "kdcourse.checks.session",
    "lesson": "kdcourse.practice.lessons",
    "load": "kdcourse.data",
    "play": "kdcourse.practice.roleplay.session",
    "quiz": "kdcourse.practice.quiz.session",
    "simulate": "kdcourse.practice.simulations.session",
    "solution": "kdcourse.checks.session",
}

#: Modules that a lesson uses as a whole.
_ROOMS = {"crm": "kdcourse.crm", "plots": "kdcourse.plots"}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(_ROOMS[name])
    if name not in _DOOR:
        raise AttributeError(f"module 'kdcourse' has no attribute {name!r}")
    return getattr(import_module(_DOOR[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
