"""Schedules: the formula, the ends, and the two ways in which they are written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadValue
from rlviz.schedules import Schedule, from_json, from_text, to_json

SHAPES = st.sampled_from(["constant", "linear", "exponential"])
positive = st.floats(1e-4, 1.0)
schedules = st.builds(Schedule, SHAPES, positive, positive, st.integers(1, 10**9))


@pytest.mark.parametrize(
    ("schedule", "iteration", "expected"),
    [
        # linear: 1 + (0 − 1)·5/20 = .75
        (Schedule("linear", 1.0, 0.0, 20), 5, 0.75),
        # exponential: 8·(2/8)^(10/20) = 8·√¼ = 4
        (Schedule("exponential", 8.0, 2.0, 20), 10, 4.0),
        # both of one sign, below 0: −8·(−2/−8)^(1/2) = −4
        (Schedule("exponential", -8.0, -2.0, 20), 10, -4.0),
        (Schedule("constant", 0.5, 0.1, 20), 10, 0.5),
        (Schedule("constant", 0.5, 0.1, 20), 99, 0.5),
    ],
)
def test_a_schedule_moves_as_its_formula_says(
    schedule: Schedule, iteration: int, expected: float
) -> None:
    assert schedule.at(iteration) == expected


@settings(deadline=None, max_examples=200)
@given(schedules, st.integers(0, 10**9))
def test_a_schedule_is_exact_at_its_ends_and_afterwards(schedule: Schedule, later: int) -> None:
    last = schedule.start if schedule.shape == "constant" else schedule.end

    assert schedule.at(0) == schedule.start
    assert schedule.at(schedule.over) == schedule.at(schedule.over + later) == last


@settings(deadline=None, max_examples=200)
@given(schedules, st.integers(0, 10**9))
def test_a_schedule_stays_between_its_ends(schedule: Schedule, iteration: int) -> None:
    low, high = sorted((schedule.start, schedule.end))
    slack = 1e-15 * high

    assert low - slack <= schedule.at(iteration) <= high + slack


@settings(deadline=None, max_examples=100)
@given(schedules)
def test_a_schedule_survives_json(schedule: Schedule) -> None:
    assert from_json("alpha", to_json(schedule)) == schedule


@settings(deadline=None, max_examples=100)
@given(schedules)
def test_a_schedule_is_read_as_it_is_written(schedule: Schedule) -> None:
    shape, _, arguments = str(schedule).rstrip(")").partition("(")

    assert from_text("alpha", shape, arguments) == schedule


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule("linear", 0.5, 0.01, 20_000), "linear(0.5,0.01,20000)"),
        (Schedule("exponential", 1.0, 1e-4, 10**9), "exponential(1,0.0001,1000000000)"),
    ],
)
def test_a_schedule_is_written_shortly(schedule: Schedule, expected: str) -> None:
    assert str(schedule) == expected


@pytest.mark.parametrize("over", ["", "2.5", "nan", "inf", "ten", None, [], True, 10**400])
def test_over_must_be_a_whole_number(over: object) -> None:
    with pytest.raises(BadValue, match="a whole number over"):
        from_json("alpha", {"schedule": "linear", "start": 1, "end": 0, "over": over})
