"""Reading and writing files on the instructor's side: each whole or not at all, faults in words."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from kdcourse.atomic import write_atomically
from kdcourse.refusals import explained as said_plainly

#: Turns a refusal into a sentence for the instructor.
explained = partial(said_plainly, words="grading_class")


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
