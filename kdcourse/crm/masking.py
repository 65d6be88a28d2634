"""Hide personal data from who may not see them: of each value as much as the standard asks.

GB/T 41833-2022 asks to hide at least one character of a name, six digits of a telephone number, and
unit and room of an address. Which column is hidden how stands in ``content/crm/protection.toml``.

The hiding is done by SQLite: for a role without the right ``clear`` each such table is covered by a
temporary view of the same name, which every query then reads.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from functools import cache

from kdcourse.texts import content

#: Chinese mobile number, with or without the country's code, blanks or hyphens; not a part of a
#: longer number.
_PHONE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1\d{2})[ -]?(\d{4})[ -]?(\d{4})(?!\d)")
_EMAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")
#: The number of the house stays; what follows it is unit and room.
_HOUSE = re.compile(r"^(.*?\d+号)(.+)$")
_ROOM = re.compile(r"(\d+(?:栋|幢|座|单元|室|房)|[A-Za-z]?\d+\s*$)")
#: Who signs with these is no person; their name is public.
_FIRMS = {"enterprise", "government", "nonprofit"}

Values = Mapping[str, str]


@cache
def personal() -> Mapping[str, Mapping[str, str]]:
    """Return table -> personal column -> how it is hidden."""
    return content("crm/protection")["masks"]


def mask_name(name: str | None) -> str | None:
    """Hide a person's name but for its first character: 王小明 becomes 王**."""
    if not name:
        return name
    return name[0] + "*" * (len(name) - 1) if len(name) > 1 else "*"


def mask_phone(phone: str | None) -> str | None:
    """Hide six digits or more: 15412345678 becomes 154******78."""
    if not phone:
        return phone
    digits = re.sub(r"\D", "", phone)
    kept = 5 if len(digits) >= 11 else max(len(digits) - 6, 0)
    front = min(3, kept)
    back = kept - front
    return digits[:front] + "*" * (len(digits) - kept) + (digits[-back:] if back else "")


def mask_email(email: str | None) -> str | None:
    """Hide a mail address but for its first character and its domain."""
    if not email:
        return email
    user, _, domain = email.partition("@")
    return f"{user[:1]}***@{domain}" if domain else mask_name(email)


def mask_address(address: str | None) -> str | None:
    """Hide unit and room of an address; the house stays."""
    if not address:
        return address
    if found := _HOUSE.match(address):
        return found[1] + "*" * len(found[2])
    return _ROOM.sub(lambda room: "*" * len(room[0]), address)


def mask_text(text: str | None) -> str | None:
    """Hide telephone numbers and mail addresses in free text."""
    if not text:
        return text
    return _EMAIL.sub(r"\1***@\2", _PHONE.sub(lambda found: mask_phone(found[0]) or "", text))


def mask_contact(contact: str | None) -> str | None:
    """Hide what is a mail address or else a telephone number."""
    return mask_email(contact) if contact and "@" in contact else mask_phone(contact)


def mask_party(name: str | None, legal_kind: str | None) -> str | None:
    """Hide a customer's name if the customer is a person."""
    return name if legal_kind in _FIRMS else mask_name(name)


def mask_record(value: str | None, table: str, column: str) -> str | None:
    """Hide a value of the history as the column is hidden that it once stood in."""
    how = personal().get(table, {}).get(column, "text")
    # Whether the customer was a person then, the history doesn't say.
    return _MASKS.get("name" if how == "party" else how, mask_name)(value)


_MASKS: dict[str, Callable[[str | None], str | None]] = {
    "name": mask_name,
    "phone": mask_phone,
    "email": mask_email,
    "address": mask_address,
    "text": mask_text,
    "contact": mask_contact,
    "hidden": lambda value: None,
}


def teach(db: sqlite3.Connection) -> None:
    """Give SQLite the functions with which the views hide."""
    for name, mask in _MASKS.items():
        db.create_function(f"mask_{name}", 1, mask, deterministic=True)
    db.create_function("mask_party", 2, mask_party, deterministic=True)
    db.create_function("mask_record", 3, mask_record, deterministic=True)


def cover(db: sqlite3.Connection, *, hide: bool) -> None:
    """Lay the hiding views over the tables with personal data, or take them away."""
    for table, columns in personal().items():
        db.execute(f"DROP VIEW IF EXISTS temp.{table}")
        if hide:
            known = [row[1] for row in db.execute(f"PRAGMA main.table_info({table})")]
            shown = ", ".join(_expression(name, columns.get(name)) for name in known)
            if known:
                db.execute(f"CREATE TEMP VIEW {table} AS SELECT {shown} FROM main.{table}")


def _expression(column: str, how: str | None) -> str:
    if how is None:
        return f'"{column}"'
    others = {"party": ", legal_kind", "record": ", table_name, column"}.get(how, "")
    return f"mask_{how}({column}{others}) AS {column}"
