"""Follow a sale after the signature: the life of an order, parcels and tickets that stand still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm


def order_life(crm: Crm, number: str) -> pd.DataFrame:
    """Return everything that happened with one order, oldest first.

    Args:
        crm: The CRM.
        number: Of the order, or of its waybill.

    Returns:
        ``at``, ``event`` (placed, pickup_booked, cancelled, accept, sort, transport, deliver,
        promised, ticket, ticket_solved, complaint, complaint_closed), ``place``, ``detail``.

    Raises:
        KitError: There is no order with this number.
    """
    found = crm.rows(
        "SELECT order_id, waybill_no FROM orders WHERE order_id = :n OR waybill_no = :n",
        n=str(number).strip().upper(),
    )
    if not found:
        raise KitError("crm.no-record", table="orders", key=number)
    order, waybill = found[0]
    return crm.query("order_life", order=order, waybill=waybill)


def stuck_parcels(crm: Crm) -> pd.DataFrame:
    """List parcels whose next scan is overdue, the longest wait first.

    Overdue is what takes more than ``times_the_standard`` times the part of the promise that
    belongs to the link; see ``content/crm/pipeline.toml``.
    """
    times = content("crm/pipeline")["stuck"]["times_the_standard"]
    return crm.query("stuck_parcels", now=crm.now, times=times)


def stuck_tickets(crm: Crm) -> pd.DataFrame:
    """List after-sales tickets that aren't solved within the house's time, longest first."""
    hours = content("crm/pipeline")["stuck"]["ticket_hours"]
    return crm.query("stuck_tickets", now=crm.now, hours=hours)
