"""The call centre: what its days are like, how many agents it needs, whom to call, who rated it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.editing import add, next_id
from kdcourse.crm.facts import condition, facts_sql
from kdcourse.crm.insight.paths import days
from kdcourse.crm.protection import contactable, may_contact
from kdcourse.metrics.service import agents_needed, queue
from kdcourse.texts import KitError, content, pick

if TYPE_CHECKING:
    import pandas as pd

_BY = ("day", "queue", "hour")
_SUMS = (
    "calls", "answered", "abandoned", "soon", "waited_s", "talked_s", "paid_s", "rated", "points",
)  # fmt: skip
Day = date | str | None


def call_report(
    crm: Crm, by: Sequence[str] = ("queue",), since: Day = None, until: Day = None
) -> pd.DataFrame:
    """Report the calls of the days that the data hold.

    Args:
        crm: The CRM.
        by: One or more of ``"day"``, ``"queue"`` and ``"hour"``.
        since: First day; default the first of the data.
        until: Last day; default today.

    Returns:
        Per group: ``calls``, ``answered``, ``abandoned`` (share of calls), ``service_level`` (share
        of calls answered within the target), ``mean_wait_s`` of the answered, ``handle_s`` (mean
        talk), ``occupancy`` (share of the agents' time spent talking), ``rated`` (share of answered
        calls) and ``score``.

    Raises:
        KitError: There is no such grouping, or a day is none.
    """
    names = [by] if isinstance(by, str) else list(by)
    for name in names:
        if name not in _BY:
            raise KitError("crm_data.no-group", name=name, known=", ".join(_BY))
    hours = _hours(crm, since, until)
    hours["paid_s"] = hours["on_duty"] * 3600
    sums = hours.groupby(names)[
        [
            "calls",
            "answered",
            "abandoned",
            "soon",
            "waited_s",
            "talked_s",
            "paid_s",
            "rated",
            "points",
        ]
    ].sum()
    answered = sums["answered"].replace(0, float("nan"))
    table = sums[["calls", "answered"]].copy()
    table["abandoned"] = sums["abandoned"] / sums["calls"]
    table["service_level"] = sums["soon"] / sums["calls"]
    table["mean_wait_s"] = sums["waited_s"] / answered
    table["handle_s"] = sums["talked_s"] / answered
    table["occupancy"] = sums["talked_s"] / sums["paid_s"].replace(0, float("nan"))
    table["rated"] = sums["rated"] / answered
    table["score"] = sums["points"] / sums["rated"].replace(0, float("nan"))
    return table.round(4).reset_index()


def staffing(
    crm: Crm,
    queue_name: str,
    share: float | None = None,
    target_s: float | None = None,
    since: Day = None,
    until: Day = None,
) -> pd.DataFrame:
    """Say by Erlang C how many agents each hour of a queue needs.

    Args:
        crm: The CRM.
        queue_name: ``consult``, ``after_sales`` or ``complaint``.
        share: Share of callers to be answered in time; default that of the house.
        target_s: The time, seconds; default that of the house.
        since: First day that counts; default the first of the data.
        until: Last day; default today.

    Returns:
        Per hour: ``calls`` on an average day, ``load`` in erlangs, ``needed`` agents,
        ``service_level`` with them, ``on_duty`` agents on an average day, and the
        ``level_on_duty`` to be expected with those (rounded to whole agents).

    Raises:
        KitError: There is no such queue, or the target can't be meant.
    """
    house = content("crm/call_centre")["target"]
    share = house["share"] if share is None else share
    target = float(house["within_s"] if target_s is None else target_s)
    if not 0 < share < 1 or target < 0:
        raise KitError("crm_data.target", share=share, seconds=target)
    hours = _hours(crm, since, until)
    known = sorted(hours["queue"].unique())
    if queue_name not in known:
        raise KitError("crm_data.no-group", name=queue_name, known=", ".join(known))
    sampled = hours["day"].nunique()
    chosen = hours[hours["queue"] == queue_name]
    handle = chosen["talked_s"].sum() / max(chosen["answered"].sum(), 1) + house["wrap_up_s"]
    table = chosen.groupby("hour").agg(calls=("calls", "sum"), on_duty=("on_duty", "mean"))
    table["calls"] /= sampled
    needed = [agents_needed(calls, handle, share, target) for calls in table["calls"]]
    balance = [
        queue(calls, handle, agents, target)
        for calls, agents in zip(table["calls"], needed, strict=True)
    ]
    present = [
        queue(calls, handle, round(agents), target)
        for calls, agents in zip(table["calls"], table["on_duty"], strict=True)
    ]
    table["load"] = [found.load for found in balance]
    table["needed"] = needed
    table["service_level"] = [found.service_level for found in balance]
    table["level_on_duty"] = [found.service_level for found in present]
    columns = ["calls", "load", "needed", "service_level", "on_duty", "level_on_duty"]
    return table[columns].round(4).reset_index()


def after_call_survey(
    crm: Crm, by: str = "queue", since: Day = None, until: Day = None
) -> pd.DataFrame:
    """Report what callers said after their call, and how many said anything.

    Args:
        crm: The CRM.
        by: ``"queue"``, ``"agent_id"`` or ``"wait"`` (bands of how long they had waited).
        since: First day; default the first of the data.
        until: Last day; default today.

    Returns:
        Per group: ``answered`` calls, ``rated``, their ``rate``, mean ``score``, ``low`` (share of
        marks 1 and 2) and the 95% ``margin`` of the mean.

    Raises:
        KitError: There is no such grouping, or a day is none.
    """
    import pandas as pd

    if by not in ("queue", "agent_id", "wait"):
        raise KitError("crm_data.no-group", name=by, known="queue, agent_id, wait")
    first, last = days(crm, since, until)
    calls = crm.query(
        "SELECT queue, agent_id, wait_s, survey_score FROM calls WHERE abandoned = 0 "
        "AND at >= :since AND at < date(:until, '+1 day')",
        since=first,
        until=last,
    )
    calls["survey_score"] = pd.to_numeric(calls["survey_score"])
    bounds, names = [-1, 20, 60, 180, 10**6], ["0-20 s", "21-60 s", "61-180 s", "> 180 s"]
    calls["wait"] = pd.cut(calls["wait_s"], bounds, labels=names).astype(str)
    calls["is_low"] = (calls["survey_score"] <= 2).where(calls["survey_score"].notna())
    grouped = calls.groupby(by)["survey_score"]
    table = grouped.agg(answered="size", rated="count", score="mean", spread="std")
    table["rate"] = table["rated"] / table["answered"]
    table["low"] = calls.groupby(by)["is_low"].mean()
    table["margin"] = 1.959964 * table["spread"] / table["rated"] ** 0.5
    if by == "wait":
        table = table.reindex([name for name in names if name in table.index])
    columns = ["answered", "rated", "rate", "score", "low", "margin"]
    return (
        table[columns].astype(float).round(4).reset_index().astype({"answered": int, "rated": int})
    )


def rate_call(crm: Crm, call_id: str, score: int) -> None:
    """Write down what a caller said after a call.

    Raises:
        KitError: There is no such call, it was given up or rated before, the score isn't 1 to 5, or
            the user may not.
    """
    if score not in (1, 2, 3, 4, 5):
        raise KitError("crm_data.off-scale", item="survey_score", value=score, low=1, high=5)
    with crm.transaction() as db:
        found = crm.rows("SELECT abandoned, survey_score FROM calls WHERE call_id = :i", i=call_id)
        if not found:
            raise KitError("crm.no-record", table="calls", key=call_id)
        if found[0][0] or found[0][1] is not None:
            raise KitError("crm_data.call-rated", id=call_id)
        db.execute("UPDATE calls SET survey_score = ? WHERE call_id = ?", (int(score), call_id))


def call_list(crm: Crm, kind: str) -> pd.DataFrame:
    """Return customers to be called: for care, for sales, or to ask after a complaint.

    Only who agreed to the purpose and has a telephone number; the largest first.

    Args:
        crm: The CRM.
        kind: A list of ``content/crm/call_centre.toml``.

    Raises:
        KitError: There is no such list.
    """
    chosen = _list(kind)
    rule = condition(chosen["rule"], kind)
    with crm.trusted():
        found = crm.query(
            f"SELECT customer_id, revenue_year, days_silent FROM "
            f"({facts_sql(rule.facts | {'revenue_year', 'days_silent'})}) WHERE {rule.sql} "
            "ORDER BY revenue_year DESC, customer_id",
            as_of=str(crm.today),
            **rule.values,
        )
    allowed = contactable(crm, chosen["purpose"], "phone")
    found = found[found["customer_id"].isin(allowed)].head(chosen["most"])
    return found.reset_index(drop=True)


def log_call(crm: Crm, customer_id: str, kind: str, agent_id: str, *, resolved: bool = True) -> str:
    """Write down a call that was made for a list, and return its number.

    Raises:
        KitError: There is no such list or customer, the customer may not be called for this, or the
            user may not write it down.
    """
    chosen = _list(kind)
    allowed = may_contact(crm, customer_id, chosen["purpose"], "phone")
    if not allowed:
        raise KitError("crm_data.no-call", id=customer_id, why=str(allowed))
    with crm.transaction():
        number = next_id(crm, "interactions", "interaction_id")
        add(
            crm,
            "interactions",
            {
                "interaction_id": number, "customer_id": customer_id, "at": crm.now,
                "channel": "phone", "direction": "out", "purpose": chosen["logged_as"],
                "agent_id": agent_id, "resolved": resolved,
            },
        )  # fmt: skip
    return number


def call_lists() -> dict[str, str]:
    """Return the lists there are, each with what it is."""
    return {
        name: pick(entry["about"]) for name, entry in content("crm/call_centre")["lists"].items()
    }


def _list(kind: str) -> dict[str, Any]:
    lists = content("crm/call_centre")["lists"]
    if kind not in lists:
        raise KitError("crm_data.no-group", name=kind, known=", ".join(lists))
    found: dict[str, Any] = lists[kind]
    return found


def _hours(crm: Crm, since: Day, until: Day) -> pd.DataFrame:
    first, last = days(crm, since, until)
    within = content("crm/call_centre")["target"]["within_s"]
    return crm.query("calls_by_hour", since=first, until=last, within_s=within)
