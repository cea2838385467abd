"""Derived signals against plain loops, and the truth that stands in when time is short."""

from __future__ import annotations

import dataclasses
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rlviz import registry
from rlviz.algorithms import q_learning, sarsa
from rlviz.derived import DERIVED, Truth, View, derive, tables
from rlviz.derived import view as view_module
from rlviz.errors import NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.runs.loop import Run
from rlviz.signals import SIGNALS
from rlviz.worlds import cliff_walking, gridworld
from rlviz.worlds.tabular import TabularWorld
from tests.algorithms.pairs import many, spec_of

CLIFF = cliff_walking.make(cliff_walking.Config())


def corridor() -> TabularWorld:
    """Start, floor, goal, and a wall that nobody reaches; −1 a step."""
    return gridworld.make("corridor", "S.G#", slip=0.0, time_limit=50)


def table(world: TabularWorld, replicas: int = 1, seed: int = 0) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    size = (replicas, world.n_states, world.n_actions)
    return torch.randn(size, generator=draw, dtype=torch.float64)


def view_of(
    world: TabularWorld,
    latest: dict[str, Tensor],
    config: Any = None,
    *,
    after: str = "q_optimal",
    iteration: int = 0,
    truth: Truth | None = None,
) -> View:
    config = q_learning.Config() if config is None else config
    return View(latest, config, truth or Truth(world), {"q": after}, iteration)


def each(**values: list[float]) -> q_learning.Config:
    """A config with one number for each replica, as the loop hands it to an iteration."""
    given = {name: torch.tensor(v, dtype=torch.float64) for name, v in values.items()}
    return dataclasses.replace(q_learning.Config(), **given)  # type: ignore[arg-type]


# ------------------------------------------------------------------ from the table


def test_the_value_of_a_state_is_its_best_action_of_replica_0() -> None:
    q = torch.tensor([[[1.0, 3.0], [-2.0, -5.0]], [[9.0, 9.0], [9.0, 9.0]]])

    assert tables.state_value(view_of(CLIFF, {"q": q})).tolist() == [3, -2]


def test_the_greedy_policy_shares_exact_ties_evenly() -> None:
    rows = [[2.0, 0.0, 2.0], [1.0, 1.0 + 1e-9, 0.0], [0.0, 0.0, 0.0]]
    q = torch.tensor([rows], dtype=torch.float64)

    got = tables.greedy_policy(view_of(CLIFF, {"q": q}))

    np.testing.assert_allclose(got, [[0.5, 0, 0.5], [0, 1, 0], [1 / 3] * 3])


def test_the_greedy_policy_of_a_diverged_row_is_nan_without_noise() -> None:
    q = torch.tensor([[[float("nan"), 0.0], [1.0, 0.0]]])

    got = tables.greedy_policy(view_of(CLIFF, {"q": q}))

    np.testing.assert_array_equal(got, [[np.nan, np.nan], [1, 0]])


def test_the_greedy_return_of_the_optimal_table_is_that_of_the_shortest_path() -> None:
    # Thirteen steps of −1 along the edge.
    q = torch.from_numpy(dp.best_policy(CLIFF, 1.0).q).unsqueeze(0)

    assert tables.greedy_return(view_of(CLIFF, {"q": q})) == pytest.approx(-13, abs=1e-9)


def test_a_table_that_knows_nothing_wanders_until_the_time_limit() -> None:
    # In the corridor: from S three of four moves stay, from the floor one goes on. The expected
    # return of the even policy, by a plain loop over the 50 steps.
    world = corridor()
    q = torch.zeros(1, world.n_states, world.n_actions, dtype=torch.float64)
    at_start, at_floor, expected = 1.0, 0.0, 0.0
    for _ in range(50):
        expected -= at_start + at_floor
        at_start, at_floor = 0.75 * at_start + 0.25 * at_floor, 0.25 * at_start + 0.5 * at_floor

    assert tables.greedy_return(view_of(world, {"q": q})) == pytest.approx(expected, rel=1e-12)


