"""Raw values: bounded, spread over run and replicas, and the same however they came in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.runs import measured
from rlviz.runs.measured import Measured, Values

REPLICAS = 3


def numbers(*values: int) -> np.ndarray:
    return np.array(values)


def lists(of: Values) -> list[tuple[int, int, int, float]]:
    """A row for each value: iteration, replica, ordinal, value."""
    columns = (of.iteration, of.replica, of.ordinal, of.value)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_each_replica_counts_its_own_values() -> None:
    taking = Measured(["episode_return"], REPLICAS)
    taking.add("episode_return", numbers(4, 4, 6), numbers(2, 0, 2), np.array([0.5, 1.5, 2.5]))
    taking.add("episode_return", numbers(9), numbers(2), np.array([3.5]))

    assert lists(taking.new()["episode_return"]) == [
        (4, 2, 0, 0.5),
        (4, 0, 0, 1.5),
        (6, 2, 1, 2.5),
        (9, 2, 2, 3.5),
    ]


def test_what_is_written_is_not_given_again() -> None:
    taking = Measured(["episode_return"], REPLICAS)
    taking.add("episode_return", numbers(1), numbers(0), np.array([1.0]))
    taking.forget()
    taking.add("episode_return", numbers(2), numbers(0), np.array([2.0]))

    assert lists(taking.new()["episode_return"]) == [(2, 0, 1, 2.0)]


def test_when_there_are_too_many_every_second_one_of_each_replica_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measured, "MOST_BYTES", 4 * 24)
    taking = Measured(["episode_return"], 2)
    for iteration in range(5):  # replica 0 has one each time, replica 1 only the first time
        replicas = numbers(0, 1) if iteration == 0 else numbers(0)
        at = np.full(len(replicas), iteration)
        taking.add("episode_return", at, replicas, np.ones(len(replicas)))

    new = taking.new()["episode_return"]
    assert lists(new) == [(0, 0, 0, 1.0), (0, 1, 0, 1.0), (2, 0, 2, 1.0), (4, 0, 4, 1.0)]
    assert new.stride == 2


# Replicas that have a value, iteration after iteration.
WHO = st.lists(st.lists(st.integers(0, REPLICAS - 1), unique=True).map(sorted), max_size=60)


@settings(max_examples=150, deadline=None)
@given(who=WHO, cuts=st.sets(st.integers(0, 60)), written=st.sets(st.integers(0, 60)))
def test_what_is_kept_depends_on_the_run_alone(
    who: list[list[int]], cuts: set[int], written: set[int]
) -> None:
    """Given in pieces, written in between and gone on with by another: the same as at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measured, "MOST_BYTES", 20 * 24)
        at = np.array([i for i, replicas in enumerate(who) for _ in replicas], np.int64)
        replica = np.array([r for replicas in who for r in replicas], np.int64)
        value = 100.0 * at + replica
        once = Measured(["episode_return"], REPLICAS)
        once.add("episode_return", at, replica, value)

        taking, records = Measured(["episode_return"], REPLICAS), []
        edges = sorted({0, *cuts, *written, len(who)})
        for first, last in pairwise(edges):
            part = (at >= first) & (at < last)
            taking.add("episode_return", at[part], replica[part], value[part])
            if last in written:
                records.append(measured.pack(taking.new()))
                again = Measured(["episode_return"], REPLICAS)
                again.load_state_dict(taking.state_dict())
                taking = again
        records.append(measured.pack(taking.new()))

    found = measured.unpack(records)
    expected = once.new()
    assert found.keys() == expected.keys()
    for name, of in expected.items():
        stride = taking.state_dict()[name][1]
        assert lists(found[name].thinned(stride)) == lists(of)
        assert len(of.value) <= 20


def test_values_come_back_from_their_record() -> None:
    given_ = Values(numbers(1, 2), numbers(0, 1).astype(np.int32), *[np.zeros(2, np.int32)] * 2)
    back = measured.unpack([measured.pack({"episode_return": given_})])

    assert lists(back["episode_return"]) == lists(given_)
    assert back["episode_return"].iteration.dtype == np.int64
