"""What can be worked on at the desk's screen, without a widget: the open leads, the open cases."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from kdcourse.crm import complaints, pipeline
from kdcourse.crm.complaint_case import DESK, kinds
from kdcourse.crm.desk_form import word
from kdcourse.crm.process import TOLD
from kdcourse.crm.wording import translated
from kdcourse.texts import content, pick
from kdcourse.world.declarations import display_names

if TYPE_CHECKING:
    import pandas as pd

    from kdcourse.crm.database import Crm

#: Label and code.
Choice = tuple[str, str]
#: Fields that a step needs, those that it may have, and what each may hold.
Asked = tuple[tuple[str, ...], tuple[str, ...], Mapping[str, str]]

_PASS, _TAKE = "pass_on", "take_up"


class Work(Protocol):
    """Things that are taken forward step by step."""

    def items(self) -> list[Choice]:
        """Return what is open."""

    def show(self, item: str) -> str:
        """Return how an item stands, as HTML."""

    def nexts(self, item: str) -> list[Choice]:
        """Return the steps that may come now."""

    def asked(self, item: str, step: str) -> Asked:
        """Return the fields of a step."""

    def version(self, item: str) -> int:
        """Return the version of an item, so that nobody's work is overwritten."""

    def do(self, item: str, step: str, seen: int, values: dict[str, Any]) -> str:
        """Take the step, and say how the item then stands."""


class Deals:
    """The open leads of the sales desk."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm

    def items(self) -> list[Choice]:
        """Return the open leads."""
        names = display_names("leads", "stage")
        found = pipeline.leads(self.crm)
        return [
            (f"{number} {name} · {names[stage]} · {word('days', days=days)}", number)
            for number, name, stage, days in found[["lead_id", "name", "stage", "days"]].itertuples(
                index=False
            )
        ]

    def show(self, item: str) -> str:
        """Return how a lead stands, and what happened with it."""
        history = pipeline.history(self.crm, item)
        return _paragraph(str(pipeline.lead(self.crm, item))) + _table(history, _deal_names())

    def nexts(self, item: str) -> list[Choice]:
        """Return the stages to which it may move."""
        names = display_names("leads", "stage")
        return [(names[stage], stage) for stage in pipeline.lead(self.crm, item).then]

    def asked(self, item: str, step: str) -> Asked:
        """Return the fields of a move."""
        return (*pipeline.fields_of(step), pipeline.kinds())

    def version(self, item: str) -> int:
        """Return the lead's version."""
        return pipeline.lead(self.crm, item).version

    def do(self, item: str, step: str, seen: int, values: dict[str, Any]) -> str:
        """Move the lead."""
        return str(pipeline.move(self.crm, item, step, seen=seen, **values))


class Cases:
    """The open cases of the complaint desk, and those to be filed."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self._mine: list[str] = []

    def items(self) -> list[Choice]:
        """Return the open cases by the day they are due, and those told of here but not filed."""
        found = complaints.queue(self.crm).sort_values(["overdue", "due_at"])
        names = display_names("complaints", "category")
        rows = found[["complaint_id", "category", "due_at"]].itertuples(index=False)
        listed = [
            (f"{number} · {names[kind]} · {word('due', at=due)}", number)
            for number, kind, due in rows
        ]
        known = {number for _, number in listed}
        # Who has just told the customer still has to file the case.
        waiting = [n for n in self._mine if n not in known and self._case(n).step == TOLD]
        return [
            *((f"{number} · {self._case(number).state}", number) for number in waiting),
            *listed,
        ]

    def show(self, item: str) -> str:
        """Return how a case stands, and its log."""
        now = self._case(item)
        return _paragraph(str(now)) + _table(complaints.log(self.crm, item), _case_names(now))

    def nexts(self, item: str) -> list[Choice]:
        """Return the steps that may come, passing on and taking up included."""
        now = self._case(item)
        if now.waits:
            return [(word("take_up"), _TAKE), (word("pass_on"), _PASS)]
        steps = now.process.steps
        # What lies elsewhere is worked there, or taken back.
        able = [step for step in now.then if now.dept == DESK or steps[step].elsewhere]
        passing = [] if now.done else [(word("pass_on"), _PASS)]
        return [*((pick(steps[step].name), step) for step in able), *passing]

    def asked(self, item: str, step: str) -> Asked:
        """Return the fields of a step."""
        if step == _TAKE:
            return (), (), {}
        if step == _PASS:
            return ("dept", "why"), (), {"dept": "complaint_steps.dept", "why": "text"}
        wanted = self._case(item).process.steps[step]
        optional = ("satisfaction",) if step == TOLD else ()
        return wanted.needs, (*wanted.may, *optional), kinds()

    def version(self, item: str) -> int:
        """Return the case's version."""
        return self._case(item).version

    def do(self, item: str, step: str, seen: int, values: dict[str, Any]) -> str:
        """Take the step, pass the case on, or take it up."""
        self._mine.append(item)
        if step == _TAKE:
            return str(complaints.take_up(self.crm, item))
        if step == _PASS:
            where, why = str(values.get("dept", "")), str(values.get("why", ""))
            return str(complaints.pass_on(self.crm, item, where, why=why))
        return str(complaints.step(self.crm, item, step, seen=seen, **values))

    def _case(self, item: str) -> complaints.Case:
        return complaints.case(self.crm, item)


def _paragraph(text: str) -> str:
    return f"<p><strong>{escape(text)}</strong></p>"


def _table(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    heads = {name: pick(told) for name, told in content("crm/desk")["columns"].items()}
    shown = rows.astype(object).where(rows.notna(), "")
    shown = shown.map(lambda value: translated(value, names)).rename(columns=heads)
    return str(shown.to_html(index=False, border=0))


def _deal_names() -> dict[str, str]:
    """Return the names of the codes in a lead's history."""
    declared = (
        ("leads", "source_method"), ("leads", "stage"), ("lead_contacts", "kind"),
        ("lead_contacts", "note"), ("products", "product_id"),
    )  # fmt: skip
    return {**_own(), **{k: v for place in declared for k, v in display_names(*place).items()}}


def _case_names(now: complaints.Case) -> dict[str, str]:
    """Return the names of the codes in a case's log."""
    steps = {step: pick(told.name) for step, told in now.process.steps.items()}
    notes, depts = (display_names("complaint_steps", one) for one in ("note_code", "dept"))
    return {**notes, **depts, **steps, **_own()}


def _own() -> dict[str, str]:
    return {code: pick(name) for code, name in content("crm/desk")["codes"].items()}