# ------------------------------------------------------------------ the truth


def test_each_method_is_compared_with_what_it_is_after() -> None:
    config = q_learning.Config(gamma=0.9, epsilon=0.2)
    tables = {
        after: derive("truth_q", view_of(CLIFF, {}, config, after=after))
        for after in (q_learning.TRUTH["q"], sarsa.TRUTH["q"])
    }

    assert list(tables) == ["q_optimal", "q_soft_optimal"]
    np.testing.assert_array_equal(tables["q_optimal"], dp.best_policy(CLIFF, 0.9, 0.0).q)
    np.testing.assert_array_equal(tables["q_soft_optimal"], dp.best_policy(CLIFF, 0.9, 0.2).q)


def test_the_truth_has_values_and_a_policy_of_its_own() -> None:
    view = view_of(corridor(), {})

    # Two steps to the goal from S, one from the floor; the best action is right (1) in both.
    assert derive("truth_value", view).tolist()[:3] == [-2, -1, 0]
    assert derive("truth_policy", view).tolist()[:2] == [[0, 1, 0, 0]] * 2


def test_the_gap_is_estimate_minus_truth() -> None:
    world = corridor()
    q = table(world)
    view = view_of(world, {"q": q})

    # Q*(S, right) = −2.
    assert derive("q_gap", view)[0, 1] == q[0, 0, 1].item() + 2


def test_the_two_truth_lines_are_those_of_the_cliff() -> None:
    # The γ-optimal policy needs 13 steps; made to explore with ε = .1 it falls now and then:
    # −50.8000 with ties shared evenly.
    view = view_of(CLIFF, {}, q_learning.Config(epsilon=0.1))

    assert derive("optimal_return", view) == pytest.approx(-13, abs=1e-9)
    assert derive("optimal_return_exploring", view) == pytest.approx(-50.8, abs=1e-3)


def distance(world: TabularWorld, q: Tensor, gammas: list[float], epsilons: list[float]) -> Any:
    """Root mean square over the reachable pairs, replica by replica in plain Python."""
    reached = [s for s, met in enumerate(dp.reachable(world)) if met]
    out = []
    for b, (gamma, epsilon) in enumerate(zip(gammas, epsilons, strict=True)):
        truth = dp.best_policy(world, gamma, epsilon).q
        squares = [
            (q[b, s, a].item() - truth[s, a]) ** 2 for s in reached for a in range(world.n_actions)
        ]
        out.append((sum(squares) / len(squares)) ** 0.5)
    return out


@pytest.mark.parametrize("world", [CLIFF, corridor()], ids=["cliff", "corridor"])
@pytest.mark.parametrize(
    ("after", "epsilon"), [("q_optimal", 0.0), ("q_soft_optimal", 0.1)], ids=["Q*", "soft"]
)
def test_distance_to_truth_equals_a_plain_loop(
    world: TabularWorld, after: str, epsilon: float
) -> None:
    q = table(world, replicas=3)

    got = tables.truth_distance(view_of(world, {"q": q}, after=after))

    np.testing.assert_allclose(got, distance(world, q, [1.0] * 3, [epsilon] * 3), rtol=1e-12)


def test_each_replica_has_the_truth_of_its_own_settings() -> None:
    q = table(CLIFF, replicas=1).expand(4, -1, -1).contiguous()
    epsilons, gammas = [0.1, 0.3, 0.1, 0.1], [0.9, 0.9, 0.9, 0.99]
    view = view_of(CLIFF, {"q": q}, each(epsilon=epsilons, gamma=gammas), after="q_soft_optimal")

    got = tables.truth_distance(view)

    np.testing.assert_allclose(got, distance(CLIFF, q, gammas, epsilons), rtol=1e-12)
    assert len(set(got.tolist())) == 3  # replicas 0 and 2 are of one group


