"""Centres and bands over replicas: small numbers by hand, laws, and slow loops as oracles."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rlviz import statistics
from rlviz.statistics import Band

Floats = NDArray[np.float64]
NAN = math.nan
VALUES = st.lists(st.integers(-1000, 1000).map(lambda n: n / 8), min_size=1, max_size=33)


def column(*values: float) -> Floats:
    return np.array(values).reshape(-1, 1)


def plain(band: Band) -> list[float]:
    return [float(edge[0]) for edge in band]


def test_standard_error_by_hand() -> None:
    # Mean 4; squares 4 + 0 + 4 = 8, over 3 − 1 is 4, its root 2; 2/√3 to either side.
    error = 2 / math.sqrt(3)

    assert plain(statistics.standard_error(column(2, 4, 6))) == pytest.approx(
        [4, 4 - error, 4 + error], abs=1e-15
    )


def test_one_value_has_a_mean_and_no_error() -> None:
    band = statistics.standard_error(column(3, NAN))

    np.testing.assert_equal(plain(band), [3, NAN, NAN])


def test_median_and_quartiles_by_hand() -> None:
    # Places 0.75, 1.5 and 2.25 of 10, 20, 30, 40.
    assert plain(statistics.quantile_band(column(40, 10, 30, 20))) == [25.0, 17.5, 32.5]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 1, 2, 3, 4, 5, 6, 100), 3.5),  # two leave at each end: (2 + 3 + 4 + 5)/4
        ((7, 1, 4), 4),  # of three none leaves
        ((-50, 1, 2, 3, 90), 2),  # of five one: (1 + 2 + 3)/3
        ((5, NAN, 1, 2, NAN, 100), 3.5),  # of the four that there are one: (2 + 5)/2
    ],
)
def test_interquartile_mean_by_hand(values: tuple[float, ...], expected: float) -> None:
    assert statistics.iqm(column(*values)).tolist() == [expected]


def test_a_column_without_values_gives_nothing() -> None:
    empty = column(NAN, NAN)
    found = [
        statistics.standard_error(empty),
        statistics.quantile_band(empty),
        statistics.bootstrap_interval(empty, 0),
    ]

    np.testing.assert_equal([plain(band) for band in found], [[NAN] * 3] * 3)


def test_error_of_a_reduced_curve_by_hand() -> None:
    # 64 values of 16 replicas count as 16; 4 values of them as 4; one value has no error.
    n, sd = np.array([64.0, 4.0, 1.0, 0.0]), np.array([2.0, 2.0, 0.0, NAN])
    band = statistics.error_of_curve(np.array([10.0, 10.0, 10.0, NAN]), sd, n, replicas=16)

    np.testing.assert_equal(
        [edge.tolist() for edge in band],
        [[10, 10, 10, NAN], [9.5, 9, NAN, NAN], [10.5, 11, NAN, NAN]],
    )


def test_the_error_of_a_reduced_curve_is_never_too_small() -> None:
    draw = np.random.default_rng(3)
    episodes = draw.normal(size=(16, 1)) + draw.normal(size=(16, 25))  # 25 of each replica
    exact = statistics.standard_error(episodes.mean(1, keepdims=True))
    reduced = statistics.error_of_curve(
        np.array([episodes.mean()]), np.array([episodes.std()]), np.array([400.0]), 16
    )

    assert plain(reduced)[0] == pytest.approx(plain(exact)[0])
    assert plain(reduced)[2] >= plain(exact)[2]


@given(VALUES)
def test_the_interquartile_mean_lies_between_the_quartiles(values: list[float]) -> None:
    _, low, high = plain(statistics.quantile_band(column(*values)))

    assert low - 1e-9 <= statistics.iqm(column(*values))[0] <= high + 1e-9


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_replicas_says_nothing(values: list[float], chance: object) -> None:
    other = list(values)
    chance.shuffle(other)  # type: ignore[attr-defined]  # random.Random
    found = [
        [
            plain(statistics.standard_error(column(*one))),
            plain(statistics.quantile_band(column(*one))),
            plain(statistics.bootstrap_interval(column(*one), 1)),
        ]
        for one in (values, other)
    ]

    np.testing.assert_allclose(found[0], found[1], rtol=1e-12, atol=1e-12)


@given(VALUES, st.integers(-8, 8), st.sampled_from([0.25, 1.0, 4.0]))
def test_bands_move_and_stretch_with_their_values(
    values: list[float], shift: int, scale: float
) -> None:
    one, other = column(*values), column(*(scale * v + shift for v in values))
    bands = (statistics.quantile_band, lambda v: statistics.bootstrap_interval(v, 5))
    moved = [[scale * v + shift for v in plain(band(one))] for band in bands]

    np.testing.assert_allclose([plain(band(other)) for band in bands], moved, rtol=1e-9, atol=1e-9)


@given(VALUES)
def test_the_middle_lies_in_its_band(values: list[float]) -> None:
    for band in (
        statistics.quantile_band(column(*values)),
        statistics.bootstrap_interval(column(*values), 2),
    ):
        centre, low, high = plain(band)
        assert low - 1e-9 <= high + 1e-9
        assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
        assert min(values) - 1e-9 <= centre <= max(values) + 1e-9


@given(VALUES)
def test_quartiles_are_those_of_numpy(values: list[float]) -> None:
    expected = [np.quantile(values, p) for p in (0.5, 0.25, 0.75)]

    assert plain(statistics.quantile_band(column(*values))) == pytest.approx(expected, abs=1e-12)


def test_the_interval_is_that_of_a_loop_over_resamples() -> None:
    """Resamples of replicas, each sorted and cut by hand; the same draws, as ranks."""
    draw = np.random.default_rng(11)
    values = draw.gamma(2.0, size=(13, 3))
    ordered = np.sort(values, axis=0)
    ranks = np.random.Generator(np.random.Philox(key=9)).integers(13, size=(1000, 13))
    means = []
    for chosen in ranks:
        sample = np.sort(ordered[chosen], axis=0)  # a resample of every column, by rank
        means.append(sample[3:-3].mean(axis=0))
    low, high = np.quantile(means, (0.025, 0.975), axis=0)
    band = statistics.bootstrap_interval(values, 9)

    np.testing.assert_allclose(band, (statistics.iqm(values), low, high), rtol=1e-12)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """500 studies of 24 replicas each: the interquartile mean of a normal population is 0."""
    values = np.random.default_rng(5).normal(size=(24, 500))
    _, low, high = statistics.bootstrap_interval(values, 3)
    share = float(((low <= 0) & (high >= 0)).mean())

    assert 0.87 < share < 0.97  # a percentile interval of few replicas is a little narrow


def test_columns_with_gaps_are_those_without_them() -> None:
    gaps = np.array([[1.0, 5.0], [NAN, 6.0], [3.0, NAN], [4.0, 8.0], [9.0, 2.0]])
    filled = [column(1, 3, 4, 9), column(5, 6, 8, 2)]
    each = [statistics.bootstrap_interval(one, 4) for one in filled]
    together = statistics.bootstrap_interval(gaps, 4)

    np.testing.assert_array_equal(together, np.concatenate(each, axis=1))


def test_the_same_seed_gives_the_same_interval_and_another_one_not() -> None:
    values = np.random.default_rng(0).normal(size=(8, 2))
    first, again, other = (statistics.bootstrap_interval(values, seed) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert (first.low != other.low).any()


def test_four_runs_of_32_replicas_and_100_bins_are_resampled_at_once() -> None:
    runs = np.random.default_rng(0).normal(size=(4, 32, 100))
    spent = []
    for _ in range(3):  # the quickest: the machine may be busy with something else
        start = time.process_time()
        for seed, values in enumerate(runs):
            statistics.bootstrap_interval(values, seed)
        spent.append(time.process_time() - start)

    assert min(spent) < 0.3
