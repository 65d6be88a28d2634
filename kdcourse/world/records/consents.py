"""Table of what customers agreed to, and when they took it back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.draws import Moments, as_declared, coded
from kdcourse.world.settings import first_month
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools

_TOML = content("world/people")["consents"]
_NONE = np.datetime64("NaT", "us")


def consents(story: Story) -> pd.DataFrame:
    """Return every consent that was given, by customer and purpose.

    Consent to marketing is the story's: campaigns write to nobody else. The others are noted here
    alone, and do not allow what another purpose would.
    """
    marketing = _frame(story, "marketing", *_marketing(story))
    others = [_frame(story, purpose, *_own(story, purpose)) for purpose in _TOML["given"]]
    whole = pd.concat([marketing, *others], ignore_index=True)
    return as_declared("consents", whole.sort_values(["customer_id", "purpose"]))


def _marketing(story: Story) -> tuple[Bools, Moments]:
    """Return who agreed to marketing when joining, and until when.

    Taking back is heard at the end of a month; of the last month it isn't known yet.
    """
    people = story.people
    first = np.clip(people.arrival, 0, len(story.months) - 1)
    given = np.zeros(len(people), bool)
    withdrawn = np.full(len(people), _NONE)
    for month, told in enumerate(story.months):
        given |= (first == month) & told.willing
        if month:
            over = given & np.isnat(withdrawn) & ~told.willing
            last_day = (first_month() + month).astype("datetime64[D]") - np.timedelta64(1, "D")
            withdrawn[over] = last_day.astype("datetime64[us]")
    return given & story.opened, withdrawn


def _own(story: Story, purpose: str) -> tuple[Bools, Moments]:
    """Return who agreed to another purpose, and until when."""
    who, streams = story.people.who, story.streams
    given = story.opened & (streams.uniform(f"{purpose} given", who) < _TOML["given"][purpose])
    back = streams.uniform(f"{purpose} withdrawn", who) < _TOML["withdrawn"][purpose]
    start = np.maximum(story.people.joined, first_month().astype("datetime64[D]"))
    days = 1 + np.floor(streams.uniform(f"{purpose} until", who) * 540).astype(np.int64)
    until = np.where(back, start + days, np.datetime64("NaT"))
    return given, np.where(until < story.ends, until, _NONE).astype("datetime64[us]")


def _frame(story: Story, purpose: str, given: Bools, withdrawn: Moments) -> pd.DataFrame:
    people, streams = story.people, story.streams
    who = people.who[given]
    return pd.DataFrame(
        {
            "customer_id": people.table["customer_id"].to_numpy()[given],
            "purpose": purpose,
            "scope": coded(streams, f"{purpose} scope", _TOML["scope"], who),
            "manner": coded(streams, f"{purpose} manner", _TOML["manner"], who),
            "given_on": people.joined[given].astype("datetime64[us]"),
            "withdrawn_on": withdrawn[given],
        }
    )


TABLES = {"consents": consents}
