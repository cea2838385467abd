"""A bandit whose arm is any number: a high narrow bump of reward, and a low broad one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from rlviz.hyperparameters import Hint, InTray, Range, Reward1, Reward2, RewardNoise, Symbol, Title
from rlviz.worlds import continuous
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "Gaussian bandit"
SUMMARY = (
    "An action is any number, and a policy is a bell curve over numbers. "
    "The high bump is narrow, the low one is broad: who looks too closely finds the wrong one."
)
ACTIONS = ("draw",)
CENTRES, WIDTHS = (2.0, -2.0), (0.5, 1.5)
Mean = Annotated[
    float,
    Range(-5.0, 5.0),
    Symbol("μ₀"),
    Title("first mean"),
    Hint("begins at the broad bump", "begins at the narrow one"),
    InTray("world"),
]
Deviation = Annotated[
    float,
    Range(0.05, 5.0, log=True),
    Symbol("σ₀"),
    Title("first standard deviation"),
    Hint("looks at one place", "looks everywhere"),
    InTray("world"),
]


@dataclass(frozen=True)
class Config:
    """How high the bumps are, and where a policy begins."""

    reward_1: Reward1 = 2.0
    reward_2: Reward2 = 1.0
    first_mean: Mean = 0.0
    first_deviation: Deviation = 1.0
    reward_noise: RewardNoise = 0.0


def make(config: Config) -> ContinuousBandit:
    """One state, and two bumps of reward over the numbers."""
    heights = (config.reward_1, config.reward_2)
    return continuous.make(
        "gaussian_bandit",
        np.array([heights, CENTRES, WIDTHS]).T,
        noise=config.reward_noise,
        mean=config.first_mean,
        deviation=config.first_deviation,
    )
