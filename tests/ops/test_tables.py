"""Tables of B replicas: each reads and writes its own row."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.ops.tables import fresh, read, write


def test_fresh_is_the_value_and_zero_in_terminal_states() -> None:
    got = fresh(torch.tensor([False, True, False]), n_actions=2, replicas=2, value=0.1)

    assert got.dtype == torch.float64
    assert got.tolist() == [[[0.1, 0.1], [0.0, 0.0], [0.1, 0.1]]] * 2


def test_fresh_replicas_share_no_memory() -> None:
    got = fresh(torch.tensor([False, False]), n_actions=2, replicas=2, value=1.0)

    got[0, 0, 0] = 9.0

    assert got.sum().item() == 9 + 7


def test_read_gives_each_replica_its_own_state() -> None:
    # Two replicas, three states, two actions, numbered as they lie: replica 0 in state 2 reads
    # [4, 5]; replica 1 in state 0 reads [6, 7].
    numbered = torch.arange(12, dtype=torch.float64).reshape(2, 3, 2)

    got = read(numbered, torch.tensor([2, 0]))

    assert got.tolist() == [[4, 5], [6, 7]]


def test_read_is_a_copy() -> None:
    held = torch.zeros(1, 1, 2, dtype=torch.float64)
    got = read(held, torch.tensor([0]))

    held.fill_(5.0)

    assert got.tolist() == [[0, 0]]


def test_write_changes_one_pair_of_each_replica() -> None:
    held = torch.zeros(2, 2, 2, dtype=torch.float64)

    write(held, torch.tensor([1, 0]), torch.tensor([0, 1]), torch.tensor([3.0, 4.0]).double())

    assert held.tolist() == [[[0, 0], [3, 0]], [[0, 4], [0, 0]]]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 5), st.integers(1, 4))
def test_read_and_write_equal_plain_indexing(seed: int, b: int, s: int, a: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    held = torch.rand(b, s, a, generator=draw, dtype=torch.float64)
    state = torch.randint(s, (b,), generator=draw)
    action = torch.randint(a, (b,), generator=draw)
    value = torch.rand(b, generator=draw, dtype=torch.float64)
    expected = held.clone()

    got = read(held, state)
    write(held, state, action, value)

    assert got.tolist() == [expected[i, state[i]].tolist() for i in range(b)]
    for i in range(b):
        expected[i, state[i], action[i]] = value[i]
    assert held.tolist() == expected.tolist()
