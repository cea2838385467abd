"""Every kind of baseline under one policy: what it leaves of the gradient, and how it spreads.

All variances are of one episode's estimate, the trace of its covariance; a batch of n episodes
has 1/n of it. A time limit is no part of these numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlviz.errors import BadValue
from rlviz.exact import actors
from rlviz.exact import gradient_baselines as gb
from rlviz.exact import policy_gradient as pg
from rlviz.exact.dynamic_programming import Array
from rlviz.worlds.tabular import TabularWorld


class Case(NamedTuple):
    """What is exactly so under one policy; a variance that is not known is NaN."""

    gradient: Array  # ∇J, [O, A]
    tried: Array  # with each number as the baseline of every state, [N]
    none: float
    exact_value: float
    optimal: float
    batch_mean: float
    action_value: float
    v: float  # V of the start
    b: float  # b* of the start


def is_one_step(world: TabularWorld) -> bool:
    """Whether there is one place to act in, and every action ends the episode."""
    return bool((~world.terminal).sum() == 1 and world.terminal[world.next_state].all())


def case(
    world: TabularWorld,
    theta: Array,
    gamma: float,
    tried: Array,
    *,
    episodes: int,
    whole: bool = False,
) -> Case:
    """The trial of every baseline for softmax preferences.

    Args:
        world: the tables.
        theta: θ, [O, A].
        gamma: γ.
        tried: numbers to try as a baseline, [N].
        episodes: n of a batch, of which the mean is taken.
        whole: whether each action is weighed with the whole return instead of what follows it.
    """
    if is_one_step(world):
        return _one_step(world, theta, tried, episodes)
    policy = pg.softmax_policy(world, theta, world.observed)
    v, q = (x[0] for x in actors.values(world, policy[None], gamma))
    best = actors.best_baselines(policy[None], q[None])[0]
    method = gb.whole_return if whole else gb.reward_to_go

    def variance(b: Array) -> float:
        return method(world, theta, gamma, b, world.observed).variance

    low, middle, high = (variance(np.full(world.n_states, b)) for b in (-1.0, 0.0, 1.0))
    slope, curve = (high - low) / 2, (high + low) / 2 - middle  # a parabola in b
    return Case(
        gradient=pg.gradient(world, theta, gamma, world.observed),
        tried=middle + tried * (slope + tried * curve),
        none=middle,
        exact_value=variance(v),
        optimal=variance(best),
        batch_mean=np.nan,
        action_value=np.nan,
        v=float(world.start @ v),
        b=float(world.start @ best),
    )


def batch_mean(probability: Array, q: Array, n: int, noise: Array | float = 0.0) -> gb.Estimator:
    """Of 1/n Σ_i s_i (G_i − Ḡ), a whole batch's estimate, where an episode is one step.

    It is (n − 1)/n·C, with C the unbiased sample covariance of score and return, and

        Var C = μ_22/n − (n − 2)/(n (n − 1))·μ_11² + μ_20 μ_02/(n (n − 1)), summed over components

    so the mean is (n − 1)/n·∇J: one episode alone is its own mean, and nothing is left.

    Args:
        probability: π, [A].
        q: Q, [A].
        n: episodes of the batch.
        noise: σ, standard deviation of the return given the action, a number or [A].
    """
    if n < 1:
        raise BadValue(f"`n >= 1` must hold, but got {n=}; 2 is the least that teaches.")
    gradient = gb.estimator_mean(probability, q, 0.0)
    if n == 1:
        return gb.Estimator(0.0 * gradient, 0.0)
    norms = gb.score_norms(probability)
    spread = (q - probability @ q) ** 2 + noise**2  # E[(G − V)² | a]
    together = float(probability @ (norms * spread))
    apart = float((probability @ norms) * (probability @ spread))
    covariance = together / n + (apart - (n - 2) * float(gradient @ gradient)) / (n * (n - 1))
    return gb.Estimator((n - 1) / n * gradient, max(((n - 1) / n) ** 2 * covariance, 0.0))


def _one_step(world: TabularWorld, theta: Array, tried: Array, episodes: int) -> Case:
    start = int(np.flatnonzero(~world.terminal)[0])
    p = pg.softmax_policy(world, theta, world.observed)[start]
    there = world.allowed[start]
    p, q = p[there], (world.probability * world.reward).sum(-1)[start][there]
    noise = 0.0 if world.reward_sd is None else world.reward_sd[start][there]
    v, b = float(p @ q), gb.best_baseline(p, q)
    found = gb.estimator_variance(p, q, np.concatenate([tried, [0.0, v, b]]), noise)
    gradient = np.zeros_like(theta)
    row = 0 if world.observed is None else int(world.observed[start])
    gradient[row, there] = gb.estimator_mean(p, q, 0.0)
    return Case(
        gradient=gradient,
        tried=found[:-3],
        none=float(found[-3]),
        exact_value=float(found[-2]),
        optimal=float(found[-1]),
        batch_mean=episodes * batch_mean(p, q, episodes, noise).variance,
        # What is left with b = Q is the noise, and its mean is 0.
        action_value=float((p * gb.score_norms(p) * noise**2).sum()),
        v=v,
        b=b,
    )
