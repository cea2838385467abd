"""Means with importance weights: enumeration, limits by hand, and what has no error at all."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.exact import importance, weighted_means
from rlviz.exact.dynamic_programming import Array

REWARD, NONE = np.array([1.0, 2.0, 4.0]), np.zeros(3)
TARGET = np.array([0.4, 0.4, 0.2])


def enumerated(mu: Array, pi: Array, horizon: int) -> tuple[Array, Array, Array]:
    """Chance, weight and value of every sequence that μ draws."""
    rows = [
        (np.prod(mu[list(x)]), np.prod(pi[list(x)] / mu[list(x)]), REWARD[list(x)].mean())
        for x in product(np.flatnonzero(mu), repeat=horizon)
    ]
    chance, weight, value = np.array(rows).T
    return chance, weight, value


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_moments_equal_enumeration(seed: int, horizon: int, gap: bool) -> None:
    mu, pi = np.random.default_rng(seed).dirichlet(np.ones(3), 2)
    mu = np.array([0.0, 0.3, 0.7]) if gap else mu
    p, rho, x = enumerated(mu, pi, horizon)
    mean, square = p @ (rho * x), p @ (rho * x) ** 2

    got = weighted_means.ordinary(mu, pi, REWARD, NONE, horizon)

    assert got == pytest.approx((mean, np.sqrt(square - mean**2)), rel=1e-6)
    limit = mean / (p @ rho)
    error = np.sqrt(p @ (rho * (x - limit)) ** 2) / (p @ rho)
    got = weighted_means.weighted(mu, pi, REWARD, NONE, horizon)
    assert got == pytest.approx((limit, error), rel=1e-6)


def test_noise_adds_its_share() -> None:
    # One token, the same policy: Var x + σ² = 1.2 + 0.25; four of them: a quarter of it.
    one = weighted_means.ordinary(TARGET, TARGET, REWARD, np.full(3, 0.5), 1)
    four = weighted_means.weighted(TARGET, TARGET, REWARD, np.full(3, 0.5), 4)

    assert one == pytest.approx((2.0, np.sqrt(1.45)))
    assert four == pytest.approx((2.0, np.sqrt(1.45 / 4)))


def test_what_is_never_drawn_moves_both_limits() -> None:
    # Without the third token: .4 + .8 = 1.2 in all, and 1.2/.8 = 1.5 of what is left.
    mu = np.array([0.625, 0.375, 0.0])

    assert weighted_means.ordinary(mu, TARGET, REWARD, NONE, 1).limit == pytest.approx(1.2)
    assert weighted_means.ordinary(mu, TARGET, REWARD, NONE, 2).limit == pytest.approx(0.96)
    assert weighted_means.weighted(mu, TARGET, REWARD, NONE, 2).limit == pytest.approx(1.5)


def test_nothing_in_common_has_no_weighted_mean() -> None:
    mu, pi = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])

    assert np.isnan(weighted_means.weighted(mu, pi, REWARD, NONE, 1)).all()
    assert weighted_means.ordinary(mu, pi, REWARD, NONE, 1) == (0.0, 0.0)


def test_a_behaviour_in_proportion_to_what_pays_has_no_error() -> None:
    # ρx = .4·1/.2 = .4·2/.4 = .2·4/.4 = 2, whatever is drawn.
    mu = np.array([0.2, 0.4, 0.4])

    assert weighted_means.ordinary(mu, TARGET, REWARD, NONE, 1) == pytest.approx((2, 0), abs=1e-7)


def test_a_variance_beyond_all_numbers() -> None:
    mu = np.array([0.98, 0.01, 0.01])

    assert weighted_means.ordinary(mu, TARGET, REWARD, NONE, 1000).deviation == np.inf


def test_shares_are_proportions() -> None:
    assert weighted_means.proportions(np.array([1.0, 1.0, 2.0])).tolist() == [0.25, 0.25, 0.5]
    assert weighted_means.proportions(np.zeros(3)) == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    ("behaviour", "target", "horizon", "variance", "worth"),
    [
        ((0.5, 0.3, 0.2), (0.4, 0.4, 0.2), 1, 0.053, 0.949),
        ((0.9, 0.09, 0.01), (0.1, 0.1, 0.8), 1, 63.1, 0.016),
        ((0.42, 0.38, 0.2), (0.4, 0.4, 0.2), 100, 0.22, 0.82),
        ((0.2, 0.3, 0.5), (0.4, 0.4, 0.2), 100, 1e15, 0.0),
    ],
)
def test_what_the_lesson_says_of_its_presets(
    behaviour: tuple[float, ...],
    target: tuple[float, ...],
    horizon: int,
    variance: float,
    worth: float,
) -> None:
    moments = importance.sequence_ratio(np.array(behaviour), np.array(target), horizon)

    assert moments.variance == pytest.approx(variance, rel=0.06)
    assert moments.ess_fraction == pytest.approx(worth, abs=0.005)


def test_the_samples_of_the_target_itself_scatter_as_the_lesson_says() -> None:
    own = weighted_means.ordinary(TARGET, TARGET, REWARD, NONE, 1)

    assert own.deviation == pytest.approx(1.095, abs=1e-3)
