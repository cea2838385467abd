"""Three arms and one step: its policies fill a triangle, so that they can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

from rlviz.hyperparameters import (
    Preference1,
    Preference2,
    Preference3,
    Reward1,
    Reward2,
    Reward3,
    RewardNoise,
)
from rlviz.worlds import one_step
from rlviz.worlds.tabular import TabularWorld

TITLE = "Three arms"
SUMMARY = (
    "One step, three arms. A policy is a point in a triangle, "
    "and the expected reward is a plane above it."
)
ACTIONS = ("1", "2", "3")


@dataclass(frozen=True)
class Config:
    """What each arm pays, and where a policy begins."""

    reward_1: Reward1 = 1.0
    reward_2: Reward2 = 2.0
    reward_3: Reward3 = 4.0
    preference_1: Preference1 = 0.2
    preference_2: Preference2 = -0.1
    preference_3: Preference3 = 0.4
    reward_noise: RewardNoise = 0.0


def make(config: Config) -> TabularWorld:
    """The tables, 2 states and 3 arms."""
    rewards = (config.reward_1, config.reward_2, config.reward_3)
    preferences = (config.preference_1, config.preference_2, config.preference_3)
    return one_step.make("bandit_3", rewards, preferences, noise=config.reward_noise)
