"""Exact solutions: known numbers, a second way to each of them, and what has no finite value."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import NoFiniteTruth
from rlviz.exact.cliff import POLICIES, drawn
from rlviz.exact.dynamic_programming import (
    Array,
    action_values,
    arrives,
    best_policy,
    epsilon_soft,
    greedy,
    limited_return,
    policy_value,
    reachable,
    transition_matrix,
)
from rlviz.worlds import cliff_walking, gridworld, room
from rlviz.worlds.tabular import TabularWorld
from tests.public import PUBLIC
from tests.worlds.random_worlds import random_policy, worlds

DRAWN_CASES = [name for name in PUBLIC["P06"] if name.split("_eps")[0] in POLICIES]
CLIFF = cliff_walking.make(cliff_walking.Config())
START, GOAL = 36, 47


def backup(world: TabularWorld, v: Array, gamma: float) -> Array:
    """Q from V, one outcome after the other."""
    q = np.zeros((world.n_states, world.n_actions))
    for (s, a, k), after in np.ndenumerate(world.next_state):
        if not world.terminal[s]:
            p, r = world.probability[s, a, k], world.reward[s, a, k]
            q[s, a] += p * (r + gamma * v[after])
    return q


def iterate_to_the_end(world: TabularWorld, policy: Array | None, gamma: float, epsilon: float):
    """V by repeated dense backups: of a policy, or of the best ε-soft one."""
    p, r = transition_matrix(world)
    v = np.zeros(world.n_states)
    for _ in range(100_000):
        q = r + gamma * p @ v
        mean = q.mean(1) if policy is None else (policy * q).sum(1)
        new = mean if policy is not None else (1 - epsilon) * q.max(1) + epsilon * mean
        if np.abs(new - v).max() < 1e-13 * max(1.0, np.abs(new).max()):
            return new
        v = new
    raise AssertionError("the iteration did not settle")


def from_gymnasium(name: str, time_limit: int, **options: object) -> TabularWorld:
    """The tables of one of gymnasium's text environments; what terminates absorbs."""
    environment = gymnasium.make(name, **options).unwrapped
    table = environment.P
    n, m = len(table), len(table[0])
    size = max(len(table[s][a]) for s in range(n) for a in range(m))
    to, reward, p = np.zeros((n, m, size), np.int64), np.zeros((n, m, size)), np.zeros((n, m, size))
    terminal = np.zeros(n, dtype=bool)
    for s in range(n):
        for a in range(m):
            for k, (chance, after, r, end) in enumerate(table[s][a]):
                to[s, a, k], reward[s, a, k], p[s, a, k] = after, r, chance
                terminal[after] |= end
    to[terminal], reward[terminal] = np.flatnonzero(terminal)[:, None, None], 0.0
    return TabularWorld(name, to, reward, p, terminal, np.eye(n)[0], time_limit)


def chain(reward: dict[tuple[int, int], float], to: list[list[int]]) -> TabularWorld:
    """A deterministic world; its last state is terminal, its first the start."""
    next_state = np.array(to, dtype=np.int64)[..., None]
    paid = np.zeros(next_state.shape)
    for pair, r in reward.items():
        paid[pair] = r
    n = len(to)
    one = np.ones(next_state.shape)
    return TabularWorld("chain", next_state, paid, one, np.arange(n) == n - 1, np.eye(n)[0], 10)


# Known numbers of the cliff (Sutton & Barto 2018, example 6.6).


@pytest.mark.parametrize("case", DRAWN_CASES)
def test_a_drawn_policy_of_the_cliff_has_its_known_return(case: str) -> None:
    name, epsilon = case.split("_eps")
    policy = epsilon_soft(drawn(POLICIES[name]), float(epsilon))

    assert policy_value(CLIFF, policy, 1.0)[START] == pytest.approx(PUBLIC["P06"][case], abs=1e-5)


def test_the_drawn_policies_cover_every_return_of_p06_but_the_best_ones() -> None:
    assert set(PUBLIC["P06"]) - set(DRAWN_CASES) == {"Vstar", "best_eps_soft_eps0.1"}


@pytest.mark.parametrize(("epsilon", "case"), [(0.0, "Vstar"), (0.1, "best_eps_soft_eps0.1")])
def test_the_best_policy_of_the_cliff_has_its_known_return(epsilon: float, case: str) -> None:
    best = best_policy(CLIFF, 1.0, epsilon)

    assert best.v[START] == pytest.approx(PUBLIC["P06"][case], abs=1e-5)


