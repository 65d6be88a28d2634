"""Metrics of shares: is one really higher than another, how exact is a sample, how large enough?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Comparison:
    """Two shares held against each other.

    Attributes:
        first: The first share, 0 to 1.
        second: The second.
        difference: First less second.
        low: Lower end of the 95% interval of the difference.
        high: Upper end.
        z: The difference in standard errors, were the shares equal.
        p_value: Chance of a difference at least so large by luck, were the shares equal.
    """

    first: float
    second: float
    difference: float
    low: float
    high: float
    z: float
    p_value: float


def compare_shares(hits: int, of: int, other_hits: int, other_of: int) -> Comparison:
    """Compare two shares by the two-sided z-test for two independent proportions.

    The test uses the pooled share, z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)); the interval the
    unpooled one (Wald). Source: any textbook, e.g. D. C. Montgomery and G. C. Runger, *Applied
    Statistics and Probability for Engineers*, "Inference on two population proportions". It is
    rough below five hits or misses in a group.

    Args:
        hits: Cases in the first group.
        of: Size of the first group, above 0.
        other_hits: Cases in the second group.
        other_of: Size of the second group, above 0.

    Raises:
        ValueError: A group is empty, or has more cases than members.
    """
    if min(of, other_of) <= 0 or not (0 <= hits <= of and 0 <= other_hits <= other_of):
        raise ValueError("a group needs members, and no more cases than members")
    first, second = hits / of, other_hits / other_of
    pooled = (hits + other_hits) / (of + other_of)
    error = math.sqrt(pooled * (1 - pooled) * (1 / of + 1 / other_of))
    z = (first - second) / error if error else 0.0
    spread = math.sqrt(first * (1 - first) / of + second * (1 - second) / other_of)
    reach = _NORMAL.inv_cdf(0.975) * spread
    # erfc keeps its digits far out in the tail, where 1 - cdf has none left.
    p_value = math.erfc(abs(z) / math.sqrt(2))
    difference = first - second
    return Comparison(first, second, difference, difference - reach, difference + reach, z, p_value)


def margin_of_error(
    sample: int, population: int | None = None, share: float = 0.5, confidence: float = 0.95
) -> float:
    """Return how far a share of a random sample may lie from the truth, as a share.

    z sqrt(p (1 - p) / n), times sqrt((N - n) / (N - 1)) where the population is finite. Source:
    W. G. Cochran, *Sampling Techniques*, 3rd ed. 1977, chapter 3. It says nothing of those who
    didn't answer.

    Args:
        sample: Answers, above 0.
        population: How many there are in all; None for very many.
        share: The share expected; one half is the worst case.
        confidence: Above 0 and below 1.

    Raises:
        ValueError: Something is out of range, such as a sample larger than the population.
    """
    z = _z(confidence, share)
    if sample <= 0 or (population is not None and sample > population):
        raise ValueError("sample must be above 0 and not above the population")
    margin = z * math.sqrt(share * (1 - share) / sample)
    if population is not None and population > 1:
        margin *= math.sqrt((population - sample) / (population - 1))
    return margin if population != 1 else 0.0


def sample_size(
    margin: float, population: int | None = None, share: float = 0.5, confidence: float = 0.95
) -> int:
    """Return the fewest answers with which the margin of error is kept.

    n0 = z² p (1 - p) / e²; where the population is finite n0 / (1 + (n0 - 1) / N), rounded up.
    Source: Cochran 1977, chapter 4.

    Args:
        margin: The margin of error, as a share (0.05 is five points), above 0.
        population: How many there are in all, above 0; None for very many.
        share: The share expected; one half is the worst case.
        confidence: Above 0 and below 1.

    Raises:
        ValueError: Something is out of range.
    """
    z = _z(confidence, share)
    if margin <= 0 or (population is not None and population <= 0):
        raise ValueError("margin and population must be above 0")
    size = z**2 * share * (1 - share) / margin**2
    if population is not None:
        size = size / (1 + (size - 1) / population)
    # 384.0000001 is a rounding of the machine's, not a 385th person.
    return max(math.ceil(size - 1e-9), 1)


def _z(confidence: float, share: float) -> float:
    if not (0 < confidence < 1 and 0 <= share <= 1):
        raise ValueError("confidence must lie between 0 and 1, share from 0 to 1")
    return _NORMAL.inv_cdf((1 + confidence) / 2)
