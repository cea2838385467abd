"""Exact values, the best policy, and exact returns of a tabular world.

Sutton & Barto 2018, chapters 3 and 4. A policy is π(a|s) as [S, A]; it never takes an
action that does not exist in a state, whose Q is −∞. At γ = 1 a value is finite
only where the policy arrives in a terminal state with probability 1; elsewhere it is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlviz.errors import NoFiniteTruth
from rlviz.worlds.tabular import TabularWorld

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEVER_ARRIVES = (
    "At γ = 1 every policy may wander for ever from the start, so no policy has a finite value; "
    "choose γ < 1."
)
PAYS_TO_STAY = (
    "At γ = 1 it pays to walk in a circle for ever in this world, so the best value is not finite; "
    "choose γ < 1."
)
MAY_WANDER = "At γ = 1 this policy may wander for ever, so its value is not finite; choose γ < 1."
_TIE = 1e-9  # values closer than this share of the table's largest are taken as equal
# A policy may arrive in principle and yet so late that float64 has no digits left for its value.
_NEVER = 1e-12  # a way out that is less likely counts as none
_SWEEPS = 300  # at most, before the first policy is solved for
_LOST = 1e12  # a value of more steps than this counts as not finite


@dataclass(frozen=True, eq=False)
class Solution:
    """The best policy of a class with its values; NaN where there is no finite value."""

    v: Array  # [S]
    q: Array  # [S, A]
    policy: Array  # [S, A], exploration included
    greedy: Array  # [S, A], the same without it


def transition_matrix(world: TabularWorld) -> tuple[Array, Array]:
    """P(s'|s, a) as [S, A, S] and the expected reward R(s, a) as [S, A]."""
    p = np.zeros((world.n_states, world.n_actions, world.n_states))
    state, action, _ = np.indices(world.next_state.shape)
    np.add.at(p, (state, action, world.next_state), world.probability)
    return p, np.einsum("sak,sak->sa", world.probability, world.reward)


def policy_value(world: TabularWorld, policy: Array, gamma: float) -> Array:
    """V^π, [S], by a linear solve; NaN where π may never arrive, at γ = 1.

    V^π(s) = Σ_a π(a|s) Σ_s' P(s'|s, a)·(r + γ·V^π(s'))   (S&B eq. 3.14)
    """
    weight = policy[:, :, None] * world.probability
    known = ~world.terminal & (_surely_arrives(world, weight) if gamma == 1 else True)
    system = _among(world, weight, known)
    system *= -gamma  # in place: fresh pages cost more than the arithmetic
    system.flat[:: len(system) + 1] += 1.0  # I − γ·P
    r = (weight * world.reward).sum((1, 2))
    v = np.where(world.terminal, 0.0, np.nan)
    v[known] = np.linalg.solve(system, r[known])
    if gamma == 1:
        v[np.abs(v) > _LOST * np.abs(r).max()] = np.nan
    return v


def action_values(world: TabularWorld, v: Array, gamma: float) -> Array:
    """Q, [S, A], one step before V: Σ_s' P(s'|s, a)·(r + γ·V(s')); terminal rows are 0.

    An outcome of probability 0 adds nothing, even where V is NaN. Pairs that do not exist have −∞.
    """
    value = np.where(world.terminal, 0.0, v)[world.next_state]
    each = np.where(world.probability > 0, world.probability * (world.reward + gamma * value), 0.0)
    q: Array = each.sum(-1)
    if world.n_allowed is not None:
        q[~world.allowed] = -np.inf
    return q


def greedy(q: Array, tolerance: float = _TIE) -> Array:
    """The greedy policy of a table, [S, A]; ties share evenly.

    A value ties with the best of its row when it is worse by less than `tolerance` of that.
    NaN is worse than any number; in a row of nothing else all actions tie. Only −∞, a pair that
    does not exist, is worse than NaN.
    """
    known = np.where(np.isnan(q), -np.inf, q)
    most = known.max(-1, keepdims=True)
    slack = tolerance * np.abs(np.where(np.isfinite(most), most, 0.0))
    best = ((known >= most - slack) & ~np.isneginf(q)).astype(np.float64)
    policy: Array = best / best.sum(-1, keepdims=True)
    return policy


def epsilon_soft(policy: Array, epsilon: float, allowed: Mask | None = None) -> Array:
    """The same policy when it draws an action evenly with probability ε (S&B section 5.4).

    `allowed` is [S, A], a world's own; without it every action exists in every state.
    """
    if allowed is None:
        soft: Array = (1 - epsilon) * policy + epsilon / policy.shape[1]
        return soft
    evenly = allowed / allowed.sum(-1, keepdims=True)
    mixed: Array = (1 - epsilon) * policy + epsilon * evenly
    return mixed


def best_policy(world: TabularWorld, gamma: float, epsilon: float = 0.0) -> Solution:
    """Policy iteration among the ε-soft policies (S&B sections 4.3 and 5.4).

    Its policy is canonical: ε-greedy on the best values, ties shared evenly, so that the result
    does not depend on where the iteration began. Raises NoFiniteTruth where the best value from
    the start is not finite (γ = 1).
    """
    each, tie = np.eye(world.n_actions), _tie(gamma)
    choice = _towards_a_terminal_state(world)
    v = policy_value(world, epsilon_soft(each[choice], epsilon, world.allowed), gamma)
    if np.isnan(v[world.start > 0]).any():
        raise NoFiniteTruth(NEVER_ARRIVES)
    finite = ~np.isnan(v)
    # Sweeps are cheap and solves are not, so most of the way is swept.
    swept = _swept(world, v, choice, gamma, epsilon)
    if (swept != choice).any():
        ahead = policy_value(world, epsilon_soft(each[swept], epsilon, world.allowed), gamma)
        if not np.isnan(ahead[finite]).any():
            choice, v = swept, ahead
    while True:
        best = greedy(action_values(world, v, gamma), tie)
        # An action that still ties is kept: at γ = 1 a tie may be a circle that never arrives.
        better = np.where(best[np.arange(len(best)), choice] > 0, choice, best.argmax(-1))
        if (better == choice).all():
            break
        choice, last = better, v
        v = policy_value(world, epsilon_soft(each[choice], epsilon, world.allowed), gamma)
        if np.isnan(v[finite]).any():
            raise NoFiniteTruth(PAYS_TO_STAY)
        # Each policy is better than the last one, until what it gains is only rounding.
        if not (v > last + tie * np.abs(v[finite]).max()).any():
            break
    policy = epsilon_soft(best, epsilon, world.allowed)
    v = policy_value(world, policy, gamma)
    return Solution(v, action_values(world, v, gamma), policy, best)


def limited_return(world: TabularWorld, policy: Array, gamma: float = 1.0) -> float:
    """Expected return from the start when the time limit cuts the episode; always finite.

    One backup of all states is a matrix, [V; 1] ← [[γP, r], [0, 1]]·[V; 1], so `time_limit`
    backups of V = 0 are its power; in a large world they are quicker one after the other.
    """
    weight = policy[:, :, None] * world.probability
    met = _visited(world, weight > 0) & ~world.terminal
    n = int(met.sum())
    backup = np.zeros((n + 1, n + 1))
    backup[:n, :n] = gamma * _among(world, weight, met)
    backup[:n, n] = (weight * world.reward).sum((1, 2))[met]
    backup[n, n] = 1.0
    if world.time_limit > n * np.log2(world.time_limit):
        v = np.linalg.matrix_power(backup, world.time_limit)[:, n]
    else:
        v = backup[:, n] * 0.0
        v[n] = 1.0
        for _ in range(world.time_limit):
            v, last = backup @ v, v
            if (v == last).all():
                break
    return float(world.start[met] @ v[:n])


def arrives(world: TabularWorld, policy: Array) -> bool:
    """Whether the policy comes from the start to a terminal state with probability 1."""
    weight = policy[:, :, None] * world.probability
    return bool(_surely_arrives(world, weight)[world.start > 0].all())


def reachable(world: TabularWorld) -> Mask:
    """The states that are not terminal and that some actions lead to from the start, [S]."""
    return _visited(world, world.possible) & ~world.terminal


def _among(world: TabularWorld, weight: Array, states: Mask) -> Array:
    """P_π from these states to these states, [n, n]; `weight` is π(a|s)·P(s'|s, a), [S, A, K]."""
    n, place = int(states.sum()), np.cumsum(states) - 1
    inside = states[:, None, None] & states[world.next_state]
    inside &= weight > 0
    to = place[:, None, None] * n + place[world.next_state]
    p = np.bincount(to[inside], weight[inside], minlength=n * n).astype(np.float64)  # empty: int
    return p.reshape(n, n)


def _surely_arrives(world: TabularWorld, weight: Array) -> Mask:
    """States from which a terminal state comes with probability 1; `weight` as in `_among`."""
    lost = ~_leads_to(world, weight > _NEVER, world.terminal)
    return ~_leads_to(world, weight > 0, lost)


def _leads_to(world: TabularWorld, possible: Mask, goal: Mask) -> Mask:
    """States with a path into `goal` along the possible outcomes, `goal` included."""
    while True:
        more = goal | (possible & goal[world.next_state]).any((1, 2))
        if (more == goal).all():
            return goal
        goal = more


def _visited(world: TabularWorld, possible: Mask) -> Mask:
    """States on some path from the start along the possible outcomes."""
    seen = world.start > 0
    while True:
        more = seen.copy()
        more[world.next_state[possible & seen[:, None, None]]] = True
        if (more == seen).all():
            return seen
        seen = more


def _towards_a_terminal_state(world: TabularWorld) -> NDArray[np.int64]:
    """An action for each state that surely leads to a terminal state where any policy does, [S].

    A state is good while some action keeps to good states and comes nearer to a terminal one;
    states are struck out until that holds for all that are left.
    """
    possible = world.possible
    good = np.ones(world.n_states, dtype=bool)
    while True:
        keeps: Mask = np.all(good[world.next_state] | ~possible, axis=-1)  # [S, A]
        choice = np.zeros(world.n_states, dtype=np.int64)
        near: Mask = world.terminal
        while True:
            nearer: Mask = keeps & np.any(near[world.next_state] & possible, axis=-1)
            new = nearer.any(-1) & ~near
            if not new.any():
                break
            choice[new] = nearer[new].argmax(-1)
            near = near | new
        if (near == good).all():
            return choice
        good = near


def _swept(
    world: TabularWorld, v: Array, choice: NDArray[np.int64], gamma: float, epsilon: float
) -> NDArray[np.int64]:
    """The choice, [S], after sweeps of value iteration that begin with the values of `choice`.

    Values then only rise, so what is chosen is no worse, unless it is a circle at γ = 1.
    """
    value, largest = np.where(np.isnan(v), -_LOST, v), np.nanmax(np.abs(v))
    r = (world.probability * world.reward).sum(-1)
    p, evenly = gamma * world.probability, world.allowed / world.allowed.sum(-1, keepdims=True)
    r = np.where(world.allowed, r, -2 * _LOST)
    for _ in range(_SWEEPS):
        q = r + np.einsum("sak,sak->sa", p, value[world.next_state])
        new = q.max(-1)
        if epsilon > 0:
            new = (1 - epsilon) * new + epsilon * np.einsum("sa,sa->s", evenly, q)
        rise = np.abs(new - value)[~np.isnan(v)].max()
        value = new
        if rise <= _TIE * largest:
            break
    every = np.arange(len(q))
    better = q.max(-1) > q[every, choice] + _TIE * largest
    return np.where(better & ~np.isnan(v), q.argmax(-1), choice)


def _tie(gamma: float) -> float:
    """How near values must be to tie: what the solve may have lost, and no more.

    With a small γ the values of far states differ by γ^distance only, and those are no ties.
    """
    return _TIE if gamma == 1 else min(_TIE, 1e-14 / (1 - gamma))
