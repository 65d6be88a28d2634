"""Where the course lies: its notebooks, data and solutions, in a clone or inside the wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

#: The folders of the course that a learner gets; solutions stay with the kit until asked for.
LEARNER_FOLDERS = ("notebooks", "exercises", "datasets")

#: Marks a folder as a learner's workspace; holds what the kit needs to remember about it.
WORKSPACE_MARK = ".kdcourse"

#: Draws the Chinese in figures: a part of Noto Sans SC (OFL), so that no system font is needed.
FIGURE_FONT = Path(__file__).resolve().parent / "content" / "fonts" / "NotoSansSC-kdcourse.otf"


@cache
def course_root() -> Path:
    """Return the folder that holds ``notebooks/ exercises/ solutions/ datasets/``.

    In a clone (or an editable installation) that is the project's root, in an installed wheel a
    folder inside the package.
    """
    package = Path(__file__).resolve().parent
    packed = package / "_course"
    return packed if packed.is_dir() else package.parent


def sheets_called(name: str, folder: Path) -> list[Path]:
    """Return the notebooks of an exercise or lesson in the modules of a language, in order.

    Args:
        name: ``"1.1"``, of ``1.1-parcel-market.ipynb``; of a case all of it, ``"case-company-a"``.
        folder: The notebooks of one language, such as ``exercises/en``.
    """
    return sorted(
        path
        for path in folder.glob(f"*/{name}*.ipynb")
        if path.stem == name or path.name.startswith(f"{name}-")
    )


def workspace_of(path: Path) -> Path | None:
    """Return the learner's workspace that ``path`` lies in, or None."""
    path = path.resolve()
    return next((p for p in (path, *path.parents) if (p / WORKSPACE_MARK).is_dir()), None)
