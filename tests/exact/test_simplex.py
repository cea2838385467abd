"""Ascents on the simplex: the published overshoot, slopes by differences, and the mesh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadValue
from rlviz.exact import simplex
from rlviz.exact.policy_gradient import divergence, softmax

REWARD = np.array([1.0, 2.0, 4.0])
THETA = np.log([0.5, 0.3, 0.2])


def test_one_big_step_leaves_the_band_and_nothing_pulls_it_back() -> None:
    # P26 has one logit and step 2; of two preferences each moves by half of that.
    path = simplex.clipped_path(np.zeros(2), np.array([-1.0, 1.0]), 1.0, steps=3, clip=0.2)

    np.testing.assert_allclose(path[1:] / path[0], [[0.5378828427, 1.462117157]] * 3, atol=1e-9)


def test_without_the_clip_the_same_ascent_goes_on() -> None:
    path = simplex.surrogate_path(np.zeros(2), np.array([-1.0, 1.0]), 1.0, steps=3)

    assert path[1, 1] == pytest.approx(0.7310585786)
    assert (np.diff(path[:, 1]) > 0).all()


def test_a_side_that_gets_worse_is_never_cut() -> None:
    # Against its advantage a ratio may go as far as it likes and still be pulled back.
    theta = np.zeros(3)
    old = simplex.contours(np.array([[0.1, 0.8, 0.1]]), theta, np.array([1.0, -1.0, 0.0]), 0.2)

    assert old.clipped == pytest.approx(old.surrogate)  # .1 − .8


@pytest.mark.parametrize("name", ["surrogate", "clipped", "penalty"])
@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.8, 6.0]))
def test_every_step_goes_along_the_slope_of_its_objective(
    name: str, seed: int, alpha: float
) -> None:
    rng = np.random.default_rng(seed)
    theta, reward = rng.normal(size=3), rng.normal(size=3)
    old = softmax(theta)

    def objective(z: np.ndarray) -> float:
        at = simplex.contours(softmax(z)[None], theta, reward, 0.2)
        if name == "clipped":
            return float(at.clipped[0])
        return float(at.surrogate[0]) - (name == "penalty") * 0.7 * float(
            divergence(old, softmax(z))
        )

    run: dict[str, Callable[[], np.ndarray]] = {
        "surrogate": lambda: simplex.surrogate_path(theta, reward, alpha, steps=3),
        "clipped": lambda: simplex.clipped_path(theta, reward, alpha, steps=3, clip=0.2),
        "penalty": lambda: simplex.penalty_path(theta, reward, alpha, steps=3, beta=0.7),
    }
    z, h = theta, 1e-6
    expected = [old]
    for _ in range(3):
        g = [(objective(z + h * e) - objective(z - h * e)) / (2 * h) for e in np.eye(3)]
        z = z + alpha * np.array(g)
        expected.append(softmax(z))
    np.testing.assert_allclose(run[name](), expected, atol=1e-7)


def test_the_penalty_rests_where_the_advantage_is_paid_for() -> None:
    # 0 = π(A − Σπ A) + β(old − π)
    end = simplex.penalty_path(THETA, REWARD, 0.5, steps=3_000, beta=2.0)[-1]

    advantage = REWARD - softmax(THETA) @ REWARD
    rest = end * (advantage - end @ advantage) + 2.0 * (softmax(THETA) - end)
    np.testing.assert_allclose(rest, 0, atol=1e-12)


def test_trpo_shortens_the_step_that_would_leave_the_region() -> None:
    # P28: the full step has KL .01047; one shortening by .8 brings it to about .0067.
    step = simplex.trpo_step(THETA, REWARD, 0.01)

    assert step.size == pytest.approx(0.8 * 0.1245145613)
    assert step.kl == pytest.approx(0.64 * 0.01, rel=0.1)
    assert 0 < step.gain < 0.1717913024
    assert step.policy == pytest.approx(softmax(THETA + step.size * REWARD))


def test_trpo_stays_where_nothing_can_be_gained() -> None:
    step = simplex.trpo_step(THETA, np.full(3, 2.0), 0.01)

    np.testing.assert_allclose(step.policy, softmax(THETA))
    assert (step.kl, step.gain, step.size) == (pytest.approx(0), pytest.approx(0), 0.0)


def test_trpo_takes_no_step_where_ten_trials_are_too_long() -> None:
    # The good arm is so rare that the variance, 1e−4, says nothing of a step this long.
    step = simplex.trpo_step(np.log([1 - 1e-4, 1e-4]), np.array([0.0, 1.0]), 1.0)

    assert step.size == 0
    assert step.policy == pytest.approx([1 - 1e-4, 1e-4])


def test_a_good_arm_that_has_fallen_is_still_pulled_up() -> None:
    # A = (−1.8, .2, 1.6) for even arms: one long step up carries the middle arm down to a ratio
    # of .4, and the best one out of the band. What is cut is the best arm, not the middle one.
    path = simplex.clipped_path(np.zeros(3), np.array([0.0, 2.0, 3.4]), 6.0, steps=2, clip=0.2)

    ratio = path / path[0]
    assert ratio[1, 1] < 0.8 < 1.2 < ratio[1, 2]
    assert ratio[2, 1] > ratio[1, 1]


def test_the_mesh_of_the_simplex() -> None:
    assert simplex.mesh(1).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    points = simplex.mesh(20)
    assert points.shape == (231, 3)
    assert points.min() == 0
    np.testing.assert_allclose(points.sum(1), 1)
    assert len(np.unique(points, axis=0)) == 231
    with pytest.raises(BadValue, match="n >= 1"):
        simplex.mesh(0)


def test_contours_by_hand() -> None:
    # Old: even on two arms, A = ±1, clip .2; at (.25, .75) the ratios are ½ and 1½.
    at = simplex.contours(np.array([[0.25, 0.75]]), np.zeros(2), np.array([1.0, 3.0]), 0.2)

    assert at.objective.tolist() == [2.5]
    assert at.surrogate.tolist() == [0.5]
    assert at.clipped == pytest.approx([0.5 * (1.2 - 0.8)])
