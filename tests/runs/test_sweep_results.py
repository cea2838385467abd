"""What a sweep has found, by hand: numbers, standard errors, the best and what is no different."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlviz import registry
from rlviz.errors import UnknownName
from rlviz.runs import codec, sweep_results
from rlviz.runs.each import BINS, Each
from rlviz.runs.spec import RunSpec
from rlviz.runs.sweep import NOWHERE, Axis, Lost, Part, Plan, Sweep
from rlviz.runs.sweep_results import Measured, Metric, Result, metric

RETURN, WHOLE = metric("episode_return.last_quarter"), metric("episode_return.whole")
END = metric("truth_distance.end")
SPEC = RunSpec("q_learning", "room")
PLAN = Plan(SPEC, (Axis("alpha", (0.1, 0.2, 0.5)),), repeats=2, iterations=BINS)


def frame(name: str, values: list[list[float]]) -> bytes:
    """Of one value for each replica and iteration; the limit is BINS."""
    each = Each(BINS, len(values[0]))
    each.add(np.arange(len(values)), np.array(values))
    return codec.encode({}, dict(each.shown(name)))


def test_a_quarter_is_the_last_ten_of_forty_bins() -> None:
    # Replica 0 has 1 for thirty iterations and 5 after, replica 1 has nothing, replica 2 stops.
    rows = [[1.0 if i < 30 else 5.0, math.nan, 2.0 if i < 30 else math.nan] for i in range(BINS)]
    blob = frame("episode_return", rows)
    found = sweep_results.measured(blob, (0, 0, 1), RETURN)
    whole = sweep_results.measured(blob, (0, 0, 1), WHOLE)

    np.testing.assert_array_equal(found.each, [5.0, math.nan, math.nan])
    np.testing.assert_array_equal(whole.each, [2.0, math.nan, 2.0])  # (30·1 + 10·5) / 40
    assert found.curves[0] == (1.0,) * 30 + (5.0,) * 10
    assert found.curves[1][:30] == (2.0,) * 30
    assert all(math.isnan(v) for v in found.curves[1][30:])


def test_the_end_is_the_last_value_of_each_replica() -> None:
    blob = frame("truth_distance", [[3.0, 9.0], [2.0, math.nan], [1.0, math.nan]])

    np.testing.assert_array_equal(sweep_results.measured(blob, (0, 1), END).each, [1.0, 9.0])


def test_bins_weigh_their_values_and_replicas_weigh_the_same() -> None:
    each = Each(BINS * 2, 2)  # two iterations a bin
    each.add(np.array([0, 1, 2]), np.array([[1.0, 4.0], [3.0, math.nan], [5.0, math.nan]]))
    blob = codec.encode({}, dict(each.shown("episode_return")))
    found = sweep_results.measured(blob, (0, 0), WHOLE)

    np.testing.assert_array_equal(found.each, [3.0, 4.0])
    assert found.curves[0][:2] == ((1 + 3 + 4) / 3, 5.0)


def test_a_run_without_the_signal_has_no_number() -> None:
    found = sweep_results.measured(codec.encode({}, {}), (0, 0), END)

    assert np.isnan(found.each).all()
    assert found.curves == {}


def test_one_result_for_each_point() -> None:
    curve = (1.0,) * BINS
    sweep = Sweep(
        "s", PLAN, 0.0, ("a",), (True,), sentences=("",), at=(BINS,), lost=(Lost(2, 7, "v", 1),)
    )
    part = Part(SPEC, (0, 0, 1, 1, NOWHERE, NOWHERE), 0)
    run = Measured(np.array([1.0, 3.0, 4.0, math.nan, 9.0, 9.0]), {0: curve, 1: curve})

    first, second, third = sweep_results.results(sweep, (part,), (run,))

    assert first == Result("measured", 2.0, 1.0, 2, curve)  # sd √2 over √2
    assert (second.state, second.mean, second.n, second.curve) == ("measured", 4.0, 1, curve)
    assert math.isnan(second.error)  # of one replica nothing can be said
    assert (third.state, third.n) == ("diverged", 0)


@pytest.mark.parametrize(
    ("done", "run", "cancelled", "sentence", "state"),
    [
        (False, "", False, "", "waiting"),
        (False, "a", False, "", "running"),
        (True, "a", False, "", "empty"),
        (False, "", True, "", "cancelled"),
        (True, "a", False, "It broke.", "failed"),
    ],
)
def test_a_point_without_a_number_says_why(
    done: bool, run: str, cancelled: bool, sentence: str, state: str
) -> None:
    sweep = Sweep("s", PLAN, 0.0, (run,), (done,), cancelled, (sentence,), at=(0,))
    part = Part(SPEC, (0, 0, 1, 1, 2, 2), 0)

    found = sweep_results.results(sweep, (part,), (None,))

    assert [(one.state, one.n) for one in found] == [(state, 0)] * 3


def test_what_is_too_large_for_a_frame_was_on_its_way_out() -> None:
    sweep = Sweep("s", PLAN, 0.0, ("a",), (True,), sentences=("",), at=(BINS,))
    run = Measured(np.array([1.0, 1.0, math.inf, 2.0, 3.0, 3.0]), {})

    found = sweep_results.results(sweep, (Part(SPEC, (0, 0, 1, 1, 2, 2), 0),), (run,))

    assert [one.state for one in found] == ["measured", "diverged", "measured"]


def result(mean: float, error: float = math.nan) -> Result:
    return Result("measured", mean, error, 2)


def test_the_best_and_what_can_not_be_told_from_it() -> None:
    found = [result(1.0, 0.1), Result("diverged"), result(2.0, 0.3), result(1.6, 0.2), result(1.9)]

    assert sweep_results.best(found, RETURN) == 2
    assert sweep_results.best(found, END) == 0
    assert sweep_results.alike(found, 2) == [3]  # 2.0 − 0.3 <= 1.6 + 0.2; 4 has no error
    assert sweep_results.alike(found, 0) == []
    assert sweep_results.best([Result("waiting")], RETURN) is None


def test_colours_and_heights_are_not_ruled_by_the_worst() -> None:
    found = [result(-1000.0), result(-10.0), result(-9.0), result(-8.0), result(-7.0)]

    assert sweep_results.worst_shown(found, RETURN) == -10.0
    assert sweep_results.worst_shown(found, END) == -8.0
    assert sweep_results.worst_shown([], RETURN) is None
    curves = [Result("running", curve=(*map(float, range(101)), math.nan))]
    assert sweep_results.heights(curves) == (2.0, 98.0)
    assert sweep_results.heights([]) is None


@pytest.mark.parametrize(
    ("algorithm", "names"),
    [
        (
            "q_learning",
            [
                "episode_return.last_quarter",
                "episode_return.whole",
                "episode_length.last_quarter",
                "truth_distance.end",
                "truth_distance.whole",
            ],
        ),
        (
            "td_prediction",
            [
                "truth_distance.end",
                "truth_distance.whole",
                "episode_return.last_quarter",
                "episode_return.whole",
                "episode_length.last_quarter",
            ],
        ),
        ("bandit_values", ["regret.end", "truth_distance.end", "truth_distance.whole"]),
        ("value_iteration", ["truth_distance.end", "truth_distance.whole"]),
    ],
)
def test_what_can_be_measured_of_an_algorithm(algorithm: str, names: list[str]) -> None:
    entry = registry.catalogue().algorithm(algorithm)

    assert [one.name for one in sweep_results.metrics(entry)] == names


def test_every_algorithm_has_something_to_measure() -> None:
    assert all(sweep_results.metrics(entry) for entry in registry.catalogue().algorithms)


def test_an_unknown_metric_is_named() -> None:
    assert metric("regret.end") == Metric("regret", "end", highest=False)
    with pytest.raises(UnknownName, match="Unknown metric `regret`"):
        metric("regret")
