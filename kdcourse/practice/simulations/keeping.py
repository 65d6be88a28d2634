"""Who would have left, and whom a measure would have kept: the same customers, the same luck."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kdcourse.practice.simulations.worlds import scale, untouched, worth_ahead
from kdcourse.world.records.finance import money
from kdcourse.world.settings import REASONS
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

#: More accounts than the course's tables hold: leaving is rare.
ACCOUNTS, MONTHS = 4000, 24
#: From here on there is half a year to look back on.
FIRST = 6
#: Months for which a measure is felt.
LASTS = 3


@dataclass(frozen=True, eq=False)
class Ground:
    """What a measure to keep customers finds; each array of shape (months, people).

    Attributes:
        story: The months lived through without a measure.
        parcels: Parcels sent.
        worth: Yuan that each would bring in the next year, if they stayed at the month's end.
        late: Share of the last quarter's parcels that broke the promise; 0 for who sent none.
        complained: Complaints of the last quarter.
    """

    story: Story
    parcels: Floats
    worth: Floats
    late: Floats
    complained: Floats

    @property
    def here(self) -> Bools:
        """Who is a customer in each month."""
        return np.array([told.here for told in self.story.months])

    @property
    def left(self) -> Bools:
        """Who leaves at the end of each month."""
        return np.array([told.left for told in self.story.months])

    def quarter(self, before: int = 0) -> Floats:
        """Return the parcels of the three months up to each month, or of ``before`` months ago."""
        return _last_three(self.parcels, before)


@lru_cache(maxsize=2)
def ground(seed: int) -> Ground:
    """Return what a measure would find in a world."""
    story = untouched(seed, ACCOUNTS, MONTHS)
    sums = money(story)
    size = len(story.people)
    late = np.array(
        [
            np.bincount(told.parcels.customer, told.parcels.late, size).astype(float)
            for told in story.months
        ]
    )
    spoke = [np.bincount(told.complaints.customer, minlength=size) for told in story.months]
    worth = [worth_ahead(story, sums, month, leaving=True) for month in range(MONTHS)]
    recent = _last_three(sums.parcels)
    share = np.divide(_last_three(late), recent, out=np.zeros_like(recent), where=recent > 0)
    complained = _last_three(np.array(spoke, float))
    return Ground(story, sums.parcels, np.array(worth), share, complained)


def kept(it: Ground, touched: Bools, fall: float) -> Bools:
    """Return who stays because of a measure, at the end of which month; shape (months, people).

    Whoever moves away can't be kept. Leaving is drawn with the same luck as without the measure, so
    that nobody leaves who would have stayed.

    Args:
        it: What the measure finds.
        touched: Whom it reaches at the end of each month.
        fall: Fall of the logarithm of the hazard of leaving in the months after.
    """
    moved = REASONS.index("moved")
    stays = np.zeros_like(touched)
    for month, told in enumerate(it.story.months):
        # It is decided at the end of a month, and felt from the next one on.
        felt = touched[max(month - LASTS, 0) : month].any(axis=0)
        hazard = 1.0 - (1.0 - told.hazard) ** np.exp(-fall)
        luck = it.story.streams.uniform("leave", it.story.people.who, month)
        stays[month] = told.left & felt & (told.reason != moved) & (luck >= hazard)
    return stays


def scaled(yuan: float) -> float:
    """Return a sum of the simulated accounts as one of the carrier."""
    return scale(ACCOUNTS) * yuan


def most(score: Floats, number: int, among: Bools) -> Bools:
    """Return the ``number`` with the highest score, of those ``among`` which they may be."""
    eligible: Ints = np.flatnonzero(among)
    best = eligible[np.argsort(-score[eligible], kind="stable")[:number]]
    chosen = np.zeros(len(score), bool)
    chosen[best] = True
    return chosen


def _last_three(values: Floats, before: int = 0) -> Floats:
    """Return, for each month, the sum of three months, the last of them ``before`` months ago."""
    padded = np.vstack([np.zeros((2 + before, values.shape[1])), values])
    return sum((padded[step : step + len(values)] for step in range(3)), np.zeros_like(values))
