"""Importance sampling: what samples of one policy say about another.

A weight w = π(x)/μ(x) stands for how often π would have drawn what μ drew.
"""

from __future__ import annotations

import torch
from torch import Tensor


def effective_sample_size(weight: Tensor, dim: int) -> Tensor:
    """How many equal weights would be worth as much (Kish 1965; Kong 1992).

        (Σ w)² / Σ w²

    n for equal weights, 1 where one is all, 0 where all are 0.

    Args:
        weight: w ≥ 0, [..., n, ...].
        dim: the axis of the samples.
    """
    # By the largest first: a ratio of 1e200 has no square.
    most = weight.amax(dim, keepdim=True)
    w = weight / torch.where(most > 0, most, 1.0)
    square = w.square().sum(dim)
    return w.sum(dim).square() / torch.where(square == 0, 1.0, square)


def effective_fraction(weight: Tensor, dim: int) -> Tensor:
    """`effective_sample_size` as a part of the n samples, in [0, 1]."""
    return effective_sample_size(weight, dim) / weight.shape[dim]


def ordinary(weight: Tensor, value: Tensor, dim: int) -> Tensor:
    """Σ w x / n, unbiased, of a variance that may be without bound (S&B 2018, eq. 5.5)."""
    return (weight * value).mean(dim)


def weighted(weight: Tensor, value: Tensor, dim: int) -> Tensor:
    """Σ w x / Σ w, biased, never beyond the largest x; 0 without weight (S&B 2018, eq. 5.6)."""
    total = weight.sum(dim)
    return (weight * value).sum(dim) / torch.where(total == 0, 1.0, total)


def sequence_ratio(log_ratio_t: Tensor) -> Tensor:
    """ρ of a whole sequence, Π_t π(a_t|s_t)/μ(a_t|s_t) (S&B 2018, eq. 5.3).

    As exp Σ_t log ρ_t, so that no factor and no product on the way becomes 0 or infinite.

    Args:
        log_ratio_t: log π(a_t|s_t) − log μ(a_t|s_t), [T, ...]; 0 behind a sequence's end.
    """
    # From first to last, so that a column does not depend on how many stand beside it.
    return log_ratio_t.cumsum(0)[-1].exp()
