"""What customers choose and what they choose together: preference and basket reports."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

from kdcourse.crm.fields import a_day
from kdcourse.crm.waiting import waiting
from kdcourse.texts import KitError, say

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

#: What counting costs, in steps of SQLite's, whatever it is by.
_STEPS_A_PARCEL = 60

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

    Every parcel is read with its order; of millions, better ask ``crm.warehouse``.

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
    with crm.trusted():
        parcels = crm.rows("SELECT count(*) FROM shipments WHERE accepted_at >= :start "
                           "AND accepted_at < :until", start=first, until=after)[0][0]  # fmt: skip
    told = say("crm_desks.counting-bar", parcels=f"{parcels:,}")
    with waiting(crm, told, _STEPS_A_PARCEL * parcels):
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
    import pandas as pd

    first, after = _period(crm, start, until, 90)
    sets = _sets(crm, first, after)
    baskets = max(sum(sets.values()), 1)
    alone: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for items, number in sets.items():
        for item in items:
            alone[item] += number
        for pair in permutations(items, 2):
            both[pair] += number
    rows = [(one, other, number) for (one, other), number in both.items()]
    table = pd.DataFrame(rows, columns=["if", "then", "baskets"])
    table["support"] = table["baskets"] / baskets
    table["confidence"] = table["baskets"] / table["if"].map(alone)
    table["lift"] = table["confidence"] / (table["then"].map(alone) / baskets)
    table = table[table["support"] >= least_support]
    return table.sort_values(
        ["lift", "if", "then"], ascending=[False, True, True], ignore_index=True
    )


def _sets(crm: Crm, first: str, after: str) -> Counter[frozenset[str]]:
    """Count baskets by what is in them: whole months from their sums, parts of one from parcels."""
    begin = first if first.endswith("-01") else f"{_next_month(first)}-01"
    end = f"{after[:7]}-01"
    parts = [(first, begin), (end, after)] if begin <= end else [(first, after)]
    rows = [
        row
        for start, until in parts
        if start < until
        for row in crm.rows("basket_items", start=start, until=until)
    ]
    if begin < end:
        rows += crm.rows("basket_sets", first=begin[:7], after=end[:7])
    sets: Counter[frozenset[str]] = Counter()
    for items, number in rows:
        sets[frozenset(items.split())] += number
    return sets


def _next_month(day: str) -> str:
    months = int(day[:4]) * 12 + int(day[5:7])
    return f"{months // 12:04}-{months % 12 + 1:02}"


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
