"""What a bonus on entropy makes of a policy, beside the exact best with that bonus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rlviz.derived import policies
from rlviz.derived.view import AIMS, Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact import reward_and_chance
from rlviz.exact.policy_gradient import entropy
from rlviz.signals.entropy import LEVELS

BONUSES = np.array([0.0, *np.geomspace(0.01, 10.0, LEVELS - 1)])  # up to the knob's end
SEES_TOO_LITTLE = (
    "This policy sees several states as one, so the best that a bonus could make of it is not "
    "known here."
)


def followed(view: View) -> Array:
    """π(a|s) of every replica, [B, S, A]: learned from samples, or swept."""
    if "theta" in view.latest:
        return policies.tables(view)
    found: Array = view.latest["policy"].cpu().numpy()
    return found


def start(view: View) -> int:
    """The state in which most episodes begin."""
    return int(view.truth.world.start.argmax())


def best(view: View) -> dp.Solution:
    """The best with the bonus of now, for who can tell all states apart."""
    world = view.truth.world
    alive = world.seen[~world.terminal]
    if "theta" in view.latest and len(set(alive.tolist())) < len(alive):
        raise NoFiniteTruth(SEES_TOO_LITTLE)
    solution = AIMS["v_bonus"](view, 0)
    if view.setting("entropy_bonus") >= 0:
        return solution
    # Where chance costs, one of the best actions alone: equal ones are not shared.
    alone = np.eye(world.n_actions)[solution.policy.argmax(-1)]
    return replace(solution, policy=alone)


def trades(view: View) -> Array:
    """J and H of every replica's policy, [2, B]."""
    return reward_and_chance.trades(view.truth.world, followed(view), view.setting("gamma"))


def best_trade(view: View) -> Array:
    """J and H of the best policy with the bonus of now, [2]."""
    gamma = view.setting("gamma")
    return reward_and_chance.trades(view.truth.world, best(view).policy[None], gamma)[:, 0]


def edge(view: View) -> Array:
    """J and H of the best policies for all bonuses, [2, K]."""
    best(view)  # which says where there is none
    gamma = view.setting("gamma")
    found: Array = view.truth.once(
        ("the edge of trades", gamma, 0.0),
        view.iteration,
        lambda: reward_and_chance.edge(view.truth.world, gamma, BONUSES),
    )
    return found


def _here(view: View, policy: Array) -> Array:
    """One row of a policy, at the start, among the actions that there are."""
    row: Array = np.where(view.truth.world.allowed[start(view)], policy[start(view)], np.nan)
    return row


def _entropy_here(view: View, policy: Array) -> Array:
    return np.abs(entropy(policy[start(view)]))  # −0 has no place in a sentence


def _most(view: View) -> Array:
    return np.array(np.log(view.truth.world.allowed[start(view)].sum()))


_LEARNED = ("theta|policy",)
DERIVED: Table = {
    "v_bonus": (_LEARNED, lambda view: AIMS["v_bonus"](view, 0).v),
    "start_actions": (_LEARNED, lambda view: np.arange(1.0, view.truth.world.n_actions + 1)),
    "start_policy": (_LEARNED, lambda view: _here(view, followed(view)[0])),
    "start_policy_best": (_LEARNED, lambda view: _here(view, best(view).policy)),
    "start_entropy": (_LEARNED, lambda view: np.array(_entropy_here(view, followed(view)[0]))),
    "start_entropy_best": (_LEARNED, lambda view: np.array(_entropy_here(view, best(view).policy))),
    "start_entropy_most": (_LEARNED, _most),
    "edge_reward": (_LEARNED, lambda view: edge(view)[0]),
    "edge_chance": (_LEARNED, lambda view: edge(view)[1]),
    "trade_reward": (_LEARNED, lambda view: trades(view)[0]),
    "trade_chance": (_LEARNED, lambda view: trades(view)[1]),
    "best_trade_reward": (_LEARNED, lambda view: np.array(best_trade(view)[0])),
    "best_trade_chance": (_LEARNED, lambda view: np.array(best_trade(view)[1])),
}
