"""Pass a case to the department that can help, and take up what was passed: both are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcourse.crm.complaint_case import DESK, Case, case
from kdcourse.crm.fields import checked
from kdcourse.crm.moments import moment
from kdcourse.texts import KitError
from kdcourse.world.declarations import display_names

if TYPE_CHECKING:
    from kdcourse.crm.database import Crm

#: The case's last step so far.
_SEQ = "(SELECT max(seq) FROM complaint_steps WHERE complaint_id = ?1)"


def pass_on(crm: Crm, complaint_id: str, dept: str, *, why: str, at: str | None = None) -> Case:
    """Pass a case to another department; until it takes the case up, nobody works on it.

    Args:
        crm: The CRM.
        complaint_id: Which case.
        dept: The department; ``service`` to take it back.
        why: What it shall do.
        at: When; default the CRM's time.

    Raises:
        KitError: It lies there already, the case is filed, ``why`` is empty, or the user may not.
    """
    to = checked("dept", dept, "complaint_steps.dept")
    with crm.transaction() as db:
        now = case(crm, complaint_id)
        if now.dept == to:
            raise KitError("crm_desks.there-already", case=complaint_id, dept=_name(to))
        if now.done:
            raise KitError("crm_desks.pass-done", case=complaint_id, done=now.state)
        if not why.strip():
            raise KitError("crm_desks.pass-why", case=complaint_id, dept=_name(to))
        when = moment(crm, at, now.touched)
        db.execute(
            "INSERT INTO main.hand_overs "
            "(complaint_id, no, seq, from_dept, to_dept, why, passed_at, passed_by) "
            f"SELECT ?1, coalesce(max(no), 0) + 1, {_SEQ}, ?2, ?3, ?4, ?5, ?6 FROM hand_overs "
            "WHERE complaint_id = ?1",
            (complaint_id, now.dept, to, why.strip(), when, crm.user().name),
        )
        _touch(crm, complaint_id)
    return case(crm, complaint_id)


def take_up(crm: Crm, complaint_id: str, *, at: str | None = None) -> Case:
    """Take up a case in the department to which it was passed.

    Raises:
        KitError: It wasn't passed to anybody, or the user may not.
    """
    with crm.transaction() as db:
        now = case(crm, complaint_id)
        if not now.waits:
            raise KitError("crm_desks.nothing-passed", case=complaint_id, dept=_name(now.dept))
        db.execute(
            "UPDATE main.hand_overs SET taken_at = ?1, taken_by = ?2 WHERE complaint_id = ?3 "
            "AND no = (SELECT max(no) FROM hand_overs WHERE complaint_id = ?3)",
            (moment(crm, at, now.touched), crm.user().name, complaint_id),
        )
        _touch(crm, complaint_id)
    return case(crm, complaint_id)


def back_to_desk(crm: Crm, complaint_id: str, dept: str, when: str) -> None:
    """Note that what another department has done comes back to customer service by itself."""
    with crm.transaction() as db:
        db.execute(
            f"INSERT INTO main.hand_overs SELECT ?1, max(no) + 1, {_SEQ}, ?2, ?3, 'done', "
            "?4, ?5, ?4, ?5 FROM hand_overs WHERE complaint_id = ?1",
            (complaint_id, dept, DESK, when, crm.user().name),
        )


def _touch(crm: Crm, complaint_id: str) -> None:
    """Let whoever looks at the case as it was notice that it has moved."""
    with crm.transaction() as db:
        db.execute(
            "UPDATE main.complaints SET row_version = row_version + 1 WHERE complaint_id = ?",
            (complaint_id,),
        )


def _name(dept: str) -> str:
    return display_names("complaint_steps", "dept")[dept]
