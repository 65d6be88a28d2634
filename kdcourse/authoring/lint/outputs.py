"""Rules on stored outputs: figures that speak, and nothing that differs or frightens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kdcourse.authoring.lint.rules import Finding, Subject, found, rule
from kdcourse.authoring.notebook import Cell, code_cells

Output = dict[str, Any]


@rule("figures-in-words")
def figures_in_words(subject: Subject) -> Iterator[Finding]:
    """A reader who can't see a figure reads it, and so does the test that compares outputs."""
    for cell in code_cells(subject.nb):
        outputs = cell["outputs"]
        for number, output in enumerate(outputs):
            image = _image(output)
            if image is None:
                continue
            if not any(_words(after) for after in outputs[number:]):
                yield found("figures-in-words-silent", cell)
            own = output["metadata"]
            if not (own.get("alt") or own.get(image, {}).get("alt")):
                yield found("figures-in-words-alt", cell)


@rule("clean-outputs")
def outputs_clean(subject: Subject) -> Iterator[Finding]:
    """A warning or an object's address in a lesson is noise that differs elsewhere."""
    for cell in code_cells(subject.nb):
        for output in cell["outputs"]:
            if output["output_type"] == "error" or output.get("name") == "stderr":
                yield found("clean-outputs-error", cell)
            elif re.search(r"\bat 0x[0-9a-f]{6,}", _text(output)):
                yield found("clean-outputs-address", cell)


def has_image(cell: Cell) -> bool:
    """Say whether a cell shows a figure."""
    return any(_image(output) for output in cell.get("outputs", []))


def _image(output: Output) -> str | None:
    return next((kind for kind in output.get("data", {}) if kind.startswith("image/")), None)


def _words(output: Output) -> bool:
    """Say whether an output has words beside, or after, an image."""
    text = _text(output).strip()
    return bool(text) and not text.startswith("<")


def _text(output: Output) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))
