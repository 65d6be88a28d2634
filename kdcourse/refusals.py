"""The system's refusal to read or write a file, as a sentence that fits whoever meets it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kdcourse.texts import KitError


@contextmanager
def explained(path: Path, words: str, *, reading: bool = False) -> Iterator[None]:
    """Turn the system's refusal to write (or read) ``path`` into a sentence.

    Args:
        path: What is written or read.
        words: The table of messages whose ``not-writable``, ``not-readable`` and ``no-space`` say
            what to do: a learner does something else about it than an instructor.
        reading: It is only read.

    Raises:
        KitError: The system refused.
    """
    try:
        yield
    except OSError as refusal:
        if refusal.errno in (errno.ENOSPC, errno.EDQUOT):
            raise KitError(f"{words}.no-space", path=path) from refusal
        key = f"{words}.not-readable" if reading else f"{words}.not-writable"
        raise KitError(key, path=path, reason=refusal.strerror or refusal) from refusal
