"""A bandit whose action is any number: what it pays is a sum of bumps.

A class of their own, because a policy for them is a density and no table.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from rlviz.worlds import gridworld
from rlviz.worlds.tabular import Tables, TabularWorld


@dataclass(frozen=True, eq=False)
class ContinuousBandit(TabularWorld):
    """One step from the start to the end; `bumps` says what it pays."""

    bumps: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))  # h, c, w

    def paid(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each number pays on average, [...]."""
        height, centre, width = self.bumps.T
        away = (action[..., None] - centre) / width
        return np.asarray((height * np.exp(-np.square(away) / 2)).sum(-1))

    def on(self, device: torch.device | str) -> Tables:
        """The tables, and the bumps beside them."""
        return replace(super().on(device), bumps=torch.from_numpy(self.bumps).to(device))


def make(
    name: str, bumps: NDArray[np.float64], *, noise: float, mean: float, deviation: float
) -> ContinuousBandit:
    """That bandit; a Gaussian policy begins with this mean and standard deviation."""
    return ContinuousBandit(
        name=name,
        next_state=np.ones((2, 1, 1), dtype=np.int64),
        reward=np.zeros((2, 1, 1)),
        probability=np.ones((2, 1, 1)),
        terminal=np.array([False, True]),
        start=np.array([1.0, 0.0]),
        time_limit=1,
        reward_sd=None if noise == 0 else np.array([[noise], [0.0]]),
        observed=np.zeros(2, dtype=np.int64),
        bumps=bumps,
        statics={
            "grid_shape": np.array([1, 2], dtype=np.int32),
            "cell_kind": np.array([gridworld.START, gridworld.GOAL], dtype=np.int32),
            "first_preference": np.array([[mean, np.log(deviation)]]),
        },
    )
