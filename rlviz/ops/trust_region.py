"""Steps measured by how far the policy moves, not its parameters: natural gradient, TRPO, β.

The replicas are the first axis of parameters, [B, ...], and of their rows, [B, P]; each replica
has a problem of its own, and all are worked on at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from rlviz.ops.optimise import each

Parameters = dict[str, Tensor]  # of each name, [B, ...]

_BETA = (1e-6, 1e6)  # where β stops: a KL that stays 0 or above every target must not end it


def conjugate_gradient(
    product: Callable[[Tensor], Tensor], b: Tensor, iterations: int, tolerance: float = 1e-10
) -> Iterator[tuple[Tensor, Tensor]]:
    """Solve F x = b by products with F alone, from x = 0 (Hestenes & Stiefel 1952).

    As many pairs as iterations, so that how many does not depend on the other replicas; stop
    pulling where enough is known. A replica that is solved stands still, and so does one whose
    next direction has no positive curvature: F is not positive there, or not a number.

    Args:
        product: v to F v, [B, P] to [B, P]; symmetric, positive semi-definite.
        b: [B, P].
        iterations: how many; P of them solve exactly, but for rounding.
        tolerance: a replica is solved where ‖b − F x‖ ≤ tolerance·‖b‖.

    Yields:
        x after each iteration, [B, P], and ‖b − F x‖ as the recursion keeps it, [B].
    """
    x, residual, direction = torch.zeros_like(b), b, b
    square = b.square().sum(-1, keepdim=True)  # [B, 1]
    enough = tolerance**2 * square
    for _ in range(iterations):
        along = product(direction)
        curvature = (direction * along).sum(-1, keepdim=True)
        moves = (square > enough) & (curvature > 0) & curvature.isfinite()
        step = square / curvature
        x = torch.where(moves, x + step * direction, x)
        residual = torch.where(moves, residual - step * along, residual)
        left = residual.square().sum(-1, keepdim=True)
        direction = torch.where(moves, residual + left / square * direction, direction)
        square = left
        yield x, square.sqrt().squeeze(-1)


def softmax_fisher(logits: Tensor, v: Tensor) -> Tensor:
    """(diag π − π πᵀ) v, the Fisher matrix of a softmax in its logits: π_a (v_a − Σ_b π_b v_b).

    Singular: to add a number to all logits changes nothing, so constants go to 0.

    Args:
        logits: [..., A].
        v: a change of the logits, [..., A].
    """
    policy = logits.softmax(-1)
    return policy * (v - (policy * v).sum(-1, keepdim=True))


def fisher_product(
    logits_of: Callable[[Parameters], Tensor],
    parameters: Parameters,
    v: Parameters,
    damping: Tensor | float,
) -> Parameters:
    """F v of categorical policies with their curvature in closed form (Kakade 2001).

        F v = mean over samples of Jᵀ (diag π − π πᵀ) J v + damping·v,   J = ∂ logits / ∂ θ

    Args:
        logits_of: of parameters to logits [..., B, A], where all axes but the last two are samples.
        parameters: θ, of each name [B, ...].
        v: like θ.
        damping: a number or [B].
    """
    v = {name: v[name] for name in parameters}  # whatever its order was
    leaves, inputs = _leaves(parameters)
    with torch.enable_grad():
        logits = logits_of(leaves)
        u = torch.zeros_like(logits).requires_grad_()
        # Jᵀu is linear in u, and so its derivative by u along v is J v.
        back = torch.autograd.grad(logits, inputs, u, create_graph=True, materialize_grads=True)
        (change,) = torch.autograd.grad(_along(back, v), u, retain_graph=True)
        samples = logits[..., 0, 0].numel()
        weight = softmax_fisher(logits.detach(), change) / samples
        products = torch.autograd.grad(logits, inputs, weight, materialize_grads=True)
    return _damped(products, v, damping)


def kl_hessian_product(
    kl_of: Callable[[Parameters], Tensor],
    parameters: Parameters,
    v: Parameters,
    damping: Tensor | float,
) -> Parameters:
    """H v for the Hessian of a mean KL divergence, by differentiating twice (Pearlmutter 1994).

        H v = ∇ ((∇ KL)ᵀ v) + damping·v

    At the old policy itself this is the Fisher matrix, for either direction of the KL.

    Args:
        kl_of: of parameters to the mean KL of each replica from a policy that stays, [B].
        parameters: θ, of each name [B, ...].
        v: like θ.
        damping: a number or [B].
    """
    v = {name: v[name] for name in parameters}  # whatever its order was
    leaves, inputs = _leaves(parameters)
    with torch.enable_grad():
        total = kl_of(leaves).sum()  # no replica's KL depends on another's parameters
        slopes = torch.autograd.grad(total, inputs, create_graph=True, materialize_grads=True)
        products = torch.autograd.grad(_along(slopes, v), inputs, materialize_grads=True)
    return _damped(products, v, damping)


def as_rows(parameters: Parameters) -> Tensor:
    """All parameters of a replica in one row, in the order of the dict: [B, P]."""
    return torch.cat([p.reshape(len(p), -1) for p in parameters.values()], 1)


def from_rows(rows: Tensor, like: Parameters) -> Parameters:
    """[B, P] back to parameters of the shapes of `like`."""
    sizes = [p[0].numel() for p in like.values()]
    parts = torch.split(rows, sizes, 1)
    return {
        name: part.reshape(p.shape) for part, (name, p) in zip(parts, like.items(), strict=True)
    }


def natural_step(g: Tensor, x: Tensor, delta: Tensor | float) -> tuple[Tensor, Tensor]:
    """How much of x = F⁻¹ g brings the quadratic KL to δ (Schulman et al. 2015, appendix C).

        √(2 δ / gᵀ x),   from ½ sᵀ F s = δ along s = β x, as F x = g

    Args:
        g: gradient of what is raised, [B, P].
        x: F⁻¹ g of the same, damped F, [B, P].
        delta: δ, a number or [B].

    Returns:
        The factor, [B], 0 where there is none; and whether there is one, [B] bool: not where
        gᵀ x is 0, negative or not finite.
    """
    power = (g * x).sum(-1)
    there = (power > 0) & power.isfinite()
    return torch.where(there, (2 * delta / torch.where(there, power, 1.0)).sqrt(), 0.0), there


def backtracking(c: Tensor | float, tries: int) -> Tensor:
    """1, c, c², …, the parts of the full step that a line search tries: [tries] or [tries, B]."""
    c = torch.as_tensor(c, dtype=torch.float64)
    n = torch.arange(tries, dtype=torch.float64, device=c.device)
    return c ** n.reshape(-1, *[1] * c.dim())


def acceptable(kl: Tensor, gain: Tensor, delta: Tensor | float) -> Tensor:
    """TRPO's rule for a candidate, [...] bool: KL ≤ δ and a gain; NaN never passes."""
    return (kl <= delta) & (gain > 0)


