"""Arms and what they cost, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rlviz.exact import bandits
from rlviz.worlds.bandits import BanditWorld


def three_arms() -> BanditWorld:
    """Arms that pay 1, either 0 or 4 evenly, and 2."""
    return BanditWorld(
        name="three",
        next_state=np.zeros((1, 3, 2), dtype=np.int64),
        reward=np.array([[[1.0, 1.0], [0.0, 4.0], [2.0, 2.0]]]),
        probability=np.full((1, 3, 2), 0.5),
        terminal=np.array([False]),
        start=np.ones(1),
        time_limit=100,
    )


def test_an_arm_is_worth_its_mean_reward() -> None:
    # 1; 0.5·0 + 0.5·4 = 2; 2.
    np.testing.assert_allclose(bandits.arm_means(three_arms()), [[1, 2, 2]])


def test_a_pull_costs_what_the_best_arm_pays_more() -> None:
    np.testing.assert_allclose(bandits.gaps(three_arms()), [[1, 0, 0]])


def test_arms_that_are_equally_good_share() -> None:
    assert bandits.solution(three_arms()).greedy.tolist() == [[0, 0.5, 0.5]]
    assert bandits.solution(three_arms()).v == pytest.approx(2)
