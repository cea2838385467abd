"""Exploration: from action values to an action.

Exploring draws uniformly over all actions, the greedy one included, so the greedy action has
probability 1 − ε + ε/A. Ties share the greedy mass evenly: an argmax that takes the first would
turn "knows nothing" into "always goes up".
"""

from __future__ import annotations

import torch
from torch import Tensor


def epsilon_greedy(q: Tensor, epsilon: Tensor | float, uniform: Tensor) -> tuple[Tensor, Tensor]:
    """Draw a ~ π_ε(·|s), ties at random (Sutton & Barto 2018, section 2.2).

    Args:
        q: Q(s, ·), [B, A].
        epsilon: ε in [0, 1], a number or [B].
        uniform: two numbers in [0, 1) for each row, [2, B]: a coin and a choice.

    Returns:
        The action, [B] int64, and whether it was drawn to explore, [B] bool.
    """
    coin, choice = uniform
    exploratory = coin < epsilon
    # Who explores takes every action for the best.
    best = (q == q.amax(-1, keepdim=True)).logical_or_(exploratory.unsqueeze(-1))
    rank = best.cumsum(-1, dtype=q.dtype)  # 1, 2, … along the ties
    # The k-th of n ties, k = ⌊choice·n⌋: as many actions stand before it as have rank ≤ choice·n.
    kth = choice * rank[:, -1]
    # The last rank is n, never ≤ k; left out, an action exists even where a table is NaN.
    return (rank[:, :-1] <= kth.unsqueeze(-1)).sum(-1), exploratory


def epsilon_greedy_probabilities(q: Tensor, epsilon: Tensor | float) -> Tensor:
    """π_ε(a|s) = ε/A + (1 − ε)·1[a is best]/(number of best), [..., A]."""
    best = (q == q.amax(-1, keepdim=True)).to(q.dtype)
    share = best / best.sum(-1, keepdim=True)
    epsilon = torch.as_tensor(epsilon, dtype=q.dtype, device=q.device).unsqueeze(-1)
    return epsilon / q.shape[-1] + (1 - epsilon) * share
