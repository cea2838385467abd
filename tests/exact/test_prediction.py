"""Exact moments of targets: published cases, and properties that hold for every estimate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz import registry
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.prediction import chain, lambda_moments, n_step_moments
from rlviz.worlds.tabular import TabularWorld
from tests.public import PUBLIC


def walk(states: int, left: float = 0.0) -> TabularWorld:
    """A row of `states` with an end on both sides; the right one pays 1, the left one `left`."""
    place = np.arange(states + 2)
    to = np.stack([place - 1, place + 1], axis=1).clip(0, states + 1)
    ends = (place == 0) | (place == states + 1)
    to[ends] = place[ends, None]
    paid = np.where(to == states + 1, 1.0, np.where(to == 0, left, 0.0))
    paid[ends] = 0.0
    return TabularWorld(
        "walk",
        to[:, :, None],
        paid[:, :, None],
        np.ones((states + 2, 2, 1)),
        ends,
        (place == (states + 1) // 2).astype(float),
        10_000,
    )


WORLD = walk(5)
EVENLY = np.full((7, 2), 0.5)
CHAIN = chain(WORLD, EVENLY)
HALF = np.where(WORLD.terminal, 0.0, 0.5)


@pytest.mark.parametrize(
    ("n", "mean", "variance"),
    [(1, 0, 0), (2, 0, 0), (4, 0.125, 0.046875), (8, 0.1640625, 0.1176147461)],
)
def test_n_step_advantage_of_going_right_from_the_middle(
    n: int, mean: float, variance: float
) -> None:
    # The first of n steps leads to the right neighbour and pays nothing; V̂ = .5 everywhere.
    moments = n_step_moments(CHAIN, HALF, 1.0, 8)
    got = (0.5, 0.0) if n == 1 else (moments.mean[n - 2, 4], moments.variance[n - 2, 4])

    assert got[0] - 0.5 == pytest.approx(mean, abs=1e-9)
    assert got[1] == pytest.approx(variance, abs=1e-9)


@pytest.mark.parametrize(
    ("lambda_", "mean", "variance"),
    [
        (0.0, 0.0, 0.0),
        (0.5, 0.03333333333, 0.002987249545),
        (0.8, 0.09523809524, 0.02788120637),
        (0.95, 0.1456820016, 0.1096016921),
        (1.0, 0.1666666667, 0.2222222222),
    ],
)
def test_lambda_advantage_of_going_right_from_the_middle(
    lambda_: float, mean: float, variance: float
) -> None:
    # Â = (1 − λ)·V̂(right) + λ·G^λ(right) − V̂(middle), for the first reward is 0.
    moments = lambda_moments(CHAIN, HALF, 1.0, lambda_)

    assert (1 - lambda_) * 0.5 + lambda_ * moments.mean[4] - 0.5 == pytest.approx(mean, abs=1e-9)
    assert lambda_**2 * moments.variance[4] == pytest.approx(variance, abs=1e-9)


def test_td_varies_less_than_monte_carlo_with_the_true_values() -> None:
    # From the middle: V is 1/3 or 2/3, variance 1/36; the return is 0 or 1, variance 1/4.
    v = dp.policy_value(WORLD, EVENLY, 1.0)

    assert n_step_moments(CHAIN, v, 1.0, 1).variance[0, 3] == pytest.approx(1 / 36)
    assert lambda_moments(CHAIN, v, 1.0, 1.0).variance[3] == pytest.approx(1 / 4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=7, max_size=7), st.floats(0.1, 1.0))
def test_lambda_returns_of_zero_and_many_steps_agree(v: list[float], gamma: float) -> None:
    guess = np.array(v)
    many = n_step_moments(CHAIN, guess, gamma, 600)
    td, whole = (lambda_moments(CHAIN, guess, gamma, decay) for decay in (0.0, 1.0))

    np.testing.assert_allclose(many.mean[0], td.mean, atol=1e-9)
    np.testing.assert_allclose(many.variance[0], td.variance, atol=1e-9)
    np.testing.assert_allclose(many.mean[-1], whole.mean, atol=1e-6)
    np.testing.assert_allclose(many.variance[-1], whole.variance, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.floats(0.1, 1.0))
def test_no_target_is_biased_where_the_estimate_is_true(decay: float, gamma: float) -> None:
    v = dp.policy_value(WORLD, EVENLY, gamma)

    np.testing.assert_allclose(lambda_moments(CHAIN, v, gamma, decay).mean, v, atol=1e-9)
    np.testing.assert_allclose(n_step_moments(CHAIN, v, gamma, 5).mean, [v] * 5, atol=1e-9)


def test_more_steps_have_less_bias_and_more_variance() -> None:
    # P12, P13: the walk of five states from C, V̂ = 1/2 everywhere, given that it first goes right.
    # Then it stands at D, and the advantage is what follows from there, less V̂(C).
    module = registry.world("random_walk_5")
    world = module.make(module.Config())
    c = int(np.flatnonzero(world.start)[0])
    d = c + 1
    v = np.where(world.terminal, 0.0, 0.5)
    made = chain(world, np.full((world.n_states, world.n_actions), 0.5))

    n_step = n_step_moments(made, v, 1.0, 7)
    for steps, expected in PUBLIC["P13"].items():
        if steps in ("2", "4", "8"):
            assert n_step.mean[int(steps) - 2, d] - 0.5 == pytest.approx(expected["mean"])
            assert n_step.variance[int(steps) - 2, d] == pytest.approx(expected["var"])
    for lambda_, expected in PUBLIC["P12"].items():
        if lambda_.replace(".", "").isdigit():
            share = float(lambda_)
            moments = lambda_moments(made, v, 1.0, share)
            mean = (1 - share) * 0.5 + share * moments.mean[d] - 0.5
            assert mean == pytest.approx(expected["mean_right"])
            assert share**2 * moments.variance[d] == pytest.approx(expected["var_right"])
