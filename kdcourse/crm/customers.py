"""The customer file: add, change, find, note, and see what became of a record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kdcourse.crm import editing
from kdcourse.crm.database import Crm
from kdcourse.texts import KitError

if TYPE_CHECKING:
    import pandas as pd

#: Digits of a telephone number by whose end a customer may be looked for, no fewer.
_ENDING = 4


def add_customer(
    crm: Crm,
    *,
    name: str,
    phone: str,
    market_type: str,
    legal_kind: str,
    city: str,
    address: str,
    **more: Any,
) -> str:
    """Add a customer, opened today, and return the new number.

    Args:
        crm: The CRM.
        name: Person or firm.
        phone: Mobile number, eleven digits.
        market_type: ``personal``, ``enterprise`` or ``cross_border``.
        legal_kind: ``individual``, ``household``, ``enterprise``, ``government``, ``nonprofit``.
        city: Code of the city.
        address: Where parcels are collected.
        **more: Other columns of ``customers``.

    Raises:
        KitError: A value is not allowed, the same customer is there already, or the user may not.
    """
    if twin := same_customer(crm, name, phone):
        raise KitError("crm.there-already", customer_id=twin)
    with crm.transaction():
        # The number is found inside of the transaction: two desks may add at once.
        customer_id = editing.next_id(crm, "customers", "customer_id")
        values = {
            "customer_id": customer_id,
            "name": name,
            "phone": phone,
            "market_type": market_type,
            "legal_kind": legal_kind,
            "city": city,
            "address": address,
            "created_on": str(crm.today),
            "source_channel": "walk_in",
            **more,
        }
        editing.add(crm, "customers", values)
    return customer_id


def update_customer(
    crm: Crm, customer_id: str, /, version: int | None = None, **values: Any
) -> int:
    """Change what is noted of a customer and return the record's version.

    Args:
        crm: The CRM.
        customer_id: Which.
        version: The ``row_version`` that was on the screen; default: whatever it is now.
        **values: Columns of ``customers``, or of ``persons`` or ``organisations``.

    Raises:
        KitError: No such customer or column, a value that is not allowed, somebody else was
            faster, or the user may not.
    """
    if "customer_id" in values or "created_on" in values:
        raise KitError("crm.fixed-column", table="customers", columns="customer_id, created_on")
    with crm.transaction():
        own = editing.record(crm, "customers", customer_id)
        basics = {name: value for name, value in values.items() if name in own}
        others = {name: value for name, value in values.items() if name not in own}
        result = editing.edit(crm, "customers", customer_id, basics, version)
        if others:
            firm = own["legal_kind"] in ("enterprise", "government", "nonprofit")
            editing.edit(crm, "organisations" if firm else "persons", customer_id, others)
    return result


def search(crm: Crm, words: str, limit: int = 20) -> pd.DataFrame:
    """Find customers by number, telephone, name, firm, or a contact person's name.

    Of a telephone number the whole or the last four digits are needed; with fewer one could try out
    numbers.

    Args:
        crm: The CRM.
        words: What is known.
        limit: How many at most.

    Returns:
        ``customer_id``, ``name``, ``phone``, ``city``, ``market_type`` and ``found_by`` (``id``,
        ``phone``, ``name`` or ``contact``), the nearest first.

    Raises:
        KitError: Nothing to look for, or too few digits.
    """
    wanted = words.strip()
    if not wanted:
        raise KitError("crm.search-empty")
    query, value = "search_name", wanted
    digits = plain_phone(wanted)
    if re.fullmatch(r"[Cc]\d{1,7}", wanted):
        query, value = "search_id", f"C{int(wanted[1:]):07d}"
    elif digits:
        if len(digits) < _ENDING:
            raise KitError("crm.search-digits", digits=_ENDING)
        query, value = ("search_phone" if len(digits) == 11 else "search_phone_end"), digits
    crm.rows("SELECT customer_id FROM customers LIMIT 0")  # may the user look at customers at all
    with crm.trusted():
        # Looked for in clear data, shown masked: the caller has told the number or the name.
        found = crm.rows(query, words=value, limit=limit)
    ids = list(dict.fromkeys(row[0] for row in found))
    shown = crm.query("customers_listed", ids=_json(ids))
    by = {row[0]: row[1] for row in reversed(found)}
    return shown.assign(found_by=shown["customer_id"].map(by).astype("str"))


def note(crm: Crm, customer_id: str, text: str) -> None:
    """Add a note that everybody sees who looks after the customer.

    Raises:
        KitError: No such customer, nothing written, or the user may not.
    """
    if not text.strip():
        raise KitError("crm.note-empty")
    with crm.transaction() as db:
        editing.record(crm, "customers", customer_id)
        db.execute(
            "INSERT INTO main.notes (customer_id, at, user, text) VALUES (?, ?, ?, ?)",
            (customer_id, crm.now, crm.user().name, text.strip()),
        )


def history(crm: Crm, table: str, key: str) -> pd.DataFrame:
    """Return every edit of a record, the latest first: when, who, which column, from what to what.

    Values of personal columns are masked as the columns are.
    """
    return crm.query(
        "SELECT at, user, column, old, new FROM changes "
        "WHERE table_name = :table AND key = :key ORDER BY change_id DESC",
        table=table,
        key=key,
    )


def customer_report(crm: Crm) -> pd.DataFrame:
    """Return, by market: customers, new ones this year, members, consents to marketing, parcels.

    The last row is the whole.
    """
    return crm.query("customer_report", today=str(crm.today))


def same_customer(crm: Crm, name: str, phone: str) -> str | None:
    """Return the number of the customer with this telephone number and name, if there is one."""
    with crm.trusted():
        found = crm.rows(
            "SELECT customer_id FROM main.customers WHERE phone = :phone AND name = :name",
            phone=phone,
            name=name,
        )
    return str(found[0][0]) if found else None


def plain_phone(text: str) -> str:
    """Return a telephone number as eleven digits, or the digits there are; else nothing."""
    import unicodedata

    plain = unicodedata.normalize("NFKC", text).strip()
    if not re.fullmatch(r"[+\d][\d \-]*", plain):
        return ""
    digits = re.sub(r"\D", "", plain)
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def _json(values: list[str]) -> str:
    import json

    return json.dumps(values)
