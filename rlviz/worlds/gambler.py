"""The gambler's problem (Sutton & Barto 2018, example 4.3): stake by stake towards 100.

The states are 0 … 100 in one row; action a stakes a + 1, at most what there is and at most what
is missing to 100. A stake of 0 is left out: it would only pass the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.hyperparameters import TimeLimit, WinChance
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Gambler"
SUMMARY = (
    "Stake some of what you have: it doubles or is lost. Reaching 100 pays 1, ruin nothing, "
    "so a value is the chance to win."
)
MOST = 100
ACTIONS = tuple(str(stake) for stake in range(1, MOST // 2 + 1))


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    win_chance: WinChance = 0.4  # the book's
    time_limit: TimeLimit = 1000


def make(config: Config) -> TabularWorld:
    """The tables, 101 states and 50 stakes, of which only some can be laid in each state."""
    capital = np.arange(MOST + 1)
    terminal = (capital == 0) | (capital == MOST)
    most = np.where(terminal, len(ACTIONS), np.minimum(capital, MOST - capital))
    stake = np.minimum(np.arange(1, len(ACTIONS) + 1), most[:, None])  # more is never laid
    moved = np.stack([capital[:, None] + stake, capital[:, None] - stake], axis=-1)
    moved[terminal] = capital[terminal][:, None, None]
    kind = np.full(MOST + 1, gridworld.FLOOR)
    kind[[0, MOST // 2, MOST]] = gridworld.PIT, gridworld.START, gridworld.GOAL
    return TabularWorld(
        name="gambler",
        next_state=moved,
        reward=np.where((moved == MOST) & ~terminal[:, None, None], 1.0, 0.0),
        probability=np.broadcast_to([config.win_chance, 1 - config.win_chance], moved.shape).astype(
            np.float64
        ),
        terminal=terminal,
        start=(capital == MOST // 2).astype(np.float64),
        time_limit=config.time_limit,
        n_allowed=most,
        statics={
            "grid_shape": np.array([1, MOST + 1], dtype=np.int32),
            "cell_kind": kind.astype(np.int32),
            "cell_reward": (capital == MOST).astype(np.float32),
        },
    )
