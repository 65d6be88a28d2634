"""Surveys in the field: whom to ask, how many, the invitations, the answers that come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kdcourse.crm.database import Crm
from kdcourse.crm.editing import next_id
from kdcourse.crm.outreach.questionnaire import saved_questionnaire
from kdcourse.crm.protection import contactable
from kdcourse.texts import KitError, content
from kdcourse.world.cells import UnreadableError, day, number
from kdcourse.world.declarations import table
from kdcourse.world.streams import Streams

if TYPE_CHECKING:
    import pandas as pd

#: How a survey is fielded -> the channel for which consent and an address are needed.
_CHANNELS = {
    "online": "email",
    "paper": "letter",
    "interview": "phone",
    "call_centre": "call_centre",
}
_STRATA = ("market", "city", "legal_kind")


def frame(crm: Crm, mode: str = "online") -> pd.DataFrame:
    """Return who can be asked: active, not asked lately, agreed to surveys, and within reach.

    Args:
        crm: The CRM.
        mode: ``online``, ``paper``, ``interview`` or ``call_centre``.

    Raises:
        KitError: There is no such mode.
    """
    rules = content("crm/surveys")["frequency"]
    found = crm.query(
        "survey_frame",
        day=str(crm.today),
        active_days=rules["active_days"],
        rest_days=rules["rest_days"],
    )
    allowed = contactable(crm, "survey", _channel(mode))
    return found[found["customer_id"].isin(allowed)].reset_index(drop=True)


def draw_sample(
    crm: Crm, size: int, strata: str = "market", mode: str = "online", wave: str = ""
) -> pd.DataFrame:
    """Draw a random sample with each stratum in proportion to its share of the frame.

    Places are given out by the largest remainder (Hare). Who is drawn depends on the wave and the
    customer alone: drawn again, the sample is the same; a larger one holds the smaller.

    Args:
        crm: The CRM.
        size: How many.
        strata: ``"market"``, ``"city"`` or ``"legal_kind"``.
        mode: How they are to be asked.
        wave: E.g. ``2026Q1``; default the quarter of today.

    Returns:
        ``customer_id``, the stratum, and ``weight``: how many of the frame each stands for.

    Raises:
        KitError: The size is more than the frame holds or below 1, or there is no such stratum.
    """
    import numpy as np
    import pandas as pd

    if strata not in _STRATA:
        raise KitError("crm_data.no-group", name=strata, known=", ".join(_STRATA))
    people = frame(crm, mode)
    if not 1 <= size <= len(people):
        raise KitError("crm_data.sample-size", size=size, most=len(people))
    sizes = people[strata].value_counts().sort_index()
    exact = sizes * size / len(people)
    places = exact.astype(int)
    # Of two remainders alike, the first by name gets the place.
    first = (exact - places).sort_values(ascending=False, kind="stable").index
    places[first[: size - places.sum()]] += 1
    streams = Streams(int(crm.setting("seed")))
    who = people["customer_id"].str.lstrip("C").astype(np.int64).to_numpy()
    people["luck"] = streams.uniform(f"survey draw {wave or wave_of(crm)}", who)
    people = people.sort_values(["luck", "customer_id"])
    parts = [people[people[strata] == name].head(place) for name, place in places.items()]
    drawn = pd.concat(parts).sort_values("customer_id", ignore_index=True)
    drawn["weight"] = drawn[strata].map(sizes / places.clip(lower=1)).round(4)
    return drawn[["customer_id", strata, "weight"]]


def invite(crm: Crm, customer_ids: Any, mode: str = "online", wave: str = "") -> pd.DataFrame:
    """Write invitations for customers; whom we may not ask is left out and said.

    Args:
        crm: The CRM.
        customer_ids: Whom, or a sample as :func:`draw_sample` gives it.
        mode: How they are asked.
        wave: Default the quarter of today.

    Returns:
        ``customer_id``, ``resp_id`` (empty for who is left out) and ``outcome``: ``invited``,
        ``no_permission`` or ``already``.

    Raises:
        KitError: There is no such mode, or the user may not.
    """
    import pandas as pd

    named = customer_ids["customer_id"] if hasattr(customer_ids, "columns") else customer_ids
    allowed = set(contactable(crm, "survey", _channel(mode)))
    this = wave or wave_of(crm)
    rows = []
    with crm.transaction() as db:
        asked = {
            row[0]
            for row in crm.rows(
                "SELECT customer_id FROM survey_invitations WHERE wave = :wave", wave=this
            )
        }
        for one in dict.fromkeys(named):
            if one in asked or one not in allowed:
                rows.append((one, "", "already" if one in asked else "no_permission"))
                continue
            resp = next_id(crm, "survey_invitations", "resp_id")
            db.execute(
                "INSERT INTO survey_invitations VALUES (?, ?, ?, ?, ?, 0)",
                (resp, one, this, mode, str(crm.today)),
            )
            rows.append((one, resp, "invited"))
    return pd.DataFrame(rows, columns=["customer_id", "resp_id", "outcome"])


def record_answers(crm: Crm, resp_id: str, questionnaire: str, answers: Mapping[str, Any]) -> int:
    """Write down what somebody answered; items left out stay unanswered.

    Args:
        crm: The CRM.
        resp_id: The invitation.
        questionnaire: The questionnaire that was sent.
        answers: Item -> mark, a number or as written on paper.

    Returns:
        How many items were answered.

    Raises:
        KitError: No such invitation, questionnaire or item, a mark beyond its scale, answered
            before, or the user may not.
    """
    version, items = saved_questionnaire(crm, questionnaire)
    scales = {item.id: content("crm/surveys")["scales"][item.scale] for item in items}
    marks = {}
    for item, written in answers.items():
        if item not in scales:
            raise KitError("crm_data.no-item", item=item, known=", ".join(scales))
        value = mark(written, scales[item]["low"], scales[item]["high"])
        if value is None and written not in (None, ""):
            scale = scales[item]
            raise KitError(
                "crm_data.off-scale", item=item, value=written, low=scale["low"], high=scale["high"]
            )
        if value is not None:
            marks[item] = value
    with crm.transaction() as db:
        found = crm.rows("SELECT answered FROM survey_invitations WHERE resp_id = :id", id=resp_id)
        if not found:
            raise KitError("crm.no-record", table="survey_invitations", key=resp_id)
        if found[0][0]:
            raise KitError("crm_data.answered", id=resp_id)
        db.execute("UPDATE survey_invitations SET answered = 1 WHERE resp_id = ?", (resp_id,))
        db.executemany(
            "INSERT INTO survey_answers VALUES (?, ?, ?, ?, ?, ?)",
            [(resp_id, questionnaire, version, i, v, str(crm.today)) for i, v in marks.items()],
        )
    return len(marks)


def mark(written: Any, low: int, high: int) -> float | None:
    """Return a mark as it was meant: ``４``, ``4分`` and ``满意`` are 4; None if it can't be told.

    Args:
        written: What somebody wrote.
        low: Lowest mark of the scale.
        high: Highest mark.
    """
    import unicodedata

    if written is None or written != written:
        return None
    text = unicodedata.normalize("NFKC", str(written)).strip().lower()
    words = content("crm/surveys")["marks"]
    # The words are those of a scale of five; on another they say nothing exact.
    if text in words and (low, high) == (1, 5):
        return float(words[text])
    try:
        value = float(number(text.removesuffix("分").removesuffix("points").strip())[0])
    except UnreadableError:
        return None
    return value if low <= value <= high and value == int(value) else None


def clean_answers(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean, sort and code answers as they were typed in, such as the table ``raw_surveys``.

    A questionnaire entered twice counts once (the first entry). Marks become numbers; what can't be
    told or lies beyond the scale becomes empty, never a guess.

    Args:
        raw: ``resp_id``, ``answered_on`` and marks named as columns of ``surveys``, all as text.

    Returns:
        The cleaned rows, and a report: ``what`` was done, to how many ``cells`` or rows.

    Raises:
        KitError: A column is missing.
    """
    import pandas as pd

    for needed in ("resp_id", "answered_on"):
        if needed not in raw:
            raise KitError("crm_data.column-missing", column=needed)
    once = raw.drop_duplicates("resp_id").reset_index(drop=True)
    report = [("entered_twice", len(raw) - len(once))]
    clean = once[[name for name in once if name in ("row_id", "resp_id", "customer_id")]].copy()
    clean["answered_on"] = pd.to_datetime([_day(cell) for cell in once["answered_on"]])
    coded = unreadable = blank = 0
    for name in (column.name for column in table("surveys").columns if column.name in raw):
        column = table("surveys").column(name)
        if column.type != "integer" or column.low is None or column.high is None:
            continue
        marks = [mark(cell, int(column.low), int(column.high)) for cell in once[name]]
        for cell, value in zip(once[name], marks, strict=True):
            if cell is None or cell != cell or not str(cell).strip():
                blank += 1
            elif value is None:
                unreadable += 1
            elif str(cell) != f"{value:g}":
                coded += 1
        clean[name] = pd.array(marks, "Float64").astype("Int64")
    report += [("coded", coded), ("unreadable", unreadable), ("blank", blank)]
    report.append(("day_unreadable", int(clean["answered_on"].isna().sum())))
    return clean, pd.DataFrame(report, columns=["what", "cells"])


