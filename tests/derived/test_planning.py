"""The two exact distances of policy iteration."""

from __future__ import annotations

import time

import numpy as np

from rlviz import derived
from rlviz.exact import dynamic_programming as dp
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec


def swept(world: str, iterations: int, **config: float) -> Run:
    run = Run(RunSpec("policy_iteration", world, replicas=2, config=config))
    run.advance(time.perf_counter() + 60, iterations)
    return run


def test_before_the_first_improvement_they_are_those_of_pure_chance() -> None:
    run = swept("cliff_walking", 2, gamma=0.9, evaluation_sweeps=5)
    world, reached = run.truth.world, run.truth.reachable
    chance = dp.policy_value(world, np.full((48, 4), 0.25), 0.9)
    best = dp.best_policy(world, 0.9).v
    view = run.view()

    def rms(gap: np.ndarray) -> float:
        return float(np.sqrt((gap[reached] ** 2).mean()))

    expected = [rms(run.state.v[0].numpy() - chance), rms(chance - best)]
    found = [derived.derive(name, view) for name in ("evaluation_distance", "policy_distance")]
    np.testing.assert_allclose(np.stack(found)[:, 0], expected, rtol=1e-12)


def test_both_end_at_zero() -> None:
    run = swept("cliff_walking", 60, gamma=0.9, evaluation_sweeps=3)
    found = [
        run.recorder.curves[n].columns()[2][-1] for n in ("evaluation_distance", "policy_distance")
    ]

    np.testing.assert_allclose(found, 0.0, atol=1e-9)


def test_a_policy_that_may_wander_for_ever_has_a_sentence_instead() -> None:
    # At γ = 1 the first greedy policy of half-finished values may walk in a circle.
    run = Run(RunSpec("policy_iteration", "cliff_walking", config={"gamma": 1.0}))
    run.state.policy[:] = 0.0
    run.state.policy[..., 3] = 1.0  # always left: never arrives
    run.pull()
    run.pull()

    found = derived.derive("policy_value", run.view())
    assert isinstance(found, str)
    assert "wander for ever" in found
