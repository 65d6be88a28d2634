"""The complaint desk: receive a case, take it step by step to its end, hand it over, audit it.

The steps and what each needs stand in ``content/crm/complaints.toml``; :mod:`kdcourse.crm.process`
knows which may follow which. Here they are written down: one row of ``complaint_steps`` a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kdcourse.crm.complaint_case import DESK, Case, audit, case, kept, kinds, limits, log, queue
from kdcourse.crm.editing import edit, next_id, record
from kdcourse.crm.fields import checked, filled
from kdcourse.crm.hand_overs import back_to_desk, pass_on, take_up
from kdcourse.crm.moments import moment
from kdcourse.crm.process import AGAIN, FIRST, LAST, TOLD
from kdcourse.crm.process import process as process_named
from kdcourse.texts import KitError
from kdcourse.world.declarations import display_names

if TYPE_CHECKING:
    from kdcourse.crm.database import Crm

#: Text code of a complaint whose words stand in complaint_cases.
OWN_WORDS = "T00"

#: Column of ``complaints`` that a step stamps with its time.
_STAMPS = {
    "confirm": "confirmed_at", "judge": "confirmed_at", "apologise": "apologised_at",
    "treat": "apologised_at", TOLD: "closed_at",
}  # fmt: skip
#: Fields that are columns of ``complaints``; the others are kept in ``complaint_cases``.
_RECORDED = ("category", "root_cause", "responsible_dept", "satisfaction")
_DESK_ONLY = ("offer_kind", "offer", "agreed", "satisfied")
_OPTIONAL = {TOLD: ("satisfaction",)}


def receive(
    crm: Crm,
    customer_id: str,
    *,
    channel: str,
    content: str,
    category: str,
    contact: str | None = None,
    waybill_no: str | None = None,
    claim: float = 0,
    suggestion: bool = False,
    process: str = "seven",
    at: str | None = None,
) -> Case:
    """Take in a complaint, with what was said and where the customer can be reached.

    Args:
        crm: The CRM.
        customer_id: Who complains.
        channel: How it came in.
        content: What the customer said, in their words.
        category: What it is about, as it seems now.
        contact: Telephone that was left; default the account's.
        waybill_no: The parcel it is about, if it is about one; must be the customer's.
        claim: Money asked for, in yuan.
        suggestion: Whether it is a suggestion and no complaint.
        process: ``"seven"`` steps or ``"five"``.
        at: When, as ``YYYY-MM-DD HH:MM``; default the CRM's time.

    Raises:
        KitError: A field is missing or wrong, or the user may not.
    """
    way = process_named(process, suggestion)
    with crm.transaction() as db:
        customer = record(crm, "customers", customer_id)
        told = {"channel": channel, "contact": contact or customer["phone"], "content": content}
        fields = filled(told, way.steps[FIRST].needs, (), kinds(), way.names([FIRST]))
        kind = checked("category", category, kinds()["category"])
        asked = checked("claim", claim, kinds()["claim"])
        if (
            waybill_no
            and not db.execute(
                "SELECT 1 FROM shipments WHERE waybill_no = ? AND customer_id = ?",
                (waybill_no, customer_id),
            ).fetchone()
        ):
            raise KitError("crm_desks.not-their-parcel", waybill=waybill_no, customer=customer_id)
        when = moment(crm, at, None)
        number = next_id(crm, "complaints", "complaint_id")
        urgent = kind == "lost" or asked >= limits()["urgent_claim"]
        db.execute(
            "INSERT INTO main.complaints (complaint_id, customer_id, waybill_no, received_at, "
            "channel, text_code, category, is_suggestion, contact, priority, agent_id, claim, "
            "reopened) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (
                number, customer_id, waybill_no, when, fields["channel"], OWN_WORDS, kind,
                int(suggestion), fields["contact"], "urgent" if urgent else "normal",
                _agent(crm), asked,
            ),
        )  # fmt: skip
        db.execute(
            "INSERT INTO main.complaint_cases (complaint_id, process, content) VALUES (?, ?, ?)",
            (number, way.id, fields["content"]),
        )
        _log(crm, number, FIRST, when, DESK, "recorded")
    return case(crm, number)


def step(
    crm: Crm,
    complaint_id: str,
    to: str,
    *,
    at: str | None = None,
    seen: int | None = None,
    **fields: Any,
) -> Case:
    """Take a case one step further.

    Args:
        crm: The CRM.
        complaint_id: Which case.
        to: The step, e.g. ``"confirm"``; those possible now stand in ``case(...).then``.
        at: When, as ``YYYY-MM-DD HH:MM``; default the CRM's time, not before the last step.
        seen: ``version`` of the case on which this is based; refused if somebody was faster.
        **fields: What the step needs, as ``content/crm/complaints.toml`` lists it.

    Returns:
        The case as it then stands.

    Raises:
        KitError: The step doesn't come now, a field is missing or wrong, the offer is above what
            the agent may decide, the case lies elsewhere, or the user may not.
    """
    with crm.transaction():
        now = case(crm, complaint_id)
        # First of all: whoever was too slow should hear of the other, not of an illegal step.
        edit(crm, "complaints", complaint_id, {}, seen)
        if to not in now.then:
            raise KitError(
                "crm_desks.no-step",
                case=complaint_id, step=to, done=now.state,
                then=now.process.names(now.then),
            )  # fmt: skip
        wanted = now.process.steps[to]
        _refuse_elsewhere(now, to)
        optional = (*wanted.may, *_OPTIONAL.get(to, ()), "note")
        given = filled(fields, wanted.needs, optional, kinds(), now.process.names([to]))
        _refuse_terms(crm, now, to, given)
        when = moment(crm, at, now.touched)
        _keep(crm, now, to, when, given)
        _log(crm, complaint_id, to, when, now.dept, given.get("note"))
        if now.dept != DESK:
            back_to_desk(crm, complaint_id, now.dept, when)
    return case(crm, complaint_id)


def approve(crm: Crm, complaint_id: str, amount: float) -> Case:
    """Let the agent of a case offer up to ``amount`` yuan; for supervisors.

    Raises:
        KitError: The user may not approve, or the amount is none.
    """
    worth = checked("offer", amount, kinds()["offer"])
    if "approve" not in crm.user().role.may:
        crm.log("approve", "complaints", allowed=False, detail=complaint_id)
        raise KitError("crm_desks.approve-role", role=crm.user().role.title)
    with crm.transaction():
        _ensure(crm, case(crm, complaint_id))
        edit(
            crm, "complaint_cases", complaint_id,
            {"approved": worth, "approved_by": crm.user().name},
        )  # fmt: skip
    return case(crm, complaint_id)


# --- rules ------------------------------------------------------------------------------------


def _refuse_elsewhere(now: Case, to: str) -> None:
    if now.dept == DESK or (to == AGAIN and not now.waits):
        return
    key = "waits-there" if now.waits else "lies-there"
    if now.waits or not now.process.steps[to].elsewhere:
        raise KitError(
            f"crm_desks.{key}",
            case=now.complaint_id, dept=display_names("complaint_steps", "dept")[now.dept],
            code=now.dept, step=now.process.names([to]),
        )  # fmt: skip


def _refuse_terms(crm: Crm, now: Case, to: str, given: dict[str, Any]) -> None:
    """Refuse what the fields say can't be: too high an offer, no agreement, no satisfaction."""
    if given.get("offer", 0) > now.limit:
        raise KitError(
            "crm_desks.offer-limit", offer=given["offer"], limit=now.limit, case=now.complaint_id
        )
    if to == "carry_out" and given.get("agreed", 1) == 0:
        raise KitError("crm_desks.not-agreed", case=now.complaint_id)
    agreed = kept(crm, now.complaint_id).get("agreed")
    if to == TOLD and now.process.id == "five" and agreed == 0:
        raise KitError("crm_desks.not-agreed", case=now.complaint_id)
    if to == LAST and given.get("satisfied", 1) == 0 and "approve" not in crm.user().role.may:
        raise KitError("crm_desks.not-satisfied", case=now.complaint_id)


