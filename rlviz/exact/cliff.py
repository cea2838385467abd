"""The cliff as exploration grows: exact returns of three routes, and of the best policy.

Each route is a policy for all cells, drawn once; with ε it is followed ε-greedily. A return is
that of a whole episode under the time limit, the mean of what the return curves show.
"""

from __future__ import annotations

import numpy as np

from rlviz.errors import NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.dynamic_programming import Array
from rlviz.worlds import cliff_walking, gridworld
from rlviz.worlds.tabular import TabularWorld

# Where each policy goes, in every cell that it may come to. The two along the edge differ only off
# the path, and yet by 6 in their return when they explore.
POLICIES = {
    "risky_edge": """
        >>>>>>>>>>>v
        >>>>>>>>>>>v
        >>>>>>>>>>>v
        ^^^^^^^^^^^v""",
    "edge_offpath_down": """
        vvvvvvvvvvvv
        vvvvvvvvvvvv
        >>>>>>>>>>>v
        ^^^^^^^^^^^v""",
    "row_1": """
        vvvvvvvvvvvv
        >>>>>>>>>>>v
        ^^^^^^^^^^^v
        ^^^^^^^^^^^v""",
    "safe_top_row": """
        >>>>>>>>>>>v
        ^^^^^^^^^^^v
        ^^^^^^^^^^^v
        ^^^^^^^^^^^v""",
}
ROUTES = ("risky_edge", "row_1", "safe_top_row")  # those of the picture, from the cliff upwards
EPSILONS = np.array(
    [
        *(0.005, 0.006, 0.007, 0.0085, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05),
        *(0.06, 0.07, 0.08, 0.09, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.25, 0.3),
    ]
)
OTHER_MAP = "The three routes are drawn for the cliff of 4 × 12 cells, and this map is another."
_SHAPE = gridworld.parse(cliff_walking.MAP).shape


def drawn(arrows: str) -> Array:
    """The policy of a drawing with `^>v<`, [S, A]."""
    return np.eye(4)[["^>v<".index(arrow) for arrow in "".join(arrows.split())]]


def route_return(world: TabularWorld, route: str, epsilon: float) -> float:
    """What an episode along that route returns while it explores; NoFiniteTruth on another map."""
    shape = world.statics.get("grid_shape")
    if shape is None or tuple(shape) != _SHAPE or world.n_actions != len(gridworld.ACTIONS):
        raise NoFiniteTruth(OTHER_MAP)
    policy = dp.epsilon_soft(drawn(POLICIES[route]), epsilon, world.allowed)
    return dp.limited_return(world, policy)


def best_return(world: TabularWorld, gamma: float, epsilon: float) -> float:
    """The same of the policy that is best for γ among those that explore with ε."""
    return dp.limited_return(world, dp.best_policy(world, gamma, epsilon).policy)


def route_returns(world: TabularWorld) -> Array:
    """Returns of the three routes for every ε of the picture, [3, 24]."""
    return np.array([[route_return(world, route, e) for e in EPSILONS] for route in ROUTES])


def best_returns(world: TabularWorld, gamma: float) -> Array:
    """Returns of the best policy for every ε of the picture, [24]."""
    return np.array([best_return(world, gamma, e) for e in EPSILONS])