def test_the_way_along_row_1_costs_21_05() -> None:
    policy = epsilon_soft(drawn(POLICIES["row_1"]), 0.1)

    assert policy_value(CLIFF, policy, 1.0)[START] == pytest.approx(-21.05, abs=5e-3)


def test_the_greedy_optimal_policy_that_explores_and_shares_ties_costs_50_80() -> None:
    policy = epsilon_soft(best_policy(CLIFF, 1.0).policy, 0.1)

    assert policy_value(CLIFF, policy, 1.0)[START] == pytest.approx(-50.8000, abs=1e-4)


def test_within_500_steps_it_costs_the_same() -> None:
    policy = epsilon_soft(best_policy(CLIFF, 1.0).policy, 0.1)

    assert limited_return(CLIFF, policy) == pytest.approx(-50.8000, abs=1e-4)


@pytest.mark.parametrize(("epsilon", "row"), [(0.005, 2), (0.01, 1), (0.1, 1), (0.2, 0)])
def test_the_more_it_explores_the_farther_from_the_edge_the_best_way_runs(
    epsilon: float, row: int
) -> None:
    choice = greedy(best_policy(CLIFF, 1.0, epsilon).q).argmax(-1)

    state, met = START, []
    while state != GOAL:
        state = int(CLIFF.next_state[state, choice[state], 0])
        met.append(state)
    assert min(met) // 12 == row
    assert len(met) == 13 + 2 * (2 - row)


# Known numbers of other worlds.


def test_the_evenly_random_policy_on_four_by_four() -> None:
    world = gridworld.make("small", "G...\n.S..\n....\n...G", slip=0.0, time_limit=100)

    v = policy_value(world, np.full((16, 4), 0.25), 1.0)

    np.testing.assert_allclose(v.reshape(4, 4), PUBLIC["P01"], atol=1e-6)


@pytest.mark.parametrize(("name", "n", "left"), [("rw5", 5, 0.0), ("rw19", 19, -1.0)])
def test_random_walks(name: str, n: int, left: float) -> None:
    # States 0 … n−1 walk; n is the end on either side.
    to = [[n if s == 0 else s - 1, s + 1] for s in range(n)] + [[n, n]]
    world = chain({(0, 0): left, (n - 1, 1): 1.0}, to)

    v = policy_value(world, np.full((n + 1, 2), 0.5), 1.0)

    np.testing.assert_allclose(v[:n], PUBLIC["P05"][name], atol=1e-9)


@pytest.mark.parametrize(
    ("map_name", "slippery", "gamma", "expected"),
    [
        ("4x4", True, 0.9, 0.0688909),
        ("4x4", True, 0.95, 0.1804716),
        ("4x4", True, 0.99, 0.5420259),
        ("4x4", True, 1.0, 14 / 17),  # its circles cost nothing, so only the way out counts
        ("4x4", False, 0.99, 0.99**5),
        ("8x8", True, 0.99, 0.4146404),
        ("8x8", False, 0.99, 0.99**13),
    ],
)
def test_frozen_lake(map_name: str, slippery: bool, gamma: float, expected: float) -> None:
    world = from_gymnasium("FrozenLake-v1", 100, map_name=map_name, is_slippery=slippery)

    assert best_policy(world, gamma).v[0] == pytest.approx(expected, abs=1e-7)


def test_the_greedy_policy_of_the_slippery_lake() -> None:
    q = best_policy(from_gymnasium("FrozenLake-v1", 100), 0.99).q

    assert greedy(q).argmax(1).tolist() == [0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0]


# A second way to each number.


