"""Values and policies when entropy is part of the reward, with the weight c ≥ 0.

    J = E[Σ_t γ^t (r_{t+1} + c·H(π(·|s_t)))]

The best policy is a softmax of Q/c, and its value a soft maximum of Q (Ziebart 2010; Haarnoja et
al. 2017). At c = 0 all of it is plain dynamic programming.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.dynamic_programming import Array, Solution
from rlviz.exact.policy_gradient import softmax
from rlviz.worlds.tabular import TabularWorld

PAYS_TO_WANDER = (
    "At γ = 1 the best policy with this bonus on entropy may wander for ever, so its value is not "
    "finite; choose γ < 1 or a smaller bonus."
)
_ROUNDS = 1_000  # each round about squares the error, so this many never come
_SMALL = 1e-12  # a gain below this share of the largest value is rounding


def soft_value(q: Array, temperature: float) -> Array:
    """V = c·ln Σ_a exp(Q_a/c) along the last axis; the maximum at c = 0."""
    most = q.max(-1, keepdims=True)
    if temperature == 0:
        return np.asarray(most[..., 0])
    rest = np.log(np.exp((q - most) / temperature).sum(-1))
    v: Array = most[..., 0] + temperature * rest
    return v


def soft_policy(q: Array, temperature: float) -> Array:
    """π_a ∝ exp(Q_a/c), [..., A]; for a bandit, q = r, the best under the bonus."""
    if temperature == 0:
        return dp.greedy(q)
    return softmax((q - q.max(-1, keepdims=True)) / temperature)


def wrong_sign_optimum(reward: Array) -> Array:
    """The best π of a bandit when the bonus is subtracted, J − c·H, [A]: one arm alone.

    That objective is convex in π, so no mixture beats every vertex, and at a vertex H = 0.
    """
    vertex: Array = np.eye(len(reward))[int(reward.argmax())]
    return vertex


def soft_solution(world: TabularWorld, gamma: float, temperature: float) -> Solution:
    """The fixed point of V(s) = c·ln Σ_a exp(Q(s, a)/c), Q = r + γ·E[V(s')], by policy iteration.

    Raises NoFiniteTruth where it has none (γ = 1).
    """
    if not temperature >= 0:
        raise BadValue(
            f"`temperature >= 0` must hold, but got {temperature=}; 0 is no bonus at all."
        )
    if temperature == 0:
        return dp.best_policy(world, gamma)
    policy: Array = world.allowed / world.allowed.sum(-1, keepdims=True)
    v = _value(world, policy, gamma, temperature)
    for _ in range(_ROUNDS):
        # States that nobody can reach may have no value; nothing that counts leads there.
        policy = soft_policy(dp.action_values(world, np.nan_to_num(v), gamma), temperature)
        last, v = v, _value(world, policy, gamma, temperature)
        if np.nanmax(np.abs(v - last)) <= _SMALL * max(1.0, float(np.nanmax(np.abs(v)))):
            q = dp.action_values(world, v, gamma)
            policy = soft_policy(dp.action_values(world, np.nan_to_num(v), gamma), temperature)
            return Solution(v, q, policy, dp.greedy(q))
    raise NoFiniteTruth(PAYS_TO_WANDER)


def _value(world: TabularWorld, policy: Array, gamma: float, temperature: float) -> Array:
    """V of a policy with its bonus, [S]: −c·ln π(a|s) is one more reward of the pair."""
    log = np.log(policy, out=np.zeros(policy.shape), where=policy > 0)
    log[world.terminal] = 0.0
    paid = replace(world, reward=world.reward - temperature * log[:, :, None])
    try:
        v = dp.policy_value(paid, policy, gamma)
    except np.linalg.LinAlgError:  # it arrives with a probability that rounding makes 0
        raise NoFiniteTruth(PAYS_TO_WANDER) from None
    if np.isnan(v[dp.reachable(world)]).any():
        raise NoFiniteTruth(PAYS_TO_WANDER)
    return v
