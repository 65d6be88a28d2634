"""Staying: cohorts month by month, how long customers last, and what those who left had met with.

Only customers who joined since the data begin are counted: of the older ones, those who had left by
then are not known.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from kdcourse.crm.database import Crm
from kdcourse.metrics.proportions import compare_shares
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd


def cohorts(crm: Crm, *, counts: bool = False) -> pd.DataFrame:
    """Return what share of each month's newcomers sent a parcel, month after month.

    Rows are the months of joining, columns ``0`` (the month of joining itself), ``1``, …; a month
    that the data don't hold any more is empty. Column ``customers`` is the size of the cohort; who
    never sent a parcel belongs to it too.

    Args:
        crm: The CRM.
        counts: Give numbers of customers instead of shares.
    """
    import pandas as pd

    rows = crm.query("first_parcels", since=data_begin(crm))
    sizes = rows.groupby("joined")["customer_id"].nunique()
    sent = rows.dropna(subset=["month"])
    passed = _months(sent["month"]) - _months(sent["joined"])
    table = pd.crosstab(sent["joined"], passed)
    last = crm.today.year * 12 + crm.today.month
    ages = (last - _months(pd.Series(sizes.index))).to_numpy()
    width = int(ages.max()) + 1 if len(ages) else 0
    table = table.reindex(index=sizes.index, columns=range(width), fill_value=0).astype(float)
    for joined, age in zip(sizes.index, ages, strict=True):
        table.loc[joined, table.columns > age] = float("nan")
    if not counts:
        table = table.div(sizes, axis=0).round(4)
    table.insert(0, "customers", sizes)
    return table.rename_axis(index="joined", columns=None)


def survival(
    crm: Crm, by: str = "", silent_days: int | None = None, every: int = 30
) -> pd.DataFrame:
    """Return the share of customers still with us so many days after their first parcel.

    Kaplan and Meier (1958), by SciPy: who is still sending when the data end counts as long as they
    were seen, and is not counted as lost. Somebody is lost at their last parcel if nothing came for
    ``silent_days`` since.

    Args:
        crm: The CRM.
        by: Empty for all, or ``"market"``, ``"legal_kind"``, ``"city"`` or ``"source"``.
        silent_days: Silence that counts as leaving; default that of ``content/crm/behaviour.toml``.
        every: Steps of the table, days.

    Returns:
        Columns ``by`` (if any), ``day``, ``survival``, ``low`` and ``high`` (95% interval, by the
        exponential Greenwood formula), ``at_risk``, customers still watched on that day.

    Raises:
        KitError: There is no such grouping, a number is not above 0, or nobody joined since the
            data begin.
    """
    import pandas as pd

    silence = _silence(silent_days)
    if silence <= 0 or every <= 0:
        raise KitError("crm_data.days-positive", silent=silence, every=every)
    known = ("market", "legal_kind", "city", "source")
    if by and by not in known:
        raise KitError("crm_data.no-group", name=by, known=", ".join(known))
    lives = lifetimes(crm, silence)
    if lives.empty:
        raise KitError("crm_data.no-newcomers")
    parts = []
    for name, group in lives.groupby(by) if by else [("", lives)]:
        part = _curve(group["days"], group["left"], every)
        part.insert(0, by or "all", name)
        parts.append(part)
    result = pd.concat(parts, ignore_index=True)
    return result if by else result.drop(columns="all")


def lifetimes(crm: Crm, silent_days: int | None = None) -> pd.DataFrame:
    """Return each newcomer's time with us: ``days`` watched, and whether they ``left`` at its end.

    Args:
        crm: The CRM.
        silent_days: Silence that counts as leaving; default that of ``content/crm/behaviour.toml``.
    """
    import pandas as pd

    silence = _silence(silent_days)
    rows = crm.query("lifetimes", since=data_begin(crm))
    first, last = (pd.to_datetime(rows[name]).dt.normalize() for name in ("first_at", "last_at"))
    today = pd.Timestamp(crm.today)
    rows["left"] = (today - last).dt.days >= silence
    # Who is still here was seen until today, not only until their last parcel.
    rows["days"] = (last.where(rows["left"], today) - first).dt.days
    return rows.drop(columns=["first_at", "last_at"])


def leaving_causes(crm: Crm, day: date | str | None = None) -> pd.DataFrame:
    """Hold against each other how many left: of those to whom something happened, and of others.

    Looked at are the customers who sent in the 90 days before ``day``; gone is who sent nothing in
    the 90 days from then on. That a group leaves more often doesn't prove the cause: who sends
    little has less to lose, and leaves more often whatever we do.

    Args:
        crm: The CRM.
        day: The day between the two quarters; default 90 days before today.

    Returns:
        One row per cause: customers ``with_it`` and ``without``, the shares gone of both, their
        ``difference``, its 95% interval ``low`` to ``high``, ``p_value``; the largest first. Groups
        below the fewest cases of ``content/crm/behaviour.toml`` are left out.

    Raises:
        KitError: The day is none, or the quarter after it isn't over.
    """
    import pandas as pd

    latest = crm.today - timedelta(days=89)
    try:
        between = latest if day is None else date.fromisoformat(str(day)[:10])
    except ValueError:
        raise KitError("crm_data.no-day", day=day) from None
    if between > latest:
        raise KitError("crm_data.not-over", day=between, latest=latest)
    people = crm.query("leaving_causes", day=str(between))
    rows = []
    causes = [name for name in people if name not in ("customer_id", "market", "gone")]
    fewest = content("crm/behaviour")["leaving"]["fewest"]
    for cause in causes:
        met, spared = people[people[cause] == 1], people[people[cause] != 1]
        if min(len(met), len(spared)) < fewest:
            continue
        found = compare_shares(
            int(met["gone"].sum()), len(met), int(spared["gone"].sum()), len(spared)
        )
        rows.append(
            (cause, len(met), len(spared), found.first, found.second, found.difference,
             found.low, found.high, found.p_value)
        )  # fmt: skip
    names = [
        "cause",
        "with_it",
        "without",
        "gone_with",
        "gone_without",
        "difference",
        "low",
        "high",
    ]
    table = pd.DataFrame(rows, columns=[*names, "p_value"]).round(4)
    return table.sort_values(["difference", "cause"], ascending=[False, True], ignore_index=True)


def data_begin(crm: Crm) -> str:
    """Return the first day of the data."""
    return str(crm.rows("SELECT date(min(accepted_at)) FROM shipments")[0][0] or crm.today)


def _silence(days: int | None) -> int:
    return int(content("crm/behaviour")["leaving"]["silent_days"]) if days is None else days


def _months(months: pd.Series[str]) -> pd.Series[int]:
    """Return months such as ``2024-03`` as numbers that grow by one each month."""
    return months.str[:4].astype(int) * 12 + months.str[5:7].astype(int)


def _curve(length: pd.Series[int], left: pd.Series[bool], every: int) -> pd.DataFrame:
    import warnings

    import numpy as np
    import pandas as pd
    from scipy.stats import CensoredData, ecdf

    days, gone = length.to_numpy(float), left.to_numpy(bool)
    curve = ecdf(CensoredData.right_censored(days, ~gone)).sf
    steps = np.arange(0, int(days.max()) + 1, every)
    share = curve.evaluate(steps)
    values = {"day": steps, "survival": share.round(4)}
    with warnings.catch_warnings():
        # Where nobody has left yet, or everybody has, there is no interval; SciPy says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        reach = curve.confidence_interval(0.95, method="log-log")
    for name, side in (("low", reach.low), ("high", reach.high)):
        edge = side.evaluate(steps)
        values[name] = np.where(np.isnan(edge), share, edge).round(4)
    values["at_risk"] = (days[:, None] >= steps).sum(axis=0)
    return pd.DataFrame(values)
