"""What a survey says: means with margins, factors, clusters, what to do first and who does it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.outreach.surveys import no_wave
from kdcourse.texts import KitError

if TYPE_CHECKING:
    import pandas as pd

#: The items of which the survey's analyses are usually made.
SCORES = ("score_quality", "score_price", "score_speed", "score_after_sales")


def answers(crm: Crm, wave: str = "") -> pd.DataFrame:
    """Return the answers to the quarterly survey with each customer's market, of one wave if named.

    Raises:
        KitError: Nobody answered in this wave.
    """
    found = crm.query(
        "SELECT c.market_type AS market, s.* FROM surveys AS s "
        "JOIN customers AS c ON c.customer_id = s.customer_id "
        "WHERE :wave = '' OR s.wave = :wave ORDER BY s.resp_id",
        wave=wave,
    )
    if found.empty:
        raise no_wave(crm, wave, "surveys")
    return found


def describe(table: pd.DataFrame, items: Sequence[str] = SCORES, by: str = "") -> pd.DataFrame:
    """Return number of answers, mean, standard deviation and 95% margin of the mean, per item.

    Args:
        table: Answers, one row each.
        items: Columns with marks.
        by: A column to group by, or empty.

    Raises:
        KitError: There is no such column.
    """
    import pandas as pd

    _columns(table, [*items, *([by] if by else [])])
    parts = []
    for name, group in table.groupby(by) if by else [("", table)]:
        marks = group[list(items)].apply(pd.to_numeric)
        count, spread = marks.count(), marks.std()
        part = pd.DataFrame(
            {
                "item": list(items),
                "answers": count.to_numpy(),
                "mean": marks.mean().to_numpy(),
                "sd": spread.to_numpy(),
                "margin": (1.959964 * spread / count**0.5).to_numpy(),
            }
        )
        part.insert(0, by or "all", name)
        parts.append(part)
    result = pd.concat(parts, ignore_index=True).round(4)
    return result if by else result.drop(columns="all")


def factors(table: pd.DataFrame, items: Sequence[str], number: int = 2) -> pd.DataFrame:
    """Return principal components: the few directions in which answers differ most.

    Items are standardised; loadings are correlations of item and component. A component's sign says
    nothing: it is chosen so that its largest loading is positive. Source: K. Pearson 1901,
    H. Hotelling 1933. Rows with a gap are left out.

    Args:
        table: Answers.
        items: Columns with marks.
        number: How many components.

    Returns:
        One row per item with a loading per component (``factor_1`` …), and last a row ``share``:
        how much of all difference each explains.

    Raises:
        KitError: There is no such column, too few answers, or everybody answered an item alike.
    """
    import numpy as np
    import pandas as pd

    if number > len(items):
        raise KitError("crm_data.few-answers", answers=len(items), number=number)
    values = _standardised(table, items, number)
    _, sizes, directions = np.linalg.svd(values, full_matrices=False)
    variances = sizes**2 / (len(values) - 1)
    loadings = directions[:number].T * np.sqrt(variances[:number])
    largest = loadings[np.abs(loadings).argmax(axis=0), np.arange(number)]
    loadings = loadings * np.where(largest < 0, -1, 1)
    names = [f"factor_{place + 1}" for place in range(number)]
    shares = pd.DataFrame([variances[:number] / variances.sum()], index=["share"], columns=names)
    table = pd.DataFrame(loadings, index=list(items), columns=names)
    return pd.concat([table, shares]).rename_axis("item").round(4).reset_index()


def clusters(
    table: pd.DataFrame, items: Sequence[str], number: int = 3, seed: int = 1, tries: int = 20
) -> pd.DataFrame:
    """Sort answers into groups that are alike (k-means), the largest group first.

    The best of several tries is kept, by the sum of squared distances; items are standardised, and
    rows with a gap are left out. How many groups there are, it doesn't know: compare several.

    Args:
        table: Answers.
        items: Columns with marks.
        number: How many groups.
        seed: Of the tries; the same gives the same groups.
        tries: How many.

    Returns:
        The rows that were sorted, with ``cluster`` (1 is the largest) and ``distance`` to its
        middle.

    Raises:
        KitError: There is no such column, or too few answers.
    """
    import numpy as np
    from scipy.cluster.vq import kmeans2

    values = _standardised(table, items, number)
    best: Any = None
    for turn in range(tries):
        luck = np.random.default_rng([seed, turn])
        middles, label = kmeans2(values, number, minit="++", rng=luck, missing="warn")
        squares = float(((values - middles[label]) ** 2).sum())
        if best is None or squares < best[0] - 1e-9:
            best = squares, middles, label
    _, middles, label = best
    counts = np.bincount(label, minlength=number)
    # Groups are named by size; of two alike, the one with the higher marks comes first.
    order = np.lexsort((-middles.sum(axis=1), -counts))
    place = np.empty(number, int)
    place[order] = np.arange(1, number + 1)
    sorted_rows = table.dropna(subset=list(items)).copy()
    sorted_rows["cluster"] = place[label]
    distance = np.sqrt(((values - middles[label]) ** 2).sum(axis=1))
    sorted_rows["distance"] = distance.round(4)
    return sorted_rows


def importance_performance(
    table: pd.DataFrame, items: Sequence[str] = SCORES, overall: str = "overall"
) -> pd.DataFrame:
    """Lay what matters beside what we do well (J. A. Martilla and J. C. James 1977).

    Importance is how closely an item goes with overall satisfaction (correlation), performance its
    mean. The cuts are the means of both. An item that is bad for everybody alike goes with nothing:
    importance so reckoned is no proof.

    Args:
        table: Answers.
        items: Columns with marks.
        overall: Column with overall satisfaction.

    Returns:
        ``item``, ``importance``, ``performance`` and ``quadrant``: ``act`` (matters, done badly),
        ``keep`` (matters, done well), ``watch`` (matters less, done badly) or ``enough``.

    Raises:
        KitError: There is no such column.
    """
    import numpy as np
    import pandas as pd

    _columns(table, [*items, overall])
    importance = table[list(items)].corrwith(table[overall])
    performance = table[list(items)].mean()
    matters, well = importance >= importance.mean(), performance >= performance.mean()
    quadrant = np.select(
        [matters & ~well, matters & well, ~well], ["act", "keep", "watch"], "enough"
    )
    return pd.DataFrame(
        {
            "item": list(items),
            "importance": importance.to_numpy().round(4),
            "performance": performance.to_numpy().round(4),
            "quadrant": quadrant,
        }
    )


def plan_action(
    crm: Crm, wave: str, item: str, action: str, agent_id: str, due_on: date | str
) -> int:
    """Write down what is done about an item, by whom and until when; return its number.

    Raises:
        KitError: No text, a day that is none or past, no such agent, or the user may not.
    """
    try:
        due = date.fromisoformat(str(due_on)[:10])
    except ValueError:
        raise KitError("crm_data.no-day", day=due_on) from None
    if due < crm.today:
        raise KitError("crm_data.past-day", day=due, today=crm.today)
    if not action.strip() or not item.strip():
        raise KitError("crm_data.action-empty")
    with crm.transaction() as db:
        found = db.execute(
            "INSERT INTO survey_actions (wave, item, action, agent_id, due_on) "
            "VALUES (?, ?, ?, ?, ?) RETURNING action_id",
            (wave, item.strip(), action.strip(), agent_id, str(due)),
        ).fetchone()
    return int(found[0])


def close_action(crm: Crm, action_id: int) -> None:
    """Write down that an action is done.

    Raises:
        KitError: There is no such open action, or the user may not.
    """
    with crm.transaction() as db:
        if not db.execute(
            "UPDATE survey_actions SET done_on = ? WHERE action_id = ? AND done_on IS NULL",
            (str(crm.today), action_id),
        ).rowcount:
            raise KitError("crm_data.no-action", id=action_id)


def actions(crm: Crm) -> pd.DataFrame:
    """Return all actions; ``overdue`` says which are open past their day."""
    found = crm.query("SELECT * FROM survey_actions ORDER BY due_on, action_id")
    found["overdue"] = found["done_on"].isna() & (found["due_on"] < str(crm.today))
    return found


def _columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in table:
            raise KitError("crm_data.column-missing", column=name)


def _standardised(table: pd.DataFrame, items: Sequence[str], number: int) -> Any:
    _columns(table, items)
    marks = table[list(items)].dropna().to_numpy(float)
    if number < 1 or len(marks) <= max(number, len(items)):
        raise KitError("crm_data.few-answers", answers=len(marks), number=number)
    spread = marks.std(axis=0, ddof=1)
    if not (spread > 0).all():
        alike = [item for item, size in zip(items, spread, strict=True) if math.isclose(size, 0)]
        raise KitError("crm_data.all-alike", items=", ".join(alike))
    return (marks - marks.mean(axis=0)) / spread
