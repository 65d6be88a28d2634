"""Reports by grade, which add up to the tables they come from, and their way into a spreadsheet."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kdcourse.atomic import write_atomically
from kdcourse.crm.fields import a_day
from kdcourse.texts import KitError

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

#: Cells that begin so are formulas to a spreadsheet; in a report they are text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def grade_report(
    crm: Crm, start: str | date | None = None, until: str | date | None = None
) -> pd.DataFrame:
    """Return what each grade brought and suffered in a period.

    Grades are those in force, so a customer counts under today's grade for the whole period.

    Args:
        crm: The CRM.
        start: First day; default a year back.
        until: Last day; default the CRM's.

    Returns:
        By grade, then ``ungraded``, then ``all``: customers, parcels, revenue, complaints and
        compensation; ``revenue_share``, ``late_share`` (of parcels delivered) and
        ``complaints_per_10k`` (of parcels).

    Raises:
        KitError: The period ends before it begins.
    """
    table = crm.query("grade_report", **_period(crm, start, until)).set_index("grade")
    table.loc["all"] = table.sum()
    table = table.astype(dict.fromkeys(_COUNTS, int))
    table["revenue"] = table["revenue"].round(2)
    whole = float(table["revenue"].iloc[-1])
    table["revenue_share"] = table["revenue"] / (whole or float("nan"))
    # Of nothing there is no share: those without a parcel have complained, but at no rate.
    table["late_share"] = table["late"] / table["delivered"].where(table["delivered"] > 0)
    rate = 10_000 * table["complaints"] / table["parcels"].where(table["parcels"] > 0)
    table["complaints_per_10k"] = rate
    return table


def reconciliation(
    crm: Crm, start: str | date | None = None, until: str | date | None = None
) -> pd.DataFrame:
    """Hold the report of a period against the tables: sum of the grades, total, difference."""
    import pandas as pd

    period = _period(crm, start, until)
    by_grade = crm.query("grade_report", **period)
    base = crm.query("grade_base", **period).iloc[0]
    told = pd.DataFrame({"report": by_grade[list(base.index)].sum(), "tables": base}).astype(float)
    told["difference"] = (told["report"] - told["tables"]).round(2)
    return told


def export_csv(crm: Crm, table: pd.DataFrame, name: str) -> Path:
    """Write a report as CSV beside the CRM's file and return where.

    The file begins with a byte order mark, or Excel would take Chinese for gibberish, and text that
    a spreadsheet would run as a formula gets an apostrophe before it.

    Raises:
        KitError: The user may not export, the name is none, or the file can't be written, e.g.
            because it is open in a spreadsheet.
    """
    crm.need("export", detail=name)
    if not name or Path(name).name != name or name.startswith("."):
        raise KitError("crm_desks.export-name", name=name)
    shown = table.reset_index() if table.index.name else table
    shown = shown.map(_as_text)
    file = f"{name.removesuffix('.csv')}.csv"
    path = (crm.path.parent if crm.path else Path.cwd()) / "reports" / file
    text = shown.to_csv(index=False, lineterminator="\r\n")
    try:
        write_atomically(path, text.encode("utf-8-sig"))
    except OSError as refusal:
        raise KitError("crm_desks.export-failed", path=path, reason=refusal.strerror) from refusal
    return path


def _as_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _period(crm: Crm, start: str | date | None, until: str | date | None) -> dict[str, str]:
    last = date.fromisoformat(a_day("until", until if until is not None else crm.today))
    first = date.fromisoformat(
        a_day("start", start if start is not None else last - timedelta(days=364))
    )
    if first > last:
        raise KitError("crm_desks.period", start=first, until=last)
    return {"start": str(first), "until": str(last + timedelta(days=1))}


_COUNTS = ("customers", "parcels", "delivered", "late", "complaints")
