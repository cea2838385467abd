"""Moments of advantage estimates: published cases, enumeration, and what must agree."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz import registry
from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact import advantage_moments as am
from rlviz.exact import dynamic_programming as dp
from rlviz.exact import policy_gradient as pg
from tests.exact.small_worlds import bandit, deterministic, episodes, layered, three_states
from tests.public import PUBLIC

MODULE = registry.world("random_walk_5")
WALK = MODULE.make(MODULE.Config())
EVENLY = np.full((7, 2), 0.5)
FLAT = np.where(WALK.terminal, 0.0, 0.5)
C, LEFT, RIGHT = 3, 0, 1


@pytest.mark.parametrize("case", PUBLIC["P12"])
def test_gae_on_the_walk(case: str) -> None:
    true = pg.advantages(WALK, EVENLY, 1.0)
    moments = am.gae_moments(WALK, EVENLY, FLAT, 1.0, float(case))
    gap = am.contrast(moments.mean, C, RIGHT, LEFT)

    got = {
        "mean_right": moments.mean[C, RIGHT],
        "var_right": moments.variance[C, RIGHT],
        "mean_left": moments.mean[C, LEFT],
        "contrast": gap,
        "contrast_bias": gap - am.contrast(true, C, RIGHT, LEFT),
        "mse_right_vs_A": am.squared_error(moments, true)[C, RIGHT],
    }
    assert got == pytest.approx(PUBLIC["P12"][case], abs=1e-9)


def test_n_steps_on_the_walk() -> None:
    moments = am.n_step_advantage_moments(WALK, EVENLY, FLAT, 1.0, 2_000)

    for case, expected in PUBLIC["P13"].items():
        n = 2_000 if case == "MC" else int(case)
        got = moments.mean[n - 1, C, RIGHT], moments.variance[n - 1, C, RIGHT]
        assert got == pytest.approx((expected["mean"], expected["var"]), abs=1e-9)


def test_the_best_lambda_of_the_flat_critic_is_one_over_the_root_of_three() -> None:
    best = am.best_lambda(WALK, EVENLY, FLAT, 1.0, state=C, action=RIGHT)

    assert best == pytest.approx(3**-0.5, abs=1e-6)
    moments = am.gae_moments(WALK, EVENLY, FLAT, 1.0, best)
    error = am.squared_error(moments, pg.advantages(WALK, EVENLY, 1.0))[C, RIGHT]
    assert error == pytest.approx(0.0202, abs=5e-6)


def test_the_best_lambda_falls_to_zero_as_the_critic_becomes_true() -> None:
    best = [
        am.best_lambda(WALK, EVENLY, am.flattened(WALK, EVENLY, 1.0, e), 1.0, state=C, action=RIGHT)
        for e in (1.0, 0.5, 0.2, 0.0)
    ]

    assert best == sorted(best, reverse=True)
    assert best[-1] == 0.0


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.6, 1.0]))
def test_gae_equals_enumeration(seed: int, lambda_: float, gamma: float) -> None:
    world, rng = layered(seed, n_states=5), np.random.default_rng(seed)
    policy = rng.dirichlet(np.ones(2), 5)
    v = rng.normal(size=5)  # a terminal state counts 0, whatever stands there
    known = np.where(world.terminal, 0.0, v)
    begin = {(s, a): replace(world, start=np.eye(5)[s]) for s in range(4) for a in range(2)}

    got = am.gae_moments(world, policy, v, gamma, lambda_)

    for (s, a), from_here in begin.items():
        first = policy.copy()
        first[s] = np.eye(2)[a]  # s never comes again
        seen = []
        for chance, states, _, rewards in episodes(from_here, first):
            values = [*known[states], 0.0]
            estimate = sum(
                (gamma * lambda_) ** k * (r + gamma * values[k + 1] - values[k])
                for k, r in enumerate(rewards)
            )
            seen.append((chance, estimate))
        mean = sum(p * x for p, x in seen)
        variance = sum(p * (x - mean) ** 2 for p, x in seen)
        assert got.mean[s, a] == pytest.approx(mean, abs=1e-10)
        assert got.variance[s, a] == pytest.approx(variance, abs=1e-10)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.6, 1.0]))
def test_one_step_and_all_steps_are_the_ends_of_lambda(seed: int, gamma: float) -> None:
    world, rng = layered(seed, n_states=5), np.random.default_rng(seed)
    policy, v = rng.dirichlet(np.ones(2), 5), rng.normal(size=5)

    steps = am.n_step_advantage_moments(world, policy, v, gamma, 9)
    zero, one = (am.gae_moments(world, policy, v, gamma, x) for x in (0.0, 1.0))

    for n, ends in ((0, zero), (-1, one)):
        np.testing.assert_allclose(steps.mean[n, :4], ends.mean[:4], atol=1e-12)
        np.testing.assert_allclose(steps.variance[n, :4], ends.variance[:4], atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.floats(0, 1))
def test_a_true_critic_has_no_bias_for_any_lambda(seed: int, lambda_: float) -> None:
    world, rng = layered(seed, n_states=5), np.random.default_rng(seed)
    policy = rng.dirichlet(np.ones(2), 5)
    v = dp.policy_value(world, policy, 0.9)

    got = am.gae_moments(world, policy, v, 0.9, lambda_).mean

    np.testing.assert_allclose(got, pg.advantages(world, policy, 0.9), atol=1e-10)


def test_at_lambda_one_any_critic_leaves_the_contrast_true() -> None:
    v = np.array([0.0, 3.0, -1.0, 7.0, 0.5, 2.0, 0.0])
    mean = am.gae_moments(WALK, EVENLY, v, 1.0, 1.0).mean

    assert am.contrast(mean, C, RIGHT, LEFT) == pytest.approx(1 / 3)
    assert mean[C, RIGHT] == pytest.approx(1 / 6 + 0.5 - 7.0)  # off by V(s) − V̂(s)


@pytest.mark.parametrize("distance", PUBLIC["P57"])
def test_credit_of_a_last_reward_dies_with_distance(distance: str) -> None:
    n = int(distance)  # steps after this one until the last, which pays 1
    to = [[s + 1] for s in range(n + 1)] + [[n + 1]]
    world = deterministic(to, [[float(s == n)] for s in range(n + 1)] + [[0.0]])

    mean = am.gae_moments(world, np.ones((n + 2, 1)), np.zeros(n + 2), 1.0, 0.95).mean

    assert mean[0, 0] == pytest.approx(PUBLIC["P57"][distance], rel=1e-9)


def test_noise_on_the_reward_counts() -> None:
    world = replace(bandit([1.0, 2.0]), reward_sd=np.array([[0.5, 2.0], [0.0, 0.0]]))

    moments = am.gae_moments(world, np.full((2, 2), 0.5), np.array([1.0, 0.0]), 1.0, 0.9)

    assert moments.mean[0].tolist() == [0.0, 1.0]
    assert moments.variance[0].tolist() == [0.25, 4.0]


def test_pairs_that_do_not_exist_have_no_moments() -> None:
    world = replace(bandit([1.0, 2.0]), n_allowed=np.array([1, 2]))

    moments = am.gae_moments(world, np.array([[1.0, 0.0], [0.5, 0.5]]), np.zeros(2), 1.0, 0.5)

    np.testing.assert_array_equal(moments.mean[0], [1.0, np.nan])
    np.testing.assert_array_equal(moments.variance[0], [0.0, np.nan])


def test_the_plane_equals_its_points() -> None:
    errors, lambdas = np.array([-0.3, 0.0, 0.4, 1.5]), np.array([0.0, 0.5, 1.0])

    got = am.plane(WALK, EVENLY, errors, lambdas, gamma=1.0, state=C, action=RIGHT, other=LEFT)

    true = pg.advantages(WALK, EVENLY, 1.0)
    for i, error in enumerate(errors):
        v = am.flattened(WALK, EVENLY, 1.0, error)
        for j, lambda_ in enumerate(lambdas):
            moments = am.gae_moments(WALK, EVENLY, v, 1.0, lambda_)
            expected = am.squared_error(moments, true)[C, RIGHT]
            bias = am.contrast(moments.mean - true, C, RIGHT, LEFT)
            assert got.squared_error[i, j] == pytest.approx(expected, abs=1e-12)
            assert got.contrast_bias[i, j] == pytest.approx(bias, abs=1e-12)


def test_a_critic_that_is_wholly_flat_is_the_published_one() -> None:
    assert am.flattened(WALK, EVENLY, 1.0, 1.0) == pytest.approx(FLAT)


def test_the_plane_is_drawn_within_the_blink_of_an_eye() -> None:
    grid = np.linspace(0, 1, 21)
    spent = []
    for _ in range(5):
        began = time.process_time()
        am.plane(WALK, EVENLY, grid, grid, gamma=1.0, state=C, action=RIGHT, other=LEFT)
        spent.append(time.process_time() - began)

    assert min(spent) < 0.05


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(BadValue, match="steps >= 1"):
        am.n_step_advantage_moments(WALK, EVENLY, FLAT, 1.0, 0)
    with pytest.raises(NoFiniteTruth, match="wander"):
        am.gae_moments(three_states(), np.full((3, 2), 0.5), np.zeros(3), 1.0, 1.0)
