"""Table of the stars that senders give after delivery."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.parcels import waybill
from kdcourse.world.story import Story
from kdcourse.world.streams import Ints

_TOML = content("world/ratings")["ratings"]


def ratings(story: Story) -> pd.DataFrame:
    """Return the ratings given before the data end, in order of time.

    A broken promise costs stars by a step: how many hours it was broken by makes no difference.
    """
    good, bad, spoilt = (np.array(_TOML[name]) for name in ("good", "bad", "spoilt"))
    stars = np.arange(1, 6)
    # The bad profile lies below the good one by its own gap; mixing them gives the effect's.
    weight = story.effects["late_rating"] / float((good - bad) @ stars)
    frames = []
    for month, told in enumerate(story.months):
        parcels = told.parcels
        address = (story.people.who[parcels.customer], month, parcels.index)
        answers = story.streams.uniform("rated", *address) < _TOML["answered"]
        wait = np.floor(60 + story.streams.uniform("rating wait", *address) * 2 * 24 * 60)
        at = parcels.delivered + wait.astype("timedelta64[m]")
        rows = np.flatnonzero(answers & ~parcels.lost & (at < story.ends))
        minds = story.streams.uniform("rates late", *_at(address, rows)) < weight
        late = parcels.late[rows] & minds
        shares = np.where(late[:, None], bad, good)
        shares = np.where(parcels.damaged[rows, None], spoilt, shares)
        drawn = story.streams.choice("stars", shares, *_at(address, rows))
        number = waybill(address[0][rows], month, parcels.index[rows])
        frames.append(
            pd.DataFrame(
                {
                    "waybill_no": number,
                    "rated_at": at[rows].astype("datetime64[us]"),
                    "stars": stars[drawn],
                }
            )
        )
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values(["rated_at", "waybill_no"], ignore_index=True)


def _at(address: tuple[Ints, int, Ints], rows: Ints) -> tuple[Ints, int, Ints]:
    who, month, index = address
    return who[rows], month, index[rows]


TABLES = {"ratings": ratings}
