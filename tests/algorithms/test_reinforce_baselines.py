"""REINFORCE with each baseline against the plain sum over its batch, and what it learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlviz.derived import derive
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec

PAID = np.array([1.0, 2.0, 4.0])


def run_of(world: str, **changes: Any) -> Run:
    replicas, place = changes.pop("replicas", 4), changes.pop("world_config", {})
    return Run(RunSpec("reinforce", world, changes, place, seed=2, replicas=replicas))


def to(run: Run, iteration: int) -> Run:
    while run.iteration < iteration:
        run.pull()
    return run


@pytest.mark.parametrize("kind", ["none", "constant", "batch_mean", "exact_value", "action_value"])
def test_the_gradient_is_the_mean_of_score_times_weight(kind: str) -> None:
    settings = {"baseline": kind, "constant_baseline": 1.5, "episodes": 6, "hold": True}
    latest = to(run_of("bandit_3", **settings), 1).view().latest
    theta = latest["theta"][:, 0].numpy()
    p = np.exp(theta) / np.exp(theta).sum(1, keepdims=True)
    for replica, actions in enumerate(latest["batch_action"].numpy()):
        returns = PAID[actions]
        b = {
            "none": 0.0,
            "constant": 1.5,
            "batch_mean": returns.mean(),
            "exact_value": p[replica] @ PAID,
            "action_value": returns,
        }[kind]
        scores = np.eye(3)[actions] - p[replica]
        expected = (scores * (returns - b)[:, None]).mean(0)

        np.testing.assert_allclose(latest["gradient_estimate"][replica], expected, atol=1e-12)
        np.testing.assert_allclose(latest["batch_advantage"][replica], returns - b, atol=1e-12)


def test_a_number_for_each_replica_is_a_sweep() -> None:
    several = [0.0, 1.0, 2.0, 3.0]
    run = run_of("bandit_3", baseline="constant", constant_baseline=several, episodes=2)

    assert to(run, 1).view().latest["sample_baseline"].tolist() == several


def test_the_value_of_an_action_that_is_any_number_is_what_it_pays() -> None:
    # Without noise a return is exactly Q(s, a): nothing is left.
    run = to(run_of("gaussian_bandit", baseline="action_value", episodes=4), 1)

    assert run.view().latest["batch_advantage"].abs().max() < 1e-12


def test_in_many_steps_the_value_of_the_action_leaves_only_chance() -> None:
    # Two steps: G_0 − Q(s, a_0) is γ·(r_2 − E[r_2]), and at the second step nothing.
    run = to(run_of("two_step", baseline="action_value", gamma=0.5, episodes=8, hold=True), 1)
    latest = run.view().latest
    second = latest["trajectory_reward"][:, 1]

    expected = 0.5 * (second - (-0.75))
    torch.testing.assert_close(latest["trajectory_advantage"][:, 0], expected)
    torch.testing.assert_close(latest["trajectory_advantage"][:, 1], torch.zeros(4).double())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_where_all_rewards_are_high_a_learned_value_is_needed(seed: int) -> None:
    place = {"reward_1": 21.0, "reward_2": 22.0, "reward_3": 24.0}
    ends = {}
    for kind in ("none", "learned", "action_value"):
        config = {"baseline": kind, "alpha_theta": 0.1, "alpha_w": 0.1}
        run = Run(RunSpec("reinforce", "bandit_3", config, place, seed=seed, replicas=64))
        ends[kind] = np.asarray(derive("policy_objective", to(run, 200).view())).mean()

    assert ends["learned"] > 23.9
    assert ends["none"] < 23.7
    assert ends["action_value"] == pytest.approx(22.487068833)
