"""Two states: A always leads to B, and B pays 1 in three cases of four (S&B 2018, example 6.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import TimeLimit
from rlviz.worlds.tabular import TabularWorld

TITLE = "A and B"
SUMMARY = (
    "One episode in eight begins in A, the others in B. A leads to B and pays nothing; B ends the "
    "episode and pays 1 three times out of four. Both are worth 0.75."
)
ACTIONS = ("on",)
A, B, END = range(3)


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    time_limit: TimeLimit = 10


def make(config: Config) -> TabularWorld:
    """The tables, 3 states and 1 action."""
    to = np.array([[B, B], [END, END], [END, END]])[:, None, :]
    paid = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])[:, None, :]
    return TabularWorld(
        name="ab_episodes",
        next_state=to,
        reward=paid,
        probability=np.broadcast_to([0.75, 0.25], to.shape).copy(),
        terminal=np.arange(3) == END,
        start=np.array([1 / 8, 7 / 8, 0.0]),
        time_limit=config.time_limit,
        statics={
            "grid_shape": np.array([1, 3], dtype=np.int32),
            "cell_kind": np.array([2, 2, 3], dtype=np.int32),
        },
    )
