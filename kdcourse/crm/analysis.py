"""What customers choose and what they choose together: preference and basket reports."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from kdcourse.crm.fields import a_day
from kdcourse.texts import KitError

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

#: By what preferences may be counted.
CHOICES = ("product", "channel", "destination", "weekday", "hour", "payment", "extras")
_MARKETS = ("personal", "enterprise", "cross_border")


def preferences(
    crm: Crm,
    by: str = "product",
    *,
    start: str | date | None = None,
    until: str | date | None = None,
    market: str | None = None,
) -> pd.DataFrame:
    """Count parcels by what was chosen.

    Args:
        crm: The CRM.
        by: ``product``, ``channel``, ``destination``, ``weekday`` (0 is Sunday), ``hour``,
            ``payment`` or ``extras`` (none, one, more of packing, signature, cash on delivery,
            insurance).
        start: First day; default a year back.
        until: Last day; default the CRM's.
        market: One market only.

    Returns:
        By choice: ``parcels``, ``share`` of the parcels, ``customers``, ``revenue`` and
        ``mean_fee`` in yuan, the most chosen first.

    Raises:
        KitError: No such choice or market, or the period ends before it begins.
    """
    _one_of("by", by, CHOICES)
    if market is not None:
        _one_of("market", market, _MARKETS)
    first, after = _period(crm, start, until, 365)
    table = crm.query("preferences", by=by, start=first, until=after, market=market)
    table.insert(2, "share", table["parcels"] / max(int(table["parcels"].sum()), 1))
    return table.set_index("choice")


def basket(
    crm: Crm,
    *,
    start: str | date | None = None,
    until: str | date | None = None,
    least_support: float = 0.01,
) -> pd.DataFrame:
    """Find what is used together: pairs of products and services in one customer's month.

    Definitions as in Agrawal, Imielinski and Swami (1993); lift as in Brin and others (1997).

    Args:
        crm: The CRM.
        start: First day; default 90 days back.
        until: Last day; default the CRM's.
        least_support: Leave out pairs that stand in a smaller share of the baskets.

    Returns:
        One row per ordered pair ``if`` → ``then``: ``baskets`` with both; ``support``, their share
        of all baskets; ``confidence``, their share of the baskets with ``if``; ``lift``, the
        confidence over the share of baskets with ``then``: 1 where the two have nothing to do with
        each other. The highest lift first.

    Raises:
        KitError: The period ends before it begins, or the support is no share.
    """
    if not isinstance(least_support, int | float) or not 0 <= least_support <= 1:
        raise KitError(
            "crm_desks.field-number", field="least_support", value=least_support, low=0, high=1
        )
    first, after = _period(crm, start, until, 90)
    items = crm.query("basket_items", start=first, until=after)
    baskets = max(items["basket"].nunique(), 1)
    alone = items["item"].value_counts()
    pairs = items.merge(items, on="basket", suffixes=("_if", "_then"))
    pairs = pairs[pairs["item_if"] != pairs["item_then"]]
    table = pairs.groupby(["item_if", "item_then"]).size().rename("baskets").reset_index()
    table = table.rename(columns={"item_if": "if", "item_then": "then"})
    table["support"] = table["baskets"] / baskets
    table["confidence"] = table["baskets"] / table["if"].map(alone)
    table["lift"] = table["confidence"] / (table["then"].map(alone) / baskets)
    table = table[table["support"] >= least_support]
    return table.sort_values(
        ["lift", "if", "then"], ascending=[False, True, True], ignore_index=True
    )


def _period(
    crm: Crm, start: str | date | None, until: str | date | None, days: int
) -> tuple[str, str]:
    last = date.fromisoformat(a_day("until", until if until is not None else crm.today))
    first = date.fromisoformat(
        a_day("start", start if start is not None else last - timedelta(days=days - 1))
    )
    if first > last:
        raise KitError("crm_desks.period", start=first, until=last)
    return str(first), str(last + timedelta(days=1))


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise KitError("crm_desks.field-code", field=name, value=value, codes=", ".join(known))
