"""Acting by one of the fixed policies whose values are asked for; see `policies.followed`."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from rlviz.exact.policies import followed
from rlviz.worlds.tabular import Tables


def follow(
    world: Tables,
    state: Tensor,
    gamma: Tensor | float,
    random_share: Tensor | float,
    *,
    uniform: Tensor,
) -> tuple[Tensor, Tensor]:
    """Actions of π = (1 − ε)·π* + ε·uniform, and which were drawn at random, both [B].

    Where all moves are random none counts as a stumble. `uniform` is [2, B]; `gamma` and
    `random_share` are numbers or [B].
    """
    many = _actions(world).index_select(0, state)
    at_random = (uniform[1] * many).long()
    stumbles = uniform[0] < random_share
    wholly = torch.as_tensor(random_share == 1, device=state.device).expand_as(stumbles)
    if bool(wholly.all()):
        return at_random, ~wholly
    passed = uniform[1].unsqueeze(1) >= _edges_of(world, gamma, state)
    return torch.where(stumbles, at_random, passed.sum(1)), stumbles & ~wholly


def _edges_of(world: Tables, gamma: Tensor | float, state: Tensor) -> Tensor:
    if not isinstance(gamma, Tensor):
        return _edges(world, float(gamma)).index_select(0, state)
    rows = [_edges(world, g)[s] for g, s in zip(gamma.tolist(), state.tolist(), strict=True)]
    return torch.stack(rows)


@lru_cache(maxsize=64)
def _edges(world: Tables, gamma: float) -> Tensor:
    """Inner edges of the unit interval cut by π*(·|s), [S, A−1]; infinite behind the last."""
    policy = torch.from_numpy(followed(world.world, gamma, 0.0))
    left = policy.flip(-1).cumsum(-1).flip(-1)
    edges = torch.where(left[:, 1:] > 0, policy.cumsum(-1)[:, :-1], torch.inf)
    return edges.to(world.terminal.device)


@lru_cache(maxsize=64)
def _actions(world: Tables) -> Tensor:
    """How many actions there are in each state, [S] float64."""
    return torch.from_numpy(world.world.allowed.sum(-1)).double().to(world.terminal.device)
