"""Exact moments beside the samples, and what a picture of them is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlviz import derived
from rlviz.exact import importance, weighted_means
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec


def shown(names: list[str], iterations: int = 3, **config: Any) -> list[Any]:
    run = Run(RunSpec("importance_sampling", "three_tokens", config, seed=2, replicas=3))
    while run.iteration < iterations:
        run.pull()
    view = run.view()
    return [derived.derive(name, view) for name in names]


def test_the_band_is_the_standard_error_of_what_was_drawn() -> None:
    names = ["target_value", "importance_limit", "standard_error_above", "standard_error_below"]
    value, limit, above, below = shown(names, sequence_length=4, estimator="weighted")
    mu, pi, reward = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2]), np.array([1.0, 2, 4])
    exact = weighted_means.weighted(mu, pi, reward, np.zeros(3), 4)

    assert (value, limit) == (pytest.approx(2), pytest.approx(2))
    assert above - limit == pytest.approx(exact.deviation / np.sqrt(96))
    assert limit - below == pytest.approx(exact.deviation / np.sqrt(96))


def test_the_growth_is_that_of_the_public_case() -> None:
    lengths, variances, now, worth = shown(
        ["ratio_lengths", "ratio_variances", "ratio_variance", "samples_worth_exact"],
        sequence_length=10,
    )

    assert variances[lengths == 10] == pytest.approx(0.6813505837)
    assert variances[lengths == 100] == pytest.approx(179.5438876)
    assert (now, worth) == (pytest.approx(0.6813505837), pytest.approx(0.5947599565))


def test_a_gap_is_told_apart_from_what_is_within_reach() -> None:
    names = ["reached_shares", "missing_shares", "token_ratios", "importance_limit"]
    reached, missing, ratios, limit = shown(names, behaviour_3=0.0)

    np.testing.assert_allclose(reached, [0.4, 0.4, np.nan])
    np.testing.assert_allclose(missing, [np.nan, np.nan, 0.2])
    np.testing.assert_allclose(ratios, [0.64, 0.4 / 0.375, np.nan])
    assert limit == pytest.approx(1.2)


def test_the_area_of_a_dot_is_its_weight() -> None:
    sizes, weights = shown(["dot_sizes", "dot_weights"], sequence_length=3)

    np.testing.assert_allclose((sizes / 9) ** 2, weights)
    huge, rare = shown(["dot_sizes", "dot_weights"], 30, behaviour_3=0.01, target_3=1.0)
    assert rare.max() > 0
    assert huge.max() <= 60


def test_a_variance_without_weight_or_beyond_all_pictures_is_a_gap() -> None:
    same = {"behaviour_1": 0.4, "behaviour_2": 0.4}
    variances, measured = shown(["ratio_variances", "measured_ratio_variance"], **same)

    assert np.isnan(variances).all()
    assert np.isnan(measured)
    (far,) = shown(["ratio_variances"], behaviour_1=0.01, behaviour_2=0.01, target_3=0.0)
    assert np.isnan(far[-1])
    assert np.isfinite(far[0])


def test_the_truth_follows_a_knob() -> None:
    value, distance = shown(["v_target", "truth_distance"], target_3=0.0)

    assert value.tolist() == [1.5]
    assert distance.shape == (3,)


def test_the_exact_share_is_that_of_the_exact_moments() -> None:
    (found,) = shown(["samples_worth_exact"], behaviour_1=0.1, sequence_length=2)
    mu = np.array([0.1, 0.3, 0.2]) / 0.6
    exact = importance.sequence_ratio(mu, np.array([0.4, 0.4, 0.2]), 2)

    assert found == pytest.approx(exact.ess_fraction)
