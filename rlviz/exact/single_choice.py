"""Worlds in which a policy has one choice between two actions, so that it is one number p.

p is the probability of the second action wherever the choice is seen; everything else is forced.
Of such a world the return and each direction that is taken for its gradient is a curve over p. A
slope is that in the preference for the second action, p = sigmoid(θ₂ − θ₁).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors
from rlviz.exact.directions import visits
from rlviz.exact.dynamic_programming import Array, transition_matrix
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import TabularWorld

MORE_CHOICES = (
    "Here a policy is more than one number. This picture is for worlds with one choice between "
    "two actions: Two arms, Two steps, the Short corridor, Key and door."
)


class Choice(NamedTuple):
    """Where the only choice is made."""

    observation: int
    states: NDArray[np.int64]  # those that look like it, terminal ones left out


def choice(world: TabularWorld) -> Choice:
    """The only choice of that world; NoFiniteTruth where there are others, or more actions."""
    if isinstance(world, ContinuousBandit):
        raise NoFiniteTruth(MORE_CHOICES)
    actions = world.allowed.sum(1)
    free = ~world.terminal & (actions > 1)
    seen = np.unique(world.seen[free])
    if len(seen) != 1 or not (actions[free] == 2).all():
        raise NoFiniteTruth(MORE_CHOICES)
    return Choice(int(seen[0]), np.flatnonzero(free & (world.seen == seen[0])))


def policies(world: TabularWorld, p: Array) -> Array:
    """π of each p, [N, S, A]: the second action with that probability where there is a choice."""
    made = np.zeros((len(p), world.n_states, world.n_actions))
    made[:, :, 0] = 1.0
    at = choice(world).states
    made[:, at, 0], made[:, at, 1] = 1 - p[:, None], p[:, None]
    return made


def returns(world: TabularWorld, p: Array, gamma: float | Array) -> Array:
    """J of each p, [N]; NoFiniteTruth where one of them may never arrive, at γ = 1."""
    j: Array = actors.state_values(world, policies(world, p), gamma) @ world.start
    return j


def slopes(world: TabularWorld, p: Array, gamma: float | Array) -> Array:
    """∂J/∂θ₂, [N] (S&B eq. 13.5 with γ).

    Σ_s η(s)·p(1 − p)·(Q(s, 2) − Q(s, 1)), η(s) = Σ_t γ^t P(s_t = s), over the states of the choice
    """
    return _slopes(world, p, gamma, gamma)


def printed_slopes(world: TabularWorld, p: Array, gamma: float | Array) -> Array:
    """The same where γ^t is left out: visits count in full, values are discounted, [N]."""
    return _slopes(world, p, gamma, 1.0)


def truncated_slopes(world: TabularWorld, p: float, gamma: float, most: int) -> Array:
    """What is left of ∂J/∂θ₂ where an action answers for its next k rewards, k = 1 … most, [most].

    The visits are right; only what is credited to the action ends after k rewards.
    """
    made = policies(world, np.array([p]))
    onward, paid = transition_matrix(world)
    at = choice(world).states
    eta = visits(world, made, gamma)[0, at]
    v = np.zeros(world.n_states)
    found = np.empty(most)
    for k in range(most):
        q = paid + gamma * onward @ v  # of k + 1 rewards
        found[k] = p * (1 - p) * (eta @ (q[at, 1] - q[at, 0]))
        v = (made[0] * q).sum(-1)
    return found


def _slopes(world: TabularWorld, p: Array, gamma: float | Array, of_visits: float | Array) -> Array:
    made = policies(world, p)
    at = choice(world).states
    v = actors.state_values(world, made, gamma)
    onward, paid = transition_matrix(world)
    discount = np.broadcast_to(gamma, len(p))[:, None, None]
    q = paid[at] + discount * np.einsum("sat,nt->nsa", onward[at], v)
    eta = visits(world, made, of_visits)[:, at]
    found: Array = p * (1 - p) * (eta * (q[..., 1] - q[..., 0])).sum(-1)
    return found
