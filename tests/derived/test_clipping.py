"""What the clip does to a sample, where samples land, and the ways through the exact lens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlviz import derived
from rlviz.exact.policy_gradient import divergence, softmax
from rlviz.exact.trust_region import clip_band_kl
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.public import PUBLIC

LENS: dict[str, Any] = {
    "optimiser": "sgd",
    "normalise": "off",
    "minibatches": 1,
    "gamma": 1.0,
    "lambda_": 1.0,
    "alpha_theta": 1.0,
    "copies": 64,
    "epochs": 4,
}


def run_of(
    name: str = "ppo_clip", world: str = "bandit_3", iterations: int = 1, **config: Any
) -> Run:
    run = Run(RunSpec(name, world, config=LENS | config, seed=2, replicas=2))
    while run.iteration < iterations:
        run.pull()
    return run


def shown(run: Run, name: str) -> Any:
    return derived.derive(name, run.view())


def at_ratio(run: Run, name: str, ratio: float) -> float:
    return float(np.interp(ratio, shown(run, "ratio_grid"), shown(run, name)))


def test_objective_and_slope_are_the_six_published_cases() -> None:
    run = run_of()
    for case in PUBLIC["P24"]:
        side = "up" if case["A"] > 0 else "down"

        assert at_ratio(run, f"clip_objective_{side}", case["r"]) == pytest.approx(case["obj"])
        assert at_ratio(run, f"clip_slope_{side}", case["r"]) == case["dobj_dr"]


def test_dual_clip_is_flat_beyond_its_floor_too() -> None:
    run = run_of(surrogate="dual_clipped", dual_clip=1.5)

    assert at_ratio(run, "clip_slope_down", 1.4) == -1
    assert at_ratio(run, "clip_slope_down", 1.6) == 0
    assert at_ratio(run, "clip_objective_down", 2.0) == -1.5


def test_the_band_bounds_kl_as_published_and_by_search() -> None:
    assert float(shown(run_of(), "band_kl")) == pytest.approx(PUBLIC["P25"]["max_kl"], abs=1e-9)

    # Edges .9 and 1.3: a quarter of the old probability on the upper one, for .25·1.3 + .75·.9 = 1.
    assert clip_band_kl(0.1, 0.3) == pytest.approx(-0.25 * np.log(1.3) - 0.75 * np.log(0.9))
    rng = np.random.default_rng(0)
    for _ in range(200):
        old, ratio = rng.dirichlet(np.ones(4)), rng.uniform(0.9, 1.3, 4)
        new = old * ratio
        if 0.9 <= (1 - new[:3].sum()) / old[3] <= 1.3:
            new[3] = 1 - new[:3].sum()
            assert divergence(old, new) <= clip_band_kl(0.1, 0.3)


def test_every_sample_lands_once_and_grey_is_where_the_slope_is_0() -> None:
    run = run_of(alpha_theta=2.0, normalise="batch")
    alive, silent = shown(run, "alive_ratio"), shown(run, "silent_ratio")
    a = np.where(np.isnan(alive), shown(run, "silent_advantage"), shown(run, "alive_advantage"))
    ratio = np.where(np.isnan(alive), silent, alive)

    assert (np.isnan(alive) ^ np.isnan(silent)).all()
    grey = ((a > 0) & (ratio > 1.2)) | ((a < 0) & (ratio < 0.8))
    np.testing.assert_array_equal(grey, np.isnan(alive))
    assert grey.any()


def test_who_is_outside_on_the_other_side_is_not_grey() -> None:
    config = LENS | {"optimiser": "adam", "alpha_theta": 0.2, "minibatches": 2, "epochs": 8}
    config |= {"normalise": "minibatch", "copies": 8, "gamma": 0.95, "lambda_": 0.95}
    run = Run(RunSpec("ppo_clip", "key_door", config=config, seed=2, replicas=2))
    while run.iteration < 1:
        run.pull()
    ratio, advantage = shown(run, "alive_ratio"), shown(run, "alive_advantage")
    back = ((advantage > 0) & (ratio < 0.8)) | ((advantage < 0) & (ratio > 1.2))

    assert back.any()
    assert float(shown(run, "case_up_below")) + float(shown(run, "case_down_above")) == back.mean()


def test_without_a_clip_nobody_is_grey() -> None:
    run = run_of(surrogate="unclipped", alpha_theta=2.0)

    assert np.isnan(shown(run, "silent_ratio")).all()
    assert np.isnan(shown(run, "strip_silent")).all()


@pytest.mark.parametrize("kind", ["free", "clipped", "penalised", "trusted"])
def test_every_exact_way_begins_where_the_batch_was_collected(kind: str) -> None:
    run = run_of(iterations=2)
    old = softmax(run.recorder.latest["theta_old"][0].numpy())

    assert shown(run, f"lens_{kind}_y")[0] == pytest.approx(old[2], abs=1e-12)
    assert shown(run, "lens_taken_y")[0] == pytest.approx(old[2], abs=1e-12)


def test_the_clipped_way_stops_and_the_free_one_goes_on() -> None:
    run = run_of()
    clipped, free = shown(run, "lens_clipped_y"), shown(run, "lens_free_y")

    assert clipped[1] == free[1]
    assert (clipped[2:] == clipped[1]).all()
    assert (np.diff(free) > 0).all()


def test_many_samples_walk_the_exact_way() -> None:
    # With a critic that says 0 the advantages are not centred; without a clip that changes nothing
    # in the mean, and 512 samples a replica come near to it.
    run = run_of(surrogate="unclipped", n_steps=8, normalise="batch")

    for axis in ("x", "y"):
        np.testing.assert_allclose(
            shown(run, f"lens_taken_{axis}"), shown(run, f"lens_free_{axis}"), atol=0.05
        )


def test_what_is_climbed_is_j_without_a_clip_but_for_a_constant() -> None:
    run = run_of(surrogate="unclipped")
    climbed = shown(run, "lens_climbed")
    axis = shown(run, "lens_axis")
    # Corners 1 and 2 pay 1 and 2.
    row = climbed[0]

    assert row[-1] - row[0] == pytest.approx(1.0, abs=1e-9)
    assert axis[[0, -1]].tolist() == [0.0, 1.0]
    assert np.isnan(climbed[-1, 0])


@pytest.mark.parametrize(
    ("name", "signal", "config"),
    [
        ("ppo_penalty", "clip_objective_up", {}),
        ("ppo_clip", "band_low", {"surrogate": "unclipped"}),
        ("ppo_clip", "band_kl", {"clip_low": 1.0}),
        ("ppo_penalty", "case_up_above", {}),
    ],
)
def test_what_there_is_not_is_a_sentence(name: str, signal: str, config: dict[str, Any]) -> None:
    found = shown(run_of(name, **config), signal)

    assert isinstance(found, str)
    assert found.endswith(".")


def test_other_worlds_have_no_triangle() -> None:
    assert str(shown(run_of(world="bandit_2"), "lens_taken_x")).endswith(".")
