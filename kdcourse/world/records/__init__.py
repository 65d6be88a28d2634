"""What the carrier's systems record of the story: one function per table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

import pandas as pd

from kdcourse.world.story import Story

#: Reads one table from the story of a block.
Maker = Callable[[Story], pd.DataFrame]

#: Modules here that hold ``TABLES`` (rows of a block's customers and staff) and ``COMPANY`` (the
#: same rows whatever the block; read from the first).
_MODULES = (
    "company",
    "parcels",
    "people",
    "organisations",
    "consents",
    "leads",
    "deals",
    "visits",
    "routes",
    "raw_customers",
    "orders",
    "finance",
    "points",
    "marketing",
    "web",
    "online",
    "surveys",
    "raw_surveys",
)


@cache
def makers() -> Mapping[str, Maker]:
    """Return how each table is made, by name; tables of customers before those of the company."""
    return _collected("TABLES") | _collected("COMPANY")


@cache
def company_tables() -> frozenset[str]:
    """Return the names of the tables that don't depend on the block."""
    return frozenset(_collected("COMPANY"))


def _collected(kind: str) -> dict[str, Maker]:
    found: dict[str, Maker] = {}
    for name in _MODULES:
        found |= getattr(import_module(f"{__name__}.{name}"), kind, {})
    return found
