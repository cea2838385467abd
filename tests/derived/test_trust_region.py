"""The triangle, the line search and the bound as pictures show them, against what is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rlviz.derived import derive
from rlviz.derived.step_bounds import NO_STEP
from rlviz.derived.trust_region import CORNERS, NO_ROOM, NO_TRIANGLE
from rlviz.exact import policy_gradient as pg
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.public import PUBLIC

P23, P28 = PUBLIC["P23"], PUBLIC["P28"]
EXACT = {"expectation": "exact", "damping": 0.0, "cg_iterations": 3}
OLD = np.array([0.5, 0.3, 0.2])
ARMS = {f"preference_{i}": math.log(p) for i, p in enumerate(OLD, 1)}


def stepped(world: str = "bandit_3", iterations: int = 1, **config: Any) -> Run:
    arms = ARMS if world == "bandit_3" else {}
    run = Run(RunSpec("trpo", world, seed=1, replicas=2, config=EXACT | config, world_config=arms))
    while run.iteration < iterations:
        run.pull()
    return run


def points(name: str, run: Run) -> np.ndarray:
    """Policies, [n, 3], of points in the triangle."""
    x, y = (np.asarray(derive(f"{name}_{axis}", run.view())) for axis in "xy")
    third = y / CORNERS[2, 1]
    second = x - third / 2
    return np.stack([1 - second - third, second, third], 1)


def test_the_green_outline_has_that_divergence_everywhere() -> None:
    found = points("trust_ball", stepped())

    np.testing.assert_allclose(pg.divergence(OLD, found), 0.01, atol=1e-9)


def test_the_dashed_outline_has_that_divergence_in_the_quadratic_model() -> None:
    change = np.log(points("trust_ellipse", stepped())) - np.log(OLD)
    fisher = np.array(P28["Fisher"])

    np.testing.assert_allclose(
        0.5 * np.einsum("na,ab,nb->n", change, fisher, change), 0.01, atol=1e-9
    )


def test_the_star_is_the_best_policy_within() -> None:
    run = stepped()

    np.testing.assert_allclose(
        points("trust_best", run), [P28["exact_max_st_KL_old_new"]], atol=1e-6
    )
    assert derive("trust_best_gain", run.view()) == pytest.approx(P28["gain_old_new"], abs=1e-7)


def test_the_tries_begin_with_the_full_step_and_the_taken_one_is_among_them() -> None:
    run = stepped()
    tried, taken = points("trust_tried", run), points("trust_taken", run)

    np.testing.assert_allclose(tried[0], P28["pi_after_quadratic_step"], atol=1e-9)
    np.testing.assert_allclose(taken, [OLD, tried[1]], atol=1e-9)


def test_the_way_of_the_gradient_ends_at_the_outline() -> None:
    way = points("plain_way", stepped())

    assert pg.divergence(OLD, way[-1]) == pytest.approx(0.01, abs=1e-9)
    assert (np.diff(way @ [1.0, 2.0, 4.0]) > 0).all()


def test_lines_of_equal_return() -> None:
    ends = points("return_line", stepped()).reshape(-1, 3, 3)[:, :2]
    worth = ends @ [1.0, 2.0, 4.0]

    np.testing.assert_allclose(worth[:, 0], worth[:, 1], atol=1e-12)
    np.testing.assert_allclose(worth[:, 0], np.linspace(1, 4, 11)[1:-1], atol=1e-12)


def test_with_exact_averages_the_search_sees_the_truth() -> None:
    run = stepped()

    for name in ("search_kls", "search_gains"):
        np.testing.assert_allclose(
            derive(f"{name}_exact", run.view()), run.recorder.latest[name][0], atol=1e-12
        )


def test_other_worlds_have_no_triangle_and_no_room_is_a_sentence() -> None:
    assert derive("trust_ball_x", stepped("three_state", gamma=0.9).view()) == NO_TRIANGLE
    assert derive("trust_ball_x", stepped(delta=0.0).view()) == NO_ROOM


def test_the_lemma_the_surrogate_and_the_bound() -> None:
    view = stepped("three_state", 2, gamma=0.9, hold=True).view()
    expected = [P23["dJ"], P23["pdl_sum"], P23["surrogate_gain_L"]]

    np.testing.assert_allclose(derive("lemma_bars", view), expected, atol=1e-7)
    assert derive("bound_constant", view) == pytest.approx(P23["C"], abs=1e-4)
    assert derive("bound_whole", view) == pytest.approx(P23["lower_bound_gain"], abs=1e-6)
    # The ledger: at most .047, at 5.4 % of the step, where the gain is .094.
    assert derive("bound_promise", view) == pytest.approx(0.047, abs=5e-4)
    assert derive("bound_part", view) == pytest.approx(0.054, abs=5e-4)
    assert derive("bound_gain", view) == pytest.approx(0.094, abs=5e-4)


def test_the_curves_touch_at_no_step_and_the_bound_is_below() -> None:
    view = stepped("three_state", 1, gamma=0.9, hold=True).view()
    part, gain, surrogate, bound = (
        np.asarray(derive(f"step_near_{what}", view))
        for what in ("part", "gain", "surrogate", "bound")
    )

    assert np.abs([gain[0], surrogate[0], bound[0]]).max() < 1e-12
    assert gain[1] / part[1] == pytest.approx(surrogate[1] / part[1], rel=1e-3)
    assert (bound <= gain + 1e-12).all()
    assert np.asarray(derive("step_whole_gain", view)).shape == (41,)


def test_without_a_second_policy_it_is_the_full_step_that_is_judged() -> None:
    run = Run(RunSpec("trpo", "two_step", seed=1, config={"gamma": 0.5}))
    assert derive("lemma_bars", run.view()) == NO_STEP
    while run.iteration < 1:
        run.pull()
    bars = derive("lemma_bars", run.view())

    assert not isinstance(bars, str | None)
    assert bars[0] == pytest.approx(bars[1], abs=1e-12)


def test_without_a_discount_there_is_no_bound_to_draw() -> None:
    view = stepped("bandit_3").view()

    assert "γ < 1" in str(derive("bound_constant", view))
