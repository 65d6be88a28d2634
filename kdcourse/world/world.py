"""One world: from a seed, a size and a policy to tables, with the truth behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import pandas as pd

from kdcourse.course import course_root
from kdcourse.texts import KitError
from kdcourse.world.effects import Effects
from kdcourse.world.policy import Policy, Schedule, scheduled
from kdcourse.world.records import company_tables, made, makers
from kdcourse.world.settings import first_month
from kdcourse.world.story import Story, blocks, live
from kdcourse.world.tables import read_csv, table
from kdcourse.world.truth import Truth, truth

#: The world in ``datasets/lanyan``.
DEFAULT = {"seed": 2024, "customers": 1200, "months": 24}


class World:
    """The simulated carrier, Lanyan Express 蓝雁速运.

    Late parcels cost goodwill, lost goodwill costs parcels and in the end customers; docs/causes.md
    draws all that causes what. Everything random is drawn by who, when and what (see
    :mod:`kdcourse.world.streams`), so that two worlds with one seed differ only by what their
    policies cause.

    Args:
        seed: Whole number; the same seed gives the same tables to the byte.
        customers: Accounts simulated, 1 to 5,000,000; prospects come on top.
        months: Months simulated from January 2024, 1 to 96.
        policy: What management decided, once for all or by month; default: as today.
        effects: Sizes of what causes what; default: those of the course.

    Raises:
        KitError: A size out of range.
    """

    def __init__(
        self,
        seed: int = DEFAULT["seed"],
        customers: int = DEFAULT["customers"],
        months: int = DEFAULT["months"],
        policy: Policy | Schedule | None = None,
        effects: Effects | None = None,
    ) -> None:
        for what, value, high in (("customers", customers, 5_000_000), ("months", months, 96)):
            if not 1 <= value <= high:
                raise KitError("world.size", what=what, value=value, low=1, high=high)
        self.seed, self.customers, self.months = seed, customers, months
        self.policy = policy or Policy()
        self.effects = effects or Effects()

    @property
    def ends(self) -> pd.Timestamp:
        """The moment at which the data end; later scans are not known yet."""
        return pd.Timestamp((first_month() + self.months).astype("datetime64[D]"))

    def story(self, block: int) -> Story:
        """Live through one block of the world; see :mod:`kdcourse.world.story`."""
        schedule = scheduled(self.policy)
        return live(self.seed, self.customers, self.months, schedule, self.effects, block)

    @cached_property
    def stories(self) -> list[Story]:
        """All blocks of the world; one for up to ten thousand accounts."""
        return [self.story(block) for block in range(blocks(self.customers))]

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The simulated tables by name; each is made when it is first asked for."""
        return _Tables(self)

    @cached_property
    def truth(self) -> Truth:
        """The sizes of the effects and the hidden states; never part of the tables."""
        return truth(self.stories)

    def load(self, name: str) -> pd.DataFrame:
        """Return a copy of a table, of this world or of published facts (which no world changes).

        Raises:
            KitError: There is no such table.
        """
        if name in self.tables:
            return self.tables[name].copy()
        return read_csv(name, course_root() / "datasets" / table(name).path)


class _Tables(Mapping[str, pd.DataFrame]):
    """Table -> rows, made on demand: an exercise that needs two tables doesn't wait for thirty."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            enough = 1 if name in company_tables() else None
            rows = [made(name, story) for story in self._world.stories[:enough]]
            self._made[name] = rows[0] if len(rows) == 1 else pd.concat(rows, ignore_index=True)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in makers()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(makers()))

    def __len__(self) -> int:
        return len(makers())


class _Block(Mapping[str, pd.DataFrame]):
    """Table -> rows of one block, made when asked for and not kept: who asks writes them away."""

    def __init__(self, story: Story, names: list[str]) -> None:
        self._story, self._names = story, names

    def __getitem__(self, name: str) -> pd.DataFrame:
        return made(name, self._story)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def block_tables(world: World, block: int) -> Mapping[str, pd.DataFrame]:
    """Return the rows of one block of a world; tables of the company come with the first alone.

    Blocks in order, one after the other, are the whole world, however they were made.
    """
    left_out = company_tables() if block else frozenset()
    return _Block(world.story(block), [name for name in makers() if name not in left_out])
