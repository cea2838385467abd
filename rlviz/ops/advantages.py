"""Advantages and returns of samples [T, ...]: time is the first axis, replicas B are the last.

An array may hold several episodes one after the other, cut by `done`, which is true at an
episode's last step however it ended; the last one may be unfinished, and then only what it has
collected so far counts. Two masks that are easily taken for one: `discount_t` is γ, and 0 where
the episode terminated; `decay_t` is γλ (or γ), and 0 where it terminated or was cut.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rlviz.ops.returns import backwards


def generalised_advantages(td_error: Tensor, decay_t: Tensor) -> Tensor:
    """Generalised advantage estimates (Schulman et al. 2016, eq. 16).

        A_t = δ_t + γλ (1 − done_t) A_{t+1},   0 behind the end

    What stands behind the end of the samples is in the last δ, which holds V(s_T).

    Args:
        td_error: δ_t = r_{t+1} + γ_{t+1} V(s_{t+1}) − V(s_t), [T, ...], of
            `prediction.td_error`; V(s_{t+1}) is of the episode's own last state, not of the one
            that begins the next episode.
        decay_t: γλ, and 0 where the episode ended, cut or not, [T, ...].
    """
    return _from_the_end(td_error, decay_t)


def returns_to_go(r_t: Tensor, decay_t: Tensor) -> Tensor:
    """What follows each action, within its episode (Sutton & Barto 2018, eq. 3.9).

        G_t = r_{t+1} + γ (1 − done_t) G_{t+1}

    Args:
        r_t: r_{t+1}, [T, ...].
        decay_t: γ, and 0 where the episode ended, [T, ...].
    """
    return _from_the_end(r_t, decay_t)


def whole_returns(r_t: Tensor, gamma: Tensor | float, done: Tensor) -> Tensor:
    """G_0 of its episode at every step, [T, ...]: the whole return, discounted from the start.

    What REINFORCE weighs a step with as long as it does not know that an action cannot change
    what came before it.

    Args:
        r_t: r_{t+1}, [T, ...]; the first is an episode's first.
        gamma: γ, a number or [B].
        done: whether the step was its episode's last, [T, ...] bool.
    """
    return returns_to_go(r_t, gamma * (~done).to(r_t.dtype)).gather(0, _first(done))


def discount_since_start(gamma: Tensor | float, done: Tensor) -> Tensor:
    """γ^t, where t counts from the start of the episode that runs, [T, ...] float64.

    The factor that the policy gradient theorem has and libraries drop (S&B 2018, section 13.3).

    Args:
        gamma: γ, a number or [B].
        done: whether the step was its episode's last, [T, ...] bool; the first step is an
            episode's first.
    """
    age = (_time(done) - _first(done)).to(torch.float64)
    return torch.as_tensor(gamma, dtype=torch.float64, device=done.device) ** age


def lambda_weights(gamma: Tensor | float, lambda_: Tensor | float, length: int) -> Tensor:
    """(γλ)^l, what the TD error l steps on adds to A_t: [length], or [length, B]."""
    return _powers(gamma * lambda_, length)


def mixture_weights(lambda_: Tensor | float, length: int) -> Tensor:
    """How much of each n-step estimate, n = 1 … T, is in the λ one (S&B 2018, eq. 12.3).

        (1 − λ) λ^{n−1} for n < T, and λ^{T−1} for n = T: they sum to 1

    Without the exception for the last one they sum to 1 − λ^T. [length], or [length, B].
    """
    weights = _powers(lambda_, length)
    weights[:-1] *= 1 - lambda_
    return weights


def normalise(
    advantage: Tensor,
    dims: int | tuple[int, ...],
    eps: float = 1e-8,
    *,
    mask: Tensor | None = None,
) -> Tensor:
    """(A − mean)/(sd + eps) over `dims`, with the sd of the samples as they are (division by n).

    A single sample is handed back as it came, as in Stable-Baselines3 (issue #325; it divides by
    n − 1, where one sample gives NaN): normalised it would always be 0 and teach nothing. Samples
    that are all equal do become 0.

    Args:
        advantage: A, [T, ...].
        dims: the axes of the samples, all but the replicas'.
        eps: added to the sd.
        mask: which samples there are, broadcast to A, bool; the others come back as 0.
    """
    there = torch.ones_like(advantage, dtype=torch.bool)
    if mask is not None:
        there = there & mask
    count = there.sum(dims, keepdim=True)
    kept = torch.where(there, advantage, 0.0)
    centred = kept - kept.sum(dims, keepdim=True) / count.clamp(min=1)
    square = torch.where(there, centred.square(), 0.0).sum(dims, keepdim=True)
    sd = (square / count.clamp(min=1)).sqrt()
    return torch.where(there & (count > 1), centred / (sd + eps), kept)


def _from_the_end(b: Tensor, c: Tensor) -> Tensor:
    """`backwards`, with time first."""
    return backwards(b.movedim(0, -1), c.expand_as(b).movedim(0, -1)).movedim(-1, 0)


def _powers(rate: Tensor | float, length: int) -> Tensor:
    """rate^0 … rate^(length − 1): [length], or [length, B]."""
    rate = torch.as_tensor(rate, dtype=torch.float64)
    n = torch.arange(length, dtype=torch.float64, device=rate.device)
    return rate ** n.reshape(-1, *[1] * rate.dim())


def _time(done: Tensor) -> Tensor:
    """0, 1, … along the first axis, [T, ...]."""
    t = torch.arange(len(done), device=done.device)
    return t.reshape(-1, *[1] * (done.dim() - 1)).expand_as(done)


def _first(done: Tensor) -> Tensor:
    """Where the episode of each step began, [T, ...] int64."""
    begins = torch.zeros_like(done, dtype=torch.bool)
    begins[1:] = done[:-1]
    return torch.where(begins, _time(done), 0).cummax(0).values
