"""Baselines on trial in a run: what is measured has the exact numbers beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlviz.derived import derive
from rlviz.derived.baseline_court import MANY, NO_BASELINE, NO_BONUS, OTHER_WEIGHTS
from rlviz.derived.view import NO_TABLE, View
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from rlviz.signals.baseline_court import KINDS
from tests.public import PUBLIC


def after(iterations: int, world: str = "bandit_2", **changes: Any) -> View:
    """A run of REINFORCE, held still unless said, after so many iterations."""
    replicas, place = changes.pop("replicas", 512), changes.pop("world_config", {})
    config = {"hold": True, "episodes": 1, **changes}
    run = Run(RunSpec("reinforce", world, config, place, seed=5, replicas=replicas))
    while run.iteration < iterations:
        run.pull()
    return run.view()


def found(name: str, view: View) -> np.ndarray:
    got = derive(name, view)
    assert got is not None
    assert not isinstance(got, str), got
    return np.asarray(got)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_measured_is_what_is_exact(kind: str) -> None:
    view = after(
        3, world="bandit_3", baseline=kind, constant_baseline=1.5, episodes=4, replicas=2048
    )
    exact = found("baseline_exact", view)[KINDS.index(kind)]

    # 4·2,048 episodes; the spread of a squared distance is of the size of its mean.
    assert found("court_measured", view) == pytest.approx(exact, rel=0.15, abs=1e-12)
    kept = found("baseline_kept", view)[KINDS.index(kind)]
    mean = found("slope_mean", view) - kept * PUBLIC["P20"]["grad"][0]
    assert abs(mean) <= 4 * found("slope_error", view) + 1e-12


def test_the_published_case_stands_in_court() -> None:
    view = after(1, baseline="exact_value")

    assert found("court_marks", view).tolist() == pytest.approx([0, 0.9, 0.1])
    assert found("court_mark_variances", view).tolist() == pytest.approx([0.0018, 0.1152, 0])
    assert found("court_own", view) == pytest.approx(0.9)
    grid, curve = found("court_baselines", view), found("court_variances", view)
    assert np.interp(0.9, grid, curve) == pytest.approx(0.1152, rel=1e-2)


def test_the_best_baseline_gives_the_exact_slope_whatever_is_drawn() -> None:
    view = after(1, baseline="optimal")

    # Arm 1: (1 − 0.9)·(1 − 0.1) = 0.09; arm 2: (0 − 0.9)·(0 − 0.1) = 0.09.
    assert found("court_measured", view) == pytest.approx(0, abs=1e-24)
    assert found("slope_mean", view) == pytest.approx(PUBLIC["P19"]["grad"])
    levels, shares = found("slope_levels", view), found("slope_shares", view)
    assert levels[shares.argmax()] == pytest.approx(PUBLIC["P19"]["grad"])
    assert shares.max() == 1


def test_nothing_is_left_with_q_as_the_baseline() -> None:
    view = after(4, world="bandit_3", baseline="action_value", hold=False, alpha_theta=1.0)

    assert found("baseline_kept", view).tolist() == [1, 1, 0, 1, 1, 1, 0]
    assert torch.count_nonzero(view.latest["gradient_estimate"]) == 0
    assert found("slope_exact", view) == pytest.approx(PUBLIC["P20"]["grad"][0])
    assert found("estimate_error", view) == pytest.approx(np.square(PUBLIC["P20"]["grad"]).sum())


def test_the_policy_before_the_step_is_the_one_that_is_judged() -> None:
    # One step of any size: the policy that drew the batch is the first one.
    view = after(1, baseline="none", hold=False, alpha_theta=50.0)

    assert found("court_mark_variances", view).tolist() == pytest.approx([0.0018, 0.1152, 0])
    assert found("slope_exact", view) == pytest.approx(0.09)


def test_replicas_that_have_learned_apart_are_averaged() -> None:
    view = after(5, baseline="none", hold=False, alpha_theta=1.0, replicas=64)
    theta = view.latest["theta"] - view.latest["gradient_estimate"].unsqueeze(1)
    p = theta[:, 0].softmax(-1).numpy()

    # One arm pays: Var g = p·2(1 − p)² − 2(p(1 − p))² without a baseline.
    chance = p[:, 0]
    expected = 2 * chance * (1 - chance) ** 2 - 2 * (chance * (1 - chance)) ** 2
    assert len(np.unique(chance)) > 2
    assert found("court_mark_variances", view)[0] == pytest.approx(expected.mean())


def batch(weights: list[float], **config: Any) -> View:
    """A view whose replica 0 weighed a batch with these numbers."""
    view = after(1, world="bandit_3", episodes=len(weights), replicas=2, **config)
    view.latest["batch_advantage"] = torch.tensor([weights, weights], dtype=torch.float64)
    return view


def test_three_good_weights_of_four_come_out_bad() -> None:
    # Mean 4, variance (9 + 4 + 1 + 36)/4 = 12.5.
    view = batch([1.0, 2.0, 3.0, 10.0])

    expected = np.array([-3, -2, -1, 6]) / 12.5**0.5
    np.testing.assert_allclose(found("batch_normalised", view), expected, atol=1e-8)
    assert found("batch_turned", view) == 3
    assert found("batch_sum", view) == 16
    assert found("batch_number", view).tolist() == [1, 2, 3, 4]


def test_equal_weights_become_nothing_and_a_single_one_stays() -> None:
    assert found("batch_normalised", batch([2.0, 2.0])).tolist() == [0, 0]
    assert found("batch_normalised", batch([2.0])).tolist() == [2]


def test_exact_advantages_stand_beside_the_actions() -> None:
    view = batch([0.0] * 64)
    a = view.first("batch_action").astype(int)
    expected = np.array([1.0, 2.0, 4.0])[a] - PUBLIC["P20"]["V"]

    assert len(set(a)) == 3
    np.testing.assert_allclose(found("batch_exact", view), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("sentence", "world", "config"),
    [
        (NO_BONUS, "bandit_2", {"entropy_bonus": 0.1}),
        (NO_TABLE, "gaussian_bandit", {}),
        (OTHER_WEIGHTS, "two_step", {"gamma": 0.5, "discounting": False}),
        (OTHER_WEIGHTS, "two_step", {"gamma": 0.5, "weighting": "whole"}),
        (MANY, "two_step", {"hold": False, "alpha_theta": 1.0, "iterations": 3}),
    ],
)
def test_where_nothing_is_known_the_page_says_so(
    sentence: str, world: str, config: dict[str, Any]
) -> None:
    iterations = config.pop("iterations", 1)

    assert derive("court_variances", after(iterations, world, replicas=8, **config)) == sentence


def test_another_algorithm_has_no_court() -> None:
    view = after(1, replicas=4)
    view.config = type("Config", (), {"gamma": 1.0})()

    assert derive("court_variances", view) == NO_BASELINE
    assert derive("estimate_error", view) == NO_BASELINE


def test_in_two_steps_the_court_is_held_too() -> None:
    view = after(3, "two_step", replicas=4096, baseline="exact_value", gamma=0.5)
    exact = found("baseline_exact", view)[KINDS.index("exact_value")]

    assert found("court_measured", view) == pytest.approx(exact, rel=0.1)
    assert found("slope_exact", view) == pytest.approx(-PUBLIC["P21"]["true_grad"])
