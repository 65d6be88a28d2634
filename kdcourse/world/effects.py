"""The sizes of what causes what: declared in ``content/world/effects``, each with its two ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from kdcourse.texts import KitError, content


@dataclass(frozen=True)
class Cause:
    """One arrow of the causal graph.

    Attributes:
        part: Part of the world it works in: the file that declares it.
        name: Name of the effect.
        size: Its size in the course's own world.
        source: Node from which the arrow comes.
        target: Node to which it goes.
        unit: Language -> what the size counts.
        what: Language -> the effect in a sentence.
    """

    part: str
    name: str
    size: float
    source: str
    target: str
    unit: Mapping[str, str]
    what: Mapping[str, str]


class Effects(Mapping[str, float]):
    """Effect -> size; a world with an effect set to 0 has none of it.

    Args:
        sizes: Sizes that differ from the course's own.

    Raises:
        KitError: No such effect.
    """

    def __init__(self, sizes: Mapping[str, float] | None = None) -> None:
        known = {name: cause.size for name, cause in causes().items()}
        for name in sizes or {}:
            if name not in known:
                raise KitError("world.unknown-effect", name=name, known=", ".join(known))
        self._sizes = MappingProxyType(known | dict(sizes or {}))

    def __getitem__(self, name: str) -> float:
        return self._sizes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def __reduce__(self) -> tuple[Any, ...]:
        return Effects, (dict(self._sizes),)

    def but(self, **sizes: float) -> Effects:
        """Return these effects with some sizes changed."""
        return Effects(dict(self._sizes) | sizes)

    def without(self, *names: str) -> Effects:
        """Return these effects with the named ones set to nothing (a placebo world)."""
        return self.but(**dict.fromkeys(names, 0.0))


@cache
def causes() -> Mapping[str, Cause]:
    """Return every declared effect by name."""
    folder = files("kdcourse") / "content" / "world" / "effects"
    names = sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")
    return MappingProxyType(
        {
            name: Cause(file, name, e["size"], e["from"], e["to"], e["unit"], e["what"])
            for file in names
            for name, e in content(f"world/effects/{file}").items()
        }
    )
