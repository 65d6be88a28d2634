"""Early warning: find the parcels that will be complained of, act first, and measure the warning.

Signals, points and threshold stand in ``content/crm/warning.toml``. A day's run knows what was
known at the end of that day and nothing later, or its success would be hindsight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kdcourse.crm.fields import a_day
from kdcourse.texts import KitError, content, pick

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm


@dataclass(frozen=True)
class Evaluation:
    """How good the warnings of a period were.

    Attributes:
        alerts: Parcels warned of.
        complaints: Parcels complained of in the period.
        foreseen: Of those complaints, how many came after a warning, within the horizon.
        recall: Share of the complaints that were foreseen; nan without any.
        precision: Share of the warnings that a complaint followed; nan without any. Of the last
            days' warnings the complaint may still come.
        lead_days: Median of the days from warning to complaint, of those foreseen.
    """

    alerts: int
    complaints: int
    foreseen: int
    recall: float
    precision: float
    lead_days: float


def scores(
    crm: Crm, day: str | date | None = None, points: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return every parcel with a signal at the end of a day, the highest score first.

    Args:
        crm: The CRM.
        day: The day; default the CRM's.
        points: Signal -> points, in place of the declared ones; a signal left out counts nothing.

    Returns:
        ``waybill_no``, ``customer_id``, one column per signal, ``score`` and ``signals`` in words.

    Raises:
        KitError: No such signal, points below zero, or the day lies ahead.
    """
    given = _points(points)
    when = date.fromisoformat(_day(crm, day))
    told = content("crm/warning")
    found = crm.query(
        "warning_signals",
        day=str(when),
        until=str(when + timedelta(days=1)),
        times=told["times_the_standard"],
        watch=told["watch_days"],
    )
    names = list(told["signals"])
    found[names] = found[names].astype(int)
    found["score"] = sum(found[name] * given.get(name, 0) for name in names)
    shown = {name: pick(told["signals"][name]["name"]) for name in names}
    found["signals"] = [
        ", ".join(shown[name] for name, set_ in zip(names, row, strict=True) if set_)
        for row in found[names].to_numpy().tolist()
    ]
    return found.sort_values(["score", "waybill_no"], ascending=[False, True], ignore_index=True)


