"""Ascents on a softmax bandit from one old policy, with the exact objective in place of samples.

With arms as corners, a policy is a point of the simplex. Advantages are exact, A_a = r_a − V_old,
and the ratio of an arm is ρ_a = π_a/old_a. On a bandit the surrogate Σ_a old_a·ρ_a·A_a is
J(π) − J(old) itself, for no states change; all that the methods differ in is how they stop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rlviz.errors import BadValue
from rlviz.exact.dynamic_programming import Array
from rlviz.exact.policy_gradient import softmax
from rlviz.exact.trust_region import Step, bandit_natural_gradient, moved, quadratic_step

BACKTRACK, TRIALS = 0.8, 10  # the line search of Spinning Up's TRPO


class Contours(NamedTuple):
    """What is climbed, at M policies, [M] each."""

    objective: Array  # J(π)
    surrogate: Array
    clipped: Array


def surrogate_path(theta: Array, reward: Array, alpha: float, *, steps: int) -> Array:
    """Policies before and after each of K steps up Σ_a π_a·A_a, [K + 1, A]."""
    advantage = _advantage(theta, reward)
    return _path(theta, alpha, steps, lambda p: _through_softmax(p, advantage))


def clipped_path(
    theta: Array,
    reward: Array,
    alpha: float,
    *,
    steps: int,
    clip: float,
    clip_high: float | None = None,
) -> Array:
    """The same up Σ_a old_a·min(ρ_a·A_a, clip(ρ_a, 1 − ε, 1 + ε)·A_a), [K + 1, A].

    The objective of PPO (Schulman et al. 2017, eq. 7). An arm's term is flat where its ratio has
    passed the band on the side that its advantage pushes to, and nothing brings it back. The upper
    edge has the same ε as the lower one where `clip_high` is None.
    """
    old, advantage = softmax(theta), _advantage(theta, reward)
    above = clip if clip_high is None else clip_high

    def slope(p: Array) -> Array:
        ratio = p / old
        past = np.where(advantage > 0, ratio > 1 + above, ratio < 1 - clip)
        return _through_softmax(p, np.where(past, 0.0, advantage))

    return _path(theta, alpha, steps, slope)


def penalty_path(theta: Array, reward: Array, alpha: float, *, steps: int, beta: float) -> Array:
    """The same up Σ_a π_a·A_a − β·KL(old‖π), [K + 1, A] (Schulman et al. 2017, eq. 8, β fixed)."""
    old, advantage = softmax(theta), _advantage(theta, reward)
    return _path(theta, alpha, steps, lambda p: _through_softmax(p, advantage) + beta * (old - p))


def trpo_step(theta: Array, reward: Array, delta: float) -> Step:
    """The quadratic step, shortened by .8 until KL(old‖new) <= δ (Schulman et al. 2015, app. C).

    No step at all where ten trials do not suffice. The line search of TRPO also asks whether the
    surrogate rises; on a bandit it does, all along this line.
    """
    old = softmax(theta)
    full, natural = quadratic_step(old, reward, delta), bandit_natural_gradient(old, reward)
    for k in range(TRIALS):
        size = full.size * BACKTRACK**k
        step = moved(old, reward, size * natural, size)
        if step.kl <= delta:
            return step
    return moved(old, reward, 0.0 * natural, 0.0)


def mesh(n: int) -> Array:
    """All policies of three arms in steps of 1/n, [(n + 1)(n + 2)/2, 3], corners included."""
    if n < 1:
        raise BadValue(f"`n >= 1` must hold, but got {n=}; 1 gives the three corners.")
    first, second = np.divmod(np.arange((n + 1) ** 2), n + 1)
    inside = first + second <= n
    i, j = first[inside], second[inside]
    return np.stack([i, j, n - i - j], axis=-1) / n


def contours(policies: Array, theta: Array, reward: Array, clip: float) -> Contours:
    """J, the surrogate and the clipped objective at each policy, [M, A] to [M] each."""
    old, advantage = softmax(theta), _advantage(theta, reward)
    ratio = policies / old
    worse = np.minimum(ratio * advantage, ratio.clip(1 - clip, 1 + clip) * advantage)
    return Contours(policies @ reward, policies @ advantage, worse @ old)


def _advantage(theta: Array, reward: Array) -> Array:
    a: Array = reward - softmax(theta) @ reward
    return a


def _through_softmax(policy: Array, slope: Array) -> Array:
    """∇_θ of Σ_a f_a(π_a) from f'_a, [A]: π·(f' − Σ_b π_b f'_b)."""
    g: Array = policy * (slope - policy @ slope)
    return g


def _path(theta: Array, alpha: float, steps: int, slope: Callable[[Array], Array]) -> Array:
    path = [softmax(theta)]
    for _ in range(steps):
        theta = theta + alpha * slope(path[-1])
        path.append(softmax(theta))
    return np.stack(path)
