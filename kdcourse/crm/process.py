"""The complaint process as a state machine: seven steps or five, on one engine, without a database.

A case's state is its last step. What may come next, and what a step must have on record, stands in
``content/crm/complaints.toml``; here is how such a table is read, followed and audited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from kdcourse.crm.wording import listed, named
from kdcourse.texts import KitError, content, pick

#: Where every case begins, where it rests, and where it begins anew.
FIRST, LAST, AGAIN = "receive", "file", "reopen"
#: The step by which the customer is told what was done; from then on the case counts as closed.
TOLD = "feed_back"


@dataclass(frozen=True)
class Step:
    """One step of a process.

    Attributes:
        id: Its code.
        name: What it is called, by language.
        then: The steps that may follow.
        needs: The fields that have to be filled for it.
        may: Fields that may be filled.
        elsewhere: Whether another department than customer service may do it.
    """

    id: str
    name: Mapping[str, str]
    then: tuple[str, ...]
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True)
class Process:
    """One way to work a case.

    Attributes:
        id: ``"seven"`` or ``"five"``.
        steps: Its steps by code, in order.
    """

    id: str
    steps: Mapping[str, Step]

    def next(self, last: str) -> tuple[str, ...]:
        """Return the steps that may follow the step ``last``; the first one follows none."""
        return self.steps[last].then if last else (FIRST,)

    def legal(self, steps: Iterable[str]) -> bool:
        """Say whether these steps, in this order, are a possible life of a case."""
        return all(then in self.next(last) for last, then in pairwise(["", *steps]))

    def names(self, steps: Iterable[str]) -> str:
        """Return what these steps are called, with their codes, for a sentence."""
        return listed(named(step, pick(self.steps[step].name)) for step in steps)

    def left_out(self, steps: Sequence[str]) -> tuple[str, ...]:
        """Return the steps that should have come before the last one of each round and didn't.

        A round ends where the customer comes back; the next one begins there.
        """
        missing: list[str] = []
        rounds: list[list[str]] = [[]]
        for step in steps:
            if step == AGAIN:
                rounds.append([])
            rounds[-1].append(step)
        for taken in rounds:
            if taken:
                start = AGAIN if taken[0] == AGAIN else FIRST
                missing += [s for s in self._path(start, taken[-1]) if s not in taken]
        return tuple(missing)

    def _path(self, start: str, end: str) -> list[str]:
        """Return the shortest way from one step to another, both included."""
        ways, seen = [[start]], {start}
        for way in ways:
            if way[-1] == end:
                return way
            fresh = [step for step in self.next(way[-1]) if step not in seen]
            seen.update(fresh)
            ways.extend([*way, step] for step in fresh)
        return []


@cache
def process(name: str, suggestion: bool = False) -> Process:
    """Return a process.

    Args:
        name: ``"seven"`` or ``"five"``.
        suggestion: As it is worked for a suggestion, which is no complaint.

    Raises:
        KitError: There is no such process.
    """
    declared = content("crm/complaints")
    if name not in declared["process"]:
        raise KitError("crm_desks.no-process", name=name, known=", ".join(declared["process"]))
    told = declared["process"][name]
    skip: list[str] = declared["suggestion"]["skip"] if suggestion else []
    waive: list[str] = declared["suggestion"]["waive"] if suggestion else []

    def then(step: str) -> tuple[str, ...]:
        """Return what may follow; past a step that is skipped stands what follows that one."""
        follow = (then(next_) if next_ in skip else (next_,) for next_ in told[step]["then"])
        return tuple(next_ for group in follow for next_ in group)

    return Process(
        name,
        {
            step: Step(
                step,
                about["name"],
                then(step),
                tuple(field for field in about["needs"] if field not in waive),
                tuple(field for field in about["needs"] if field in waive),
                about.get("elsewhere", False),
            )
            for step, about in told.items()
            if step not in skip
        },
    )


def covers() -> Mapping[str, Sequence[str]]:
    """Return which steps of seven each step of five covers."""
    table: Mapping[str, Sequence[str]] = content("crm/complaints")["covers"]
    return table
