"""Two rooms, one door, and a corner that leads nowhere: what a value is, seen as a distance."""

from __future__ import annotations

from dataclasses import dataclass

from rlviz import maps
from rlviz.hyperparameters import EpisodicMap, Slip, StepReward, TimeLimit, Treasure
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Two rooms"
SUMMARY = (
    "Every step costs 1 and the goal ends the episode, so the best value of a cell is minus its "
    "distance to the goal. One door joins the rooms."
)
ACTIONS = gridworld.ACTIONS
MAP = maps.check(
    """
    S..#.....
    ...#..#..
    ...#..#..
    ......#..
    ...#..###
    ...#.....
    ...#....G
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
    """The tables, 63 states and 4 actions on the map as it is drawn."""
    rules = gridworld.Rules(step_reward=config.step_reward, treasure=config.treasure)
    return gridworld.make(
        "room", config.map, slip=config.slip, time_limit=config.time_limit, rules=rules
    )
