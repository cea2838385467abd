"""Tables of B replicas at once: one row of [B, S, A] for each replica, read and written."""

from __future__ import annotations

import torch
from torch import Tensor


def rows(table: Tensor, state: Tensor) -> Tensor:
    """Index of (replica, state) in the table seen as [B·S, …]; `state` is [B] int64."""
    replicas, states = table.shape[:2]
    return torch.arange(0, replicas * states, states, device=table.device) + state


def read(table: Tensor, state: Tensor) -> Tensor:
    """Q(s, ·) of every replica in its own state: [B, S, A] and [B] give a fresh [B, A]."""
    return table.flatten(0, 1).index_select(0, rows(table, state))


def write(table: Tensor, state: Tensor, action: Tensor, value: Tensor) -> None:
    """Q(s, a) ← value in place, for every replica at its own pair; all [B]."""
    table.put_(rows(table, state) * table.shape[-1] + action, value)


def fresh(terminal: Tensor, n_actions: int, replicas: int, value: float) -> Tensor:
    """A table [B, S, A] of `value`, and of 0 in terminal states; `terminal` is [S] bool.

    Terminal states are worth 0 by definition and are never updated, so a learner may read their
    row like any other.
    """
    row = torch.where(terminal, 0.0, value).to(torch.float64)
    return row.unsqueeze(-1).expand(replicas, -1, n_actions).contiguous()
