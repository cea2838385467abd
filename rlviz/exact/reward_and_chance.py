"""What a policy earns and how much chance it keeps, counted alike; and the best trades of the two.

J = E[Σ_t γ^t r_{t+1}] and H = E[Σ_t γ^t H(π(·|s_t))], both from the start. Where entropy earns a
bonus c, J + c·H is what is maximised, so the best policies for all c lie on an edge that no policy
is beyond, and c is its slope.
"""

from __future__ import annotations

import numpy as np

from rlviz.errors import NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.dynamic_programming import Array
from rlviz.exact.policy_gradient import entropy
from rlviz.exact.soft import soft_solution
from rlviz.worlds.tabular import TabularWorld

_LOST = 1e9  # more visits than this count as endless


def trades(world: TabularWorld, policies: Array, gamma: float) -> Array:
    """J and H of each policy, [2, B]; NoFiniteTruth where an episode may never end, at γ = 1.

    Args:
        world: the tables.
        policies: π(a|s), [B, S, A].
        gamma: γ.
    """
    p, r = dp.transition_matrix(world)
    alive = ~world.terminal
    taken = np.where(policies > 0, policies, 0.0)[:, alive]
    steps = np.einsum("bsa,sat->bst", taken, p[alive][:, :, alive])
    try:  # visits of each state, η = (I − γPᵀ)⁻¹ start
        back = np.eye(int(alive.sum())) - gamma * steps.swapaxes(1, 2)
        begin = np.broadcast_to(world.start[alive], steps.shape[:2])
        eta = np.linalg.solve(back, begin[..., None])[..., 0]
    except np.linalg.LinAlgError:
        raise NoFiniteTruth(dp.MAY_WANDER) from None
    if not np.isfinite(eta).all() or np.abs(eta).max() > _LOST:
        raise NoFiniteTruth(dp.MAY_WANDER)
    paid = np.einsum("bsa,sa->bs", taken, np.where(world.allowed, r, 0.0)[alive])
    return np.stack([(eta * paid).sum(1), (eta * entropy(taken)).sum(1)])


def edge(world: TabularWorld, gamma: float, bonuses: Array) -> Array:
    """J and H of the best policy under each bonus c ≥ 0, [2, K]; NaN where it has no finite value.

    At c = 0 it is a deterministic one, with which the edge begins.
    """
    found = np.full((2, len(bonuses)), np.nan)
    for k, c in enumerate(bonuses):
        try:
            best = soft_solution(world, gamma, float(c)).policy
            if c == 0:
                best = np.eye(world.n_actions)[best.argmax(-1)]
            found[:, k] = trades(world, best[None], gamma)[:, 0]
        except NoFiniteTruth:
            continue
    return found
