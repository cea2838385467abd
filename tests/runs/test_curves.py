"""Curves against all values that went into them."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rlviz.runs.curves import BINS, Curve, Rows, rows_of_event, rows_of_trace
from rlviz.signals import CURVE_COLUMNS

Floats = NDArray[np.float64]
MakeRows = Callable[[Floats], Rows]


def history(seed: int, beats: int, replicas: int, gaps: int) -> tuple[NDArray[np.int64], Floats]:
    """Iterations that never decrease, [m], and small whole values, [m, B]: their sums are exact."""
    rng = np.random.default_rng(seed)
    iterations = np.cumsum(rng.integers(0, gaps + 1, beats))
    return iterations, rng.integers(-100, 101, (beats, replicas)).astype(np.float64)


def masked(values: Floats, seed: int, share: float) -> Floats:
    """The same with NaN in that share of the places."""
    out: Floats = np.where(
        np.random.default_rng(seed + 1).random(values.shape) < share, np.nan, values
    )
    return out


def brute_force(iterations: NDArray[np.int64], values: Floats) -> Floats:
    """The rows of CURVE_COLUMNS from all values, bin by bin."""
    width = 1
    while iterations[-1] >= width * BINS:
        width *= 2
    used = int(iterations[-1]) // width + 1
    out = np.full((len(CURVE_COLUMNS), used), np.nan)
    for i in range(used):
        inside = values[iterations // width == i]
        some, first = inside[~np.isnan(inside)], inside[:, 0][~np.isnan(inside[:, 0])]
        out[:2, i] = i * width, some.size
        if some.size:
            out[2:6, i] = some.mean(), some.std(), some.min(), some.max()
        if first.size:
            out[6, i] = first.mean()
    return out


sizes = {
    "seed": st.integers(0, 2**32 - 1),
    "beats": st.integers(1, 120),
    "replicas": st.sampled_from([1, 2, 3, 33]),
    "gaps": st.sampled_from([0, 1, 3, 30, 400]),
}


@settings(deadline=None, max_examples=80)
@given(**sizes, share=st.sampled_from([0.0, 0.3, 0.9, 1.0]))
def test_a_curve_equals_its_recomputation_from_all_values(
    seed: int, beats: int, replicas: int, gaps: int, share: float
) -> None:
    iterations, values = history(seed, beats, replicas, gaps)
    values = masked(values, seed, share)
    curve = Curve()

    curve.add(iterations, rows_of_event(values))

    # sd comes from Σx² − mean², so a spread of 0 beside a mean of 100 shows as 1e-6.
    np.testing.assert_allclose(curve.columns(), brute_force(iterations, values), 1e-6, 2e-6)


@settings(deadline=None, max_examples=60)
@given(**sizes)
def test_dense_values_are_the_same_as_a_trace_and_as_an_event(
    seed: int, beats: int, replicas: int, gaps: int
) -> None:
    iterations, values = history(seed, beats, replicas, gaps)
    trace, event = Curve(), Curve()

    trace.add(iterations, rows_of_trace(values))
    event.add(iterations, rows_of_event(values))

    assert trace.columns().tobytes() == event.columns().tobytes()


@settings(deadline=None, max_examples=60)
@given(
    **sizes,
    cuts=st.lists(st.integers(0, 120), max_size=6),
    rows=st.sampled_from([rows_of_trace, rows_of_event]),
)
def test_how_often_it_was_flushed_does_not_change_a_bit(
    seed: int, beats: int, replicas: int, gaps: int, cuts: list[int], rows: MakeRows
) -> None:
    # Fractions, whose sums depend on the order in which they are added.
    iterations, values = history(seed, beats, replicas, gaps)
    values = masked(values / 7, seed, 0.3 if rows is rows_of_event else 0.0)
    whole, pieces = Curve(), Curve()

    whole.add(iterations, rows(values))
    ends = sorted({min(cut, beats) for cut in cuts} | {0, beats})
    for start, end in itertools.pairwise(ends):
        pieces.add(iterations[start:end], rows(values[start:end]))

    assert pieces.width == whole.width
    assert {k: v.tobytes() for k, v in pieces.bins.items()} == {
        k: v.tobytes() for k, v in whole.bins.items()
    }


@pytest.mark.parametrize("last", [BINS - 1, BINS, 2 * BINS, 100 * BINS, 10**9])
def test_merging_keeps_count_sum_least_and_greatest(last: int) -> None:
    # One value at every iteration would be long; 1, 2, …, 500 spread evenly up to the last one.
    values = np.arange(1.0, 501.0).reshape(-1, 1)
    iterations = np.linspace(0, last, 500).astype(np.int64)
    curve = Curve()

    curve.add(iterations, rows_of_trace(values))

    n, mean, low, high = (
        curve.columns()[CURVE_COLUMNS.index(c)] for c in ("n", "mean", "min", "max")
    )
    some = n > 0
    # Σ 1 … 500 = 500·501/2 = 125250
    assert n.sum() == 500
    assert (n[some] * mean[some]).sum() == pytest.approx(125250, rel=1e-5)
    assert (low[some].min(), high[some].max()) == (1, 500)
    assert BINS / 2 <= curve.used <= BINS


def test_a_bin_shows_its_numbers() -> None:
    # Bins of one iteration. At 0: replica 0 has 1 and 3, replica 1 has 5 and nothing:
    # n = 3, mean = 9/3 = 3, sd = √((4 + 0 + 4)/3) = √(8/3), least 1, greatest 5, replica 0: 2.
    # At 1 nothing ended. At 2 only replica 1 has a value, 7.
    nan = np.nan
    curve = Curve()

    curve.add(np.array([0, 0, 2]), rows_of_event(np.array([[1, 5], [3, nan], [nan, 7]])))

    expected = [
        [0, 1, 2],  # at
        [3, 0, 1],  # n
        [3, nan, 7],  # mean
        [(8 / 3) ** 0.5, nan, 0],  # sd
        [1, nan, 7],  # min
        [5, nan, 7],  # max
        [2, nan, nan],  # replica 0
    ]
    np.testing.assert_allclose(curve.columns(), expected, rtol=1e-6)


def test_full_bins_merge_in_pairs() -> None:
    # 401 iterations with the values 0, 1, …, 400: bins of two, the first holds 0 and 1.
    curve = Curve()

    curve.add(np.arange(BINS + 1), rows_of_trace(np.arange(BINS + 1.0).reshape(-1, 1)))

    at, n, mean = curve.columns()[:3]
    assert (curve.width, curve.used) == (2, 201)
    assert (at[1], n[1], mean[1]) == (2, 2, 2.5)
    assert (at[-1], n[-1], mean[-1]) == (400, 1, 400)


@settings(deadline=None, max_examples=30)
@given(**sizes, cut=st.integers(0, 120))
def test_a_curve_goes_on_from_its_state(
    seed: int, beats: int, replicas: int, gaps: int, cut: int
) -> None:
    iterations, values = history(seed, beats, replicas, gaps)
    cut = min(cut, beats)
    whole, before, after = Curve(), Curve(), Curve()
    whole.add(iterations, rows_of_trace(values))
    before.add(iterations[:cut], rows_of_trace(values[:cut]))

    after.load_state_dict(before.state_dict())
    after.add(iterations[cut:], rows_of_trace(values[cut:]))

    assert after.columns().tobytes() == whole.columns().tobytes()


def test_an_empty_curve_has_no_bins() -> None:
    assert Curve().columns().shape == (len(CURVE_COLUMNS), 0)


@pytest.mark.parametrize("value", [1e200, np.inf, -np.inf])
@pytest.mark.parametrize("rows", [rows_of_trace, rows_of_event])
def test_divergence_makes_no_noise(value: float, rows: MakeRows) -> None:
    curve = Curve()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for at in (0, 1, 1, BINS):  # the last one merges bins
            curve.add(np.array([at]), rows(np.array([[value, -value]])))

        assert curve.columns()[1].sum() == 8


def test_the_means_of_a_few_bins_together() -> None:
    """Bins of means 1, 3 and nothing, then 5 twice and 8: in two numbers (1 + 3) / 2 and 6."""
    curve = Curve()
    values = np.array([[1.0], [3.0], [np.nan], [5.0], [5.0], [8.0]])
    curve.add(np.arange(6), rows_of_event(values))

    assert curve.means(2) == (2.0, 6.0)
    assert np.isnan(curve.means(6)[2])
    assert Curve().means(2) == ()
