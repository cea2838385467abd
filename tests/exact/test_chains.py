"""The chain of a frozen policy: its rows, its visits, and what the past tells."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlviz.exact import chains
from rlviz.exact.policies import followed
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld
from tests.worlds.random_worlds import random_policy, worlds

ROOM = gridworld.make("room", "S..#/.#../...G", slip=0.0, time_limit=50)


def test_a_corridor_by_hand() -> None:
    # S . G under pure chance: three of four moves stay at S; in the middle two of them do.
    world = gridworld.make("corridor", "S.G", slip=0.0, time_limit=50)
    p = chains.chain(world, followed(world, 0.9, 1.0))

    np.testing.assert_allclose(p, [[0.75, 0.25, 0], [0.25, 0.5, 0.25], [0, 0, 1]])
    # Visits solve η = d_0 + η·P among the states that go on: 8 at S, 4 in the middle.
    np.testing.assert_allclose(chains.visits(world, p), [8, 4, 0], rtol=1e-6)


@given(worlds(), st.integers(0, 1000))
def test_rows_are_distributions_and_ends_absorb(world: TabularWorld, seed: int) -> None:
    p = chains.chain(world, random_policy(world, seed))

    np.testing.assert_allclose(p.sum(1), 1.0, rtol=0, atol=1e-9)
    np.testing.assert_allclose(p[world.terminal], np.eye(len(p))[world.terminal], atol=1e-9)


@given(worlds(), st.integers(0, 1000), st.data())
def test_a_whole_state_forgets_how_it_was_reached(
    world: TabularWorld, seed: int, data: st.DataObject
) -> None:
    p = chains.chain(world, random_policy(world, seed))
    now = data.draw(st.integers(0, world.n_states - 1))
    found = chains.pasts(p, chains.visits(world, p), np.arange(len(p)), now)

    for before, row in zip(found.before, (found.first, found.second), strict=True):
        if before >= 0:
            np.testing.assert_allclose(row, p[now, found.following], atol=1e-9)
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_a_hidden_row_makes_the_past_tell_something() -> None:
    p = chains.chain(ROOM, followed(ROOM, 0.9, 0.5))
    eta, column = chains.visits(ROOM, p), np.arange(ROOM.n_states) % 4
    found = chains.pasts(p, eta, column, 10)

    # Every chain of three states, one by one.
    joint: dict[tuple[int, int], float] = {}
    for a, b, c in product(range(ROOM.n_states), repeat=3):
        if column[b] == column[10]:
            way = (int(column[a]), int(column[c]))
            joint[way] = joint.get(way, 0.0) + float(eta[a] * p[a, b] * p[b, c])
    for before, row in zip(found.before, (found.first, found.second), strict=True):
        total = sum(weight for (o, _), weight in joint.items() if o == before)
        expected = [joint.get((before, int(o)), 0.0) / total for o in found.following]
        np.testing.assert_allclose(row, expected, atol=1e-12)
    assert found.gap > 0.01
