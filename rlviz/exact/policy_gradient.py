"""The exact policy gradient of a tabular world, and the directions that are taken for it.

A parametrised policy is a softmax of preferences θ, [O, A]: `observed`, [S] int64, says which
row a state uses, so states that look alike share one; None gives every state its own. A time limit
is no part of these numbers, and terminal states have no part in them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.dynamic_programming import Array
from rlviz.exact.prediction import chain
from rlviz.worlds.tabular import TabularWorld

Observed = NDArray[np.int64] | None


def softmax(preference: Array) -> Array:
    """exp(z_a)/Σ_b exp(z_b) along the last axis; −∞ has probability 0."""
    weight = np.exp(preference - preference.max(-1, keepdims=True))
    policy: Array = weight / weight.sum(-1, keepdims=True)
    return policy


def softmax_policy(world: TabularWorld, theta: Array, observed: Observed = None) -> Array:
    """π(a|s) = softmax(θ[o(s)])_a (S&B eq. 13.2) among the actions that there are, [S, A]."""
    n = world.n_states if observed is None else int(observed.max()) + 1
    if theta.ndim != 2 or theta.shape[1] != world.n_actions or len(theta) < n:
        raise BadValue(
            f"`theta` must be [O, A] with O >= {n} observations and A = {world.n_actions}, but got "
            f"shape {theta.shape}; give each observation of `{world.name}` a row."
        )
    return softmax(np.where(world.allowed, theta if observed is None else theta[observed], -np.inf))


def visits(world: TabularWorld, policy: Array, gamma: float) -> Array:
    """η(s) = Σ_t γ^t P(s_t = s), [S]: discounted visits of an episode (S&B eq. 9.2 with γ).

    Terminal states count 0. NoFiniteTruth at γ = 1 where the policy may never arrive.
    """
    _must_end(world, policy, gamma)
    p = chain(world, policy).p
    met = (world.start > 0) & ~world.terminal
    while True:
        more = met | (p[met] > 0).any(0)
        if (more == met).all():
            break
        met = more
    eta = np.zeros(world.n_states)
    inside = p[np.ix_(met, met)]
    eta[met] = np.linalg.solve(np.eye(len(inside)) - gamma * inside.T, world.start[met])
    return eta


def objective(world: TabularWorld, policy: Array, gamma: float) -> float:
    """J = E[Σ_t γ^t r_{t+1}] from the start; NoFiniteTruth where it is not finite."""
    v = dp.policy_value(world, policy, gamma)
    begin = world.start > 0
    if np.isnan(v[begin]).any():
        raise NoFiniteTruth(dp.MAY_WANDER)
    return float(world.start[begin] @ v[begin])


def action_values(world: TabularWorld, policy: Array, gamma: float) -> Array:
    """Q^π, [S, A]: 0 in terminal states, −∞ for pairs that do not exist, NaN where not finite."""
    return dp.action_values(world, dp.policy_value(world, policy, gamma), gamma)


def advantages(world: TabularWorld, policy: Array, gamma: float) -> Array:
    """A^π = Q^π − V^π, [S, A], with −∞ and NaN where Q^π has them."""
    v = dp.policy_value(world, policy, gamma)
    a: Array = dp.action_values(world, v, gamma) - v[:, None]
    return a


def gradient(world: TabularWorld, theta: Array, gamma: float, observed: Observed = None) -> Array:
    """∇_θ J, [O, A], of the policy gradient theorem (S&B eq. 13.5 with γ; Sutton et al. 2000).

    ∂J/∂θ[o, a] = Σ_{s: o(s) = o} η(s)·π(a|s)·A^π(s, a)
    """
    policy = softmax_policy(world, theta, observed)
    eta = visits(world, policy, gamma)
    return _along(world, theta, observed, eta, policy, action_values(world, policy, gamma))


def printed_direction(
    world: TabularWorld, theta: Array, gamma: float, observed: Observed = None
) -> Array:
    """The mean of Σ_t ∇log π(a_t|s_t)·G_t, [O, A]: the same without γ^t.

    Visits count in full while values are discounted, so for γ < 1 it is not ∇J, nor the gradient
    of any function (Nota & Thomas 2020). NoFiniteTruth where episodes may never end.
    """
    policy = softmax_policy(world, theta, observed)
    eta = visits(world, policy, 1.0)
    return _along(world, theta, observed, eta, policy, action_values(world, policy, gamma))


def truncated_direction(
    world: TabularWorld, theta: Array, gamma: float, observed: Observed = None, *, steps: int
) -> Array:
    """∇J if an action had to answer for its next `steps` rewards only, [O, A]."""
    if steps < 1:
        raise BadValue(f"`steps >= 1` must hold, but got {steps=}; 1 is the reward of the action.")
    policy = softmax_policy(world, theta, observed)
    v = np.zeros(world.n_states)
    for _ in range(steps - 1):
        v = _mean(policy, dp.action_values(world, v, gamma))
    eta = visits(world, policy, gamma)
    return _along(world, theta, observed, eta, policy, dp.action_values(world, v, gamma))


def log_surrogate(policy: Array, reward: Array) -> float:
    """E[G·log π] = Σ_a π_a·r_a·ln π_a of a bandit, [A] each: what a loss of REINFORCE averages.

    It is not J. Only its gradient is J's, and only where the samples and G are held still.
    """
    return float(reward @ _times_log(policy))


def log_surrogate_gradient(policy: Array, reward: Array) -> Array:
    """Its gradient in softmax preferences when the chances of the samples move too, [A].

    π·(x − Σ_b π_b·x_b) with x = r·(1 + ln π), where ∇J has x = r.
    """
    moved = reward * (policy + _times_log(policy))
    g: Array = moved - policy * moved.sum()
    return g


def fisher(world: TabularWorld, theta: Array, gamma: float, observed: Observed = None) -> Array:
    """F = Σ_s d(s) Σ_a π(a|s) ∇log π ∇log πᵀ, [O·A, O·A] (Kakade 2001), d = η/Σ_s η(s).

    Along a softmax row it is diag(π) − ππᵀ, which is singular: a constant moves no policy.
    """
    policy = softmax_policy(world, theta, observed)
    eta = visits(world, policy, gamma)
    row = np.arange(world.n_states) if observed is None else observed
    each = policy[:, :, None] * (np.eye(world.n_actions) - policy[:, None, :])  # [S, A, A]
    n_rows, n_actions = theta.shape
    blocks = np.zeros((n_rows, n_actions, n_actions))
    np.add.at(blocks, row, (eta / eta.sum())[:, None, None] * each)
    f = np.zeros((n_rows, n_actions, n_rows, n_actions))
    every = np.arange(n_rows)
    f[every, :, every, :] = blocks
    return f.reshape(theta.size, theta.size)


def natural_gradient(
    world: TabularWorld, theta: Array, gamma: float, observed: Observed = None
) -> Array:
    """F⁺∇J, [O, A]: the least step that gains most for a small KL divergence (Kakade 2001)."""
    g = gradient(world, theta, gamma, observed).reshape(-1)
    f = fisher(world, theta, gamma, observed)
    step: Array = (np.linalg.pinv(f, rcond=1e-12, hermitian=True) @ g).reshape(theta.shape)
    return step


def divergence(p: Array, q: Array) -> Array:
    """KL(p‖q) = Σ_a p_a ln(p_a/q_a) along the last axis; ∞ where q leaves out what p takes."""
    ratio = np.divide(p, q, out=np.full(np.broadcast_shapes(p.shape, q.shape), np.inf), where=q > 0)
    log = np.log(ratio, out=np.zeros(ratio.shape), where=p > 0)
    kl: Array = np.where(p > 0, p * log, 0.0).sum(-1)
    return kl


def mean_kl(world: TabularWorld, old: Array, new: Array, gamma: float) -> float:
    """Σ_s d(s)·KL(π_old‖π_new) with the visits of π_old, normalised: what TRPO limits."""
    eta = visits(world, old, gamma)
    met = eta > 0
    return float(eta[met] @ divergence(old[met], new[met]) / eta.sum())


def max_kl(world: TabularWorld, old: Array, new: Array) -> float:
    """max_s KL(π_old‖π_new) over states that are not terminal: what TRPO's proof limits."""
    return float(divergence(old[~world.terminal], new[~world.terminal]).max())