def accepted_fraction(fractions: Tensor, passes: Tensor) -> Tensor:
    """The first candidate that passes, [B]; 0, the old policy, where none does.

    Args:
        fractions: of `backtracking`, [tries] or [tries, B].
        passes: of `acceptable`, [tries, B] bool.
    """
    if fractions.dim() < passes.dim():
        fractions = fractions.unsqueeze(-1)
    first = passes & (passes.cumsum(0) == 1)
    return torch.where(first, fractions, 0.0).sum(0)


def adapted_beta(beta: Tensor, kl: Tensor, target: Tensor | float) -> Tensor:
    """The penalty's weight after an update (Schulman et al. 2017, section 4).

        β ← 2 β where KL > 1.5 d,   β / 2 where KL < d / 1.5

    Kept in [10⁻⁶, 10⁶], so that neither a policy that no longer moves nor a target of 0, which
    every KL but 0 exceeds, runs it to 0 or to infinity. A KL that is NaN leaves it.

    Args:
        beta: β, [B].
        kl: KL(π_old‖π) of this update, [B].
        target: d, a number or [B].
    """
    smaller = torch.where(kl < target / 1.5, beta / 2, beta)
    return torch.where(kl > 1.5 * target, 2 * beta, smaller).clamp(*_BETA)


def proportional_beta(
    beta: Tensor, kl: Tensor, target: Tensor | float, *, samples: float, horizon: float
) -> Tensor:
    """The penalty's weight of RLHF (Ziegler et al. 2019).

        β ← β (1 + clip(KL/d − 1, −.2, .2)·n/horizon)

    The paper has K_β = .1 for our n/horizon. [B]; kept in the bounds of `adapted_beta`.
    """
    error = (kl / target - 1).clamp(-0.2, 0.2)
    return (beta * (1 + error * (samples / horizon))).clamp(*_BETA)


def _leaves(parameters: Parameters) -> tuple[Parameters, list[Tensor]]:
    """The parameters anew, to be differentiated by, and as a list."""
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    return leaves, list(leaves.values())


def _along(slopes: tuple[Tensor, ...], v: Parameters) -> Tensor:
    """The sum of slope times v, over all parameters and replicas."""
    return torch.stack([(s * x).sum() for s, x in zip(slopes, v.values(), strict=True)]).sum()


def _damped(products: tuple[Tensor, ...], v: Parameters, damping: Tensor | float) -> Parameters:
    """F v + damping·v."""
    pairs = zip(v.items(), products, strict=True)
    return {name: product + each(damping, x) * x for (name, x), product in pairs}
