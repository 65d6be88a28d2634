"""Promise: a draw belongs to its address, and its distribution is the one named."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdcourse.world.streams import Streams, philox4x32

#: Known answers of Philox4x32-10 published with the authors' library, Random123 (kat_vectors).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_gives_the_published_words(counter, key, expected):
    words = philox4x32(tuple(np.array([c], np.uint64) for c in counter), key)
    assert tuple(int(word[0]) for word in words) == expected


@given(seed=st.integers(0, 2**70), who=st.integers(0, 2**31), when=st.integers(0, 1000))
def test_a_draw_does_not_depend_on_its_company(seed, who, when):
    streams = Streams(seed)
    alone = streams.uniform("x", who, when)
    company = streams.uniform("x", np.array([5, who, 7]), when)
    assert alone == company[1]
    assert 0 < alone < 1


def test_streams_seeds_times_and_indices_give_different_luck():
    who = np.arange(1000)
    base = Streams(1).uniform("a", who)
    others = [
        Streams(2).uniform("a", who),
        Streams(1).uniform("b", who),
        Streams(1).uniform("a", who, 1),
        Streams(1).uniform("a", who, 0, 1),
        Streams(1).uniform("a", who + 1),
    ]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.12
        assert not np.any(base == other)


def test_uniform_and_normal_have_their_moments():
    who = np.arange(200_000)
    uniform, normal = Streams(3).uniform("u", who), Streams(3).normal("n", who)
    assert uniform.mean() == pytest.approx(0.5, abs=0.003)
    assert uniform.var() == pytest.approx(1 / 12, abs=0.002)
    assert normal.mean() == pytest.approx(0, abs=0.01)
    assert normal.std() == pytest.approx(1, abs=0.01)
    assert (np.abs(normal) > 1.96).mean() == pytest.approx(0.05, abs=0.003)


def test_choice_follows_the_shares():
    drawn = Streams(4).choice("c", [1, 3, 0, 4], np.arange(80_000))
    assert np.bincount(drawn, minlength=4) / 80_000 == pytest.approx(
        [0.125, 0.375, 0, 0.5], abs=0.01
    )


@pytest.mark.parametrize("mean", [0.05, 1.0, 7.5, 120.0])
def test_poisson_follows_its_probabilities(mean):
    counts = Streams(5).poisson("p", mean, np.arange(60_000))
    assert counts.mean() == pytest.approx(mean, rel=0.03)
    assert counts.var() == pytest.approx(mean, rel=0.05)
    mode = int(mean)
    chance = math.exp(mode * math.log(mean) - mean - math.lgamma(mode + 1))
    assert (counts == mode).mean() == pytest.approx(chance, abs=0.01)


@given(low=st.floats(0, 50), more=st.floats(0, 50), who=st.integers(0, 10_000))
def test_a_higher_mean_never_gives_fewer(low, more, who):
    streams = Streams(6)
    assert streams.poisson("p", low, [who])[0] <= streams.poisson("p", low + more, [who])[0]
