"""Simulation: how many agents answer the telephone, by Erlang's formula and in real days."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from kdcourse.metrics.service import erlang_c, offered_load
from kdcourse.practice.simulations.result import Note, Result, Series
from kdcourse.practice.simulations.spec import Settings, load_spec
from kdcourse.practice.simulations.worlds import SEED, untouched
from kdcourse.texts import content
from kdcourse.world.records.calls import QUEUES, Arrivals, arrivals, serve

_SPEC = load_spec("staffing")
_CALLS = content("world/service")["calls"]
_QUEUE = QUEUES.index("consult")
_OPENS, _CLOSES = _CALLS["open"]
#: From this many of 100 on, formula and days are said to differ.
_FAR = 3.0
#: The two shifts of the day, hours.
_SHIFTS = ((8, 17), (11, 20))


def run(early: float = 2.0, late: float = 2.0, seed: int = SEED) -> Result:
    """Return what a roster leads to on the days of the table ``calls``.

    Args:
        early: Agents from 8:00 to 17:00, a whole number.
        late: Agents from 11:00 to 20:00.
        seed: Whose luck it meets.

    Raises:
        KitError: A number is out of range.
    """
    return compute([_SPEC.read({"early": early, "late": late})], seed)


def compute(decisions: Sequence[Settings], seed: int) -> Result:
    """Return what the last of the decisions leads to."""
    usual, chosen = (
        (round(float(part["early"])), round(float(part["late"])))
        for part in (_SPEC.today, decisions[-1])
    )
    today, now = _lived(usual, seed), _lived(chosen, seed)
    hours = tuple(f"{hour}:00" for hour in range(_OPENS, _CLOSES))
    series = Series("waiting", hours, today[1], now[1])
    notes: tuple[Note, ...] = (
        ("busy" if now[0]["erlang"] - now[0]["waiting"] > _FAR else "near", {}),
    )
    return Result(_SPEC, decisions[-1], seed, today[0], now[0], notes, series)


@lru_cache(maxsize=4)
def _calls(seed: int) -> Arrivals:
    """Return the consultation calls of the days that the carrier keeps."""
    every = arrivals(untouched(seed))
    of = every.queue == _QUEUE
    return Arrivals(*(getattr(every, part)[of] for part in Arrivals.__dataclass_fields__))


@lru_cache(maxsize=256)
def _lived(roster: tuple[int, int], seed: int) -> tuple[dict[str, float], tuple[float, ...]]:
    """Return the outcomes of a roster, and by hour of the day how many of 100 callers wait."""
    calls = _calls(seed)
    shifts = [shift for shift, people in zip(_SHIFTS, roster, strict=True) for _ in range(people)]
    staff = [np.zeros((0, 2)) for _ in QUEUES]
    staff[_QUEUE] = np.array(shifts, np.float64) * 3600
    served = serve(calls, staff)
    days = len(np.unique(calls.day))
    hour = (calls.at // 3600).astype(np.int64)
    counts = np.bincount(hour, minlength=_CLOSES)[_OPENS:]
    waits = np.bincount(hour, served.wait > 0, _CLOSES)[_OPENS:]
    answered = served.answered
    wages = _SPEC.assumed("wage") * sum(end - begin for begin, end in shifts)
    gone = 100 * (~answered).mean()
    outcomes = {
        "cost": wages + _SPEC.assumed("lost") * (~answered).sum() / days,
        "soon": 100 * (answered & (served.wait <= 20)).mean(),
        "waiting": 100 * (served.wait > 0).mean(),
        "erlang": _predicted(counts / days, roster, float(calls.talk.mean())),
        "wait": float(served.wait.mean()),
        "gone": gone,
    }
    share = tuple(float(part) for part in 100 * waits / np.maximum(counts, 1))
    return outcomes, share


def _predicted(per_hour: np.ndarray[tuple[int], np.dtype[np.float64]], roster: tuple[int, int],
               talk: float) -> float:  # fmt: skip
    """Return how many of 100 callers should wait by Erlang's formula, hour by hour."""
    waiting = 0.0
    for hour, calls in zip(range(_OPENS, _CLOSES), per_hour, strict=True):
        there = sum(
            people
            for people, (begin, end) in zip(roster, _SHIFTS, strict=True)
            if begin <= hour < end
        )
        waiting += calls * erlang_c(offered_load(calls, talk), there)
    return 100 * waiting / float(per_hour.sum())
