"""What an episode of the world of now earns at random, and at best."""

from __future__ import annotations

import numpy as np

from rlviz.derived.view import Array, Table, View
from rlviz.exact import baselines


def baseline_random(view: View) -> Array:
    """Expected return of even draws, under the time limit."""
    world = view.truth.world

    def solve() -> float:
        return baselines.random_return(world)

    return np.array(view.truth.once(("random return", 1.0, 1.0), view.iteration, solve))


def baseline_optimal(view: View) -> Array:
    """The most that can be expected, under the time limit."""
    world = view.truth.world

    def solve() -> float:
        return baselines.optimal_return(world)

    return np.array(view.truth.once(("greatest return", 1.0, 0.0), view.iteration, solve))


DERIVED: Table = {
    "baseline_random": ((), baseline_random),
    "baseline_optimal": ((), baseline_optimal),
}