@settings(deadline=None, max_examples=60)
@given(worlds())
def test_the_matrix_holds_every_outcome(world: TabularWorld) -> None:
    p, r = transition_matrix(world)

    expected = np.zeros_like(p)
    for (s, a, k), after in np.ndenumerate(world.next_state):
        expected[s, a, after] += world.probability[s, a, k]
    np.testing.assert_allclose(p, expected, atol=1e-12)
    np.testing.assert_allclose(r, backup(world, np.zeros(world.n_states), 0.0), atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(worlds(), st.integers(0, 10**6), st.floats(0, 0.97))
def test_a_policys_values_satisfy_the_bellman_equation(
    world: TabularWorld, seed: int, gamma: float
) -> None:
    policy = random_policy(world, seed)

    v = policy_value(world, policy, gamma)

    expected = (policy * backup(world, v, gamma)).sum(-1)
    np.testing.assert_allclose(v, expected, atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(worlds(ends=0.1), st.integers(0, 10**6), st.sampled_from([0.5, 0.9, 1.0]))
def test_the_linear_solve_equals_iteration(world: TabularWorld, seed: int, gamma: float) -> None:
    policy = random_policy(world, seed)

    v = policy_value(world, policy, gamma)

    np.testing.assert_allclose(v, iterate_to_the_end(world, policy, gamma, 0.0), atol=1e-8)


@settings(deadline=None, max_examples=60)
@given(worlds(), st.floats(0, 0.97))
def test_action_values_equal_a_plain_loop(world: TabularWorld, gamma: float) -> None:
    v = np.linspace(-3, 3, world.n_states) * ~world.terminal

    np.testing.assert_allclose(action_values(world, v, gamma), backup(world, v, gamma), atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(worlds(), st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 0.9]))
def test_the_best_policy_equals_value_iteration(
    world: TabularWorld, epsilon: float, gamma: float
) -> None:
    best = best_policy(world, gamma, epsilon)

    np.testing.assert_allclose(
        best.v, iterate_to_the_end(world, None, gamma, epsilon), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(best.q, backup(world, best.v, gamma), atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(worlds(ends=0.1), st.sampled_from([0.0, 0.1, 0.5]))
def test_the_best_policy_equals_value_iteration_without_discount(
    world: TabularWorld, epsilon: float
) -> None:
    best = best_policy(world, 1.0, epsilon)

    np.testing.assert_allclose(best.v, iterate_to_the_end(world, None, 1.0, epsilon), atol=1e-8)


@settings(deadline=None, max_examples=60)
@given(worlds(), st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 0.97))
def test_no_policy_that_explores_as_much_is_better(
    world: TabularWorld, seed: int, epsilon: float, gamma: float
) -> None:
    best = best_policy(world, gamma, epsilon)
    other = policy_value(world, epsilon_soft(random_policy(world, seed), epsilon), gamma)

    assert (best.v >= other - 1e-8).all()


@settings(deadline=None, max_examples=60)
@given(worlds(), st.floats(0, 1), st.floats(0, 0.97))
def test_the_best_policy_is_one_and_earns_what_it_says(
    world: TabularWorld, epsilon: float, gamma: float
) -> None:
    best = best_policy(world, gamma, epsilon)

    np.testing.assert_allclose(best.policy.sum(-1), 1.0)
    assert (best.policy >= epsilon / world.n_actions - 1e-12).all()
    np.testing.assert_allclose(policy_value(world, best.policy, gamma), best.v, atol=1e-12)


@pytest.mark.parametrize("slip", [0.05, 0.3, 2 / 3])
@pytest.mark.parametrize("module", [cliff_walking, room])
def test_with_slip_the_best_values_satisfy_the_optimality_equation(module, slip: float) -> None:
    world = module.make(module.Config(slip=slip))

    v = best_policy(world, 1.0).v

    np.testing.assert_allclose(v, backup(world, v, 1.0).max(-1), atol=1e-8)
    np.testing.assert_allclose(v, iterate_to_the_end(world, None, 1.0, 0.0), atol=1e-7)


@settings(deadline=None, max_examples=40)
@given(worlds(), st.integers(0, 10**6), st.sampled_from([0.0, 0.6, 1.0]))
def test_the_limited_return_adds_up_the_rewards_of_every_step(
    world: TabularWorld, seed: int, gamma: float
) -> None:
    policy = random_policy(world, seed)

    got = limited_return(world, policy, gamma)

    chance, expected = world.start, 0.0  # forwards in time, where the code goes backwards
    p, r = transition_matrix(world)
    for step in range(world.time_limit):
        expected += gamma**step * chance @ (policy * r).sum(1)
        chance = np.einsum("s,sa,sat->t", chance, policy, p)
    assert got == pytest.approx(expected, abs=1e-9)


def test_the_limited_return_by_hand() -> None:
    # Bumping into the left edge for 3 steps at γ = 1/2: −1 − 1/2 − 1/4.
    world = gridworld.make("corridor", "S.G", slip=0.0, time_limit=3)

    assert limited_return(world, drawn("<<<"), 0.5) == -1.75


# Where there is no finite value.


def test_a_policy_that_never_arrives_has_no_finite_value() -> None:
    policy = drawn("<" * 48)

    assert np.isnan(policy_value(CLIFF, policy, 1.0)[START])
    assert not arrives(CLIFF, policy)


def test_it_still_has_a_return_under_the_time_limit() -> None:
    assert limited_return(CLIFF, drawn("<" * 48)) == -500.0


def test_it_still_has_a_value_with_discount() -> None:
    # −1 for ever at γ = .9: −1/(1 − .9).
    assert policy_value(CLIFF, drawn("<" * 48), 0.9)[START] == pytest.approx(-10.0)


def test_only_the_states_that_arrive_have_a_value() -> None:
    # Left of the start it walks to the left for ever, right of it to the goal.
    world = gridworld.make("corridor", "..S..G", slip=0.0, time_limit=9)

    v = policy_value(world, drawn("<<<>>>"), 1.0)

    np.testing.assert_array_equal(v, [np.nan, np.nan, np.nan, -2, -1, 0])


def test_arriving_sometimes_is_not_arriving() -> None:
    world = gridworld.make("corridor", ".S.G", slip=0.0, time_limit=9)
    policy = drawn("<>>>")
    policy[1] = [0, 0.5, 0, 0.5]

    assert not arrives(world, policy)
    assert np.isnan(policy_value(world, policy, 1.0)[1])


def test_the_edge_policy_arrives() -> None:
    assert arrives(CLIFF, drawn(POLICIES["risky_edge"]))


@pytest.mark.parametrize("epsilon", [1e-17, 1e-13, 1e-9])
def test_arriving_by_chance_in_ages_counts_as_not_finite(epsilon: float) -> None:
    policy = epsilon_soft(drawn("<" * 48), epsilon)

    assert np.isnan(policy_value(CLIFF, policy, 1.0)[START])


@pytest.mark.parametrize("epsilon", [1e-17, 1e-13, 1e-9])
def test_a_trace_of_exploration_does_not_disturb_the_best_policy(epsilon: float) -> None:
    assert best_policy(CLIFF, 1.0, epsilon).v[START] == pytest.approx(-13.0, abs=1e-5)


def test_no_policy_arrives_where_the_goal_is_walled_in() -> None:
    world = gridworld.make("walled", "S.#G", slip=0.0, time_limit=9)

    with pytest.raises(NoFiniteTruth, match="wander for ever"):
        best_policy(world, 1.0)


def test_with_discount_a_walled_in_goal_has_a_truth() -> None:
    world = gridworld.make("walled", "S.#G", slip=0.0, time_limit=9)

    np.testing.assert_allclose(best_policy(world, 0.5).v, [-2, -2, 0, 0])


def test_exploration_may_end_in_a_trap() -> None:
    # State 1 is a trap beside the way from 0 to the end, 2.
    world = chain({(0, 0): -1.0, (1, 0): -1.0, (1, 1): -1.0}, [[2, 1], [1, 1], [2, 2]])

    np.testing.assert_array_equal(best_policy(world, 1.0).v, [-1, np.nan, 0])
    with pytest.raises(NoFiniteTruth, match="wander for ever"):
        best_policy(world, 1.0, epsilon=0.1)


def test_a_circle_that_pays_has_no_finite_value() -> None:
    # 0 → 1 → 0 earns 1 a round; 0 → 2 ends.
    world = chain({(0, 1): 1.0}, [[2, 1], [0, 0], [2, 2]])

    with pytest.raises(NoFiniteTruth, match="pays to walk in a circle"):
        best_policy(world, 1.0)


def test_a_circle_that_pays_elsewhere_is_noticed() -> None:
    # The circle at 1 is not on the first way found, 0 → 2, and pays all the same.
    world = chain({(0, 0): 5.0, (1, 1): 1.0}, [[2, 1], [2, 1], [2, 2]])

    with pytest.raises(NoFiniteTruth, match="pays to walk in a circle"):
        best_policy(world, 1.0)


def test_a_circle_that_costs_nothing_is_not_taken_for_the_way_out() -> None:
    # Staying in 0 is worth as much as leaving, and only leaving arrives.
    world = chain({(0, 1): 3.0}, [[0, 1], [1, 1]])

    best = best_policy(world, 1.0)

    assert best.v.tolist() == [3.0, 0.0]
    assert best.policy[0].tolist() == [0.5, 0.5]


# Policies and states.


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ([1, 1, 0, 0], [0.5, 0.5, 0, 0]),
        ([-3, -1, -2, -5], [0, 1, 0, 0]),
        ([1, 1 - 1e-12, 0, 0], [0.5, 0.5, 0, 0]),
        ([1, 1 - 1e-6, 0, 0], [1, 0, 0, 0]),
        ([np.nan, -7, np.nan, -8], [0, 1, 0, 0]),
        ([np.nan] * 4, [0.25] * 4),
        ([0, 0, 0, 0], [0.25] * 4),
    ],
)
def test_greedy_shares_ties_evenly(q: list[float], expected: list[float]) -> None:
    assert greedy(np.array([q])).tolist() == [expected]


