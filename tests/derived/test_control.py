"""What learners do now, as exact numbers, and the curves of the cliff beside them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from rlviz.derived import control, derive
from rlviz.derived.control import MOST, NEVER_THE_SAME
from rlviz.exact import cliff
from rlviz.exact import dynamic_programming as dp
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec

MINE = [name for name in control.DERIVED if name.startswith(("phase_", "behaviour_"))]


def run_of(iterations: int = 200, world: str = "cliff_walking", **changes: Any) -> Run:
    run = Run(RunSpec("q_learning", world, **{"seed": 4, "replicas": 3, **changes}))
    run.advance(time.perf_counter() + 60, iterations)
    return run


def shown(name: str, run: Run) -> Any:
    return derive(name, run.view())


def test_each_replica_has_the_exact_return_of_the_policy_that_it_follows() -> None:
    run = run_of(config={"epsilon": 0.2})
    world = run.truth.world
    greedy = [dp.greedy(q, 0.0) for q in run.state.q.numpy()]
    expected = [dp.limited_return(world, dp.epsilon_soft(policy, 0.2)) for policy in greedy]

    np.testing.assert_allclose(shown("behaviour_returns", run), expected, rtol=1e-12)
    assert shown("behaviour_epsilons", run).tolist() == [0.2] * 3


def test_each_replica_may_explore_in_its_own_way() -> None:
    each = (0.0, 0.5, 1.0)
    run = run_of(config={"epsilon": each})
    world, greedy = run.truth.world, [dp.greedy(q, 0.0) for q in run.state.q.numpy()]
    expected = [
        dp.limited_return(world, dp.epsilon_soft(policy, epsilon))
        for policy, epsilon in zip(greedy, each, strict=True)
    ]

    np.testing.assert_allclose(shown("behaviour_returns", run), expected, rtol=1e-12)
    assert shown("behaviour_epsilons", run).tolist() == list(each)


def test_there_is_nothing_to_show_before_anybody_has_acted() -> None:
    assert shown("behaviour_returns", Run(RunSpec("q_learning", "cliff_walking"))) is None


def test_softmax_is_followed_with_its_own_probabilities() -> None:
    soft = run_of(config={"behaviour": "softmax", "temperature": 2.0})
    weights = np.exp(soft.state.q.numpy() / 2)
    policies = weights / weights.sum(-1, keepdims=True)
    expected = [dp.limited_return(soft.truth.world, policy) for policy in policies]

    np.testing.assert_allclose(shown("behaviour_returns", soft), expected, rtol=1e-9)


def test_ucb_follows_no_fixed_policy_and_says_so() -> None:
    run = run_of(config={"behaviour": "ucb"})

    assert shown("behaviour_returns", run) == NEVER_THE_SAME


def test_no_more_replicas_are_solved_for_than_can_be_seen() -> None:
    run = run_of(2, replicas=MOST + 5)

    assert {len(shown(name, run)) for name in MINE if name.startswith("behaviour")} == {MOST}


def test_the_curves_are_those_of_the_exact_module() -> None:
    run = run_of(1, config={"gamma": 0.9})
    routes, best = cliff.route_returns(run.truth.world), cliff.best_returns(run.truth.world, 0.9)

    got = [shown(name, run) for name in ("phase_edge", "phase_above", "phase_top", "phase_best")]

    np.testing.assert_array_equal(got, [*routes, best])
    assert shown("phase_epsilons", run) is cliff.EPSILONS


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("edge_now", -45.80332225),
        ("above_now", -21.05),
        ("top_now", -22.27281667),
        ("best_now", -20.7076774),
    ],
)
def test_the_returns_of_now_are_those_that_are_known(name: str, expected: float) -> None:
    run = run_of(1, config={"epsilon": 0.1})

    assert shown(name, run) == pytest.approx(expected, abs=5e-3)


def test_the_curves_are_solved_once_however_often_policies_change() -> None:
    run = run_of(1)
    edge = shown("phase_edge", run)
    for _ in range(100):  # more policies than solutions are kept
        run.state.q[0, 0, 0] += 1.0
        shown("behaviour_returns", run)
        shown("phase_best", run)
        assert shown("phase_edge", run).base is edge.base


def test_elsewhere_the_routes_are_missing_with_a_reason() -> None:
    run = run_of(1, world="room")

    assert shown("phase_edge", run) == cliff.OTHER_MAP
    assert shown("phase_best", run).shape == (24,)
