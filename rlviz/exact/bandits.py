"""What the arms of a bandit are worth, and what it costs not to know."""

from __future__ import annotations

import numpy as np

from rlviz.exact.dynamic_programming import Array, Solution, greedy
from rlviz.worlds.tabular import TabularWorld


def arm_means(world: TabularWorld) -> Array:
    """q*(s, a) = E[r | s, a], [S, A]: nothing follows a pull, so no discount stands in it."""
    q: Array = (world.probability * world.reward).sum(-1)
    return np.where(world.allowed, q, -np.inf)


def gaps(world: TabularWorld) -> Array:
    """max_a q*(s, a) − q*(s, ·), [S, A]: the pseudo-regret of each pull (Auer et al. 2002)."""
    q = arm_means(world)
    lost: Array = q.max(-1, keepdims=True) - q
    return lost


def solution(world: TabularWorld) -> Solution:
    """The best arms, ties shared evenly, in the form of every other exact answer."""
    q = arm_means(world)
    best = greedy(q)
    return Solution(q.max(-1), q, best, best)
