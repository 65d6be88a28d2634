"""Tables of the parcels: shipments and the scans on their way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.world.incidents import places
from kdcourse.world.records.text_columns import named, numbered
from kdcourse.world.settings import PRODUCTS
from kdcourse.world.shipping import CAUSES
from kdcourse.world.story import Story
from kdcourse.world.streams import Ints

_STAGES = ("accept", "sort", "transport", "sort", "deliver")
Texts = npt.NDArray[np.str_]


def parcel_number(who: Ints, month: int | Ints, index: Ints) -> Ints:
    """Return numbers made of sender, month and index, in order of all three."""
    return (who * 100 + month) * 1000 + index


def waybill(who: Ints, month: int | Ints, index: Ints) -> Texts:
    """Return waybill numbers, made of sender, month and index.

    No policy renumbers another customer's parcels, nor another month's.
    """
    number: Texts = np.char.mod("LY%012d", parcel_number(who, month, index))
    return number


def shipments(story: Story) -> pd.DataFrame:
    """Return every parcel accepted, in order of acceptance."""
    rows = sent(story)
    order = np.lexsort((rows["number"], rows["accepted"]))
    rows = {name: values[order] for name, values in rows.items()}
    unknown = rows["lost"] | (rows["delivered"] >= story.ends)
    known_late = ~unknown & (rows["delivered"] > rows["promised"])
    moments = {
        name: rows[name].astype("datetime64[us]") for name in ("accepted", "promised", "delivered")
    }
    moments["delivered"][unknown] = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "waybill_no": numbered("LY", rows["number"], 12),
            "customer_id": numbered("C", rows["who"], 7),
            "product_id": named(PRODUCTS, rows["product"]),
            "origin": named(places(), rows["origin"]),
            "destination": named(places(), rows["destination"]),
            "weight_kg": rows["weight_kg"],
            "discount": rows["discount"],
            "fee_quoted": rows["quoted"],
            "fee": rows["fee"],
            "accepted_at": moments["accepted"],
            "promised_at": moments["promised"],
            "delivered_at": moments["delivered"],
            "delay_cause": named(CAUSES, rows["cause"], missing=~known_late),
            "lost": rows["lost"],
            "damaged": rows["damaged"] & ~unknown,
            "info_error": rows["misinformed"],
        }
    )


def scans(story: Story) -> pd.DataFrame:
    """Return every scan up to the end of the data, in order of time."""
    rows = sent(story)
    offsets = np.column_stack([np.zeros(len(rows["number"]), np.int64), rows["minutes"]])
    moments = rows["accepted"][:, None] + offsets.astype("timedelta64[m]")
    steps = np.broadcast_to(np.arange(1, 6), moments.shape)
    # A lost parcel was last seen when it left the sorting hall of its origin.
    seen = (moments < story.ends) & ~(rows["lost"][:, None] & (steps > 2))
    parcel, step = np.nonzero(seen)
    moment = moments[seen]
    order = np.lexsort((step, rows["number"][parcel], moment))
    parcel, step, moment = parcel[order], step[order], moment[order]
    site = np.where(step < 2, rows["origin"][parcel], rows["destination"][parcel])
    return pd.DataFrame(
        {
            "waybill_no": numbered("LY", rows["number"][parcel], 12),
            "step": step + 1,
            "stage": named(_STAGES, step),
            "site": named(places(), site),
            "scanned_at": moment.astype("datetime64[us]"),
        }
    )


_COLUMNS = (
    "customer", "index", "product", "origin", "destination", "weight_kg", "discount", "code",
    "quoted", "fee", "minutes", "accepted", "promised", "delivered", "late", "cause", "lost",
    "damaged", "misinformed",
)  # fmt: skip


def sent(story: Story) -> dict[str, npt.NDArray[Any]]:
    """Return the parcels of all months, one array a trait; made once for all who need them.

    Besides the traits of :class:`kdcourse.world.shipping.Parcels` there are ``month``, ``who``
    (number of the sender) and ``number`` (of the parcel).
    """

    def gather() -> dict[str, npt.NDArray[Any]]:
        months = [told.parcels for told in story.months]
        rows = {name: np.concatenate([getattr(p, name) for p in months]) for name in _COLUMNS}
        rows["month"] = np.repeat(np.arange(len(months)), [len(p) for p in months])
        rows["who"] = story.people.who[rows["customer"]]
        rows["number"] = parcel_number(rows["who"], rows["month"], rows["index"])
        return rows

    return story.once("parcels", gather)


TABLES = {"shipments": shipments, "scans": scans}
