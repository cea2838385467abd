"""Visits and gradients of many policies of one world at once: one for each replica, or for each γ.

The same as `policy_gradient` one by one, as stacks of linear systems.
"""

from __future__ import annotations

import numpy as np

from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors
from rlviz.exact.dynamic_programming import MAY_WANDER, Array, transition_matrix
from rlviz.worlds.tabular import TabularWorld


def visits(world: TabularWorld, policies: Array, gamma: float | Array) -> Array:
    """η(s) = Σ_t γ^t P(s_t = s) of each policy, [B, S]; terminal states count 0.

    Raises NoFiniteTruth where a policy may wander for ever, at γ = 1.

    Args:
        world: the tables.
        policies: π(a|s), [B, S, A].
        gamma: γ, a number or [B].
    """
    p, _ = transition_matrix(world)
    alive = ~world.terminal
    steps = np.einsum("bsa,sat->bst", policies, p)[:, alive][:, :, alive]
    discount = np.broadcast_to(gamma, len(policies))[:, None, None]
    start = np.broadcast_to(world.start[alive, None], (len(policies), int(alive.sum()), 1))
    eta = np.zeros(policies.shape[:2])
    try:
        solved = np.linalg.solve(np.eye(alive.sum()) - discount * steps.swapaxes(1, 2), start)
    except np.linalg.LinAlgError:
        raise NoFiniteTruth(MAY_WANDER) from None
    eta[:, alive] = solved[..., 0]
    return eta


def gradients(world: TabularWorld, theta: Array, gamma: float | Array) -> Array:
    """∇J of each table of preferences, [B, O, A] (S&B eq. 13.5 with γ).

    Args:
        world: the tables, which say what is seen of a state.
        theta: θ, [B, O, A].
        gamma: γ, a number or [B].
    """
    policies = actors.softmax_policies(world, theta)
    eta = visits(world, policies, gamma)
    v, q = actors.values(world, policies, gamma)
    advantage = np.where(policies > 0, q - v[..., None], 0.0)
    found = np.zeros(theta.shape)
    each = eta[..., None] * policies * advantage
    np.add.at(found.swapaxes(0, 1), world.seen, each.swapaxes(0, 1))
    return found
