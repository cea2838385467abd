"""Eligibility traces e, [B, S]: how much of a TD error each state is answerable for.

Sutton & Barto 2018, chapter 12. A trace fades by γλ at every step and grows where the agent
stands; it is a factor of α·δ, never a target.
"""

from __future__ import annotations

from torch import Tensor


def accumulating(trace: Tensor, decay: Tensor | float, state: Tensor) -> Tensor:
    """Accumulating: e ← γλ·e + 1[s] (S&B eq. 12.5); `state` is 1[s], [B, S]."""
    return decay * trace + state


def replacing(trace: Tensor, decay: Tensor | float, state: Tensor) -> Tensor:
    """Replacing: e ← γλ·e, then e(s) ← 1 (Singh & Sutton 1996)."""
    return decay * trace * (1 - state) + state


def dutch(trace: Tensor, decay: Tensor | float, state: Tensor, alpha: Tensor | float) -> Tensor:
    """Dutch: e ← γλ·e + (1 − α·γλ·e(s))·1[s] (S&B eq. 12.11)."""
    faded = decay * trace
    return faded + (1 - alpha * faded) * state


def move(v: Tensor, trace: Tensor, alpha: Tensor | float, error: Tensor) -> Tensor:
    """V ← V + α·δ·e (S&B eq. 12.7); `error` is [B, 1]."""
    return v + alpha * error * trace


def move_true_online(
    v: Tensor,
    trace: Tensor,
    alpha: Tensor | float,
    *,
    error: Tensor,
    drift: Tensor,
    state: Tensor,
) -> Tensor:
    """True online TD(λ) (van Seijen & Sutton 2014; S&B section 12.5), with its Dutch trace.

        V ← V + α (δ + V(s) − V_old) e − α (V(s) − V_old) 1[s]

    Args:
        v: [B, S].
        trace: the Dutch trace, [B, S].
        alpha: a number, or [B, 1].
        error: δ, [B, 1].
        drift: V(s) − V_old, [B, 1]: how far the last update moved the state that was ahead.
        state: [B, S], 1 where the agent stands.
    """
    return v + alpha * ((error + drift) * trace - drift * state)
