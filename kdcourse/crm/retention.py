"""How long personal data are kept: what is due, anonymise who has left, forget who asks for it.

The law wants personal data kept no longer than their purpose needs (PIPL, article 19) and erased
when the person asks for it (article 47). Who sent what and what it cost stays, without the person.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from kdcourse.crm import editing
from kdcourse.crm.database import Crm
from kdcourse.texts import content

if TYPE_CHECKING:
    import pandas as pd


def due(crm: Crm) -> pd.DataFrame:
    """Return what the rules would take today: ``table``, ``what`` is done to it, ``rows``.

    Nothing is changed.
    """
    import pandas as pd

    rows = [("customers", "anonymise", len(_idle(crm)))]
    with crm.trusted():
        for table, rule in content("crm/retention")["delete"].items():
            text = f"SELECT count(*) FROM main.{table} WHERE {_old(rule)}"
            rows.append((table, "delete", crm.rows(text, **_since(crm, rule))[0][0]))
    return pd.DataFrame(rows, columns=["table", "what", "rows"])


def apply_retention(crm: Crm) -> pd.DataFrame:
    """Do what :func:`due` says, all or nothing, and return it.

    Raises:
        KitError: The user may not.
    """
    crm.need("retention", "customers")
    done = due(crm)
    idle = _idle(crm)
    with crm.trusted(), crm.transaction() as db:
        for table, rule in content("crm/retention")["delete"].items():
            db.execute(f"DELETE FROM main.{table} WHERE {_old(rule)}", _since(crm, rule))
        _anonymise(db, idle, crm)
    crm.log("retention", "customers", allowed=True, detail=f"{len(idle)}")
    return done


def forget(crm: Crm, customer_id: str) -> None:
    """Make one customer anonymous because they ask for it, at once.

    Backups still hold the person until three newer ones have taken their place.

    Raises:
        KitError: There is no such customer, or the user may not.
    """
    crm.need("retention", "customers", customer_id)
    editing.record(crm, "customers", customer_id)
    with crm.trusted(), crm.transaction() as db:
        _anonymise(db, [customer_id], crm)
    crm.log("retention", "customers", allowed=True, detail=customer_id)


def _idle(crm: Crm) -> list[str]:
    months = content("crm/retention")["customer_idle_months"]
    with crm.trusted():
        found = crm.rows("idle_customers", today=str(crm.today), ago=f"-{months} months",
                         anonymous=content("crm/retention")["anonymous"]["name"])  # fmt: skip
    return [row[0] for row in found]


def _old(rule: dict[str, str]) -> str:
    return f"{rule['column']} < date(:today, :ago)"


def _since(crm: Crm, rule: dict[str, str]) -> dict[str, str]:
    return {"today": str(crm.today), "ago": f"-{rule['months']} months"}


def _anonymise(db: sqlite3.Connection, customers: list[str], crm: Crm) -> None:
    """Take out of every table what points to the person."""
    given = {
        "ids": json.dumps(customers),
        "name": content("crm/retention")["anonymous"]["name"],
        "today": str(crm.today),
    }
    for statement in crm.script("anonymise"):
        db.execute(statement, given)
