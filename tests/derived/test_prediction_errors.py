"""The error of targets as a run shows it, for its V of now."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlviz import registry
from rlviz.derived import Truth, View, derive
from rlviz.exact import dynamic_programming as dp


def view(v: list[float]) -> View:
    """TD(0) on the short walk, with these values of its five inner states."""
    module, walk = registry.algorithm("td_prediction"), registry.world("random_walk_5")
    world = walk.make(walk.Config())
    table = torch.zeros(1, world.n_states, dtype=torch.float64)
    table[0, torch.from_numpy(~world.terminal)] = torch.tensor(v, dtype=torch.float64)
    return View({"v": table}, module.Config(), Truth(world), module.TRUTH, 0)


def test_a_flat_guess_has_no_error_in_the_middle_until_it_varies() -> None:
    # V = .5 is right in the middle, so only variance counts: 0 for n = 1 and 2, then it grows.
    now = view([0.5] * 5)
    variance, mse = derive("n_step_variance", now), derive("n_step_mse", now)

    assert isinstance(variance, np.ndarray)
    assert variance[:2].tolist() == pytest.approx([0.0, 0.0])
    assert np.all(np.diff(variance[1:]) >= -1e-12)
    np.testing.assert_allclose(derive("n_step_bias", now), 0.0, atol=1e-12)
    np.testing.assert_allclose(mse, variance, atol=1e-12)


def test_lambda_of_one_has_the_variance_of_the_return_and_no_bias() -> None:
    now = view([0.0, 1.0, 0.3, 0.1, 0.9])
    bias, variance = derive("lambda_bias", now), derive("lambda_variance", now)

    # The return from the middle is 0 or 1, with equal chances. TD's target is V of a neighbour.
    assert isinstance(bias, np.ndarray)
    assert isinstance(variance, np.ndarray)
    assert (bias[-1], variance[-1]) == pytest.approx((0.0, 0.25), abs=1e-9)
    assert (bias[0], variance[0]) == pytest.approx(((0.55 - 0.5) ** 2, 0.45**2), abs=1e-9)


def test_with_the_true_values_nothing_is_biased() -> None:
    world = view([0.0] * 5).truth.world
    exact = dp.policy_value(world, np.full((world.n_states, 2), 0.5), 1.0)[~world.terminal]
    now = view(exact.tolist())

    np.testing.assert_allclose(derive("lambda_bias", now), 0.0, atol=1e-12)
    np.testing.assert_allclose(derive("n_step_bias", now), 0.0, atol=1e-12)
