"""Who is served first: complaints and parcels queued by grade, with a floor for the lowest grade.

Policies stand in ``content/crm/priority.toml``. A run shows what a policy does to everybody: the
gain of the first and the wait of the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kdcourse.crm.complaint_case import queue
from kdcourse.crm.fields import a_day
from kdcourse.crm.queues import serve
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

#: Grade of those who have none.
UNGRADED = "ungraded"
#: Setting that holds the policy in force, and the one that is in force before any is chosen.
_SETTING, _FIRST = "queue_policy", "grade_with_floor"


@dataclass(frozen=True)
class Policy:
    """Who goes first.

    Attributes:
        name: What it is called.
        order: Grade -> rank; the lowest is served first.
        floor_hours: After how long a wait anybody goes first; None for never.
    """

    name: str
    order: Mapping[str, int]
    floor_hours: float | None = None

    def rank(self, grade: str) -> int:
        """Return the rank of a grade; without one, that of the last."""
        return self.order.get(grade, max(self.order.values()))


def policy(name: str | Policy = _FIRST, *, floor_hours: float | None = None) -> Policy:
    """Return a policy, perhaps with another floor.

    Args:
        name: One of ``content/crm/priority.toml``.
        floor_hours: Its floor, in place of the declared one.

    Raises:
        KitError: There is no such policy, or the floor is negative.
    """
    if floor_hours is not None and not floor_hours >= 0:
        raise KitError("crm_desks.floor", floor=floor_hours)
    if isinstance(name, Policy):
        chosen = name
    else:
        known = content("crm/priority")["policies"]
        if name not in known:
            raise KitError("crm_desks.no-policy", policy=name, known=", ".join(known))
        chosen = Policy(name, known[name]["order"], known[name].get("floor_hours"))
    if floor_hours is None:
        return chosen
    return Policy(chosen.name, chosen.order, floor_hours)


def policy_in_force(crm: Crm) -> Policy:
    """Return the policy by which the desk serves."""
    with crm.trusted():
        found = crm.rows("SELECT value FROM settings WHERE key = :key", key=_SETTING)
    name, _, floor = str(found[0][0]).partition(" ") if found else (_FIRST, "", "")
    return policy(name, floor_hours=float(floor) if floor else None)


def set_policy(crm: Crm, name: str | Policy, *, floor_hours: float | None = None) -> Policy:
    """Put a policy in force.

    Raises:
        KitError: It has no floor, so that somebody could wait for ever; or the user may not.
    """
    chosen = policy(name, floor_hours=floor_hours)
    if chosen.floor_hours is None:
        raise KitError("crm_desks.policy-no-floor", policy=chosen.name)
    policy(chosen.name)
    with crm.transaction() as db:
        db.execute(
            "INSERT INTO settings (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_SETTING, f"{chosen.name} {chosen.floor_hours}"),
        )
    return chosen


def service_order(crm: Crm, by: str | Policy | None = None) -> pd.DataFrame:
    """Return the open complaints in the order in which they are to be served now.

    Args:
        crm: The CRM.
        by: A policy; default the one in force.
    """
    import pandas as pd

    chosen = policy_in_force(crm) if by is None else policy(by)
    cases = queue(crm)
    since = pd.to_datetime(cases["since"])
    cases["waited_h"] = ((pd.Timestamp(crm.now) - since).dt.total_seconds() / 3600).clip(lower=0)
    cases["grade"] = cases["grade"].astype(object).fillna(UNGRADED)
    late = pd.Series(False, cases.index)
    if chosen.floor_hours is not None:
        late = cases["waited_h"] >= chosen.floor_hours
    rank = cases["grade"].map(chosen.rank).where(~late, 0)
    cases = cases.assign(by_floor=late, rank=rank)
    cases = cases.sort_values(["rank", "since", "complaint_id"]).drop(columns="rank")
    return cases.reset_index(drop=True)


def run_queue(
    crm: Crm,
    by: str | Policy = _FIRST,
    *,
    start: str | date | None = None,
    days: int = 90,
    desks: int | None = None,
    hours_each: float | None = None,
) -> pd.DataFrame:
    """Serve the complaints of a period under a policy, as if it had been in force.

    Args:
        crm: The CRM.
        by: The policy.
        start: First day; default ``days`` before the CRM's.
        days: How many days' complaints.
        desks: How many cases are worked at once.
        hours_each: Hours a desk needs for one.

    Returns:
        One row a case in the order of service: ``grade``, ``received_at``, ``begun_at``,
        ``waited_h``, ``promise_h``, ``broken`` and ``by_floor``.

    Raises:
        KitError: No such policy, no grades in force, or a number out of range.
    """
    import pandas as pd

    chosen, told = policy(by), content("crm/priority")["complaints"]
    desks = _at_least("desks", told["desks"] if desks is None else desks, 1)
    hours = _at_least("hours_each", told["hours_each"] if hours_each is None else hours_each, 0)
    _need_grades(crm)
    first = date.fromisoformat(
        a_day("start", start if start is not None else crm.today - timedelta(days=days - 1))
    )
    until = first + timedelta(days=_at_least("days", days, 1))
    cases = crm.query("queue_cases", start=str(first), until=str(until))
    served = _serve(cases, "received_at", chosen, hours, desks)
    served["promise_h"] = served["grade"].map(told["promise"]).astype(float)
    served["broken"] = served["waited_h"] > served["promise_h"]
    served["begun_at"] = pd.to_datetime(served["begun_at"]).dt.floor("min")
    columns = ["place", "complaint_id", "grade", "received_at", "begun_at", "waited_h"]
    return served[[*columns, "promise_h", "broken", "by_floor"]]


def dispatch(
    crm: Crm,
    day: str | date | None = None,
    by: str | Policy = _FIRST,
    *,
    per_hour: float | None = None,
    keep: bool = False,
) -> pd.DataFrame:
    """Sort a day's parcels in the order of a policy, and see which promises still hold.

    After sorting, a parcel is taken to need what the links after it usually take.

    Args:
        crm: The CRM.
        day: Day of acceptance; default the CRM's.
        by: The policy.
        per_hour: Parcels sorted an hour; default what the day's parcels need in the hours of
            ``content/crm/priority.toml``.
        keep: Write the order into ``dispatches``.

    Returns:
        One row a parcel in the order of sorting: ``grade``, ``accepted_at``, ``sorted_at``,
        ``expected_at``, ``promised_at`` and ``broken``.

    Raises:
        KitError: No such policy, no grades in force, nothing accepted on that day, a number out of
            range, or the user may not.
    """
    import pandas as pd

    chosen = policy(by)
    _need_grades(crm)
    when = a_day("day", day if day is not None else crm.today)
    parcels = crm.query("dispatch_parcels", day=when)
    if parcels.empty:
        raise KitError("crm_desks.no-parcels", day=when)
    hours = content("crm/priority")["orders"]["hours_a_day"]
    rate = len(parcels) / hours if per_hour is None else per_hour
    if not rate > 0:
        raise KitError("crm_desks.at-least", name="per_hour", value=per_hour, low=0)
    done = _serve(parcels, "accepted_at", chosen, 1 / rate, 1)
    after = pd.to_timedelta(done["hours_after"].astype(float), unit="h")
    done["sorted_at"] = done["begun_at"].dt.floor("min")
    done["expected_at"] = (done["begun_at"] + after).dt.floor("min")
    done["broken"] = done["expected_at"] > pd.to_datetime(done["promised_at"])
    if keep:
        _keep(crm, when, chosen, done)
    columns = ["place", "waybill_no", "customer_id", "grade", "accepted_at", "sorted_at"]
    return done[[*columns, "expected_at", "promised_at", "waited_h", "broken", "by_floor"]]


def by_grade(served: pd.DataFrame) -> pd.DataFrame:
    """Sum up a run: by grade and for all, how many, mean and worst wait in hours, broken."""
    import pandas as pd

    whole = served.assign(grade="all")
    table = (
        pd.concat([served, whole])
        .groupby("grade")
        .agg(
            number=("waited_h", "size"),
            mean_wait_h=("waited_h", "mean"),
            worst_wait_h=("waited_h", "max"),
            broken=("broken", "sum"),
        )
    )
    order = [*content("crm/grading")["grades"], UNGRADED, "all"]
    return table.loc[[grade for grade in order if grade in table.index]]


def _serve(
    jobs: pd.DataFrame, arrives: str, chosen: Policy, hours_each: float, desks: int
) -> pd.DataFrame:
    import pandas as pd

    came = pd.to_datetime(jobs[arrives])
    begin = came.min()
    served = serve(
        ((came - begin).dt.total_seconds() / 3600).tolist(),
        [chosen.rank(grade) for grade in jobs["grade"]],
        hours_each,
        desks,
        chosen.floor_hours,
    )
    table = jobs.iloc[[one.job for one in served]].reset_index(drop=True)
    table["place"] = range(1, len(table) + 1)
    table["waited_h"] = [one.waited for one in served]
    table["by_floor"] = [one.by_floor for one in served]
    table["begun_at"] = begin + pd.to_timedelta([one.begun for one in served], unit="h")
    return table


def _keep(crm: Crm, day: str, chosen: Policy, done: pd.DataFrame) -> None:
    times = {
        name: done[name].dt.strftime("%Y-%m-%d %H:%M").tolist()
        for name in ("sorted_at", "expected_at")
    }
    with crm.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO dispatches (day, policy, waybill_no, place, grade, sorted_at, "
            "expected_at, promised_at, in_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (day, chosen.name, waybill, place, grade, left, due, promised, int(not broken))
                for waybill, place, grade, left, due, promised, broken in zip(
                    done["waybill_no"], done["place"].tolist(), done["grade"], times["sorted_at"],
                    times["expected_at"], done["promised_at"], done["broken"], strict=True,
                )
            ],
        )  # fmt: skip


def _need_grades(crm: Crm) -> None:
    if not crm.rows("SELECT 1 FROM current_grades LIMIT 1"):
        raise KitError("crm_desks.no-grades")


def _at_least(name: str, value: Any, low: int) -> Any:
    if not isinstance(value, int | float) or not value >= low:
        raise KitError("crm_desks.at-least", name=name, value=value, low=low)
    return value
