"""Bell curves over numbers: J of each of them, and where the exact gradient points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlviz.derived import bells, derive
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.derived.test_suspects import go_to

AXES = {"bell_means", "bell_widths"}
MOVED = {"first_mean": 0.4, "first_deviation": 0.8}


@pytest.fixture(scope="module")
def run() -> Run:
    """Policies that have moved apart."""
    config = {"alpha_theta": 0.2, "episodes": 4}
    spec = RunSpec("reinforce", "gaussian_bandit", config, MOVED, seed=2, replicas=5)
    return go_to(Run(spec), 12)


def derived(run: Run, name: str) -> Any:
    found = derive(name, run.view())
    assert isinstance(found, np.ndarray), found
    return found


def theta(run: Run) -> Any:
    return run.state.actor["theta"][:, 0].numpy()


def integral(run: Run, mean: float, deviation: float) -> float:
    """E[r(a)] under that bell curve, by the trapezium rule."""
    action = np.linspace(mean - 12 * deviation, mean + 12 * deviation, 40_001)
    density = np.exp(-np.square((action - mean) / deviation) / 2) / deviation / (2 * np.pi) ** 0.5
    return float(np.trapezoid(run.truth.world.paid(action) * density, action))


def test_mean_and_deviation_are_those_of_each_replica(run: Run) -> None:
    mean, log_deviation = theta(run).T

    np.testing.assert_allclose(derived(run, "bell_mean"), mean)
    np.testing.assert_allclose(derived(run, "bell_deviation"), np.exp(log_deviation))
    assert len(set(mean)) == 5


def test_the_land_is_the_mean_of_what_numbers_pay(run: Run) -> None:
    land = derived(run, "bell_field")
    means, widths = derived(run, "bell_means"), derived(run, "bell_widths")

    assert land.shape == (len(widths), len(means))
    for i, j in ((0, 0), (5, 40), (20, 30), (33, 12), (40, 60)):
        assert land[i, j] == pytest.approx(integral(run, means[j], widths[i]), abs=1e-9)


def test_a_replica_stands_on_the_land_where_its_policy_is(run: Run) -> None:
    for mean, deviation, worth in zip(
        *(derived(run, f"bell_{name}") for name in ("mean", "deviation", "worth")), strict=True
    ):
        assert worth == pytest.approx(integral(run, mean, deviation), abs=1e-9)


def test_the_arrow_points_up_the_steepest_way_in_mean_and_log_deviation(run: Run) -> None:
    mean, log = theta(run)[0]
    h = 1e-4
    slope = np.array(
        [
            integral(run, mean + h, np.exp(log)) - integral(run, mean - h, np.exp(log)),
            integral(run, mean, np.exp(log + h)) - integral(run, mean, np.exp(log - h)),
        ]
    )
    across, up = derived(run, "bell_arrow_mean"), np.log(derived(run, "bell_arrow_deviation"))

    assert (across[0], up[0]) == (pytest.approx(mean), pytest.approx(log))
    np.testing.assert_allclose(
        [across[1] - across[0], up[1] - up[0]], slope / np.linalg.norm(slope), atol=1e-6
    )


def test_the_curve_is_highest_at_the_mean_and_as_high_as_the_best_pay(run: Run) -> None:
    actions, shape = derived(run, "bell_actions"), derived(run, "bell_shape")
    mean, deviation = theta(run)[0, 0], np.exp(theta(run)[0, 1])
    high = derived(run, "bell_reward").max()

    assert actions[shape.argmax()] == pytest.approx(mean)
    assert shape.max() == pytest.approx(high)
    # One standard deviation beside its mean a bell curve is e^−½ as high.
    beside = np.interp(mean + deviation, actions, shape) / high
    assert beside == pytest.approx(np.exp(-0.5), abs=0.01)


def test_where_nothing_pays_above_0_the_curve_lies_flat() -> None:
    world = MOVED | {"reward_1": -1.0, "reward_2": -2.0}
    run = Run(RunSpec("reinforce", "gaussian_bandit", {}, world, seed=1, replicas=2))

    assert derived(run, "bell_shape").max() == 0


@pytest.mark.parametrize("name", sorted(bells.DERIVED.keys() - AXES))
def test_a_world_with_a_table_of_actions_has_none_of_it(name: str) -> None:
    view = Run(RunSpec("reinforce", "bandit_3", {}, seed=1, replicas=2)).view()

    assert derive(name, view) == bells.NUMBERS_ONLY
