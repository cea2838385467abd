"""Optimisers as pure functions of stacked parameters: B replicas along the first axis.

All three have one form, (parameter, gradient, moments, count, alpha) to (parameter, moments), and
step down the gradient of a loss. The moments are one tensor [2, B, ...]: the running means of the
gradient and of its square, of which SGD uses none and RMSProp the second.
"""

from __future__ import annotations

import torch
from torch import Tensor


def fresh_moments(parameter: Tensor) -> Tensor:
    """No gradient seen yet: zeros, [2, B, ...]."""
    return torch.zeros_like(parameter).expand(2, *parameter.shape).contiguous()


def sgd(
    parameter: Tensor,
    gradient: Tensor,
    moments: Tensor,
    count: Tensor | int,  # noqa: ARG001  one form for all three
    alpha: Tensor | float,
) -> tuple[Tensor, Tensor]:
    """θ ← θ − α g: steepest descent without momentum.

    Args:
        parameter: θ, [B, ...].
        gradient: g, [B, ...].
        moments: [2, B, ...], handed through.
        count: of this update, from 1; not used.
        alpha: α, a number or [B].
    """
    return parameter - each(alpha, parameter) * gradient, moments


def rmsprop(
    parameter: Tensor,
    gradient: Tensor,
    moments: Tensor,
    count: Tensor | int,  # noqa: ARG001  one form for all three
    alpha: Tensor | float,
    *,
    rho: float = 0.99,
    eps: float = 1e-8,
) -> tuple[Tensor, Tensor]:
    """RMSProp in torch's form (Tieleman & Hinton 2012, lecture 6e): eps is outside the root.

        v ← ρ v + (1 − ρ) g²,   θ ← θ − α g / (√v + eps)

    TensorFlow and OpenAI Baselines have √(v + eps) and begin with v = 1: the same eps is another
    number there, and the first steps are smaller.

    Args:
        parameter: θ, [B, ...].
        gradient: g, [B, ...].
        moments: [2, B, ...]; the second is v.
        count: of this update, from 1; not used.
        alpha: α, a number or [B].
        rho: how much of v is kept; torch's `alpha`.
        eps: added to the root.
    """
    square = rho * moments[1] + (1 - rho) * gradient.square()
    step = each(alpha, parameter) * gradient / (square.sqrt() + eps)
    return parameter - step, torch.stack((moments[0], square))


def adam(
    parameter: Tensor,
    gradient: Tensor,
    moments: Tensor,
    count: Tensor | int,
    alpha: Tensor | float,
    *,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Tensor, Tensor]:
    """Adam (Kingma & Ba 2015, algorithm 1), with both moments corrected for having begun at 0.

        m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
        θ ← θ − α m̂ / (√v̂ + eps),   m̂ = m / (1 − β₁ⁿ),   v̂ = v / (1 − β₂ⁿ)

    Args:
        parameter: θ, [B, ...].
        gradient: g, [B, ...].
        moments: m and v, [2, B, ...].
        count: n, of this update, from 1; a number, or [B] where replicas have made unequally many.
        alpha: α, a number or [B].
        beta_1: how much of m is kept.
        beta_2: how much of v is kept.
        eps: added to the root.
    """
    mean = beta_1 * moments[0] + (1 - beta_1) * gradient
    square = beta_2 * moments[1] + (1 - beta_2) * gradient.square()
    first, second = (
        each(_power(beta, count, parameter.dtype), parameter) for beta in (beta_1, beta_2)
    )
    root = (square / (1 - second)).sqrt() + eps
    step = each(alpha, parameter) * (mean / (1 - first)) / root
    return parameter - step, torch.stack((mean, square))


def _power(beta: float, count: Tensor | int, dtype: torch.dtype) -> Tensor | float:
    """βⁿ, a number or [B]; by Python's own power, whose last bit does not depend on B."""
    if not isinstance(count, Tensor):
        return float(beta**count)
    powers = [beta ** int(n) for n in count.tolist()]
    return torch.tensor(powers, dtype=dtype, device=count.device)


def clip_by_norm(
    gradients: dict[str, Tensor], most: Tensor | float
) -> tuple[dict[str, Tensor], Tensor]:
    """All gradients of a replica scaled by one number, so that their norm is at most `most`.

        g ← g·min(1, most / (‖g‖ + 10⁻⁶)),   ‖g‖ over all parameters of the replica

    The 10⁻⁶ is torch's `clip_grad_norm_`. A replica whose norm is not finite becomes NaN, as it
    does there, and only that replica.

    Args:
        gradients: of each parameter, [B, ...].
        most: a number or [B].

    Returns:
        The gradients, and their norm before, [B].
    """
    squares = [g.square().flatten(1).sum(1) for g in gradients.values()]
    norm = torch.stack(squares).sum(0).sqrt()
    scale = (most / (norm + 1e-6)).clamp(max=1.0)
    return {name: g * each(scale, g) for name, g in gradients.items()}, norm


def each(setting: Tensor | float, parameter: Tensor) -> Tensor | float:
    """A setting that broadcasts against [B, ...]: a number stays one, [B] becomes [B, 1, ...]."""
    if not isinstance(setting, Tensor) or setting.dim() == 0:
        return setting
    return setting.reshape(-1, *[1] * (parameter.dim() - 1))


OPTIMISERS = {"sgd": sgd, "rmsprop": rmsprop, "adam": adam}
