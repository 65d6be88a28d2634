"""What a file is compared by, and how a refusal to write it is explained."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import NamedTuple

from kdcourse.atomic import write_atomically as write_whole
from kdcourse.refusals import explained as said_plainly

#: Turns a refusal into a sentence for the learner.
explained = partial(said_plainly, words="workspace")


class Fingerprint(NamedTuple):
    """What identifies a file.

    Attributes:
        typed: Digest of what a person typed. In a notebook these are the cells without their
            outputs, so that running it is not a change; in any other file it is everything.
        whole: Digest of all bytes.
    """

    typed: str
    whole: str


def fingerprint(path: Path) -> Fingerprint:
    """Return the fingerprint of the file at ``path``."""
    data = path.read_bytes()
    whole = hashlib.sha256(data).hexdigest()
    cells = _cells(data) if path.suffix == ".ipynb" else None
    return Fingerprint(whole if cells is None else hashlib.sha256(cells).hexdigest(), whole)


def _cells(data: bytes) -> bytes | None:
    """Return what was typed into a notebook, or None if this is not a readable notebook."""
    try:
        typed = [
            [
                cell["cell_type"],
                cell.get("id"),
                "".join(cell["source"]),  # a text or a list of lines: both are allowed
                cell.get("attachments") or {},
            ]
            for cell in json.loads(data)["cells"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return json.dumps(typed, sort_keys=True).encode()


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: afterwards the old content stands there or the new, never a part.

    Raises:
        KitError: The folder can't be written to, or the disk is full.
    """
    with explained(path):
        write_whole(path, data)
