"""Where the course's notebooks stand, and which of them a name on the command line means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kdcourse.texts import LANGUAGES, KitError

#: Written by authors; exercises are derived from solutions.
SOURCES = ("notebooks", "solutions")


@dataclass(frozen=True, order=True)
class Place:
    """One notebook of the course, whatever the language: a tree and a name inside it.

    Attributes:
        tree: ``"notebooks"``, ``"solutions"`` or ``"exercises"``.
        name: Path below the language's folder, e.g. ``"1-industry/1.1-parcel-market.ipynb"``.
    """

    tree: str
    name: str

    def path(self, root: Path, lang: str) -> Path:
        """Return where the edition in ``lang`` stands."""
        return root / self.tree / lang / self.name

    def label(self, lang: str) -> str:
        """Return the edition's path below the course's root, as shown to people."""
        return f"{self.tree}/{lang}/{self.name}"

    def answers_to(self, name: str) -> bool:
        """Say whether ``name`` means this notebook.

        A name is some parts of the path, in order, each possibly cut at a hyphen: ``1.1``,
        ``solutions/1.1``, ``1-industry``, ``notebooks/en/1-industry/1.1-parcel-market.ipynb`` …
        """
        own = iter(PurePosixPath(self.tree, self.name).with_suffix("").parts)
        asked = [p for p in PurePosixPath(name.removesuffix(".ipynb")).parts if p not in LANGUAGES]
        # Each search goes on where the one before stopped, for they share the iterator.
        return bool(asked) and all(any(_cut(part, whole) for whole in own) for part in asked)


def places(root: Path, trees: Iterable[str] = SOURCES) -> list[Place]:
    """Return every notebook of some trees that stands there in at least one language."""
    found = {
        Place(tree, path.relative_to(root / tree / lang).as_posix())
        for tree in trees
        for lang in LANGUAGES
        for path in (root / tree / lang).rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    }
    return sorted(found)


def chosen(root: Path, names: Sequence[str], trees: Iterable[str] = SOURCES) -> list[Place]:
    """Return the notebooks that ``names`` mean; all of them if there are no names.

    Raises:
        KitError: A name means no notebook.
    """
    every = places(root, trees)
    for name in names:
        if not any(place.answers_to(name) for place in every):
            raise KitError("author.no-such-notebook", name=name)
    return [p for p in every if not names or any(p.answers_to(name) for name in names)]


def _cut(part: str, whole: str) -> bool:
    return whole == part or whole.startswith(f"{part}-")
