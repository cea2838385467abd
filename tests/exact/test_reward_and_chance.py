"""Reward against entropy: by hand, against sampling-free sums, and the edge and its slope."""

from __future__ import annotations

import numpy as np
import pytest

from rlviz.errors import NoFiniteTruth
from rlviz.exact import reward_and_chance, soft
from rlviz.exact.policy_gradient import entropy
from rlviz.exact.simplex import mesh
from rlviz.worlds import cliff_walking, room
from tests.exact.small_worlds import bandit, deterministic

REWARD = np.array([1.0, 2.0, 4.0])


def test_two_steps_by_hand() -> None:
    # Both states toss a coin; the first costs 1 or 3, the second pays 10 or 20; γ = 0.5.
    world = deterministic([[1, 1], [2, 2], [2, 2]], [[-1.0, -3.0], [10.0, 20.0], [0.0, 0.0]])
    coin = np.full((1, 3, 2), 0.5)

    earned, kept = reward_and_chance.trades(world, coin, 0.5)

    assert earned.tolist() == pytest.approx([-2 + 0.5 * 15])
    assert kept.tolist() == pytest.approx([1.5 * np.log(2)])


def test_what_may_never_end_has_no_sum() -> None:
    world = deterministic([[0, 1], [1, 1]], [[-1.0, 0.0], [0.0, 0.0]])
    stays = np.array([[[1.0, 0.0], [0.5, 0.5]]])

    with pytest.raises(NoFiniteTruth):
        reward_and_chance.trades(world, stays, 1.0)
    assert reward_and_chance.trades(world, stays, 0.5)[0].tolist() == pytest.approx([-2.0])


def test_no_policy_of_three_arms_lies_beyond_the_edge() -> None:
    world, levels = bandit(REWARD.tolist()), np.geomspace(0.05, 30, 200)
    every = mesh(40)
    edge = reward_and_chance.edge(world, 1.0, levels)

    # Beside each level's tangent: J + c·H of anybody is no more than that of the edge.
    best = edge[0] + levels * edge[1]
    assert (every @ REWARD + levels[:, None] * entropy(every) <= best[:, None] + 1e-9).all()


def test_the_slope_of_the_edge_is_minus_the_bonus() -> None:
    c = 0.8
    edge = reward_and_chance.edge(bandit(REWARD.tolist()), 1.0, c + np.array([-1e-4, 0.0, 1e-4]))

    slope = (edge[0, 2] - edge[0, 0]) / (edge[1, 2] - edge[1, 0])
    assert slope == pytest.approx(-c, abs=1e-6)


def test_the_edge_begins_without_chance() -> None:
    earned, kept = reward_and_chance.edge(room.make(room.Config()), 0.9, np.array([0.0, 0.05]))

    assert kept[0] == 0
    assert kept[1] > 3
    assert earned == pytest.approx([-7.712, -7.718], abs=1e-3)


def test_the_value_is_reward_and_paid_chance() -> None:
    world, c = cliff_walking.make(cliff_walking.Config()), 0.1
    best = soft.soft_solution(world, 0.9, c)

    earned, kept = reward_and_chance.trades(world, best.policy[None], 0.9)[:, 0]

    assert earned + c * kept == pytest.approx(best.v @ world.start)


def test_a_bonus_beyond_the_cost_of_a_step_has_no_edge_without_a_discount() -> None:
    edge = reward_and_chance.edge(
        cliff_walking.make(cliff_walking.Config()), 1.0, np.array([0.1, 1.0])
    )

    assert np.isfinite(edge[:, 0]).all()
    assert np.isnan(edge[:, 1]).all()