def test_a_method_that_is_after_the_optimum_has_one_truth_for_every_exploration() -> None:
    q = table(CLIFF, replicas=1).expand(2, -1, -1).contiguous()

    got = tables.truth_distance(view_of(CLIFF, {"q": q}, each(epsilon=[0.0, 0.7])))

    assert got[0] == got[1]


def test_a_pair_that_nobody_reaches_does_not_count() -> None:
    world = corridor()
    q = torch.from_numpy(dp.best_policy(world, 1.0).q).unsqueeze(0).clone()
    q[0, 2:] = 1e6  # the goal and the wall

    assert tables.truth_distance(view_of(world, {"q": q})).tolist() == [0]


def test_a_table_that_is_the_truth_is_at_distance_zero() -> None:
    q = torch.from_numpy(dp.best_policy(CLIFF, 1.0, 0.1).q).expand(2, -1, -1)

    view = view_of(CLIFF, {"q": q}, after="q_soft_optimal")

    assert tables.truth_distance(view).tolist() == [0, 0]


# ------------------------------------------------------------------ what there is none of


def enclosed() -> TabularWorld:
    """A goal behind a wall: no policy arrives, so at γ = 1 nothing has a finite value."""
    return gridworld.make("enclosed", "S.#G", slip=0.0, time_limit=50)


@pytest.mark.parametrize(
    "name",
    ["q_optimal", "q_soft_optimal", "truth_q", "q_gap", "truth_distance", "optimal_return"],
)
def test_a_truth_that_is_not_finite_is_said_in_words(name: str) -> None:
    world = enclosed()

    assert derive(name, view_of(world, {"q": table(world)})) == dp.NEVER_ARRIVES


def test_a_setting_that_the_method_does_not_have_is_said_in_words() -> None:
    @dataclasses.dataclass(frozen=True)
    class Config:
        gamma: float = 1.0

    got = derive("q_soft_optimal", view_of(CLIFF, {}, Config()))

    assert got == "This algorithm has no `epsilon`."


@pytest.mark.parametrize("name", [name for name, (needs, _) in DERIVED.items() if needs])
def test_what_needs_a_table_waits_for_it(name: str) -> None:
    assert derive(name, view_of(CLIFF, {})) is None


@pytest.mark.parametrize("algorithm", list(registry.algorithm_modules()))
def test_values_have_the_axes_that_are_declared(algorithm: str) -> None:
    run = to_iteration(Run(spec_of(algorithm, replicas=3)), many(algorithm, 300))
    world = run.truth.world
    sizes = {"B": 3, "S": world.n_states, "A": world.n_actions, "O": world.n_observations}

    for name in DERIVED:
        got = derive(name, run.view())
        if isinstance(got, np.ndarray):
            axes = SIGNALS[name].axes.split()
            assert got.ndim == len(axes), name
            for axis, size in zip(axes, got.shape, strict=True):
                # The others are as long as there are samples, steps or parameters.
                assert axis in "TNKP" or size == (sizes.get(axis) or int(axis)), name


# Runs that have what those at home have not.
ELSEWHERE = (
    spec_of("td_prediction", "driving_home"),
    spec_of("monte_carlo_prediction", "three_returns", config={"averaging": "mean"}),
    spec_of("reinforce", "bandit_2", config={"hold": True}),
    spec_of("reinforce", "bandit_2", config={"hold": True}, replicas=64),
    spec_of("reinforce", "bandit_3", config={"entropy_bonus": 0.5}),
    spec_of("reinforce", "gaussian_bandit"),
    spec_of("a2c", "random_walk_5", config={"gamma": 1.0, "critic": "exact", "hold": True}),
    spec_of("trpo", "bandit_3", config={"expectation": "exact", "damping": 0.0}),
    spec_of("trpo", "three_state", config={"gamma": 0.9, "hold": True}),
    spec_of("ppo_clip", "bandit_3", config={"n_steps": 4, "optimiser": "sgd"}),
)


