"""Beginning a lesson: its language, the look of its figures, a clean slate for its checks."""

from __future__ import annotations

from pathlib import Path

from kdcourse.course import course_root, workspace_of
from kdcourse.practice.outline import name_of
from kdcourse.progress.journal import record
from kdcourse.texts import KitError, language, use_language

#: The page where the course begins; it is no lesson itself.
START = "00-start-here"


def lesson(name: str, lang: str = "en") -> None:
    """Begin a lesson; the first thing every notebook of the course does.

    Args:
        name: The lesson's number, ``"1.1"``, or the notebook's name where it has none.
        lang: Language of everything the course says, ``"en"`` or ``"zh-CN"``.

    Raises:
        KitError: There is no such lesson or language.
    """
    before = language()
    use_language(lang)
    known = lesson_names(lang)
    if name not in known:
        use_language(before)
        raise KitError("quiz.unknown-lesson", name=name, known=", ".join(known))

    # Figures and checks bring matplotlib and pandas with them.
    from kdcourse.checks.session import begin
    from kdcourse.plots import use_style

    use_style()
    begin()
    if name != START:
        record("begun", name, _kind_of(Path.cwd()))


def _kind_of(folder: Path) -> str:
    """Return which of a lesson's notebooks runs: the one in ``exercises`` or the lesson itself."""
    workspace = workspace_of(folder)
    inside = folder.resolve().relative_to(workspace).parts if workspace else ()
    return "exercise" if inside[:1] == ("exercises",) else "lesson"


def lesson_names(lang: str) -> list[str]:
    """Return the names of the lessons there are notebooks for, in order."""
    stems = sorted(path.stem for path in (course_root() / "notebooks" / lang).rglob("*.ipynb"))
    return [name_of(stem) for stem in stems]
