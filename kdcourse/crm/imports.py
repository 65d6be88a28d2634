"""Import customers from an export of another system: all that can be taken, or nothing at all.

Doubles are merged, within the file and with who is there: the same telephone number and name, or
the same name and mail address, are one customer. Merging fills gaps and overwrites nothing. What
can't be a customer is left out, and the report says why, row by row.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kdcourse.crm import editing
from kdcourse.crm.customers import plain_phone
from kdcourse.crm.database import Crm
from kdcourse.crm.import_files import Export, cell, read_export
from kdcourse.texts import LANGUAGES, KitError, content, say
from kdcourse.world.cells import UnreadableError, day
from kdcourse.world.declarations import display_names

if TYPE_CHECKING:
    import pandas as pd

_GAPS = ("phone", "email", "address")


@dataclass
class Import:
    """What an import did, or would do.

    Attributes:
        path: The file.
        rows: Rows with anything in them.
        added: Row -> number of the new customer.
        merged: Row -> number of the customer it was merged with.
        left: Row -> why it was left out.
        trial: Whether nothing was written.
    """

    path: Path
    rows: int = 0
    added: dict[int, str] = field(default_factory=dict)
    merged: dict[int, str] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)
    trial: bool = False

    @property
    def table(self) -> pd.DataFrame:
        """One line per row of the file: ``row``, ``what``, ``customer_id``, ``reason``."""
        import pandas as pd

        lines = [(row, "added", customer, "") for row, customer in self.added.items()]
        lines += [(row, "merged", customer, "") for row, customer in self.merged.items()]
        lines += [(row, "left out", "", reason) for row, reason in self.left.items()]
        return pd.DataFrame(sorted(lines), columns=["row", "what", "customer_id", "reason"])

    def __str__(self) -> str:
        counts = {"added": len(self.added), "merged": len(self.merged), "left": len(self.left)}
        text = say("crm.import-summary", path=self.path.name, rows=self.rows, **counts)
        more = [say("crm.import-why")] if self.left else []
        more += [say("crm.import-trial")] if self.trial else []
        return " ".join([text, *more])

    __repr__ = __str__


def import_customers(crm: Crm, path: Path | str, *, trial: bool = False) -> Import:
    """Import customers from a CSV or Excel file.

    Args:
        crm: The CRM.
        path: The file. Its columns may have Chinese or English names, in any order.
        trial: Say what would happen, and write nothing.

    Raises:
        KitError: The user may not; the file isn't there, can't be read or was imported already.
    """
    crm.need("import", "customers")
    path = Path(path)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise KitError("crm.import-none", path=path) from None
    except OSError as refusal:
        raise KitError("crm.import-broken", path=path, reason=refusal.strerror) from refusal
    export = read_export(path)
    result = Import(path, trial=trial)
    with crm.trusted(), crm.transaction() as db:
        if before := crm.rows("SELECT at, user FROM imports WHERE digest = :digest", digest=digest):
            raise KitError("crm.import-twice", path=path.name, at=before[0][0], user=before[0][1])
        db.execute("SAVEPOINT import")
        _take(crm, export, result)
        if trial:
            db.execute("ROLLBACK TO import")
        else:
            db.execute(
                "INSERT INTO imports (file, digest, at, user, added, merged, left_out) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    path.name,
                    digest,
                    crm.now,
                    crm.user().name,
                    len(result.added),
                    len(result.merged),
                    len(result.left),
                ),
            )
    return result


def _take(crm: Crm, export: Export, result: Import) -> None:
    """Add, merge or leave out each row."""
    known = _Known(crm)
    for number, row in export.rows:
        values = {column: cell(row, place) for column, place in export.columns.items()}
        if not any(cell(row, place) for place in range(len(row))):
            continue
        result.rows += 1
        # Where somebody typed the number into the field of the name, both are put right.
        if plain_phone(values["name"]) and not plain_phone(values.get("phone", "")):
            values["name"], values["phone"] = values.get("phone", ""), values["name"]
        values["name"] = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", values["name"])
        if reason := _no_customer(values):
            result.left[number] = reason
            continue
        values["phone"] = plain_phone(values.get("phone", ""))
        twin, other = known.find(values)
        if twin:
            _fill_gaps(crm, twin, values)
            known.remember(twin, values)
            result.merged[number] = twin
        elif other:
            result.left[number] = say("crm.import-left-other-name", customer_id=other)
        else:
            reason = _add(crm, known, values, number, result)
            if reason:
                result.left[number] = say(f"crm.import-left-{reason}")


def _no_customer(values: dict[str, str]) -> str:
    """Say why a row is no customer, if it isn't."""
    if not values["name"]:
        return say("crm.import-left-no-name")
    if values["name"].casefold() in content("crm/imports")["nobody"]["names"]:
        return say("crm.import-left-no-customer")
    phone = values.get("phone", "")
    if phone and len(plain_phone(phone)) != 11:
        return say("crm.import-left-bad-phone")
    return ""


