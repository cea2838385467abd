"""Streams against numpy's own Philox, drawn one number at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.streams import BLOCK, Stream, Streams

PURPOSES = ("world", "policy", "initialisation")
draws = st.lists(st.integers(1, BLOCK) | st.integers(1, 5), min_size=1, max_size=12)


def one_by_one(seed: int, purpose: int, replica: int, n: int) -> list[float]:
    """The stream's definition: Philox keyed by seed, and by purpose and replica in one word."""
    key = np.array([seed, purpose * 2**32 + replica], dtype=np.uint64)
    generator = np.random.Generator(np.random.Philox(key=key))
    return [float(generator.random()) for _ in range(n)]


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1])
@pytest.mark.parametrize("purpose", range(len(PURPOSES)))
def test_numbers_are_those_of_philox_for_the_same_key(seed: int, purpose: int) -> None:
    n = 2 * BLOCK + 6
    stream = getattr(Streams(seed, 2), PURPOSES[purpose])

    got = torch.cat([stream.uniform(2) for _ in range(n // 2)])

    assert got.dtype == torch.float64
    assert got.T.tolist() == [one_by_one(seed, purpose, replica, n) for replica in range(2)]


@settings(deadline=None, max_examples=40)
@given(draws)
def test_a_call_that_does_not_fit_leaves_the_rest_of_its_block(sizes: list[int]) -> None:
    stream = Stream(3, 0, 1, torch.device("cpu"))
    numbers = one_by_one(3, 0, 0, (len(sizes) + 1) * BLOCK)

    got = [stream.uniform(n)[:, 0].tolist() for n in sizes]

    at, expected = 0, []
    for n in sizes:
        if at // BLOCK != (at + n - 1) // BLOCK:  # it would reach over the end of a block
            at = (at // BLOCK + 1) * BLOCK
        expected.append(numbers[at : at + n])
        at += n
    assert got == expected


@pytest.mark.parametrize("replicas", [2, 5, 64])
def test_replica_0_is_the_same_for_every_number_of_replicas(replicas: int) -> None:
    alone, many = Streams(11, 1).policy, Streams(11, replicas).policy

    for n in (1, 2, 300, 300):
        assert many.uniform(n)[:, 0].tolist() == alone.uniform(n)[:, 0].tolist()


def test_seed_purpose_and_replica_each_make_another_stream() -> None:
    firsts = [
        number
        for seed in (0, 1, 2)
        for purpose in PURPOSES
        for number in getattr(Streams(seed, 4), purpose).uniform(1)[0].tolist()
    ]

    assert len(set(firsts)) == len(firsts) == 3 * 3 * 4


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(PURPOSES), st.integers(1, 300)), max_size=12))
def test_drawing_from_one_stream_never_shifts_another(
    calls: list[tuple[str, int]],
) -> None:
    together, apart = Streams(5, 2), {name: getattr(Streams(5, 2), name) for name in PURPOSES}

    for name, n in calls:
        got = getattr(together, name).uniform(n)

        assert got.tolist() == apart[name].uniform(n).tolist()


@settings(deadline=None, max_examples=40)
@given(draws, draws, draws)
def test_a_stream_goes_on_from_its_counters(
    before: list[int], after: list[int], elsewhere: list[int]
) -> None:
    undisturbed = Streams(9, 2)
    for n in before:
        undisturbed.world.uniform(n)
    counters = undisturbed.state_dict()
    resumed = Streams(9, 2)
    for n in elsewhere:  # where it stands when it is sent somewhere does not matter
        resumed.world.uniform(n)

    resumed.load_state_dict(counters)

    assert resumed.state_dict() == counters
    for n in after:
        assert resumed.world.uniform(n).tolist() == undisturbed.world.uniform(n).tolist()
    assert resumed.policy.uniform(1).tolist() == undisturbed.policy.uniform(1).tolist()


@pytest.mark.parametrize("drawn", [0, 5, BLOCK, BLOCK + 1])
def test_a_stream_that_skipped_goes_on_as_one_that_drew(drawn: int) -> None:
    one, other = (Stream(7, 1, 2, torch.device("cpu")) for _ in range(2))
    for _ in range(drawn):
        one.uniform(1)
    for _ in range(3 * BLOCK):
        other.uniform(1)

    one.skip_to(3)

    assert one.blocks == other.blocks == 3
    assert torch.equal(one.uniform(9), other.uniform(9))


def test_a_stream_never_skips_back() -> None:
    stream = Stream(7, 1, 2, torch.device("cpu"))
    stream.uniform(1)

    with pytest.raises(ValueError, match="1 blocks are drawn already, so blocks=0 is past"):
        stream.skip_to(0)


def test_numbers_handed_out_are_never_overwritten() -> None:
    stream = Streams(0, 1).world
    held = stream.uniform(3)
    then = held.clone()

    for _ in range(5):
        stream.uniform(BLOCK)

    assert held.tolist() == then.tolist()


def test_numbers_lie_evenly_in_the_unit_interval() -> None:
    # Mean ½ and variance 1/12; 512 × 64 numbers, so the standard error of the mean is .0016.
    numbers = Streams(1, 64).world.uniform(BLOCK)

    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert numbers.mean().item() == pytest.approx(0.5, abs=4 * 0.0016)
    assert numbers.var().item() == pytest.approx(1 / 12, abs=0.002)
