"""How SQL is checked: a query by its result on the data, a database by what queries find in it.

What a learner hands over is run, so it runs behind bars: SQLite's authorizer lets it read tables
and nothing else, and a clock stops it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pandas as pd

from kdcourse.checks.judges import Chosen, Judge, Ordering, Parts
from kdcourse.checks.tables import Table
from kdcourse.checks.values import Unreadable, kind, sole
from kdcourse.checks.verdict import Comparison

if TYPE_CHECKING:
    from kdcourse.data import Loader

#: What a query may do; everything else (write, attach, pragma, transactions) is refused.
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    getattr(sqlite3, "SQLITE_RECURSIVE", 33),
}
_REFUSED_FUNCTIONS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
#: Steps of SQLite's machine between two looks at the clock.
_STEPS = 10_000
_LONGEST_VALUE = 10_000_000
_LONGEST_STATEMENT = 20_000
_MOST_ROWS = 200_000


@dataclass(frozen=True)
class Query(Judge):
    """A SQL query that finds on the data what the reference finds.

    Attributes:
        judge: Compares two results: a :class:`Table`, or what fits a single value or column.
        tables: The tables of the data that can be queried; times are text like
            ``2024-01-31 08:05:00``.
        seconds: How long the query may take.
    """

    judge: Judge
    tables: tuple[str, ...]
    seconds: float = 1.0

    def on(self, load: Loader) -> Judge:
        """Return the judge with the tables of the data in a database in memory."""
        # A check may be asked from another thread than the one before.
        database = sqlite3.connect(":memory:", check_same_thread=False)
        for name in self.tables:
            _put(database, name, load(name))
        return _OnTables(self.judge, database, self.seconds)

    def compare(self, expected: Any, given: Any) -> Comparison:
        """Never called: the judge of :meth:`on` compares."""
        raise TypeError("a query is judged on data")


@dataclass(frozen=True)
class _OnTables(Judge):
    """A :class:`Query` with its database at hand."""

    judge: Judge
    database: sqlite3.Connection
    seconds: float

    def observe(self, given: object) -> Any:
        """Run a query and return what it finds."""
        if not isinstance(given, str):
            raise Unreadable("wrong-kind", kind=kind(given), needed={"say": "check.kind-query"})
        found = find(self.database, given, self.seconds)
        if isinstance(self.judge, Table | Parts) or found.shape[1] != 1:
            return found
        column = found.iloc[:, 0]
        return column.tolist() if isinstance(self.judge, Chosen | Ordering) else sole(column)

    def compare(self, expected: Any, given: Any) -> Comparison:
        """Say how far two results agree."""
        return self.judge.compare(expected, given)


@dataclass(frozen=True)
class State:
    """What the queries of a :class:`Database` find, by aspect."""

    found: Mapping[str, Any]


@dataclass(frozen=True)
class Database(Judge):
    """A database in which the learner has worked, compared with one in the right state.

    The right state, too, is given as a connection or a file; or as a :class:`State`.

    Attributes:
        queries: Per aspect the query that shows it and the judge of its result. The aspects are
            what the learner reads, and each has the same share of the points.
        seconds: How long each query may take.
    """

    queries: Mapping[str, tuple[str, Judge]]
    seconds: float = 1.0

    def observe(self, given: object) -> State:
        """Run the queries on a database, which stays as it is."""
        if isinstance(given, State):
            return given
        with _reading(given) as database:
            return State(
                {
                    aspect: _OnTables(judge, database, self.seconds).observe(query)
                    for aspect, (query, judge) in self.queries.items()
                }
            )

    def compare(self, expected: State, given: State) -> Comparison:
        """Say which aspects of two databases agree."""
        judges = Parts(None, **{aspect: judge for aspect, (_, judge) in self.queries.items()})
        return judges.compare(expected.found, dict(given.found))


def find(database: sqlite3.Connection, query: str, seconds: float) -> pd.DataFrame:
    """Return the result of one query that only reads.

    Args:
        database: Left with no way to write: its authorizer stays.
        query: One statement.
        seconds: How long it may take.

    Raises:
        Unreadable: It isn't one statement that reads, fails, or takes too long.
    """
    if len(query) > _LONGEST_STATEMENT:
        raise Unreadable("query-long", count=f"{len(query):,}")
    end = monotonic() + seconds
    refused: list[bool] = []

    def authorize(action: int, one: str | None, two: str | None, *_: object) -> int:
        function = action == sqlite3.SQLITE_FUNCTION
        if action in _ALLOWED and not (function and (two or "") in _REFUSED_FUNCTIONS):
            return sqlite3.SQLITE_OK
        refused.append(True)
        return sqlite3.SQLITE_DENY

    database.set_authorizer(authorize)
    database.set_progress_handler(lambda: monotonic() > end, _STEPS)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    try:
        cursor = database.execute(query)
        rows = cursor.fetchmany(_MOST_ROWS + 1)
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as fault:
        if refused:
            raise Unreadable("query-writes") from None
        if monotonic() > end:
            raise Unreadable("query-endless") from None
        if "one statement" in str(fault):
            raise Unreadable("query-many") from None
        raise Unreadable("query-fails", why=str(fault)) from None
    finally:
        database.set_progress_handler(None, 0)
    if cursor.description is None:
        raise Unreadable("query-empty")
    cursor.close()
    if len(rows) > _MOST_ROWS:
        raise Unreadable("query-rows", count=f"{_MOST_ROWS:,}")
    return pd.DataFrame(rows, columns=[column[0] for column in cursor.description])


def _put(database: sqlite3.Connection, name: str, frame: pd.DataFrame) -> None:
    """Copy a table into the database."""
    plain = frame.copy()
    for column in plain.columns:
        if pd.api.types.is_datetime64_any_dtype(plain[column]):
            plain[column] = plain[column].dt.strftime("%Y-%m-%d %H:%M:%S")
    rows = plain.astype("object").where(plain.notna(), None).to_numpy().tolist()
    columns = ", ".join(f'"{column}"' for column in plain.columns)
    places = ", ".join("?" * plain.shape[1])
    with database:
        database.execute(f'CREATE TABLE "{name}" ({columns})')
        database.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)


@contextmanager
def _reading(given: object) -> Iterator[sqlite3.Connection]:
    """Open what the learner gave so that nothing can be changed in it.

    Raises:
        Unreadable: It isn't a database, can't be opened, or holds changes not committed.
    """
    inner = getattr(given, "connection", None)
    if isinstance(inner, sqlite3.Connection):
        # A CRM, which is an object around its connection.
        given = inner
    try:
        if isinstance(given, sqlite3.Connection):
            database = _again(given)
        elif isinstance(given, str | os.PathLike):
            if not Path(given).is_file():
                raise Unreadable("database-none", path=str(given))
            database = _open(Path(given))
        else:
            raise Unreadable("wrong-kind", kind=kind(given), needed={"say": "check.kind-database"})
        with closing(database):
            database.execute("SELECT 1 FROM sqlite_master")
            yield database
    except sqlite3.Error as fault:
        raise Unreadable("database-unreadable", why=str(fault)) from None


def _again(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Open the file behind a connection once more, or a copy of what it holds in memory."""
    if connection.in_transaction:
        raise Unreadable("database-uncommitted")
    path = next(row[2] for row in connection.execute("PRAGMA database_list") if row[1] == "main")
    if path:
        return _open(Path(path))
    copy = sqlite3.connect(":memory:")
    # A database in which nothing was ever created can't be copied.
    if connection.execute("PRAGMA page_count").fetchone() != (0,):
        copy.deserialize(connection.serialize())
    return copy


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