def _add(crm: Crm, known: _Known, values: dict[str, str], number: int, result: Import) -> str:
    """Add a customer; return why that is impossible, if it is."""
    if not values["phone"]:
        return "no-phone"
    if not values.get("address"):
        return "no-address"
    market = _markets().get(values.get("market_type", "").casefold())
    if not market:
        return "no-market"
    city = _city(values)
    if not city:
        return "no-city"
    opened = str(crm.today)
    try:
        if values.get("created_on"):
            opened = f"{day(values['created_on'])[0]:%Y-%m-%d}"
    except UnreadableError:
        pass  # a date that can only be guessed at is none; the customer is new to us today
    customer_id = editing.next_id(crm, "customers", "customer_id")
    editing.add(
        crm,
        "customers",
        {
            "customer_id": customer_id,
            "name": values["name"],
            "phone": values["phone"],
            "email": _email(values),
            "address": values["address"],
            "market_type": market,
            "legal_kind": "individual" if market == "personal" else "enterprise",
            "city": city,
            "created_on": min(opened, str(crm.today)),
            "source_channel": "walk_in",
        },
    )
    known.remember(customer_id, values)
    result.added[number] = customer_id
    return ""


def _fill_gaps(crm: Crm, customer_id: str, values: dict[str, str]) -> None:
    there = editing.record(crm, "customers", customer_id)
    new = {**values, "email": _email(values)}
    gaps = {name: new[name] for name in _GAPS if new.get(name) and not there[name]}
    if gaps:
        editing.edit(crm, "customers", customer_id, gaps)


def _email(values: dict[str, str]) -> str:
    email = values.get("email", "").casefold()
    return email if re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", email) else ""


def _city(values: dict[str, str]) -> str:
    """Return the code of the city: as it is called, else as the address begins."""
    cities = _cities()
    named = values.get("city", "").removesuffix("市").casefold()
    found = next((name for name in cities if values["address"].casefold().startswith(name)), named)
    return cities.get(found, "")


@cache
def _cities() -> dict[str, str]:
    named = [display_names("cities", "city", lang) for lang in LANGUAGES]
    pairs = {name.casefold(): code for names in named for code, name in names.items()}
    return pairs | {code.casefold(): code for code in named[0]}


@cache
def _markets() -> dict[str, str]:
    named = [display_names("customers", "market_type", lang) for lang in LANGUAGES]
    pairs = {name.casefold(): code for names in named for code, name in names.items()}
    words = content("crm/imports")["markets"]
    pairs |= {word: code for code, own in words.items() for word in own}
    return pairs | {code: code for code in named[0]}


class _Known:
    """Who is there, by telephone number and by mail address."""

    def __init__(self, crm: Crm) -> None:
        self._by_phone: dict[str, tuple[str, str]] = {}
        self._by_email: dict[tuple[str, str], str] = {}
        for customer, name, phone, email in crm.rows(
            "SELECT customer_id, name, phone, email FROM main.customers"
        ):
            self.remember(customer, {"name": name, "phone": phone or "", "email": email or ""})

    def remember(self, customer_id: str, values: dict[str, str]) -> None:
        """Know a customer by what a row says, too."""
        if values.get("phone"):
            self._by_phone.setdefault(values["phone"], (customer_id, values["name"]))
        if email := _email(values):
            self._by_email.setdefault((_core(values["name"]), email), customer_id)

    def find(self, values: dict[str, str]) -> tuple[str, str]:
        """Return the customer that a row is, and one of another name with the same number."""
        by_email = self._by_email.get((_core(values["name"]), _email(values)), "")
        customer, name = self._by_phone.get(values["phone"], ("", ""))
        if customer and (_core(name) == _core(values["name"]) or by_email == customer):
            return customer, ""
        return by_email, "" if by_email else customer


def _core(name: str) -> str:
    """Return a name without what branches leave out: blanks and the form of the company."""
    return name.replace(" ", "").removesuffix("有限公司").removesuffix("有限公可").casefold()
