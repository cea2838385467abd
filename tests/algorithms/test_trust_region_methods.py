"""Natural policy gradient and TRPO: published steps, exactly, and what happens where none is."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
import torch

from rlviz import surrogate
from rlviz.derived import derive
from rlviz.exact import policy_gradient as pg
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.public import PUBLIC

P28, P29 = PUBLIC["P28"], PUBLIC["P29"]
EXACT = {"expectation": "exact", "damping": 0.0, "cg_iterations": 3}
ARMS = {f"preference_{i}": math.log(p) for i, p in enumerate((0.5, 0.3, 0.2), 1)}


def run_of(algorithm: str, world: str, iterations: int, **changes: Any) -> Run:
    run = Run(RunSpec(algorithm, world, **{"seed": 2, "replicas": 3, **changes}))
    while run.iteration < iterations:
        run.pull()
    return run


def newest(run: Run, name: str) -> Any:
    return run.recorder.latest[name][0].tolist()


def test_the_full_step_of_trpo_on_three_arms() -> None:
    run = run_of("trpo", "bandit_3", 1, config=EXACT, world_config=ARMS)
    theta = run.recorder.latest["theta_before"][0, 0]
    full = newest(run, "full_step")
    direction = run.recorder.latest["natural_direction"][0]

    assert newest(run, "gradient_estimate") == pytest.approx(P28["grad"], abs=1e-9)
    assert direction.tolist() == pytest.approx(P28["nat_grad"], abs=1e-9)
    assert full == pytest.approx(P28["step_size"], abs=1e-9)
    assert newest(run, "search_kls")[0] == pytest.approx(P28["actual_KL_old_new"], abs=1e-9)
    assert newest(run, "search_gains")[0] == pytest.approx(P28["gain"], abs=1e-9)
    assert (theta + full * direction).softmax(0).tolist() == pytest.approx(
        P28["pi_after_quadratic_step"], abs=1e-9
    )


def test_the_line_search_refuses_it_and_takes_the_next() -> None:
    run = run_of("trpo", "bandit_3", 1, config=EXACT, world_config=ARMS)

    assert newest(run, "step_part") == pytest.approx(0.8)
    assert newest(run, "step_kl") == newest(run, "search_kls")[1] <= 0.01
    assert newest(run, "stopped_by") == 0


@pytest.mark.parametrize(
    ("config", "world", "reason"),
    [
        ({"hold": True}, ARMS, 1),
        ({"delta": 0.0}, ARMS, 2),
        ({}, {f"reward_{i}": 2.0 for i in (1, 2, 3)}, 3),  # all arms pay the same
        ({"tries": 1}, ARMS, 5),
    ],
)
def test_where_there_is_no_step_the_policy_stays_and_says_why(
    config: dict[str, Any], world: dict[str, float], reason: int
) -> None:
    run = run_of("trpo", "bandit_3", 2, config=EXACT | config, world_config=world)
    before = run.recorder.latest["theta_before"]

    assert newest(run, "stopped_by") == reason
    assert newest(run, "step_size") == 0
    torch.testing.assert_close(run.state.actor["theta"], before, rtol=0, atol=0)


def test_a_certain_policy_has_no_curvature_and_is_left_as_it_is() -> None:
    run = Run(RunSpec("trpo", "bandit_3", seed=2, replicas=2, config=EXACT))
    run.state.actor["theta"] = torch.tensor([[[800.0, 0.0, 0.0]]]).double().repeat(2, 1, 1)
    while run.iteration < 1:
        run.pull()

    assert newest(run, "stopped_by") in (3, 4)
    assert torch.isfinite(run.state.actor["theta"]).all()


# P29 has one number t behind p = sigmoid(k t). Two preferences move apart by twice a slope each,
# so that k / √2 makes the same path.
@pytest.mark.parametrize(
    ("direction", "k", "expected"),
    [
        ("vanilla", 1, P29["vanilla_sigmoid"]),
        ("vanilla", 3, P29["vanilla_sigmoid3"]),
        ("natural", 1, P29["npg_sigmoid"]),
        ("natural", 3, P29["npg_sigmoid3"]),
    ],
)
def test_only_the_natural_path_does_not_depend_on_the_parametrisation(
    direction: str, k: float, expected: float
) -> None:
    config = EXACT | {"direction": direction, "scale": k / math.sqrt(2), "alpha_theta": 0.1}
    even = {"first_probability": 0.5}
    run = run_of("natural_policy_gradient", "bandit_2", 5, config=config, world_config=even)
    shown = derive("path_scaled", run.view())

    assert derive("policy_objective", run.view()) == pytest.approx(expected, abs=1e-9)
    assert not isinstance(shown, str | None)
    assert shown[5] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("world", ["three_state", "short_corridor", "key_door"])
def test_exact_pairs_give_the_exact_gradient_and_the_exact_fisher_matrix(world: str) -> None:
    config = {"gamma": 0.9, "expectation": "exact", "damping": 0.0}
    run = Run(RunSpec("trpo", world, seed=5, replicas=1, config=config))
    theta = run.state.actor["theta"] + 0.3 * torch.arange(2.0)
    made, tables = run.truth.world, run.tables
    pairs = surrogate.exact(tables, {"theta": theta}, 0.9)
    family = surrogate.policies.actor(tables).distribution
    v = torch.linspace(-1, 1, theta[0].numel(), dtype=torch.float64)[None]

    table = theta[0].numpy()
    expected = pg.gradient(made, table, 0.9, made.observed).ravel()
    product = pg.fisher(made, table, 0.9, made.observed) @ v[0].numpy()
    np.testing.assert_allclose(
        surrogate.slope(family, pairs, {"theta": theta})[0], expected, atol=1e-12
    )
    np.testing.assert_allclose(
        surrogate.fisher(family, pairs, {"theta": theta}, 0.0)(v)[0], product, atol=1e-12
    )


def test_many_samples_say_what_the_exact_pairs_say() -> None:
    run = Run(
        RunSpec(
            "trpo",
            "three_state",
            seed=1,
            replicas=24,
            config={"gamma": 0.9, "episodes": 64, "hold": True, "lambda_": 1.0, "alpha_w": 1e-5},
            world_config={"time_limit": 100},
        )
    )
    while run.iteration < 1:
        run.pull()
    found = run.recorder.latest["gradient_estimate"].numpy()
    exact = derive("exact_gradient", run.view())
    error = found.std(0, ddof=1) / math.sqrt(len(found))

    assert (np.abs(found.mean(0) - exact) < 4 * error + 1e-3).all()


@pytest.mark.slow
def test_trpo_learns_the_three_states_from_samples() -> None:
    run = Run(RunSpec("trpo", "three_state", seed=1, replicas=8, config={"gamma": 0.9}))
    run.advance(time.perf_counter() + 60, 40)
    best = derive("best_objective", run.view())

    assert not isinstance(best, str | None)
    assert derive("policy_objective", run.view()) == pytest.approx(float(best), abs=0.2)