def test_every_derived_signal_has_a_value_in_some_run() -> None:
    specs = [*map(spec_of, registry.algorithm_modules()), *ELSEWHERE]
    runs = [to_iteration(Run(spec), many(spec.algorithm, 1_500)) for spec in specs]
    had = {n for n in DERIVED for r in runs if isinstance(derive(n, r.view()), np.ndarray)}

    assert set(DERIVED) - had == set()


def to_iteration(run: Run, iteration: int) -> Run:
    run.advance(time.perf_counter() + 60, iteration)
    return run


# ------------------------------------------------------------------ solved once, or hurried


def test_the_same_question_is_solved_once() -> None:
    truth = Truth(CLIFF)

    assert truth.best(0.9, 0.1, now=1) is truth.best(0.9, 0.1, now=5)
    assert truth.iteration == 5


def test_a_hurried_truth_is_the_older_solution_with_its_iteration() -> None:
    truth = Truth(CLIFF)
    older = truth.best(0.9, 0.1, now=3)

    truth.hurried = True

    assert truth.best(0.9, 0.2, now=8) is older
    assert truth.iteration == 3


def test_a_hurried_truth_that_is_known_is_of_now() -> None:
    truth = Truth(CLIFF)
    known = truth.best(0.9, 0.1, now=3)
    truth.best(0.9, 0.2, now=4)

    truth.hurried = True

    assert truth.best(0.9, 0.1, now=8) is known
    assert truth.iteration == 8


def test_the_first_truth_is_solved_in_any_hurry() -> None:
    truth = Truth(CLIFF, hurried=True)

    np.testing.assert_array_equal(truth.best(0.9, 0.1, 0).q, dp.best_policy(CLIFF, 0.9, 0.1).q)
    assert truth.hurried


def test_the_optimum_never_stands_in_for_the_truth_of_who_explores() -> None:
    truth = Truth(CLIFF)
    soft = truth.best(0.9, 0.1, now=1)
    optimal = truth.best(0.9, 0.0, now=2)

    truth.hurried = True

    assert truth.best(0.9, 0.2, now=3) is soft
    assert truth.best(0.8, 0.0, now=3) is optimal


def test_a_hurry_leaves_nothing_wrong_behind_for_the_curves() -> None:
    # A return is solved on the way through a policy; a stand-in for that policy must not be kept.
    truth = Truth(CLIFF)
    truth.best(0.0, 0.0, now=0)
    truth.hurried = True
    truth.optimal_return(1.0, 0.1, now=1)

    truth.hurried = False

    assert truth.optimal_return(1.0, 0.1, now=2) == pytest.approx(-50.8, abs=1e-3)


def test_an_old_solution_may_be_forgotten_and_still_be_asked_for() -> None:
    # One optimum and very many explorations of it; a hurried frame then asks for the optimum.
    truth = Truth(corridor())
    optimal = truth.best(1.0, 0.0, now=0)
    for k in range(1, 200):
        truth.optimal_return(1.0, k / 1000, now=k)

    truth.hurried = True

    np.testing.assert_array_equal(truth.best(1.0, 0.0, now=200).q, optimal.q)
    assert len(truth._solved) <= 64


def test_that_there_is_no_finite_truth_is_found_once_and_said_each_time() -> None:
    truth, asked = Truth(CLIFF), []

    def solve() -> None:
        asked.append(1)
        raise NoFiniteTruth("It wanders for ever.")

    for now in range(3):
        with pytest.raises(NoFiniteTruth, match="wanders"):
            truth.once(("policy", 1.0, 0.0), now, solve)

    assert len(asked) == 1


def test_time_spent_on_the_way_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(view_module, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    truth = Truth(CLIFF)

    truth.optimal_return(1.0, 0.1, now=0)

    # Four looks at the clock, 0 … 3: the return from 0 to 3, its policy from 1 to 2 within that.
    assert truth.seconds == 3
