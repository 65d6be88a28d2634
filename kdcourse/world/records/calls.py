"""Table of calls: one day a month of the call centre, each queue lived through call by call."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from kdcourse.texts import content
from kdcourse.world.records.desk import agent_ids, moods
from kdcourse.world.records.draws import Objects, as_declared
from kdcourse.world.settings import POSTS, first_month, season
from kdcourse.world.story import Story
from kdcourse.world.streams import Bools, Floats, Ints

_TOML = content("world/service")["calls"]
#: Queues in the order of their posts; each has agents of its own.
QUEUES = tuple(_TOML["arrivals"])
#: Talking times are lognormal with this sigma: as spread as exponential ones, as Erlang assumes.
_TALK_SPREAD = float(np.sqrt(np.log(2.0)))
#: Beyond this wait a caller's rating doesn't fall any further, minutes.
_MOST_WAIT = 5.0


@dataclass(frozen=True, eq=False)
class Arrivals:
    """The calls of the days in the table, by day, queue and time; one array element each.

    Attributes:
        day: Day of the world.
        queue: Position in QUEUES.
        index: Which of that day and queue's calls; with the two, the address of its luck.
        at: Seconds since midnight.
        talk: Seconds that the talk takes if it comes to one.
        patience: Seconds after which the caller gives up.
    """

    day: Ints
    queue: Ints
    index: Ints
    at: Floats
    talk: Floats
    patience: Floats

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, eq=False)
class Served:
    """What became of each call.

    Attributes:
        wait: Seconds until it was answered or given up.
        place: Place on the day's roster of who answered, or -1.
    """

    wait: Floats
    place: Ints

    @property
    def answered(self) -> Bools:
        """Whether somebody answered before the caller gave up."""
        result: Bools = self.place >= 0
        return result


def days_of(story: Story) -> tuple[Ints, Ints]:
    """Return the days of the world that the table holds, and the month of each."""
    number = _TOML["days"]
    month = np.repeat(np.arange(len(story.months)), number)
    part = np.tile(np.arange(number), len(story.months))
    first, last = ((first_month() + month + step).astype("datetime64[D]") for step in (0, 1))
    length = (last - first).astype(np.int64)
    luck = (part + story.streams.uniform("call day", month, 0, part)) / number
    since = (first - first_month().astype("datetime64[D]")).astype(np.int64)
    return since + np.floor(luck * length).astype(np.int64), month


def arrivals(story: Story) -> Arrivals:
    """Draw who calls when, and for how long: the same whatever the staff."""
    streams = story.streams
    days, months = days_of(story)
    busy = np.array([season(month) for month in months])
    busy = busy * np.array(_TOML["weekday"])[(days + _weekday()) % 7]
    usual = np.array([_TOML["arrivals"][queue] for queue in QUEUES])
    day, queue = (a.ravel() for a in np.meshgrid(days, np.arange(len(QUEUES)), indexing="ij"))
    counts = streams.poisson("calls", (busy[:, None] * usual).ravel(), queue, day)
    day, queue = np.repeat(day, counts), np.repeat(queue, counts)
    index = np.arange(len(day)) - np.repeat(np.cumsum(counts) - counts, counts)
    address = (queue, day, index)
    hour = _TOML["open"][0] + streams.choice("call hour", _TOML["hours"], *address)
    at = np.floor((hour + streams.uniform("call second", *address)) * 3600)
    mean = np.array([_TOML["talk_s"][name] for name in QUEUES])[queue]
    luck = _TALK_SPREAD * streams.normal("talk", *address) - _TALK_SPREAD**2 / 2
    talk = np.maximum(np.round(mean * np.exp(luck)), 5.0)
    luck = _TOML["patience_spread"] * streams.normal("patience", *address)
    patience = np.ceil(_TOML["patience_s"] * np.exp(luck))
    order = np.lexsort((index, at, queue, day))
    return Arrivals(day[order], queue[order], index[order], at[order], talk[order], patience[order])


def _weekday() -> int:
    """Return the weekday of the world's first day, Monday 0."""
    return int((first_month().astype("datetime64[D]").astype(np.int64) + 3) % 7)


def rosters(story: Story) -> list[npt.NDArray[np.float64]]:
    """Return begin and end in seconds of everybody's shift in each queue; shape (people, 2)."""
    factor = story.policy.staffing.get("desk", 1.0)
    shifts = np.array(_TOML["shifts"], np.float64) * 3600
    # Fewer than two could not cover the day.
    sizes = [max(round(_TOML["staff"][queue] * factor), 2) for queue in QUEUES]
    return [shifts[np.arange(size) % len(shifts)] for size in sizes]


