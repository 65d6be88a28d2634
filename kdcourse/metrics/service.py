"""Metrics of a service desk: how many agents a queue needs, and how long callers wait (Erlang)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Queue:
    """A queue in balance, as Erlang C sees it.

    Attributes:
        agents: Agents on duty.
        load: Calls times their mean handling time, in erlangs: agents busy on average.
        occupancy: Share of their time that agents are busy, 0 to 1.
        waits: Chance that a caller has to wait.
        service_level: Share of callers who wait no longer than the target.
        mean_wait_s: Mean wait of all callers, seconds.
    """

    agents: int
    load: float
    occupancy: float
    waits: float
    service_level: float
    mean_wait_s: float


def offered_load(calls_per_hour: float, handle_s: float) -> float:
    """Return the load of a queue in erlangs: calls an hour times handling time in hours.

    Raises:
        ValueError: One of them is negative.
    """
    if calls_per_hour < 0 or handle_s < 0:
        raise ValueError("calls_per_hour and handle_s must not be negative")
    return calls_per_hour * handle_s / 3600


def erlang_b(load: float, agents: int) -> float:
    """Return the chance that a call finds every line busy, where nobody can wait.

    By the recursion B(n) = A B(n-1) / (n + A B(n-1)), B(0) = 1, which never overflows. Source:
    A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in
    automatic telephone exchanges", 1917.

    Args:
        load: Offered load in erlangs, not negative.
        agents: Lines, not negative.

    Raises:
        ValueError: One of them is negative.
    """
    if load < 0 or agents < 0:
        raise ValueError("load and agents must not be negative")
    chance = 1.0
    for line in range(1, agents + 1):
        chance = load * chance / (line + load * chance)
    return chance


def erlang_c(load: float, agents: int) -> float:
    """Return the chance that a caller has to wait, where all wait until they are served.

    C = B / (1 - ρ (1 - B)) with ρ = A / n; 1 if the agents can't keep up. Calls come at random
    (Poisson) and handling times are exponential. Source: Erlang 1917, as above.

    Args:
        load: Offered load in erlangs, not negative.
        agents: Agents on duty, not negative.

    Raises:
        ValueError: One of them is negative.
    """
    blocked = erlang_b(load, agents)
    if load >= agents:
        return 1.0 if load else 0.0
    return blocked / (1 - load / agents * (1 - blocked))


def queue(calls_per_hour: float, handle_s: float, agents: int, target_s: float = 20.0) -> Queue:
    """Return what callers of a queue meet.

    Waiting times follow P(wait > t) = C exp(-(n - A) t / handling time). A queue whose agents can't
    keep up has no balance: everybody waits, without end.

    Args:
        calls_per_hour: Calls that come in an hour.
        handle_s: Mean time that a call takes an agent, wrap-up included, seconds; above 0.
        agents: Agents on duty.
        target_s: The wait that counts as soon enough, seconds.

    Raises:
        ValueError: ``handle_s`` is not above 0, or something is negative.
    """
    if handle_s <= 0 or target_s < 0:
        raise ValueError("handle_s must be above 0 and target_s not negative")
    load = offered_load(calls_per_hour, handle_s)
    waits = erlang_c(load, agents)
    spare = agents - load
    if spare <= 0:
        return Queue(agents, load, 1.0, waits, 1.0 - waits, math.inf if load else 0.0)
    soon = 1 - waits * math.exp(-spare * target_s / handle_s)
    return Queue(agents, load, load / agents, waits, soon, waits * handle_s / spare)


def agents_needed(
    calls_per_hour: float, handle_s: float, share: float = 0.8, target_s: float = 20.0
) -> int:
    """Return the fewest agents with whom a share of the callers is served within the target.

    A share that is missed by a hair is missed: 79.6% is not 80%.

    Args:
        calls_per_hour: Calls that come in an hour.
        handle_s: Mean handling time, seconds; above 0.
        share: Share of callers, above 0 and below 1.
        target_s: Wait, seconds.

    Raises:
        ValueError: ``share`` is out of range, or as in :func:`queue`.
    """
    if not 0 < share < 1:
        raise ValueError("share must be above 0 and below 1")
    agents = max(math.floor(offered_load(calls_per_hour, handle_s)), 0)
    while queue(calls_per_hour, handle_s, agents, target_s).service_level < share:
        agents += 1
    return agents
