"""Windy gridworld (Sutton & Barto 2018, example 6.5).

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

TITLE = "Windy grid"
SUMMARY = (
    "Every step costs 1 and the wind blows up in the middle columns. "
    "The goal lies straight ahead, and the shortest way has 15 steps."
)
ACTIONS = gridworld.ACTIONS
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
    """The tables, 70 states and 4 actions on the map as it is drawn."""
    rules = gridworld.Rules(
        actions=ACTIONS,
        step_reward=config.step_reward,
        treasure=config.treasure,
        wind=tuple(config.wind * blow for blow in WIND),
    )
    return gridworld.make(
        "windy", config.map, slip=config.slip, time_limit=config.time_limit, rules=rules
    )
