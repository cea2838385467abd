"""What a step of a policy is judged by: the surrogate, the KL divergence and their slopes.

    L(θ) = Σ w(s, a) ρ(s, a) A(s, a),   ρ = π_θ(a|s)/π_old(a|s)

The pairs are the samples of a batch, or all that there are with their exact weights; what is made
of them is the same. They are [..., B]: any axes, and the replica last.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, Normal, kl_divergence

from rlviz import policies, rollouts
from rlviz.exact import actors
from rlviz.exact.policy_gradient import visits
from rlviz.ops import advantages, policy_gradient, prediction, trust_region
from rlviz.policies import Parameters
from rlviz.signals import Beat, beat
from rlviz.worlds.tabular import Tables, paid

Family = Callable[[Parameters, Tensor], Distribution]  # what `Actor.distribution` is
_NODES = 128  # of the quadrature over one Gaussian
WEIGHED = (
    "trajectory_state",
    "trajectory_reward",
    "trajectory_return",
    "trajectory_baseline",
    "trajectory_advantage",
    "sample_return",
    "sample_baseline",
    "sample_advantage",
)  # what the beat "weigh" carries
SOLVED = ("natural_direction", "solve_residual", "solve_residuals", "solved_part")  # each "solve"


class Pairs(NamedTuple):
    """Pairs of state and action, each [..., B]."""

    state: Tensor
    action: Tensor
    advantage: Tensor
    weight: Tensor  # Σ over the pairs: the discounted length of an episode


def pairs(
    expectation: str,
    world: Tables,
    parameters: Parameters,
    batch: rollouts.Rollout,
    advantage: Tensor,
    gamma: Tensor | float,
) -> Pairs:
    """The samples of the batch or, by its name, the exact expectation that they stand for."""
    if expectation == "exact":
        return exact(world, parameters, gamma)
    return sampled(batch, advantage, gamma)


def sampled(batch: rollouts.Rollout, advantage: Tensor, gamma: Tensor | float) -> Pairs:
    """The samples of a batch of episodes; each counts γ^t, as in the policy gradient theorem."""
    age = advantages.discount_since_start(gamma, batch.done)
    weight = age * batch.alive / batch.alive.shape[1]
    return Pairs(batch.state, batch.action, advantage * batch.alive, weight)


def exact(world: Tables, parameters: Parameters, gamma: Tensor | float) -> Pairs:
    """Every pair with η(s) π(a|s) and A^π(s, a), [S, A, B] each; of a bell curve, nodes of it."""
    if world.bumps is not None:
        return _nodes(world, parameters)
    each = policies.table(world, parameters)  # [B, S, A]
    policy = each.cpu().numpy()
    discount = gamma.cpu().numpy() if isinstance(gamma, Tensor) else gamma
    v, q = actors.values(world.world, policy, discount)
    discounts = np.broadcast_to(discount, len(policy))
    eta = [visits(world.world, p, float(g)) for p, g in zip(policy, discounts, strict=True)]
    advantage = np.where(policy > 0, q - v[..., None], 0.0)
    weight = np.stack(eta)[..., None] * policy
    state, action = torch.meshgrid(
        torch.arange(world.n_states), torch.arange(world.n_actions), indexing="ij"
    )
    rows = (t.unsqueeze(-1).expand(*t.shape, len(each)).to(each.device) for t in (state, action))
    found = (torch.from_numpy(x).movedim(0, -1).to(each.device) for x in (advantage, weight))
    return Pairs(*rows, *found)


def advantage_estimates(
    world: Tables,
    critic: Parameters,
    batch: rollouts.Rollout,
    gamma: Tensor | float,
    lambda_: Tensor | float,
) -> tuple[Tensor, Tensor]:
    """GAE(λ) by a critic, and the critic's V, both [T, E, B]; 0 behind an episode's end."""
    family = policies.critic(world)
    v = family.value(critic, batch.state)
    # Of an episode that was cut the future counts; one that has terminated is worth 0 by itself.
    v_next = family.value(critic, batch.next_state)
    error = prediction.td_error(v, batch.reward, gamma + torch.zeros_like(v), v_next)
    decay = gamma * lambda_ * (~batch.done).to(v.dtype)
    advantage = advantages.generalised_advantages(error * batch.alive, decay)
    return advantage * batch.alive, v * batch.alive


def weighed(batch: rollouts.Rollout, advantage: Tensor, v: Tensor) -> Beat:
    """The beat that shows the advantages of the watched episode; A + V is its λ-return."""
    target = advantage + v
    return beat(
        "weigh",
        trajectory_state=rollouts.watched(batch, batch.state),
        trajectory_reward=rollouts.watched(batch, batch.reward),
        trajectory_return=rollouts.watched(batch, target),
        trajectory_baseline=rollouts.watched(batch, v),
        trajectory_advantage=rollouts.watched(batch, advantage),
        sample_return=target[0, 0],
        sample_baseline=v[0, 0],
        sample_advantage=advantage[0, 0],
    )


def fitted(
    world: Tables,
    critic: Parameters,
    batch: rollouts.Rollout,
    target: Tensor,
    alpha: Tensor | float,
) -> Parameters:
    """The critic, one step nearer to the targets."""
    w = policies.leaves(critic)
    error = policy_gradient.squared_value_loss(policies.critic(world).value(w, batch.state), target)
    return policies.stepped(critic, policies.gradients(rollouts.mean(batch, error), w), alpha)


def slope(of: Family, pairs: Pairs, old: Parameters) -> Tensor:
    """∇L at the old policy, which is the gradient of J there, [B, P]."""
    theta = policies.leaves(old)
    log_prob = of(theta, pairs.state).log_prob(pairs.action)
    loss = _summed(policy_gradient.score_loss(log_prob, pairs.weight * pairs.advantage))
    return -policies.flat(policies.gradients(loss, theta))


def moved(parameters: Parameters, direction: Tensor, size: Tensor) -> Parameters:
    """θ + size·direction, with a direction [B, P] and a size [B]."""
    along = trust_region.from_rows(direction, parameters)
    return policies.stepped(parameters, along, -size)


def gain(of: Family, pairs: Pairs, old: Parameters, new: Parameters) -> Tensor:
    """L(new) − L(old), [B]; its gradient at the old policy is that of J."""
    ratio = policy_gradient.ratio(
        of(new, pairs.state).log_prob(pairs.action),
        of(old, pairs.state).log_prob(pairs.action),
    )
    return _summed(pairs.weight * (ratio - 1) * pairs.advantage)


def divergence(of: Family, pairs: Pairs, old: Parameters, new: Parameters) -> Tensor:
    """Mean KL(π_old‖π_new) over the states of the pairs, [B]: what TRPO limits."""
    kl = kl_divergence(of(old, pairs.state), of(new, pairs.state))
    return _summed(pairs.weight * kl) / _summed(pairs.weight)


def fisher(
    of: Family, pairs: Pairs, old: Parameters, damping: Tensor | float
) -> Callable[[Tensor], Tensor]:
    """V to F v + damping·v at the old policy, [B, P] to [B, P]."""

    def product(v: Tensor) -> Tensor:
        found = trust_region.kl_hessian_product(
            lambda new: divergence(of, pairs, old, new),
            old,
            trust_region.from_rows(v, old),
            damping,
        )
        return policies.flat(found)

    return product


def solve(
    product: Callable[[Tensor], Tensor], gradient: Tensor, iterations: int
) -> Generator[Beat, None, Tensor]:
    """F⁻¹ g by conjugate gradient, [B, P]; each of its iterations is a beat."""
    length = gradient.norm(dim=1)
    residuals = torch.full((len(gradient), iterations + 1), torch.nan, dtype=gradient.dtype)
    residuals[:, 0], x = length, torch.zeros_like(gradient)
    steps = trust_region.conjugate_gradient(product, gradient, iterations)
    for i, (x, residual) in enumerate(steps, 1):
        residuals = residuals.clone()
        residuals[:, i] = residual
        yield beat(
            "solve",
            natural_direction=x,
            solve_residual=residual,
            solve_residuals=residuals,
            solved_part=length - residual,
        )
    return x


def _summed(value: Tensor) -> Tensor:
    """Over all axes but the replicas', [B]."""
    return value.flatten(0, -2).sum(0)


def _nodes(world: Tables, parameters: Parameters) -> Pairs:
    """Numbers that stand for all actions of a Gaussian policy, and what each counts, [1, n, B]."""
    assert world.bumps is not None
    nodes, shares = np.polynomial.hermite_e.hermegauss(_NODES)
    z, share = (torch.from_numpy(x).to(world.bumps.device)[:, None] for x in (nodes, shares))
    state = torch.zeros(1, _NODES, len(parameters["theta"]), dtype=torch.int64, device=z.device)
    policy = policies.actor(world).distribution(parameters, state)
    assert isinstance(policy, Normal)
    action = policy.loc + policy.scale * z
    weight = (share / share.sum()).expand_as(action[0])[None]
    reward = paid(world.bumps, action)
    return Pairs(state, action, reward - (weight * reward).sum(1, keepdim=True), weight)
