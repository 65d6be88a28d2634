"""What a class's results say of the questions: how hard they are, and whether they tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median

import numpy as np

from kdcourse.grading.standing import Standing

#: Below this many learners, a correlation is mostly chance and is not shown.
FEWEST = 8


@dataclass(frozen=True)
class Item:
    """One question as the class met it.

    Attributes:
        question: Its id.
        number: How many learners' answers are counted; those a person has yet to read aren't.
        difficulty: Mean share of the points, 0 (nobody had any) to 1; None if nothing is counted.
        discrimination: Correlation of the share with the share of the points in all other
            questions (item–rest correlation), −1 to 1; None where it can't be told.
        outcomes: How often each outcome occurred.
        slips: Known wrong answers by how often they occurred, most often first.
        seconds: Median time its cell took.
    """

    question: str
    number: int
    difficulty: float | None
    discrimination: float | None
    outcomes: Counter[str] = field(default_factory=Counter)
    slips: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0


def items(class_: Sequence[Standing]) -> list[Item]:
    """Return what can be said of each question.

    Args:
        class_: All standings of one exercise.
    """
    names = list(dict.fromkeys(line.result.question for one in class_ for line in one.lines))
    return [_item(name, class_) for name in names]


def _item(name: str, class_: Sequence[Standing]) -> Item:
    shares: list[float] = []
    rests: list[float] = []
    outcomes: Counter[str] = Counter()
    slips: Counter[str] = Counter()
    seconds: list[float] = []
    for one in class_:
        line = next((line for line in one.lines if line.result.question == name), None)
        if line is None:
            continue
        outcomes[line.outcome] += 1
        seconds.append(line.result.seconds)
        if line.result.slip:
            slips[line.result.slip] += 1
        if line.awaits:
            continue
        others = [other for other in one.lines if other is not line and not other.awaits]
        most = sum(other.result.max_points for other in others)
        shares.append(line.share)
        rests.append(sum(other.points for other in others) / most if most else 0.0)
    return Item(
        question=name,
        number=len(shares),
        difficulty=mean(shares) if shares else None,
        discrimination=_correlation(shares, rests),
        outcomes=outcomes,
        slips=tuple(slips.most_common()),
        seconds=median(seconds) if seconds else 0.0,
    )


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    if len(one) < FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
