"""Two arms and one step: the smallest world in which a policy has a gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import FirstProbability, Reward1, Reward2, RewardNoise
from rlviz.worlds import one_step
from rlviz.worlds.tabular import TabularWorld

TITLE = "Two arms"
SUMMARY = (
    "One step, two arms, two rewards. "
    "Every mean and every variance of a gradient estimate is a sum of two terms."
)
ACTIONS = ("1", "2")


@dataclass(frozen=True)
class Config:
    """Defaults are the case in which V is a worse baseline than none."""

    reward_1: Reward1 = 1.0
    reward_2: Reward2 = 0.0
    first_probability: FirstProbability = 0.9
    reward_noise: RewardNoise = 0.0


def make(config: Config) -> TabularWorld:
    """The tables, 2 states and 2 arms."""
    p = config.first_probability
    preferences = (float(np.log(p)), float(np.log1p(-p)))
    rewards = (config.reward_1, config.reward_2)
    return one_step.make("bandit_2", rewards, preferences, noise=config.reward_noise)
