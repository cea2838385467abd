"""Temporal-difference errors of one transition.

An error is target minus estimate; an update moves the estimate by α times the error. The targets
are treated as constants: nothing here is differentiated through them.
"""

from __future__ import annotations

from torch import Tensor


def q_learning_error(
    q_tm1: Tensor, a_tm1: Tensor, r_t: Tensor, discount_t: Tensor, q_t: Tensor
) -> Tensor:
    """TD error of Q-learning (Watkins 1989; Sutton & Barto 2018, section 6.5).

        δ_t = r_{t+1} + γ_{t+1} max_a Q(s_{t+1}, a) − Q(s_t, a_t)

    Args:
        q_tm1: Q(s_t, ·), [..., A].
        a_tm1: a_t, [...] int64.
        r_t: r_{t+1}, [...].
        discount_t: γ_{t+1}, [...] or a number; 0 where the episode terminated.
        q_t: Q(s_{t+1}, ·), [..., A].
    """
    return r_t + discount_t * q_t.amax(-1) - chosen(q_tm1, a_tm1)


def sarsa_error(
    q_tm1: Tensor, a_tm1: Tensor, r_t: Tensor, discount_t: Tensor, q_t: Tensor, a_t: Tensor
) -> Tensor:
    """TD error of SARSA (Rummery & Niranjan 1994; Sutton & Barto 2018, section 6.4).

        δ_t = r_{t+1} + γ_{t+1} Q(s_{t+1}, a_{t+1}) − Q(s_t, a_t)

    Args:
        q_tm1: Q(s_t, ·), [..., A].
        a_tm1: a_t, [...] int64.
        r_t: r_{t+1}, [...].
        discount_t: γ_{t+1}, [...] or a number; 0 where the episode terminated.
        q_t: Q(s_{t+1}, ·), [..., A].
        a_t: a_{t+1}, the action that will be taken next, [...] int64.
    """
    return r_t + discount_t * chosen(q_t, a_t) - chosen(q_tm1, a_tm1)


def chosen(q: Tensor, action: Tensor) -> Tensor:
    """Q(s, a) out of Q(s, ·): [..., A] and [...] int64 give [...]."""
    return q.gather(-1, action.unsqueeze(-1)).squeeze(-1)


Q_LEARNING_UPDATE = (
    "Q(s,a) ← {q_sa} + {alpha}·({reward} + {gamma}·max({q_next}) − {q_sa}) = {q_new}"
)
SARSA_UPDATE = "Q(s,a) ← {q_sa} + {alpha}·({reward} + {gamma}·{q_next_sa} − {q_sa}) = {q_new}"
