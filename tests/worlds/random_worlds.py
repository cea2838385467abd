"""Small worlds for property tests: hypothesis draws the sizes and a seed, numpy the tables."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from rlviz.worlds.tabular import TabularWorld


def random_world(
    seed: int, n_states: int, n_actions: int, n_outcomes: int, *, ends: float = 0.0
) -> TabularWorld:
    """Tables with rewards −5 … 5; the last state is terminal and comes with at least `ends`.

    With `ends` > 0 the last outcome of every pair leads there and every reward is negative.
    """
    rng = np.random.default_rng(seed)
    shape = (n_states, n_actions, n_outcomes)
    next_state = rng.integers(0, n_states, shape)
    reward = rng.integers(-5, 6, shape).astype(np.float64)
    # Some outcomes are listed with probability 0: solvers and samplers must not follow them.
    weight = rng.random(shape) * (rng.random(shape) < 0.7)
    weight[..., 0] += 0.01
    probability = weight / weight.sum(-1, keepdims=True)
    if ends:
        next_state[..., -1] = n_states - 1
        reward = -np.abs(reward) - 1
        probability = (1 - ends) * probability
        probability[..., -1] += ends
    next_state[-1], reward[-1] = n_states - 1, 0.0
    start = rng.random(n_states - 1)
    return TabularWorld(
        name="random",
        next_state=next_state,
        reward=reward,
        probability=probability,
        terminal=np.arange(n_states) == n_states - 1,
        start=np.append(start / start.sum(), 0.0),
        time_limit=7,
    )


def worlds(*, ends: float = 0.0) -> st.SearchStrategy[TabularWorld]:
    """Worlds of 2-7 states, 1-4 actions and 1-3 outcomes."""
    return st.builds(
        random_world,
        st.integers(0, 2**32 - 1),
        st.integers(2, 7),
        st.integers(1, 4),
        st.integers(1, 3),
        ends=st.just(ends),
    )


def random_policy(world: TabularWorld, seed: int) -> np.ndarray:
    """A policy [S, A] that leaves out some actions in some states."""
    rng = np.random.default_rng(seed)
    weight = rng.random((world.n_states, world.n_actions))
    weight *= rng.random(weight.shape) < 0.6
    weight[:, 0] += 0.01
    return weight / weight.sum(-1, keepdims=True)
