"""Exact moments of importance ratios of whole sequences of independent tokens.

A sequence draws T tokens from one distribution, behaviour μ, while π is meant. The ratio
ρ = Π_t π(x_t)/μ(x_t) then corrects every mean, at the price of its variance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlviz.errors import BadValue
from rlviz.exact.dynamic_programming import Array


class RatioMoments(NamedTuple):
    """Of the ratio of a sequence that μ drew; ∞ where float64 has no room."""

    mean: float  # 1, less what μ never draws
    variance: float
    ess_fraction: float  # E[ρ]²/E[ρ²]: the share of samples that count (Kong 1992)
    length_normalised_mean: float  # E[ρ^(1/T)]: the ratio of GSPO (Zheng et al. 2025)


def sequence_ratio(behaviour: Array, target: Array, horizon: int) -> RatioMoments:
    """Moments of ρ for T tokens, from those of one token, since tokens are independent.

        E[ρ] = (Σ π)^T,   E[ρ²] = (Σ π²/μ)^T,   E[ρ^(1/T)] = (Σ μ·(π/μ)^(1/T))^T, over μ > 0

    Args:
        behaviour: μ, [V].
        target: π, [V].
        horizon: T.
    """
    if horizon < 1:
        raise BadValue(f"`horizon >= 1` must hold, but got {horizon=}; 1 is a single token.")
    drawn = behaviour > 0
    mu, ratio = behaviour[drawn], target[drawn] / behaviour[drawn]
    first, second = float(mu @ ratio), float(mu @ ratio**2)
    if first == 0:
        return RatioMoments(0.0, 0.0, 0.0, 0.0)
    spread = max(np.log(second / first**2), 0.0)  # ln of E[ρ²]/E[ρ]² of a token
    mean = first**horizon
    with np.errstate(over="ignore"):  # a long sequence has a variance beyond float64
        variance = float(mean**2 * np.expm1(horizon * spread))
    return RatioMoments(
        mean,
        variance,
        float(np.exp(-horizon * spread)),
        float((mu @ ratio ** (1 / horizon)) ** horizon),
    )


def support_gap(behaviour: Array, target: Array) -> float:
    """The probability under π of what μ never draws: no ratio can bring it back."""
    return float(target[behaviour == 0].sum())
