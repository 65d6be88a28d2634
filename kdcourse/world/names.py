"""Find the row of names in a table's file, and which declared column is which of its own."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdcourse.texts import KitError
from kdcourse.world.declarations import table

#: A message of ``data.toml`` and its fields.
Said = tuple[str, dict[str, Any]]


@dataclass
class Names:
    """The row of names of a file.

    Attributes:
        row: Its number, from 1.
        width: Cells from the first to the last name.
        places: Declared column -> its place in a row, from 0; those that are there.
        faults: (message, fields) of columns that are missing, strange, without a name or twice.
        notes: (message, fields) of names that are understood but spelled otherwise.
    """

    row: int
    width: int
    places: dict[str, int] = field(default_factory=dict)
    faults: list[Said] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)


def tidy(name: object) -> str:
    """Return a name without what differs between spellings: case, width, blanks, dashes."""
    plain = unicodedata.normalize("NFKC", str(name)).replace("\ufeff", "").strip().casefold()
    return plain.replace(" ", "_").replace("-", "_")


def find_names(name: str, path: Path, top: Iterable[Sequence[Any]]) -> Names:
    """Find the names of table ``name`` among the first rows of its file.

    Args:
        name: The table.
        path: Its file, to be named in a fault.
        top: The first rows.

    Raises:
        KitError: No row holds even one of the declared names.
    """
    declared = [column.name for column in table(name).columns]
    rows = list(top)
    scores = [sum(tidy(cell) in declared for cell in set(map(_text, row))) for row in rows]
    if not any(scores):
        raise KitError("data.no-names", path=path, table=name, columns=", ".join(declared))
    row = scores.index(max(scores))
    cells = [_text(cell) for cell in rows[row]]
    while not cells[-1]:
        cells.pop()
    names = Names(row + 1, len(cells))
    if row:
        names.notes.append(("note-names-below", {"row": row + 1}))
    _assign(cells, declared, names)
    return names


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _assign(cells: list[str], declared: list[str], names: Names) -> None:
    for place, cell in enumerate(cells):
        if not cell.strip():
            names.faults.append(("fault-no-name", {"place": _letters(place)}))
        elif (own := tidy(cell)) in declared:
            if own in names.places:
                fields = {"column": own, "one": _letters(names.places[own])}
                names.faults.append(("fault-name-twice", fields | {"other": _letters(place)}))
                continue
            names.places[own] = place
            if cell != own:
                names.notes.append(("note-name", {"name": cell.strip(), "column": own}))
    strange = [cell.strip() for cell in cells if cell.strip() and tidy(cell) not in declared]
    for column in declared:
        if column not in names.places:
            likely = difflib.get_close_matches(column, map(tidy, strange), 1)
            meant = next((cell for cell in strange if tidy(cell) in likely), None)
            key = "fault-misspelled" if meant else "fault-missing"
            names.faults.append((key, {"column": column, "name": meant}))
            strange = [cell for cell in strange if cell != meant]
    names.faults += [("fault-strange", {"name": cell}) for cell in strange]


def _letters(place: int) -> str:
    """Return the letters by which a spreadsheet calls a column, ``A`` for place 0."""
    letters = ""
    place += 1
    while place:
        place, digit = divmod(place - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
