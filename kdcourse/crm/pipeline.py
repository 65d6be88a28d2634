"""The sales desk: leads from first call to signature, the board, and what stands still.

Which moves are legal, what each needs and how long a stage may last stands in
``content/crm/pipeline.toml``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kdcourse.crm.editing import edit
from kdcourse.crm.fields import checked, filled
from kdcourse.crm.pipeline_moves import MOVES, answered, propose
from kdcourse.crm.wording import listed, named
from kdcourse.texts import KitError, content, say
from kdcourse.world.declarations import display_names

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

_OPTIONAL = {
    "contacted": ("duration_min",),
    "proposal": ("extra",),
    "won": ("employees",),
}
_KINDS = {
    "duration_min": "lead_contacts.duration_min",
    "discount": "proposals.discount",
    "employees": "organisations.employees",
    "follow_up_on": "day",
}


@dataclass(frozen=True)
class Lead:
    """A lead as it stands.

    Attributes:
        lead_id: Its number.
        name: The firm.
        stage: Its stage.
        then: Stages to which it may move.
        deal_id: Number of its deal, once a proposal was made.
        versions: Versions of the proposal.
        monthly_value: Fees a month that sales hopes for, in yuan.
        customer_id: Number of the account, once signed.
        version: ``row_version``; hand it to :func:`move` so that nobody's edit is lost.
    """

    lead_id: str
    name: str
    stage: str
    then: tuple[str, ...]
    deal_id: str | None
    versions: int
    monthly_value: float | None
    customer_id: str | None
    version: int

    def __str__(self) -> str:
        stage, then = _named(self.stage), listed(map(_named, self.then))
        return say("crm_desks.lead", lead=self.lead_id, name=self.name, stage=stage, then=then)


def lead(crm: Crm, lead_id: str) -> Lead:
    """Return a lead as it stands.

    Raises:
        KitError: There is none with this number.
    """
    found = crm.rows(
        """
        SELECT l.lead_id, l.name, l.stage, d.deal_id,
               (SELECT count(*) FROM proposals p WHERE p.deal_id = d.deal_id),
               d.monthly_value, l.customer_id, l.row_version
        FROM leads l LEFT JOIN deals d ON d.lead_id = l.lead_id WHERE l.lead_id = :lead
        """,
        lead=str(lead_id),
    )
    if not found:
        raise KitError("crm.no-record", table="leads", key=lead_id)
    number, name, stage, *rest = found[0]
    return Lead(number, name, stage, tuple(_stages()[stage]["then"]), *rest)


def leads(crm: Crm, stage: str | None = None, owner: str | None = None) -> pd.DataFrame:
    """List the open leads with the day since which each has been in its stage.

    Args:
        crm: The CRM.
        stage: One stage only.
        owner: One agent's only.
    """
    limits = {name: told["days"] for name, told in _stages().items() if "days" in told}
    found = crm.query("pipeline", today=str(crm.today), limits=json.dumps(limits))
    found["stuck"] = found["stuck"].astype(bool)
    if stage is not None:
        found = found[found["stage"] == _known(stage)]
    if owner is not None:
        found = found[found["owner_agent_id"] == owner]
    return found.reset_index(drop=True)


def stuck(crm: Crm) -> pd.DataFrame:
    """List the leads that have been in their stage for longer than its limit, longest first."""
    found = leads(crm)
    found = found[found["stuck"]].sort_values(["days", "lead_id"], ascending=[False, True])
    return found.drop(columns="stuck").reset_index(drop=True)


def board(crm: Crm) -> pd.DataFrame:
    """Return the open stages, one a row: leads, hoped-for fees a month, how many are stuck."""
    by_stage = leads(crm).groupby("stage")
    table = by_stage.agg(
        leads=("lead_id", "size"), monthly_value=("monthly_value", "sum"), stuck=("stuck", "sum")
    )
    opened = [name for name, told in _stages().items() if "days" in told]
    table = table.reindex(opened, fill_value=0)
    return table.astype({"leads": int, "stuck": int, "monthly_value": float}).round(2)


def move(crm: Crm, lead_id: str, to: str, *, seen: int | None = None, **fields: Any) -> Lead:
    """Move a lead to another stage.

    Args:
        crm: The CRM.
        lead_id: Which lead.
        to: The stage.
        seen: ``version`` of the lead on which the move is based; refused if somebody moved or
            edited it since.
        **fields: What the move needs: ``note`` to ``contacted``; ``product_id``, ``discount`` and
            perhaps ``extra`` to ``proposal``; ``duties_us``, ``duties_customer``,
            ``follow_up_on``, ``buying_type`` to ``won``; ``lost_reason`` to ``lost``.

    Returns:
        The lead as it then stands.

    Raises:
        KitError: The stage can't be reached from here, a field is missing or wrong, somebody else
            changed the lead, or the user may not.
    """
    with crm.transaction() as db:
        now = lead(crm, lead_id)
        # First of all: whoever was too slow should hear of the other, not of an illegal move.
        edit(crm, "leads", lead_id, {}, seen)
        if _known(to) not in now.then:
            raise KitError(
                "crm_desks.no-move",
                lead=lead_id, stage=_named(now.stage), to=_named(to),
                then=listed(map(_named, now.then)),
            )  # fmt: skip
        needs, optional = fields_of(to)
        values = filled(fields, needs, optional, kinds(), to)
        MOVES[to](crm, db, now, values)
    return lead(crm, lead_id)


def revise(crm: Crm, lead_id: str, *, feedback: str, discount: float, **fields: Any) -> Lead:
    """Note what the firm answered to the proposal, and make another version.

    Args:
        crm: The CRM.
        lead_id: Which lead; its stage is ``proposal``.
        feedback: What they answered.
        discount: Discount of the new version, as a share.
        **fields: ``product_id`` and ``extra``; default as before.

    Raises:
        KitError: There is no proposal to revise, or a field is wrong.
    """
    with crm.transaction() as db:
        now = lead(crm, lead_id)
        if now.stage != "proposal":
            raise KitError("crm_desks.no-proposal", lead=lead_id, stage=now.stage)
        answer = checked("feedback", feedback, kinds()["feedback"])
        values = filled(
            {"discount": discount, **fields},
            ["discount"], ["product_id", "extra"], kinds(), "proposal",
        )  # fmt: skip
        last = crm.rows(
            "SELECT product_id, extra FROM proposals WHERE deal_id = :deal "
            "ORDER BY version DESC LIMIT 1",
            deal=now.deal_id,
        )
        before = dict(zip(("product_id", "extra"), last[0], strict=True))
        answered(db, now, answer)
        propose(crm, db, lead_id, str(now.deal_id), {**before, **values})
    return lead(crm, lead_id)


def history(crm: Crm, lead_id: str) -> pd.DataFrame:
    """Return what happened with a lead: contacts, versions of the proposal, moves; oldest first."""
    return crm.query("lead_history", lead=lead_id)


def fields_of(stage: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields that a move to a stage needs, and those that it may have."""
    return tuple(_stages()[_known(stage)]["needs"]), _OPTIONAL.get(stage, ())


def _named(stage: str) -> str:
    return named(stage, display_names("leads", "stage")[stage])


def _stages() -> dict[str, Any]:
    stages: dict[str, Any] = content("crm/pipeline")["stages"]
    return stages


def kinds() -> dict[str, str]:
    """Return what each field may hold, as :func:`kdcourse.crm.fields.filled` reads it."""
    return {**_KINDS, **content("crm/pipeline")["fields"]}


def _known(stage: str) -> str:
    if stage not in _stages():
        raise KitError("crm_desks.no-stage", stage=stage, known=", ".join(_stages()))
    return stage
