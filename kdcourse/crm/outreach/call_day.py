"""A day of a call centre, lived through call by call: arrivals, queue, talk, callers who give up.

Arrivals are random (Poisson within each hour) and talks exponential, as Erlang C assumes. Unlike
there, a day begins with an empty queue, hours differ, and callers may lose patience.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kdcourse.texts import KitError
from kdcourse.world.records.calls import Arrivals, serve
from kdcourse.world.streams import Floats, Ints, Streams

if TYPE_CHECKING:
    import pandas as pd

#: More calls than these on one day are a slip, and would take minutes.
_MOST_CALLS = 20_000
_MOST_DAYS = 1000


@dataclass(frozen=True)
class Day:
    """What came of simulated days; shares and means are not a number if nobody called.

    Attributes:
        calls: One row per call: ``day``, ``at_s`` (seconds since opening), ``wait_s``, ``talk_s``
            (empty if given up), ``abandoned``.
        target_s: The wait that counts as soon enough.
        agent_hours: Hours of agents on duty, over all days.
    """

    calls: pd.DataFrame
    target_s: float
    agent_hours: float

    @property
    def service_level(self) -> float:
        """Share of all calls that were answered within the target."""
        soon = ~self.calls["abandoned"] & (self.calls["wait_s"] <= self.target_s)
        return float(soon.mean())

    @property
    def abandoned(self) -> float:
        """Share of callers who gave up."""
        return float(self.calls["abandoned"].mean())

    @property
    def mean_wait_s(self) -> float:
        """Mean wait of all callers, seconds."""
        return float(self.calls["wait_s"].mean())

    @property
    def occupancy(self) -> float:
        """Share of the paid time that was spent talking."""
        return float(self.calls["talk_s"].sum() / 3600 / self.agent_hours)

    def by_hour(self) -> pd.DataFrame:
        """Return calls, service level, share given up and mean wait of each hour."""
        calls = self.calls.assign(
            hour=(self.calls["at_s"] // 3600).astype(int),
            soon=~self.calls["abandoned"] & (self.calls["wait_s"] <= self.target_s),
        )
        table = calls.groupby("hour").agg(
            calls=("soon", "size"), service_level=("soon", "mean"),
            abandoned=("abandoned", "mean"), mean_wait_s=("wait_s", "mean"),
        )  # fmt: skip
        table["calls"] /= self.calls["day"].nunique()
        return table.round(4).reset_index()


def simulate_day(
    calls_per_hour: float | Sequence[float],
    handle_s: float,
    agents: int | Sequence[int],
    *,
    hours: int = 12,
    patience_s: float | None = None,
    target_s: float = 20.0,
    days: int = 1,
    seed: int = 1,
) -> Day:
    """Live through days of one queue.

    The same seed gives the same callers whatever the staff, so that two rosters are compared on the
    same day.

    Args:
        calls_per_hour: Calls expected in an hour, one number or one for each hour.
        handle_s: Mean handling time, seconds, above 0.
        agents: On duty, one number or one for each hour. Who goes off duty ends their call first.
        hours: Length of the day where ``calls_per_hour`` is one number.
        patience_s: Mean patience of a caller (exponential); None: nobody gives up.
        target_s: The wait that counts as soon enough.
        days: How many days.
        seed: Of the callers.

    Raises:
        KitError: A number makes no sense, or nobody is ever on duty.
    """
    import pandas as pd

    rates = [float(calls_per_hour)] * hours if np.isscalar(calls_per_hour) else list(calls_per_hour)  # type: ignore[arg-type]
    staff = [int(agents)] * len(rates) if np.isscalar(agents) else [int(a) for a in agents]  # type: ignore[arg-type, union-attr]
    _sensible(rates, staff, handle_s, patience_s, days)
    streams = Streams(seed)
    day, hour, index = _who(streams, rates, days)
    address = (day, hour, index)
    at = np.floor((hour + streams.uniform("call second", *address)) * 3600 * 1000) / 1000
    talk = -handle_s * np.log(streams.uniform("talk", *address))
    patience = np.full(len(day), np.inf)
    if patience_s is not None:
        patience = -patience_s * np.log(streams.uniform("patience", *address))
    order = np.lexsort((index, at, day))
    arrivals = Arrivals(
        day[order],
        np.zeros(len(day), np.int64),
        index[order],
        at[order],
        talk[order],
        patience[order],
    )  # fmt: skip
    served = serve(arrivals, [_shifts(staff)])
    answered = served.answered
    frame = pd.DataFrame(
        {
            "day": arrivals.day,
            "at_s": arrivals.at,
            "wait_s": served.wait,
            "talk_s": np.where(answered, arrivals.talk, np.nan),
            "abandoned": ~answered,
        }
    )
    # Who would wait for ever went home when the last agent did.
    left = np.isinf(frame["wait_s"])
    frame.loc[left, "wait_s"] = len(rates) * 3600 - frame.loc[left, "at_s"]
    return Day(frame, target_s, float(sum(staff)) * days)


def _who(streams: Streams, rates: Sequence[float], days: int) -> tuple[Ints, Ints, Ints]:
    """Draw how many call in each hour of each day; return day, hour and number of every call."""
    number, hour = np.divmod(np.arange(days * len(rates)), len(rates))
    # A Poisson count above 500 can't be drawn by inversion; it is the sum of smaller ones.
    parts = int(max(rates) // 400) + 1
    mean = np.array(rates)[hour] / parts
    counts = np.zeros(len(hour), np.int64)
    for part in range(parts):
        counts += streams.poisson("calls", mean, number * parts + part, hour)
    place = np.repeat(np.arange(len(hour)), counts)
    index = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    return number[place], hour[place], index


def _shifts(staff: Sequence[int]) -> Floats:
    """Return begin and end in seconds of every agent's time on duty; shape (stretches, 2).

    The first agent is there whenever anybody is, the second whenever two are, and so on. Who is
    there in the last hour stays until the queue is empty.
    """
    shifts = []
    for agent in range(max(staff)):
        there = [agent < number for number in [*staff, 0]]
        begin = None
        for hour, now in enumerate(there):
            if now and begin is None:
                begin = hour
            if not now and begin is not None:
                end = np.inf if hour == len(staff) else hour * 3600.0
                shifts.append((begin * 3600.0, end))
                begin = None
    return np.array(shifts)


def _sensible(
    rates: Sequence[float],
    staff: Sequence[int],
    handle_s: float,
    patience_s: float | None,
    days: int,
) -> None:
    good = (
        len(rates) > 0
        and len(staff) == len(rates)
        and min(rates) >= 0
        and min(staff) >= 0
        and max(staff) > 0
        and handle_s > 0
        and (patience_s is None or patience_s > 0)
        and 1 <= days <= _MOST_DAYS
        and sum(rates) <= _MOST_CALLS
    )
    if not good:
        raise KitError(
            "crm_data.simulation",
            calls=_MOST_CALLS,
            days=_MOST_DAYS,
            hours=len(rates),
            staff=len(staff),
        )  # fmt: skip
