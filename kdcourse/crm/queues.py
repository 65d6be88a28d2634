"""A queue with ranks and a floor: who is served when, without a database or a clock.

Served next is the lowest rank, within it the earliest; but whoever has waited for as long as the
floor goes first, the longest wait before the others.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """How one job was served.

    Attributes:
        job: Its place in what was handed in.
        arrived: When it came, in hours.
        begun: When it was begun, in hours.
        by_floor: Whether it was its turn because of the floor.
    """

    job: int
    arrived: float
    begun: float
    by_floor: bool

    @property
    def waited(self) -> float:
        """Hours between coming and being begun."""
        return self.begun - self.arrived


def serve(
    arrivals: Sequence[float],
    ranks: Sequence[int],
    hours_each: float,
    desks: int = 1,
    floor: float | None = None,
) -> list[Service]:
    """Serve jobs and return them in the order in which they were begun.

    Args:
        arrivals: When each job comes, in hours, in any order.
        ranks: Rank of each job; the lowest is served first.
        hours_each: How long a desk is busy with one.
        desks: How many desks there are.
        floor: Hours after which a job goes first whatever its rank; None for never.
    """
    coming = sorted(range(len(arrivals)), key=lambda job: (arrivals[job], job))
    free = [0.0] * desks
    by_rank: list[tuple[int, float, int]] = []
    by_age: list[tuple[float, int]] = []
    done: set[int] = set()
    served: list[Service] = []
    next_one = 0
    while len(served) < len(coming):
        now = heapq.heappop(free)
        # A desk that was free before anybody came has waited for them.
        nobody = len(done) == next_one
        now = max(now, arrivals[coming[next_one]] if nobody else _oldest(by_age, done))
        while next_one < len(coming) and arrivals[coming[next_one]] <= now:
            job = coming[next_one]
            heapq.heappush(by_rank, (ranks[job], arrivals[job], job))
            heapq.heappush(by_age, (arrivals[job], job))
            next_one += 1
        while by_rank[0][-1] in done:
            heapq.heappop(by_rank)
        _oldest(by_age, done)
        oldest, first = by_age[0][1], by_rank[0][2]
        late = floor is not None and now - arrivals[oldest] >= floor
        job = oldest if late else first
        done.add(job)
        served.append(Service(job, arrivals[job], now, late and oldest != first))
        heapq.heappush(free, now + hours_each)
    return served


def _oldest(by_age: list[tuple[float, int]], done: set[int]) -> float:
    """Return when the one who waits longest came; who was served by rank is forgotten here."""
    while by_age[0][1] in done:
        heapq.heappop(by_age)
    return by_age[0][0]
