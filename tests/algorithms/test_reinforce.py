"""REINFORCE against exact gradients: its mean, its baselines, and where it ends."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch

from rlviz.derived import derive
from rlviz.exact import gradient_baselines, policy_gradient
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from rlviz.schedules import Schedule
from tests.public import PUBLIC


def estimates(
    world: str, replicas: int, iterations: int, world_config: Any = None, **config: Any
) -> tuple[Run, Any]:
    """Gradients of a policy that is held still, [n, P], as many as replicas times iterations."""
    config["hold"] = True
    spec = RunSpec("reinforce", world, config, world_config or {}, seed=7, replicas=replicas)
    run, found = Run(spec), []
    for _ in range(iterations):
        while not run.pull():
            pass
        found.append(run.recorder.latest["gradient_estimate"].numpy())
    return run, np.concatenate(found)


def assert_mean(found: Any, exact: Any) -> None:
    """Within 4 standard errors; where there is no spread, to rounding."""
    error = found.std(0) / np.sqrt(len(found))
    assert np.all(np.abs(found.mean(0) - exact) <= 4 * error + 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("baseline", ["none", "learned", "exact_value", "optimal"])
@pytest.mark.parametrize(
    ("world", "gamma"), [("bandit_3", 1.0), ("two_step", 0.5), ("key_door", 0.9)]
)
def test_the_sampled_gradient_has_the_exact_one_as_its_mean(
    world: str, gamma: float, baseline: str
) -> None:
    """10⁵ episodes of one policy; no baseline moves the mean."""
    run, found = estimates(
        world, 1024, 13, gamma=gamma, baseline=baseline, episodes=8, alpha_w=0.0001
    )

    assert_mean(found, derive("exact_gradient", run.view()))


@pytest.mark.slow
def test_without_the_discount_of_time_its_mean_is_another_direction() -> None:
    """P21: +1/16 is the slope, and −1/8 is what the printed formula goes along."""
    _, found = estimates("two_step", 1024, 13, gamma=0.5, discounting=False)

    assert_mean(found[:, 1:], PUBLIC["P21"]["printed_formula_grad"])


@pytest.mark.slow
def test_the_whole_return_has_the_same_mean_and_a_larger_spread_where_the_past_is_noise() -> None:
    """Only the first answer pays: for the second one that is noise."""
    paid = {"reward_2": 0.0}
    run, whole = estimates("two_step", 1024, 13, paid, gamma=1.0, weighting="whole")
    _, to_go = estimates("two_step", 1024, 13, paid, gamma=1.0, weighting="to_go")
    exact = derive("exact_gradient", run.view())

    assert_mean(whole, exact)
    assert_mean(to_go, exact)
    assert whole.var(0).sum() > 1.05 * to_go.var(0).sum()


@pytest.mark.parametrize(("baseline", "b"), [("none", 0.0), ("exact_value", 0.9), ("optimal", 0.1)])
def test_the_spread_of_the_estimates_is_the_exact_one(baseline: str, b: float) -> None:
    """P19 on two arms, π = (.9, .1) and r = (1, 0): V is a worse baseline than none."""
    run, found = estimates("bandit_2", 1024, 12, baseline=baseline, episodes=1)
    policy = policy_gradient.softmax(run.truth.world.statics["first_preference"])[0]
    exact = gradient_baselines.estimator_variance(policy, np.array([1.0, 0.0]), b)

    assert found.var(0).sum() == pytest.approx(exact, rel=0.1, abs=1e-12)


def test_a_batch_mean_of_one_episode_leaves_nothing() -> None:
    _, found = estimates("bandit_3", 16, 5, baseline="batch_mean", episodes=1)

    assert np.abs(found).max() == 0


def test_the_gaussian_gradient_is_that_of_the_quadrature() -> None:
    run, found = estimates("gaussian_bandit", 1024, 12, episodes=8, baseline="exact_value")

    assert_mean(found, derive("exact_gradient", run.view()))


def test_one_step_is_what_a_loop_over_the_samples_gives() -> None:
    """θ + α mean_e Σ_t γ^t (G_t − b) ∇log π, summed by hand over the beats of one copy."""
    spec = RunSpec(
        "reinforce",
        "two_step",
        {"episodes": 1, "gamma": 0.5, "alpha_theta": 0.3},
        seed=3,
        replicas=1,
    )
    run, steps = Run(spec), []
    theta = run.state.actor["theta"][0, 0].clone()
    while not run.pull():
        latest = run.recorder.latest
        if run.recorder.beat_name == "collect":
            steps.append((int(latest["action"][0]), float(latest["reward"][0])))
    policy, expected = torch.softmax(theta, 0), theta.clone()
    for t, (action, _) in enumerate(steps):
        to_go = sum(0.5**k * reward for k, (_, reward) in enumerate(steps[t:]))
        score = torch.eye(2, dtype=torch.float64)[action] - policy
        expected += 0.3 * 0.5**t * to_go * score

    torch.testing.assert_close(run.state.actor["theta"][0, 0], expected)


@pytest.mark.slow
def test_the_short_corridor_ends_at_the_best_draw() -> None:
    """P08: p* = 2 − √2 and −11.66 from a poor first policy, in every replica."""
    alpha = Schedule("linear", 0.02, 0.001, 250)
    config = {"alpha_theta": alpha, "baseline": "learned", "alpha_w": 0.5, "episodes": 16}
    world = {"first_probability": 0.8, "time_limit": 300}
    run = Run(RunSpec("reinforce", "short_corridor", config, world, seed=1, replicas=16))
    run.advance(time.perf_counter() + 120, 250)
    found = derive("policy_objective", run.view())
    policy = derive("shown_policy", run.view())

    assert isinstance(found, np.ndarray)
    assert isinstance(policy, np.ndarray)
    assert found.mean() == pytest.approx(PUBLIC["P08"]["J_star"], abs=0.1)
    assert found.max() <= PUBLIC["P08"]["J_star"] + 1e-9
    assert policy[0, 1] == pytest.approx(PUBLIC["P08"]["p_star"], abs=0.08)
