"""A world of one's own: which seed a learner's exercise gets, without saying so to the learner."""

from __future__ import annotations

from hashlib import blake2b


def personal_seed(secret: bytes, learner: str, exercise: str) -> int:
    """Return the seed of a learner's world for an exercise.

    Whoever has the course's secret can compute it again; from a seed, or from the data made with
    it, neither the secret nor another learner's seed can be found (BLAKE2b as a keyed hash, RFC
    7693).

    Args:
        secret: The course's secret, 16 to 64 random bytes, kept by the instructor.
        learner: Who.
        exercise: Which exercise, such as ``"1.1"``.

    Raises:
        ValueError: The secret is shorter than 16 bytes or longer than 64.
    """
    if not 16 <= len(secret) <= 64:
        raise ValueError("a course secret has 16 to 64 bytes")
    # A length before each part keeps ("ab", "c") and ("a", "bc") apart.
    parts = [part.encode() for part in (learner, exercise)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return int.from_bytes(blake2b(message, key=secret, digest_size=8).digest(), "big")
