"""Variance of REINFORCE with baselines: published cases, enumeration, and samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact import gradient_baselines as gb
from rlviz.exact import policy_gradient as pg
from rlviz.exact.actors import best_baselines
from rlviz.worlds.tabular import TabularWorld
from tests.exact.small_worlds import (
    ALIKE,
    CORRIDOR,
    CORRIDOR_SEEN,
    TWO_STEP,
    bandit,
    episodes,
    layered,
    three_states,
)
from tests.public import PUBLIC

SURE, PAYS = np.array([0.1, 0.9]), np.array([0.0, 1.0])  # arm 1 pays and is taken nine times of ten
METHODS = {"to go": gb.reward_to_go, "whole": gb.whole_return}


@pytest.mark.parametrize("b", [0.0, 0.9, 0.1])
def test_the_value_is_not_the_best_baseline(b: float) -> None:
    expected = PUBLIC["P19"]["variance"][f"b={b}"]

    assert gb.single_logit_variance(0.9, PAYS, b) == pytest.approx(expected, abs=1e-12)
    assert gb.estimator_variance(SURE, PAYS, b) == pytest.approx(2 * expected, abs=1e-12)


def test_the_best_baseline_is_the_chance_of_the_other_arm() -> None:
    assert gb.best_baseline(SURE, PAYS) == pytest.approx(PUBLIC["P19"]["b_star"])
    value, none = gb.estimator_variance(SURE, PAYS, np.array([0.9, 0.0]))
    assert value / none == pytest.approx(PUBLIC["P19"]["ratio_V_over_none"])


def test_the_mean_stays_whatever_the_baseline_and_vanishes_with_q() -> None:
    case, reward = PUBLIC["P20"], np.array([1.0, 2.0, 4.0])
    pi = np.array(case["pi"])

    for b in (0.0, case["V"], -7.0):
        np.testing.assert_allclose(gb.estimator_mean(pi, reward, b), case["grad"], atol=1e-9)
    np.testing.assert_array_equal(gb.estimator_mean(pi, reward, reward), [0, 0, 0])
    # −V(s)·log π: the same number for every action teaches nothing.
    v = np.full(3, case["V"])
    np.testing.assert_allclose(gb.estimator_mean(pi, v, 0.0), [0, 0, 0], atol=1e-12)


def test_where_scores_do_not_depend_on_the_arm_the_value_is_best() -> None:
    even, q = np.full(3, 1 / 3), np.array([1.0, 5.0, -2.0])

    assert gb.best_baseline(even, q) == pytest.approx(even @ q)


def test_a_policy_without_chance_has_no_variance_and_any_baseline_does() -> None:
    one, q = np.array([0.0, 1.0]), np.array([4.0, 7.0])

    assert gb.best_baseline(one, q) == 7.0
    assert gb.estimator_variance(one, q, np.array([0.0, 3.0])).tolist() == [0.0, 0.0]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_the_variance_is_a_parabola_around_the_best_baseline(seed: int, arms: int) -> None:
    rng = np.random.default_rng(seed)
    pi, q, noise = rng.dirichlet(np.ones(arms)), rng.normal(size=arms), rng.random(arms)
    best = gb.best_baseline(pi, q)

    low, least, high = gb.estimator_variance(pi, q, best + np.array([-1.0, 0.0, 1.0]), noise)

    curve = float(pi @ gb.score_norms(pi))
    assert [low - least, high - least] == pytest.approx([curve, curve])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.floats(-3, 3))
def test_the_variance_equals_the_plain_sum_over_arms(seed: int, b: float) -> None:
    # Noise is ±σ with even chances.
    rng = np.random.default_rng(seed)
    pi, q, sd = rng.dirichlet(np.ones(3)), rng.normal(size=3), rng.random(3)
    outcomes = [
        (pi[a] / 2, (np.eye(3)[a] - pi) * (q[a] + sign * sd[a] - b))
        for a in range(3)
        for sign in (-1, 1)
    ]
    mean = sum(p * g for p, g in outcomes)
    expected = sum(p * ((g - mean) ** 2).sum() for p, g in outcomes)

    assert gb.estimator_variance(pi, q, b, sd) == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(gb.estimator_mean(pi, q, 0.0), mean, atol=1e-12)


def by_enumeration(
    name: str, world: TabularWorld, theta: np.ndarray, gamma: float, b: np.ndarray, observed
) -> gb.Estimator:
    policy = pg.softmax_policy(world, theta, observed)
    row = np.arange(world.n_states) if observed is None else observed
    mean, square = np.zeros(theta.shape), 0.0
    for chance, states, actions, rewards in episodes(world, policy):
        g = np.zeros(theta.shape)
        paid = [gamma**t * r for t, r in enumerate(rewards)]
        for t, (s, a) in enumerate(zip(states, actions, strict=True)):
            earned = sum(paid[t:]) if name == "to go" else sum(paid)
            g[row[s]] += (np.eye(theta.shape[1])[a] - policy[s]) * (earned - gamma**t * b[s])
        mean += chance * g
        square += chance * (g**2).sum()
    return gb.Estimator(mean, square - (mean**2).sum())


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("b", [0.0, 0.3])
def test_two_steps_equal_enumeration(name: str, b: float) -> None:
    theta, baseline = np.array([[0.1, -0.2]]), np.array([b, -b, 0.0])

    got = METHODS[name](TWO_STEP, theta, 0.5, baseline, ALIKE)

    expected = by_enumeration(name, TWO_STEP, theta, 0.5, baseline, ALIKE)
    np.testing.assert_allclose(got.mean, expected.mean, atol=1e-12)
    assert got.variance == pytest.approx(expected.variance, abs=1e-12)


def test_two_steps_by_hand() -> None:
    # Scores are ±(½, −½), |s|² = ½; γ = ½; γ·r₂ is 0 or −¾. To go: g = s₁G₁ + s₂·(γr₂) with
    # (a₁, a₂) = 00, 01, 10, 11: s = −½ or ½ for action 1, G₁ = 0, −¾, 1, ¼:
    # 0, ⅜ − ⅜ = 0, ½, ⅛ − ⅜ = −¼. Mean 1/16; squares 0, 0, ¼, 1/16: mean 5/64; variance
    # 5/64 − 1/256 = 19/256 for one logit, and twice that for two.
    got = gb.reward_to_go(TWO_STEP, np.zeros((1, 2)), 0.5, np.zeros(3), ALIKE)

    assert got.mean[0].tolist() == [-0.0625, 0.0625]
    assert got.variance == pytest.approx(2 * 19 / 256)


@pytest.mark.parametrize("name", METHODS)
@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.4, 0.9, 1.0]), st.booleans())
def test_episodes_equal_enumeration(name: str, seed: int, gamma: float, alike: bool) -> None:
    world, rng = layered(seed, n_states=5), np.random.default_rng(seed)
    observed = np.array([0, 1, 0, 1, 0]) if alike else None
    theta = rng.normal(size=(2 if alike else 5, 2))
    b = rng.normal(size=5)

    got = METHODS[name](world, theta, gamma, b, observed)

    expected = by_enumeration(name, world, theta, gamma, b, observed)
    np.testing.assert_allclose(got.mean, expected.mean, atol=1e-11)
    assert got.variance == pytest.approx(expected.variance, abs=1e-10)
    np.testing.assert_allclose(got.mean, pg.gradient(world, theta, gamma, observed), atol=1e-11)


def test_past_rewards_only_add_variance() -> None:
    # The causal form drops what no action could change.
    theta, zero = np.zeros((4, 2)), np.zeros(4)
    world = layered(3)
    to_go, whole = (METHODS[name](world, theta, 1.0, zero) for name in METHODS)

    np.testing.assert_allclose(to_go.mean, whole.mean, atol=1e-12)
    assert to_go.variance < whole.variance


@pytest.mark.parametrize("name", METHODS)
def test_the_corridor_equals_samples(name: str) -> None:
    # 40,000 episodes with circles, one row of preferences, P(right) = .6.
    n, gamma, p = 40_000, 0.9, 0.6
    theta, b = np.array([[0.0, np.log(p / (1 - p))]]), np.array([-3.0, -2.0, -1.0, 0.0])
    rng = np.random.default_rng(5)
    state, on, t = np.zeros(n, np.int64), np.ones(n, bool), 0
    score, total = np.zeros(n), np.zeros(n)  # of the logit of "right"
    kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    while on.any():
        right = rng.random(n) < p
        s = np.where(on, right - p, 0.0)
        kept.append((s, b[state], on.copy()))
        total -= gamma**t * on
        state = CORRIDOR.next_state[state, right.astype(int), 0]
        on, t = ~CORRIDOR.terminal[state], t + 1
    for k, (s, base, alive) in enumerate(kept):
        before = -(1 - gamma**k) / (1 - gamma)  # −1 a step, met by all that are still on the way
        earned = total - np.where(alive, before, 0.0) if name == "to go" else total
        score += s * (earned - gamma**k * base)

    got = METHODS[name](CORRIDOR, theta, gamma, b, CORRIDOR_SEEN)

    error = score.std() / n**0.5
    assert abs(score.mean() - got.mean[0, 1]) < 4 * error
    squares = (score - score.mean()) ** 2
    assert abs(2 * squares.mean() - got.variance) < 4 * 2 * squares.std() / n**0.5


@pytest.mark.parametrize("name", METHODS)
def test_noise_on_the_reward_counts(name: str) -> None:
    # One pull: variance as in the closed form for one state.
    sd = np.array([[0.5, 2.0, 1.0], [0, 0, 0]])
    world = replace(bandit([1.0, 2.0, 4.0]), reward_sd=sd)
    theta = np.array([np.log([0.5, 0.3, 0.2]), [0, 0, 0]])

    got = METHODS[name](world, theta, 1.0, np.array([1.5, 0.0]))

    expected = gb.estimator_variance(
        np.array([0.5, 0.3, 0.2]), np.array([1.0, 2.0, 4.0]), 1.5, sd[0]
    )
    assert got.variance == pytest.approx(float(expected))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([0.5, 1.0]))
def test_without_circles_no_baseline_beats_the_best_one(seed: int, gamma: float) -> None:
    world, rng = layered(seed, n_states=5), np.random.default_rng(seed)
    theta = rng.normal(size=(5, 2))
    policy = pg.softmax_policy(world, theta)
    q = dp.action_values(world, dp.policy_value(world, policy, gamma), gamma)
    best = best_baselines(policy[None], q[None])[0]
    least = gb.reward_to_go(world, theta, gamma, best).variance

    for s in range(4):
        for change in (-0.01, 0.01):
            other = best + change * np.eye(5)[s]
            assert gb.reward_to_go(world, theta, gamma, other).variance >= least - 1e-12


def test_where_episodes_never_end() -> None:
    theta, zero = np.zeros((3, 2)), np.zeros(3)

    gb.reward_to_go(three_states(), theta, 0.9, zero)
    with pytest.raises(NoFiniteTruth, match="wander"):
        gb.reward_to_go(three_states(), theta, 1.0, zero)
    with pytest.raises(NoFiniteTruth, match="wander"):
        gb.whole_return(three_states(), theta, 0.9, zero)