# --- writing ----------------------------------------------------------------------------------


def _keep(crm: Crm, now: Case, to: str, when: str, given: dict[str, Any]) -> None:
    """Write a step's fields into the record and what the desk keeps beside it."""
    _ensure(crm, now)
    before = kept(crm, now.complaint_id)
    fresh = {name: given[name] for name in _DESK_ONLY if name in given}
    if to == AGAIN:
        fresh = {"content": f"{before['content']}\n[{when}] {given['content']}".strip()}
        fresh |= dict.fromkeys(("offer", "offer_kind", "agreed", "satisfied", "approved"))
    edit(crm, "complaint_cases", now.complaint_id, fresh)
    recorded = {name: given[name] for name in _RECORDED if name in given}
    if to in _STAMPS:
        recorded[_STAMPS[to]] = when
    if to == AGAIN:
        recorded["reopened"] = 1
    if given.get("agreed"):
        deal = {**before, **fresh}
        recorded["compensation"] = deal["offer"] or 0
        recorded["compensation_kind"] = deal["offer_kind"] or "none"
    if record(crm, "complaints", now.complaint_id)["first_response_at"] is None:
        recorded["first_response_at"] = when
    version = edit(crm, "complaints", now.complaint_id, recorded)
    if version == now.version:
        # Nothing of the record changed, but the case did: who looks at the old one must notice.
        with crm.transaction() as db:
            db.execute(
                "UPDATE main.complaints SET row_version = row_version + 1 WHERE complaint_id = ?",
                (now.complaint_id,),
            )


