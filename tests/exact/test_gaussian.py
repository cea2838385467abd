"""A Gaussian policy: closed forms, finite differences, and samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlviz.errors import BadValue
from rlviz.exact import gaussian

MEANS, WIDTHS = st.floats(-3, 3), st.floats(0.05, 3)


def quadratic(x: np.ndarray) -> np.ndarray:
    return 2 - 3 * x + 0.5 * x**2


def hill(x: np.ndarray) -> np.ndarray:
    return np.exp(-((x - 1) ** 2)) + 0.3 * np.sin(x)


@given(MEANS, WIDTHS)
def test_a_quadratic_reward_has_closed_forms(mean: float, std: float) -> None:
    # J = a + bμ + c(μ² + σ²); ∂J/∂μ = b + 2cμ; ∂J/∂ln σ = 2cσ²
    j = gaussian.objective(quadratic, mean, std)

    assert j == pytest.approx(2 - 3 * mean + 0.5 * (mean**2 + std**2), abs=1e-9)
    assert gaussian.gradient(quadratic, mean, std) == pytest.approx(
        [-3 + mean, std**2], rel=1e-6, abs=1e-9
    )


@given(MEANS, st.floats(0.2, 1.5))
def test_the_gradient_equals_finite_differences(mean: float, std: float) -> None:
    h = 1e-5

    def j(m: float, log_std: float) -> float:
        return gaussian.objective(hill, m, float(np.exp(log_std)))

    log = float(np.log(std))
    expected = [
        (j(mean + h, log) - j(mean - h, log)) / (2 * h),
        (j(mean, log + h) - j(mean, log - h)) / (2 * h),
    ]
    assert gaussian.gradient(hill, mean, std) == pytest.approx(expected, abs=1e-6)


def test_a_hill_in_closed_form() -> None:
    # E[exp(−(x − 1)²)] = exp(−(μ − 1)²/(1 + 2σ²))/√(1 + 2σ²)
    got = gaussian.objective(lambda x: np.exp(-((x - 1) ** 2)), 0.4, 0.7)

    assert got == pytest.approx(np.exp(-(0.6**2) / 1.98) / 1.98**0.5, abs=1e-9)


def test_few_nodes_are_exact_for_a_polynomial() -> None:
    assert gaussian.objective(lambda x: x**4, 0.0, 2.0, nodes=3) == pytest.approx(48.0)


@given(MEANS, WIDTHS, MEANS, WIDTHS)
def test_the_divergence_is_the_mean_of_the_log_ratio(
    m: float, s: float, mean: float, std: float
) -> None:
    def log_ratio(x: np.ndarray) -> np.ndarray:
        return (x - mean) ** 2 / (2 * std**2) - (x - m) ** 2 / (2 * s**2) + np.log(std / s)

    expected = gaussian.objective(log_ratio, m, s)
    assert gaussian.divergence(m, s, mean, std) == pytest.approx(expected, rel=1e-8, abs=1e-9)


def test_the_divergence_by_hand() -> None:
    # ln 2 + (1 + 1)/8 − ½ and, the other way round, −ln 2 + (4 + 1)/2 − ½
    assert gaussian.divergence(0.0, 1.0, 1.0, 2.0) == pytest.approx(np.log(2) - 0.25)
    assert gaussian.divergence(1.0, 2.0, 0.0, 1.0) == pytest.approx(2 - np.log(2))


@pytest.mark.parametrize("std", [0.0, -1.0, float("nan")])
def test_a_policy_without_width_is_refused(std: float) -> None:
    with pytest.raises(BadValue, match="std > 0"):
        gaussian.objective(hill, 0.0, std)
    with pytest.raises(BadValue, match="std > 0"):
        gaussian.divergence(0.0, 1.0, 0.0, std)
