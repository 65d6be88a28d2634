"""Notebooks as plain JSON: one canonical form, and access to what the course keeps in cells.

In memory a notebook is the dictionary of its file with every text joined to one string. On disk
there is exactly one form of it, so that a difference between two files is a difference in content.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

from kdcourse.atomic import write_atomically
from kdcourse.texts import KitError

Cell = dict[str, Any]
Notebook = dict[str, Any]

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

#: A view without its widget's state shows nothing, and its id differs in every run.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

#: What editors and kernels leave in a cell that says nothing about the course.
_PASSING_METADATA = ("execution", "collapsed", "scrolled", "trusted", "slideshow", "vscode")


def read(path: Path) -> Notebook:
    """Read a notebook of format 4.5, its texts joined.

    Raises:
        KitError: The file is not a notebook, or one of another format.
    """
    return parse(path.read_bytes(), path)


def parse(raw: bytes, path: Path) -> Notebook:
    """Read a notebook from the bytes of its file; ``path`` only names it in a fault."""
    try:
        nb = json.loads(raw.decode("utf-8-sig"))
        if (nb["nbformat"], nb["nbformat_minor"]) != (4, 5):
            raise KitError("author.not-format-4-5", path=path)
        for cell in nb["cells"]:
            _join(cell)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KitError("author.not-a-notebook", path=path, reason=error) from error
    return dict(nb)


def canonical(nb: Notebook) -> str:
    """Return the one text that may stand for ``nb`` in a file."""
    whole = {
        "cells": [_canonical_cell(cell) for cell in nb["cells"]],
        "metadata": {
            "kdcourse": nb["metadata"].get("kdcourse", {}),
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(path: Path, nb: Notebook) -> bool:
    """Write ``nb`` in canonical form, at once or not at all; say whether the file changed."""
    raw = canonical(nb).encode("utf-8")
    if path.exists() and path.read_bytes() == raw:
        return False
    write_atomically(path, raw)
    return True


def tags(cell: Cell) -> list[str]:
    """Return the tags of a cell: its roles, objectives and concepts."""
    return list(cell["metadata"].get("tags", []))


def facts(holder: Notebook | Cell) -> dict[str, Any]:
    """Return what the course keeps about a notebook or a cell, ``metadata.kdcourse``."""
    return dict(holder["metadata"].get("kdcourse", {}))


def code_cells(nb: Notebook) -> list[Cell]:
    """Return the code cells in order."""
    return [cell for cell in nb["cells"] if cell["cell_type"] == "code"]


def fingerprint(text: str) -> str:
    """Return 12 hexadecimal digits that stand for a text, however its ends or accents are typed."""
    tidy = unicodedata.normalize("NFC", text).rstrip()
    return hashlib.sha256(tidy.encode("utf-8")).hexdigest()[:12]


def code_fingerprint(nb: Notebook) -> str:
    """Return what ``ran`` must be for stored outputs to belong to this code in this language."""
    code = [[cell["id"], cell["source"]] for cell in code_cells(nb)]
    return fingerprint(json.dumps([facts(nb).get("lang"), code], ensure_ascii=False))


def _join(cell: Cell) -> None:
    cell["source"] = _joined(cell["source"]).replace("\r\n", "\n")
    if not isinstance(cell["id"], str) or not isinstance(cell["metadata"], dict):
        raise TypeError(cell["id"])
    for output in cell.get("outputs", []):
        if "text" in output:
            output["text"] = _joined(output["text"])
        for kind, value in output.get("data", {}).items():
            if _is_text(kind):
                output["data"][kind] = _joined(value)


def _canonical_cell(cell: Cell) -> Cell:
    kept = {k: v for k, v in cell["metadata"].items() if k not in _PASSING_METADATA}
    if kept.get("editable") is True:  # JupyterLab notes the default
        del kept["editable"]
    if kept.get("tags") == []:
        del kept["tags"]
    tidy = {
        "cell_type": cell["cell_type"],
        "id": cell["id"],
        "metadata": kept,
        "source": cell["source"].splitlines(keepends=True),
    }
    if cell.get("attachments"):
        tidy["attachments"] = cell["attachments"]
    if cell["cell_type"] == "code":
        tidy["execution_count"] = None
        tidy["outputs"] = [_canonical_output(output) for output in cell.get("outputs", [])]
    return tidy


def _canonical_output(output: dict[str, Any]) -> dict[str, Any]:
    tidy = dict(output)
    if "execution_count" in tidy:
        tidy["execution_count"] = None
    if "text" in tidy:
        tidy["text"] = tidy["text"].splitlines(keepends=True)
    if "data" in tidy:
        tidy["data"] = {
            kind: value.splitlines(keepends=True) if _is_text(kind) else value
            for kind, value in tidy["data"].items()
            if kind != WIDGET_VIEW
        }
    return tidy


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind in ("image/svg+xml", "application/javascript")
