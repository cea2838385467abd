"""Known answers on the cliff: facts that others measured too, within 4 standard errors."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from rlviz.exact import dynamic_programming as dp
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec

EPISODES, LAST = 500, 100


def returns_by_replica(run: Run, episodes: int = EPISODES) -> NDArray[np.float64]:
    """Returns of the first episodes of every replica, [B, episodes]."""
    found: list[list[float]] = [[] for _ in range(run.spec.replicas)]
    done = 0
    while min(map(len, found)) < episodes:
        run.advance(time.perf_counter() + 120, run.iteration + 2000)
        run.recorder.flush()
        events = run.recorder.raw["episode_return"]
        for _, row in events[done:]:
            for replica in np.flatnonzero(~np.isnan(row)):
                found[replica].append(float(row[replica]))
        done = len(events)
    return np.array([returns[:episodes] for returns in found])


def mean_and_error(returns: NDArray[np.float64]) -> tuple[float, float]:
    """Mean over episodes 401-500, and its standard error over replicas."""
    each = returns[:, -LAST:].mean(axis=1)
    return float(each.mean()), float(each.std(ddof=1) / math.sqrt(len(each)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected", "error"),
    [("sarsa", -26.4, 0.5), ("q_learning", -49.7, 0.8), ("expected_sarsa", -20.5, 0.2)],
)
def test_returns_on_the_cliff(name: str, expected: float, error: float) -> None:
    run = Run(RunSpec(name, "cliff_walking", seed=11, replicas=100), raw=True)
    mean, own_error = mean_and_error(returns_by_replica(run))

    assert abs(mean - expected) < 4 * math.hypot(error, own_error)


@pytest.mark.slow
def test_q_learning_ends_with_the_shortest_path_in_every_replica() -> None:
    run = Run(RunSpec("q_learning", "cliff_walking", seed=11, replicas=100), raw=True)
    returns_by_replica(run)
    world = run.truth.world
    returns = [dp.limited_return(world, dp.greedy(q)) for q in run.state.q.numpy()]

    np.testing.assert_allclose(returns, -13.0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["q_learning", "sarsa"])
def test_the_goal_of_the_room_is_found_in_every_replica(name: str, seed: int) -> None:
    run = Run(RunSpec(name, "room", seed=seed, replicas=8, config={"epsilon": 0.05}))
    run.advance(time.perf_counter() + 60, 20_000)
    world = run.truth.world
    best = dp.limited_return(world, dp.greedy(dp.best_policy(world, 1.0).q))
    returns = np.array([dp.limited_return(world, dp.greedy(q)) for q in run.state.q.numpy()])

    # SARSA's table wavers with the walk that it is after: its greedy path may be a little longer.
    assert np.median(returns) >= best - (0 if name == "q_learning" else 4)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "share"), [("q_learning", 0.01), ("sarsa", 0.3)])
def test_the_table_comes_close_to_its_own_truth(name: str, share: float) -> None:
    # Much exploration, so that the pairs at the edge are visited often enough. With a constant
    # step SARSA's table wavers with its own walk, so the last 20 points are taken together.
    config = {"alpha": 0.1, "epsilon": 0.5}
    run = Run(RunSpec(name, "cliff_walking", seed=5, replicas=32, config=config))
    run.advance(time.perf_counter() + 120, 60_000)
    distance = run.recorder.curves["truth_distance"].columns()[2]

    assert distance[-20:].mean() < share * distance[0]


@pytest.mark.slow
def test_sarsa_finds_its_way_through_the_wind() -> None:
    # 170 episodes take 8169 ± 34 steps, and episodes 401-500 have 20.3 ± .25 steps on average.
    run = Run(RunSpec("sarsa", "windy", seed=11, replicas=100), raw=True)
    steps = -returns_by_replica(run)  # each step costs 1
    for each, expected, error in (
        (steps[:, :170].sum(axis=1), 8169, 34),
        (steps[:, -LAST:].mean(axis=1), 20.3, 0.25),
    ):
        own_error = each.std(ddof=1) / math.sqrt(len(each))

        assert abs(each.mean() - expected) < 4 * math.hypot(error, own_error)


def test_truncation_is_not_termination() -> None:
    """With a limit of 10 steps the last state still has a future, so no value stops at −1."""
    spec = RunSpec(
        "q_learning",
        "cliff_walking",
        seed=2,
        replicas=16,
        world_config={"time_limit": 10},
        config={"alpha": 1.0, "epsilon": 1.0},
    )
    run = Run(spec)
    cut = 0
    for _ in range(400):
        while not run.pull():
            pass
        latest = run.recorder.latest
        for b in np.flatnonzero(latest["truncated"].numpy()):
            target = latest["reward"][b] + latest["q_next"][b].max()
            assert latest["q_new"][b] == target
            cut += latest["q_next"][b].max() != 0

    assert cut > 20
