"""Three states that go on for ever, and two policies of them: what a bound is tried on.

Each action of each state leads to all states by chance. Beside the policy with which learning
begins the world has a second one, so that what changes from one to the other can be counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import TimeLimit
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Three states"
SUMMARY = (
    "Three states, two actions, chance in every step and no end. "
    "Another policy changes not only what is done, but also where one is."
)
ACTIONS = ("first", "second")
PROBABILITY = [  # [state][action][next state]
    [[0.0, 0.8, 0.2], [0.3, 0.0, 0.7]],
    [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]],
    [[0.6, 0.0, 0.4], [0.0, 0.9, 0.1]],
]
REWARD = [[1.0, 0.0], [0.0, 2.0], [-1.0, 0.5]]  # [state][action]
FIRST = [[0.0, 0.2], [0.5, 0.0], [-0.3, 0.1]]  # preferences with which learning begins
SECOND = [[0.2, 0.1], [0.2, 0.2], [-0.2, 0.5]]  # those of the other policy


@dataclass(frozen=True)
class Config:
    """When an episode is cut."""

    time_limit: TimeLimit = 40


def make(config: Config) -> TabularWorld:
    """The tables, 3 states in a row and 2 actions."""
    p = np.array(PROBABILITY)
    kind = [gridworld.START, gridworld.FLOOR, gridworld.FLOOR]
    return TabularWorld(
        name="three_state",
        next_state=np.broadcast_to(np.arange(3), p.shape).copy(),
        reward=np.broadcast_to(np.array(REWARD)[:, :, None], p.shape).copy(),
        probability=p,
        terminal=np.zeros(3, dtype=bool),
        start=np.array([1.0, 0.0, 0.0]),
        time_limit=config.time_limit,
        statics={
            "grid_shape": np.array([1, 3], dtype=np.int32),
            "cell_kind": np.array(kind, dtype=np.int32),
            "first_preference": np.array(FIRST),
            "second_preference": np.array(SECOND),
        },
    )
