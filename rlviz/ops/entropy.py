"""A bonus for entropy: the best distribution over known values, and what it is worth."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

SOFT_BACKUP = (
    "V(s) ← dot({backup_probability}, {backup_target}) + {entropy_bonus}·{backup_entropy} = {v_new}"
)


class Soft(NamedTuple):
    """The best under a bonus."""

    policy: Tensor  # [..., A]
    entropy: Tensor  # [...]
    value: Tensor  # [...]


def best_with_bonus(q: Tensor, bonus: Tensor | float) -> Soft:
    """max_π Σ_a π_a q_a + c·H(π), and where it is taken (Ziebart 2010; Haarnoja et al. 2017).

        c > 0:  π_a = exp(q_a/c) / Σ_b exp(q_b/c),   value = c·ln Σ_a exp(q_a/c)
        c = 0:  even shares among the best actions,  value = max_a q_a
        c < 0:  one best action alone: chance costs, so there is none

    Args:
        q: q_a, [..., A]; −∞ where there is no such action.
        bonus: c, a number or one that broadcasts with [...].
    """
    c = torch.as_tensor(bonus, dtype=q.dtype, device=q.device).unsqueeze(-1)
    away = q - q.amax(-1, keepdim=True)  # the largest is 0, so no exponential overflows
    weight = torch.where(c > 0, (away / torch.where(c > 0, c, 1.0)).exp(), (away == 0).to(q.dtype))
    first = torch.zeros_like(q).scatter_(-1, q.argmax(-1, keepdim=True), 1.0)
    weight = torch.where(c < 0, first, weight)
    policy = weight / weight.sum(-1, keepdim=True)
    entropy = torch.special.entr(policy).sum(-1)
    # An action that is not there has q = −∞ and is never taken; 0·(−∞) would be no number.
    expected = (policy * q.masked_fill(policy == 0, 0.0)).sum(-1)
    return Soft(policy, entropy, expected + c.squeeze(-1) * entropy)
