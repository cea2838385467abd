"""Exact values of a policy that changes: the two distances of generalised policy iteration."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import dynamic_programming as dp


def policy_value(view: View, replica: int = 0) -> Array:
    """V of the policy of now; its equations are solved once for each policy."""
    world, gamma = view.truth.world, view.setting("gamma", replica)
    policy: Array = view.latest["policy"][replica].cpu().numpy()

    def solve() -> Array:
        return dp.policy_value(world, policy, gamma)

    key = ("the policy of now", gamma, 0.0, policy.tobytes())
    v: Array = view.truth.once(key, view.iteration, solve)
    if np.isnan(v[view.truth.reachable]).any():
        raise NoFiniteTruth(dp.MAY_WANDER)
    return v


def _distances(view: View) -> Array:
    """‖V − V_π‖ and ‖V_π − V*‖ over what can be reached, [2, B]; both or neither."""
    each = any(isinstance(value, Tensor) for value in vars(view.config).values())
    reached, found = view.truth.reachable, []
    for b in range(len(view.latest["v"]) if each else 1):
        exact, best = policy_value(view, b), view.aim(b).v
        v = view.latest["v"][b].cpu().numpy()
        gaps = np.stack([v - exact, exact - best])[:, reached]
        found.append(np.sqrt((gaps**2).mean(1)))
    return np.broadcast_to(np.stack(found, axis=1), (2, len(view.latest["v"])))


# `evaluated` is there only where a policy is evaluated and improved in turn.
_NEEDS = ("v", "policy", "evaluated")
DERIVED: Table = {
    "policy_value": (("policy",), policy_value),
    "evaluation_distance": (_NEEDS, lambda view: np.asarray(_distances(view)[0])),
    "policy_distance": (_NEEDS, lambda view: np.asarray(_distances(view)[1])),
}
