"""What a learner sees, as one page for the browser that needs no network.

nbconvert draws each cell; its own page would load MathJax, RequireJS and Mermaid from elsewhere, so
the page around the cells is ours (``content/authoring/preview.html``).
"""

from __future__ import annotations

import html
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from kdcourse.authoring.notebook import Cell, Notebook, read
from kdcourse.authoring.trees import Place, chosen
from kdcourse.course import FIGURE_FONT
from kdcourse.texts import LANGUAGES, KitError, say

#: What nbconvert writes for an image without a description.
_UNTOLD = re.compile(r'alt="No description has been provided for this image"')

_PAGE = FIGURE_FONT.parents[1] / "authoring" / "preview.html"


def write(
    root: Path, names: Sequence[str], lang: str = "", folder: Path | None = None
) -> list[Path]:
    """Write a page for each notebook that is meant, and return where they are.

    Args:
        root: The course's root.
        names: See :meth:`kdcourse.authoring.trees.Place.answers_to`; an exercise and its solution
            share a page.
        lang: Only this language; default: both.
        folder: Where to write; default: a folder for temporary files.

    Raises:
        KitError: There are no names, a name means no notebook, or the language is not known.
    """
    if not names:
        raise KitError("preview.what")
    if lang and lang not in LANGUAGES:
        raise KitError("texts.unknown-language", lang=lang, languages=", ".join(LANGUAGES))
    asked = [name.replace("exercises/", "solutions/") for name in names]
    folder = folder or Path(tempfile.gettempdir()) / "kdcourse-preview"
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for place in chosen(root, asked):
        for each in (lang,) if lang else LANGUAGES:
            if place.path(root, each).exists():
                kind = "exercise" if place.tree == "solutions" else "lesson"
                path = folder / f"{kind}-{Path(place.name).stem}.{each}.html"
                path.write_text(page(root, place, each), encoding="utf-8")
                pages.append(path.resolve())
    return pages


def page(root: Path, place: Place, lang: str) -> str:
    """Return the page of a lesson, or of an exercise beside its solution, in one language.

    Args:
        root: The course's root.
        place: In the tree ``"notebooks"`` or ``"solutions"``.
        lang: The edition; the page around it speaks the same language.
    """
    nb = read(place.path(root, lang))
    exercise = Place("exercises", place.name).path(root, lang)
    # A solution that was never built has no exercise yet: it stands alone.
    paired = place.tree == "solutions" and exercise.exists()
    rows = _pairs(nb, read(exercise), lang) if paired else (_row(_drawn(c)) for c in nb["cells"])
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        lang=lang,
        title=html.escape(say("preview.lesson", lang, notebook=place.label(lang))),
        layout="pair" if paired else "alone",
        css=_css(),
        note=html.escape(say("preview.not-run", lang)),
        rows="\n".join(rows),
    )


def _pairs(solution: Notebook, exercise: Notebook, lang: str) -> Iterator[str]:
    """Yield a row per cell of the solution: once where both are alike, else side by side."""
    handed = {cell["id"]: cell for cell in exercise["cells"]}
    heads = (html.escape(say(f"preview.{side}", lang)) for side in ("exercise", "solution"))
    yield _row(*heads, kind="heads")
    absent = f'<p class="only">{html.escape(say("preview.only-solution", lang))}</p>'
    for cell in solution["cells"]:
        theirs = handed.get(cell["id"])
        if theirs is not None and _shown(theirs) == _shown(cell):
            yield _row(_drawn(cell), kind="same")
        else:
            yield _row(_drawn(theirs) if theirs else absent, _drawn(cell), kind="differs")


def _row(*sides: str, kind: str = "same") -> str:
    columns = "".join(f"<div>{side}</div>" for side in sides)
    return f'<div class="row {kind}">{columns}</div>'


def _shown(cell: Cell) -> tuple[Any, ...]:
    return cell["source"], cell.get("outputs")


def _drawn(cell: Cell) -> str:
    """Return a cell as HTML, drawn by nbconvert as JupyterLab would.

    nbconvert passes over the alternative text that is stored with a figure; it is put in here.
    """
    words = _alternatives(cell)
    body, _ = _converted([cell])
    return _UNTOLD.sub(lambda _: f'alt="{html.escape(next(words, ""))}"', body)


def _alternatives(cell: Cell) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        for kind in output.get("data", {}):
            if kind.startswith("image/"):
                own = output["metadata"]
                yield own.get(kind, {}).get("alt") or own.get("alt", "")


def _converted(cells: list[Cell]) -> tuple[str, dict[str, Any]]:
    exporter = _exporter()
    import nbformat

    nb = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    body, resources = exporter.from_notebook_node(nbformat.from_dict(nb))  # type: ignore[no-untyped-call]
    return str(body), dict(resources)


@cache
def _exporter() -> Any:
    # nbformat's validation would build a grammar for addresses: three seconds for nothing.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from nbconvert import HTMLExporter

    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="lab", template_file="base.html.j2"
    )


@cache
def _css() -> str:
    """Return the look of JupyterLab and of highlighted code, as nbconvert carries it."""
    folders = [Path(folder) / "static" for folder in _exporter().template_paths]
    found = [
        next(path for folder in folders if (path := folder / name).is_file())
        for name in ("index.css", "theme-light.css")
    ]
    highlighting: list[str] = _converted([])[1]["inlining"]["css"]
    return "\n".join([*(path.read_text("utf-8") for path in found), *highlighting])
