"""Two steps that look alike, in which dropping γ^t turns the policy gradient round.

Saying yes pays at the first step and costs at the second. Below γ = 2/3 it is worth it, and the
formula without γ^t, which weighs both steps equally, says that it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import FirstProbability, Reward1, Reward2
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Two steps"
SUMMARY = (
    "Yes pays 1 now and costs 1.5 at the next step, and both steps look alike. "
    "What a discount is worth decides, if it is not forgotten."
)
ACTIONS = ("no", "yes")


@dataclass(frozen=True)
class Config:
    """What yes pays at each of the two steps, and where a policy begins."""

    reward_1: Reward1 = 1.0
    reward_2: Reward2 = -1.5
    first_probability: FirstProbability = 0.5


def make(config: Config) -> TabularWorld:
    """The tables, 3 cells in a row, two of them seen as one, and 2 answers."""
    p = config.first_probability
    kind = [gridworld.START, gridworld.FLOOR, gridworld.GOAL]
    paid = np.array([[0.0, config.reward_1], [0.0, config.reward_2], [0.0, 0.0]])
    return TabularWorld(
        name="two_step",
        next_state=np.array([[1, 1], [2, 2], [2, 2]], dtype=np.int64)[:, :, None],
        reward=paid[:, :, None],
        probability=np.ones((3, 2, 1)),
        terminal=np.array([False, False, True]),
        start=np.array([1.0, 0.0, 0.0]),
        time_limit=2,
        observed=np.zeros(3, dtype=np.int64),
        statics={
            "grid_shape": np.array([1, 3], dtype=np.int32),
            "cell_kind": np.array(kind, dtype=np.int32),
            "first_preference": np.log([[p, 1 - p]]),
        },
    )
