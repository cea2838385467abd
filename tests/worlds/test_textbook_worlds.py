"""The worlds of textbooks and of gymnasium: entry by entry, and by their known values."""

from __future__ import annotations

from collections import defaultdict
from types import ModuleType

import gymnasium
import numpy as np
import pytest

from rlviz import maps, registry
from rlviz.errors import BadValue, NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.policies import followed
from rlviz.worlds import (
    bandit_10,
    frozen_lake_4x4,
    frozen_lake_8x8,
    gambler,
    grid_4x4,
    grid_5x5,
    max_bias,
    maze,
    random_walk_5,
    random_walk_19,
    taxi,
    windy,
    windy_king,
)
from rlviz.worlds.bandits import BanditWorld
from rlviz.worlds.tabular import TabularWorld
from tests.public import PUBLIC

Outcomes = dict[tuple[int, float, bool], float]
LAKES = [(frozen_lake_4x4, "4x4"), (frozen_lake_8x8, "8x8")]


def ours(world: TabularWorld, state: int, action: int) -> Outcomes:
    """(next state, reward, terminated) → probability."""
    found: Outcomes = defaultdict(float)
    for k, after in enumerate(world.next_state[state, action]):
        key = (int(after), float(world.reward[state, action, k]), bool(world.terminal[after]))
        found[key] += float(world.probability[state, action, k])
    return dict(found)


def table(name: str, **options: object) -> dict[int, dict[int, list[tuple]]]:
    """Gymnasium's own."""
    return gymnasium.make(name, **options).unwrapped.P


def theirs(rows: list[tuple]) -> Outcomes:
    """The same of one entry of that."""
    found: Outcomes = defaultdict(float)
    for p, after, reward, terminated in rows:
        found[int(after), float(reward), bool(terminated)] += float(p)
    return dict(found)


def made(module: ModuleType, **values: object) -> TabularWorld:
    return module.make(module.Config(**values))


def start(world: TabularWorld, v: np.ndarray) -> float:
    return float(v[world.start > 0][0])


# Entry by entry.


@pytest.mark.parametrize(("module", "map_name"), LAKES)
@pytest.mark.parametrize("slippery", [True, False])
def test_a_frozen_lake_equals_gymnasium(module: ModuleType, map_name: str, slippery: bool) -> None:
    world = made(module) if slippery else made(module, slip=0.0)
    known = table("FrozenLake-v1", map_name=map_name, is_slippery=slippery)

    assert world.n_states == len(known)
    for state in np.flatnonzero(~world.terminal):
        for action in range(4):
            assert ours(world, state, action) == pytest.approx(theirs(known[state][action]))
    for state in np.flatnonzero(world.terminal):
        assert ours(world, state, 0) == pytest.approx({(state, 0.0, True): 1.0})


@pytest.mark.parametrize(("passenger", "goal"), [("red", "green"), ("blue", "yellow")])
def test_the_taxi_equals_gymnasium_but_for_getting_out_elsewhere(passenger: str, goal: str) -> None:
    pads = list(taxi.PADS)
    waits, to = pads.index(passenger), pads.index(goal)
    world, known = made(taxi, passenger=passenger, destination=goal), table("Taxi-v4")

    def state(row: int, column: int, board: int) -> int:
        return row * taxi.COLUMNS + column + board * taxi.BOARD

    def here(code: int) -> int | None:
        row, column, where = code // 100, code // 20 % 5, code // 4 % 5
        if where == to:
            return taxi.DELIVERED
        return {waits: state(row, column, 0), 4: state(row, column, 1)}.get(where)

    refused = 0
    for row, column, board, action in np.ndindex(5, 5, 2, 6):
        code = ((row * 5 + column) * 5 + (waits, 4)[board]) * 4 + to
        expected = {
            (here(after), r, end): p for (after, r, end), p in theirs(known[code][action]).items()
        }
        got = ours(world, state(row, column, board), action)
        if None in {after for after, _, _ in expected}:
            refused += 1
            assert got == {(state(row, column, board), -10.0, False): 1.0}
        else:
            assert got == expected
    assert refused == 2


def test_the_taxi_begins_anywhere_on_the_left_board() -> None:
    begins = made(taxi).start.reshape(5, 11)

    assert begins[:, :5].tolist() == [[1 / 25] * 5] * 5
    assert not begins[:, 5:].any()


