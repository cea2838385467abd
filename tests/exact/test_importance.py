"""Moments of sequence ratios: published cases, enumeration, and what is never drawn."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadValue
from rlviz.exact.importance import RatioMoments, sequence_ratio, support_gap
from rlviz.exact.policy_gradient import divergence
from tests.public import PUBLIC

OLD, NEW = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])


@pytest.mark.parametrize("horizon", PUBLIC["P30"]["stats"])
def test_the_variance_grows_exponentially(horizon: str) -> None:
    got, expected = sequence_ratio(OLD, NEW, int(horizon)), PUBLIC["P30"]["stats"][horizon]

    assert got == pytest.approx(
        (expected["mean"], expected["var"], expected["ess_frac"], expected["gspo_mean"]), rel=1e-8
    )


def test_the_ratio_of_gspo_tends_to_the_exponential_of_minus_kl() -> None:
    limit = float(np.exp(-divergence(OLD, NEW)))

    assert limit == pytest.approx(PUBLIC["P30"]["gspo_limit_exp_minus_KL_old_new"])
    assert sequence_ratio(OLD, NEW, 10**6).length_normalised_mean == pytest.approx(limit, abs=1e-7)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_moments_equal_enumeration(seed: int, horizon: int, gap: bool) -> None:
    rng = np.random.default_rng(seed)
    mu, pi = rng.dirichlet(np.ones(3), 2)
    if gap:
        mu = np.array([0.0, 0.5, 0.5])
    chance, ratio = [], []
    for tokens in product(range(3), repeat=horizon):
        p = np.prod([mu[x] for x in tokens])
        if p > 0:
            chance.append(p)
            ratio.append(np.prod([pi[x] / mu[x] for x in tokens]))
    p, rho = np.array(chance), np.array(ratio)
    mean, second = p @ rho, p @ rho**2

    got = sequence_ratio(mu, pi, horizon)

    expected = (mean, second - mean**2, mean**2 / second, p @ rho ** (1 / horizon))
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_what_is_never_drawn_is_missing_from_the_mean() -> None:
    # Half of π lies where μ has nothing; the rest is even, so the ratio is always ½.
    mu, pi = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])

    assert support_gap(mu, pi) == 0.5
    assert sequence_ratio(mu, pi, 2) == pytest.approx((0.25, 0.0, 1.0, 0.5))
    assert support_gap(OLD, NEW) == 0.0


def test_nothing_in_common_leaves_nothing() -> None:
    got = sequence_ratio(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)

    assert got == RatioMoments(0.0, 0.0, 0.0, 0.0)


def test_the_same_policy_has_no_variance_and_a_long_sequence_has_too_much() -> None:
    assert sequence_ratio(OLD, OLD, 50) == pytest.approx((1.0, 0.0, 1.0, 1.0))
    assert sequence_ratio(OLD, NEW, 10**5).variance == np.inf


def test_a_sequence_has_at_least_one_token() -> None:
    with pytest.raises(BadValue, match="horizon >= 1"):
        sequence_ratio(OLD, NEW, 0)