def test_ties_are_as_wide_as_the_best_of_their_own_row_asks() -> None:
    q = np.array([[1.0, 1.0 - 1e-6], [-1e6, -1e6 - 1e-4]])

    assert greedy(q).tolist() == [[1, 0], [0.5, 0.5]]


@pytest.mark.parametrize("gamma", [0.12, 0.2, 0.5, 0.9, 1.0])
def test_the_optimal_way_is_the_shortest_for_every_discount(gamma: float) -> None:
    # At small γ far states differ by γ^distance only: no tie, as long as float64 can tell.
    world = cliff_walking.make(cliff_walking.Config())

    assert limited_return(world, best_policy(world, gamma).policy) == pytest.approx(-13)


def test_epsilon_soft_by_hand() -> None:
    soft = epsilon_soft(np.array([[0.5, 0.5, 0.0, 0.0]]), 0.2)

    assert soft[0] == pytest.approx([0.45, 0.45, 0.05, 0.05])


def test_an_action_is_avoided_that_comes_near_and_may_be_lost() -> None:
    # From 0, action 0 ends at once or falls into the trap 1; action 1 goes round by 2 to the end.
    next_state = np.array([[[3, 1], [2, 2]], [[1, 1]] * 2, [[3, 3]] * 2, [[3, 3]] * 2])
    reward = -np.ones(next_state.shape)
    reward[3] = 0.0
    half = np.full(next_state.shape, 0.5)
    world = TabularWorld("trap", next_state, reward, half, np.arange(4) == 3, np.eye(4)[0], 9)

    np.testing.assert_array_equal(best_policy(world, 1.0).v, [-2, np.nan, -1, 0])


