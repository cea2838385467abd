"""Means of rewards, one reward at a time."""

from __future__ import annotations

from torch import Tensor


def mean_step(pulls: Tensor) -> Tensor:
    """Step size that keeps a plain mean (Sutton & Barto 2018, eq. 2.3).

        Q_{n+1} = Q_n + 1/n · (R_n − Q_n)

    Args:
        pulls: n, how often the arm was pulled, this pull included, [...].
    """
    return 1 / pulls


def moved(q: Tensor, step_size: Tensor | float, reward: Tensor) -> Tensor:
    """Estimate after a reward: Q + α·(R − Q) (Sutton & Barto 2018, eq. 2.5)."""
    return q + step_size * (reward - q)


BANDIT_UPDATE = "Q(a) ← {q_sa} + {step_size}·({reward} − {q_sa}) = {q_new}"
