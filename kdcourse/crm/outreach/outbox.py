"""The outbox: messages to customers, asked for permission twice, delivered to a mail sandbox.

A message is queued without name or address. Both are filled in on delivery, when consent is asked
for again: who withdrew it in between is not written to.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from email.message import EmailMessage
from email.utils import make_msgid
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.protection import contactable, may_contact
from kdcourse.texts import KitError, content, pick

if TYPE_CHECKING:
    import pandas as pd


def queue(
    crm: Crm,
    customer_ids: Iterable[str],
    purpose: str,
    channel: str,
    subject: str,
    body: str,
    *,
    source: str,
    day: str | None = None,
) -> dict[str, str]:
    """Put a message into the outbox for each customer who may get it.

    Args:
        crm: The CRM.
        customer_ids: To whom.
        purpose: What for; see :func:`kdcourse.crm.protection.may_contact`.
        channel: By which channel.
        subject: May hold ``{name}`` and ``{city}``, filled in on delivery.
        body: The same.
        source: What sends it, e.g. ``flow:welcome``.
        day: Day of queueing; default today.

    Returns:
        Customer -> ``queued``, ``held: permission`` or ``held: cap``.

    Raises:
        KitError: The text holds an unknown field, no such purpose or channel, or the user may not.
    """
    check_text(subject, source)
    check_text(body, source)
    on = day or str(crm.today)
    # What the contract needs is not held back because there was advertising before.
    capped = purpose not in content("crm/consent")["contract"]
    outcome: dict[str, str] = {}
    with crm.transaction() as db:
        allowed = set(contactable(crm, purpose, channel))
        with crm.trusted():
            written = dict(crm.rows("contacts_this_week", day=on))
        limit = content("crm/automation")["limits"]["per_week"]
        for one in dict.fromkeys(customer_ids):
            if one not in allowed:
                outcome[one] = "held: permission"
            elif capped and written.get(one, 0) >= limit:
                outcome[one] = "held: cap"
            else:
                outcome[one] = "queued"
        db.executemany(
            "INSERT INTO outbox (customer_id, source, purpose, channel, subject, body, queued_on, "
            "state, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?)",
            [
                (one, source, purpose, channel, subject, body, on, crm.now)
                for one, what in outcome.items()
                if what == "queued"
            ],
        )
    return outcome


def check_text(text: str, where: str) -> None:
    """Make sure that a text holds no field but those that can be filled in.

    Raises:
        KitError: It holds another, or a bracket without its partner.
    """
    known = content("crm/outbox")["fields"]
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise KitError("crm_data.text-bracket", where=where) from None
    for _, name, form, conversion in parts:
        if name is not None and (name not in known or form or conversion):
            raise KitError("crm_data.text-field", where=where, field=name, known=", ".join(known))


def messages(crm: Crm, state: str = "") -> pd.DataFrame:
    """Return the messages in the outbox, of one state if named, the latest first."""
    return crm.query(
        "SELECT message_id, customer_id, source, purpose, channel, subject, queued_on, state, "
        "reason FROM outbox WHERE :state = '' OR state = :state ORDER BY message_id DESC",
        state=state,
    )


def letter(crm: Crm, message_id: int) -> str:
    """Return a message as its customer will read it; names are masked for who may not see them.

    Raises:
        KitError: There is no such message.
    """
    found = crm.rows(
        "SELECT o.subject, o.body, c.name, c.city FROM outbox AS o "
        "JOIN customers AS c ON c.customer_id = o.customer_id WHERE message_id = :id",
        id=message_id,
    )
    if not found:
        raise KitError("crm_data.no-message", id=message_id)
    subject, body, name, city = found[0]
    return f"{subject}\n\n{body}".format(name=name, city=city)


def deliver(crm: Crm, host: str = "127.0.0.1", port: int = 8025) -> pd.DataFrame:
    """Hand queued e-mails to a mail server on this machine.

    Every message is marked before it goes out: should the kernel die in between, it stays
    ``sending`` and is not sent a second time. Messages of other channels stay in the queue, as no
    gateway for them belongs to the course.

    Args:
        crm: The CRM.
        host: This machine; nothing leaves it.
        port: Port of the sandbox.

    Returns:
        How many messages are ``sent``, ``stopped`` (no permission any more), ``failed`` and left
        (``other_channels``), in one row.

    Raises:
        KitError: The host is another machine, nobody listens there, or the user may not.
    """
    import smtplib

    import pandas as pd

    if host not in content("crm/outbox")["hosts"]:
        raise KitError("crm_data.host", host=host, hosts=", ".join(content("crm/outbox")["hosts"]))
    waiting = crm.rows(
        "SELECT message_id, customer_id, purpose, channel, subject, body FROM outbox "
        "WHERE state = 'queued' AND channel = 'email' ORDER BY message_id"
    )
    done = dict.fromkeys(("sent", "stopped", "failed"), 0)
    try:
        with smtplib.SMTP(host, port, timeout=10) as server:
            for row in waiting:
                done[_hand_over(crm, server, row)] += 1
    except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as refusal:
        raise KitError("crm_data.no-server", host=host, port=port, reason=refusal) from refusal
    left = crm.rows("SELECT count(*) FROM outbox WHERE state = 'queued' AND channel <> 'email'")
    return pd.DataFrame([{**done, "other_channels": left[0][0]}])


def _hand_over(crm: Crm, server: Any, row: Sequence[Any]) -> str:
    """Send one message and return what became of it."""
    import smtplib

    number, customer, purpose, channel, subject, body = row
    allowed = may_contact(crm, customer, purpose, channel)
    if not allowed:
        _mark(crm, number, "stopped", allowed.reason)
        return "stopped"
    with crm.trusted():
        name, email, city = crm.rows(
            "SELECT name, email, city FROM main.customers WHERE customer_id = :id", id=customer
        )[0]
    _mark(crm, number, "sending", "")
    try:
        server.send_message(_mail(number, email, subject, body, {"name": name, "city": city}))
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError) as refusal:
        _mark(crm, number, "failed", type(refusal).__name__)
        return "failed"
    _mark(crm, number, "sent", "")
    return "sent"


def _mail(number: int, to: str, subject: str, body: str, fields: dict[str, str]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = pick(content("crm/outbox")["sender"])
    mail["To"] = to
    mail["Subject"] = subject.format(**fields)
    # Without one, mail programs take two letters with one subject for a conversation.
    mail["Message-ID"] = make_msgid(str(number), "lanyan.example")
    mail.set_content(body.format(**fields))
    return mail


def _mark(crm: Crm, number: int, state: str, reason: str) -> None:
    with crm.transaction() as db:
        db.execute(
            "UPDATE outbox SET state = ?, reason = ?, changed_at = ? WHERE message_id = ?",
            (state, reason, crm.now, number),
        )