def test_an_outcome_of_probability_zero_has_no_part_in_a_value() -> None:
    next_state = np.array([[[1, 0]], [[1, 1]]])
    p = np.broadcast_to([1.0, 0.0], next_state.shape)
    zero, end = np.zeros(next_state.shape), np.array([False, True])
    world = TabularWorld("zero", next_state, zero, p, end, np.array([1.0, 0]), 9)

    assert action_values(world, np.array([np.nan, 0.0]), 1.0).tolist() == [[0.0], [0.0]]


def test_a_way_out_below_rounding_leaves_no_singular_system() -> None:
    world = chain({(0, 0): -1.0}, [[0, 1], [1, 1]])

    v = policy_value(world, np.array([[1.0, 1e-17], [1.0, 0.0]]), 1.0)

    np.testing.assert_array_equal(v, [np.nan, 0.0])


@pytest.mark.parametrize("gamma", [0.15, 0.3, 0.6, 0.95, 1.0])
def test_the_canonical_policy_goes_straight_whatever_the_discount(gamma: float) -> None:
    assert limited_return(CLIFF, best_policy(CLIFF, gamma).policy) == -13.0


def test_on_open_ground_both_ways_to_the_corner_tie() -> None:
    world = gridworld.make("open", "S....\n.....\n.....\n....G", slip=0.0, time_limit=99)

    policy = best_policy(world, 0.99).policy.reshape(4, 5, 4)

    np.testing.assert_array_equal(policy[:3, :4], np.broadcast_to([0, 0.5, 0.5, 0], (3, 4, 4)))


def test_reachable_leaves_out_the_cliff_and_the_goal() -> None:
    expected = [*range(36), START]

    assert np.flatnonzero(reachable(CLIFF)).tolist() == expected


def test_reachable_leaves_out_walls_and_what_they_enclose() -> None:
    world = gridworld.make("cell", "S.#.\n..##\n...G", slip=0.0, time_limit=9)

    assert np.flatnonzero(reachable(world)).tolist() == [0, 1, 4, 5, 8, 9, 10]


def test_an_outcome_of_probability_zero_reaches_nothing() -> None:
    next_state = np.array([[[2, 1]], [[2, 2]], [[2, 2]]])
    p = np.broadcast_to([1.0, 0.0], next_state.shape)
    end, start = np.array([False, False, True]), np.array([1.0, 0, 0])
    world = TabularWorld("zero", next_state, np.zeros(next_state.shape), p, end, start, 9)

    assert reachable(world).tolist() == [True, False, False]