def test_a_passenger_who_is_there_already_is_refused() -> None:
    with pytest.raises(BadValue, match="must wait elsewhere than at the destination, but got red"):
        made(taxi, passenger="red", destination="red")


# Known values.


def test_p01_the_equiprobable_policy_of_the_small_grid() -> None:
    world = made(grid_4x4)
    v = dp.policy_value(world, followed(world, 1.0, 1.0), 1.0)

    np.testing.assert_allclose(v.reshape(4, 4), PUBLIC["P01"], atol=1e-6)


@pytest.mark.parametrize(("sweeps", "key"), [(3, "k3"), (10, "k10")])
def test_p02_sweeps_of_the_small_grid(sweeps: int, key: str) -> None:
    world, v = made(grid_4x4), np.zeros(16)
    for _ in range(sweeps):
        v = dp.action_values(world, v, 1.0).mean(-1)

    np.testing.assert_allclose(v.reshape(4, 4), PUBLIC["P02"][key], atol=1e-9)


def test_p03_the_equiprobable_policy_of_the_grid_without_an_end() -> None:
    world = made(grid_5x5)
    v = dp.policy_value(world, followed(world, 0.9, 1.0), 0.9)

    np.testing.assert_allclose(v.reshape(5, 5), PUBLIC["P03"], atol=1e-6)


def test_p04_the_best_values_of_the_grid_without_an_end() -> None:
    v = dp.best_policy(made(grid_5x5), 0.9).v

    np.testing.assert_allclose(v.reshape(5, 5), PUBLIC["P04"], atol=1e-6)


def test_without_an_end_and_without_a_discount_there_is_no_truth() -> None:
    with pytest.raises(NoFiniteTruth):
        dp.best_policy(made(grid_5x5), 1.0)


@pytest.mark.parametrize(
    ("module", "case", "error"),
    [(random_walk_5, "rw5", None), (random_walk_19, "rw19", 0.547723)],
)
def test_p05_random_walks(module: ModuleType, case: str, error: float | None) -> None:
    world = made(module)
    v = dp.policy_value(world, followed(world, 1.0, 1.0), 1.0)[1:-1]

    np.testing.assert_allclose(v, PUBLIC["P05"][case], atol=1e-9)
    if error is not None:
        assert np.sqrt((v**2).mean()) == pytest.approx(error, abs=1e-6)
    else:
        assert np.sqrt(((v - 0.5) ** 2).mean()) == pytest.approx(0.235702, abs=1e-6)


def test_p07_the_gambler() -> None:
    v = dp.best_policy(made(gambler), 1.0).v

    expected = PUBLIC["P07"]
    assert {k: v[int(k)] for k in expected} == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("gamma", "value"), [(0.9, 0.0688909), (0.95, 0.1804716), (0.99, 0.5420259), (1.0, 14 / 17)]
)
def test_the_best_value_of_the_small_lake(gamma: float, value: float) -> None:
    world = made(frozen_lake_4x4)

    assert start(world, dp.best_policy(world, gamma).v) == pytest.approx(value, abs=1e-6)


def test_the_best_policy_of_the_small_lake() -> None:
    greedy = dp.best_policy(made(frozen_lake_4x4), 0.99).greedy

    expected = [0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0]
    assert [greedy[s, a] > 0 for s, a in enumerate(expected)] == [True] * 16


def test_chance_and_dry_land_on_the_small_lake() -> None:
    world, dry = made(frozen_lake_4x4), made(frozen_lake_4x4, slip=0.0)
    chance = dp.policy_value(world, followed(world, 0.99, 1.0), 0.99)

    assert start(world, chance) == pytest.approx(0.0123561, abs=1e-6)
    assert start(dry, dp.best_policy(dry, 0.99).v) == pytest.approx(0.99**5, abs=1e-9)


def test_the_best_value_of_the_large_lake() -> None:
    world, dry = made(frozen_lake_8x8), made(frozen_lake_8x8, slip=0.0)

    assert start(world, dp.best_policy(world, 0.99).v) == pytest.approx(0.4146404, abs=1e-6)
    assert start(dry, dp.best_policy(dry, 0.99).v) == pytest.approx(0.8775210, abs=1e-6)


