"""Paths: the tracks that visits leave on website and app, and who seems about to order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from kdcourse.crm.database import Crm
from kdcourse.texts import KitError, content

if TYPE_CHECKING:
    import pandas as pd

#: Where every track begins and ends.
START, END = "start", "leave"

Of = Literal["event", "page"]


def top_paths(
    crm: Crm,
    number: int = 10,
    of: Of = "event",
    since: date | str | None = None,
    until: date | str | None = None,
) -> pd.DataFrame:
    """Return the commonest tracks: ``path``, ``visits``, ``share``, and ``paid``, how many ordered.

    A step that repeats the one before is written once. Of two tracks alike in number the first by
    name comes first.

    Args:
        crm: The CRM.
        number: How many tracks.
        of: ``"event"`` (what was done) or ``"page"`` (where).
        since: First day; default the first of the data.
        until: Last day; default today.

    Raises:
        KitError: ``of`` is neither, or a day is none.
    """
    import numpy as np
    import pandas as pd

    steps = tracks(crm, of, since, until)
    visit, _ = pd.factorize(steps["session_id"])
    code, names = pd.factorize(steps[of])
    again = np.diff(visit, prepend=-1) == 0
    again &= np.diff(code, prepend=-1) == 0
    paid = np.bincount(visit, steps["event"] == "pay")
    # A track as a number, a digit for each step: numbers are grouped much faster than texts.
    visit, code = visit[~again], code[~again]
    place = np.arange(len(visit)) - np.searchsorted(visit, visit)
    base = len(names) + 1
    key = np.zeros(len(paid), np.int64)
    np.add.at(key, visit, (code + 1) * base**place)
    same = pd.DataFrame({"key": key, "paid": paid.astype(int)}).groupby("key")["paid"]
    table = same.agg(visits="size", paid="sum").reset_index()
    table["path"] = [_spelled(packed, base, names) for packed in table["key"]]
    table["share"] = (table["visits"] / max(len(key), 1)).round(4)
    table = table.sort_values(["visits", "path"], ascending=[False, True])
    return table[["path", "visits", "share", "paid"]].head(number).reset_index(drop=True)


def _spelled(key: int, base: int, names: pd.Index[str]) -> str:
    """Write a track out again that :func:`top_paths` has packed into a number."""
    steps = []
    while key:
        key, digit = divmod(key, base)
        steps.append(str(names[digit - 1]))
    return " > ".join(steps)


def transition_matrix(
    crm: Crm,
    of: Of = "event",
    since: date | str | None = None,
    until: date | str | None = None,
    *,
    counts: bool = False,
) -> pd.DataFrame:
    """Return from where visitors go where: rows from, columns to, each row adding up to 1.

    Args:
        crm: The CRM.
        of: ``"event"`` or ``"page"``.
        since: First day; default the first of the data.
        until: Last day; default today.
        counts: Give numbers of steps instead of shares.

    Raises:
        KitError: ``of`` is neither, or a day is none.
    """
    import pandas as pd

    steps = tracks(crm, of, since, until)
    session = steps["session_id"]
    before = steps[of].shift().where(session.eq(session.shift()), START)
    last = ~session.duplicated(keep="last")
    moves = pd.concat(
        [
            pd.DataFrame({"from": before, "to": steps[of]}),
            pd.DataFrame({"from": steps.loc[last, of], "to": END}),
        ]
    )
    order = content("crm/behaviour")["steps"] if of == "event" else sorted(steps["page"].unique())
    table = pd.crosstab(moves["from"], moves["to"])
    table = table.reindex(index=[START, *order], columns=[*order, END], fill_value=0)
    if counts:
        return table
    return table.div(table.sum(axis=1).clip(lower=1), axis=0).round(4)


def intent_list(crm: Crm, number: int = 20, until: date | str | None = None) -> pd.DataFrame:
    """Return visitors who seem about to order, the likeliest first.

    Points for orders begun and given up, prices asked, offers looked at and visits of late; weights
    in ``content/crm/behaviour.toml``. What came before the last order has led to it, and no longer
    counts. A visitor is a device; ``customer_id`` is filled where somebody has signed in on it and
    agreed to profiling, and devices of customers who didn't agree are not looked at.

    Args:
        crm: The CRM.
        number: How many.
        until: Last day looked at; default today.

    Raises:
        KitError: The day is none.
    """
    rules = content("crm/behaviour")["intent"]
    _, last = days(crm, None, until)
    since = date.fromisoformat(last) - timedelta(days=rules["days"] - 1)
    found = crm.query("web_intent", since=str(since), until=last)
    found["points"] = sum(found[name] * weight for name, weight in rules["weights"].items())
    found = found.sort_values(
        ["points", "last_visit", "visitor_id"], ascending=[False, False, True]
    )
    return found.head(number).reset_index(drop=True)


def tracks(
    crm: Crm, of: str = "event", since: date | str | None = None, until: date | str | None = None
) -> pd.DataFrame:
    """Return every step of every visit, in order; arguments as in :func:`top_paths`."""
    if of not in ("event", "page"):
        raise KitError("crm_data.path-of", of=of)
    first, last = days(crm, since, until)
    return crm.query("web_steps", since=first, until=last)


def days(crm: Crm, since: date | str | None, until: date | str | None) -> tuple[str, str]:
    """Return first and last day of a time asked for, as text.

    Raises:
        KitError: One is no day, or they stand in the wrong order.
    """
    try:
        first = date.fromisoformat(str(since)[:10]) if since is not None else date(1970, 1, 1)
        last = date.fromisoformat(str(until)[:10]) if until is not None else crm.today
    except ValueError:
        raise KitError("crm_data.no-day", day=f"{since} – {until}") from None
    if first > last:
        raise KitError("crm_data.days-order", since=first, until=last)
    return str(first), str(last)
