"""The 360° card: all that is known of one customer on one page, as far as the user may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.texts import KitError, content, pick, say
from kdcourse.world.declarations import display_names, tables

if TYPE_CHECKING:
    import pandas as pd


#: Stands where nothing is known.
_EMPTY = "–"


@dataclass(frozen=True)
class Section:
    """One section of a card.

    Attributes:
        id: Its code.
        rows: What it shows; empty if there is nothing.
        count: How many rows there are in all.
    """

    id: str
    rows: pd.DataFrame
    count: int

    @property
    def upright(self) -> bool:
        """Whether its one row is shown as a list of names and values."""
        return bool(_declared(self.id).get("upright", False))

    def traits(self) -> list[tuple[str, str]]:
        """Return names and values of its one row, as the reader calls them."""
        shown = _named(self.rows).iloc[0]
        told = (_EMPTY if value is None else str(value) for value in shown)
        return list(zip(map(str, shown.index), told, strict=True))

    @property
    def title(self) -> str:
        """Its heading, with the number of rows where it shows only the last few."""
        name = pick(_declared(self.id)["name"])
        if self.count > len(self.rows):
            return say("crm.card-last", name=name, shown=len(self.rows), count=self.count)
        return name


@dataclass(frozen=True)
class Card:
    """A customer's card.

    Attributes:
        customer_id: Whose.
        name: Their name, masked if it has to be.
        sections: Every section by its code, in order.
    """

    customer_id: str
    name: str
    sections: Mapping[str, Section]

    @property
    def title(self) -> str:
        """The heading of the card."""
        return say("crm.card-title", customer_id=self.customer_id, name=self.name)

    def __str__(self) -> str:
        parts = [self.title]
        for section in self.sections.values():
            if section.rows.empty:
                text = say("crm.card-nothing")
            elif section.upright:
                text = "\n".join(f"{name}: {value}" for name, value in section.traits())
            else:
                text = _named(section.rows).to_string(index=False, na_rep=_EMPTY)
            parts.append(f"{section.title}\n{text}")
        return "\n\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the card as a page with headings, for those who read with their ears as well."""
        parts = [f"<h3>{escape(self.title)}</h3>"]
        for section in self.sections.values():
            parts.append(f"<h4>{escape(section.title)}</h4>")
            if section.rows.empty:
                parts.append(f"<p>{escape(say('crm.card-nothing'))}</p>")
            elif section.upright:
                lines = (
                    f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
                    for name, value in section.traits()
                )
                parts.append(f"<table>{''.join(lines)}</table>")
            else:
                parts.append(_named(section.rows).to_html(index=False, na_rep=_EMPTY, border=0))
        return "\n".join(parts)


def card(crm: Crm, customer_id: str) -> Card:
    """Return the card of a customer.

    Args:
        crm: The CRM.
        customer_id: Whose.

    Raises:
        KitError: There is no such customer, or the user may not see one of its sections.
    """
    given = {"id": customer_id}
    found: dict[str, Section] = {}
    for section in _sections():
        rows = crm.query(section["sql"], **given)
        if rows.empty and "or" in section:
            rows = crm.query(section["or"], **given)
        if section["id"] == "basics" and rows.empty:
            raise KitError("crm.no-record", table="customers", key=customer_id)
        count = crm.rows(section["count"], **given)[0][0] if "count" in section else len(rows)
        found[section["id"]] = Section(section["id"], rows, int(count))
    return Card(customer_id, str(found["basics"].rows["name"].iloc[0]), found)


def _sections() -> list[dict[str, Any]]:
    return content("crm/card")["sections"]


def _declared(section: str) -> dict[str, Any]:
    return next(one for one in _sections() if one["id"] == section)


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with codes and columns replaced by their names in the reader's language."""
    heads = {code: pick(name) for code, name in content("crm/card")["columns"].items()}
    shown = rows.astype(object).where(rows.notna(), None)
    for column in shown:
        names = _names(str(column), [str(value) for value in shown[column].dropna()])
        if names:
            shown[column] = [names.get(str(value), value) for value in shown[column]]
    return shown.rename(columns=heads)


def _names(column: str, values: list[str]) -> dict[str, str]:
    """Return names of codes from the first declaration of a column that knows all of them."""
    for table in tables().values():
        if any(c.name == column and c.type == "flag" for c in table.columns):
            return {code: pick(name) for code, name in content("crm/card")["flags"].items()}
        declared = {c.name for c in table.columns if c.values or c.refers}
        if column in declared:
            names = display_names(table.name, column)
            if names and set(values) <= set(names):
                return names
    return {}
