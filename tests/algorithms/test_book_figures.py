"""Figures 6.2 and 6.3 of Sutton & Barto 2018: others' numbers, within 4 standard errors."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlviz.exact import dynamic_programming as dp
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.algorithms.test_learning import LAST, returns_by_replica

REPLICAS = 100
TRUE = torch.arange(1, 6, dtype=torch.float64) / 6  # of the five states of the walk


def cliff(name: str, **config: float) -> Run:
    return Run(RunSpec(name, "cliff_walking", seed=13, replicas=REPLICAS, config=config), raw=True)


def greedy_returns(run: Run) -> NDArray[np.float64]:
    """Of the greedy policy of every replica, [B]; one that loops is cut by the time limit."""
    world = run.truth.world
    return np.array([dp.limited_return(world, dp.greedy(q)) for q in run.state.q.numpy()])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected", "error"),
    [("sarsa", -22.5, 0.5), ("q_learning", -47.6, 0.8), ("expected_sarsa", -21.8, 0.2)],
)
def test_returns_on_the_cliff_with_a_small_step(name: str, expected: float, error: float) -> None:
    each = returns_by_replica(cliff(name, alpha=0.1))[:, -LAST:].mean(axis=1)
    own = each.std(ddof=1) / math.sqrt(REPLICAS)

    assert abs(each.mean() - expected) < 4 * math.hypot(error, own)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "alpha", "expected", "error"),
    [
        ("sarsa", 0.5, -31.8, 0.4),
        ("q_learning", 0.5, -53.2, 0.3),
        ("expected_sarsa", 1.0, -23.4, 0.1),
    ],
)
def test_mean_return_of_a_thousand_episodes(
    name: str, alpha: float, expected: float, error: float
) -> None:
    each = returns_by_replica(cliff(name, alpha=alpha), 1000).mean(axis=1)
    own = each.std(ddof=1) / math.sqrt(REPLICAS)

    assert abs(each.mean() - expected) < 4 * math.hypot(error, own)


@pytest.mark.slow
def test_which_path_each_method_prefers_in_the_end() -> None:
    """With α = ½ SARSA's table wavers: its greedy policy goes round by 17 in 83 %, loops in 12."""
    paths = {}
    for name in ("sarsa", "expected_sarsa"):
        run = cliff(name)
        returns_by_replica(run)
        paths[name] = greedy_returns(run)
    of_shares = 4 * math.sqrt(2 / REPLICAS)  # both are shares of a hundred or so replicas

    np.testing.assert_allclose(paths["expected_sarsa"], -15.0, atol=1e-9)
    safe, loops = np.isclose(paths["sarsa"], -17), paths["sarsa"] < -30
    assert abs(safe.mean() - 0.83) < of_shares * math.sqrt(0.83 * 0.17)
    assert abs(loops.mean() - 0.12) < of_shares * math.sqrt(0.12 * 0.88)


def batch_errors(method: str, episodes: int) -> NDArray[np.float64]:
    """RMS error of every replica when the batch has been swept until nothing moves, [B]."""
    config = {"method": method, "episodes": episodes, "alpha": 0.5, "initial_value": 0.5}
    spec = RunSpec("batch_prediction", "random_walk_5", seed=3, replicas=REPLICAS, config=config)
    run = Run(spec)
    before = torch.zeros(0)
    while not torch.equal(before, run.state.v):
        before = run.state.v.clone()
        run.advance(time.perf_counter() + 60, run.iteration + 500)
    gap = (run.state.v[:, 1:6] - TRUE).square().mean(1).sqrt()
    errors: NDArray[np.float64] = gap.numpy()
    return errors


@pytest.mark.slow
@pytest.mark.parametrize("episodes", [10, 25, 100])
def test_batch_td_beats_batch_monte_carlo(episodes: int) -> None:
    """Monte Carlo fits its batch best and yet is worse on the walk itself (figure 6.2)."""
    better = batch_errors("mc", episodes) - batch_errors("td", episodes)

    assert better.mean() > 4 * better.std(ddof=1) / math.sqrt(REPLICAS)
