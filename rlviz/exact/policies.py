"""The fixed policies whose values are asked for: between the optimal one and pure chance."""

from __future__ import annotations

from functools import lru_cache

from rlviz.exact.dynamic_programming import Array, best_policy
from rlviz.worlds.tabular import TabularWorld


@lru_cache(maxsize=64)
def followed(world: TabularWorld, gamma: float, random_share: float) -> Array:
    """π = (1 − ε)·π* + ε·uniform, [S, A]: optimal for γ at ε = 0, equiprobable at ε = 1.

    Ties of the optimal policy share evenly. Raises NoFiniteTruth where π* is asked for and there
    is none.
    """
    uniform: Array = world.allowed / world.allowed.sum(-1, keepdims=True)
    if random_share == 1:
        return uniform
    mixed: Array = (1 - random_share) * best_policy(world, gamma).greedy + random_share * uniform
    return mixed
