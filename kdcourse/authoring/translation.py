"""Two editions of equal rank: whether each cell of one still says what the other says.

A Chinese Markdown cell carries the fingerprints of both texts as they were when a person last
compared them. Whichever side is edited afterwards, its fingerprint no longer fits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from kdcourse.authoring.markdown import has_chinese, passages
from kdcourse.authoring.notebook import Cell, Notebook, facts, fingerprint, read, tags, write
from kdcourse.authoring.trees import Place, chosen, places
from kdcourse.texts import KitError

#: From good to bad; the order in which counts are shown.
VERDICTS = ("aligned", "stale", "untranslated", "missing", "extra", "differing")

#: Stands for what belongs to no cell: the notebook's own metadata.
WHOLE = "(notebook)"

_WORD = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True)
class Status:
    """What holds between the two editions of one cell.

    Attributes:
        cell: The cell's id, or :data:`WHOLE`.
        verdict: One of :data:`VERDICTS`.
        reason: Names the sentence ``author.why-<reason>`` that explains it; empty if aligned.
        hint: The beginning of the cell's text, to find it by.
    """

    cell: str
    verdict: str
    reason: str = ""
    hint: str = ""

    @property
    def can_be_accepted(self) -> bool:
        """Whether a person may declare the two sides to say the same."""
        return self.verdict in ("aligned", "stale") or self.reason == "never-stamped"


def compare(english: Notebook | None, chinese: Notebook | None) -> list[Status]:
    """Return one status per cell of either edition, in the Chinese edition's order."""
    ours, theirs = _by_id(english), _by_id(chinese)
    found = [] if english is None or chinese is None else list(_whole(english, chinese))
    moved = _moved(list(ours), list(theirs))
    for name, cell in theirs.items():
        other = ours.get(name)
        if other is None:
            found.append(Status(name, "extra", "extra", _hint(cell)))
        elif name in moved:
            found.append(Status(name, "differing", "order", _hint(cell)))
        else:
            found.append(_pair(other, cell))
    found += [
        Status(name, "missing", "missing", _hint(cell))
        for name, cell in ours.items()
        if name not in theirs
    ]
    return found


def status(root: Path, place: Place) -> list[Status]:
    """Compare the two editions of a notebook; either may not be there."""
    paths = (place.path(root, "en"), place.path(root, "zh-CN"))
    english, chinese = (read(path) if path.exists() else None for path in paths)
    return compare(english, chinese)


def accept(
    root: Path, place: Place, cells: Iterable[str] | None = None
) -> tuple[int, list[Status]]:
    """Stamp cells that a person has compared, in the file of the Chinese edition.

    Args:
        root: The course's root.
        place: The notebook.
        cells: Ids of the cells; None for all of them.

    Returns:
        How many stamps were new, and those asked for that can't be accepted.
    """
    wanted = None if cells is None else set(cells)
    asked = [s for s in status(root, place) if wanted is None or s.cell in wanted]
    refused = [s for s in asked if not s.can_be_accepted]
    new = {s.cell for s in asked if s.can_be_accepted and s.verdict != "aligned"}
    if new:
        english = _by_id(read(place.path(root, "en")))
        path = place.path(root, "zh-CN")
        chinese = read(path)
        for cell in chinese["cells"]:
            if cell["id"] in new:
                stamp = _stamp(english[cell["id"]], cell)
                cell["metadata"]["kdcourse"] = {**facts(cell), "renders": stamp}
        write(path, chinese)
    return len(new), refused