@pytest.mark.parametrize(
    ("module", "limit", "success"),
    [(frozen_lake_4x4, 100, 0.744190), (frozen_lake_8x8, 200, 0.913220)],
)
def test_the_best_success_within_the_time_limit_of_gymnasium(
    module: ModuleType, limit: int, success: float
) -> None:
    world, v = made(module), 0.0
    v = np.zeros(world.n_states)
    for _ in range(limit):
        v = dp.action_values(world, v, 1.0).max(-1)

    assert world.time_limit == limit
    assert start(world, v) == pytest.approx(success, abs=1e-6)


@pytest.mark.parametrize(
    ("module", "epsilon", "steps"),
    [(windy, 0.0, 15), (windy_king, 0.0, 7), (windy, 0.1, 17.05)],
)
def test_steps_through_the_wind(module: ModuleType, epsilon: float, steps: float) -> None:
    world = made(module)

    assert -start(world, dp.best_policy(world, 1.0, epsilon).v) == pytest.approx(steps, abs=5e-3)


def test_still_air_leaves_seven_steps_straight_ahead() -> None:
    world = made(windy, wind=0)

    assert "wind" not in world.statics
    assert start(world, dp.best_policy(world, 1.0).v) == pytest.approx(-7)


def test_the_maze_is_solved_in_the_fewest_steps() -> None:
    world = made(maze)
    v = start(world, dp.best_policy(world, 0.95).v)

    assert v == pytest.approx(0.95 ** (round(np.log(v) / np.log(0.95))))
    assert dp.reachable(world).sum() > 50


# Worlds in which some actions do not exist, or rewards are noisy.


def test_left_is_worth_a_tenth_less_than_nothing() -> None:
    best = dp.best_policy(made(max_bias), 1.0)

    assert best.q[max_bias.A].tolist() == pytest.approx([-0.1, 0.0] + [-np.inf] * 8)
    assert best.greedy[max_bias.A].tolist() == [0, 1] + [0] * 8
    assert best.greedy[max_bias.B].tolist() == pytest.approx([0.1] * 10)


def test_exploring_draws_evenly_among_the_actions_that_exist() -> None:
    best = dp.best_policy(made(max_bias), 1.0, 0.1)

    assert best.policy[max_bias.A].tolist() == pytest.approx([0.05, 0.95] + [0] * 8)
    assert best.v[max_bias.A] == pytest.approx(-0.005)


def test_a_gambler_never_stakes_more_than_there_is_or_than_is_missing() -> None:
    world = made(gambler)
    stakes = [np.flatnonzero(row) + 1 for row in dp.best_policy(world, 1.0, 0.1).policy > 0]

    assert [stakes[s].max() for s in (1, 30, 50, 51, 99)] == [1, 30, 50, 49, 1]
    assert np.isneginf(dp.best_policy(world, 1.0).q[30]).sum() == 20


def test_a_bandit_is_a_world_of_its_own_kind() -> None:
    one, other = made(bandit_10), made(bandit_10, instance=1)

    assert type(one) is BanditWorld
    assert (one.reward != other.reward).all()
    assert (one.reward == made(bandit_10).reward).all()
    assert "bandit_10" not in registry.worlds_for(registry.algorithm("q_learning"))
    q = dp.best_policy(one, 0.0).q
    np.testing.assert_allclose(q, one.reward[..., 0])


@pytest.mark.parametrize("name", sorted(registry.world_modules()))
def test_a_world_names_its_actions_and_shows_what_its_tables_hold(name: str) -> None:
    module = registry.world(name)
    world = module.make(module.Config())

    assert len(module.ACTIONS) == len(set(module.ACTIONS)) == world.n_actions
    if "grid_shape" in world.statics:
        assert int(np.prod(world.statics["grid_shape"])) == world.n_states
        for key in set(world.statics) - {"grid_shape", "first_preference", "second_preference"}:
            assert world.statics[key].shape == (world.n_states,)
    if "first_preference" in world.statics:
        assert len(world.statics["first_preference"][0]) in (world.n_actions, 2)
        assert len(world.statics["first_preference"]) == world.n_observations


@pytest.mark.parametrize("name", sorted(registry.world_modules()))
def test_a_map_is_one_line_that_its_world_takes_back(name: str) -> None:
    module = registry.world(name)
    if "map" in vars(module.Config()):
        field = registry.catalogue().world(name).fields["map"]

        assert maps.check(module.MAP, field.letters) == field.default == module.MAP
