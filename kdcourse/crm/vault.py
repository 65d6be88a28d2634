"""Bank accounts for refunds: encrypted in the database, readable by few, every look is logged.

A bank account is sensitive (PIPL, article 28). It is encrypted with Fernet (AES and an HMAC, from
the library ``cryptography``). The key lies in a file of its own outside of the database: whoever
gets hold of the database alone, or of a backup, can't read an account.
"""

from __future__ import annotations

import os
from pathlib import Path

from kdcourse.atomic import write_atomically
from kdcourse.course import WORKSPACE_MARK, workspace_of
from kdcourse.crm import editing
from kdcourse.crm.database import Crm
from kdcourse.texts import KitError

_KEYS: dict[int, bytes] = {}


def store_account(crm: Crm, customer_id: str, account: str) -> None:
    """Note the bank account to which a customer's refunds go.

    Raises:
        KitError: It is no account (8 to 30 digits), no such customer, or the user may not.
    """
    from cryptography.fernet import Fernet

    crm.need("payout", "payout_accounts", customer_id)
    digits = account.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 30):
        raise KitError("crm.not-an-account")
    editing.record(crm, "customers", customer_id)
    secret = Fernet(_key(crm)).encrypt(digits.encode())
    with crm.transaction() as db:
        db.execute(
            "INSERT INTO main.payout_accounts VALUES (?, ?, ?, ?) ON CONFLICT (customer_id) "
            "DO UPDATE SET account = excluded.account, noted_at = excluded.noted_at, "
            "user = excluded.user",
            (customer_id, secret, crm.now, crm.user().name),
        )


def account(crm: Crm, customer_id: str, reason: str) -> str:
    """Return a customer's bank account; who looked, and why, is logged.

    Raises:
        KitError: The user may not, gives no reason, there is none, or the key is not the one it
            was encrypted with.
    """
    from cryptography.fernet import Fernet, InvalidToken

    crm.need("payout", "payout_accounts", customer_id)
    if not reason.strip():
        raise KitError("crm.no-reason")
    with crm.trusted():
        found = crm.rows(
            "SELECT account FROM main.payout_accounts WHERE customer_id = :id", id=customer_id
        )
    if not found:
        raise KitError("crm.no-record", table="payout_accounts", key=customer_id)
    try:
        digits = Fernet(_key(crm)).decrypt(found[0][0]).decode()
    except InvalidToken:
        raise KitError("crm.wrong-key", path=_key_file(crm)) from None
    crm.log("payout", "payout_accounts", allowed=True, detail=f"{customer_id}: {reason.strip()}")
    return digits


def _key(crm: Crm) -> bytes:
    """Return the key, made when it is first needed; that of a CRM in memory goes with it."""
    from cryptography.fernet import Fernet

    path = _key_file(crm)
    if path is None:
        return _KEYS.setdefault(id(crm), Fernet.generate_key())
    if not path.exists():
        if crm.rows("SELECT 1 FROM payout_accounts LIMIT 1"):
            raise KitError("crm.wrong-key", path=path)
        write_atomically(path, Fernet.generate_key())
        if os.name == "posix":
            path.chmod(0o600)
    return path.read_bytes()


def _key_file(crm: Crm) -> Path | None:
    if crm.path is None:
        return None
    workspace = workspace_of(crm.path.parent)
    folder = workspace / WORKSPACE_MARK if workspace else crm.path.parent
    return folder / f"{crm.path.stem}.key"
