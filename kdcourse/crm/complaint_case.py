"""A case at the complaint desk: how it stands, the queue of open ones, the log, the audit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kdcourse.crm.process import AGAIN, LAST, TOLD, Process, process
from kdcourse.texts import KitError, content, say
from kdcourse.world.declarations import display_names

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

#: Customer service, where every case begins and ends.
DESK = "service"


@dataclass(frozen=True)
class Case:
    """A case as it stands.

    Attributes:
        complaint_id: Its number.
        customer_id: Who complains.
        process: The process by which it is worked.
        step: Its last step, which is its state.
        at: When that was done.
        touched: When anything was done, passing it on included.
        then: Steps that may come next.
        dept: The department that has it.
        waits: Whether it was passed to that department and isn't taken up yet.
        category: What it is about.
        offer: What was offered last, in yuan.
        limit: Up to which offer its agent decides alone; an approval raises it.
        version: ``row_version``; hand it to :func:`step` so that nobody's work is lost.
    """

    complaint_id: str
    customer_id: str
    process: Process
    step: str
    at: str
    touched: str
    then: tuple[str, ...]
    dept: str
    waits: bool
    category: str
    offer: float | None
    limit: float
    version: int

    @property
    def state(self) -> str:
        """Its last step in words."""
        return self.process.names([self.step])

    @property
    def done(self) -> bool:
        """Whether the customer has been told, so that nothing is left but to file it."""
        return self.step in (TOLD, LAST)

    def __str__(self) -> str:
        then = self.process.names(self.then)
        dept = display_names("complaint_steps", "dept")[self.dept]
        key = "crm_desks.case-waits" if self.waits else "crm_desks.case"
        return say(key, case=self.complaint_id, done=self.state, at=self.at, then=then, dept=dept)


def case(crm: Crm, complaint_id: str) -> Case:
    """Return a case as it stands.

    Raises:
        KitError: There is none with this number.
    """
    found = crm.query("complaint_case", case=str(complaint_id)).astype(object).to_dict("records")
    if not found:
        raise KitError("crm.no-record", table="complaints", key=complaint_id)
    row: dict[Any, Any] = {n: None if value != value else value for n, value in found[0].items()}
    way = process(row["process"], bool(row["is_suggestion"]))
    # The world's log may hold a step that this process skips; it then goes on as if it had.
    then = way.next(row["step"]) if row["step"] in way.steps else ("analyse",)
    return Case(
        row["complaint_id"], row["customer_id"], way, row["step"], row["at"],
        max(row["at"], row["passed_at"] or "", row["taken_at"] or ""), then,
        row["to_dept"] or DESK, row["pass_no"] is not None and row["taken_at"] is None,
        row["category"], row["offer"], max(row["empowered_limit"], row["approved"] or 0),
        row["row_version"],
    )  # fmt: skip


def queue(crm: Crm, dept: str | None = None) -> pd.DataFrame:
    """List the open cases by the day on which they are due.

    Args:
        crm: The CRM.
        dept: Only those that lie with this department.

    Returns:
        One row a case: last step, since when, who has it, whether it waits to be taken up, when it
        is due and whether that is past.
    """
    found = crm.query("complaint_queue", days=limits()["handle_days"])
    found["waits"] = found["waits"].astype(bool)
    found["overdue"] = found["due_at"] < crm.now
    if dept is not None:
        found = found[found["dept"] == dept].reset_index(drop=True)
    return found


def log(crm: Crm, complaint_id: str) -> pd.DataFrame:
    """Return all that was done with a case, oldest first: what, when, by whom, where it lay."""
    case(crm, complaint_id)
    return crm.query("complaint_log", case=complaint_id)


def audit(crm: Crm, complaint_id: str | None = None) -> pd.DataFrame:
    """Hold closed cases against the five principles; one row per fault.

    Args:
        crm: The CRM.
        complaint_id: One case; default every closed one.

    Returns:
        ``complaint_id``, ``principle`` (record, responsibility, in_time, front_line, prevent),
        ``what`` and the case's agent. A case without a row keeps all five.
    """
    needed = {
        f"{name}{'_suggestion' * suggestion}": [
            step for step in process(name, suggestion).steps if step not in (LAST, AGAIN)
        ]
        for name in content("crm/complaints")["process"]
        for suggestion in (False, True)
    }
    times = {name: value for name, value in limits().items() if name != "urgent_claim"}
    return crm.query("complaint_audit", steps=json.dumps(needed), one=complaint_id, **times)


def kept(crm: Crm, complaint_id: str) -> dict[str, Any]:
    """Return what the desk keeps of a case beside its record; nothing before it was touched."""
    with crm.trusted():  # clear: a case that is opened again goes on where it ended
        found = crm.query(
            "SELECT * FROM main.complaint_cases WHERE complaint_id = :case", case=complaint_id
        ).astype(object)
    return {} if found.empty else {
        str(name): None if value != value else value for name, value in found.iloc[0].items()
    }  # fmt: skip


def limits() -> dict[str, Any]:
    """Return the desk's limits by name."""
    declared: dict[str, Any] = content("crm/complaints")["limits"]
    return declared


def kinds() -> dict[str, str]:
    """Return what each field of a step may hold, as :func:`kdcourse.crm.fields.filled` reads it."""
    declared: dict[str, str] = content("crm/complaints")["fields"]
    return declared
