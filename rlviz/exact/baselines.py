"""What an episode earns with no skill and with all of it: the lines between which methods stand.

Both are the expected undiscounted return of an episode under the world's time limit, the mean of
what curves of returns show; neither depends on what anybody learns.
"""

from __future__ import annotations

import numpy as np

from rlviz.exact import dynamic_programming as dp
from rlviz.exact.dynamic_programming import Array
from rlviz.worlds.tabular import TabularWorld


def random_return(world: TabularWorld) -> float:
    """The policy that draws evenly among the actions that there are."""
    evenly: Array = world.allowed / world.allowed.sum(-1, keepdims=True)
    return dp.limited_return(world, evenly)


def optimal_return(world: TabularWorld) -> float:
    """The best that can be expected of an episode, by one backup for each step of the limit T.

        V_0 = 0,   V_{k+1}(s) = max_a Σ_s' P(s'|s, a)·(r + V_k(s')),   J = Σ_s p(s_0 = s)·V_T(s)

    Backward induction (Puterman 1994, chapter 4). The policy that earns it may look at how many
    steps are left, which no table of ours does; so no method earns more, and the γ-optimal policy
    may earn less.
    """
    met = dp.reachable(world)
    place = np.where(met, np.cumsum(met) - 1, met.sum())  # one more, which is worth 0
    to, probability = place[world.next_state[met]], world.probability[met]
    earned = (probability * world.reward[met]).sum(-1)
    earned[~world.allowed[met]] = -np.inf
    v = np.zeros(met.sum() + 1)
    for _ in range(world.time_limit):
        last, v = v, np.append((earned + np.einsum("sak,sak->sa", probability, v[to])).max(-1), 0.0)
        if (v == last).all():
            break
    return float(world.start[met] @ v[:-1])
