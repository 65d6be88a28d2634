"""``%sql`` and ``%%sql`` in a notebook: they ask the CRM that was opened last.

``%sql SELECT …`` shows a table, ``result = %sql SELECT …`` keeps it. A cell that begins with
``%%sql`` holds one statement; ``%%sql result`` keeps its table under that name.
"""

from __future__ import annotations

import sys
from typing import Any

from kdcourse.crm.database import Crm
from kdcourse.texts import KitError

#: The CRM that was opened last.
_current: list[Crm] = []


def offer_magic(crm: Crm) -> None:
    """Let ``%sql`` ask ``crm``; outside of a notebook, nothing happens."""
    _current[:] = [crm]
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell:
        shell.register_magic_function(sql, "line_cell", "sql")


def current() -> Crm:
    """Return the CRM that was opened last.

    Raises:
        KitError: None was.
    """
    if not _current:
        raise KitError("crm.none-open")
    return _current[0]


def sql(line: str, cell: str | None = None) -> Any:
    """Run SQL on the open CRM; see the module."""
    from kdcourse.crm.typed_sql import ask

    name = line.strip() if cell is not None else ""
    if name and not name.isidentifier():
        raise KitError("crm.sql-no-name", name=name)
    answer = ask(current(), line if cell is None else cell)
    if answer.remark:
        print(answer.remark)
    if name:
        sys.modules["IPython"].get_ipython().user_ns[name] = answer.table
        return None
    return answer.table
