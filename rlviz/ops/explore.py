"""Exploration: from action values to an action.

Exploring draws uniformly over all actions, the greedy one included, so the greedy action has
probability 1 − ε + ε/A. Ties share the greedy mass evenly: an argmax that takes the first would
turn "knows nothing" into "always goes up". A value of −∞ stands for a pair that does not exist: it
is drawn by nobody, and A counts the others.

Draws compare along [A, B], where rows are long; `tables` says why.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST = torch.finfo(torch.float64).min  # every value of a pair that exists is at least this


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
    # Who explores takes every action for the best, but those that do not exist.
    best = q >= q.amax(-1).masked_fill(exploratory, _LEAST).unsqueeze(-1)
    rank = best.t().cumsum(0, dtype=q.dtype)  # [A, B]: 1, 2, … along the ties
    # The k-th of n ties, k = ⌊choice·n⌋: as many actions stand before it as have rank ≤ choice·n.
    kth = choice * rank[-1]
    # The last rank is n, never ≤ k; left out, an action exists even where a table is NaN.
    return (rank[:-1] <= kth).sum(0), exploratory


def epsilon_greedy_probabilities(q: Tensor, epsilon: Tensor | float) -> Tensor:
    """π_ε(a|s) = ε/A + (1 − ε)·1[a is best]/(number of best), [..., A]."""
    best = (q == q.amax(-1, keepdim=True)).to(q.dtype)
    exists = (q >= _LEAST).to(q.dtype)
    share = best / best.sum(-1, keepdim=True)
    epsilon = _of_each_action(epsilon)
    return epsilon * exists / exists.sum(-1, keepdim=True) + (1 - epsilon) * share


def softmax_probabilities(q: Tensor, temperature: Tensor | float) -> Tensor:
    """π(a|s) = exp(Q(s, a)/τ) / Σ_b exp(Q(s, b)/τ), [..., A] (Boltzmann; S&B eq. 13.2 with Q/τ)."""
    scaled = (q - q.amax(-1, keepdim=True)) / _of_each_action(temperature)
    return scaled.movedim(-1, 0).softmax(0).movedim(0, -1)  # ten times quicker than along A


def softmax(q: Tensor, temperature: Tensor | float, uniform: Tensor) -> Tensor:
    """Draw a with softmax probabilities: [B, A] and [B] uniform numbers give [B] int64."""
    reached = softmax_probabilities(q, temperature).t().cumsum(0)  # [A, B]
    # Against the sum as it was rounded, so that no action without probability comes last.
    return (reached[:-1] <= uniform * reached[-1]).sum(0)


def upper_confidence(q: Tensor, tried: Tensor, confidence: Tensor | float) -> Tensor:
    """Q(s, a) + c √(ln N(s) / N(s, a)), +∞ where never tried (Auer et al. 2002; S&B eq. 2.10).

    Args:
        q: Q(s, ·), [B, A].
        tried: N(s, ·), [B, A]; their sum is N(s).
        confidence: c, a number or [B].
    """
    total = tried.sum(-1, keepdim=True).clamp(min=1.0)
    c = _of_each_action(confidence)
    score = torch.where(tried > 0, q + c * (total.log() / tried.clamp(min=1.0)).sqrt(), torch.inf)
    return torch.where(q >= _LEAST, score, q)


def _of_each_action(setting: Tensor | float) -> Tensor | float:
    """A number for all, or [...] as [..., 1]."""
    return setting.unsqueeze(-1) if isinstance(setting, Tensor) else setting
