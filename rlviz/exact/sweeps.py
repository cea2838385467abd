"""A known world as sweeps of backups: which states together, and with which outcomes.

A synchronous sweep backs up all states from the same old values. A sweep in place goes through the
states in the order of their numbers, and each reads what was written before it. States that can
not see each other's change are backed up together, as a wave: the result is the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlviz.errors import NoFiniteTruth
from rlviz.exact.policies import followed
from rlviz.worlds.tabular import Tables, TabularWorld


class Wave(NamedTuple):
    """States that are backed up together, and what may come after each of their actions."""

    states: Tensor  # [n] int64, ascending; none is terminal
    next_state: Tensor  # [n, A, K] int64
    probability: Tensor  # [n, A, K]
    reward: Tensor  # [n, A], expected; −∞ where the action does not exist


@lru_cache(maxsize=16)
def waves(world: Tables, sweep: str) -> tuple[Wave, ...]:
    """The waves of one sweep: a single one when it is "synchronous", else as few as may be."""
    model = world.world
    r = np.where(model.allowed, (model.probability * model.reward).sum(-1), -np.inf)
    level = np.zeros(model.n_states, np.int64) if sweep == "synchronous" else levels(model)
    level[model.terminal] = -1

    def some(array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(world.terminal.device)

    each = (np.flatnonzero(level == one) for one in range(int(level.max(initial=0)) + 1))
    return tuple(
        Wave(some(s), some(model.next_state[s]), some(model.probability[s]), some(r[s]))
        for s in each
    )


def levels(world: TabularWorld) -> NDArray[np.int64]:
    """The wave of each state in a sweep in place, [S].

    Who reads a state of a smaller number comes after it, because it reads the new value; who is
    read by a state of a smaller number does not come before that, because it reads the old one.
    """
    leads = np.zeros((world.n_states, world.n_states), dtype=bool)
    state = np.indices(world.next_state.shape)[0]
    leads[state[world.possible], world.next_state[world.possible]] = True
    leads[world.terminal], leads[:, world.terminal] = False, False
    level = np.zeros(world.n_states, np.int64)
    for s in range(world.n_states):
        reads, is_read = level[:s][leads[s, :s]], level[:s][leads[:s, s]]
        level[s] = max(reads.max(initial=-1) + 1, is_read.max(initial=0))
    return level


def fixed_policy(
    world: Tables, gamma: Tensor | float, random_share: Tensor | float, replicas: int
) -> Tensor:
    """The policy that is evaluated, [B, S, A]: (1 − ε_π)·π* + ε_π·uniform; see `followed`."""
    if not isinstance(gamma, Tensor) and not isinstance(random_share, Tensor):
        return _policy(world, float(gamma), float(random_share)).expand(replicas, -1, -1)
    pairs = [torch.as_tensor(x).expand(replicas).tolist() for x in (gamma, random_share)]
    return torch.stack([_policy(world, g, share) for g, share in zip(*pairs, strict=True)])


@lru_cache(maxsize=64)
def _policy(world: Tables, gamma: float, random_share: float) -> Tensor:
    try:
        policy = followed(world.world, gamma, random_share)
    except NoFiniteTruth:  # the page says so where the truth would stand
        policy = followed(world.world, gamma, 1.0)
    return torch.from_numpy(policy).to(world.terminal.device)
