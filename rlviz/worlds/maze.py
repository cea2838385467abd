"""A maze with one short way, one long way and dead ends: how far does a reward travel back?"""

from __future__ import annotations

from dataclasses import dataclass

from rlviz import maps
from rlviz.hyperparameters import EpisodicMap, Slip, StepReward, TimeLimit, Treasure
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Maze"
SUMMARY = (
    "Only the goal pays, 1, so nothing is learned before it has been found once. "
    "Two ways lead there, and with a discount the shorter one is worth more."
)
ACTIONS = gridworld.ACTIONS
MAP = maps.check(
    """
    S...#.......
    .##.#.####.#
    .#..#.#..#..
    .#.##.#.##.#
    .#....#.....
    .####.#.###.
    ....#.#.#.#.
    .##.#.#.#.#.
    ..#.....#..G
    """
)


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    slip: Slip = 0.0
    step_reward: StepReward = 0.0
    treasure: Treasure = 0.5
    time_limit: TimeLimit = 2000
    map: EpisodicMap = MAP


def make(config: Config) -> TabularWorld:
    """The tables, 108 states and 4 actions on the map as it is drawn."""
    rules = gridworld.Rules(
        step_reward=config.step_reward,
        goal_reward=1.0,
        pit_reward=-1.0,
        cliff_reward=-1.0,
        treasure=config.treasure,
    )
    return gridworld.make(
        "maze", config.map, slip=config.slip, time_limit=config.time_limit, rules=rules
    )
