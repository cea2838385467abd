"""The transforms on numbers that can be worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlviz.figures import transforms
from tests.figures.samples import curve

NAN = math.nan
SANE = st.floats(-1e6, 1e6, allow_nan=False)


def test_a_window_weighs_each_bin_by_its_count():
    # Window 3 on 20 bins; around bin 1: 1 value of 0, 3 of 4, 1 of 8 → 20 / 5 = 4.
    means = transforms.columns(curve([0.0, 4.0, 8.0] + [8.0] * 17))
    means["n"][:3] = [1.0, 3.0, 1.0]

    assert transforms.smoothed(means, 3)["mean"][1] == 4.0


def test_merged_sd_has_the_spread_within_and_between_bins():
    # Bins (n=1, mean 0, sd 0) and (n=1, mean 2, sd 0): mean 1, variance (1 + 1) / 2 = 1.
    pair = transforms.columns(curve([0.0, 2.0] + [2.0] * 18, n=1, sd=0))

    assert transforms.smoothed(pair, 3)["sd"][0] == 1.0


def test_an_empty_bin_weighs_nothing_and_gets_its_neighbours_mean():
    holes = transforms.columns(curve([1.0, NAN, 5.0] + [5.0] * 17))

    assert transforms.smoothed(holes, 3)["mean"][1] == 3.0


def test_a_short_curve_is_not_smoothed():
    short = transforms.columns(curve([1.0, 2.0, 9.0]))

    assert transforms.smoothed(short, 25)["mean"] == [1.0, 2.0, 9.0]


@given(st.lists(SANE, min_size=10, max_size=60), st.integers(3, 30))
def test_a_smoothed_mean_stays_within_what_was_measured(means: list[float], window: int):
    smooth = transforms.smoothed(transforms.columns(curve(means)), window)
    low, high = float(np.float32(min(means))), float(np.float32(max(means)))
    slack = 1e-9 * max(1, abs(low), abs(high))

    assert low - slack <= min(smooth["mean"])
    assert max(smooth["mean"]) <= high + slack


def test_the_outline_of_a_band_goes_along_the_top_and_back_along_the_bottom():
    bins = transforms.columns(curve([1.0, NAN, 3.0], sd=0.5))

    assert transforms.band(bins, "x") == [0.0, 2.0, 2.0, 0.0]
    assert transforms.band(bins, "y") == [1.5, 3.5, 2.5, 0.5]


def test_a_band_never_leaves_what_was_measured():
    bins = transforms.columns(curve([1.0], sd=5.0, reach=2.0))

    assert transforms.band(bins, "upper") == [3.0]
    assert transforms.band(bins, "lower") == [-1.0]


@pytest.mark.parametrize(("p", "expected"), [(0, 1.0), (0.5, 3.0), (1, 9.0), (0.25, 2.0)])
def test_quantiles_lie_linearly_between_sorted_values(p: float, expected: float):
    # Sorted 1, 2, 4, 9: the middle is between 2 and 4; a quarter is .75 of the way from 1 to 2.
    values = [9.0, 1.0, 4.0, 2.0] if p != 0.25 else [1.0, 2.0, 3.0, 4.0, 5.0]

    assert transforms.quantile(values, p) == expected


def test_a_symmetric_range_ignores_the_outermost_values():
    values = [*[-1.0] * 50, *[2.0] * 50, 1000.0]

    assert transforms.symmetric_range(values) == [-2.0, 2.0]


def test_a_symmetric_range_of_zeros_is_still_a_range():
    assert transforms.symmetric_range([0.0, 0.0]) == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("numbers", "options", "expected"),
    [
        # Width 37 → steps of 5 (the first of 1, 2, 5 … not below 3.7).
        ([-50.0, -13.0], {}, (-50, -10)),
        ([0.0, 3.0, 7.2], {"include": [0.0]}, (0, 8)),
        ([0.0, 4812.0], {"exact": True}, (0, 4812)),
        ([5.0, 5.0], {"exact": True}, (5, 10)),
        ([0.3, 30.0], {"log": True}, (-0.69897, 1.69897)),  # .2 and 50
        ([2.0], {"log": True}, (0.30103, 1.30103)),  # 2 and 20
    ],
)
def test_axes_end_on_round_numbers(numbers: list[float], options: dict, expected: tuple):
    span = transforms.axis_span(numbers, options)

    assert (span["minallowed"], span["maxallowed"]) == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_an_axis_of_any_numbers_is_found_and_holds_them(numbers: list[float]):
    span = transforms.axis_span(numbers, {})
    last_bit = 1e-15 * max(map(abs, numbers))

    assert span["minallowed"] - last_bit <= min(numbers) <= max(numbers)
    assert max(numbers) <= span["maxallowed"] + last_bit
    assert span["minallowed"] < span["maxallowed"]


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (-13.0, 1, "−13.0"),
        (-26.25, 1, "−26.3"),  # an exact tie: away from zero, as in JavaScript
        (2.5, 0, "3"),
        (-0.04, 1, "0.0"),
        (1e30, 2, "1e15+"),
    ],
)
def test_numbers_have_a_fixed_number_of_digits(value: float, digits: int, expected: str):
    assert transforms.fixed(value, digits) == expected


def test_a_template_takes_numbers_and_words():
    values = {"who": "SARSA", "k": 25600, "g": -1}
    filled = transforms.filled("{who}: {k:,d} steps, {g:.2f}", values)

    assert filled == "SARSA: 25,600 steps, −1.00"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, ".5"),
        (-0.05, "−.05"),
        (1.0, "1"),
        (100, "100"),
        (0.0001, ".0001"),
        (0, "0"),
        (True, "true"),
        ([0.1, 0.2], "…"),
        ({"schedule": "linear", "start": 1.0, "end": 0.1, "over": 9}, "1….1"),
    ],
)
def test_a_knobs_value_is_written_short(value: object, expected: str):
    assert transforms.short(value) == expected


def test_chinese_letters_are_as_wide_as_they_are_high():
    assert transforms.text_width("最优<br>a", 10) == 20
