"""A Gaussian policy with one action dimension: J, its gradient, and KL, without sampling.

Means over x ~ N(μ, σ²) are Gauss–Hermite sums, exact for polynomials of degree < 2n; a reward
with a jump or a kink is only approximated.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rlviz.errors import BadValue
from rlviz.exact.dynamic_programming import Array

NODES = 64


def objective(
    reward: Callable[[Array], Array], mean: float, std: float, *, nodes: int = NODES
) -> float:
    """J(μ, σ) = E[r(x)] = Σ_i w_i·r(μ + √2·σ·z_i)/√π."""
    z, weight = _standard(nodes)
    return float(weight @ reward(mean + _positive(std) * z))


def gradient(
    reward: Callable[[Array], Array], mean: float, std: float, *, nodes: int = NODES
) -> Array:
    """(∂J/∂μ, ∂J/∂ln σ), [2], as means of r times the score (Williams 1992).

    ∂ln N/∂μ = (x − μ)/σ²,   ∂ln N/∂ln σ = (x − μ)²/σ² − 1
    """
    z, weight = _standard(nodes)
    r = reward(mean + _positive(std) * z)
    return np.array([weight @ (r * z) / std, weight @ (r * (z**2 - 1))])


def divergence(mean_p: float, std_p: float, mean_q: float, std_q: float) -> float:
    """KL(p‖q) = ln(σ_q/σ_p) + (σ_p² + (μ_p − μ_q)²)/(2σ_q²) − ½ of two Gaussians."""
    log = np.log(_positive(std_q) / _positive(std_p))
    return float(log + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5)


def _standard(nodes: int) -> tuple[Array, Array]:
    """Nodes and weights of the standard normal distribution, [n] each."""
    x, weight = np.polynomial.hermite.hermgauss(nodes)
    return np.sqrt(2) * x, weight / np.sqrt(np.pi)


def _positive(std: float) -> float:
    if not std > 0:
        raise BadValue(f"`std > 0` must hold, but got {std=}; give the policy some width.")
    return std
