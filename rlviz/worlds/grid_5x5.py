"""The gridworld of Sutton & Barto 2018, examples 3.5 and 3.8: it never ends.

Whatever the action, A leads to a and pays 10, B leads to b and pays 5; a move off the map costs 1
and everything else nothing. The time limit cuts the walk in pieces for the sake of the picture:
that is a truncation, so a learner goes on counting on the future.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlviz import maps
from rlviz.hyperparameters import ContinuingMap, Slip, StepReward, TimeLimit, Treasure
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Grid without an end"
SUMMARY = (
    "A pays 10 and leads to a, B pays 5 and leads to b; a move off the map costs 1. "
    "Nothing ends here, so only a discount below 1 keeps values finite."
)
ACTIONS = gridworld.ACTIONS
MAP = maps.check(
    """
    .A.B.
    .....
    ...b.
    .....
    Sa...
    """,
    maps.CONTINUING,
)


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    slip: Slip = 0.0
    step_reward: StepReward = 0.0
    treasure: Treasure = 1.0
    time_limit: TimeLimit = 100
    map: ContinuingMap = MAP


def make(config: Config) -> TabularWorld:
    """The tables, 25 states and 4 actions on the map as it is drawn."""
    rules = gridworld.Rules(
        step_reward=config.step_reward,
        bump_reward=config.step_reward - 1.0,
        treasure=config.treasure,
    )
    return gridworld.make(
        "grid_5x5",
        config.map,
        slip=config.slip,
        time_limit=config.time_limit,
        rules=rules,
        letters=maps.CONTINUING,
    )
