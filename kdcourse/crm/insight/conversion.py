"""Conversion: how many visits end with an order, by channel and campaign, and is that luck?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from kdcourse.crm.database import Crm
from kdcourse.crm.insight.paths import days
from kdcourse.metrics.proportions import Comparison, compare_shares
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd

#: By what visits can be grouped.
GROUPS = ("channel", "campaign", "platform")
#: Stands in the grid for visits that came with no campaign.
NO_CAMPAIGN = "–"

Day = date | str | None


def funnel(crm: Crm, by: str = "", since: Day = None, until: Day = None) -> pd.DataFrame:
    """Return how many visits reach each step on the way to an order.

    Args:
        crm: The CRM.
        by: ``"channel"``, ``"campaign"`` or ``"platform"`` for a funnel of each; empty for one.
        since: First day; default the first of the data.
        until: Last day; default today.

    Returns:
        Columns ``by`` (if any), ``step``, ``visits`` that came at least so far, ``of_first`` and
        ``of_previous``, their share of the first step and of the step before.

    Raises:
        KitError: There is no such grouping, or a day is none.
    """
    import pandas as pd

    visits = _visits(crm, since, until)
    steps = content("crm/behaviour")["steps"]
    groups = visits.groupby(_group(by)) if by else [("", visits)]
    parts = []
    for name, group in groups:
        reached = pd.Series([int((group["reached"] > place).sum()) for place in range(len(steps))])
        part = pd.DataFrame({by or "all": name, "step": steps, "visits": reached})
        part["of_first"] = (reached / max(reached[0], 1)).round(4)
        part["of_previous"] = (reached / reached.shift().fillna(reached[0]).clip(lower=1)).round(4)
        parts.append(part)
    empty = pd.DataFrame(columns=[by or "all", "step", "visits", "of_first", "of_previous"])
    result = pd.concat(parts, ignore_index=True) if parts else empty
    return result if by else result.drop(columns="all")


def conversion(
    crm: Crm, by: Sequence[str] = ("channel", "campaign"), since: Day = None, until: Day = None
) -> pd.DataFrame:
    """Return visits, orders and their share for each group.

    Args:
        crm: The CRM.
        by: One or more of ``"channel"``, ``"campaign"`` (empty for none) and ``"platform"``.
        since: First day; default the first of the data.
        until: Last day; default today.

    Raises:
        KitError: There is no such grouping, or a day is none.
    """
    names = [by] if isinstance(by, str) else list(by)
    visits = _visits(crm, since, until)
    visits["paid"] = visits["reached"] == len(content("crm/behaviour")["steps"])
    grouped = visits.groupby([_group(name) for name in names])["paid"]
    table = grouped.agg(visits="size", orders="sum").reset_index()
    table["rate"] = (table["orders"] / table["visits"]).round(4)
    return table


def conversion_grid(crm: Crm, since: Day = None, until: Day = None) -> pd.DataFrame:
    """Return the share of visits that ended with an order: channels down, campaigns across.

    Visits that came with no campaign stand under ``–``; cells without any visit are empty.
    """
    table = conversion(crm, ("channel", "campaign"), since, until)
    grid = table.pivot(index="channel", columns="campaign", values="rate")
    return grid.rename(columns={"": NO_CAMPAIGN})


def compare_conversion(
    crm: Crm,
    first: Mapping[str, str],
    second: Mapping[str, str],
    since: Day = None,
    until: Day = None,
) -> Comparison:
    """Hold the conversion of two groups of visits against each other (two-proportion z-test).

    Args:
        crm: The CRM.
        first: What the first group has in common, e.g. ``{"channel": "search"}``.
        second: The same for the second, e.g. ``{"channel": "ad"}``.
        since: First day; default the first of the data.
        until: Last day; default today.

    Raises:
        KitError: A grouping is none, a group has no visits, or one visit is in both groups.
    """
    visits = _visits(crm, since, until)
    paid = visits["reached"] == len(content("crm/behaviour")["steps"])
    chosen = []
    for group in (first, second):
        held = paid.map(lambda _: True)
        for name, value in group.items():
            held &= visits[_group(name)] == value
        if not held.any():
            raise KitError(
                "crm_data.no-visits", group=", ".join(f"{k}={v}" for k, v in group.items())
            )
        chosen.append(held)
    if (chosen[0] & chosen[1]).any():
        raise KitError("crm_data.groups-overlap")
    numbers = [(int(paid[held].sum()), int(held.sum())) for held in chosen]
    return compare_shares(*numbers[0], *numbers[1])


def _visits(crm: Crm, since: Day, until: Day) -> pd.DataFrame:
    first, last = days(crm, since, until)
    return crm.query("web_visits", since=first, until=last)


def _group(name: str) -> str:
    if name not in GROUPS:
        raise KitError("crm_data.no-group", name=name, known=", ".join(GROUPS))
    return name
