"""What the carrier's systems record of the story: one function per table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd

from kdcourse.world.story import Story
from kdcourse.world.tables import table

#: Reads one table from the story of a block.
Maker = Callable[[Story], pd.DataFrame]


@cache
def makers() -> Mapping[str, Maker]:
    """Return how each table is made, by name."""
    return _collected("TABLES") | _collected("COMPANY")


def made(name: str, story: Story) -> pd.DataFrame:
    """Return the rows of a table that a block's story gives, in the types of its declaration."""
    frame = makers()[name](story)
    columns = table(name).columns
    return frame.astype({c.name: c.memory for c in columns if frame[c.name].dtype == object})


@cache
def company_tables() -> frozenset[str]:
    """Return the names of the tables that don't depend on the block."""
    return frozenset(_collected("COMPANY"))


def _collected(kind: str) -> dict[str, Maker]:
    """Gather what the modules here hold.

    Args:
        kind: ``TABLES``, rows of a block's customers and staff, or ``COMPANY``, the same rows
            whatever the block.
    """
    # Inside the function: the modules need this package's story first.
    from kdcourse.world.records import (
        after_sales,
        branch,
        calls,
        company,
        complaints,
        consents,
        deals,
        desk,
        finance,
        interactions,
        leads,
        marketing,
        online,
        operations,
        orders,
        organisations,
        parcels,
        people,
        points,
        ratings,
        raw_customers,
        raw_surveys,
        routes,
        steps,
        surveys,
        visits,
        web,
    )

    modules = (
        company,
        parcels,
        people,
        organisations,
        consents,
        leads,
        deals,
        visits,
        routes,
        raw_customers,
        orders,
        finance,
        points,
        marketing,
        web,
        online,
        surveys,
        raw_surveys,
        ratings,
        desk,
        complaints,
        steps,
        after_sales,
        calls,
        interactions,
        operations,
        branch,
    )
    found: dict[str, Maker] = {}
    for module in modules:
        found |= getattr(module, kind, {})
    return found
