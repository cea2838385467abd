"""Temporal-difference errors of one transition.

An error is target minus estimate; an update moves the estimate by α times the error. The targets
are treated as constants: nothing here is differentiated through them.
"""

from __future__ import annotations

import torch
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


def expected_sarsa_error(
    q_tm1: Tensor, a_tm1: Tensor, r_t: Tensor, discount_t: Tensor, q_t: Tensor, policy_t: Tensor
) -> Tensor:
    """TD error of Expected SARSA (van Seijen et al. 2009; Sutton & Barto 2018, section 6.6).

        δ_t = r_{t+1} + γ_{t+1} Σ_a π(a|s_{t+1}) Q(s_{t+1}, a) − Q(s_t, a_t)

    Args:
        q_tm1: Q(s_t, ·), [..., A].
        a_tm1: a_t, [...] int64.
        r_t: r_{t+1}, [...].
        discount_t: γ_{t+1}, [...] or a number; 0 where the episode terminated.
        q_t: Q(s_{t+1}, ·), [..., A].
        policy_t: π(·|s_{t+1}), [..., A].
    """
    return r_t + discount_t * expected(q_t, policy_t) - chosen(q_tm1, a_tm1)


def double_q_error(
    q_tm1: Tensor,
    a_tm1: Tensor,
    r_t: Tensor,
    discount_t: Tensor,
    q_t_value: Tensor,
    best_t: Tensor,
) -> Tensor:
    """TD error of Double Q-learning (van Hasselt 2010; Sutton & Barto 2018, section 6.7).

        δ_t = r_{t+1} + γ_{t+1} Q₂(s_{t+1}, argmax_a Q₁(s_{t+1}, a)) − Q₁(s_t, a_t)

    Args:
        q_tm1: Q₁(s_t, ·) of the table that learns, [..., A].
        a_tm1: a_t, [...] int64.
        r_t: r_{t+1}, [...].
        discount_t: γ_{t+1}, [...] or a number; 0 where the episode terminated.
        q_t_value: Q₂(s_{t+1}, ·) of the other table, [..., A].
        best_t: the action that is best by Q₁(s_{t+1}, ·), [...] int64.
    """
    return r_t + discount_t * chosen(q_t_value, best_t) - chosen(q_tm1, a_tm1)


def discounted_returns(r_t: Tensor, discount: Tensor | float) -> Tensor:
    """G_t = Σ_k γ^k r_{t+k+1} for every t of a sequence, [T, ...] (S&B eq. 3.8).

    By doubling: after k rounds every entry holds its next 2^k rewards, so log₂ T rounds do.

    Args:
        r_t: r_{t+1} along the first axis, [T, ...].
        discount: γ, a number or [...].
    """
    total, reach, power = r_t.clone(), 1, discount
    while reach < len(total):
        total[:-reach] += power * total[reach:].clone()
        reach, power = 2 * reach, power * power
    return total


def expected(q: Tensor, policy: Tensor) -> Tensor:
    """Σ_a π(a|s) Q(s, a), [..., A] to [...]; an action that is never taken adds nothing."""
    return torch.where(policy > 0, policy * q, 0.0).sum(-1)


def chosen(q: Tensor, action: Tensor) -> Tensor:
    """Q(s, a) out of Q(s, ·): [..., A] and [...] int64 give [...]."""
    return q.gather(-1, action.unsqueeze(-1)).squeeze(-1)


Q_LEARNING_UPDATE = (
    "Q(s,a) ← {q_sa} + {alpha}·({reward} + {gamma}·max({q_next}) − {q_sa}) = {q_new}"
)
SARSA_UPDATE = "Q(s,a) ← {q_sa} + {alpha}·({reward} + {gamma}·{q_next_sa} − {q_sa}) = {q_new}"
EXPECTED_SARSA_UPDATE = (
    "Q(s,a) ← {q_sa} + {alpha}·({reward} + {gamma}·dot({next_policy}, {q_next}) − {q_sa}) = {q_new}"
)
RETURN_UPDATE = "Q(s,a) ← {q_sa} + {alpha}·({update_target} − {q_sa}) = {q_new}"
TRACE_UPDATE = (
    "Q(s,a) ← {q_sa} + {alpha}·({trace_sa}·({reward} + {gamma}·{q_next_sa} − {q_sa}) "
    "+ {dutch_term}) = {q_new}"
)
