"""The trial of every baseline: published cases, enumeration, and many-step worlds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rlviz import registry
from rlviz.errors import BadValue
from rlviz.exact import gradient_baselines as gb
from rlviz.exact.baseline_court import batch_mean, case, is_one_step
from rlviz.worlds.tabular import TabularWorld
from tests.public import PUBLIC


def world(name: str, **config: object) -> TabularWorld:
    module = registry.world(name)
    return module.make(module.Config(**config))


def first(made: TabularWorld) -> np.ndarray:
    return np.asarray(made.statics["first_preference"])


def test_v_stands_64_times_higher_than_no_baseline() -> None:
    # Arm 1 pays 1 and has 0.9. Two preferences have twice the variance of one logit.
    expected = {b: 2 * PUBLIC["P19"]["variance"][f"b={b}"] for b in (0.0, 0.9, 0.1)}
    made = world("bandit_2")
    found = case(made, first(made), 1.0, np.array([0.0, 0.9, 0.1]), episodes=1)

    assert found.tried.tolist() == pytest.approx(list(expected.values()), abs=1e-12)
    assert found.none == pytest.approx(expected[0.0], abs=1e-12)
    assert found.exact_value / found.none == pytest.approx(PUBLIC["P19"]["ratio_V_over_none"])
    assert found.optimal == pytest.approx(expected[0.1], abs=1e-12)
    assert (found.v, found.b) == pytest.approx((PUBLIC["P19"]["V"], PUBLIC["P19"]["b_star"]))
    assert found.gradient[0, 0] == pytest.approx(PUBLIC["P19"]["grad"])


def test_as_much_more_on_every_reward_moves_only_the_estimates_without_a_baseline() -> None:
    low, high = (world("bandit_2", reward_1=1.0 + c, reward_2=c) for c in (0.0, 20.0))
    before, after = (case(w, first(w), 1.0, np.array([]), episodes=1) for w in (low, high))

    np.testing.assert_allclose(after.gradient, before.gradient, atol=1e-12)
    assert after.exact_value == pytest.approx(before.exact_value, abs=1e-9)
    assert after.optimal == pytest.approx(before.optimal, abs=1e-9)
    # 0.9·0.02·21² + 0.1·1.62·20² − 2·0.09² = 7.938 + 64.8 − 0.0162
    assert after.none == pytest.approx(72.7218)


def test_with_q_as_the_baseline_only_noise_is_left() -> None:
    made = world("bandit_2", reward_noise=1.0)
    found = case(made, first(made), 1.0, np.array([]), episodes=1)

    # 0.9·0.02 + 0.1·1.62 = 0.18
    assert found.action_value == pytest.approx(0.18)
    assert found.optimal == pytest.approx(0.18)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_batch_mean_equals_the_sum_over_all_batches(n: int) -> None:
    p, q, sd = np.array([0.2, 0.3, 0.5]), np.array([1.0, 4.0, -2.0]), np.array([0.5, 0.0, 1.0])
    one = [(p[a] / 2, np.eye(3)[a] - p, q[a] + sign * sd[a]) for a in range(3) for sign in (-1, 1)]
    mean, square = np.zeros(3), 0.0
    for batch in itertools.product(one, repeat=n):
        chance = np.prod([c for c, _, _ in batch])
        paid = np.array([g for _, _, g in batch])
        estimate = (np.array([s for _, s, _ in batch]) * (paid - paid.mean())[:, None]).mean(0)
        mean, square = mean + chance * estimate, square + chance * float(estimate @ estimate)
    found = batch_mean(p, q, n, sd)

    np.testing.assert_allclose(found.mean, mean, atol=1e-12)
    np.testing.assert_allclose(mean, (n - 1) / n * gb.estimator_mean(p, q, 0.0), atol=1e-12)
    assert found.variance == pytest.approx(square - float(mean @ mean), abs=1e-12)


def test_a_batch_of_none_is_a_sentence() -> None:
    with pytest.raises(BadValue, match="n >= 1"):
        batch_mean(np.array([1.0]), np.array([1.0]), 0)


@pytest.mark.parametrize("whole", [False, True])
def test_in_many_steps_a_number_moves_the_variance_along_a_parabola(whole: bool) -> None:
    made = world("short_corridor", first_probability=0.4)
    method = gb.whole_return if whole else gb.reward_to_go
    tried = np.array([-7.0, 0.0, 3.0])
    found = case(made, first(made), 1.0, tried, episodes=2, whole=whole)
    expected = [
        method(made, first(made), 1.0, np.full(4, b), made.observed).variance for b in tried
    ]

    assert not is_one_step(made)
    assert found.tried.tolist() == pytest.approx(expected)
    assert found.none == pytest.approx(expected[1])
    assert np.isnan([found.batch_mean, found.action_value]).all()


@pytest.mark.parametrize(
    ("name", "config", "none", "value", "best"),
    [
        ("bandit_2", {"first_probability": 0.5}, 0.125, 0.0, 0.0),
        ("bandit_2", {"reward_noise": 1.0}, 0.1818, 0.2952, 0.18),
        ("bandit_3", {}, 3.860, 0.388, 0.368),
        ("bandit_3", {"reward_1": 21.0, "reward_2": 22.0, "reward_3": 24.0}, 325.679, 0.388, 0.368),
    ],
)
def test_what_the_lesson_says_of_its_presets(
    name: str, config: dict[str, float], none: float, value: float, best: float
) -> None:
    made = world(name, **config)
    found = case(made, first(made), 1.0, np.array([]), episodes=1)

    assert [found.none, found.exact_value, found.optimal] == pytest.approx(
        [none, value, best], abs=5e-4
    )
