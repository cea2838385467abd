"""What the prediction lesson shows beside estimates: distributions, targets and resting points."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlviz import registry
from rlviz.derived import Truth, View, derive
from rlviz.derived.estimates import NO_MEAN
from rlviz.derived.targets import NO_TARGET, NOT_A_ROW
from tests.public import PUBLIC


def view(
    name: str, world: str, v: list[list[float]], latest: tuple[str, ...] = (), **config: object
) -> View:
    """A method in a world with these values of its replicas, after beats with these signals."""
    module, made = registry.algorithm(name), registry.world(world)
    tables = made.make(made.Config())
    seen = {"v": torch.tensor(v, dtype=torch.float64)}
    seen |= {signal: torch.zeros(len(v)) for signal in latest}
    return View(seen, module.Config(**config), Truth(tables), module.TRUTH, 0)


def number(name: str, now: View) -> float:
    got = derive(name, now)
    assert isinstance(got, np.ndarray), got
    return float(got)


def sampled(**config: object) -> View:
    """Four replicas with the means 2, 10, 32 and 44/3, of three returns each."""
    settings = {"averaging": "mean", "visit": "first", **config}
    rows = [[2.0, 0.0], [10.0, 0.0], [32.0, 0.0], [44 / 3, 0.0]]
    now = view("monte_carlo_prediction", "three_returns", rows, **settings)
    now.latest["returns_counted"] = torch.tensor([[3.0, 0.0]] * 4, dtype=torch.float64)
    return now


def test_the_three_returns_of_the_notes_have_the_mean_14_667() -> None:
    # (2 + 10 + 32)/3 = 44/3; variance ((−38/3)² + (−14/3)² + (52/3)²)/3 = 1448/9.
    now = sampled()

    assert number("estimate_expected", now) == pytest.approx(PUBLIC["P18"]["mc_mean"])
    assert number("return_spread", now) ** 2 == pytest.approx(PUBLIC["P18"]["mc_var_pop"])


def test_the_spread_of_a_mean_of_three_is_sigma_over_root_three() -> None:
    assert number("estimate_spread", sampled()) == pytest.approx((1448 / 27) ** 0.5)
    assert number("estimate_samples", sampled()) == 3


def test_the_histogram_holds_every_replica_and_its_middle_is_their_mean() -> None:
    now = sampled()
    shares, levels = derive("estimate_shares", now), derive("estimate_levels", now)

    assert isinstance(shares, np.ndarray)
    assert shares.sum() == pytest.approx(1)
    assert shares @ levels == pytest.approx(number("estimate_mean", now), abs=0.4)
    assert number("estimate_one", now) == 2


def test_a_constant_step_is_no_mean_and_the_page_says_so() -> None:
    assert derive("estimate_spread", sampled(averaging="step_size")) == NO_MEAN


@pytest.mark.parametrize(
    ("name", "latest", "config", "expected"),
    [
        # Elapsed 0, 5, 20, 30, 40; the guesses of example 6.1 make totals 30, 40, 35, 40, 43.
        ("td_prediction", ("td_error", "v_next"), {}, [40, 35, 40, 43, 43]),
        ("n_step_td", ("target_error",), {"n": 2}, [35, 40, 43, 43, 43]),
        ("monte_carlo_prediction", ("target_error",), {}, [43] * 5),
        # From the end, half of the next prediction and half of the next target: 43, 43,
        # (40 + 43)/2 = 41.5, (35 + 41.5)/2 = 38.25, (40 + 38.25)/2 = 39.125.
        ("td_lambda", ("td_error", "v_next"), {"lambda_": 0.5}, [39.125, 38.25, 41.5, 43, 43]),
    ],
)
def test_targets_on_the_way_home(
    name: str, latest: tuple[str, ...], config: dict[str, object], expected: list[float]
) -> None:
    now = view(name, "driving_home", [[30, 35, 15, 10, 3, 0]], latest, **config)
    target, gone = derive("expected_target", now), derive("elapsed", now)

    assert isinstance(target, np.ndarray)
    assert isinstance(gone, np.ndarray)
    assert gone.tolist() == pytest.approx([0, 5, 20, 30, 40, 43])
    assert (target + gone)[: len(expected)].tolist() == pytest.approx(expected)


def test_arrows_go_up_to_the_target_and_across_to_where_it_is_read_off() -> None:
    now = view("td_prediction", "driving_home", [[30, 35, 15, 10, 3, 0]], ("td_error", "v_next"))
    up, across = derive("pull_totals", now), derive("source_places", now)

    assert isinstance(up, np.ndarray)
    assert isinstance(across, np.ndarray)
    assert up[:6].tolist() == pytest.approx([30, 40, np.nan, 40, 35, np.nan], nan_ok=True)
    assert across[:6].tolist() == pytest.approx([0, 1, np.nan, 1, 2, np.nan], nan_ok=True)
    assert np.isnan(up[12:]).all()  # the last guess is right, so nothing pulls it


def test_a_world_that_is_no_row_has_no_totals() -> None:
    assert derive("predicted_total", view("td_prediction", "a_split", [[0.0] * 4])) == NOT_A_ROW


def test_where_the_two_gradients_rest() -> None:
    halves = {
        kind: derive("resting_value", view("td_gradient", "a_split", [[0.0] * 4], gradient=kind))
        for kind in ("semi", "full")
    }

    for kind, name in (("semi", "V_true"), ("full", "residual_gradient_solution")):
        np.testing.assert_allclose(halves[kind][:3], list(PUBLIC["P10"][name].values()), atol=1e-9)


def test_the_wrong_values_have_the_smaller_td_error() -> None:
    # At (.5, .75, .25): δ = ±.25 in every step. At (.5, 1, 0): ±.5 in A, 0 after it.
    now = view("td_gradient", "a_split", [[0.5, 0.75, 0.25, 0.0]])

    assert number("squared_error_now", now) == pytest.approx(0.0625)
    assert number("squared_error_truth", now) == pytest.approx(0.125)


def test_a_method_without_a_gradient_has_no_resting_point_here() -> None:
    assert derive("resting_value", view("td_prediction", "a_split", [[0.0] * 4])) == NO_TARGET