def _log(crm: Crm, complaint_id: str, to: str, when: str, dept: str, note: str | None) -> None:
    """Add a step to the log, with when the department that did it was passed the case."""
    passed = [(None, None)]
    if dept != DESK:
        passed = crm.rows(
            "SELECT passed_at, taken_at FROM hand_overs WHERE complaint_id = :case "
            "ORDER BY no DESC LIMIT 1",
            case=complaint_id,
        )
    who = _agent(crm, complaint_id) if dept == DESK else None
    with crm.transaction() as db:
        db.execute(
            "INSERT INTO complaint_steps "
            "(complaint_id, seq, step, at, agent_id, dept, passed_at, taken_at, note_code) "
            "SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 "
            "FROM complaint_steps WHERE complaint_id = ?1",
            (complaint_id, to, when, who, dept, *passed[0], note),
        )


def _ensure(crm: Crm, now: Case) -> None:
    with crm.transaction() as db:
        db.execute(
            "INSERT OR IGNORE INTO main.complaint_cases (complaint_id, process) VALUES (?, ?)",
            (now.complaint_id, now.process.id),
        )


def _agent(crm: Crm, complaint_id: str | None = None) -> str:
    """Return the agent who acts: the user, the case's own, or who has the fewest open cases."""
    name = crm.user().name
    if name.startswith("A") and crm.rows("SELECT 1 FROM agents WHERE agent_id = :n", n=name):
        return name
    if complaint_id is not None:
        return str(record(crm, "complaints", complaint_id)["agent_id"])
    found = crm.rows(
        "SELECT agent_id FROM agents AS a WHERE post = 'complaint' ORDER BY "
        "(SELECT count(*) FROM complaints AS c "
        " WHERE c.agent_id = a.agent_id AND c.closed_at IS NULL), agent_id LIMIT 1"
    )
    return str(found[0][0])


#: The desk's operations, those of the modules beside this one too.
__all__ = [
    "Case",
    "approve",
    "audit",
    "case",
    "log",
    "pass_on",
    "queue",
    "receive",
    "step",
    "take_up",
]
