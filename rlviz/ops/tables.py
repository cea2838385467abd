"""Tables of B replicas at once, [B, S, A]: every replica reads and writes its own row."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


def fresh(
    terminal: Tensor, n_actions: int, replicas: int, value: float, n_allowed: Tensor | None = None
) -> Tensor:
    """A table [B, S, A] of `value`, and of 0 in terminal states; `terminal` is [S] bool.

    Terminal states are worth 0 by definition and are never updated, so a learner may read their
    row like any other. Of the other states only the first `n_allowed`, [S], actions exist; the
    rest is −∞, which no max takes and no behaviour draws.
    """
    row = torch.full(terminal.shape, value, dtype=torch.float64, device=terminal.device)
    table = row.masked_fill(terminal, 0.0).unsqueeze(-1).repeat(1, n_actions)
    if n_allowed is not None:
        missing = torch.arange(n_actions, device=terminal.device) >= n_allowed.unsqueeze(-1)
        table = table.masked_fill(missing & ~terminal.unsqueeze(-1), -torch.inf)
    return table.expand(replicas, -1, -1).contiguous()


def read(table: Tensor, state: Tensor) -> Tensor:
    """Q(s, ·) of every replica in its own state: [B, S, A] and [B] give a fresh [B, A].

    In memory the result is [A, B]: maxima and sums over so few actions are several times quicker
    across long rows than along short ones.
    """
    replicas, _, actions = table.shape
    pairs = torch.add(_pairs(*table.shape, table.device), state, alpha=actions)
    return table.view(-1).index_select(0, pairs.view(-1)).view(actions, replicas).t()


def write(table: Tensor, state: Tensor, action: Tensor, value: Tensor) -> None:
    """Q(s, a) ← value in place, for every replica at its own pair; all [B]."""
    first = _pairs(*table.shape, table.device)[0]
    table.put_(torch.add(first + action, state, alpha=table.shape[-1]), value)


@cache
def _pairs(replicas: int, states: int, actions: int, device: torch.device) -> Tensor:
    """Where the pair (0, a) of each replica stands in the table seen as one row, [A, B]."""
    size = states * actions
    first = torch.arange(0, replicas * size, size, device=device)
    return first + torch.arange(actions, device=device).unsqueeze(1)
