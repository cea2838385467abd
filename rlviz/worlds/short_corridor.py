"""The short corridor with switched actions (Sutton & Barto 2018, example 13.1).

Three cells that look alike; in the second one the two moves are exchanged. Whoever sees no
difference does best by going right with p* = 2 − √2, and then needs 6 + 4√2 steps on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import FirstProbability, TimeLimit
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Short corridor"
SUMMARY = (
    "Three cells that look alike, and in the middle one left is right. "
    "Always left or always right never arrives: the best policy draws."
)
ACTIONS = ("left", "right")
NEXT = [[0, 1], [2, 0], [1, 3], [3, 3]]  # [state][action]


@dataclass(frozen=True)
class Config:
    """Where a policy begins, and when an episode is cut."""

    first_probability: FirstProbability = 0.95
    time_limit: TimeLimit = 1000


def make(config: Config) -> TabularWorld:
    """The tables, 4 cells in a row that are seen as one, and 2 moves."""
    p = config.first_probability
    kind = [gridworld.START, gridworld.FLOOR, gridworld.FLOOR, gridworld.GOAL]
    return TabularWorld(
        name="short_corridor",
        next_state=np.array(NEXT, dtype=np.int64)[:, :, None],
        reward=np.array([[-1.0, -1.0]] * 3 + [[0.0, 0.0]])[:, :, None],
        probability=np.ones((4, 2, 1)),
        terminal=np.array([False, False, False, True]),
        start=np.array([1.0, 0.0, 0.0, 0.0]),
        time_limit=config.time_limit,
        observed=np.zeros(4, dtype=np.int64),
        statics={
            "grid_shape": np.array([1, 4], dtype=np.int32),
            "cell_kind": np.array(kind, dtype=np.int32),
            "first_preference": np.log([[p, 1 - p]]),
        },
    )