def entropy(policy: Array) -> Array:
    """H = −Σ_a π_a ln π_a along the last axis, in nats."""
    h: Array = -_times_log(policy).sum(-1)
    return h


def _times_log(policy: Array) -> Array:
    """π ln π, which is 0 at 0."""
    each: Array = policy * np.log(policy, out=np.zeros(policy.shape), where=policy > 0)
    return each


def _mean(policy: Array, q: Array) -> Array:
    """Σ_a π(a|s)·q(s, a), [S]; an action that is never taken adds nothing."""
    mean: Array = (policy * np.where(policy > 0, q, 0.0)).sum(-1)
    return mean


def _along(
    world: TabularWorld,
    theta: Array,
    observed: Observed,
    weight: Array,
    policy: Array,
    q: Array,
) -> Array:
    """Σ_s weight(s) Σ_a π(a|s)·q(s, a)·∇_θ log π(a|s), [O, A]."""
    met = (weight > 0) & ~world.terminal
    row = np.arange(world.n_states) if observed is None else observed
    value = np.where(policy > 0, q, 0.0)[met]
    chance = policy[met]
    each = chance * (value - (chance * value).sum(-1, keepdims=True))
    direction = np.zeros(theta.shape)
    np.add.at(direction, row[met], weight[met, None] * each)
    return direction


def _must_end(world: TabularWorld, policy: Array, gamma: float) -> None:
    if gamma == 1 and np.isnan(dp.policy_value(world, policy, 1.0)[world.start > 0]).any():
        raise NoFiniteTruth(dp.MAY_WANDER)
