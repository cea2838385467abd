"""The Markov chain that is left of a decision process when its policy is frozen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlviz.exact.dynamic_programming import Array, transition_matrix
from rlviz.worlds.tabular import TabularWorld

STEPS = 200  # over which visits are counted


def chain(world: TabularWorld, policy: Array) -> Array:
    """P_π(s'|s) = Σ_a π(a|s)·P(s'|s, a), [S, S]; rows sum to 1."""
    p, _ = transition_matrix(world)
    frozen: Array = np.einsum("sa,sat->st", policy, p)
    return frozen


def visits(world: TabularWorld, p: Array) -> Array:
    """η(s) = Σ_{t<200} Pr(s_t = s) from the start, [S]; ended episodes visit nothing."""
    here, total = world.start.copy(), np.zeros(world.n_states)
    for _ in range(STEPS):
        here = np.where(world.terminal, 0.0, here)
        total += here
        here = here @ p
    return total


@dataclass(frozen=True)
class Pasts:
    """What follows an observation, given each of its two likeliest predecessors.

    In a Markov state both rows are equal: P(next | now, before) = P(next | now).
    """

    before: tuple[int, int]  # −1 where there is none
    following: NDArray[np.int64]  # [n], observations that may come next
    first: Array  # [n], their probabilities after the first predecessor
    second: Array  # [n], and after the second

    @property
    def gap(self) -> float:
        """Total variation distance of the two, ½ Σ |p − q|; 0 where there is one past only."""
        if self.before[1] < 0:
            return 0.0
        return 0.5 * float(np.abs(self.first - self.second).sum())


def pasts(p: Array, eta: Array, observed: NDArray[np.int64], now: int) -> Pasts:
    """The two likeliest pasts of the observation of state `now`, and what follows each.

    J(o₋, o, o₊) = Σ η(s₋)·P(s|s₋)·P(s₊|s) over the states that look like that. `observed` says
    what one sees of each state, [S]; where it is the state itself nothing is hidden.
    """
    same = observed == observed[now]
    arrivals = (eta[:, None] * p)[:, same]  # [S, states that look like now]
    seen = int(observed.max()) + 1
    joint = np.zeros((seen, seen))
    futures = np.zeros((int(same.sum()), seen))
    np.add.at(futures.T, observed, p[same].T)
    np.add.at(joint, observed, arrivals @ futures)
    weight = joint.sum(1)
    weight[observed[now]] = 0.0  # having stood still tells nothing new about the way
    one, other = (int(o) if weight[o] > 0 else -1 for o in np.argsort(-weight, kind="stable")[:2])
    following = np.flatnonzero(joint[[o for o in (one, other) if o >= 0]].sum(0) > 0)

    def after(before: int) -> Array:
        missing = np.full(len(following), np.nan)
        return missing if before < 0 else joint[before, following] / weight[before]

    return Pasts((one, other), following, after(one), after(other))
