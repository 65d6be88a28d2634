"""Tables of the parcels: shipments and the scans on their way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.world.incidents import places
from kdcourse.world.settings import PRODUCTS
from kdcourse.world.shipping import CAUSES, Parcels
from kdcourse.world.story import Story
from kdcourse.world.streams import Ints

_STAGES = np.array(["accept", "sort", "transport", "sort", "deliver"])
Texts = npt.NDArray[np.str_]


def waybill(who: Ints, month: int | Ints, index: Ints) -> Texts:
    """Return waybill numbers, made of sender, month and index.

    No policy renumbers another customer's parcels, nor another month's.
    """
    number: Texts = np.char.mod("LY%012d", (who * 100 + month) * 1000 + index)
    return number


def _waybills(story: Story, month: int, parcels: Parcels) -> Texts:
    return waybill(story.people.who[parcels.customer], month, parcels.index)


def shipments(story: Story) -> pd.DataFrame:
    """Return every parcel accepted, in order of acceptance."""
    ids = story.people.table["customer_id"].to_numpy()
    sites = np.array(places())
    frames = []
    for month, told in enumerate(story.months):
        parcels = told.parcels
        unknown = parcels.lost | (parcels.delivered >= story.ends)
        known_late = ~parcels.lost & parcels.late & ~unknown
        frames.append(
            pd.DataFrame(
                {
                    "waybill_no": _waybills(story, month, parcels),
                    "customer_id": ids[parcels.customer],
                    "product_id": np.array(PRODUCTS)[parcels.product],
                    "origin": sites[parcels.origin],
                    "destination": sites[parcels.destination],
                    "weight_kg": parcels.weight_kg,
                    "discount": parcels.discount,
                    "fee_quoted": parcels.quoted,
                    "fee": parcels.fee,
                    "accepted_at": parcels.accepted.astype("datetime64[us]"),
                    "promised_at": parcels.promised.astype("datetime64[us]"),
                    "delivered_at": np.where(
                        unknown, np.datetime64("NaT"), parcels.delivered
                    ).astype("datetime64[us]"),
                    "delay_cause": pd.Series(np.array(CAUSES)[parcels.cause]).where(known_late),
                    "lost": parcels.lost,
                    "damaged": parcels.damaged & ~unknown,
                    "info_error": parcels.misinformed,
                }
            )
        )
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values(["accepted_at", "waybill_no"], ignore_index=True)


def scans(story: Story) -> pd.DataFrame:
    """Return every scan up to the end of the data, in order of time."""
    sites = np.array(places())
    frames = []
    for month, told in enumerate(story.months):
        parcels = told.parcels
        number = len(parcels)
        offsets = np.column_stack([np.zeros(number, np.int64), parcels.minutes])
        moments = parcels.accepted[:, None] + offsets.astype("timedelta64[m]")
        passed = np.column_stack([parcels.origin] * 2 + [parcels.destination] * 3)
        steps = np.tile(np.arange(1, 6), (number, 1))
        # A lost parcel was last seen when it left the sorting hall of its origin.
        seen = (moments < story.ends) & ~(parcels.lost[:, None] & (steps > 2))
        waybills = np.repeat(_waybills(story, month, parcels)[:, None], 5, axis=1)
        frames.append(
            pd.DataFrame(
                {
                    "waybill_no": waybills[seen],
                    "step": steps[seen],
                    "stage": _STAGES[steps[seen] - 1],
                    "site": sites[passed[seen]],
                    "scanned_at": moments[seen].astype("datetime64[us]"),
                }
            )
        )
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values(["scanned_at", "waybill_no", "step"], ignore_index=True)


TABLES = {"shipments": shipments, "scans": scans}