def response(crm: Crm, wave: str, by: str = "mode") -> pd.DataFrame:
    """Return how many were asked and answered in a wave, by ``mode`` or ``market``.

    Raises:
        KitError: There is no such wave or grouping.
    """
    columns = {"mode": "i.mode", "market": "c.market_type"}
    if by not in columns:
        raise KitError("crm_data.no-group", name=by, known=", ".join(columns))
    found = crm.query(
        f"SELECT {columns[by]} AS {by}, count(*) AS invited, sum(i.answered) AS answered "
        "FROM survey_invitations AS i JOIN customers AS c ON c.customer_id = i.customer_id "
        "WHERE i.wave = :wave GROUP BY 1 ORDER BY 1",
        wave=wave,
    )
    if found.empty:
        raise no_wave(crm, wave, "survey_invitations")
    found["rate"] = (found["answered"] / found["invited"]).round(4)
    return found


def no_wave(crm: Crm, wave: str, table: str) -> KitError:
    """Return what says that a table of the survey holds no such wave, and which it holds."""
    waves = crm.rows(f"SELECT DISTINCT wave FROM {table} ORDER BY 1")
    return KitError("crm_data.no-wave", wave=wave, known=", ".join(row[0] for row in waves))


def key_customers_due(crm: Crm) -> pd.DataFrame:
    """Return key customers whom nobody has asked for too long, the largest first.

    The full survey comes each quarter; key customers are followed all the time.
    """
    rules = content("crm/surveys")["frequency"]
    return crm.query(
        "survey_key_customers",
        day=str(crm.today),
        key_revenue=rules["key_revenue"],
        key_days=rules["key_days"],
    )


def wave_of(crm: Crm) -> str:
    """Return the wave to which today belongs, e.g. ``2025Q4``."""
    return f"{crm.today.year}Q{(crm.today.month + 2) // 3}"


def _channel(mode: str) -> str:
    if mode not in _CHANNELS:
        raise KitError("crm_data.no-group", name=mode, known=", ".join(_CHANNELS))
    return _CHANNELS[mode]


def _day(cell: Any) -> Any:
    try:
        return day(cell)[0]
    except UnreadableError:
        return None
