"""The ten-armed bandit (Sutton & Barto 2018, section 2.3).

The mean of each arm is drawn once from a normal distribution, by the number of the instance; a
pull adds normal noise with a standard deviation of 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import Instance, TimeLimit
from rlviz.worlds.bandits import BanditWorld

TITLE = "Ten-armed bandit"
SUMMARY = (
    "Ten arms, each with a mean of its own and noise as large as the differences. "
    "Who never tries never finds the best one; who tries for ever pays for it."
)
ARMS = 10
ACTIONS = tuple(str(arm) for arm in range(1, ARMS + 1))


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    instance: Instance = 0
    time_limit: TimeLimit = 1000


def make(config: Config) -> BanditWorld:
    """The tables, 1 state and 10 arms."""
    means = np.random.default_rng(config.instance).normal(size=(1, ARMS, 1))
    return BanditWorld(
        name="bandit_10",
        next_state=np.zeros(means.shape, dtype=np.int64),
        reward=means,
        probability=np.ones(means.shape),
        terminal=np.array([False]),
        start=np.ones(1),
        time_limit=config.time_limit,
        reward_sd=np.ones((1, ARMS)),
    )
