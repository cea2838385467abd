"""Windy gridworld with king's moves (Sutton & Barto 2018, exercise 6.9).

A step from a column with wind is blown upwards by so many cells, as the column says where the step
began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from rlviz import maps
from rlviz.hyperparameters import (
    InTray,
    IsMap,
    Slip,
    StepReward,
    TimeLimit,
    Title,
    Treasure,
    Wind,
)
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Windy grid, king's moves"
SUMMARY = (
    "The same wind, but a step may also go diagonally, like the king in chess. "
    "The shortest way has 7 steps."
)
ACTIONS = gridworld.KINGS
WIND = (0, 0, 0, 1, 1, 1, 2, 2, 1, 0)  # cells, column by column
MAP = maps.check(
    """
    ..........
    ..........
    ..........
    S......G..
    ..........
    ..........
    ..........
    """
)
WindyMap = Annotated[str, IsMap(maps.EPISODIC, ACTIONS, WIND), Title("map"), InTray("world")]


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    wind: Wind = 1
    slip: Slip = 0.0
    step_reward: StepReward = -1.0
    treasure: Treasure = 10.0
    time_limit: TimeLimit = 1000
    map: WindyMap = MAP


def make(config: Config) -> TabularWorld:
    """The tables, 70 states and 8 actions on the map as it is drawn."""
    rules = gridworld.Rules(
        actions=ACTIONS,
        step_reward=config.step_reward,
        treasure=config.treasure,
        wind=tuple(config.wind * blow for blow in WIND),
    )
    return gridworld.make(
        "windy_king", config.map, slip=config.slip, time_limit=config.time_limit, rules=rules
    )
