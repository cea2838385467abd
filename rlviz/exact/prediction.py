"""Exact moments of the targets that prediction moves towards, for a given estimate V̂.

A target is a random number; its first two moments obey linear recursions over the tables, so bias
and variance need no sampling. Terminal states count 0, whatever V̂ says of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlviz.errors import NoFiniteTruth
from rlviz.exact.dynamic_programming import Array
from rlviz.worlds.tabular import TabularWorld


class Moments(NamedTuple):
    """Mean and variance of a target from every state, both [..., S]."""

    mean: Array
    variance: Array


class Chain(NamedTuple):
    """A world under one policy: sums over actions and outcomes, 0 in rows of terminal states."""

    p: Array  # [S, S] P(s'|s), columns of terminal states left 0: nothing follows them
    r: Array  # [S] E[r]
    r_squared: Array  # [S] E[r²]
    r_next: Array  # [S, S] E[r; s'], likewise


def chain(world: TabularWorld, policy: Array) -> Chain:
    """The chain that a policy π(a|s), [S, A], makes of the world."""
    weight = policy[:, :, None] * world.probability
    weight = np.where(world.terminal[:, None, None], 0.0, weight)
    on = weight * ~world.terminal[world.next_state]
    state = np.broadcast_to(np.arange(world.n_states)[:, None, None], weight.shape)
    p, r_next = (np.zeros((world.n_states, world.n_states)) for _ in range(2))
    np.add.at(p, (state, world.next_state), on)
    np.add.at(r_next, (state, world.next_state), on * world.reward)
    noise = getattr(world, "reward_sd", None)
    squared = world.reward**2 + (0.0 if noise is None else noise[:, :, None] ** 2)
    return Chain(p, (weight * world.reward).sum((1, 2)), (weight * squared).sum((1, 2)), r_next)


def visits(made: Chain, start: Array) -> Array:
    """How often each state is met in an episode, [S]; NoFiniteTruth where that has no bound."""
    try:
        met = np.linalg.solve(np.eye(len(start)) - made.p.T, start)
    except np.linalg.LinAlgError:
        raise NoFiniteTruth(
            "This policy may wander for ever, so no state has a finite number of visits."
        ) from None
    return met.astype(np.float64)


def squared_td_error(made: Chain, start: Array, v: Array, gamma: float) -> float:
    """E[δ²] of a step of an episode, for the values V̂, with terminal states at 0."""
    target = made.r + gamma * made.p @ v  # E[r + γV̂(s')]
    square = made.r_squared + 2 * gamma * made.r_next @ v + gamma**2 * made.p @ v**2
    met = visits(made, start)
    return float(met @ (square - 2 * v * target + v**2) / met.sum())


def least_squared_td_error(made: Chain, start: Array, gamma: float) -> Array:
    """The V̂ with the least E[δ²], where the full gradient rests, [S]; NaN where nobody comes.

    In δ = r + γV̂(s') − V̂(s) both values are free, so it is a linear least-squares problem.
    """
    met = visits(made, start)
    flow = met[:, None] * made.p  # visits times P(s'|s)
    left = np.diag(met) - gamma * (flow + flow.T) + gamma**2 * np.diag(flow.sum(0))
    right = met * made.r - gamma * made.r_next.T @ met
    here = met > 0
    v = np.full(len(start), np.nan)
    v[here] = np.linalg.lstsq(left[np.ix_(here, here)], right[here], rcond=None)[0]
    return v


def n_step_moments(made: Chain, v: Array, gamma: float, steps: int) -> Moments:
    """Of G_{t:t+n} for n = 1, ..., steps: [steps, S] each.

    G^n(s) = r + γ·G^{n−1}(s') with G^0 = V̂, so E[G²] = E[r²] + 2γ E[r·G'] + γ² E[G'²].
    """
    mean, second = v, v**2
    means, variances = [], []
    for _ in range(steps):
        second = made.r_squared + 2 * gamma * made.r_next @ mean + gamma**2 * made.p @ second
        mean = made.r + gamma * made.p @ mean
        means.append(mean)
        variances.append(np.maximum(second - mean**2, 0.0))
    return Moments(np.stack(means), np.stack(variances))


def lambda_moments(made: Chain, v: Array, gamma: float, lambda_: float) -> Moments:
    """Of the λ-return G^λ, [S] each; NoFiniteTruth where it has none.

    G = c + γλ·G' with c = r + γ(1−λ)·V̂(s'): linear equations for E[G] and for E[G²].
    """
    p, decay, known = made.p, gamma * lambda_, gamma * (1 - lambda_) * v
    c_next = made.r_next + p * known  # E[c; s']
    c_squared = made.r_squared + 2 * made.r_next @ known + p @ known**2
    one = np.eye(len(v))
    try:
        mean = np.linalg.solve(one - decay * p, made.r + p @ known)
        second = np.linalg.solve(one - decay**2 * p, c_squared + 2 * decay * c_next @ mean)
    except np.linalg.LinAlgError:
        raise NoFiniteTruth(
            "At γ = 1 and λ = 1 this policy may wander for ever, so its return has no moments; "
            "choose γ < 1."
        ) from None
    spread = np.maximum(second - mean**2, 0.0)
    return Moments(mean.astype(np.float64), spread.astype(np.float64))
