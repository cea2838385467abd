"""Estimates beside the exact gradient: on a triangle, over one number, and what they weigh."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from rlviz.derived import DERIVED, choices, derive, gradients, triangle
from rlviz.exact import policy_gradient as pg
from rlviz.exact import single_choice
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.public import PUBLIC

HELD = {"hold": True}
THREE = ("bandit_3", HELD | {"episodes": 1})


def run_of(world: str, config: dict[str, Any], iterations: int = 1, **changes: Any) -> Run:
    run = Run(RunSpec("reinforce", world, config, **{"seed": 4, "replicas": 64, **changes}))
    run.advance(time.perf_counter() + 60, iterations)
    return run


def shown(name: str, run: Run) -> Any:
    return derive(name, run.view())


def turned(gradient: np.ndarray) -> np.ndarray:
    """That gradient along and across the exact one of the first policy of three arms."""
    exact = np.array(PUBLIC["P20"]["grad"])
    length = np.linalg.norm(exact)
    ahead = exact / length
    aside = np.cross(np.ones(3) / 3**0.5, ahead)
    return np.array([gradient @ ahead, gradient @ aside]) / length


def test_what_came_before_the_step_is_the_first_policy() -> None:
    run = run_of("bandit_3", {"alpha_theta": 0.5, "episodes": 2}, replicas=3)
    first = [[[0.2, -0.1, 0.4]]] * 3

    assert np.abs(run.state.actor["theta"].numpy() - first).max() > 0.1
    np.testing.assert_allclose(gradients.before(run.view()), first, rtol=0, atol=1e-12)


def test_single_episodes_know_three_arrows_only() -> None:
    run = run_of(*THREE)
    pi, pays = np.array(PUBLIC["P20"]["pi"]), np.array([1.0, 2.0, 4.0])
    expected = [turned(pays[a] * (np.eye(3)[a] - pi)) for a in range(3)]
    found = np.stack([shown("cloud_along", run), shown("cloud_across", run)], 1)

    np.testing.assert_allclose(found, sorted(map(tuple, expected)), atol=1e-8)
    assert shown("cloud_counts", run).sum() == 64
    assert shown("cloud_length", run) == pytest.approx(np.linalg.norm(PUBLIC["P20"]["grad"]))


def test_the_middle_of_many_estimates_is_the_tip_of_the_exact_arrow() -> None:
    run = run_of("bandit_3", HELD | {"episodes": 256})
    exact = shown("estimate_variances_exact", run)[0]
    error = (exact / 64) ** 0.5 / shown("cloud_length", run)  # of the mean, in its lengths

    assert np.linalg.norm(shown("cloud_middle", run) - [1, 0]) < 4 * error
    assert shown("estimate_variances", run)[0] == pytest.approx(exact, rel=0.5)


def test_estimates_of_learning_replicas_are_measured_by_their_own_gradients() -> None:
    run = run_of("bandit_3", {"alpha_theta": 0.3, "episodes": 256}, 6)

    assert shown("cloud_distance", run) < 0.3
    assert np.ptp(gradients.before(run.view())[:, 0, 0]) > 0.01


def test_elsewhere_across_is_a_length() -> None:
    run = run_of("grid_4x4", HELD | {"episodes": 4}, replicas=8)

    assert (shown("cloud_across", run) >= 0).all()


def test_a_policy_that_cannot_get_better_has_no_direction() -> None:
    alike = {"reward_1": 1.0, "reward_2": 1.0, "reward_3": 1.0}

    assert shown("cloud_along", run_of(*THREE, world_config=alike)) == gradients.NO_GRADIENT


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        # 35680.98 and 12469.29 of one episode with each weighting, 5668.78 less V(s), and so on
        ({"weighting": "whole", "episodes": 1}, 35680.97668986),
        ({"weighting": "to_go", "episodes": 1}, 12469.28693696),
        ({"weighting": "to_go", "episodes": 4}, 12469.28693696 / 4),
        ({"weighting": "to_go", "episodes": 1, "baseline": "exact_value"}, 5668.77594795),
    ],
)
def test_the_variance_on_the_grid(config: dict[str, Any], expected: float) -> None:
    run = run_of("grid_4x4", HELD | config, replicas=2)

    assert shown("estimate_variances_exact", run) == pytest.approx(expected, rel=1e-9)


def test_where_the_variance_is_another_one_a_sentence_says_why() -> None:
    learned = run_of("two_step", HELD | {"baseline": "learned"})
    printed = run_of("two_step", HELD | {"gamma": 0.5, "discounting": False})
    more = run_of("two_step", HELD | {"entropy_bonus": 0.1})

    assert shown("estimate_variances_exact", more) == gradients.BONUS
    assert shown("estimate_variances_exact", learned) == gradients.NOT_FIXED
    assert shown("estimate_variances_exact", printed) == gradients.NO_WEIGHT


def test_two_weights_teach_nothing() -> None:
    run, case = run_of(*THREE), PUBLIC["P20"]

    np.testing.assert_allclose(shown("weighed_return", run), case["grad"], rtol=1e-9)
    np.testing.assert_allclose(shown("weighed_less_action", run), [0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(shown("weighed_state", run), [0, 0, 0], atol=1e-12)


def test_the_surrogate_is_not_the_return() -> None:
    even = {"reward_1": 1.0, "reward_2": 0.0, "first_probability": 0.5}
    run, case = run_of("bandit_2", HELD, world_config=even), PUBLIC["P22"]
    now = list(gradients.SHIFTS).index(0.0)
    frozen, moving = shown("shift_frozen", run), shown("shift_moving", run)

    assert shown("shift_return", run)[now] == pytest.approx(case["J"])
    assert frozen[now] == pytest.approx(case["surrogate_value"])
    assert moving[now] == pytest.approx(case["surrogate_value"])
    # Along both preferences at once a slope is √2 times that in one of them.
    names = ("grad_J", "grad_surrogate_sampling_frozen", "grad_surrogate_full")
    expected = [2**0.5 * case[name] for name in names]
    assert shown("shift_slopes", run) == pytest.approx(expected)
    step = gradients.SHIFTS[now + 1] - gradients.SHIFTS[now - 1]
    curves = [shown("shift_return", run), frozen, moving]
    slopes = [(curve[now + 1] - curve[now - 1]) / step for curve in curves]
    assert slopes == pytest.approx(expected, abs=2e-3)


def test_tangents_have_those_slopes() -> None:
    run = run_of(*THREE)
    x, y = (shown(f"tangent_{n}", run).reshape(3, 3)[:, :2] for n in ("steps", "values"))

    np.testing.assert_allclose(
        (y[:, 1] - y[:, 0]) / (x[:, 1] - x[:, 0]), shown("shift_slopes", run)
    )


def test_an_action_answers_for_what_follows_and_for_all_with_the_whole_return() -> None:
    none = np.nan
    go = run_of("two_step", {"gamma": 0.5})
    whole = run_of("two_step", {"gamma": 0.5, "weighting": "whole"})

    expected = [[1.0, 0.5, none], [-1.0, 1.0, none], [none] * 3]  # γ^0, γ^1; past, γ^0
    np.testing.assert_array_equal(shown("answer_matrix", go)[:3, :3], expected)
    np.testing.assert_array_equal(shown("answer_matrix", whole)[:2, :2], [[1.0, 0.5]] * 2)
    np.testing.assert_array_equal(shown("answer_times", go)[:4], [1, 2, 2, none])
    np.testing.assert_array_equal(shown("answer_actions", go)[:4], [0, 0, 1, none])


def test_what_an_action_answers_for_adds_up_to_its_return() -> None:
    run = run_of("key_door", {"gamma": 0.9, "episodes": 1}, world_config={"delay": 4})
    weight, reward = shown("answer_matrix", run), run.view().first("trajectory_reward")[:6]
    counted = np.where(weight > 0, weight, 0.0)[: len(reward), : len(reward)] @ reward

    np.testing.assert_allclose(counted, shown("answer_returns", run)[: len(reward)], rtol=1e-12)


def test_the_lines_of_equal_return_join_two_sides() -> None:
    run = run_of(*THREE)
    x, y = shown("level_across", run).reshape(-1, 3), shown("level_up", run).reshape(-1, 3)
    values = shown("level_values", run).reshape(-1, 3)
    third = y[:, :2]
    second = x[:, :2] - third / 2
    first = 1 - second - third

    np.testing.assert_allclose(first + 2 * second + 4 * third, values[:, :2], rtol=1e-12)
    on_a_side = np.minimum(np.minimum(first, second), third)
    np.testing.assert_allclose(on_a_side, 0.0, atol=1e-12)


def test_the_exact_ascent_only_rises_and_ends_at_the_best_arm() -> None:
    run = run_of(*THREE)
    third = shown("ascent_up", run)
    second = shown("ascent_across", run) - third / 2
    worth = (1 - second - third) + 2 * second + 4 * third

    assert (np.diff(worth) > 0).all()
    assert worth[0] == pytest.approx(PUBLIC["P20"]["V"])
    assert worth[-1] > 3.9


def test_scores_end_to_end_come_back_and_with_their_pay_end_at_the_gradient() -> None:
    run = run_of(*THREE)
    end = triangle.place(np.array(PUBLIC["P20"]["grad"]))

    assert shown("chain_end", run) == pytest.approx(0.0, abs=1e-12)
    paid = [shown("paid_across", run)[-1], shown("paid_up", run)[-1]]
    np.testing.assert_allclose(paid, end, rtol=1e-9)


def test_an_arrow_is_how_the_policy_itself_moves() -> None:
    run = run_of(*THREE)
    pi, g = np.array(PUBLIC["P20"]["pi"]), np.array(PUBLIC["P20"]["grad"])
    far = 1e-6
    moved = (pg.softmax(np.log(pi) + far * g) - pi) / far
    found = shown("step_up", run)

    assert found[0] == pytest.approx(pi[2])
    assert (found[1] - found[0]) / triangle._ARROW == pytest.approx(moved[2], rel=1e-4)


@pytest.mark.parametrize("world", ["two_step", "gaussian_bandit"])
def test_other_worlds_have_no_triangle(world: str) -> None:
    assert shown("policies_up", run_of(world, HELD)) == triangle.NO_TRIANGLE


def test_without_its_weight_the_mean_of_the_estimates_is_the_printed_one() -> None:
    case, config = PUBLIC["P21"], HELD | {"gamma": 0.5, "episodes": 64}
    right = run_of("two_step", config)
    printed = run_of("two_step", config | {"discounting": False})

    for run, expected in (
        (right, case["true_grad"]),
        (printed, case["printed_formula_grad"]),
    ):
        assert shown("slope_expected_now", run) == pytest.approx(expected)
        assert abs(shown("slope_now", run) - expected) < shown("slope_spread", run)
        assert shown("slope_true_now", run) == pytest.approx(case["true_grad"])
        assert shown("slope_printed_now", run) == pytest.approx(case["printed_formula_grad"])
    assert shown("choice_worth", right) == pytest.approx([case["J"]] * 64)


@pytest.mark.parametrize("moved", [{"baseline": "batch_mean"}, {"entropy_bonus": 0.1}])
def test_what_moves_the_mean_is_said(moved: dict[str, Any]) -> None:
    assert shown("slope_expected_now", run_of("two_step", HELD | moved)) == choices.MOVED


def test_a_whole_return_has_the_weight_inside() -> None:
    config = HELD | {"gamma": 0.5, "weighting": "whole", "discounting": False}
    found = shown("slope_expected_now", run_of("two_step", config))

    assert found == pytest.approx(PUBLIC["P21"]["true_grad"])


def test_the_slope_turns_round_between_the_discounts_of_the_picture() -> None:
    run = run_of("two_step", HELD | {"gamma": 0.5})
    below = choices.DISCOUNTS < 2 / 3

    assert ((shown("slope_true", run) > 0) == below).all()
    np.testing.assert_allclose(shown("slope_printed", run), -0.125, rtol=1e-12)


def test_the_best_of_the_corridor_is_found() -> None:
    run, case = run_of("short_corridor", HELD | {"episodes": 1}, replicas=2), PUBLIC["P08"]

    assert shown("choice_best", run) == pytest.approx(case["p_star"], abs=1e-5)
    assert shown("choice_best_worth", run) == pytest.approx(case["J_star"], rel=1e-9)
    assert shown("choice_worth", run) == pytest.approx([case["J_p05"]] * 2, rel=1e-9)


def test_a_discount_of_one_is_left_out_where_the_policy_may_never_arrive() -> None:
    run = run_of("short_corridor", HELD | {"episodes": 1}, replicas=2)
    run.state.actor["theta"][:, 0] = run.state.actor["theta"].new_tensor([800.0, 0.0])
    found = shown("slope_true", run)

    assert np.isfinite(found[:-1]).all()
    assert np.isnan(found[-1])


def test_the_key_answers_for_the_door_or_for_nothing() -> None:
    run = run_of("key_door", HELD)

    assert shown("answer_slopes", run).tolist() == [0.0] * 6 + [-0.25] * 14
    assert shown("answer_true", run).tolist() == [-0.25] * 20


def test_one_replica_has_no_spread() -> None:
    assert shown("slope_spread", run_of("two_step", HELD, replicas=1)) == choices.ONE_EACH


def test_a_grid_is_more_than_one_number() -> None:
    run = run_of("grid_4x4", HELD | {"episodes": 1}, replicas=2)

    assert shown("choice_now", run) == single_choice.MORE_CHOICES


def test_nothing_is_shown_before_the_first_estimate() -> None:
    run = Run(RunSpec("reinforce", "bandit_3"))
    mine = {**triangle.DERIVED, **choices.DERIVED, **gradients.DERIVED}
    waiting = {name for name, (needs, _) in mine.items() if "gradient_estimate" in needs}

    assert waiting <= set(DERIVED)
    assert {shown(name, run) for name in waiting} == {None}
