"""Who may do what in the CRM: roles, and the guard that SQLite asks before every statement.

The rights stand in ``content/crm/roles.toml``. SQLite's *authorizer* asks for every table and
column that a statement reads or writes, so that no operation and no typed SQL gets around them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal

from kdcourse.texts import KitError, content, pick

Action = Literal["read", "add", "change", "remove"]

#: Texts of SQLite's own that anybody may look at: which tables there are, and JSON's helpers.
_OPEN = {"sqlite_schema", "sqlite_master", "sqlite_sequence", "json_each", "json_tree"}
#: Every operation writes here, whoever calls it.
_LEDGERS = {"changes", "access_log"}
#: Kept true by triggers whose names begin so.
_SUMS = "month_items"
_WRITES: Mapping[int, Action] = {
    sqlite3.SQLITE_INSERT: "add",
    sqlite3.SQLITE_UPDATE: "change",
    sqlite3.SQLITE_DELETE: "remove",
}


@dataclass(frozen=True)
class Role:
    """A role and its rights.

    Attributes:
        code: Its name in ``roles.toml``.
        tables: Action -> the tables with which it is allowed.
        may: Rights that are about no single table, such as ``clear``.
    """

    code: str
    tables: Mapping[str, frozenset[str]]
    may: frozenset[str]

    @property
    def title(self) -> str:
        """Its name for people."""
        return pick(content("crm/roles")["roles"][self.code]["name"])

    def allows(self, action: str, table: str) -> bool:
        """Say whether the role may do this with the table: one of the four actions, or a right."""
        return table in self.tables.get(action, ()) or action in self.may


@dataclass(frozen=True)
class User:
    """Who uses the CRM.

    Attributes:
        name: As it is written into logs.
        role: What they may do.
    """

    name: str
    role: Role


@cache
def roles() -> Mapping[str, Role]:
    """Return every role by its code."""
    declared = content("crm/roles")
    groups: dict[str, list[str]] = declared["groups"]

    def tables(names: list[str]) -> frozenset[str]:
        chosen = groups if "all" in names else names
        return frozenset(table for group in chosen for table in groups[group])

    actions: tuple[Action, ...] = ("read", "add", "change", "remove")
    return {
        code: Role(code, {a: tables(rights[a]) for a in actions}, frozenset(rights["may"]))
        for code, rights in declared["roles"].items()
    }


def role_named(code: str) -> Role:
    """Return the role called ``code``.

    Raises:
        KitError: There is none.
    """
    if code not in roles():
        raise KitError("crm.no-role", role=code, roles=", ".join(roles()))
    return roles()[code]


def who_may(action: str, table: str) -> str:
    """Return the roles that may do it, for a refusal that says whom to ask."""
    return ", ".join(role.code for role in roles().values() if role.allows(action, table))


@dataclass(frozen=True)
class Denial:
    """What the guard refused: an action on a table."""

    action: str
    table: str


class Guard:
    """Answers SQLite's question whether a statement may do what it is about to do.

    Attributes:
        user: In whose name statements run.
        denied: What was refused last.
    """

    def __init__(self, user: User, personal: Mapping[str, Mapping[str, str]]) -> None:
        self.user = user
        self.denied: Denial | None = None
        self._personal = personal
        self._trusted = 0
        self._typed: Literal["", "read", "write"] = ""

    @property
    def lifted(self) -> bool:
        """Whether code of the CRM itself is at work, for which no right is asked."""
        return self._trusted > 0

    @contextmanager
    def trusting(self) -> Iterator[None]:
        """Ask no rights inside of a ``with`` block."""
        self._trusted += 1
        try:
            yield
        finally:
            self._trusted -= 1

    @contextmanager
    def typing(self, kind: Literal["read", "write"]) -> Iterator[None]:
        """Inside of a ``with`` block, statements are typed by a person and may do much less."""
        self._typed = kind
        try:
            yield
        finally:
            self._typed = ""

    def __call__(
        self, code: int, one: str | None, two: str | None, base: str | None, inner: str | None
    ) -> int:
        """Answer; the arguments are those of SQLite's authorizer."""
        if self._typed and (fault := self._beyond_sql(code, one, two)):
            return self._refuse(*fault)
        if self.lifted:
            return sqlite3.SQLITE_OK
        if code == sqlite3.SQLITE_READ:
            return self._read(one or "", two or "", base, inner)
        if code in _WRITES and base == "main":
            action, table = _WRITES[code], one or ""
            ledger = table in _LEDGERS and action == "add" and not self._typed
            # Triggers of the schema keep sums true, whoever changes what is summed; nobody can make
            # one by a statement.
            ledger |= (inner or "").startswith(f"{table}_") and table == _SUMS
            # SQLite itself asks to change its list of tables when it prepares json_each and the
            # like; it lets nobody do so by a statement.
            if not (ledger or table in _OPEN or self.user.role.allows(action, table)):
                return self._refuse(action, table)
        return sqlite3.SQLITE_OK

    def _read(self, table: str, column: str, base: str | None, inner: str | None) -> int:
        if base not in ("main", None) or table in _OPEN or table.startswith("pragma_"):
            return sqlite3.SQLITE_OK
        role = self.user.role
        if not role.allows("read", table):
            # What only counts rows of a name that is no table of ours is a part of the query.
            unknown = not any(table in known.tables["read"] for known in roles().values())
            return sqlite3.SQLITE_OK if unknown and not column else self._refuse("read", table)
        # Clear data are read by the view of the same name that masks them, and by nobody else.
        if column in self._personal.get(table, {}) and "clear" not in role.may and inner != table:
            return self._refuse("clear", table)
        return sqlite3.SQLITE_OK

    def _beyond_sql(self, code: int, one: str | None, two: str | None) -> tuple[str, str] | None:
        """Return what typed SQL may never do, whoever types it."""
        if code in _WRITES:
            if one in _OPEN:
                return None
            if one in ("sqlite_temp_master", "sqlite_temp_schema"):
                return "schema", one
            if self._typed == "read":
                return "write", one or ""
            # What keeps watch over people isn't rewritten by hand, whoever's.
            return ("ledger", one or "") if one in _LEDGERS | {"consent_log"} else None
        if code == sqlite3.SQLITE_FUNCTION:
            return ("function", two or "") if two in _FUNCTIONS else None
        if code == sqlite3.SQLITE_PRAGMA:
            return ("pragma", one or "") if one not in _PRAGMAS else None
        if code in _HARMLESS:
            return None
        return ("outside", _NAMES[code]) if code in _NAMES else ("schema", one or "")

    def _refuse(self, action: str, table: str) -> int:
        self.denied = Denial(action, table)
        return sqlite3.SQLITE_DENY


_HARMLESS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
#: They reach outside of the file; the second takes addresses of the memory.
_FUNCTIONS = {"load_extension", "fts3_tokenizer"}
#: Reading what a table looks like is all that a pragma is good for here.
_PRAGMAS = {"table_info", "table_xinfo", "foreign_key_list", "index_list", "index_info"}
_NAMES = {
    sqlite3.SQLITE_ATTACH: "ATTACH, VACUUM INTO",
    sqlite3.SQLITE_DETACH: "DETACH",
    sqlite3.SQLITE_TRANSACTION: "BEGIN, COMMIT",
    sqlite3.SQLITE_SAVEPOINT: "SAVEPOINT",
}
