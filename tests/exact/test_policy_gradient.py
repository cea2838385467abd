"""Exact policy gradients: published cases, finite differences, and what is no gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact import policy_gradient as pg
from rlviz.worlds.tabular import TabularWorld
from tests.exact.small_worlds import (
    ALIKE,
    CORRIDOR,
    CORRIDOR_SEEN,
    TWO_STEP,
    bandit,
    deterministic,
    episodes,
    layered,
    three_states,
)
from tests.public import PUBLIC
from tests.worlds.random_worlds import worlds


def slope(world: TabularWorld, theta: np.ndarray, gamma: float, observed=None) -> np.ndarray:
    """∇J by central differences."""
    g, h = np.zeros(theta.shape), 1e-5
    for place in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[place] = h
        up, down = (
            pg.objective(world, pg.softmax_policy(world, theta + x, observed), gamma)
            for x in (step, -step)
        )
        g[place] = (up - down) / (2 * h)
    return g


def logits(p: float) -> np.ndarray:
    return np.array([[0.0, np.log(p / (1 - p))]])


@pytest.mark.parametrize(("p", "case"), [(2 - 2**0.5, "J_star"), (0.05, "J_p05"), (0.95, "J_p95")])
def test_the_short_corridor(p: float, case: str) -> None:
    policy = pg.softmax_policy(CORRIDOR, logits(p), CORRIDOR_SEEN)

    assert pg.objective(CORRIDOR, policy, 1.0) == pytest.approx(PUBLIC["P08"][case], rel=1e-9)


def test_the_gradient_of_the_corridor_rests_at_its_best_mixture() -> None:
    at, low, high = (
        pg.gradient(CORRIDOR, logits(p), 1.0, CORRIDOR_SEEN)
        for p in (PUBLIC["P08"]["p_star"], 0.5, 0.7)
    )

    assert at == pytest.approx(0, abs=1e-7)
    assert low[0, 1] > 0 > high[0, 1]


def test_dropping_the_discount_of_the_step_flips_the_sign() -> None:
    theta = np.zeros((1, 2))

    true = pg.gradient(TWO_STEP, theta, 0.5, ALIKE)
    printed = pg.printed_direction(TWO_STEP, theta, 0.5, ALIKE)

    # ¼·(1 − .5·1.5) = .0625; ¼·(1 − 1.5) = −.125
    np.testing.assert_allclose(true, [[-0.0625, 0.0625]], atol=1e-12)
    np.testing.assert_allclose(printed, [[0.125, -0.125]], atol=1e-12)
    assert pg.objective(TWO_STEP, pg.softmax_policy(TWO_STEP, theta, ALIKE), 0.5) == 0.125


def test_the_true_gradient_turns_at_two_thirds_and_the_printed_one_does_not() -> None:
    theta = np.zeros((1, 2))

    assert pg.gradient(TWO_STEP, theta, 2 / 3, ALIKE) == pytest.approx(0, abs=1e-12)
    for gamma in (0.2, 2 / 3, 0.9):
        assert pg.printed_direction(TWO_STEP, theta, gamma, ALIKE)[0, 1] == pytest.approx(-0.125)


def test_a_softmax_bandit() -> None:
    world, case = bandit([1.0, 2.0, 4.0]), PUBLIC["P20"]
    theta = np.array([[0.2, -0.1, 0.4], [0.0, 0.0, 0.0]])

    policy = pg.softmax_policy(world, theta)

    np.testing.assert_allclose(policy[0], case["pi"], atol=1e-9)
    assert pg.objective(world, policy, 1.0) == pytest.approx(case["V"])
    g = pg.gradient(world, theta, 1.0)
    np.testing.assert_allclose(g, [case["grad"], [0, 0, 0]], atol=1e-9)


def test_the_loss_of_reinforce_is_not_the_objective() -> None:
    # p = ½: ½·ln ½; with the samples held still ¼, and ¼·(1 + ln ½) when they move.
    case, even, reward = PUBLIC["P22"], np.array([0.5, 0.5]), np.array([0.0, 1.0])

    assert pg.log_surrogate(even, reward) == pytest.approx(case["surrogate_value"])
    got = pg.log_surrogate_gradient(even, reward)
    assert got[1] == pytest.approx(case["grad_surrogate_full"], abs=1e-9)
    assert pg.gradient(bandit([0.0, 1.0]), np.zeros((2, 2)), 1.0)[0, 1] == case["grad_J"]


@given(st.integers(0, 10**6))
def test_the_slope_of_the_loss_equals_finite_differences(seed: int) -> None:
    z, reward = np.random.default_rng(seed).normal(size=(2, 3))
    h = 1e-6

    expected = [
        (pg.log_surrogate(pg.softmax(z + e), reward) - pg.log_surrogate(pg.softmax(z - e), reward))
        / (2 * h)
        for e in h * np.eye(3)
    ]
    np.testing.assert_allclose(
        pg.log_surrogate_gradient(pg.softmax(z), reward), expected, atol=1e-7
    )


def test_a_world_that_never_ends() -> None:
    world, case = three_states(), PUBLIC["P23"]
    old = np.array(case["z_old"])

    assert pg.objective(world, pg.softmax_policy(world, old), 0.9) == pytest.approx(case["J_old"])
    np.testing.assert_allclose(pg.gradient(world, old, 0.9), case["exact_grad"], atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(worlds(ends=0.1), st.integers(0, 10**6), st.sampled_from([0.0, 0.6, 1.0]), st.booleans())
def test_the_gradient_equals_finite_differences(
    world: TabularWorld, seed: int, gamma: float, alike: bool
) -> None:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(world.n_states, world.n_actions))
    observed = rng.integers(0, world.n_states, world.n_states) if alike else None

    got = pg.gradient(world, theta, gamma, observed)

    np.testing.assert_allclose(got, slope(world, theta, gamma, observed), atol=1e-5)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.3, 0.9, 1.0]), st.integers(1, 4))
def test_directions_equal_the_mean_over_all_episodes(seed: int, gamma: float, steps: int) -> None:
    # Σ_t w_t·∇log π(a_t|s_t)·G_t for γ^t or 1 as w_t, and G_t whole or of the next `steps` rewards.
    world, rng = layered(seed, n_states=5), np.random.default_rng(seed)
    observed = np.array([0, 1, 0, 1, 0])
    theta = rng.normal(size=(2, 2))
    policy = pg.softmax_policy(world, theta, observed)

    true, printed, near = (np.zeros((2, 2)) for _ in range(3))
    for chance, states, actions, rewards in episodes(world, policy):
        for t, (s, a) in enumerate(zip(states, actions, strict=True)):
            score = np.zeros((2, 2))
            score[observed[s]] = np.eye(2)[a] - policy[s]
            later = [gamma**k * r for k, r in enumerate(rewards[t:])]
            true += chance * gamma**t * sum(later) * score
            printed += chance * sum(later) * score
            near += chance * gamma**t * sum(later[:steps]) * score

    np.testing.assert_allclose(pg.gradient(world, theta, gamma, observed), true, atol=1e-12)
    np.testing.assert_allclose(
        pg.printed_direction(world, theta, gamma, observed), printed, atol=1e-12
    )
    np.testing.assert_allclose(
        pg.truncated_direction(world, theta, gamma, observed, steps=steps), near, atol=1e-12
    )


def test_an_action_that_answers_for_three_rewards_never_learns_of_the_fifth() -> None:
    # The first action takes a key or not; four steps of walking; the door pays 1 with the key.
    to = [[5, 1], [2, 2], [3, 3], [4, 4], [9, 9], [6, 6], [7, 7], [8, 8], [9, 9], [9, 9]]
    paid = [[0.0, 0.0] for _ in to]
    paid[4] = [1.0, 1.0]
    world, theta = deterministic(to, paid), np.zeros((10, 2))

    assert pg.truncated_direction(world, theta, 1.0, steps=3)[0].tolist() == [0.0, 0.0]
    assert pg.truncated_direction(world, theta, 1.0, steps=5)[0].tolist() == [-0.25, 0.25]
    assert pg.gradient(world, theta, 1.0)[0] == pytest.approx([-0.25, 0.25])


@settings(deadline=None, max_examples=30)
@given(worlds(ends=0.1), st.integers(0, 10**6), st.sampled_from([0.5, 1.0]))
def test_visits_add_up_to_the_value(world: TabularWorld, seed: int, gamma: float) -> None:
    policy = pg.softmax_policy(
        world, np.random.default_rng(seed).normal(size=(world.n_states, world.n_actions))
    )
    eta = pg.visits(world, policy, gamma)

    chance, expected = world.start * ~world.terminal, np.zeros(world.n_states)
    p = np.einsum("sa,sat->st", policy, dp.transition_matrix(world)[0])
    for step in range(600):
        expected += gamma**step * chance
        chance = chance @ p * ~world.terminal
    np.testing.assert_allclose(eta, expected, atol=1e-9)
    reward = (policy * dp.transition_matrix(world)[1]).sum(1)
    assert eta @ reward == pytest.approx(pg.objective(world, policy, gamma))


def test_advantages_are_what_an_action_is_worth_beyond_the_policy() -> None:
    # V(0) = ½·(0 + γV(1)) + ½·(1 + γV(1)) with V(1) = −¾ and γ = ½: Q = −⅜, ⅝ and V = ⅛.
    policy = np.full((3, 2), 0.5)

    assert pg.action_values(TWO_STEP, policy, 0.5)[0].tolist() == [-0.375, 0.625]
    assert pg.advantages(TWO_STEP, policy, 0.5).tolist() == [[-0.5, 0.5], [0.75, -0.75], [0, 0]]


def test_visits_leave_out_a_circle_that_nobody_enters() -> None:
    world = deterministic([[2, 2], [1, 1], [2, 2]], [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])

    assert pg.visits(world, np.full((3, 2), 0.5), 1.0).tolist() == [1.0, 0.0, 0.0]
    assert pg.gradient(world, np.zeros((3, 2)), 1.0).tolist() == [[0.0, 0.0]] * 3


def test_what_never_ends_has_no_finite_truth() -> None:
    world, policy = three_states(), np.full((3, 2), 0.5)

    for ask in (pg.visits, pg.objective):
        with pytest.raises(NoFiniteTruth, match="wander"):
            ask(world, policy, 1.0)
    with pytest.raises(NoFiniteTruth, match="wander"):
        pg.printed_direction(world, np.zeros((3, 2)), 0.9)
    assert np.isnan(pg.action_values(world, policy, 1.0)).all()


def test_actions_that_do_not_exist_have_probability_zero_and_no_gradient() -> None:
    to = np.array([[[1], [1], [1]], [[1], [1], [1]]])
    paid = np.array([[[1.0], [3.0], [9.0]], [[0.0]] * 3])
    ends = np.array([False, True])
    world = TabularWorld(
        "two", to, paid, np.ones(to.shape), ends, np.eye(2)[0], 9, n_allowed=np.array([2, 1])
    )

    assert pg.softmax_policy(world, np.zeros((2, 3)))[0].tolist() == [0.5, 0.5, 0.0]
    assert pg.gradient(world, np.zeros((2, 3)), 1.0)[0].tolist() == [-0.5, 0.5, 0.0]
    assert pg.truncated_direction(world, np.zeros((2, 3)), 1.0, steps=2)[0].tolist() == [
        -0.5,
        0.5,
        0.0,
    ]
    assert pg.natural_gradient(world, np.zeros((2, 3)), 1.0)[0] == pytest.approx([-1, 1, 0])


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (6,)])
def test_preferences_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadValue, match=r"\[O, A\] with O >= 3"):
        pg.softmax_policy(TWO_STEP, np.zeros(shape))


@settings(deadline=None, max_examples=25)
@given(worlds(ends=0.1), st.integers(0, 10**6), st.booleans())
def test_the_fisher_matrix_is_the_curvature_of_the_mean_kl(
    world: TabularWorld, seed: int, alike: bool
) -> None:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(world.n_states, world.n_actions))
    observed = rng.integers(0, world.n_states, world.n_states) if alike else None
    x = rng.normal(size=theta.shape)

    f, h = pg.fisher(world, theta, 0.9, observed), 1e-4

    policy = pg.softmax_policy(world, theta, observed)
    ahead, behind = (pg.softmax_policy(world, theta + s * x, observed) for s in (h, -h))
    both = pg.mean_kl(world, policy, ahead, 0.9) + pg.mean_kl(world, policy, behind, 0.9)
    assert x.ravel() @ f @ x.ravel() == pytest.approx(both / h**2, rel=1e-4, abs=1e-6)


def test_the_natural_gradient_of_a_bandit_is_the_reward_less_its_mean() -> None:
    theta = np.array([np.log([0.5, 0.3, 0.2]), [0, 0, 0]])
    world = bandit([1.0, 2.0, 4.0])

    np.testing.assert_allclose(pg.fisher(world, theta, 1.0)[:3, :3], PUBLIC["P28"]["Fisher"])
    np.testing.assert_allclose(
        pg.natural_gradient(world, theta, 1.0)[0], PUBLIC["P28"]["nat_grad"], atol=1e-9
    )


def test_the_natural_gradient_of_a_table_is_the_advantage_up_to_visits_and_constants() -> None:
    world, theta = three_states(), np.array(PUBLIC["P23"]["z_old"])
    policy = pg.softmax_policy(world, theta)

    a = pg.advantages(world, policy, 0.9)
    expected = (a - a.mean(1, keepdims=True)) * pg.visits(world, policy, 0.9).sum()
    np.testing.assert_allclose(pg.natural_gradient(world, theta, 0.9), expected, atol=1e-9)


def test_divergence_and_entropy_by_hand() -> None:
    p, q = np.array([[0.5, 0.5, 0.0], [1, 0, 0]]), np.array([[0.25, 0.25, 0.5], [0, 1, 0]])

    np.testing.assert_array_equal(pg.divergence(p, q), [np.log(2), np.inf])
    np.testing.assert_array_equal(pg.divergence(p, p), [0, 0])
    np.testing.assert_allclose(pg.entropy(p), [np.log(2), 0])


def test_the_mean_divergence_weighs_by_visits_and_the_greatest_does_not() -> None:
    # State 0 goes on to 1 half of the time, so they are visited 1 : ½; terminal rows do not count.
    world = deterministic([[1, 2], [2, 2], [2, 2]], [[0.0, 0.0]] * 3)
    old = np.full((3, 2), 0.5)
    new = np.array([[0.5, 0.5], [0.25, 0.75], [0.0, 1.0]])
    kl = -0.5 * np.log(0.75)  # ½ ln(.5/.25) + ½ ln(.5/.75)

    assert pg.mean_kl(world, old, new, 1.0) == pytest.approx(kl / 3)
    assert pg.mean_kl(world, old, new, 0.5) == pytest.approx(kl / 5)
    assert pg.max_kl(world, old, new) == pytest.approx(kl)
