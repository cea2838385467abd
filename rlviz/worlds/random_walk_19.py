"""The random walk of nineteen states (Sutton & Barto 2018, example 7.1).

The walk of the book is the policy that goes left and right equally often; the world itself is not
random.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlviz.hyperparameters import TimeLimit
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Random walk, 19 states"
SUMMARY = (
    "Nineteen cells in a row, begun in the middle; the right end pays 1, the left end −1. "
    "Values rise by a tenth from cell to cell."
)
ACTIONS = ("left", "right")
MAP = "P.........S.........G"


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    time_limit: TimeLimit = 2000


def make(config: Config) -> TabularWorld:
    """The tables, 21 states in a row, both ends terminal, and 2 actions."""
    rules = gridworld.Rules(actions=ACTIONS, step_reward=0.0, goal_reward=1.0, pit_reward=-1.0)
    return gridworld.make(
        "random_walk_19", MAP, slip=0.0, time_limit=config.time_limit, rules=rules
    )
