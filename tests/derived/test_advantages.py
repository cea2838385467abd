"""Advantages as a run shows them: many λ, three masks, and how good they are, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlviz import registry
from rlviz.derived import Truth, View, advantage_plane, derive
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.public import PUBLIC


def number(name: str, now: View) -> NDArray[Any]:
    found = derive(name, now)
    assert isinstance(found, np.ndarray), found
    return found


def view(world: str = "random_walk_5", world_config: Any = None, **config: Any) -> View:
    """A run that has made one batch, with the policy of the start."""
    settings = {"critic": "exact", "gamma": 1.0, "n_steps": 64, "copies": 16, "hold": True}
    spec = RunSpec(
        "a2c", world, seed=2, replicas=8, config=settings | config, world_config=world_config or {}
    )
    run = Run(spec)
    run.advance(float("inf"), 1)
    return run.view()


def fragment(ended: list[int], **config: Any) -> View:
    """The four steps of P11 as a watched trajectory."""
    module, walk = registry.algorithm("a2c"), registry.world("random_walk_5")
    world = walk.make(walk.Config())
    rows: dict[str, list[float]] = {
        "reward": [1, 0, -1, 2],
        "value": [0.5, 1, 0, -0.5],
        "value_next": [1, 0, -0.5, 0.3],
        "error": [1.4, -1.0, -1.45, 2.77],
        "advantage": [0, 0, 0, 0],
        "ended": [float(e) for e in ended],
        "state": [3, 3, 3, 3],
        "action": [1, 1, 1, 1],
    }
    latest = {f"trajectory_{k}": torch.tensor([v], dtype=torch.float64) for k, v in rows.items()}
    latest["theta"] = torch.zeros(1, world.n_states, 2, dtype=torch.float64)
    settings = module.Config(gamma=0.9, lambda_=0.8, **config)
    return View(latest, settings, Truth(world), module.TRUTH, 0)


@pytest.mark.parametrize(("name", "lambda_"), [("0", "0.0"), ("all", "1.0")])
def test_the_lines_of_a_trajectory_are_those_of_the_fragment(name: str, lambda_: str) -> None:
    got = number(f"trajectory_lambda_{name}", fragment([0, 0, 0, 0]))

    np.testing.assert_allclose(got, PUBLIC["P11"][f"lambda={lambda_}"]["adv"], atol=1e-9)


def test_a_line_has_a_gap_behind_an_end() -> None:
    # Step 1 ends: δ_1 = 0 − 1 = −1, and A_0 = 1.4 + .72·(−1) = .68.
    got = number("trajectory_apart", fragment([0, 1, 0, 0]))

    expected = PUBLIC["P11"]["lambda=0.8,done=[0,1,0,0]"]["adv"]
    np.testing.assert_allclose(got, [*expected[:2], np.nan, *expected[2:]], atol=1e-9)


def test_what_is_lost_and_what_leaks() -> None:
    # Step 2 is cut, V' = −.5: told apart δ_2 = −1 − .45 = −1.45, taken for an end −1.
    # Running on: −1.45 + .72·2.77 = .5444.
    now = fragment([0, 0, 2, 0])
    each = [number(f"trajectory_{m}", now)[2] for m in ("apart", "confused", "leaking")]

    assert each == pytest.approx([-1.45, -1.0, 0.5444])


def test_without_a_critic_credit_is_recency() -> None:
    # One reward at the end: (γλ)^{T−t} of 2, γλ = .72.
    got = number("trajectory_recency", fragment([0, 0, 0, 1]))

    np.testing.assert_allclose(got[:4], 2 * 0.72 ** np.arange(3, -1, -1.0), atol=1e-12)


def test_weights_are_those_of_a_terminal_reward() -> None:
    now = view(lambda_=0.95)

    assert number("credit_now", now)[[1, 10, 50]] == pytest.approx(
        [PUBLIC["P57"][k] for k in ("1", "10", "50")]
    )
    assert float(number("credit_at_50", now)) == pytest.approx(PUBLIC["P57"]["50"])


@pytest.mark.parametrize("lambda_", ["0.0", "0.5", "0.8", "0.95", "1.0"])
def test_the_flat_critic_on_the_short_walk(lambda_: str) -> None:
    now, expected = view(lambda_=float(lambda_), critic_error=1.0), PUBLIC["P12"][lambda_]
    names = ("advantage_mean", "contrast_bias_now", "advantage_mse_now")

    assert [float(number(n, now)) for n in names] == pytest.approx(
        [expected[k] for k in ("mean_right", "contrast_bias", "mse_right_vs_A")], abs=1e-9
    )
    assert float(number("advantage_deviation", now)) ** 2 == pytest.approx(
        expected["var_right"], abs=1e-9
    )
    assert float(number("advantage_true", now)) == pytest.approx(1 / 6)


def test_the_plane_holds_the_same_numbers_and_the_best_lambda() -> None:
    now = view(critic_error=1.0)
    plane, best = number("plane_squared_error", now), number("plane_best_lambda", now)

    assert plane[-1, [0, 20, 40]] == pytest.approx(
        [PUBLIC["P12"][k]["mse_right_vs_A"] for k in ("0.0", "0.5", "1.0")]
    )
    assert best[-1] == pytest.approx(1 / np.sqrt(3), abs=2e-3)
    assert best[0] == 0
    assert number("plane_contrast_bias", now)[:, -1] == pytest.approx(0.0, abs=1e-12)


def test_bias_and_variance_add_up_over_lambda() -> None:
    now = view(critic_error=0.4)
    parts = number("advantage_bias", now) + number("advantage_variance", now)

    np.testing.assert_allclose(parts, number("advantage_mse", now), atol=1e-12)
    np.testing.assert_allclose(parts, number("plane_squared_error", now)[8], atol=1e-12)


@pytest.mark.parametrize("error", [0.0, 0.3, 1.0])
def test_how_flat_the_critic_is(error: float) -> None:
    assert float(number("critic_error_now", view(critic_error=error))) == pytest.approx(error)


@pytest.mark.parametrize("lambda_", [0.3, 0.95])
def test_sampled_advantages_have_the_exact_mean_and_spread(lambda_: float) -> None:
    # Within four standard errors; samples of one walk are not independent, hence a wider bound.
    now = view(lambda_=lambda_, critic_error=1.0)
    n = float(number("sampled_count", now))
    sd = float(number("advantage_deviation", now))
    gap = float(number("sampled_mean", now)) - float(number("advantage_mean", now))

    assert n > 400
    assert abs(gap) < 4 * 2 * sd / np.sqrt(n)
    assert float(number("sampled_deviation", now)) == pytest.approx(sd, rel=0.2)
    assert number("pair_shares", now).sum() == pytest.approx(1.0)


def test_credit_belongs_to_the_first_action_of_key_and_door() -> None:
    now = view("key_door", critic="learned", lambda_=0.95, n_steps=24)
    exact, state = number("trajectory_exact", now), now.first("trajectory_state")
    first = np.insert(state, np.flatnonzero(now.first("trajectory_ended") > 0) + 1, np.nan) == 8

    assert np.abs(exact[first]) == pytest.approx(0.5)
    assert exact[~first & np.isfinite(exact)] == pytest.approx(0.0, abs=1e-12)


def test_the_distance_of_a_batch_is_over_every_replica() -> None:
    # λ = 0 and the exact critic of a walk that obeys: every advantage is the exact one.
    np.testing.assert_allclose(
        number("advantage_distance", view(lambda_=0.0)), np.zeros(8), atol=1e-12
    )
    flat = number("advantage_distance", view(lambda_=0.0, critic_error=1.0))
    assert flat.shape == (8,)
    assert (flat > 0.1).all()


def test_there_is_no_table_for_a_number_as_action() -> None:
    assert isinstance(derive("plane_squared_error", view("gaussian_bandit", critic="learned")), str)


def test_without_a_choice_at_the_start_there_is_no_contrast() -> None:
    now = view("a_split", critic="learned")

    assert derive("contrast_bias_now", now) == advantage_plane.NO_CHOICE
