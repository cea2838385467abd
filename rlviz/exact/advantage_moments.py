"""Exact mean, variance and error of advantage estimates, given the state and the action.

What is estimated is A^π(s, a). From the next state on the policy is followed, so an estimate is

    Â(s, a) = r + γ·U(s') − V̂(s)

with U = (1 − λ)·V̂ + λ·G^λ for GAE(λ) (Schulman et al. 2016) and U = G of n − 1 more steps for n
steps. U has the moments of rlviz/exact/prediction.py; V̂ counts 0 in terminal states.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlviz.errors import BadValue
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.dynamic_programming import Array
from rlviz.exact.policy_gradient import advantages
from rlviz.exact.prediction import Chain, Moments, chain, lambda_moments, n_step_moments
from rlviz.worlds.tabular import TabularWorld

_GOLDEN = (5**0.5 - 1) / 2
_COARSE = 41  # points on λ before the best of them is refined


class Plane(NamedTuple):
    """How well GAE(λ) estimates, over errors of the critic (rows) and λ (columns), [E, L] each."""

    squared_error: Array  # E[(Â(s, a) − A(s, a))²]
    contrast_bias: Array  # E[Â(s, a) − Â(s, b)] − (A(s, a) − A(s, b))


def gae_moments(
    world: TabularWorld, policy: Array, v: Array, gamma: float, lambda_: float
) -> Moments:
    """Of Σ_k (γλ)^k δ_{t+k} for every pair (s, a), [S, A] each; pairs that do not exist are NaN.

    NoFiniteTruth at γ = λ = 1 where the policy may never end.
    """
    return _gae_moments(world, chain(world, policy), v, gamma, lambda_)


def n_step_advantage_moments(
    world: TabularWorld, policy: Array, v: Array, gamma: float, steps: int
) -> Moments:
    """Of r + γr' + … + γⁿV̂ − V̂(s) for n = 1, …, steps, [steps, S, A] each."""
    if steps < 1:
        raise BadValue(f"`steps >= 1` must hold, but got {steps=}; 1 is the TD error.")
    known = np.where(world.terminal, 0.0, v)
    after = n_step_moments(chain(world, policy), known, gamma, steps - 1) if steps > 1 else None
    each = [_one_step(world, known, gamma, Moments(known, 0.0 * known))]
    if after is not None:
        each += [
            _one_step(world, known, gamma, Moments(mean, variance))
            for mean, variance in zip(after.mean, after.variance, strict=True)
        ]
    return Moments(np.stack([m.mean for m in each]), np.stack([m.variance for m in each]))


def squared_error(moments: Moments, true: Array) -> Array:
    """E[(Â − A)²] = Var Â + (E[Â] − A)², of any shape."""
    error: Array = moments.variance + (moments.mean - true) ** 2
    return error


def contrast(advantage: Array, state: int, action: int, other: int) -> float:
    """Â(s, a) − Â(s, b): all that a softmax learns of an estimate; V̂(s) falls out of it."""
    return float(advantage[state, action] - advantage[state, other])


def best_lambda(
    world: TabularWorld, policy: Array, v: Array, gamma: float, *, state: int, action: int
) -> float:
    """The λ in [0, 1] with the least E[(Â(s, a) − A(s, a))²]: a grid, then golden sections."""
    made, true = chain(world, policy), advantages(world, policy, gamma)

    def error(lambda_: float) -> float:
        moments = _gae_moments(world, made, v, gamma, lambda_)
        return float(squared_error(moments, true)[state, action])

    grid = np.linspace(0, 1, _COARSE)
    best = int(np.argmin([error(x) for x in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _COARSE - 1)])
    while high - low > 1e-9:
        width = _GOLDEN * (high - low)
        if error(high - width) <= error(low + width):
            high = low + width
        else:
            low = high - width
    return low if low == 0 else high if high == 1 else (low + high) / 2


def flattened(world: TabularWorld, policy: Array, gamma: float, error: float) -> Array:
    """A critic V̂ = V^π + error·(mean of V^π − V^π), [S]: true at 0, the same everywhere at 1."""
    v = dp.policy_value(world, policy, gamma)
    inside = ~world.terminal
    return np.where(inside, v + error * (v[inside].mean() - v), 0.0)


def plane(
    world: TabularWorld,
    policy: Array,
    critic_errors: Array,
    lambdas: Array,
    *,
    gamma: float,
    state: int,
    action: int,
    other: int,
) -> Plane:
    """GAE(λ) at (s, a), and its contrast to (s, b), for critics `flattened` by each error.

    V̂ is affine in the error, so the contrast is too and the squared error is quadratic: three
    critics for each λ say all about the others.

    Args:
        world: with finite values under `policy`.
        policy: π(a|s), [S, A].
        critic_errors: [E].
        lambdas: λ, [L].
        gamma: γ.
        state: s.
        action: a.
        other: b.
    """
    made, true = chain(world, policy), advantages(world, policy, gamma)
    critics = [flattened(world, policy, gamma, e) for e in (-1.0, 0.0, 1.0)]
    gap = contrast(true, state, action, other)
    errors, biases = np.empty((len(lambdas), 3)), np.empty((len(lambdas), 3))
    for j, lambda_ in enumerate(lambdas):
        for i, v in enumerate(critics):
            moments = _gae_moments(world, made, v, gamma, float(lambda_))
            errors[j, i] = squared_error(moments, true)[state, action]
            biases[j, i] = contrast(moments.mean, state, action, other) - gap
    return Plane(_parabola(errors, critic_errors), _parabola(biases, critic_errors))


def _gae_moments(
    world: TabularWorld, made: Chain, v: Array, gamma: float, lambda_: float
) -> Moments:
    known = np.where(world.terminal, 0.0, v)
    after = lambda_moments(made, known, gamma, lambda_)
    mean = (1 - lambda_) * known + lambda_ * after.mean
    return _one_step(world, known, gamma, Moments(mean, lambda_**2 * after.variance))


def _one_step(world: TabularWorld, v: Array, gamma: float, after: Moments) -> Moments:
    """Of r + γ·U(s') − V̂(s), [S, A] each, from the moments of U, [S] each and 0 at the end."""
    p, to = world.probability, world.next_state
    each = world.reward + gamma * after.mean[to] - v[:, None, None]
    mean = (p * each).sum(-1)
    spread = (p * ((each - mean[:, :, None]) ** 2 + gamma**2 * after.variance[to])).sum(-1)
    if world.reward_sd is not None:
        spread = spread + world.reward_sd**2
    missing = ~world.allowed
    return Moments(np.where(missing, np.nan, mean), np.where(missing, np.nan, spread))


def _parabola(at: Array, x: Array) -> Array:
    """The parabola through the values at −1, 0, 1, [L, 3], at every x, [E]: [E, L]."""
    low, middle, high = at.T
    curve, slope = (high + low) / 2 - middle, (high - low) / 2
    value: Array = middle + x[:, None] * (slope + x[:, None] * curve)
    return value
