"""Frozen lake, 8 × 8: the same ice, and a long way.

The tables equal those of gymnasium's FrozenLake-v1 with this map, actions in its order. Slippery
there means slip 2/3 here: one third each for the way that was meant and its two sides.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlviz import maps
from rlviz.hyperparameters import EpisodicMap, Slip, StepReward, TimeLimit, Treasure
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Frozen lake 8 × 8"
SUMMARY = (
    "Arriving pays 1 and all else nothing; a hole ends the episode. "
    "With so long a way the first reward is found late."
)
ACTIONS = ("left", "down", "right", "up")
MAP = maps.check(
    """
    S.......
    ........
    ...P....
    .....P..
    ...P....
    .PP...P.
    .P..P.P.
    ...P...G
    """
)


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    slip: Slip = 2 / 3
    step_reward: StepReward = 0.0
    treasure: Treasure = 1.0
    time_limit: TimeLimit = 200
    map: EpisodicMap = MAP


def make(config: Config) -> TabularWorld:
    """The tables, 64 states and 4 actions on the map as it is drawn."""
    rules = gridworld.Rules(
        actions=ACTIONS,
        step_reward=config.step_reward,
        goal_reward=1.0,
        pit_reward=0.0,
        treasure=config.treasure,
    )
    return gridworld.make(
        "frozen_lake_8x8", config.map, slip=config.slip, time_limit=config.time_limit, rules=rules
    )
