"""Estimates, counts and regret of a bandit, against plain sums."""

from __future__ import annotations

import time

import numpy as np
import pytest

from rlviz.exact import bandits
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec

BEHAVIOURS = ["epsilon_greedy", "softmax", "ucb"]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_estimates_are_means_and_regret_is_the_sum_of_gaps(behaviour: str) -> None:
    config = {"behaviour": behaviour}
    run = Run(RunSpec("bandit_values", "bandit_10", seed=2, replicas=2, config=config))
    paid: dict[int, list[float]] = {}
    for item in run._stream:
        if item is None:
            if run.iteration >= 200:
                break
        elif item[0] == "act":
            paid.setdefault(int(item[1]["action"][0]), []).append(float(item[1]["reward"][0]))
    lost = bandits.gaps(run.truth.world)[0]

    for arm, rewards in paid.items():
        assert run.state.q[0, 0, arm].item() == pytest.approx(np.mean(rewards))
        assert run.state.pulls[0, 0, arm].item() == len(rewards)
    expected = sum(lost[arm] * len(rewards) for arm, rewards in paid.items())
    assert run.state.regret[0].item() == pytest.approx(expected)


def test_ucb_tries_every_arm_once_before_any_twice() -> None:
    config = {"behaviour": "ucb"}
    run = Run(RunSpec("bandit_values", "bandit_10", seed=2, replicas=4, config=config))
    run.advance(time.perf_counter() + 60, 10)

    assert (run.state.pulls == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_best_arm_is_found_more_often_than_by_chance(behaviour: str) -> None:
    config = {"behaviour": behaviour}
    run = Run(RunSpec("bandit_values", "bandit_10", seed=2, replicas=200, config=config))
    run.advance(time.perf_counter() + 60, 1000)

    assert run.recorder.summary()["optimal_share"]["mean_last_100"] > 0.6
