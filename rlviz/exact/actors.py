"""Exact values of many policies of one world at once: [B, S, A], one for each replica."""

from __future__ import annotations

import numpy as np

from rlviz.errors import NoFiniteTruth
from rlviz.exact.dynamic_programming import MAY_WANDER, Array, action_values, transition_matrix
from rlviz.exact.policy_gradient import softmax
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import TabularWorld

_NODES = 128  # of the quadrature over one Gaussian
_LOST = 1e12  # a value of more steps than this counts as not finite


def softmax_policies(world: TabularWorld, theta: Array) -> Array:
    """π(a|s) of each table of preferences, [B, S, A], among the actions that there are.

    Args:
        world: the tables, which say what is seen of a state.
        theta: θ, [B, O, A].
    """
    return softmax(np.where(world.allowed, theta[:, world.seen], -np.inf))


def state_values(world: TabularWorld, policies: Array, gamma: float | Array) -> Array:
    """V^π of each policy, [B, S], by one stack of linear solves (S&B eq. 3.14).

    Raises NoFiniteTruth where a policy may wander for ever, at γ = 1.

    Args:
        world: the tables.
        policies: π(a|s), [B, S, A].
        gamma: γ, a number or [B].
    """
    p, r = transition_matrix(world)
    alive = ~world.terminal
    steps = np.einsum("bsa,sat->bst", policies, p)[:, alive][:, :, alive]
    paid = np.einsum("bsa,sa->bs", policies, r)[:, alive]
    discount = np.broadcast_to(gamma, len(policies))[:, None, None]
    v = np.zeros(policies.shape[:2])
    try:
        solved = np.linalg.solve(np.eye(alive.sum()) - discount * steps, paid[..., None])
    except np.linalg.LinAlgError:
        raise NoFiniteTruth(MAY_WANDER) from None
    v[:, alive] = solved[..., 0]
    if not np.isfinite(v).all() or np.abs(v).max() > _LOST * max(np.abs(r).max(), 1.0):
        raise NoFiniteTruth(MAY_WANDER)
    return v


def values(world: TabularWorld, policies: Array, gamma: float | Array) -> tuple[Array, Array]:
    """V^π, [B, S], and Q^π, [B, S, A], of each policy."""
    v = state_values(world, policies, gamma)
    discounts = np.broadcast_to(gamma, len(v))
    q = np.stack([action_values(world, of, float(g)) for of, g in zip(v, discounts, strict=True)])
    return v, q


def best_baselines(policies: Array, q: Array) -> Array:
    """b*(s) = E[‖∇log π‖² Q] / E[‖∇log π‖²] for softmax preferences, [B, S].

    The baseline with the least variance of the estimate at each state (Greensmith et al. 2004);
    with a deterministic policy there is no variance to lessen, and it is Σ_a π Q.

    Args:
        policies: π(a|s), [B, S, A].
        q: Q(s, a), [B, S, A]; −∞ where a pair does not exist.
    """
    q = np.where(policies > 0, q, 0.0)
    squares = 1 - 2 * policies + np.square(policies).sum(-1, keepdims=True)  # ‖1[a] − π‖²
    weight = policies * squares
    total = weight.sum(-1)
    flat = total < 1e-300
    best = (weight * q).sum(-1) / np.where(flat, 1.0, total)
    return np.asarray(np.where(flat, (policies * q).sum(-1), best))


def gaussian_objectives(world: ContinuousBandit, mean: Array, deviation: Array) -> Array:
    """J of each Gaussian policy, [B], in closed form: a bump under a bell curve is a bump.

        J = Σ h w/√(w² + σ²)·exp(−(μ − c)²/2(w² + σ²))

    Args:
        world: what a number pays.
        mean: μ, [B].
        deviation: σ, [B].
    """
    return np.asarray(_under(world, mean, deviation)[0].sum(-1))


def gaussian_gradients(world: ContinuousBandit, mean: Array, deviation: Array) -> Array:
    """(∂J/∂μ, ∂J/∂log σ) of each Gaussian policy, [B, 2], in closed form."""
    share, away, spread = _under(world, mean, deviation)
    by_mean = -share * away / spread
    by_width = share * np.square(deviation)[:, None] * (np.square(away) / spread - 1) / spread
    return np.stack((by_mean.sum(-1), by_width.sum(-1)), -1)


def gaussian_baselines(world: ContinuousBandit, mean: Array, deviation: Array) -> Array:
    """b* = E[‖∇log π‖² r(a)] / E[‖∇log π‖²] of each Gaussian policy, [B], by quadrature.

    a = μ + σz at Gauss-Hermite nodes, with ∇log π = (z/σ, z² − 1) for θ = (μ, log σ).
    """
    z, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    reward = world.paid(mean[:, None] + deviation[:, None] * z)  # [B, nodes]
    squares = np.square(z / deviation[:, None]) + np.square(np.square(z) - 1)
    best: Array = (weight * squares * reward).sum(-1) / (weight * squares).sum(-1)
    return best


def _under(world: ContinuousBandit, mean: Array, deviation: Array) -> tuple[Array, Array, Array]:
    """Of each bump its part of J, μ − c, and w² + σ², all [B, n]."""
    height, centre, width = world.bumps.T
    away = mean[:, None] - centre
    spread = np.square(width) + np.square(deviation)[:, None]
    share = height * width / np.sqrt(spread) * np.exp(-np.square(away) / (2 * spread))
    return share, away, spread
