"""A fork: one state, two futures. Where chance decides, the full gradient of δ² goes astray."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import TimeLimit
from rlviz.worlds.tabular import TabularWorld

TITLE = "A fork"
SUMMARY = (
    "From A chance leads to B or to C, as often to the one as to the other. After B comes 1, after "
    "C comes 0, and the episode is over. So A is worth 1/2, B 1 and C 0."
)
ACTIONS = ("on",)
A, B, C, END = range(4)


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    time_limit: TimeLimit = 10


def make(config: Config) -> TabularWorld:
    """The tables, 4 states and 1 action."""
    to = np.array([[B, C], [END, END], [END, END], [END, END]])[:, None, :]
    paid = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])[:, None, :]
    return TabularWorld(
        name="a_split",
        next_state=to,
        reward=paid,
        probability=np.full(to.shape, 0.5),
        terminal=np.arange(4) == END,
        start=(np.arange(4) == A).astype(np.float64),
        time_limit=config.time_limit,
        statics={
            "grid_shape": np.array([1, 4], dtype=np.int32),
            "cell_kind": np.array([2, 0, 0, 3], dtype=np.int32),
        },
    )
