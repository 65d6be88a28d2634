"""The warehouse: a star of parcels in DuckDB, loaded from the CRM and held against it.

Four parts, as the trade draws them: data sources (the CRM, ``warehouse/sources.sql``), storage and
management (DuckDB, ``warehouse/star.sql``), the OLAP server (:mod:`kdcourse.crm.insight.olap`), and
front-end tools (:meth:`Warehouse.query`, views, figures).
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.migrations import statements
from kdcourse.texts import KitError, content, pick
from kdcourse.world.declarations import tables as declared_tables

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: Rows of a table that are in memory as Python objects at one time.
_BLOCK = 200_000
#: A query that slips, such as a join without a condition, must not take the whole machine.
_MEMORY = "1GB"


class Warehouse:
    """A built warehouse; see :func:`build`. It lives in memory and is gone with the kernel.

    Attributes:
        crm: The CRM it was loaded from.
        loaded: Rows per source.
    """

    def __init__(self, crm: Crm, db: duckdb.DuckDBPyConnection, loaded: dict[str, int]) -> None:
        self.crm, self._db, self.loaded = crm, db, loaded

    def query(self, sql: str) -> pd.DataFrame:
        """Ask the warehouse in SQL (DuckDB's) and return a table.

        It answers questions only: no statement changes it, and none reaches a file or a network.

        Raises:
            KitError: The SQL is wrong, or more than a question.
        """
        import duckdb

        try:
            parsed = self._db.extract_statements(sql)
            if len(parsed) != 1 or parsed[0].type not in (
                duckdb.StatementType.SELECT,
                duckdb.StatementType.EXPLAIN,
            ):
                raise KitError("crm_data.warehouse-reads")
            return self._db.execute(parsed[0]).df()
        except duckdb.Error as fault:
            raise KitError("crm_data.warehouse-sql", reason=str(fault).splitlines()[0]) from fault

    def tables(self) -> pd.DataFrame:
        """Return the tables of the star with their rows and columns."""
        found = self.query(
            "SELECT t.table_name AS name, t.estimated_size AS rows, "
            "string_agg(c.column_name, ', ' ORDER BY c.column_index) AS columns "
            "FROM duckdb_tables() AS t JOIN duckdb_columns() AS c USING (table_name) "
            "GROUP BY ALL ORDER BY name"
        )
        # The planner only estimates; a reader wants the number.
        found["rows"] = [self._number(f"SELECT count(*) FROM {name}") for name in found["name"]]
        found["rows"] = found["rows"].astype(int)
        return found

    def reconcile(self) -> pd.DataFrame:
        """Hold the warehouse against the CRM.

        Returns:
            One row per check of ``content/crm/warehouse.toml``: its name, the number in the CRM, in
            the warehouse, the difference, and whether they agree (money to the fen).
        """
        import pandas as pd

        rows = []
        for name, check in content("crm/warehouse")["checks"].items():
            ours = float(self.crm.rows(check["crm"], **_used(check["crm"], self.crm))[0][0] or 0)
            theirs = self._number(check["warehouse"])
            rows.append((name, ours, theirs, round(theirs - ours, 2), abs(theirs - ours) < 0.005))
        return pd.DataFrame(rows, columns=["check", "crm", "warehouse", "difference", "agrees"])

    def left_out(self) -> pd.DataFrame:
        """Return what of the CRM is in no fact, and why: a total that agrees can still lack it."""
        import pandas as pd

        rows = []
        for name, entry in content("crm/warehouse")["left_out"].items():
            if "crm" in entry:
                number = int(self.crm.rows(entry["crm"])[0][0])
            else:
                number = int(self._number(entry["warehouse"]))
            rows.append((name, number, pick(entry["about"])))
        return pd.DataFrame(rows, columns=["what", "rows", "about"])

    def close(self) -> None:
        """Give its memory back."""
        self._db.close()

    def _number(self, sql: str) -> float:
        value: Any = self.query(sql).iloc[0, 0]
        return float(value)

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Warehouse({self.loaded['shipments']:,} parcels, to {self.crm.today})"


def build(crm: Crm) -> Warehouse:
    """Load a warehouse from the CRM: take what is needed, make a star of it, hold the two together.

    What is changed in the CRM afterwards isn't in it; build it anew. Names, telephone numbers and
    addresses are never loaded.

    Args:
        crm: The CRM; its user must be allowed to read parcels, customers, service and grades.

    Raises:
        KitError: The user may not, there are no parcels, or the two don't agree.
    """
    import duckdb

    db = duckdb.connect(":memory:")
    try:
        # Nothing is fetched from a network, now or later.
        db.execute("SET autoinstall_known_extensions = false")
        db.execute("SET autoload_known_extensions = false")
        db.execute(f"SET memory_limit = '{_MEMORY}'")
        # What doesn't fit goes there; else it would lie beside the learner's notebook.
        spill = Path(gettempdir()) / f"kdcourse-warehouse-{os.getpid()}"
        db.execute("SET temp_directory = ?", [str(spill)])
        loaded = {name: _stage(db, crm, name, sql) for name, sql in _sources().items()}
        if not loaded["shipments"]:
            raise KitError("crm_data.warehouse-empty")
        end = {"data_end": f"{crm.today + timedelta(days=1)}"}
        for statement in statements(_file("star.sql")):
            db.execute(statement, end if "$data_end" in statement else None)
        for name in loaded:
            db.execute(f"DROP TABLE raw_{name}")
        db.execute("SET enable_external_access = false")
        db.execute("SET lock_configuration = true")
        warehouse = Warehouse(crm, db, loaded)
        found = warehouse.reconcile()
    except BaseException:
        db.close()
        raise
    if not found["agrees"].all():
        names = ", ".join(found.loc[~found["agrees"], "check"])
        db.close()
        raise KitError("crm_data.warehouse-differs", checks=names)
    return warehouse


def _stage(db: duckdb.DuckDBPyConnection, crm: Crm, name: str, sql: str) -> int:
    """Copy a source's rows into ``raw_<name>`` as they are, block by block; return their number."""
    import pandas as pd

    total = 0
    with crm.asking(sql, {}) as cursor:
        names = [column[0] for column in cursor.description]
        types = ", ".join(f"{column} {_type(name, column)}" for column in names)
        db.execute(f"CREATE TABLE raw_{name} ({types})")
        while rows := cursor.fetchmany(_BLOCK):
            db.register("block", pd.DataFrame(rows, columns=names))
            db.execute(f"INSERT INTO raw_{name} SELECT * FROM block")
            db.unregister("block")
            total += len(rows)
    return total


def _type(name: str, column: str) -> str:
    """Return DuckDB's type for a column of the CRM; what the world doesn't declare is text."""
    if name not in declared_tables():
        return "VARCHAR"
    kind = declared_tables()[name].column(column).type
    return {"integer": "BIGINT", "flag": "INTEGER", "number": "DOUBLE"}.get(kind, "VARCHAR")


@cache
def _sources() -> dict[str, str]:
    """Return the queries of ``sources.sql`` by the name in their comment."""
    found = {}
    for statement in statements(_file("sources.sql")):
        name = re.search(r"^-- source (\w+)$", statement, re.MULTILINE)
        if name:
            found[name[1]] = statement
    return found


def _used(sql: str, crm: Crm) -> dict[str, str]:
    day = f"{crm.today + timedelta(days=1)} 00:00"
    return {"data_end": day} if ":data_end" in sql else {}


@cache
def _file(name: str) -> str:
    place = files("kdcourse") / "content" / "crm" / "warehouse" / name
    return place.read_text(encoding="utf-8")
