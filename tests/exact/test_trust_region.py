"""Bounds on a step and best steps: published cases, and searches that find nothing better."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact import policy_gradient as pg
from rlviz.exact import trust_region as tr
from rlviz.worlds.tabular import TabularWorld
from tests.exact.small_worlds import deterministic, three_states
from tests.public import PUBLIC
from tests.worlds.random_worlds import worlds

P23, P28 = PUBLIC["P23"], PUBLIC["P28"]
WORLD = three_states()
OLD, NEW = (pg.softmax(np.array(P23[name])) for name in ("z_old", "z_new"))
ARMS, REWARD = np.array([0.5, 0.3, 0.2]), np.array([1.0, 2.0, 4.0])


def test_the_performance_difference_lemma_and_the_bound_of_trpo() -> None:
    left, right = tr.performance_difference(WORLD, OLD, NEW, 0.9)

    got = {
        "dJ": left,
        "pdl_sum": right,
        "surrogate_gain_L": tr.surrogate_gain(WORLD, OLD, NEW, 0.9),
        "KL_max": pg.max_kl(WORLD, OLD, NEW),
        "C": tr.penalty_constant(WORLD, OLD, 0.9),
        "lower_bound_gain": tr.lower_bound(WORLD, OLD, NEW, 0.9),
    }
    assert got == pytest.approx({name: P23[name] for name in got}, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(worlds(ends=0.1), st.integers(0, 10**6), st.sampled_from([0.5, 0.9, 1.0]))
def test_both_sides_of_the_lemma_agree(world: TabularWorld, seed: int, gamma: float) -> None:
    rng = np.random.default_rng(seed)
    old, new = (pg.softmax(rng.normal(size=(world.n_states, world.n_actions))) for _ in "ab")

    left, right = tr.performance_difference(world, old, new, gamma)

    assert left == pytest.approx(right, abs=1e-8)
    if gamma < 1:
        assert left >= tr.lower_bound(world, old, new, gamma) - 1e-9


def test_the_bound_touches_at_no_step_and_the_surrogate_has_the_same_slope() -> None:
    z, change = np.array(P23["z_old"]), np.array(P23["z_new"]) - np.array(P23["z_old"])
    near = pg.softmax(z + 0.01 * change)

    assert tr.lower_bound(WORLD, OLD, OLD, 0.9) == pytest.approx(0, abs=1e-12)
    # The ledger's numbers for a hundredth of the step.
    assert tr.surrogate_gain(WORLD, OLD, near, 0.9) == pytest.approx(0.017493, abs=1e-6)
    assert tr.performance_difference(WORLD, OLD, near, 0.9)[0] == pytest.approx(0.0175, abs=1e-6)


def test_without_a_discount_there_is_no_bound() -> None:
    with pytest.raises(NoFiniteTruth, match="γ < 1"):
        tr.penalty_constant(deterministic([[1], [1]], [[1.0], [0.0]]), np.ones((2, 1)), 1.0)


def test_ratios_within_the_clip_allow_this_much_kl_and_no_more() -> None:
    assert tr.clip_band_kl(0.2) == pytest.approx(PUBLIC["P25"]["max_kl"], abs=1e-11)
    half = np.array([0.5, 0.5])
    assert tr.clip_band_kl(0.2) == pytest.approx(
        float(pg.divergence(half, half * [0.8, 1.2])), abs=1e-12
    )
    rng = np.random.default_rng(0)
    for _ in range(300):
        old, ratio = rng.dirichlet(np.ones(4)), 1 + 0.2 * rng.uniform(-1, 1, 4)
        excess = old @ ratio - 1  # a move along old that keeps the sum at 1 may leave the band
        ratio -= excess
        if (np.abs(ratio - 1) <= 0.2).all():
            assert float(pg.divergence(old, old * ratio)) <= tr.clip_band_kl(0.2)


@pytest.mark.parametrize("clip", [-0.1, 1.0])
def test_a_band_that_reaches_zero_is_refused(clip: float) -> None:
    with pytest.raises(BadValue, match="0 <= clip < 1"):
        tr.clip_band_kl(clip)


def test_the_natural_step_on_a_bandit() -> None:
    step = tr.quadratic_step(ARMS, REWARD, 0.01)

    np.testing.assert_allclose(tr.bandit_gradient(ARMS, REWARD), P28["grad"], atol=1e-12)
    np.testing.assert_allclose(tr.bandit_fisher(ARMS), P28["Fisher"], atol=1e-12)
    np.testing.assert_allclose(tr.bandit_natural_gradient(ARMS, REWARD), P28["nat_grad"], atol=1e-9)
    np.testing.assert_allclose(step.policy, P28["pi_after_quadratic_step"], atol=1e-9)
    assert (step.size, step.kl, step.gain) == pytest.approx(
        (P28["step_size"], P28["actual_KL_old_new"], P28["gain"]), abs=1e-9
    )


def test_the_best_policies_within_a_kl() -> None:
    forward = tr.best_within_forward_kl(ARMS, REWARD, 0.01)
    reverse = tr.best_within_reverse_kl(ARMS, REWARD, 0.01)

    np.testing.assert_allclose(forward, P28["exact_max_st_KL_old_new"], atol=1e-6)
    np.testing.assert_allclose(reverse, P28["exact_max_st_KL_new_old"], atol=1e-6)
    assert (forward - ARMS) @ REWARD == pytest.approx(P28["gain_old_new"], abs=1e-7)
    assert (reverse - ARMS) @ REWARD == pytest.approx(P28["gain_new_old"], abs=1e-7)
    assert float(pg.divergence(ARMS, forward)) == pytest.approx(0.01, abs=1e-12)
    assert float(pg.divergence(reverse, ARMS)) == pytest.approx(0.01, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 5), st.floats(1e-4, 3.0))
def test_nothing_within_the_kl_is_better(seed: int, arms: int, delta: float) -> None:
    rng = np.random.default_rng(seed)
    old, reward = rng.dirichlet(np.full(arms, 2.0)) * 0.9 + 0.1 / arms, rng.normal(size=arms)
    forward = tr.best_within_forward_kl(old, reward, delta)
    reverse = tr.best_within_reverse_kl(old, reward, delta)

    assert float(pg.divergence(old, forward)) <= delta + 1e-9
    assert float(pg.divergence(reverse, old)) <= delta + 1e-9
    others = rng.dirichlet(np.ones(arms), 500)
    others = old + rng.random((500, 1)) * (others - old)
    earned = others @ reward
    assert earned[pg.divergence(old, others) <= delta].max(initial=-9) <= forward @ reward + 1e-9
    assert earned[pg.divergence(others, old) <= delta].max(initial=-9) <= reverse @ reward + 1e-9


def test_with_room_enough_only_the_forward_kl_keeps_every_arm() -> None:
    forward = tr.best_within_forward_kl(ARMS, REWARD, 5.0)

    assert tr.best_within_reverse_kl(ARMS, REWARD, 5.0).tolist() == [0, 0, 1]  # ln 5 < 5
    assert (forward > 0).all()
    assert float(pg.divergence(ARMS, forward)) == pytest.approx(5.0)


def test_where_all_arms_pay_the_same_nothing_moves() -> None:
    even = np.full(3, 2.0)

    assert tr.best_within_forward_kl(ARMS, even, 0.1).tolist() == ARMS.tolist()
    assert tr.best_within_reverse_kl(ARMS, even, 0.1).tolist() == ARMS.tolist()
    np.testing.assert_allclose(tr.quadratic_step(ARMS, even, 0.1).policy, ARMS)


def test_an_arm_without_probability_is_refused() -> None:
    with pytest.raises(BadValue, match="Every arm"):
        tr.best_within_forward_kl(np.array([0.0, 1.0]), np.array([1.0, 2.0]), 0.1)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_only_the_natural_path_ignores_how_the_logit_was_scaled(scale: float) -> None:
    case, reward = PUBLIC["P29"], np.array([0.0, 1.0])
    suffix = "" if scale == 1 else "3"

    natural = tr.natural_path(0.0, scale, reward, 0.1, steps=5)
    vanilla = tr.vanilla_path(0.0, scale, reward, 0.1, steps=5)

    assert (len(natural), natural[0], vanilla[0]) == (6, 0.5, 0.5)
    assert natural[-1] == pytest.approx(case[f"npg_sigmoid{suffix}"], abs=1e-9)
    assert vanilla[-1] == pytest.approx(case[f"vanilla_sigmoid{suffix}"], abs=1e-9)
