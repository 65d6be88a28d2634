"""The latest survey as it was typed in: words for marks, slips, gaps and answers entered twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.world.records.surveys import surveys
from kdcourse.world.records.trade import number
from kdcourse.world.story import Story

_MARKS = ("overall", "score_speed", "score_price", "recommend_0_10")
FAULTS = ("words", "unit", "wide", "slip", "blank")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def raw_surveys(story: Story) -> pd.DataFrame:
    """Return the answers of the latest waves as typed, all as text, in order of row number."""
    return _typed(story)[0]


def raw_surveys_truth(story: Story) -> pd.DataFrame:
    """Return per typed row whether it repeats an earlier one, and each cell's fault (or nothing).

    Columns ``row_id``, ``resp_id``, ``twice`` and ``fault_`` + the name of each marked column, with
    a value of FAULTS or nothing.
    """
    return _typed(story)[1]


def _typed(story: Story) -> tuple[pd.DataFrame, pd.DataFrame]:
    return story.once("raw surveys", lambda: _type(story))


def _type(story: Story) -> tuple[pd.DataFrame, pd.DataFrame]:
    answers = surveys(story)
    latest = sorted(answers["wave"].unique())[-number("typed", "waves") :]
    rows = answers[answers["wave"].isin(latest)].reset_index(drop=True)
    entity = rows["resp_id"].str[1:].astype(np.int64).to_numpy()
    who, month = entity // 100, entity % 100
    again = story.streams.uniform("typed twice", who, month) < number("typed", "twice")
    order = np.sort(np.concatenate([np.arange(len(rows)), np.flatnonzero(again)]), kind="stable")
    second = np.diff(order, prepend=-1) == 0
    rows = rows.iloc[order].reset_index(drop=True)
    who, month = who[order], month[order]
    row_id = np.char.mod("R%010d", (who * 100 + month) * 10 + second)
    typed = {
        "row_id": row_id,
        "resp_id": rows["resp_id"].to_numpy(object),
        "customer_id": rows["customer_id"].to_numpy(object),
        "answered_on": _days(rows, story, who, month),
    }
    truth = {"row_id": row_id, "resp_id": rows["resp_id"].to_numpy(object), "twice": second}
    for place, name in enumerate(_MARKS):
        shares = [number("typed", fault) for fault in FAULTS]
        fault = story.streams.choice("typed", [*shares, 1 - sum(shares)], who, month, place)
        # Words stand for a mark of five; a score of ten has none.
        plain = (fault == FAULTS.index("words")) & (name == "recommend_0_10")
        fault = np.where(plain, len(FAULTS), fault)
        typed[name] = _written(rows[name].to_numpy(), fault)
        truth[f"fault_{name}"] = np.array([*FAULTS, None], object)[fault]
    return pd.DataFrame(typed), pd.DataFrame(truth)


def _written(marks: npt.NDArray[np.int64], fault: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Write marks as somebody in a hurry does."""
    words = number("typed", "scale")
    text = np.array([str(mark) for mark in range(11)], object)[marks]
    wide = np.array([str(mark).translate(_WIDE) for mark in range(11)], object)[marks]
    word = np.array(["", *words, *[""] * 5], object)[marks]
    # A key pressed twice: 4 becomes 44, beyond any scale.
    by_fault = [word, text + "分", wide, text + text, np.full(len(marks), None, object), text]
    written: npt.NDArray[np.object_] = np.choose(fault, by_fault)
    return written


def _days(
    rows: pd.DataFrame, story: Story, who: npt.NDArray[np.int64], month: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    """Write the day in one of three ways."""
    day = rows["answered_on"].dt
    ways = [day.strftime("%Y-%m-%d"), day.strftime("%Y/%m/%d"), day.strftime("%Y年%m月%d日")]
    way = story.streams.choice("typed day", [0.7, 0.2, 0.1], who, month)
    written: npt.NDArray[np.object_] = np.choose(way, [each.to_numpy(object) for each in ways])
    return written


TABLES = {"raw_surveys": raw_surveys}
