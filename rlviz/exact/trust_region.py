"""What a step of bounded size is worth: exact bounds, and exact best steps on a bandit.

A bandit is a row of probabilities and a row of expected rewards, both [A]; every arm must have
some probability. KL(x‖y) has the side that samples first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact.dynamic_programming import Array
from rlviz.exact.policy_gradient import advantages, divergence, max_kl, objective, softmax, visits
from rlviz.worlds.tabular import TabularWorld

_HALVINGS = 200  # of an interval in the logarithm; float64 is exhausted long before


class Step(NamedTuple):
    """Where a step on a bandit arrives."""

    policy: Array  # [A]
    size: float  # β in θ ← θ + β·F⁺g
    kl: float  # KL(old‖new)
    gain: float  # J(new) − J(old)


def performance_difference(
    world: TabularWorld, old: Array, new: Array, gamma: float
) -> tuple[float, float]:
    """J(new) − J(old), and the sum that equals it (Kakade & Langford 2002, lemma 6.1).

    J(new) − J(old) = Σ_s η_new(s) Σ_a π_new(a|s)·A_old(s, a)
    """
    difference = objective(world, new, gamma) - objective(world, old, gamma)
    return difference, _advantage_under(world, old, new, gamma, visits(world, new, gamma))


def surrogate_gain(world: TabularWorld, old: Array, new: Array, gamma: float) -> float:
    """L(new) − L(old) = Σ_s η_old(s) Σ_a π_new(a|s)·A_old(s, a) (Schulman et al. 2015, eq. 3)."""
    return _advantage_under(world, old, new, gamma, visits(world, old, gamma))


def penalty_constant(world: TabularWorld, old: Array, gamma: float) -> float:
    """C = 4εγ/(1 − γ)² with ε = max |A_old(s, a)| (Schulman et al. 2015, eq. 9)."""
    if gamma == 1:
        raise NoFiniteTruth("At γ = 1 the bound of TRPO has no finite penalty; choose γ < 1.")
    exists = world.allowed & ~world.terminal[:, None]
    most = float(np.abs(advantages(world, old, gamma)[exists]).max())
    return 4 * most * gamma / (1 - gamma) ** 2


def lower_bound(world: TabularWorld, old: Array, new: Array, gamma: float) -> float:
    """J(new) − J(old) is at least L(new) − L(old) − C·max_s KL(old‖new) (the same equation)."""
    penalty = penalty_constant(world, old, gamma) * max_kl(world, old, new)
    return surrogate_gain(world, old, new, gamma) - penalty


def clip_band_kl(clip: float, clip_high: float | None = None) -> float:
    """The greatest KL(old‖new) while every ratio stays in [1 − ε, 1 + ε]: −½·ln(1 − ε²).

    Half of the old probability on either edge: −½·ln(1 + ε) − ½·ln(1 − ε). With another ε above,
    ε_low/(ε_low + ε_high) of it stands on the upper edge, for ratios are 1 on average.
    """
    if not 0 <= clip < 1:
        raise BadValue(
            f"`0 <= clip < 1` must hold, but got {clip=}; at 1 a probability may become 0."
        )
    high = clip if clip_high is None else clip_high
    if clip == 0 or high == 0:
        return 0.0
    above = clip / (clip + high)
    return float(-above * np.log1p(high) - (1 - above) * np.log1p(-clip))


def bandit_gradient(policy: Array, reward: Array) -> Array:
    """∇_θ J = π·(r − V), [A], of softmax preferences."""
    g: Array = policy * (reward - policy @ reward)
    return g


def bandit_fisher(policy: Array) -> Array:
    """F = diag(π) − ππᵀ, [A, A]."""
    f: Array = np.diag(policy) - np.outer(policy, policy)
    return f


def bandit_natural_gradient(policy: Array, reward: Array) -> Array:
    """F⁺∇J = r − mean(r), [A]: the advantage up to a constant, whatever π is."""
    f = bandit_fisher(_full(policy))
    step: Array = np.linalg.pinv(f, hermitian=True) @ bandit_gradient(policy, reward)
    return step


def quadratic_step(policy: Array, reward: Array, delta: float) -> Step:
    """The natural step that spends ½·xᵀFx = δ (Schulman et al. 2015, appendix C).

    β = √(2δ / gᵀF⁺g). Its true KL(old‖new) is not δ, since the ball is drawn from F alone.
    """
    natural = bandit_natural_gradient(policy, reward)
    slope = float(bandit_gradient(policy, reward) @ natural)  # gᵀF⁺g: the variance of r under π
    size = float(np.sqrt(2 * delta / slope)) if slope > 0 else 0.0
    return moved(policy, reward, size * natural, size)


def moved(policy: Array, reward: Array, change: Array, size: float = 1.0) -> Step:
    """The bandit after θ ← θ + change, [A]."""
    new = softmax(np.log(policy) + change)
    return Step(new, size, float(divergence(policy, new)), float((new - policy) @ reward))


def best_within_forward_kl(policy: Array, reward: Array, delta: float) -> Array:
    """The best π with KL(old‖π) <= δ, [A]: π_a ∝ old_a/(ν − r_a), ν > max r (Lagrange)."""
    old, below = _full(policy), reward.max() - reward
    if delta <= 0 or not below.any():
        return old

    def at(log_room: float) -> Array:
        weight = old / (np.exp(log_room) + below)
        return np.asarray(weight / weight.sum())

    def excess(log_room: float) -> float:
        return delta - float(divergence(old, at(log_room)))

    return at(_root(excess, -600.0, 300.0))


def best_within_reverse_kl(policy: Array, reward: Array, delta: float) -> Array:
    """The best π with KL(π‖old) <= δ, [A]: π_a ∝ old_a·exp(t·r_a).

    Where the best arm alone is within δ, it is the best arm alone.
    """
    old, below = _full(policy), reward.max() - reward
    if delta <= 0 or not below.any():
        return old

    def at(log_t: float) -> Array:
        return softmax(np.log(old) - np.exp(log_t) * below)

    def excess(log_t: float) -> float:
        return float(divergence(at(log_t), old)) - delta

    return at(_root(excess, -300.0, 300.0))


def vanilla_path(logit: float, scale: float, reward: Array, alpha: float, *, steps: int) -> Array:
    """P(arm 1) before and after each step on t, [steps + 1], where it is sigmoid(scale·t).

    ∂J/∂t = scale·p(1 − p)(r_1 − r_0): the path depends on how t was scaled.
    """
    return _one_logit_path(
        logit, scale, lambda p: alpha * scale * p * (1 - p) * (reward[1] - reward[0]), steps
    )


def natural_path(logit: float, scale: float, reward: Array, alpha: float, *, steps: int) -> Array:
    """The same with F⁻¹∂J/∂t, F = scale²·p(1 − p): the scale falls out of the path."""
    return _one_logit_path(logit, scale, lambda _: alpha * (reward[1] - reward[0]) / scale, steps)


def _one_logit_path(
    logit: float, scale: float, change: Callable[[float], float], steps: int
) -> Array:
    t, path = logit / scale, np.empty(steps + 1)
    for k in range(steps + 1):
        path[k] = p = 1 / (1 + np.exp(-scale * t))
        t += change(p)
    return path


def _advantage_under(
    world: TabularWorld, old: Array, new: Array, gamma: float, weight: Array
) -> float:
    """Σ_s weight(s) Σ_a π_new(a|s)·A_old(s, a)."""
    taken = (weight > 0)[:, None] & (new > 0)
    each = np.where(taken, advantages(world, old, gamma), 0.0)
    return float(weight @ (new * each).sum(-1))


def _full(policy: Array) -> Array:
    if not (policy > 0).all():
        raise BadValue(
            f"Every arm must have some probability, but got {policy.min():g} as the least; "
            f"leave out arms that are never pulled."
        )
    return policy


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that never falls passes 0, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if rises(middle) > 0 else (middle, high)
    return low
