"""When something was done at a desk: never before what came before it, never after today."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from kdcourse.texts import KitError

if TYPE_CHECKING:
    from kdcourse.crm.database import Crm


def moment(crm: Crm, at: str | None, last: str | None = None) -> str:
    """Return the time of a step.

    Args:
        crm: The CRM.
        at: As the user gives it, ``YYYY-MM-DD HH:MM``; None for the CRM's time.
        last: When the step before it was done.

    Raises:
        KitError: It is no time, lies before ``last`` or after the CRM's day.
    """
    if at is None:
        return max(crm.now, last or "")
    try:
        when = f"{datetime.strptime(at, '%Y-%m-%d %H:%M'):%Y-%m-%d %H:%M}"
    except (TypeError, ValueError):
        raise KitError("crm_desks.field-time", field="at", value=at) from None
    if when < (last or "") or when[:10] > str(crm.today):
        raise KitError("crm_desks.out-of-time", at=at, last=last or "–", today=crm.today)
    return when
