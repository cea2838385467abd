"""Three tokens with a reward each: a sequence of them is worth the mean of its rewards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import Reward1, Reward2, Reward3, RewardNoise
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Three tokens"
SUMMARY = (
    "One state and three tokens to draw from. "
    "However long a sequence is, its value is the mean reward of its tokens."
)
ACTIONS = ("1", "2", "3")


@dataclass(frozen=True, eq=False)
class TokenWorld(TabularWorld):
    """A world of one state that never ends, from which whole sequences are drawn at once."""


@dataclass(frozen=True)
class Config:
    """What each token pays."""

    reward_1: Reward1 = 1.0
    reward_2: Reward2 = 2.0
    reward_3: Reward3 = 4.0
    reward_noise: RewardNoise = 0.0


def make(config: Config) -> TokenWorld:
    """The tables, 1 state and 3 actions."""
    rewards, noise = (config.reward_1, config.reward_2, config.reward_3), config.reward_noise
    return TokenWorld(
        name="three_tokens",
        next_state=np.zeros((1, 3, 1), dtype=np.int64),
        reward=np.array([rewards])[:, :, None],
        probability=np.ones((1, 3, 1)),
        terminal=np.array([False]),
        start=np.array([1.0]),
        time_limit=100,
        reward_sd=None if noise == 0 else np.full((1, 3), noise),
        statics={
            "grid_shape": np.array([1, 1], dtype=np.int32),
            "cell_kind": np.array([gridworld.START], dtype=np.int32),
        },
    )
