"""Key and door: the first action decides the last reward, and noise lies between them.

Whoever takes the key walks the upper row, whoever leaves it the lower one; on the way apples pay
what has nothing to do with it. Only the upper row ends at an open door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from rlviz.hyperparameters import Hint, InTray, Range, RewardNoise, Title
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Key and door"
SUMMARY = (
    "Take the key or leave it, walk a while, and stand before the door. "
    "The first action alone decides the last reward."
)
ACTIONS = ("take", "leave")
Delay = Annotated[
    int,
    Range(1, 20),
    Title("way to the door"),
    Hint("the reward follows at once", "many steps between action and reward"),
    InTray("world"),
]


@dataclass(frozen=True)
class Config:
    """How far it is to the door, and how much the apples on the way scatter."""

    delay: Delay = 6
    reward_noise: RewardNoise = 0.5


def make(config: Config) -> TabularWorld:
    """The tables, 2 rows of delay + 2 cells, and 2 actions at the start; later only on."""
    columns = config.delay + 2
    n = 2 * columns
    cell = np.arange(n)
    start, wall, doors = columns, 0, (columns - 1, n - 1)
    terminal = np.isin(cell, (wall, *doors))
    moved = np.where(terminal, cell, cell + 1)[:, None].repeat(2, 1)
    moved[start] = (1, columns + 1)
    reward = np.zeros((n, 2))
    reward[columns - 2] = 1.0  # through the open door
    deviation = np.zeros((n, 2))
    deviation[~terminal & (cell != start)] = config.reward_noise
    kind = np.full(n, gridworld.FLOOR)
    kind[[wall, start, *doors]] = (gridworld.WALL, gridworld.START, gridworld.GOAL, gridworld.PIT)
    return TabularWorld(
        name="key_door",
        next_state=moved[:, :, None],
        reward=reward[:, :, None],
        probability=np.ones((n, 2, 1)),
        terminal=terminal,
        start=np.eye(n)[start],
        time_limit=columns,
        n_allowed=np.where(cell == start, 2, 1),
        reward_sd=deviation if config.reward_noise > 0 else None,
        statics={
            "grid_shape": np.array([2, columns], dtype=np.int32),
            "cell_kind": kind.astype(np.int32),
        },
    )
