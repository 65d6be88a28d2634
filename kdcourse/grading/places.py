"""Reading and writing files on the instructor's side: each whole or not at all, faults in words."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kdcourse.atomic import write_atomically
from kdcourse.texts import KitError


@contextmanager
def explained(path: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn the system's refusal to write (or read) ``path`` into a sentence.

    Raises:
        KitError: The system refused.
    """
    try:
        yield
    except OSError as refusal:
        if refusal.errno in (errno.ENOSPC, errno.EDQUOT):
            raise KitError("grading_class.no-space", path=path) from refusal
        key = "grading_class.unreadable" if reading else "grading_class.unwritable"
        raise KitError(key, path=path, reason=refusal.strerror or refusal) from refusal


def put(path: Path, data: bytes | str) -> None:
    """Write a file whole, and the folders that lead there.

    Raises:
        KitError: The folder can't be written to, or the disk is full.
    """
    with explained(path):
        write_atomically(path, data.encode() if isinstance(data, str) else data)


def as_json(content: Any) -> bytes:
    """Return JSON as it stands in our files: the same content, the same bytes."""
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
