"""The learner's data: ``load("shipments")`` from the workspace, or from the kit outside of one."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kdcourse.course import course_root, workspace_of

if TYPE_CHECKING:
    import pandas as pd

#: Gives a table by name: :func:`load`, or the ``load`` of a world.
Loader = Callable[[str], "pd.DataFrame"]

#: Names a folder of data to use instead; a grader sets it to judge on a world not seen.
FOLDER_VARIABLE = "KDCOURSE_DATA"


def data_folder() -> Path:
    """Return the folder that :func:`load` reads: ``datasets`` of the workspace, else of the kit."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    workspace = workspace_of(Path.cwd())
    return (workspace or course_root()) / "datasets"


def load(name: str) -> pd.DataFrame:
    """Return a table of the course as a DataFrame of your own; change it as you like.

    Args:
        name: Name of the table, e.g. ``"shipments"``; the dictionary in ``datasets`` lists them.

    Raises:
        KitError: No such table, or its file is missing or not the original.
    """
    return _read(data_folder(), name).copy()


class FolderLoader:
    """The ``load`` of one folder of data: reads each table once, and knows where.

    Args:
        folder: As written by the kit, checksums included.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, pd.DataFrame] = {}

    def __call__(self, name: str) -> pd.DataFrame:
        """Return a table as a DataFrame of the caller's own; see :func:`load`."""
        from kdcourse.world.files import read

        if name not in self._read:
            self._read[name] = read(self.folder, name)
        return self._read[name].copy()


def folder_of(loader: Loader) -> Path | None:
    """Return the folder that a loader reads, None if it doesn't say."""
    if loader is load:
        return data_folder()
    return loader.folder if isinstance(loader, FolderLoader) else None


@lru_cache(maxsize=32)
def _read(folder: Path, name: str) -> pd.DataFrame:
    from kdcourse.world.files import read

    return read(folder, name)


def verify(folder: Path) -> list[str]:
    """Say what is wrong with the data in ``folder``.

    Returns:
        A sentence per fault: a file missing, changed or damaged. Empty if all is well.
    """
    from kdcourse.world.files import changed

    return list(changed(folder))
