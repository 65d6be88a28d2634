"""Views of the warehouse: one fact looked at from many sides, each step showing its SQL.

``view(warehouse, by=["year", "family"])`` gives parcels and revenue by year and family. From there
:meth:`View.roll_up` goes to a wider level, :meth:`View.drill_down` to a narrower one,
:meth:`View.slice` keeps one value of an attribute, :meth:`View.dice` some values of several, and
:meth:`View.pivot` lays an attribute across the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from kdcourse.crm.insight.warehouse import Warehouse
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd

#: More columns than these nobody can read.
_WIDEST = 60


@dataclass(frozen=True)
class View:
    """A question to the warehouse; make the first with :func:`view`.

    Attributes:
        warehouse: Whom it asks.
        by: Attributes whose values make the rows.
        measures: What is reckoned for each row.
        where: Attribute -> the values that are kept.
        across: Attribute whose values make columns, or empty.
    """

    warehouse: Warehouse = field(repr=False)
    by: tuple[str, ...]
    measures: tuple[str, ...]
    where: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    across: str = ""

    # --- the five moves --------------------------------------------------------------------------

    def roll_up(self, hierarchy: str) -> View:
        """Go one level wider, e.g. from months to quarters; from the widest level to all of it.

        Args:
            hierarchy: A hierarchy of ``content/crm/warehouse.toml``, e.g. ``"date"``.

        Raises:
            KitError: There is no such hierarchy, or the view holds no level of it.
        """
        levels, at = self._level(hierarchy)
        if at is None:
            raise KitError("crm_data.olap-no-level", hierarchy=hierarchy, by=", ".join(self.by))
        return self._swap(levels[at], levels[at - 1] if at else "")

    def drill_down(self, hierarchy: str) -> View:
        """Go one level narrower, e.g. from years to quarters; into the widest one if there is none.

        Raises:
            KitError: There is no such hierarchy, or its narrowest level is reached.
        """
        levels, at = self._level(hierarchy)
        if at is None:
            return replace(self, by=(*self.by, levels[0]))
        if at + 1 == len(levels):
            raise KitError("crm_data.olap-bottom", hierarchy=hierarchy, level=levels[at])
        return self._swap(levels[at], levels[at + 1])

    def slice(self, attribute: str, value: Any) -> View:
        """Keep one value of an attribute; the attribute itself leaves the view.

        Raises:
            KitError: There is no such attribute, or it never has this value.
        """
        cut = self.dice(**{attribute: [value]})
        return cut._swap(attribute, "")

    def dice(self, **values: Any) -> View:
        """Keep some values of attributes, e.g. ``dice(market=["personal"], year=[2025])``.

        Raises:
            KitError: There is no such attribute, or it never has one of the values.
        """
        kept = dict(self.where)
        for attribute, chosen in values.items():
            wanted = _listed(chosen)
            found = tuple(self._member(attribute, value) for value in wanted)
            if not found:
                raise KitError("crm_data.olap-nothing", attribute=attribute)
            if attribute in kept:
                found = tuple(value for value in found if value in kept[attribute])
                if not found:
                    raise KitError("crm_data.olap-nothing", attribute=attribute)
            kept[attribute] = found
        return replace(self, where=kept)

    def pivot(self, attribute: str) -> View:
        """Lay an attribute across the columns, one column per value.

        Raises:
            KitError: There is no such attribute, or it has too many values to be read.
        """
        _attribute(attribute)
        if attribute not in self.where and len(self.members(attribute)) > _WIDEST:
            raise KitError("crm_data.olap-wide", attribute=attribute, most=_WIDEST)
        rows = tuple(name for name in self.by if name != attribute)
        if self.across and self.across not in rows:
            rows = (*rows, self.across) if self.across != attribute else rows
        return replace(self, by=rows, across=attribute)

    # --- what it gives ---------------------------------------------------------------------------

    @property
    def sql(self) -> str:
        """The question in SQL, as the warehouse is asked."""
        sides = (*self.by, self.across) if self.across else self.by
        joins = dict(_join(name) for name in (*sides, *self.where))
        columns = [f"{_column(name)} AS {name}" for name in sides]
        columns += [f"{_measures()[name]['sql']} AS {name}" for name in self.measures]
        lines = ["SELECT " + ",\n       ".join(columns), "FROM fact_shipment AS f"]
        lines += joins.values()
        if self.where:
            kept = (
                f"{_column(name)} IN ({', '.join(map(_literal, values))})"
                for name, values in self.where.items()
            )
            lines.append("WHERE " + "\n  AND ".join(kept))
        if sides:
            columns = [_column(name) for name in sides]
            lines += ["GROUP BY " + ", ".join(columns), "ORDER BY " + ", ".join(columns)]
        return "\n".join(lines)

    def table(self) -> pd.DataFrame:
        """Ask, and return the table: attributes first, then measures.

        Laid across, the columns are the attribute's values (of several measures: measure and
        value). A combination without any parcel is empty.
        """
        found = self.warehouse.query(self.sql)
        if not self.across:
            return found
        values: Any = list(self.measures) if len(self.measures) > 1 else self.measures[0]
        if not self.by:
            return found.set_index(self.across).T.rename_axis(index=None)
        return found.pivot(index=list(self.by), columns=self.across, values=values).reset_index()

    def total(self) -> pd.DataFrame:
        """Return the measures over everything that is kept, in one row."""
        return replace(self, by=(), across="").table()

    def members(self, attribute: str) -> list[Any]:
        """Return the values that an attribute has, in order."""
        dimension = _attribute(attribute)
        found = self.warehouse.query(
            f"SELECT DISTINCT {dimension['column']} AS member "
            f"FROM {dimension['dimension']} ORDER BY 1"
        )
        return list(found["member"])

    def __repr__(self) -> str:
        return self.sql

    # --- inside ----------------------------------------------------------------------------------

    def _level(self, hierarchy: str) -> tuple[list[str], int | None]:
        levels = _known(hierarchy, content("crm/warehouse")["hierarchies"], "hierarchy")
        held = [levels.index(name) for name in (*self.by, self.across) if name in levels]
        return levels, max(held) if held else None

    def _swap(self, old: str, new: str) -> View:
        rows = [new if name == old else name for name in self.by]
        # A level that is there already isn't named twice.
        by = tuple(dict.fromkeys(name for name in rows if name))
        return replace(self, by=by, across=new if self.across == old else self.across)

    def _member(self, attribute: str, value: Any) -> Any:
        members = self.members(attribute)
        for member in members:
            if member == value or _text(member) == _text(value):
                return member
        near = get_close_matches(str(value), map(str, members), 5, 0.4) or map(str, members[:12])
        raise KitError(
            "crm_data.olap-no-member", attribute=attribute, value=value, known=", ".join(near)
        )


def view(
    warehouse: Warehouse,
    by: Iterable[str] = ("year",),
    measures: Iterable[str] = ("parcels", "revenue"),
) -> View:
    """Return a first view.

    Args:
        warehouse: A built warehouse.
        by: Attributes for the rows; see :func:`attributes`.
        measures: What to reckon; see :func:`measures`.

    Raises:
        KitError: There is no such attribute or measure, or no measure is named.
    """
    rows, reckoned = tuple(_listed(by)), tuple(_listed(measures))
    for name in rows:
        _attribute(name)
    for name in reckoned:
        _known(name, _measures(), "measure")
    if not reckoned:
        raise KitError("crm_data.olap-no-measure", known=", ".join(_measures()))
    return View(warehouse, tuple(dict.fromkeys(rows)), tuple(dict.fromkeys(reckoned)))


def attributes() -> list[str]:
    """Return the attributes by which parcels can be looked at."""
    return list(content("crm/warehouse")["attributes"])


def measures() -> list[str]:
    """Return the measures that can be reckoned."""
    return list(_measures())


def _measures() -> Mapping[str, Any]:
    found: Mapping[str, Any] = content("crm/warehouse")["measures"]
    return found


def _attribute(name: str) -> Mapping[str, str]:
    found: Mapping[str, str] = _known(name, content("crm/warehouse")["attributes"], "attribute")
    return found


def _known(name: str, known: Mapping[str, Any], kind: str) -> Any:
    if name not in known:
        near = get_close_matches(name, known, 5, 0.4) or list(known)
        raise KitError(f"crm_data.olap-no-{kind}", name=name, known=", ".join(near))
    return known[name]


def _alias(name: str) -> str:
    attribute = _attribute(name)
    # A parcel has two cities: where it came from and where it went.
    return attribute.get("as", attribute["dimension"].removeprefix("dim_"))


def _column(name: str) -> str:
    return f"{_alias(name)}.{_attribute(name)['column']}"


def _join(name: str) -> tuple[str, str]:
    attribute, alias = _attribute(name), _alias(name)
    key = attribute["dimension"].replace("dim_", "") + "_key"
    joined = f"JOIN {attribute['dimension']} AS {alias} ON {alias}.{key} = f.{attribute['key']}"
    return alias, joined


def _listed(values: Any) -> list[Any]:
    many = isinstance(values, Collection) and not isinstance(values, str)
    return list(values) if many else [values]


def _literal(value: Any) -> str:
    if isinstance(value, int | float):
        return str(value)
    return "'" + _text(value).replace("'", "''") + "'"


def _text(value: Any) -> str:
    """Write a value as it stands in SQL: of a moment, the day."""
    return str(value)[:10] if hasattr(value, "year") else str(value)
