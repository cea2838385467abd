"""One state and three returns, equally likely: the smallest thing that one can take a sample of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from rlviz.hyperparameters import Hint, InTray, Range, TimeLimit, Title
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Three returns"
SUMMARY = (
    "Every episode is one step and returns one of three numbers, each with probability 1/3. "
    "The value of the only state is their mean."
)
ACTIONS = ("draw",)

_Return = (Range(-100.0, 100.0), Hint("pulls the mean down", "pulls the mean up"), InTray("world"))
Return1 = Annotated[float, *_Return, Title("first return")]
Return2 = Annotated[float, *_Return, Title("second return")]
Return3 = Annotated[float, *_Return, Title("third return")]


@dataclass(frozen=True)
class Config:
    """Their mean is 44/3 and their variance 1448/9."""

    return_1: Return1 = 2.0
    return_2: Return2 = 10.0
    return_3: Return3 = 32.0
    time_limit: TimeLimit = 10


def make(config: Config) -> TabularWorld:
    """The tables, 2 states and 1 action."""
    paid = np.array([[config.return_1, config.return_2, config.return_3], [0.0] * 3])
    return TabularWorld(
        name="three_returns",
        next_state=np.ones((2, 1, 3), dtype=np.int64),
        reward=paid[:, None, :],
        probability=np.full((2, 1, 3), 1 / 3),
        terminal=np.array([False, True]),
        start=np.array([1.0, 0.0]),
        time_limit=config.time_limit,
        statics={
            "grid_shape": np.array([1, 2], dtype=np.int32),
            "cell_kind": np.array([gridworld.START, gridworld.GOAL], dtype=np.int32),
        },
    )
