"""Exact moments of means that are weighted with importance ratios of whole sequences.

A sequence draws T tokens from behaviour μ and is worth x, the mean of their rewards; its weight is
ρ = Π_t π(x_t)/μ(x_t). All of it factorises over tokens, so nothing has to be enumerated.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlviz.exact.dynamic_programming import Array


class WeightedMean(NamedTuple):
    """Where an estimate comes to rest, and how much one sample of it scatters."""

    limit: float
    deviation: float  # σ: after n samples the standard error is σ/√n; ∞ where float64 has no room


def proportions(of: Array) -> Array:
    """Probabilities in these proportions, [V]; even ones where all are 0."""
    return of / of.sum() if of.any() else np.full(len(of), 1 / len(of))


def ordinary(
    behaviour: Array, target: Array, reward: Array, noise: Array, horizon: int
) -> WeightedMean:
    """Of (1/n) Σ ρx: E[ρx], and √(E[(ρx)²] − E[ρx]²).

        E[ρx] = a^(T−1)·b,   a = Σ π,   b = Σ π r,   over μ > 0
        E[ρ²x²] = m^T·(r̄² + s²/T),   m = Σ π²/μ, and r̄ and s² of a token drawn from π²/(μ m)

    Args:
        behaviour: μ, [V].
        target: π, [V].
        reward: mean reward of each token, [V].
        noise: its standard deviation, [V].
        horizon: T.
    """
    mass, paid = _reached(behaviour, target, reward)
    limit = mass ** (horizon - 1) * paid
    square = _square(behaviour, target, reward, noise, horizon, 0.0)
    # Where all weights are alike the two differ by rounding alone.
    return WeightedMean(limit, float(np.sqrt(max(square - limit**2, 0.0))))


def weighted(
    behaviour: Array, target: Array, reward: Array, noise: Array, horizon: int
) -> WeightedMean:
    """Of Σ ρx / Σ ρ: b/a, and √(E[ρ²(x − b/a)²]) / a^T, the error of a ratio of two means.

    The limit is the value of π confined to what μ draws; NaN where the two share nothing. The
    deviation is that of many samples (S&B 2018, eq. 5.6; Owen 2013, section 9.2).
    """
    mass, paid = _reached(behaviour, target, reward)
    if mass == 0:
        return WeightedMean(float("nan"), float("nan"))
    limit = paid / mass
    square = _square(behaviour, target / mass, reward, noise, horizon, limit)
    return WeightedMean(limit, float(np.sqrt(square)))


def _reached(behaviour: Array, target: Array, reward: Array) -> tuple[float, float]:
    drawn = behaviour > 0
    return float(target[drawn].sum()), float((target * reward)[drawn].sum())


def _square(
    behaviour: Array, target: Array, reward: Array, noise: Array, horizon: int, centre: float
) -> float:
    """E[ρ²(x − centre)²] under μ."""
    drawn = behaviour > 0
    each = target[drawn] ** 2 / behaviour[drawn]
    total = each.sum()
    if total == 0:
        return 0.0
    tilted, away = each / total, reward[drawn] - centre
    mean = tilted @ away
    spread = tilted @ (away**2 + noise[drawn] ** 2) - mean**2
    with np.errstate(over="ignore"):
        return float(total**horizon * (mean**2 + max(spread, 0.0) / horizon))
