"""What learners of action values do now, as exact numbers: the dots and the curves of the cliff."""

from __future__ import annotations

import dataclasses

import numpy as np
from torch import Tensor

from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import cliff
from rlviz.exact import dynamic_programming as dp
from rlviz.ops import behaviour

MOST = 32  # replicas whose policy is solved for
NEVER_THE_SAME = "UCB changes with every count, so there is no fixed policy to compute a return of."


def behaviour_policies(view: View) -> Array:
    """π(a|s) that each of the first replicas follows now, [B, S, A]."""
    if view.config.behaviour == "ucb":
        raise NoFiniteTruth(NEVER_THE_SAME)
    q = view.latest["q"][:MOST]
    return np.stack([_policy(view, b, table) for b, table in enumerate(q)])


def _policy(view: View, replica: int, q: Tensor) -> Array:
    one = {
        name: float(value[replica])
        for name, value in vars(view.config).items()
        if isinstance(value, Tensor)
    }
    config = dataclasses.replace(view.config, **one)
    policy = behaviour.probabilities(q, q.new_zeros(0), q.new_zeros(0), config)
    return np.asarray(policy.cpu().numpy(), dtype=np.float64)


def behaviour_returns(view: View) -> Array:
    """Exact return of an episode of each, under the time limit."""
    policies, world = behaviour_policies(view), view.truth.world

    def solve() -> Array:
        return np.array([dp.limited_return(world, policy) for policy in policies])

    key = ("the policies of now", 0.0, 0.0, policies.tobytes())
    returns: Array = view.truth.once(key, view.iteration, solve)
    return returns


def behaviour_epsilons(view: View) -> Array:
    """ε of each of them, [B]."""
    return np.array([view.setting("epsilon", b) for b in range(len(view.latest["q"][:MOST]))])


def _routes(view: View) -> Array:
    """The three routes over all ε, [3, 24]."""
    world = view.truth.world
    solved: Array = view.truth.once(
        ("routes", 0.0, 0.0), view.iteration, lambda: cliff.route_returns(world)
    )
    return solved


def _best(view: View) -> Array:
    """The best policy over all ε, [24]."""
    gamma, world = view.setting("gamma"), view.truth.world
    solved: Array = view.truth.once(
        ("best over ε", gamma, 0.0), view.iteration, lambda: cliff.best_returns(world, gamma)
    )
    return solved


def _route_now(view: View, route: str) -> Array:
    return np.array(cliff.route_return(view.truth.world, route, view.setting("epsilon")))


def _best_now(view: View) -> Array:
    solution = view.truth.best(view.setting("gamma"), view.setting("epsilon"), view.iteration)
    return np.array(dp.limited_return(view.truth.world, solution.policy))


_NEEDS = ("q", "exploratory")  # a table, and somebody who acts on it
DERIVED: Table = {
    "behaviour_returns": (_NEEDS, behaviour_returns),
    "behaviour_epsilons": (_NEEDS, behaviour_epsilons),
    "phase_epsilons": (_NEEDS, lambda _: cliff.EPSILONS),
    "phase_edge": (_NEEDS, lambda view: np.asarray(_routes(view)[0])),
    "phase_above": (_NEEDS, lambda view: np.asarray(_routes(view)[1])),
    "phase_top": (_NEEDS, lambda view: np.asarray(_routes(view)[2])),
    "phase_best": (_NEEDS, _best),
    "edge_now": (_NEEDS, lambda view: _route_now(view, "risky_edge")),
    "above_now": (_NEEDS, lambda view: _route_now(view, "row_1")),
    "top_now": (_NEEDS, lambda view: _route_now(view, "safe_top_row")),
    "best_now": (_NEEDS, _best_now),
}
