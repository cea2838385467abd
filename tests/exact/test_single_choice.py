"""Policies that are one number, and gradients of many policies at once, against one by one."""

from __future__ import annotations

import numpy as np
import pytest

from rlviz.errors import NoFiniteTruth
from rlviz.exact import directions, single_choice
from rlviz.exact import policy_gradient as pg
from rlviz.worlds import bandit_3, gaussian_bandit, key_door, room, short_corridor, two_step
from rlviz.worlds.tabular import TabularWorld
from tests.public import PUBLIC

TWO_STEP = two_step.make(two_step.Config())
CORRIDOR = short_corridor.make(short_corridor.Config())
DOOR = key_door.make(key_door.Config())
ROOM = room.make(room.Config())
WORLDS = pytest.mark.parametrize("world", [TWO_STEP, CORRIDOR, DOOR], ids=lambda w: w.name)
P = np.array([0.1, 0.5, 0.8])


def theta(world: TabularWorld, p: float) -> np.ndarray:
    """Preferences that give the second action that probability, wherever there is one."""
    table = np.zeros((world.n_observations, 2))
    table[:, 1] = np.log(p / (1 - p))
    return table


@WORLDS
@pytest.mark.parametrize("gamma", [0.5, 1.0])
def test_slopes_and_returns_are_those_of_the_whole_table(world: TabularWorld, gamma: float) -> None:
    o = single_choice.choice(world).observation
    tables = [theta(world, p) for p in P]
    exact = [pg.gradient(world, t, gamma, world.observed)[o, 1] for t in tables]
    printed = [pg.printed_direction(world, t, gamma, world.observed)[o, 1] for t in tables]
    worth = [
        pg.objective(world, pg.softmax_policy(world, t, world.observed), gamma) for t in tables
    ]

    np.testing.assert_allclose(single_choice.slopes(world, P, gamma), exact, rtol=1e-10)
    np.testing.assert_allclose(single_choice.printed_slopes(world, P, gamma), printed, rtol=1e-10)
    np.testing.assert_allclose(single_choice.returns(world, P, gamma), worth, rtol=1e-10)


@WORLDS
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_truncated_slopes_are_those_of_the_whole_table(world: TabularWorld, steps: int) -> None:
    o, t = single_choice.choice(world).observation, theta(world, 0.3)
    expected = pg.truncated_direction(world, t, 0.9, world.observed, steps=steps)[o, 1]

    found = single_choice.truncated_slopes(world, 0.3, 0.9, 7)[steps - 1]
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-15)


def test_without_its_weight_the_gradient_of_two_steps_turns_round() -> None:
    case, half = PUBLIC["P21"], np.array([0.5])

    assert single_choice.slopes(TWO_STEP, half, 0.5) == pytest.approx(case["true_grad"], rel=1e-9)
    assert single_choice.printed_slopes(TWO_STEP, half, 0.5) == pytest.approx(
        case["printed_formula_grad"], rel=1e-9
    )
    assert single_choice.returns(TWO_STEP, half, 0.5) == pytest.approx(case["J"], rel=1e-9)


def test_the_exact_one_turns_at_two_thirds_and_the_printed_one_never() -> None:
    gamma, half = np.array([0.6, 2 / 3, 0.7]), np.full(3, 0.5)

    # p(1 − p)·(1 − 1.5γ), and p(1 − p)·(1 − 1.5) whatever γ is
    np.testing.assert_allclose(
        single_choice.slopes(TWO_STEP, half, gamma), [0.025, 0.0, -0.0125], atol=1e-12
    )
    np.testing.assert_allclose(
        single_choice.printed_slopes(TWO_STEP, half, gamma), [-0.125] * 3, rtol=1e-12
    )


def test_the_best_drawing_of_the_corridor_is_where_the_slope_is_zero() -> None:
    case = PUBLIC["P08"]
    p = np.array([case["p_star"]])

    assert single_choice.slopes(CORRIDOR, p, 1.0) == pytest.approx(0.0, abs=1e-8)
    assert single_choice.returns(CORRIDOR, p, 1.0) == pytest.approx(case["J_star"], rel=1e-9)


def test_nothing_is_left_of_the_key_before_the_door_counts() -> None:
    # 1 step to the row and 6 on the way: the door pays the seventh reward.
    found = single_choice.truncated_slopes(DOOR, 0.5, 1.0, 8)

    np.testing.assert_allclose(found, [0.0] * 6 + [-0.25] * 2, atol=1e-15)


@pytest.mark.parametrize(
    "world",
    [bandit_3.make(bandit_3.Config()), ROOM, gaussian_bandit.make(gaussian_bandit.Config())],
    ids=lambda w: w.name,
)
def test_where_a_policy_is_more_than_a_number_a_sentence_says_so(world: TabularWorld) -> None:
    with pytest.raises(NoFiniteTruth, match="one choice between two actions"):
        single_choice.choice(world)


@pytest.mark.parametrize("world", [TWO_STEP, DOOR, ROOM], ids=lambda w: w.name)
def test_gradients_of_many_tables_are_those_of_each(world: TabularWorld) -> None:
    rng = np.random.default_rng(0)
    tables = rng.normal(size=(3, world.n_observations, world.n_actions))
    gammas = np.array([0.9, 0.5, 0.95])
    expected = [
        pg.gradient(world, t, g, world.observed) for t, g in zip(tables, gammas, strict=True)
    ]

    np.testing.assert_allclose(
        directions.gradients(world, tables, gammas), expected, rtol=1e-9, atol=1e-14
    )


def test_visits_of_a_policy_that_may_wander_have_no_finite_sum() -> None:
    stuck = np.zeros((1, 4, 2))
    stuck[..., 0] = 1.0  # always left

    with pytest.raises(NoFiniteTruth):
        directions.visits(CORRIDOR, stuck, 1.0)