def chosen_cells(root: Path, names: Sequence[str]) -> list[tuple[Place, set[str] | None]]:
    """Return the notebooks that ``names`` mean and which cells of each, None standing for all.

    Args:
        root: The course's root.
        names: Notebooks as in :meth:`Place.answers_to`, or one cell of them: ``1.1:predict-cr8``.

    Raises:
        KitError: A name means no notebook, or no cell.
    """
    found: dict[Place, set[str] | None] = {}
    if not names:
        found.update(dict.fromkeys(places(root)))
    for name in names:
        notebook, colon, cell = name.partition(":")
        asked = chosen(root, [notebook])
        holders = [p for p in asked if not colon or cell in {s.cell for s in status(root, p)}]
        if not holders:
            raise KitError("author.no-such-cell", cell=cell, notebook=notebook)
        for place in holders:
            before = found.get(place, set())
            found[place] = before | {cell} if colon and before is not None else None
    return sorted(found.items(), key=lambda item: item[0])


def counts(found: Sequence[Status]) -> dict[str, int]:
    """Return how many cells have each verdict, in the order of :data:`VERDICTS`."""
    number = Counter(s.verdict for s in found)
    return {verdict: number[verdict] for verdict in VERDICTS}


def _pair(english: Cell, chinese: Cell) -> Status:
    def verdict(word: str, reason: str = "") -> Status:
        return Status(chinese["id"], word, reason, _hint(chinese))

    if english["cell_type"] != chinese["cell_type"]:
        return verdict("differing", "type")
    if tags(english) != tags(chinese):
        return verdict("differing", "tags")
    if _shared_metadata(english) != _shared_metadata(chinese):
        return verdict("differing", "metadata")
    if english["cell_type"] != "markdown":
        same = _as_chinese(english) == chinese["source"]
        return verdict("aligned") if same else verdict("differing", "code")
    has_words = any(map(_WORD.search, passages(english["source"])))
    if has_words and english["source"].strip() == chinese["source"].strip():
        return verdict("untranslated", "same-text")
    if has_words and not any(map(has_chinese, passages(chinese["source"]))):
        return verdict("untranslated", "no-chinese")
    stamped, now = facts(chinese).get("renders"), _stamp(english, chinese)
    if not stamped:
        return verdict("untranslated", "never-stamped")
    changed = [side for side in ("en", "self") if stamped.get(side) != now[side]]
    if not changed:
        return verdict("aligned")
    return verdict("stale", "both-changed" if len(changed) == 2 else f"{changed[0]}-changed")


def _whole(english: Notebook, chinese: Notebook) -> Iterator[Status]:
    ours, theirs = facts(english), facts(chinese)
    if (ours.get("lang"), theirs.get("lang")) != ("en", "zh-CN"):
        yield Status(WHOLE, "differing", "lang")
    if _without(ours, "lang", "ran") != _without(theirs, "lang", "ran"):
        yield Status(WHOLE, "differing", "metadata")
    for nb in (english, chinese):
        number = Counter(cell["id"] for cell in nb["cells"])
        for name in (name for name, times in number.items() if times > 1):
            yield Status(name, "differing", "id-twice")


def _by_id(nb: Notebook | None) -> dict[str, Cell]:
    return {cell["id"]: cell for cell in nb["cells"]} if nb else {}


def _moved(english: list[str], chinese: list[str]) -> set[str]:
    """Return the ids that both editions have but not in the same order."""
    shared = [name for name in chinese if name in set(english)]
    order = [name for name in english if name in set(chinese)]
    blocks = SequenceMatcher(None, order, shared, autojunk=False).get_matching_blocks()
    kept = {name for block in blocks for name in order[block.a : block.a + block.size]}
    return set(shared) - kept


def _as_chinese(english: Cell) -> str:
    """Return the code the Chinese edition must have: the same, bar the set-up's language name."""
    source: str = english["source"]
    return source.replace('"en"', '"zh-CN"') if "setup" in tags(english) else source


def _shared_metadata(cell: Cell) -> dict[str, Any]:
    return {**cell["metadata"], "kdcourse": _without(facts(cell), "renders")}


def _without(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def _stamp(english: Cell, chinese: Cell) -> dict[str, str]:
    return {"en": fingerprint(english["source"]), "self": fingerprint(chinese["source"])}


def _hint(cell: Cell) -> str:
    words = " ".join(cell["source"].split())
    return words if len(words) <= 40 else words[:39] + "…"
