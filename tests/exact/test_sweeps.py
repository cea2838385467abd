"""Waves of a sweep: the same numbers as one state after another."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.exact.sweeps import fixed_policy, levels, waves
from rlviz.ops.planning import one_step_ahead
from rlviz.worlds import cliff_walking
from rlviz.worlds.tabular import TabularWorld
from tests.worlds.random_worlds import random_world


def one_after_another(world: TabularWorld, v: np.ndarray, gamma: float) -> np.ndarray:
    """A sweep of value iteration in place, as a loop over states."""
    v = v.copy()
    for s in range(world.n_states):
        if not world.terminal[s]:
            values = []
            for a in range(world.n_actions):
                value = 0.0
                for p, r, to in zip(
                    world.probability[s, a],
                    world.reward[s, a],
                    world.next_state[s, a],
                    strict=True,
                ):
                    value += p * (r + gamma * v[to])
                values.append(value)
            v[s] = max(values)
    return v


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 3), st.integers(1, 3))
def test_waves_give_what_one_state_after_another_gives(
    seed: int, n_states: int, n_actions: int, n_outcomes: int
) -> None:
    world = random_world(seed, n_states, n_actions, n_outcomes)
    v = np.random.default_rng(seed).normal(size=n_states)
    v[world.terminal] = 0.0
    moved = torch.from_numpy(v.copy()).unsqueeze(0)
    for states, *outcomes in waves(world.on("cpu"), "in_place"):
        moved[:, states] = one_step_ahead(moved, *outcomes, gamma=0.9).amax(-1)

    np.testing.assert_allclose(moved[0].numpy(), one_after_another(world, v, 0.9), atol=1e-12)


def test_waves_of_a_grid_are_its_diagonals() -> None:
    # Each cell reads the one above and the one to the left after they were written.
    world = cliff_walking.make(cliff_walking.Config())
    level = levels(world).reshape(4, 12)

    assert level[:2, :4].tolist() == [[0, 1, 2, 3], [1, 2, 3, 4]]


def test_every_state_that_is_not_terminal_is_backed_up_once() -> None:
    world = cliff_walking.make(cliff_walking.Config())
    for sweep, count in (("synchronous", 1), ("in_place", None)):
        found = waves(world.on("cpu"), sweep)
        states = torch.cat([wave.states for wave in found]).sort().values

        assert states.tolist() == np.flatnonzero(~world.terminal).tolist()
        assert count is None or len(found) == count


def test_each_replica_may_have_a_policy_of_its_own() -> None:
    world = cliff_walking.make(cliff_walking.Config()).on("cpu")
    policy = fixed_policy(world, 0.9, torch.tensor([0.0, 1.0]), 2)

    assert policy[0, 35].tolist() == [0.0, 0.0, 1.0, 0.0]
    assert policy[1, 35].tolist() == [0.25] * 4
