"""The small gridworld of Sutton & Barto 2018, example 4.1: two corners end the episode.

The book starts nowhere in particular, because it only plans; here an episode starts on one of the
other two corners.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlviz import maps
from rlviz.hyperparameters import EpisodicMap, Slip, StepReward, TimeLimit, Treasure
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Small grid"
SUMMARY = (
    "Every step costs 1 and two opposite corners end the episode. "
    "Small enough to follow every number of a sweep by hand."
)
ACTIONS = gridworld.ACTIONS
MAP = maps.check(
    """
    G..S
    ....
    ....
    S..G
    """
)


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    slip: Slip = 0.0
    step_reward: StepReward = -1.0
    treasure: Treasure = 10.0
    time_limit: TimeLimit = 500
    map: EpisodicMap = MAP


def make(config: Config) -> TabularWorld:
    """The tables, 16 states and 4 actions on the map as it is drawn."""
    rules = gridworld.Rules(step_reward=config.step_reward, treasure=config.treasure)
    return gridworld.make(
        "grid_4x4", config.map, slip=config.slip, time_limit=config.time_limit, rules=rules
    )
