"""The CRM's one file: open it, ask it, change it, always in the name of a user."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcourse.crm import masking
from kdcourse.crm.access import Action, Guard, Role, User, role_named, roles, who_may
from kdcourse.crm.faults import explained
from kdcourse.crm.migrations import statements
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd

#: An operation writes in the name of this user until another is named: the least that can work.
FIRST_USER = "agent"

#: What names a table without the view that masks it.
_AROUND = re.compile(r"\bmain\b", re.IGNORECASE)

#: How long to wait for another notebook that writes, in seconds.
PATIENCE = 5.0


class Crm:
    """An open CRM. Use :func:`kdcourse.crm.open`; close it, or use it in a ``with`` statement.

    Every statement runs in the name of :meth:`user`: what the role may not do is refused and
    logged, and personal data come out masked unless the role may see them.
    """

    def __init__(self, db: sqlite3.Connection, path: Path | None) -> None:
        self.connection = db
        self.path = path
        # JupyterLab runs what a click asks for beside the cell that is running, in another thread.
        # One at a time: trust that is given to one must not reach the other.
        self._lock = threading.RLock()
        self._depth = 0
        self._unlogged: list[tuple[str, str, bool, str]] = []
        self.guard = Guard(User(FIRST_USER, role_named(FIRST_USER)), masking.personal())
        masking.teach(db)
        with self.guard.trusting():
            db.set_authorizer(self.guard)
            self.user(FIRST_USER)

    # --- who -----------------------------------------------------------------------------------

    def user(self, name: str | None = None) -> User:
        """Return who uses the CRM; with a name, that one uses it from here on.

        Args:
            name: A role (``agent``, ``supervisor``, ``analyst``, ``marketer``, ``admin``) or the
                number of an agent, whose post then says the role.

        Raises:
            KitError: There is no such role or agent.
        """
        if name is not None:
            with self._lock:
                role = self._role_of(name)
                self.guard.user = User(name, role)
                with self.guard.trusting():
                    masking.cover(self.connection, hide="clear" not in role.may)
        return self.guard.user

    def _role_of(self, name: str) -> Role:
        if name in roles():
            return role_named(name)
        with self.guard.trusting():
            found = self.connection.execute(
                "SELECT post FROM main.agents WHERE agent_id = ?", (name,)
            ).fetchone()
        if not found:
            raise KitError("crm.no-user", name=name, roles=", ".join(roles()))
        return role_named(content("crm/roles")["posts"][found[0]])

    def need(self, right: str, table: str = "", detail: str = "") -> None:
        """Go on only if the user's role has a right, such as ``export``; else refuse and log.

        Raises:
            KitError: It hasn't.
        """
        if right not in self.guard.user.role.may:
            raise self.refuse(right, table, detail)

    def refuse(self, action: str, table: str, detail: str = "") -> KitError:
        """Log a refusal and return the sentence that says it."""
        user = self.guard.user
        self.log(action, table, allowed=False, detail=detail)
        others = who_may(action, table)
        key = f"crm.refused-{action}"
        return KitError(key, user=user.name, role=user.role.code, table=table, others=others)

    def log(self, action: str, table: str, *, allowed: bool, detail: str = "") -> None:
        """Write a line into the access log; inside of a transaction, when that is over."""
        self._unlogged.append((action, table, allowed, detail))
        if not self._depth:
            self._write_log()

    def _write_log(self) -> None:
        lines, self._unlogged = self._unlogged, []
        if lines:
            user = self.guard.user
            with self.trusted(), self.transaction() as db:
                db.executemany(
                    "INSERT INTO access_log (at, user, role, action, table_name, allowed, detail) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [(self.now, user.name, user.role.code, *line) for line in lines],
                )

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Ask no rights and mask nothing inside of a ``with`` block: the CRM's own code at work.

        Clear data are then read from ``main.customers`` and the like; the plain names still stand
        for the masking views.
        """
        with self._lock, self.guard.trusting():
            yield

    # --- when ----------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The CRM's date; it begins at the end of the data and moves by :meth:`advance` alone."""
        return date.fromisoformat(self.setting("today"))

    @property
    def now(self) -> str:
        """The CRM's date at nine o'clock, as it is written into the tables."""
        return f"{self.today} 09:00"

    def advance(self, days: int = 1) -> date:
        """Move the CRM's date forward and return it.

        Raises:
            KitError: ``days`` is negative: what was logged would lie in the future.
        """
        if days < 0:
            raise KitError("crm.backwards", days=days)
        with self.trusted(), self.transaction() as db:
            later = self.today + timedelta(days=days)
            db.execute("UPDATE settings SET value = ? WHERE key = 'today'", (str(later),))
        return later

    def setting(self, key: str) -> str:
        """Return a setting of the file, such as ``seed``."""
        with self.trusted():
            found = self.rows("SELECT value FROM settings WHERE key = :key", key=key)
        return str(found[0][0])

    # --- asking --------------------------------------------------------------------------------

    def query(self, name_or_sql: str, /, **params: object) -> pd.DataFrame:
        """Ask the database and return a table.

        Args:
            name_or_sql: SQL, or the name of a file in ``content/crm/queries`` without its ending.
            **params: Values for ``:name`` in the SQL.

        Raises:
            KitError: The SQL is wrong, or the user may not read what it reads.
        """
        import pandas as pd

        with self.asking(name_or_sql, params) as cursor:
            names = [column[0] for column in cursor.description or ()]
            return pd.DataFrame(cursor.fetchall(), columns=names)

    def rows(self, name_or_sql: str, /, **params: object) -> list[tuple[Any, ...]]:
        """Ask the database and return plain rows; otherwise as :meth:`query`."""
        with self.asking(name_or_sql, params) as cursor:
            return cursor.fetchall()

    def script(self, name: str) -> list[str]:
        """Return the statements of a named file, for a :meth:`transaction`."""
        return list(statements(_file(name)))

    @contextmanager
    def asking(self, name_or_sql: str, params: dict[str, object]) -> Iterator[sqlite3.Cursor]:
        """Give the cursor of a question inside of a ``with`` block; otherwise as :meth:`query`."""
        text = sql(name_or_sql)
        with self._lock:
            clear = self.guard.lifted or "clear" in self.guard.user.role.may
            if not clear and (found := _AROUND.search(text)):
                # A query may name its parts; one named like a view that masks would pass for it.
                raise KitError("crm.sql-main", word=found[0])
            with explained(self), self.guard.typing("read"):
                yield self.connection.execute(text, params)

    # --- changing ------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Change the database inside of a ``with`` block: everything in it, or nothing.

        Nobody else can write meanwhile. A transaction inside of another is a part of it. Tables
        with personal data are written by their full name, ``main.customers``: the plain one is the
        view that masks.

        Raises:
            KitError: The user may not, another notebook is writing for too long, or a row that
                something refers to is not there.
        """
        with self._lock:
            outer = self._depth == 0
            try:
                with explained(self):
                    if outer:
                        self.connection.execute("BEGIN IMMEDIATE")
                    self._depth += 1
                    try:
                        yield self.connection
                        if outer:
                            self.connection.execute("COMMIT")
                    except BaseException:
                        if outer and self.connection.in_transaction:
                            self.connection.execute("ROLLBACK")
                        raise
                    finally:
                        self._depth -= 1
            finally:
                if outer and self._unlogged:
                    self._write_log()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Crm:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def __repr__(self) -> str:
        place, user = str(self.path or ":memory:"), self.guard.user
        who = f"user={user.name!r}, role={user.role.code!r}"
        return f"Crm({place!r}, today={str(self.today)!r}, {who})"


@cache
def _file(name: str) -> str:
    place = files("kdcourse") / "content" / "crm" / "queries" / f"{name}.sql"
    if not place.is_file():
        raise KitError("crm.no-query", name=name)
    return place.read_text(encoding="utf-8")


def sql(name_or_sql: str) -> str:
    """Return the SQL of a named query, or SQL as it is."""
    return _file(name_or_sql) if re.fullmatch(r"[\w/-]+", name_or_sql) else name_or_sql


__all__ = ["Action", "Crm", "sql"]
