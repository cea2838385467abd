"""Policies and critics: what stands between parameters and a distribution, or a value.

Parameters are a dict of tensors, each [B, ...] with a replica's own in its row; what reads them
keeps nothing. States are [..., B]: any axes, and the replica last. An algorithm that is written
against these functions runs on a softmax table, on a bell curve and on networks alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, Normal

from rlviz.exact import actors
from rlviz.ops.optimise import OPTIMISERS, each, fresh_moments
from rlviz.streams import Streams
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import Tables, normal

Parameters = dict[str, Tensor]
_NEVER = -1e30  # the preference for an action that does not exist


class Actor(Protocol):
    """A family of policies: one for each value of the parameters."""

    def init(self, streams: Streams) -> Parameters:
        """Where learning begins."""

    def distribution(self, parameters: Parameters, state: Tensor) -> Distribution:
        """π(·|s) of each replica in each of its states, [..., B]."""

    def sample(self, distribution: Distribution, uniform: Tensor) -> Tensor:
        """The action that each uniform number stands for, [..., B]."""


class SoftmaxTable:
    """π(a|s) ∝ exp θ(o, a), where o is what is seen of s; θ is [B, O, A] (S&B eq. 13.2)."""

    def __init__(self, world: Tables) -> None:
        """The family for that world."""
        self._world = world
        never = torch.where(world.allowed, 0.0, _NEVER).to(torch.float64)
        self._never = None if bool(world.allowed.all()) else never  # [S, A]

    def init(self, streams: Streams) -> Parameters:
        """All actions alike, or the preferences with which the world wants to be met."""
        world, first = self._world, self._world.first_preference
        if first is None:
            size = (int(world.observed.max()) + 1, world.n_actions)
            first = torch.zeros(size, dtype=torch.float64, device=world.terminal.device)
        return {"theta": first.expand(streams.replicas, -1, -1).clone()}

    def distribution(self, parameters: Parameters, state: Tensor) -> Categorical:
        """Softmax of the preferences."""
        theta = parameters["theta"]
        rows = torch.arange(len(theta), device=theta.device)
        logits = theta[rows, self._world.observed[state]]  # [..., B, A]
        if self._never is not None:
            logits = logits + self._never[state]
        return Categorical(logits=logits, validate_args=False)

    def sample(self, distribution: Distribution, uniform: Tensor) -> Tensor:
        """The inverse of the cumulated probabilities; one that is 0 is never taken."""
        assert isinstance(distribution, Categorical)
        left = distribution.probs.flip(-1).cumsum(-1).flip(-1)[..., 1:]  # of all later actions
        # Sums from the end, because one that rounds to just below 1 would reach what has no chance.
        passed = (left > 0) & (uniform.unsqueeze(-1) >= 1 - left)
        return passed.sum(-1)


class GaussianTable:
    """π(a) = N(μ, σ²) with θ = (μ, log σ), [B, 1, 2]; the state is not looked at."""

    def __init__(self, world: Tables) -> None:
        """The family for that world, which says where it begins."""
        assert world.first_preference is not None
        self._first = world.first_preference

    def init(self, streams: Streams) -> Parameters:
        """The bell curve with which the world wants to be met."""
        return {"theta": self._first.expand(streams.replicas, -1, -1).clone()}

    def distribution(self, parameters: Parameters, state: Tensor) -> Normal:
        """One bell curve for each replica, [..., B]."""
        theta = parameters["theta"]
        rows = torch.arange(len(theta), device=theta.device)
        # Looked up, and not expanded, whose slope would be summed in an order that depends on B.
        mean, log_deviation = theta[rows, torch.zeros_like(state)].unbind(-1)
        return Normal(mean, log_deviation.exp(), validate_args=False)

    def sample(self, distribution: Distribution, uniform: Tensor) -> Tensor:
        """μ + σ·Φ⁻¹(u)."""
        assert isinstance(distribution, Normal)
        return distribution.loc + distribution.scale * normal(uniform)


class ValueTable:
    """V(s) = w(o), where o is what is seen of s; w is [B, O], and a terminal state is worth 0."""

    def __init__(self, world: Tables) -> None:
        """The family for that world."""
        self._world = world

    def init(self, streams: Streams) -> Parameters:
        """Nothing is worth anything yet."""
        size = (streams.replicas, int(self._world.observed.max()) + 1)
        return {"w": torch.zeros(size, dtype=torch.float64, device=self._world.terminal.device)}

    def value(self, parameters: Parameters, state: Tensor) -> Tensor:
        """V of each replica in each of its states, [..., B]."""
        w = parameters["w"]
        rows = torch.arange(len(w), device=w.device)
        return w[rows, self._world.observed[state]].masked_fill(self._world.terminal[state], 0.0)


def actor(world: Tables) -> Actor:
    """The family of policies for the actions of that world."""
    return SoftmaxTable(world) if world.bumps is None else GaussianTable(world)


def critic(world: Tables) -> ValueTable:
    """The family of value functions for the states of that world."""
    return ValueTable(world)


def table(world: Tables, parameters: Parameters) -> Tensor:
    """π(a|s) of every replica in every state, [B, S, A]."""
    replicas = len(next(iter(parameters.values())))
    states = torch.arange(world.n_states, device=world.terminal.device)
    policy = actor(world).distribution(parameters, states.unsqueeze(1).expand(-1, replicas))
    assert isinstance(policy, Categorical)
    return policy.probs.movedim(1, 0)


def exact_baselines(
    world: Tables, parameters: Parameters, gamma: Tensor | float
) -> tuple[Tensor, Tensor]:
    """V^π(s) and the baseline b*(s) with the least variance, [B, S] each; of exact solutions."""
    device = world.terminal.device
    if isinstance(world.world, ContinuousBandit):
        mean, log_deviation = parameters["theta"][:, 0].cpu().numpy().T
        of = (world.world, mean, np.exp(log_deviation))
        found = (actors.gaussian_objectives(*of), actors.gaussian_baselines(*of))
        pair = [np.stack((value, np.zeros_like(value)), 1) for value in found]  # the end: 0
    else:
        each_policy = table(world, parameters).cpu().numpy()
        discount = gamma.cpu().numpy() if isinstance(gamma, Tensor) else gamma
        v, q = actors.values(world.world, each_policy, discount)
        pair = [v, actors.best_baselines(each_policy, q)]
    first, second = (torch.from_numpy(value).to(device) for value in pair)
    return first, second


def exact_action_values(
    world: Tables, parameters: Parameters, gamma: Tensor | float, state: Tensor, action: Tensor
) -> Tensor:
    """Q^π(s, a) of samples, [..., B]; of exact solutions."""
    if isinstance(world.world, ContinuousBandit):
        found = world.world.paid(action.cpu().numpy())
        return torch.from_numpy(found).to(action.device).masked_fill(world.terminal[state], 0.0)
    discount = gamma.cpu().numpy() if isinstance(gamma, Tensor) else gamma
    q = actors.values(world.world, table(world, parameters).cpu().numpy(), discount)[1]  # [B, S, A]
    of_pair = torch.from_numpy(q).to(action.device)
    return of_pair[torch.arange(len(q), device=action.device), state, action]


def leaves(parameters: Parameters) -> Parameters:
    """The same numbers as the beginning of a graph; the State keeps tensors without one."""
    return {name: value.detach().requires_grad_() for name, value in parameters.items()}


def gradients(loss: Tensor, parameters: Parameters) -> Parameters:
    """∂(Σ_b loss_b)/∂θ; one replica's loss knows nothing of another's parameters.

    Args:
        loss: [B].
        parameters: `leaves` that it was made of; one that it does not depend on gets 0.
    """
    found = torch.autograd.grad(
        loss.sum(), list(parameters.values()), allow_unused=True, materialize_grads=True
    )
    return dict(zip(parameters, found, strict=True))


def stepped(parameters: Parameters, slope: Parameters, alpha: Tensor | float) -> Parameters:
    """One step down the slope of a loss, θ − α·∂loss/∂θ, with a number or a step for each, [B]."""
    return {k: value - each(alpha, value) * slope[k] for k, value in parameters.items()}


@dataclass
class Optimiser:
    """What an optimiser remembers of the gradients that it has seen; it belongs in a State."""

    moments: Parameters  # each [2, B, ...]
    count: Tensor  # [B] int64

    @classmethod
    def fresh(cls, parameters: Parameters) -> Optimiser:
        """Nothing seen yet."""
        some = next(iter(parameters.values()))
        count = torch.zeros(len(some), dtype=torch.int64, device=some.device)
        return cls({name: fresh_moments(value) for name, value in parameters.items()}, count)

    def step(
        self,
        kind: str,
        parameters: Parameters,
        slope: Parameters,
        alpha: Tensor | float,
        moves: Tensor | None = None,
    ) -> Parameters:
        """One step down that slope by the optimiser of that name; it is remembered.

        Who does not move, [B] bool, has neither made a step nor seen a gradient.
        """
        counted = 1 if moves is None else moves.to(torch.int64)
        self.count, after, moments = self.count + counted, {}, {}
        for name, value in parameters.items():
            new, seen = OPTIMISERS[kind](value, slope[name], self.moments[name], self.count, alpha)
            if moves is not None:
                still = ~moves.view(-1, *[1] * (value.dim() - 1))
                new, seen = (
                    torch.where(still, value, new),
                    torch.where(still, self.moments[name], seen),
                )
            after[name], moments[name] = new, seen
        self.moments = moments
        return after


def flat(parameters: Parameters) -> Tensor:
    """All numbers of each replica in one row, [B, P]."""
    return torch.cat([value.flatten(1) for value in parameters.values()], 1)


def most_moved(before: Parameters, after: Parameters) -> tuple[Tensor, Tensor, Tensor]:
    """Of each replica the number that moved most: which one, what it was and what it is, [B]."""
    old, new = flat(before), flat(after)
    which = (new - old).abs().argmax(1, keepdim=True)
    return which.squeeze(1), old.gather(1, which).squeeze(1), new.gather(1, which).squeeze(1)
