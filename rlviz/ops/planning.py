"""Backups with a known model: one step ahead from every action, then a mean or a maximum."""

from __future__ import annotations

import torch
from torch import Tensor

TIE = 1e-9  # actions closer than this share of the table's largest value are taken as equal

EXPECTED_BACKUP = "V(s) ← dot({backup_probability}, {backup_target}) = {v_new}"
OPTIMAL_BACKUP = "V(s) ← max({backup_target}) = {v_new}"


def one_step_ahead(
    v: Tensor,
    next_state: Tensor,
    probability: Tensor,
    reward: Tensor,
    *,
    gamma: Tensor | float,
) -> Tensor:
    """Value of each action by the values of where it leads (Sutton & Barto 2018, eq. 4.6).

        Q(s, a) = R(s, a) + γ Σ_s' P(s'|s, a) V(s')

    Args:
        v: V, [B, S]; 0 in terminal states, so that nothing is bootstrapped from them.
        next_state: s' of n states, [n, A, K] int64.
        probability: P(s'|s, a), [n, A, K].
        reward: R(s, a), [n, A]; −∞ for an action that does not exist.
        gamma: γ, a number or [B].

    Returns:
        Q(s, ·) of those states, [B, n, A].
    """
    each = v.index_select(1, next_state.reshape(-1)).view(-1, *next_state.shape)
    if isinstance(gamma, Tensor):
        gamma = gamma.view(-1, 1, 1)
    ahead: Tensor = reward + gamma * (each * probability).sum(-1)
    return ahead


def expected_value(policy: Tensor, q: Tensor) -> Tensor:
    """Σ_a π(a|s) Q(s, a), both [..., A] (Sutton & Barto 2018, eq. 4.5).

    An action that is never taken adds nothing, even where its value is −∞.
    """
    return torch.where(policy > 0, policy * q, 0.0).sum(-1)


def improved_policy(policy: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """The greedy policy of q, both [B, S, A], and in which states it is another one, [B, S] bool.

    Ties share evenly. A state whose old actions all tie with the best keeps them: otherwise two
    equally good actions could take turns for ever (Sutton & Barto 2018, exercise 4.4).
    """
    largest = torch.where(q.isfinite(), q.abs(), 0.0).amax((-2, -1), keepdim=True)
    good = q >= q.amax(-1, keepdim=True) - TIE * largest
    changed = ((policy > 0) & ~good).any(-1)
    greedy = good.to(q.dtype) / good.sum(-1, keepdim=True)
    return torch.where(changed.unsqueeze(-1), greedy, policy), changed


def most_changed(v_new: Tensor, v_old: Tensor) -> Tensor:
    """The place of the largest change of each replica, the first of ties: [B, n] give [B]."""
    return (v_new - v_old).abs().argmax(-1)
