"""Marketing flows: who comes in, waits, is asked and written to; every step in a log.

A flow is saved as text (:mod:`kdcourse.crm.outreach.flow_text`), each change a new version. Who is
in it goes on by the version they came in with. Messages land in the outbox, which asks for consent.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.facts import facts_sql
from kdcourse.crm.outreach import outbox
from kdcourse.crm.outreach.flow_text import END, Flow, house_flows, read_flow
from kdcourse.crm.outreach.tags import as_of_day
from kdcourse.texts import KitError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    import pandas as pd


def save_house_flows(crm: Crm) -> pd.DataFrame:
    """Save the house's flows (``content/crm/flows``) that aren't there yet; return all flows."""
    known = {row[0] for row in crm.rows("SELECT flow FROM flows")}
    with crm.transaction():
        for name, text in house_flows().items():
            if name not in known:
                save_flow(crm, name, text)
    return saved_flows(crm)


def save_flow(crm: Crm, flow: str, text: str) -> int:
    """Save a flow, switch it on and return its version; the same text keeps its version.

    Args:
        crm: The CRM.
        flow: Its code.
        text: TOML, as in ``content/crm/flows``.

    Raises:
        KitError: The flow is faulty or would pester people, or the user may not.
    """
    read_flow(flow, text)
    with crm.transaction() as db:
        last = crm.rows(
            "SELECT version, text FROM flows WHERE flow = :flow ORDER BY version DESC LIMIT 1",
            flow=flow,
        )
        db.execute("UPDATE flows SET is_on = 0 WHERE flow = ?", (flow,))
        if last and last[0][1] == text:
            db.execute(
                "UPDATE flows SET is_on = 1 WHERE flow = ? AND version = ?", (flow, last[0][0])
            )
            return int(last[0][0])
        version = last[0][0] + 1 if last else 1
        db.execute(
            "INSERT INTO flows VALUES (?, ?, ?, 1, ?, ?)",
            (flow, version, text, crm.now, crm.user().name),
        )
    return int(version)


def stop_flow(crm: Crm, flow: str) -> None:
    """Let nobody else into a flow; who is in it goes on to its end.

    Raises:
        KitError: There is no such flow, or the user may not.
    """
    with crm.transaction() as db:
        if not db.execute("UPDATE flows SET is_on = 0 WHERE flow = ?", (flow,)).rowcount:
            known = [row[0] for row in crm.rows("SELECT DISTINCT flow FROM flows ORDER BY 1")]
            raise KitError("crm_data.no-flow", flow=flow, known=", ".join(known) or "–")


def saved_flows(crm: Crm) -> pd.DataFrame:
    """Return every version of every flow, and whether it is on."""
    found = crm.query("SELECT flow, version, is_on, saved_at, saved_by FROM flows ORDER BY 1, 2")
    found["is_on"] = found["is_on"].astype(bool)
    return found


def run_flows(crm: Crm, day: date | str | None = None) -> pd.DataFrame:
    """Run all flows for a day: let in who is to come in, move on who is due, queue messages.

    Everything of a day happens, or nothing. Run again for the same day it does nothing more.

    Args:
        crm: The CRM.
        day: Which day; default the CRM's. A day of the past shows what the flows would have done;
            days go forward only.

    Returns:
        The lines that it wrote into the log.

    Raises:
        KitError: No flow is saved, the day lies ahead or before the last run, or the user may not.
    """
    on = as_of_day(crm, day)
    with crm.transaction() as db:
        last = crm.rows("SELECT max(run_on) FROM flow_log")[0][0]
        if last is not None and on < last:
            raise KitError("crm_data.flow-back", day=on, last=last)
        saved = crm.rows("SELECT flow, version, text, is_on FROM flows ORDER BY flow, version")
        if not saved:
            raise KitError("crm_data.no-flows")
        before = crm.rows("SELECT coalesce(max(entry_id), 0) FROM flow_log")[0][0]
        for name, version, text, is_on in saved:
            flow = read_flow(name, text)
            if is_on:
                _let_in(crm, db, flow, version, on)
            _move_on(crm, db, flow, version, on)
    return crm.query(
        "SELECT run_on, flow, customer_id, step, outcome FROM flow_log "
        "WHERE entry_id > :before ORDER BY entry_id",
        before=before,
    )


def flow_log(crm: Crm, flow: str = "", customer_id: str = "") -> pd.DataFrame:
    """Return the log, of one flow or one customer if named, in order."""
    return crm.query(
        "SELECT run_on, flow, customer_id, step, outcome FROM flow_log "
        "WHERE (:flow = '' OR flow = :flow) AND (:id = '' OR customer_id = :id) ORDER BY entry_id",
        flow=flow,
        id=customer_id,
    )


def flow_report(crm: Crm, flow: str) -> pd.DataFrame:
    """Return how often each outcome came up at each step of a flow, in the order of the steps.

    Raises:
        KitError: There is no such flow.
    """
    found = crm.rows(
        "SELECT text FROM flows WHERE flow = :flow ORDER BY version DESC LIMIT 1", flow=flow
    )
    if not found:
        known = [row[0] for row in crm.rows("SELECT DISTINCT flow FROM flows ORDER BY 1")]
        raise KitError("crm_data.no-flow", flow=flow, known=", ".join(known) or "–")
    table = crm.query(
        "SELECT step, outcome, count(*) AS customers FROM flow_log "
        "WHERE flow = :flow GROUP BY step, outcome",
        flow=flow,
    )
    order = [*read_flow(flow, found[0][0]).steps, END]
    places = {step: place for place, step in enumerate(order)}
    # Entries come first, steps of an older version last.
    table["place"] = [places.get(step, len(order) if step else -1) for step in table["step"]]
    table = table.sort_values(["place", "outcome"], ignore_index=True)
    return table[["step", "outcome", "customers"]]


# --- one flow, one day -----------------------------------------------------------------------


def _let_in(crm: Crm, db: sqlite3.Connection, flow: Flow, version: int, on: str) -> None:
    """Let in whom the flow is for, unless they are in it or were in it lately."""
    since = str(date.fromisoformat(on) - timedelta(days=flow.again_days))
    with crm.trusted():
        meant = crm.rows(
            f"SELECT customer_id FROM ({facts_sql(flow.enter.facts)}) AS f WHERE {flow.enter.sql} "
            "AND NOT EXISTS (SELECT 1 FROM main.flow_people AS p WHERE p.flow = :flow "
            "AND p.customer_id = f.customer_id AND (p.due_on IS NOT NULL OR p.entered_on > :since))"
            " ORDER BY customer_id",
            flow=flow.name,
            since=since,
            as_of=on,
            **flow.enter.values,
        )
    db.executemany(
        "INSERT INTO flow_people VALUES (?, ?, ?, ?, ?, ?)",
        [(flow.name, version, one, on, flow.first, on) for (one,) in meant],
    )
    _log(db, flow, on, "", [(one, "entered") for (one,) in meant])


def _move_on(crm: Crm, db: sqlite3.Connection, flow: Flow, version: int, on: str) -> None:
    """Move everybody who is due, step by step, until all wait or are out.

    A flow has no loop without a wait, so that every round brings everybody nearer to one of them.
    """
    while due := crm.rows(
        "SELECT step, customer_id FROM flow_people "
        "WHERE flow = :flow AND version = :version AND due_on <= :day ORDER BY step, customer_id",
        flow=flow.name,
        version=version,
        day=on,
    ):
        at_step: dict[str, list[str]] = {}
        for step, customer in due:
            at_step.setdefault(step, []).append(customer)
        for step, customers in at_step.items():
            outcomes = _take(crm, flow, step, customers, on)
            _log(db, flow, on, step, outcomes)
            _place(db, flow, version, step, outcomes, on)


def _take(
    crm: Crm, flow: Flow, key: str, customers: Sequence[str], on: str
) -> list[tuple[str, str]]:
    """Take one step with customers; return what came of it for each."""
    step = flow.steps[key]
    if step.kind == "wait":
        return [(one, f"waits {step.days}") for one in customers]
    if step.asks is not None:
        agreeing = _answering(crm, step.asks.facts, step.asks.sql, step.asks.values, on)
        return [(one, "yes" if one in agreeing else "no") for one in customers]
    source = f"flow:{flow.name}"
    # Who withdrew since that day is asked today; who hadn't agreed by then wasn't to be asked then.
    agreed = _agreed_by(crm, flow.purpose, on)
    told = outbox.queue(
        crm, [one for one in customers if one in agreed], flow.purpose, step.channel,
        step.subject, step.body, source=source, day=on,
    )  # fmt: skip
    return [(one, told.get(one, "held: permission")) for one in customers]


def _answering(crm: Crm, facts: Collection[str], condition: str, values: Any, on: str) -> set[str]:
    with crm.trusted():
        found = crm.rows(
            f"SELECT customer_id FROM ({facts_sql(facts)}) WHERE {condition}", as_of=on, **values
        )
    return {row[0] for row in found}


def _agreed_by(crm: Crm, purpose: str, on: str) -> set[str]:
    """Return who had agreed to a purpose by a day; to what the contract needs, everybody."""
    with crm.trusted():
        found = crm.rows("agreed_by", purpose=purpose, day=on)
    return {row[0] for row in found}


def _place(
    db: sqlite3.Connection,
    flow: Flow,
    version: int,
    key: str,
    outcomes: list[tuple[str, str]],
    on: str,
) -> None:
    """Put customers at the step that follows; who waits is due later, who is at the end never."""
    step = flow.steps[key]
    later = str(date.fromisoformat(on) + timedelta(days=step.days))
    moves, ended = [], []
    for customer, outcome in outcomes:
        target = step.then[outcome if step.kind == "ask" else ""]
        due = None if target == END else later
        moves.append((target, due, flow.name, version, customer))
        if target == END:
            ended.append((customer, "ended"))
    db.executemany(
        "UPDATE flow_people SET step = ?, due_on = ? "
        "WHERE flow = ? AND version = ? AND customer_id = ? AND due_on IS NOT NULL",
        moves,
    )
    _log(db, flow, on, END, ended)


def _log(
    db: sqlite3.Connection, flow: Flow, on: str, step: str, outcomes: list[tuple[str, str]]
) -> None:
    db.executemany(
        "INSERT INTO flow_log (run_on, flow, customer_id, step, outcome) VALUES (?, ?, ?, ?, ?)",
        [(on, flow.name, customer, step, outcome) for customer, outcome in outcomes],
    )
