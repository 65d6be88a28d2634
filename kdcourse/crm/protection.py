"""May we? Consent by purpose and scope, its withdrawal, and the question before every send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kdcourse.crm.database import Crm, sql
from kdcourse.texts import KitError, content, say
from kdcourse.world.declarations import table


@dataclass(frozen=True)
class Permission:
    """Whether a customer may be contacted.

    Attributes:
        allowed: Whether.
        reason: Why not: ``no-consent``, ``withdrawn``, ``opted-out``, ``partners`` or
            ``no-address``; empty if allowed.
    """

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    def __str__(self) -> str:
        return say(f"crm.contact-{self.reason or 'allowed'}")


def may_contact(
    crm: Crm, customer_id: str, purpose: str, channel: str, *, partner: bool = False
) -> Permission:
    """Say whether a customer may be contacted now; ask before every send.

    Consent to one purpose doesn't cover another. What the contract needs (``service``) may always
    be said.

    Args:
        crm: The CRM.
        customer_id: Whom.
        purpose: What for: ``marketing``, ``survey``, ``profiling`` or ``service``.
        channel: A code of ``channels``.
        partner: Whether a partner of ours is to do it.

    Raises:
        KitError: There is no such customer, purpose or channel.
    """
    _known(purpose, channel)
    with crm.trusted():
        exists = crm.rows(
            "SELECT phone IS NOT NULL AS has_phone, email IS NOT NULL AS has_email, "
            "address IS NOT NULL AS has_address FROM main.customers WHERE customer_id = :id",
            id=customer_id,
        )
        if not exists:
            raise KitError("crm.no-record", table="customers", key=customer_id)
        reach = dict(zip(("has_phone", "has_email", "has_address"), exists[0], strict=True))
        if purpose not in content("crm/consent")["contract"]:
            found = crm.rows(
                sql("contactable") + " AND s.customer_id = :id",
                purpose=purpose,
                today=str(crm.today),
                id=customer_id,
            )
            if not found:
                return Permission(False, _why_not(crm, customer_id, purpose))
            if partner and found[0][1] != "partners":
                return Permission(False, "partners")
    needed = content("crm/consent")["needs"].get(channel)
    return Permission(False, "no-address") if needed and not reach[needed] else Permission(True)


def contactable(crm: Crm, purpose: str, channel: str, *, partner: bool = False) -> list[str]:
    """Return the numbers of all customers whom :func:`may_contact` allows, in their order.

    Raises:
        KitError: There is no such purpose or channel.
    """
    _known(purpose, channel)
    needed = content("crm/consent")["needs"].get(channel)
    with crm.trusted():
        if purpose in content("crm/consent")["contract"]:
            column = {"has_phone": "phone", "has_email": "email", "has_address": "address"}
            where = f" WHERE {column[needed]} IS NOT NULL" if needed else ""
            text = f"SELECT customer_id FROM main.customers{where} ORDER BY customer_id"
            return [row[0] for row in crm.rows(text)]
        text = sql("contactable") + (f" AND {needed}" if needed else "")
        text += " AND s.scope = 'partners'" if partner else ""
        text += " ORDER BY s.customer_id"
        return [row[0] for row in crm.rows(text, purpose=purpose, today=str(crm.today))]


def give_consent(
    crm: Crm, customer_id: str, purpose: str, manner: str, scope: str = "own_services"
) -> None:
    """Note that a customer agrees from today on.

    Args:
        crm: The CRM.
        customer_id: Who.
        purpose: To what: ``marketing``, ``survey`` or ``profiling``.
        manner: Where: ``app``, ``web``, ``counter`` or ``phone``.
        scope: By whom: ``own_services`` or ``partners``.

    Raises:
        KitError: There is no such customer or code, or the user may not.
    """
    for name, value in (("purpose", purpose), ("manner", manner), ("scope", scope)):
        _code(name, value)
    _customer(crm, customer_id)
    with crm.transaction() as db:
        db.execute(
            "INSERT INTO consents (customer_id, purpose, scope, manner, given_on) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (customer_id, purpose) DO UPDATE SET "
            "scope = excluded.scope, manner = excluded.manner, given_on = excluded.given_on, "
            "withdrawn_on = NULL",
            (customer_id, purpose, scope, manner, str(crm.today)),
        )
        _note(crm, db, customer_id, purpose, scope, manner, "given")


def withdraw_consent(crm: Crm, customer_id: str, purpose: str, manner: str) -> bool:
    """Note that a customer takes consent back; nothing may be sent from this moment on.

    Returns:
        Whether there was a consent to take back.

    Raises:
        KitError: There is no such customer or code, or the user may not.
    """
    for name, value in (("purpose", purpose), ("manner", manner)):
        _code(name, value)
    _customer(crm, customer_id)
    with crm.transaction() as db:
        changed = db.execute(
            "UPDATE consents SET withdrawn_on = ? "
            "WHERE customer_id = ? AND purpose = ? AND withdrawn_on IS NULL RETURNING scope",
            (str(crm.today), customer_id, purpose),
        ).fetchall()
        if changed:
            _note(crm, db, customer_id, purpose, changed[0][0], manner, "withdrawn")
    return bool(changed)


def _why_not(crm: Crm, customer_id: str, purpose: str) -> str:
    found = crm.rows(
        "SELECT withdrawn_on, given_on FROM main.consents "
        "WHERE customer_id = :id AND purpose = :purpose",
        id=customer_id,
        purpose=purpose,
    )
    today = str(crm.today)
    if not found or found[0][1] > today:
        return "no-consent"
    return "withdrawn" if found[0][0] and found[0][0] <= today else "opted-out"


def _known(purpose: str, channel: str) -> None:
    purposes = [*table("consents").column("purpose").values, *content("crm/consent")["contract"]]
    channels = list(table("channels").column("channel").values)
    for name, value, allowed in (("purpose", purpose, purposes), ("channel", channel, channels)):
        if value not in allowed:
            raise KitError("crm.not-allowed", what=name, value=value, near=", ".join(allowed))


def _code(name: str, value: str) -> None:
    allowed = table("consents").column(name).values
    if value not in allowed:
        raise KitError("crm.not-allowed", what=name, value=value, near=", ".join(allowed))


def _customer(crm: Crm, customer_id: str) -> None:
    if not crm.rows("SELECT 1 FROM customers WHERE customer_id = :id", id=customer_id):
        raise KitError("crm.no-record", table="customers", key=customer_id)


def _note(
    crm: Crm, db: Any, customer: str, purpose: str, scope: str, manner: str, what: str
) -> None:
    db.execute(
        "INSERT INTO consent_log (customer_id, purpose, scope, manner, action, at, user) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (customer, purpose, scope, manner, what, crm.now, crm.user().name),
    )
