"""Beginning a lesson: its language, the look of its figures, and a clean slate for its checks."""

from __future__ import annotations

from kdcourse.course import course_root
from kdcourse.texts import KitError, language, use_language


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


def lesson_names(lang: str) -> list[str]:
    """Return the names of the lessons there are notebooks for, in order."""
    stems = sorted(path.stem for path in (course_root() / "notebooks" / lang).rglob("*.ipynb"))
    return [stem.partition("-")[0] if "." in stem.partition("-")[0] else stem for stem in stems]