def run(
    crm: Crm,
    day: str | date | None = None,
    *,
    threshold: float | None = None,
    points: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Raise the alerts of a day: parcels at or above the threshold that weren't warned of before.

    Args:
        crm: The CRM.
        day: The day; default the CRM's.
        threshold: Points from which a warning is raised; default the declared one.
        points: As in :func:`scores`.

    Returns:
        The new alerts.

    Raises:
        KitError: As :func:`scores`; the threshold isn't above zero; or the user may not.
    """
    when, limit = _day(crm, day), _threshold(threshold)
    with crm.transaction() as db:
        known = {row[0] for row in crm.rows("SELECT waybill_no FROM alerts")}
        found = scores(crm, when, points)
        new = found[(found["score"] >= limit) & ~found["waybill_no"].isin(known)]
        new = new[["waybill_no", "customer_id", "score", "signals"]].reset_index(drop=True)
        db.executemany(
            "INSERT INTO alerts (waybill_no, customer_id, raised_on, score, signals) "
            "VALUES (?, ?, ?, ?, ?)",
            [(w, c, when, round(score), words) for w, c, score, words in new.to_numpy().tolist()],
        )
    return new


def act(crm: Crm, waybill_no: str, action: str) -> None:
    """Note what was done about an alert.

    Args:
        crm: The CRM.
        waybill_no: The parcel.
        action: An action of ``content/crm/warning.toml``.

    Raises:
        KitError: There is no such alert or action, somebody has acted already, or the user may
            not.
    """
    known = content("crm/warning")["actions"]
    if action not in known:
        raise KitError("crm_desks.field-code", field="action", value=action, codes=", ".join(known))
    found = crm.rows("SELECT action, acted_by FROM alerts WHERE waybill_no = :w", w=waybill_no)
    if not found:
        raise KitError("crm.no-record", table="alerts", key=waybill_no)
    with crm.transaction() as db:
        done = db.execute(
            "UPDATE alerts SET action = ?, acted_at = ?, acted_by = ? "
            "WHERE waybill_no = ? AND action IS NULL",
            (action, crm.now, crm.user().name, waybill_no),
        ).rowcount
    if not done:
        raise KitError("crm_desks.acted", waybill=waybill_no, action=found[0][0], by=found[0][1])


def open_alerts(crm: Crm) -> pd.DataFrame:
    """Return the alerts on which nobody has acted, the highest score first."""
    return crm.query(
        "SELECT waybill_no, customer_id, raised_on, score, signals FROM alerts "
        "WHERE action IS NULL ORDER BY score DESC, raised_on, waybill_no"
    )


def evaluate(
    crm: Crm,
    start: str | date,
    days: int = 30,
    *,
    threshold: float | None = None,
    points: Mapping[str, float] | None = None,
) -> Evaluation:
    """Measure what the warning would have been worth: run it day by day, write nothing.

    A complaint is foreseen if the parcel was warned of at the end of an earlier day.

    Args:
        crm: The CRM.
        start: First day.
        days: How many days.
        threshold: As in :func:`run`.
        points: As in :func:`scores`.

    Raises:
        KitError: As :func:`run`; or the period reaches beyond the CRM's day.
    """
    import pandas as pd

    if not isinstance(days, int) or days < 1:
        raise KitError("crm_desks.at-least", name="days", value=days, low=1)
    first, limit = date.fromisoformat(a_day("start", start)), _threshold(threshold)
    horizon = content("crm/warning")["horizon_days"]
    raised: dict[str, date] = {}
    for number in range(days):
        day = first + timedelta(days=number)
        found = scores(crm, day, points)
        for waybill in found.loc[found["score"] >= limit, "waybill_no"]:
            raised.setdefault(waybill, day + timedelta(days=1))
    until = first + timedelta(days=days)
    came = crm.query(
        "warning_complaints", start=str(first), until=str(until + timedelta(days=horizon))
    )
    came["received_at"] = pd.to_datetime(came["received_at"])
    warned = pd.to_datetime(came["waybill_no"].map(raised))
    lead = (came["received_at"] - warned).dt.total_seconds() / 86_400
    followed = (lead >= 0) & (lead <= horizon)
    within = came["received_at"] < pd.Timestamp(until)
    complaints, foreseen = int(within.sum()), int((followed & within).sum())
    return Evaluation(
        len(raised), complaints, foreseen,
        recall=foreseen / complaints if complaints else float("nan"),
        precision=int(followed.sum()) / len(raised) if raised else float("nan"),
        lead_days=float(lead[followed & within].median()),
    )  # fmt: skip


def _points(given: Mapping[str, float] | None) -> Mapping[str, float]:
    signals: Mapping[str, Mapping[str, Any]] = content("crm/warning")["signals"]
    if given is None:
        return {name: told["points"] for name, told in signals.items()}
    for name, value in given.items():
        if name not in signals:
            raise KitError(
                "crm_desks.field-code", field="signal", value=name, codes=", ".join(signals)
            )
        if not isinstance(value, int | float) or not value >= 0:
            raise KitError("crm_desks.at-least", name=name, value=value, low=0)
    return given


def _threshold(given: float | None) -> float:
    limit = content("crm/warning")["threshold"] if given is None else given
    if not isinstance(limit, int | float) or not limit > 0:
        raise KitError("crm_desks.threshold", value=limit)
    return limit


def _day(crm: Crm, day: str | date | None) -> str:
    when = a_day("day", day if day is not None else crm.today)
    if when > str(crm.today):
        raise KitError("crm_desks.warn-ahead", day=when, today=crm.today)
    return when
