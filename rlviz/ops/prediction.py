"""Updates of state values V, [B, S]: of one transition, or of many in the order of time."""

from __future__ import annotations

import torch
from torch import Tensor


def td_error(v_tm1: Tensor, r_t: Tensor, discount_t: Tensor, v_t: Tensor) -> Tensor:
    """TD error of one transition (Sutton & Barto 2018, eq. 6.5).

        δ_t = r_{t+1} + γ_{t+1} V(s_{t+1}) − V(s_t)

    Args:
        v_tm1: V(s_t), [...].
        r_t: r_{t+1}, [...].
        discount_t: γ_{t+1}, [...]; 0 where the episode terminated.
        v_t: V(s_{t+1}), [...].
    """
    return r_t + discount_t * v_t - v_tm1


def fresh_values(
    terminal: Tensor, replicas: int, value: float, guess: Tensor | None = None
) -> Tensor:
    """V of `value`, and of 0 in terminal states, [B, S].

    Args:
        terminal: [S] bool.
        replicas: B.
        value: of every state, where the world says nothing else.
        guess: [S], the world's own first guesses, which go before `value`.
    """
    if guess is None:
        guess = torch.full(terminal.shape, value, dtype=torch.float64, device=terminal.device)
    return guess.masked_fill(terminal, 0.0).repeat(replicas, 1)


def value_of(v: Tensor, state: Tensor) -> Tensor:
    """V(s) of every replica in its own state: [B, S] and [B] give a fresh [B]."""
    return v.gather(1, state.unsqueeze(1)).squeeze(1)


def set_value(v: Tensor, state: Tensor, value: Tensor) -> None:
    """V(s) ← value in place, for every replica at its own state."""
    v.scatter_(1, state.unsqueeze(1), value.unsqueeze(1))


def column(setting: Tensor | float, rows: Tensor | None = None) -> Tensor | float:
    """A setting that broadcasts against [B, ...]: a number stays one, [B] becomes [B, 1]."""
    if not isinstance(setting, Tensor):
        return setting
    return (setting if rows is None else setting[rows]).unsqueeze(1)


def visits_before(state: Tensor) -> Tensor:
    """How often s_t was met before t in its own row: [B, T] gives [B, T], 0 at first visits."""
    order = state.argsort(dim=1, stable=True)
    sorted_ = state.gather(1, order)
    place = torch.arange(state.shape[1], device=state.device).expand_as(state)
    begins = torch.ones_like(sorted_, dtype=torch.bool)
    begins[:, 1:] = sorted_[:, 1:] != sorted_[:, :-1]
    since = place - place.masked_fill(~begins, 0).cummax(1).values
    return torch.empty_like(state).scatter_(1, order, since)


def move_in_turn(
    v: Tensor, state: Tensor, target: Tensor, alpha: Tensor | float, used: Tensor
) -> Tensor:
    """V after V(s_t) ← V(s_t) + α [target_t − V(s_t)] for t = 0, 1, ..., [B, S].

    In closed form: of m updates of one state the one with j still to come weighs α (1 − α)^j, and
    (1 − α)^m is left of the old value.

    Args:
        v: V before, [B, S]; not changed.
        state: s_t, [B, T] int64.
        target: [B, T]; known before the first of these updates.
        alpha: a number, or [B, 1].
        used: which of the updates are made, [B, T] bool.
    """
    spare = v.shape[1]  # one column more, where what is not used goes
    label = torch.where(used, state, spare)
    later = visits_before(label.flip(1)).flip(1)
    none = torch.zeros(len(v), spare + 1, dtype=v.dtype, device=v.device)
    pull = torch.where(used, alpha * (1 - alpha) ** later.to(v.dtype) * target, 0.0)
    gain = none.scatter_add(1, label, pull)
    times = none.scatter_add(1, label, torch.ones_like(target))
    return (1 - alpha) ** times[:, :spare] * v + gain[:, :spare]


def mean_target(v: Tensor, state: Tensor, target: Tensor, used: Tensor) -> Tensor:
    """The mean of a state's targets in a batch, [B, S]; V(s) where it has none.

    Args:
        v: [B, S].
        state: [B, T] int64.
        target: [B, T].
        used: which of them belong to the batch, [B, T] bool.
    """
    weight, none = used.to(v.dtype), torch.zeros_like(v)
    times = none.scatter_add(1, state, weight)
    total = none.scatter_add(1, state, torch.where(used, target, 0.0))
    return torch.where(times > 0, total / times.clamp(min=1), v)


TD_UPDATE = "V(s) ← {v_s} + {alpha}·({reward} + {gamma}·{v_next} − {v_s}) = {v_new}"
VISIT_UPDATE = "V(s) ← {v_s} + {step_size}·({update_target} − {v_s}) = {v_new}"
TARGET_UPDATE = "V(s) ← {v_s} + {alpha}·({update_target} − {v_s}) = {v_new}"
TRACE_UPDATE = "V(s) ← {v_s} + {alpha}·({td_error}·{trace_here} + {dutch_term}) = {v_new}"