def serve(calls: Arrivals, staff: list[npt.NDArray[np.float64]]) -> Served:
    """Answer the calls in order of arrival by whoever has been free the longest.

    Every day and queue is a line of its own; all lines take their next call in one go, so there are
    as many turns as the longest line has calls (recursion of Kiefer and Wolfowitz 1955). Who has
    waited longer than their patience is gone.

    Args:
        calls: By day, queue and time.
        staff: Shifts in each queue.
    """
    line = calls.day * len(QUEUES) + calls.queue
    _, first, line = np.unique(line, return_index=True, return_inverse=True)
    turn = np.arange(len(calls)) - first[line]
    most = max(map(len, staff))
    free = np.full((len(first), most), np.inf)
    until = np.full((len(first), most), -np.inf)
    for queue, shifts in enumerate(staff):
        of = np.flatnonzero(calls.queue[first] == queue)
        free[of, : len(shifts)], until[of, : len(shifts)] = shifts.T[:, None]
    wait, place = calls.patience.copy(), np.full(len(calls), -1)
    by_turn = np.argsort(turn, kind="stable")
    bounds = np.searchsorted(turn[by_turn], np.arange(turn.max(initial=-1) + 2))
    for begin, end in pairwise(bounds):
        now = by_turn[begin:end]
        lines, at = line[now], calls.at[now]
        idle_since = free[lines]
        starts = np.maximum(idle_since, at[:, None])
        chosen = np.where(starts < until[lines], idle_since, np.inf).argmin(axis=1)
        start = starts[np.arange(len(now)), chosen]
        waited = start - at
        done = (waited <= calls.patience[now]) & (start < until[lines, chosen])
        wait[now[done]], place[now[done]] = waited[done], chosen[done]
        free[lines[done], chosen[done]] = start[done] + calls.talk[now[done]]
    return Served(wait, place)


def calls(story: Story) -> pd.DataFrame:
    """Return every call on the days held, in order of time."""
    it = arrivals(story)
    staff = rosters(story)
    served = serve(it, staff)
    hour = np.floor(it.at / 3600) * 3600
    there = [(s[:, 0] <= hour[:, None]) & (hour[:, None] < s[:, 1]) for s in staff]
    on_duty = np.choose(it.queue, [shift.sum(axis=1) for shift in there])
    start = first_month().astype("datetime64[D]").astype("datetime64[m]")
    minutes = (it.day * 24 * 60 + np.floor(it.at / 60)).astype("timedelta64[m]")
    frame = pd.DataFrame(
        {
            "call_id": np.char.mod("H%09d", (it.day * 10 + it.queue) * 10_000 + it.index),
            "at": start + minutes,
            "queue": np.array(QUEUES, object)[it.queue],
            "on_duty": on_duty,
            "wait_s": np.round(served.wait),
            "talk_s": np.where(served.answered, it.talk, np.nan),
            "abandoned": ~served.answered,
            "agent_id": _agents(story, it, served),
            "survey_score": _scores(story, it, served),
        }
    )
    return as_declared("calls", frame.sort_values(["at", "call_id"]))


def _numbers(story: Story, it: Arrivals, served: Served) -> Ints:
    """Return the position in the desk of who answered, or -1 for nobody and for hired help.

    The agents of a post take turns on the roster.
    """
    result = np.full(len(it), -1)
    for queue, name in enumerate(QUEUES):
        agents = np.flatnonzero(story.desk.post == POSTS.index(name))
        of = served.answered & (it.queue == queue) & (served.place < len(agents))
        result[of] = agents[(it.day[of] + served.place[of]) % len(agents)]
    return result


def _agents(story: Story, it: Arrivals, served: Served) -> Objects:
    number = _numbers(story, it, served)
    ids = np.append(agent_ids(story.desk.who), [None])
    result: Objects = ids[number]
    return result


def _scores(story: Story, it: Arrivals, served: Served) -> Floats:
    """Return the ratings after the call: contented agents gain them, waiting costs them."""
    address = (it.queue, it.day, it.index)
    toml, effects = _TOML["rating"], story.effects
    usual = content("world/service")["agents"]["mood"]["base"]
    mood = np.append(moods(story), usual)[_numbers(story, it, served)]
    felt = (
        toml["base"]
        + effects["esat_csat"] * (mood - usual)
        - effects["call_wait"] * np.minimum(served.wait / 60, _MOST_WAIT)
        + toml["spread"] * story.streams.normal("call score", *address)
    )
    says = story.streams.uniform("call scored", *address) < _TOML["surveyed"]
    return np.where(says & served.answered, np.clip(np.round(felt), 1, 5), np.nan)


COMPANY = {"calls": calls}
