"""Two rooms, one door, and a corner that leads nowhere: what a value is, seen as a distance."""

from __future__ import annotations

from dataclasses import dataclass

from rlviz.hyperparameters import Slip, TimeLimit
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Two rooms"
SUMMARY = (
    "Every step costs 1 and the goal ends the episode, so the best value of a cell is minus its "
    "distance to the goal. One door joins the rooms."
)
ACTIONS = gridworld.ACTIONS
MAP = """
    S..#.....
    ...#..#..
    ...#..#..
    ......#..
    ...#..###
    ...#.....
    ...#....G
"""


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    slip: Slip = 0.0
    time_limit: TimeLimit = 500


def make(config: Config) -> TabularWorld:
    """The tables, 63 states and 4 actions."""
    return gridworld.make("room", MAP, slip=config.slip, time_limit=config.time_limit)
