"""Where the rows of a new CRM come from: a world made on the spot, or tables at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import pandas as pd

from kdcourse.course import course_root
from kdcourse.data import FOLDER_VARIABLE, Loader, data_folder, folder_of, load
from kdcourse.world.files import stored_checksums
from kdcourse.world.story import blocks
from kdcourse.world.tables import tables
from kdcourse.world.world import DEFAULT, World, block_tables


class Source(Protocol):
    """Gives the rows of a new CRM."""

    def rows(self, names: frozenset[str]) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the rows of the tables called so; a large table comes in parts."""

    def settings(self) -> dict[str, str]:
        """Return what the CRM has to remember of it: ``data_end``, ``seed`` and the like."""


@dataclass(frozen=True)
class FromWorld:
    """A world, made block by block, so that a large one fits as well."""

    world: World

    def rows(self, names: frozenset[str]) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the rows of the tables called so, block by block."""
        for block in range(blocks(self.world.customers)):
            for name, frame in block_tables(self.world, block).items():
                if name in names:
                    yield name, frame

    def settings(self) -> dict[str, str]:
        """Return what the CRM has to remember of it."""
        world = self.world
        return _settings(world.ends, world.seed, world.customers, world.months)


@dataclass(frozen=True)
class FromTables:
    """The tables that a loader gives, so that the CRM holds what :func:`kdcourse.load` shows.

    Attributes:
        load: The loader.
        folder: Where it reads; None if that can't be told.
        own: Whether this is the data of whoever works here: a world that somebody is judged on is
            not to be left behind on the disk.
    """

    load: Loader
    folder: Path | None
    own: bool = False

    def rows(self, names: frozenset[str]) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the rows of the tables called so."""
        for name in tables():
            if name in names:
                yield name, self.load(name)

    @cached_property
    def checksums(self) -> dict[str, str]:
        """Path -> checksum of the files it reads.

        Raises:
            KitError: They are missing or damaged.
        """
        return stored_checksums(self.folder) if self.folder else {}

    def settings(self) -> dict[str, str]:
        """Return what the CRM has to remember of it.

        Files don't say which seed they were made with, and must not to who is judged on them. What
        is drawn in this CRM follows from the files instead.
        """
        # Every month has its line here, however few customers there are.
        months = self.load("keywords")["month"]
        ends = (pd.Period(months.max(), "M") + 1).start_time
        if self.checksums and self.checksums == stored_checksums(course_root() / "datasets"):
            return _settings(ends, **DEFAULT)
        customers = self.load("customers")["customer_id"]
        drawn = int(sha256("".join(customers).encode()).hexdigest()[:8], 16)
        return _settings(ends, drawn, len(customers), months.nunique())


def source_of(world: World | None, given: Loader | None) -> Source:
    """Return where a new CRM's rows come from: a world or a loader, else what ``load`` reads."""
    if world:
        return FromWorld(world)
    if given is None or given is load:
        return FromTables(load, data_folder(), own=FOLDER_VARIABLE not in os.environ)
    made_by = getattr(given, "__self__", None)
    if isinstance(made_by, World):
        return FromWorld(made_by)
    return FromTables(given, folder_of(given))


def _settings(ends: pd.Timestamp, seed: int, customers: int, months: int) -> dict[str, str]:
    last = str((ends - pd.Timedelta(days=1)).date())
    numbers = {"seed": seed, "customers": customers, "months": months}
    return {"today": last, "data_end": last} | {name: str(n) for name, n in numbers.items()}
