"""Facts about customers that rules may ask for, as they were known at the end of a day.

What each fact is stands in ``content/crm/facts.toml``, how it is reckoned in the queries it names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from kdcourse.crm.conditions import Condition, read_condition
from kdcourse.crm.database import sql
from kdcourse.texts import content
from kdcourse.world.declarations import table

#: Of these a customer without any row has none; of the others nothing is known.
_NONE_IS_ZERO = {"facts_parcels", "facts_complaints", "facts_web"}
#: … but a share of nothing is not zero.
_STAYS_EMPTY = {"late_share_90d"}


@cache
def facts() -> Mapping[str, tuple[str, ...]]:
    """Return each fact's codes by its name; a number has none."""
    return {name: _codes(fact.get("codes", "")) for name, fact in _declared().items()}


def condition(text: str, where: str) -> Condition:
    """Read a rule about customers, such as ``days_silent >= 60 and market == "enterprise"``.

    Args:
        text: The rule.
        where: What it belongs to, for the sentence.

    Raises:
        KitError: It can't be read; names the place.
    """
    return read_condition(text, facts(), where)


def facts_sql(names: Collection[str]) -> str:
    """Return a query that gives ``customer_id`` and these facts, with the parameter ``:as_of``.

    Only the tables that the facts come from are read.
    """
    declared = _declared()
    sources = dict.fromkeys(["facts_file", *(declared[name]["from"] for name in sorted(names))])
    columns = ["facts_file.customer_id", *(_column(name) for name in sorted(names))]
    joins = [
        f"LEFT JOIN ({sql(source).rstrip()}\n) AS {source} USING (customer_id)"
        for source in sources
        if source != "facts_file"
    ]
    base = f"FROM ({sql('facts_file').rstrip()}\n) AS facts_file"
    return "\n".join(["SELECT " + ", ".join(columns), base, *joins])


def _column(name: str) -> str:
    source = _declared()[name]["from"]
    if source in _NONE_IS_ZERO and name not in _STAYS_EMPTY:
        return f"coalesce({source}.{name}, 0) AS {name}"
    return f"{source}.{name} AS {name}"


def _declared() -> Mapping[str, Any]:
    declared: Mapping[str, Any] = content("crm/facts")["facts"]
    return declared


def _codes(where: str) -> tuple[str, ...]:
    if not where:
        return ()
    name, _, column = where.partition(".")
    declared = table(name).column(column)
    return tuple(declared.values)
