"""Bandits as episodes of one step: a start, its arms, and the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld


def make(
    name: str, rewards: Sequence[float], preferences: Sequence[float], *, noise: float
) -> TabularWorld:
    """The tables, 2 states and an arm for each reward; a policy begins with these preferences."""
    arms = len(rewards)
    paid = np.array([rewards, np.zeros(arms)])[:, :, None]
    return TabularWorld(
        name=name,
        next_state=np.ones((2, arms, 1), dtype=np.int64),
        reward=paid,
        probability=np.ones((2, arms, 1)),
        terminal=np.array([False, True]),
        start=np.array([1.0, 0.0]),
        time_limit=1,
        reward_sd=None if noise == 0 else np.array([[noise] * arms, [0.0] * arms]),
        observed=np.zeros(2, dtype=np.int64),
        statics={
            "grid_shape": np.array([1, 2], dtype=np.int32),
            "cell_kind": np.array([gridworld.START, gridworld.GOAL], dtype=np.int32),
            "first_preference": np.array([preferences]),
        },
    )
