"""Write a file whole or not at all: after a crash the old content stands there or the new."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, and make the folders that lead there.

    The new content goes to a draft beside the file, which then takes its place in one step. The
    draft's name is always the same, so that what a killed run left behind is used up by the next.

    Raises:
        OSError: The folder can't be written to, or the disk is full; the old content stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.kdcourse-new")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            # Else a power cut could leave the new name with nothing behind it.
            os.fsync(file.fileno())
        os.replace(draft, path)  # noqa: PTH105 - the one call that swaps on every platform
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
