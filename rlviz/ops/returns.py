"""Returns of whole sequences, all of them at once: time is the last axis.

The n-step return G_{t:t+n} and the λ-return G^λ_t of Sutton & Barto 2018, chapters 7 and 12.
"""

from __future__ import annotations

import torch
from torch import Tensor


def backwards(b: Tensor, c: Tensor) -> Tensor:
    """y_t = b_t + c_t·y_{t+1} for all t, with 0 behind the end; both [..., T].

    Doubling: after k rounds every y_t holds 2^k terms, so that no loop walks over T.
    """
    y, c, reach = b.clone(), c.expand_as(b).clone(), 1
    c[..., -1] = 0.0
    while reach < b.shape[-1]:
        y[..., :-reach] = y[..., :-reach] + c[..., :-reach] * y[..., reach:]
        c[..., :-reach] = c[..., :-reach] * c[..., reach:]
        reach *= 2
    return y


def discounted_returns(r_t: Tensor, discount_t: Tensor, v_end: Tensor) -> Tensor:
    """Returns to the end of the sequence, bootstrapped there (S&B eq. 3.9).

        G_t = r_{t+1} + γ_{t+1} G_{t+1},   G_T = v_end

    Args:
        r_t: r_{t+1}, [..., T].
        discount_t: γ_{t+1}, [..., T]; 0 where the episode terminated.
        v_end: value of the last state, [...].
    """
    discount_t = discount_t.expand_as(r_t)
    b = r_t.clone()
    b[..., -1] += discount_t[..., -1] * v_end
    return backwards(b, discount_t)


def lambda_returns(r_t: Tensor, discount_t: Tensor, v_t: Tensor, lambda_: Tensor | float) -> Tensor:
    """λ-returns, bootstrapped at the end of the sequence (S&B eq. 12.18).

        G^λ_t = r_{t+1} + γ_{t+1} [(1 − λ) V(s_{t+1}) + λ G^λ_{t+1}]

    Args:
        r_t: r_{t+1}, [..., T].
        discount_t: γ_{t+1}, [..., T]; 0 where the episode terminated.
        v_t: V(s_{t+1}), [..., T].
        lambda_: a number, or anything that broadcasts to [..., T].
    """
    b = r_t + discount_t * (1 - lambda_) * v_t
    b[..., -1] = r_t[..., -1] + discount_t[..., -1] * v_t[..., -1]
    return backwards(b, discount_t * lambda_)


def lambda_errors(
    v_tm1: Tensor, r_t: Tensor, discount_t: Tensor, v_t: Tensor, lambda_: Tensor | float
) -> Tensor:
    """λ-return minus estimate, G^λ_t − V(s_t): what the forward view of TD(λ) moves by."""
    return lambda_returns(r_t, discount_t, v_t, lambda_) - v_tm1


def n_step_returns(r_t: Tensor, discount_t: Tensor, v_t: Tensor, n: int) -> Tensor:
    """N rewards and then the estimate; fewer rewards at the end of the sequence (S&B eq. 7.1).

        G_{t:t+n} = r_{t+1} + γ_{t+1} r_{t+2} + ... + γ_{t+1}···γ_{t+n} V(s_{t+n})

    Args:
        r_t: r_{t+1}, [..., T].
        discount_t: γ_{t+1}, [..., T]; 0 where the episode terminated.
        v_t: V(s_{t+1}), [..., T].
        n: number of rewards, at least 1.
    """
    length = r_t.shape[-1]
    last = torch.arange(n - 1, length + n - 1, device=r_t.device).clamp(max=length - 1)
    total = v_t[..., last]
    for back in reversed(range(n)):
        at = torch.arange(back, length + back, device=r_t.device)
        inside = at < length
        at = at.clamp(max=length - 1)
        total = torch.where(inside, r_t[..., at] + discount_t[..., at] * total, total)
    return total
