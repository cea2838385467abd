"""Cliff walking (Sutton & Barto 2018, example 6.6).

The tables equal those of gymnasium's CliffWalking-v1 in every state but the goal, which absorbs
here. That environment has no time limit of its own; here it is part of the world, because a
greedy policy may walk in a circle for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlviz import maps
from rlviz.hyperparameters import EpisodicMap, Slip, StepReward, TimeLimit, Treasure
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Cliff walking"
SUMMARY = (
    "Every step costs 1; a fall from the cliff costs 100 and leads back to the start. "
    "The shortest way runs along the edge."
)
ACTIONS = gridworld.ACTIONS
MAP = maps.check(
    """
    ............
    ............
    ............
    SCCCCCCCCCCG
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
    """The tables, 48 states and 4 actions on the map as it is drawn."""
    rules = gridworld.Rules(step_reward=config.step_reward, treasure=config.treasure)
    return gridworld.make(
        "cliff_walking", config.map, slip=config.slip, time_limit=config.time_limit, rules=rules
    )
