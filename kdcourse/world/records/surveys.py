"""The quarterly survey: who was invited, and what those who answered said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.world.records.opinions import importance, opinions
from kdcourse.world.records.trade import Moments, before_end, number, trade
from kdcourse.world.settings import first_month
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

MODES: tuple[str, ...] = tuple(number("surveys", "modes"))


@dataclass(frozen=True, eq=False)
class Invited:
    """Who was asked in all waves, one array element each.

    Attributes:
        month: Month of the wave.
        customer: Position of the customer.
        mode: Position in MODES.
        goodwill: Their goodwill then (hidden).
        late_share: Share of their parcels of the two months before that broke the promise; 0 for
            who sent none.
        answered_on: Day of the answer; none for who stayed silent.
        invited_on: Day of the invitation.
    """

    month: Ints
    customer: Ints
    mode: Ints
    goodwill: Floats
    late_share: Floats
    answered_on: Moments
    invited_on: Moments

    @property
    def answered(self) -> Bools:
        """Whether they answered before the data end."""
        return ~np.isnat(self.answered_on)


def invited(story: Story) -> Invited:
    """Return who was invited in the last month of every quarter; made once."""
    return story.once("invited", lambda: _invited(story))


def _invited(story: Story) -> Invited:
    people, streams = story.people, story.streams
    start = int(first_month().astype(int)) % 3
    waves = [month for month in range(len(story.months)) if (start + month) % 3 == 2]
    asked = []
    for wave in waves:
        lot = streams.uniform("survey invited", people.who, wave) < number("surveys", "invited")
        asked.append(np.flatnonzero(lot & story.months[wave].here & (people.arrival < wave)))
    month = np.repeat(np.array(waves, np.int64), [len(some) for some in asked])
    customer = np.concatenate([np.zeros(0, np.int64), *asked])
    goodwill = np.array([told.goodwill for told in story.months])[month, customer]
    address = (people.who[customer], month)
    modes = list(number("surveys", "modes").values())
    mode = streams.choice("survey mode", modes, *address)
    by_mode = np.array([number("surveys", "answers_by_mode")[name] for name in MODES])
    odds = number("surveys", "answers") + by_mode[mode] - story.effects["silence"] * (1 - goodwill)
    answers = streams.uniform("survey answered", *address) < 1 / (1 + np.exp(-odds))
    first, last = number("surveys", "first_day"), number("surveys", "last_day")
    days = first - 1 + np.floor(streams.uniform("survey day", *address) * (last - first + 1))
    begins = (first_month() + month).astype("datetime64[D]")
    day = begins + days.astype("timedelta64[D]")
    on = np.where(answers, day, np.datetime64("NaT"))
    sent_on = begins + np.full(len(month), first - 2).astype("timedelta64[D]")
    return Invited(
        month, customer, mode, goodwill, _late_before(story)[month, customer], on, sent_on
    )


def _late_before(story: Story) -> Floats:
    """Return the late share of everybody's two months before each month; (months, people)."""
    rows, size, months = trade(story), len(story.people), len(story.months)
    place = rows.month * size + rows.customer
    sent = np.bincount(place, minlength=months * size).reshape(months, size)
    late = np.bincount(place, rows.late, months * size).reshape(months, size)

    def two(monthly: Floats | Ints) -> Floats:
        before = np.zeros((months + 2, size))
        before[2:] = monthly
        return before[:-2] + before[1:-1]

    shares: Floats = two(late) / np.maximum(two(sent), 1)
    return shares


def _ids(story: Story, chosen: Bools) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.object_]]:
    asked = invited(story)
    who = story.people.who[asked.customer[chosen]]
    ids = np.char.mod("Q%09d", who * 100 + asked.month[chosen])
    return ids, story.people.table["customer_id"].to_numpy()[asked.customer[chosen]]


def waves(month: Ints) -> npt.NDArray[np.object_]:
    """Return the names of waves: year and quarter of a month of the world."""
    months = (first_month() + month).astype(int)
    named: npt.NDArray[np.object_] = np.array(
        [f"{1970 + one // 12}Q{one % 12 // 3 + 1}" for one in np.unique(months)], object
    )[np.unique(months, return_inverse=True)[1]]
    return named


def invitations(story: Story) -> pd.DataFrame:
    """Return everybody who was invited, wave by wave, and whether they answered."""
    asked = invited(story)
    ids, customers = _ids(story, np.ones(len(asked.month), bool))
    frame = pd.DataFrame(
        {
            "resp_id": ids,
            "customer_id": customers,
            "wave": waves(asked.month),
            "mode": np.array(MODES, object)[asked.mode],
            "invited_on": before_end(story, asked.invited_on),
            "answered": asked.answered,
        }
    )
    return frame.sort_values(["invited_on", "resp_id"], ignore_index=True)


def surveys(story: Story) -> pd.DataFrame:
    """Return the answers, in order of day."""
    asked = invited(story)
    chosen = asked.answered
    ids, customers = _ids(story, chosen)
    customer, month = asked.customer[chosen], asked.month[chosen]
    by_person = np.isin(asked.mode[chosen], [MODES.index("interview"), MODES.index("call_centre")])
    head = {
        "resp_id": ids,
        "customer_id": customers,
        "wave": waves(month),
        "mode": np.array(MODES, object)[asked.mode[chosen]],
        "answered_on": before_end(story, asked.answered_on[chosen]),
    }
    said = opinions(
        story, customer, month, asked.goodwill[chosen], asked.late_share[chosen], by_person
    )
    frame = pd.DataFrame(head | importance(story, customer, month) | said)
    return frame.sort_values(["answered_on", "resp_id"], ignore_index=True)


TABLES = {"survey_invitations": invitations, "surveys": surveys}
