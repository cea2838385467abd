"""Entropy in the reward: closed forms, the fixed point, its limits, and the wrong sign."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact import soft
from rlviz.exact.policy_gradient import entropy
from rlviz.exact.simplex import mesh
from rlviz.worlds.tabular import TabularWorld
from tests.exact.small_worlds import bandit, deterministic, three_states
from tests.worlds.random_worlds import worlds

REWARD = np.array([1.0, 2.0, 4.0])


def test_the_best_policy_of_a_bandit_is_a_softmax_of_its_rewards() -> None:
    c = 0.8
    best = soft.soft_policy(REWARD, c)
    every = mesh(60)

    assert best == pytest.approx(np.exp(REWARD / c) / np.exp(REWARD / c).sum())
    top = best @ REWARD + c * entropy(best)
    assert (every @ REWARD + c * entropy(every)).max() <= top
    assert soft.soft_value(REWARD, c) == pytest.approx(top)
    assert soft.soft_solution(bandit(REWARD.tolist()), 1.0, c).v == pytest.approx([top, 0])


def test_with_the_wrong_sign_the_best_is_one_arm_alone() -> None:
    vertex, every = soft.wrong_sign_optimum(REWARD), mesh(60)

    assert vertex.tolist() == [0, 0, 1]
    for c in (0.1, 5.0, 100.0):
        assert (every @ REWARD - c * entropy(every)).max() == pytest.approx(vertex @ REWARD)
    assert entropy(vertex) == 0


def test_a_walk_that_may_dawdle_by_hand() -> None:
    # Staying costs 1, leaving nothing, c = 1: e^V = e^(V−1) + 1, so V = −ln(1 − 1/e).
    world = deterministic([[0, 1], [1, 1]], [[-1.0, 0.0], [0.0, 0.0]])

    best = soft.soft_solution(world, 1.0, 1.0)

    assert best.v.tolist() == pytest.approx([-np.log(1 - np.exp(-1)), 0.0])
    assert best.policy[0] == pytest.approx([np.exp(-1), 1 - np.exp(-1)])


def test_where_dawdling_costs_less_than_its_bonus_there_is_no_finite_value() -> None:
    world = deterministic([[0, 1], [1, 1]], [[0.0, 0.0], [0.0, 0.0]])

    with pytest.raises(NoFiniteTruth, match="bonus"):
        soft.soft_solution(world, 1.0, 1.0)
    assert np.isfinite(soft.soft_solution(world, 0.9, 1.0).v).all()


def test_a_circle_that_nobody_enters_does_not_matter() -> None:
    world = deterministic([[2, 2], [1, 1], [2, 2]], [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])

    v = soft.soft_solution(world, 1.0, 0.5).v

    np.testing.assert_allclose(v, [1 + 0.5 * np.log(2), np.nan, 0])


@settings(deadline=None, max_examples=30)
@given(worlds(), st.sampled_from([0.05, 1.0, 10.0]), st.sampled_from([0.0, 0.5, 0.9]))
def test_the_solution_equals_plain_iteration(world: TabularWorld, c: float, gamma: float) -> None:
    best = soft.soft_solution(world, gamma, c)

    p, r = dp.transition_matrix(world)
    v = np.zeros(world.n_states)
    for _ in range(600):
        v = np.where(world.terminal, 0.0, c * np.logaddexp.reduce((r + gamma * p @ v) / c, -1))
    np.testing.assert_allclose(best.v, v, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(best.policy.sum(1), 1)


@settings(deadline=None, max_examples=20)
@given(worlds(), st.sampled_from([0.5, 0.9]))
def test_without_a_bonus_it_is_value_iteration(world: TabularWorld, gamma: float) -> None:
    plain = dp.best_policy(world, gamma)

    np.testing.assert_array_equal(soft.soft_solution(world, gamma, 0.0).v, plain.v)
    near = soft.soft_solution(world, gamma, 1e-6)
    np.testing.assert_allclose(near.v, plain.v, atol=1e-4)


def test_actions_that_do_not_exist_are_left_out() -> None:
    to = np.array([[[1], [1]], [[1], [1]]])
    paid = np.array([[[1.0], [5.0]], [[0.0], [0.0]]])
    ends, start = np.array([False, True]), np.array([1.0, 0.0])
    world = TabularWorld(
        "one", to, paid, np.ones(to.shape), ends, start, 9, n_allowed=np.array([1, 2])
    )

    best = soft.soft_solution(world, 1.0, 2.0)

    assert best.v.tolist() == [1.0, 0.0]
    assert best.policy[0].tolist() == [1.0, 0.0]


def test_limits_of_one_row() -> None:
    q = np.array([[1.0, 3.0, -np.inf], [2.0, 2.0, 2.0]])

    assert soft.soft_value(q, 0.0).tolist() == [3.0, 2.0]
    assert soft.soft_policy(q, 0.0) == pytest.approx(np.array([[0, 1, 0], [1 / 3] * 3]))
    assert soft.soft_value(q, 1e-9) == pytest.approx([3.0, 2.0])
    assert soft.soft_value(1e6 * q, 1.0)[0] == 3e6


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(BadValue, match="temperature >= 0"):
        soft.soft_solution(three_states(), 0.9, -0.1)
