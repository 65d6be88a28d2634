"""What a move in the sales pipeline writes: the call, the proposal, the account, the refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kdcourse.crm.editing import edit, record
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import sqlite3

    from kdcourse.crm.database import Crm
    from kdcourse.crm.pipeline import Lead

#: What was filled in for a move, checked.
Fields = dict[str, Any]


def _contacted(crm: Crm, db: sqlite3.Connection, now: Lead, values: Fields) -> None:
    number = db.execute(
        "SELECT coalesce(max(contact_no), 0) + 1 FROM lead_contacts WHERE lead_id = ?",
        (now.lead_id,),
    ).fetchone()[0]
    db.execute(
        "INSERT INTO lead_contacts (lead_id, contact_no, kind, at, answered, duration_min, note) "
        "VALUES (?, ?, 'call', ?, 1, ?, ?)",
        (now.lead_id, number, crm.now, values.get("duration_min"), values["note"]),
    )
    # A firm that had said no is a lead like any other again; why it had is kept in the history.
    fresh = {"stage": "contacted", "lost_on": None, "lost_reason": None}
    edit(crm, "leads", now.lead_id, fresh)


def _proposed(crm: Crm, db: sqlite3.Connection, now: Lead, values: Fields) -> None:
    deal = now.deal_id or "D" + now.lead_id[1:]
    if now.deal_id:
        edit(crm, "deals", deal, {"stage": "open", "opened_on": str(crm.today)})
    else:
        db.execute(
            "INSERT INTO deals (deal_id, lead_id, opened_on, stage, monthly_value) "
            "VALUES (?, ?, ?, 'open', 0)",
            (deal, now.lead_id, str(crm.today)),
        )
    edit(crm, "leads", now.lead_id, {"stage": "proposal"})
    propose(crm, db, now.lead_id, deal, {"extra": "none", **values})


def propose(
    crm: Crm, db: sqlite3.Connection, lead_id: str, deal_id: str, values: dict[str, Any]
) -> None:
    """Write another version, and what it would bring if they sent us every parcel."""
    fees = dict(db.execute("SELECT product_id, base_fee FROM products").fetchall())
    if values["product_id"] not in fees:
        raise KitError(
            "crm_desks.field-code",
            field="product_id", value=values["product_id"], codes=", ".join(fees),
        )  # fmt: skip
    fee = fees[values["product_id"]] * (1 - values["discount"])
    db.execute(
        "INSERT INTO proposals (deal_id, version, sent_on, product_id, extra, discount, base_fee) "
        "SELECT ?1, coalesce(max(version), 0) + 1, ?2, ?3, ?4, ?5, ?6 "
        "FROM proposals WHERE deal_id = ?1",
        (
            deal_id, str(crm.today), values["product_id"], values["extra"], values["discount"],
            round(fee, 2),
        ),
    )  # fmt: skip
    parcels = record(crm, "leads", lead_id)["monthly_parcels"]
    edit(crm, "deals", deal_id, {"monthly_value": round(parcels * fee, 2)})


def answered(db: sqlite3.Connection, now: Lead, feedback: str) -> None:
    """Note what the firm said to the last version of the proposal."""
    db.execute(
        "UPDATE proposals SET feedback = ? WHERE deal_id = ? AND version = ?",
        (feedback, now.deal_id, now.versions),
    )


def _won(crm: Crm, db: sqlite3.Connection, now: Lead, values: Fields) -> None:
    if values["follow_up_on"] <= str(crm.today):
        raise KitError("crm_desks.follow-up-past", day=values["follow_up_on"], today=crm.today)
    customer = _open_account(crm, db, now, values)
    answered(db, now, "accepted")
    signed = {name: values[name] for name in ("duties_us", "duties_customer", "follow_up_on")}
    edit(
        crm, "deals", str(now.deal_id),
        {"stage": "signed", "signed_on": str(crm.today), "customer_id": customer, **signed},
    )  # fmt: skip
    won = {"stage": "won", "won_on": str(crm.today), "customer_id": customer}
    edit(crm, "leads", now.lead_id, won)
    db.execute(
        "UPDATE main.contacts SET customer_id = ? WHERE lead_id = ?", (customer, now.lead_id)
    )


def _open_account(crm: Crm, db: sqlite3.Connection, now: Lead, values: dict[str, Any]) -> str:
    """Make the firm a customer with what the lead tells of it; return the customer's number."""
    told = record(crm, "leads", now.lead_id)
    number, public = "C" + now.lead_id[1:], told["industry"] == "public"
    market = "cross_border" if told["industry"] == "cross_border" else "enterprise"
    with crm.trusted():
        phones = crm.rows(
            "SELECT phone FROM main.contacts WHERE lead_id = :lead AND phone IS NOT NULL "
            "ORDER BY role = 'decider' DESC, contact_id LIMIT 1",
            lead=now.lead_id,
        )
    db.execute(
        "INSERT INTO main.customers (customer_id, name, phone, market_type, legal_kind, city, "
        "created_on, source_channel, referrer_id, owner_agent_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 'sales', ?, ?)",
        (
            number, told["name"], phones[0][0] if phones else None, market,
            "government" if public else "enterprise", told["city"], str(crm.today),
            told["referrer_id"], told["owner_agent_id"],
        ),
    )  # fmt: skip
    least = content("crm/pipeline")["least_employees"][told["size_band"]]
    bound = crm.today + timedelta(days=365)
    db.execute(
        "INSERT INTO organisations (customer_id, size_band, employees, industry, "
        "registered_capital, annual_sales, is_listed, monthly_parcels, current_courier, "
        "goods_type, buying_type, partner_class, contract_until) "
        "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 'new', ?)",
        (
            number, told["size_band"], values.get("employees", least), told["industry"],
            told["registered_capital"], told["annual_sales"], told["monthly_parcels"],
            told["current_courier"], told["goods_type"], values["buying_type"], str(bound),
        ),
    )  # fmt: skip
    return number


def _lost(crm: Crm, db: sqlite3.Connection, now: Lead, values: Fields) -> None:
    if now.deal_id:
        answered(db, now, "refused")
        edit(crm, "deals", now.deal_id, {"stage": "lost"})
    gone = {"stage": "lost", "lost_on": str(crm.today), "lost_reason": values["lost_reason"]}
    edit(crm, "leads", now.lead_id, gone)


#: What each move of a lead writes.
MOVES = {"contacted": _contacted, "proposal": _proposed, "won": _won, "lost": _lost}
