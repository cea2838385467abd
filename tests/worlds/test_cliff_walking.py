"""The cliff against gymnasium's own table, and what it says of itself."""

from __future__ import annotations

from collections import defaultdict

import gymnasium
import numpy as np
import pytest

from rlviz.hyperparameters import build, fields
from rlviz.worlds import cliff_walking

GOAL = 47
Outcomes = dict[tuple[int, float, bool], float]


def theirs(state: int, action: int, *, slippery: bool) -> Outcomes:
    """(next state, reward, terminated) → probability in gymnasium's table."""
    environment = gymnasium.make("CliffWalking-v1", is_slippery=slippery)
    table: dict[tuple[int, float, bool], float] = defaultdict(float)
    for p, after, reward, terminated in environment.unwrapped.P[state][action]:
        table[int(after), float(reward), bool(terminated)] += float(p)
    return dict(table)


def ours(state: int, action: int, slip: float) -> Outcomes:
    """The same of our tables."""
    world = cliff_walking.make(cliff_walking.Config(slip=slip))
    table: dict[tuple[int, float, bool], float] = defaultdict(float)
    for k, after in enumerate(world.next_state[state, action]):
        key = (int(after), float(world.reward[state, action, k]), bool(world.terminal[after]))
        table[key] += float(world.probability[state, action, k])
    return dict(table)


@pytest.mark.parametrize("state", [s for s in range(48) if s != GOAL])
def test_every_entry_equals_gymnasium(state: int) -> None:
    for action in range(4):
        assert ours(state, action, slip=0.0) == theirs(state, action, slippery=False)


@pytest.mark.parametrize("state", [s for s in range(48) if s != GOAL])
def test_a_slip_of_two_thirds_equals_the_slippery_cliff_of_gymnasium(state: int) -> None:
    for action in range(4):
        expected = theirs(state, action, slippery=True)

        assert ours(state, action, slip=2 / 3) == pytest.approx(expected)


def test_only_the_goal_is_terminal_and_it_absorbs() -> None:
    world = cliff_walking.make(cliff_walking.Config())

    assert np.flatnonzero(world.terminal).tolist() == [GOAL]
    assert ours(GOAL, 0, slip=0.0) == {(GOAL, 0.0, True): 1.0}


def test_an_episode_starts_in_the_lower_left_corner() -> None:
    world = cliff_walking.make(cliff_walking.Config())

    assert np.flatnonzero(world.start).tolist() == [36]


def test_the_time_limit_is_500_unless_told_otherwise() -> None:
    configs = build(cliff_walking.Config, {}), build(cliff_walking.Config, {"time_limit": 20})

    assert [cliff_walking.make(config).time_limit for config in configs] == [500, 20]


def test_what_can_be_set_stands_in_the_tray_of_the_world() -> None:
    trays = {name: field.tray for name, field in fields(cliff_walking.Config).items()}

    names = ("slip", "step_reward", "treasure", "time_limit", "map")
    assert trays == dict.fromkeys(names, "world")
