"""Random numbers that belong to someone: each draw is a function of who, when and what for.

A generator that hands out numbers in sequence makes every draw depend on all draws before it, so a
change of policy for one customer would change everybody's luck. Here a draw is computed from its
address alone (seed, stream, entity, time, index). Two worlds that differ in one policy therefore
share all luck, and what differs between them is what the policy caused ("common random numbers").

The function is Philox4x32-10 of J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel
random numbers: as easy as 1, 2, 3", SC 2011, here over whole columns at once.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_ROUNDS = 10


def philox4x32(counter: tuple[Words, Words, Words, Words], key: tuple[int, int]) -> list[Words]:
    """Scramble counters into random words.

    Args:
        counter: Four arrays of one shape, each value below 2**32.
        key: Two numbers below 2**32.

    Returns:
        Four arrays of that shape with values uniform below 2**32.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        product0, product1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (product1 >> _WORD) ^ c1 ^ np.uint64(k0),
            product1 & _LOW,
            (product0 >> _WORD) ^ c3 ^ np.uint64(k1),
            product0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return [c0, c1, c2, c3]


class Streams:
    """The luck of one world.

    Each method takes the address of the draws: ``stream``, a name for what is drawn, and integers
    or arrays that broadcast against each other: ``entity`` (who), ``time`` (which month) and
    ``index`` (which of several at that time). The same address always gives the same number.

    Args:
        seed: The world's seed, a whole number of any size.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def _pair(
        self,
        stream: str,
        entity: npt.ArrayLike,
        time: npt.ArrayLike,
        index: npt.ArrayLike,
    ) -> tuple[Floats, Floats]:
        digest = blake2b(f"{self.seed}/{stream}".encode(), digest_size=8).digest()
        key = (int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little"))
        parts = (np.asarray(part, np.uint64) for part in (entity, time, index, 0))
        c0, c1, c2, c3 = np.broadcast_arrays(*parts)
        words = philox4x32((c0, c1, c2, c3), key)
        # 53 random bits fill a double; the half keeps 0 and 1 out, for logarithms.
        first, second = (
            (((high << np.uint64(21)) | (low >> np.uint64(11))).astype(np.float64) + 0.5) * 2.0**-53
            for high, low in (words[:2], words[2:])
        )
        return first, second

    def uniform(
        self,
        stream: str,
        entity: npt.ArrayLike,
        time: npt.ArrayLike = 0,
        index: npt.ArrayLike = 0,
    ) -> Floats:
        """Draw evenly between 0 and 1, both excluded."""
        return self._pair(stream, entity, time, index)[0]

    def normal(
        self,
        stream: str,
        entity: npt.ArrayLike,
        time: npt.ArrayLike = 0,
        index: npt.ArrayLike = 0,
    ) -> Floats:
        """Draw from the standard normal distribution (Box and Muller 1958)."""
        first, second = self._pair(stream, entity, time, index)
        result: Floats = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)
        return result

    def choice(
        self,
        stream: str,
        shares: npt.ArrayLike,
        entity: npt.ArrayLike,
        time: npt.ArrayLike = 0,
        index: npt.ArrayLike = 0,
    ) -> npt.NDArray[np.int64]:
        """Draw positions in ``shares``, each with its share as probability.

        Args:
            stream: What is drawn.
            shares: Weights, (options,) for all draws alike or (draws, options) for each its own.
            entity: Who draws.
            time: When.
            index: Which of several.
        """
        draws = self.uniform(stream, entity, time, index)
        edges = np.cumsum(np.asarray(shares, np.float64), axis=-1)
        edges = edges / edges[..., -1:]
        # The last edge is left out: it is 1 up to rounding, and no draw lies above it.
        return np.sum(draws[..., None] > edges[..., :-1], axis=-1, dtype=np.int64)

    def poisson(
        self,
        stream: str,
        mean: npt.ArrayLike,
        entity: npt.ArrayLike,
        time: npt.ArrayLike = 0,
    ) -> npt.NDArray[np.int64]:
        """Draw counts by inverting the Poisson distribution: a higher mean never gives less.

        Args:
            stream: What is counted.
            mean: Expected counts, not above 500 (where exp(-mean) would vanish).
            entity: Who counts.
            time: When.
        """
        mean = np.asarray(mean, np.float64)
        draws = self.uniform(stream, entity, time)
        mean, draws = np.broadcast_arrays(mean, draws)
        counts = np.zeros(mean.shape, np.int64)
        chance = np.exp(-mean)
        reached = chance.copy()
        open_ = np.flatnonzero(draws > reached)
        step = 0
        # Each turn settles those whose count is `step`; work is proportional to the counts drawn.
        while open_.size and step < 5000:
            step += 1
            chance[open_] *= mean[open_] / step
            reached[open_] += chance[open_]
            counts[open_] = step
            open_ = open_[draws[open_] > reached[open_]]
        return counts
