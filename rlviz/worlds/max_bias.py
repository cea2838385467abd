"""Maximisation bias (Sutton & Barto 2018, example 6.7): a noisy detour that looks like a win.

Going right from A ends with nothing. Going left leads to B, where each of ten actions ends with a
reward that is −0.1 on average and has a standard deviation of 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import TimeLimit
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Maximisation bias"
SUMMARY = (
    "Right ends with 0; left leads to ten actions that pay −0.1 on average, with noise. "
    "The best of ten noisy estimates is nearly always too high, so left looks better than it is."
)
ACTIONS = ("left", "right", *(str(i) for i in range(3, 11)))
END, B, A, OTHER_END = range(4)  # the row from left to right
MEAN, DEVIATION = -0.1, 1.0


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    time_limit: TimeLimit = 100


def make(config: Config) -> TabularWorld:
    """The tables, 4 states in a row and 10 actions, two of them in A."""
    n = len(ACTIONS)
    moved = np.repeat([END, END, OTHER_END, OTHER_END], n).reshape(4, n, 1)
    moved[A, 0] = B
    reward, deviation = np.zeros((4, n, 1)), np.zeros((4, n))
    reward[B], deviation[B] = MEAN, DEVIATION
    kind = [gridworld.GOAL, gridworld.FLOOR, gridworld.START, gridworld.GOAL]
    return TabularWorld(
        name="max_bias",
        next_state=moved,
        reward=reward,
        probability=np.ones(moved.shape),
        terminal=np.array([True, False, False, True]),
        start=np.eye(4)[A],
        time_limit=config.time_limit,
        n_allowed=np.array([n, n, 2, n]),
        reward_sd=deviation,
        statics={
            "grid_shape": np.array([1, 4], dtype=np.int32),
            "cell_kind": np.array(kind, dtype=np.int32),
        },
    )
