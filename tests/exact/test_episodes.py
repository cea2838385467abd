"""The tree of trajectories: probabilities by hand, and their sum in any world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlviz.exact import episodes
from rlviz.exact.policies import followed
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld
from tests.worlds.random_worlds import random_policy, worlds


def test_chances_of_the_corridor_by_hand() -> None:
    # S . G, all four moves equally likely: from S only `right` goes on, so 3 of 4 branches stay.
    world = gridworld.make("corridor", "S.G", slip=0.0, time_limit=50)
    nodes = episodes.tree(world, followed(world, 0.9, 1.0))

    assert [(n.state, n.chance) for n in nodes if n.depth == 1] == [
        (0, 0.25), (1, 0.25), (0, 0.25), (0, 0.25)
    ]  # fmt: skip
    # In two steps to the goal: right and right, 1/16.
    assert sum(n.chance for n in nodes if n.depth == 2 and n.state == 2) == 1 / 16


@given(worlds(), st.integers(0, 1000))
def test_every_depth_is_whole(world: TabularWorld, seed: int) -> None:
    sums = episodes.level_sums(episodes.tree(world, random_policy(world, seed)))

    assert sums[np.isfinite(sums)] == pytest.approx(1)


@given(worlds(), st.integers(0, 1000))
def test_a_branch_lies_within_what_its_parent_takes(world: TabularWorld, seed: int) -> None:
    nodes = episodes.tree(world, random_policy(world, seed))

    for node in nodes:
        if node.parent >= 0:
            parent = nodes[node.parent]
            assert parent.low - 1e-12 <= node.low
            assert node.low + node.chance <= parent.low + parent.chance + 1e-12
