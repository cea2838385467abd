"""No skill and all of it, against literals, an independent solve, every policy, and chance."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from rlviz.exact import baselines
from rlviz.exact import dynamic_programming as dp
from rlviz.hyperparameters import build
from rlviz.registry import world, world_modules
from rlviz.worlds.tabular import TabularWorld


def made(name: str, **values: object) -> TabularWorld:
    module = world(name)
    found: TabularWorld = module.make(build(module.Config, values))
    return found


def tiny(time_limit: int) -> TabularWorld:
    """A step pays 1 and stays; a leap pays 3 and ends with probability 1/2, else stays."""
    return TabularWorld(
        name="tiny",
        next_state=np.array([[[0, 0], [0, 1]], [[1, 1], [1, 1]]]),
        reward=np.array([[[1.0, 1.0], [3.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]]),
        probability=np.array([[[1.0, 0.0], [0.5, 0.5]], [[1.0, 0.0], [1.0, 0.0]]]),
        terminal=np.array([False, True]),
        start=np.array([1.0, 0.0]),
        time_limit=time_limit,
    )


def test_the_cliff_costs_thirteen_at_best() -> None:
    assert baselines.optimal_return(made("cliff_walking")) == -13.0


def test_the_best_leaps_only_where_little_is_left() -> None:
    # V_1 = max(1, 3) = 3; V_2 = max(1 + 3, 3 + 3/2) = 4.5; V_3 = max(1 + 4.5, 3 + 4.5/2) = 5.5;
    # V_4 = max(1 + 5.5, 3 + 5.5/2) = 6.5: a step, as long as three are left.
    best = [baselines.optimal_return(tiny(limit)) for limit in (1, 2, 3, 4)]

    assert best == [3.0, 4.5, 5.5, 6.5]


def test_what_does_not_exist_is_neither_drawn_nor_best() -> None:
    # Without the leap there are only steps, which pay 1 each.
    walk = replace(tiny(3), n_allowed=np.array([1, 2]))

    assert (baselines.optimal_return(walk), baselines.random_return(walk)) == (3.0, 3.0)


def test_even_draws_between_step_and_leap() -> None:
    # U_1 = (1 + 3)/2 = 2; U_2 = (1 + 2)/2 + (3 + 2/2)/2 = 3.5.
    assert [baselines.random_return(tiny(limit)) for limit in (1, 2)] == [2.0, 3.5]


@pytest.mark.parametrize("name", ["frozen_lake_4x4", "random_walk_5", "grid_4x4", "gambler"])
def test_even_draws_against_a_solve_of_all_states_at_all_times(name: str) -> None:
    small = made(name, time_limit=12)

    assert baselines.random_return(small) == pytest.approx(_solved(small), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_nobody_does_better_than_the_best(limit: int) -> None:
    """Every policy that may look at the time, one by one."""
    small = tiny(limit)
    earned = [_earned(small, choices) for choices in product(range(2), repeat=limit)]

    assert baselines.optimal_return(small) == max(earned)


@pytest.mark.parametrize("name", list(world_modules()))
def test_the_best_is_no_worse_than_the_table_of_the_best_and_than_chance(name: str) -> None:
    whole = made(name)
    best = baselines.optimal_return(whole)
    others = [baselines.random_return(whole)]
    others.append(dp.limited_return(whole, dp.best_policy(whole, 0.9).greedy))

    assert best >= max(others) - 1e-9 * abs(best)


def test_even_draws_are_the_mean_of_played_episodes() -> None:
    cliff = made("cliff_walking", time_limit=80)
    returns = _played(cliff, 4000)
    error = returns.std(ddof=1) / np.sqrt(len(returns))

    assert abs(returns.mean() - baselines.random_return(cliff)) < 4 * error


def _solved(whole: TabularWorld) -> float:
    """V(s, t) of all states and times as the unknowns of one linear system."""
    states, limit = whole.n_states, whole.time_limit
    system, right = np.eye(states * limit), np.zeros(states * limit)
    for s, t in product(range(states), range(limit)):
        some = np.flatnonzero(whole.allowed[s])
        for a in some:
            for to, p, r in zip(
                whole.next_state[s, a], whole.probability[s, a], whole.reward[s, a], strict=True
            ):
                right[t * states + s] += p * r / len(some)
                if t + 1 < limit:
                    system[t * states + s, (t + 1) * states + to] -= p / len(some)
    return float(whole.start @ np.linalg.solve(system, right)[:states])


def _earned(whole: TabularWorld, choices: tuple[int, ...]) -> float:
    """Of the two states only the first has a choice."""
    v = np.zeros(2)
    for a in reversed(choices):
        backup = whole.probability[0, a] * (whole.reward[0, a] + v[whole.next_state[0, a]])
        v = np.array([backup.sum(), 0.0])
    return float(v[0])


def _played(whole: TabularWorld, episodes: int) -> NDArray[np.float64]:
    draw = np.random.default_rng(7)
    state = np.full(episodes, int(np.flatnonzero(whole.start)[0]))
    total = np.zeros(episodes)
    for _ in range(whole.time_limit):
        action = draw.integers(whole.n_actions, size=episodes)
        chance = whole.probability[state, action].cumsum(-1)
        outcome = (draw.random(episodes)[:, None] >= chance).sum(-1)
        total += whole.reward[state, action, outcome]
        state = whole.next_state[state, action, outcome]
    return total
