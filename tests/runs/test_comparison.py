"""Statistics of what runs have kept: bins, replicas, caps, and what stands in for raw values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlviz.errors import NoSuchRun
from rlviz.runs import codec, comparison
from rlviz.runs.client import RunView
from rlviz.runs.history import Events, History
from rlviz.runs.spec import RunSpec

NAN = float("nan")
RETURNS: tuple[str, comparison.Statistic] = ("episode_return", "mean")


class Kept(History):
    """A history with these raw values and nothing else."""

    def __init__(self, **events: Events) -> None:
        super().__init__(Path("nowhere"))
        self.kept = events

    def events(self) -> dict[str, Events]:
        return self.kept

    def frames(self) -> list[Any]:
        return []


class Engine:
    def __init__(self, history: History | None) -> None:
        self.kept = history

    def history(self, run: str) -> History:
        if self.kept is None:
            raise NoSuchRun(run)
        return self.kept


def events(*rows: tuple[int, int, float]) -> Events:
    iteration, replica, value = zip(*rows, strict=True) if rows else ((), (), ())
    return Events(
        np.array(iteration, np.int64), np.array(replica, np.int32), np.array(value, float)
    )


def view(replicas: int = 2, iteration: int = 40, **arrays: NDArray[Any]) -> RunView:
    spec = RunSpec("q_learning", "cliff_walking", replicas=replicas)
    frame = codec.encode({}, arrays) if arrays else b""
    return RunView("a" * 12, spec, "paused", iteration=iteration, frame=frame)


def test_bins_reach_to_the_end_of_the_longest_run_and_are_at_most_a_hundred() -> None:
    widths = [comparison.width(n) for n in (0, 1, 100, 101, 100_000, 100_001)]

    assert widths == [1, 1, 1, 2, 1000, 1001]


def test_a_replica_counts_with_its_mean_however_many_episodes_it_has() -> None:
    # Bin 0: replica 0 has 1 and 3, so 2; replica 1 has 6. Mean 4, SE √(8/1)/√2 = 2.
    # Bin 1: nobody. Bin 2: replica 1 alone has 5, without an error.
    kept = events((0, 0, 1.0), (3, 0, 3.0), (9, 1, 6.0), (25, 1, 5.0))
    line = comparison.measured(Engine(Kept(episode_return=kept)), view(), *RETURNS, 10)

    assert line is not None
    assert line.plain() == {
        "at": [5.0, 15.0, 25.0],
        "centre": [4.0, None, 5.0],
        "low": [2.0, None, None],
        "high": [6.0, None, None],
        "replicas": [2.0, 0.0, 1.0],
    }


def test_steps_stretch_the_axis_and_nothing_else() -> None:
    line = comparison.of_events(events((0, 0, 1.0), (12, 0, 2.0)), view(1), "mean", 10)

    assert line.plain(4)["at"] == [20.0, 60.0]
    assert line.plain(4)["centre"] == line.plain()["centre"]


def test_thinned_and_damaged_values_are_told_apart() -> None:
    whole = events((0, 0, 1.0), (19, 1, 2.0))
    found = {
        "whole": whole,
        "thinned": replace(whole, whole=False, stride=4),
        "damaged": replace(whole, whole=False),
    }
    lines = {name: comparison.of_events(of, view(), "median", 10) for name, of in found.items()}

    assert {name: (line.raw, line.stride, line.damaged) for name, line in lines.items()} == {
        "whole": (True, 1, False),
        "thinned": (True, 4, False),
        "damaged": (True, 1, True),
    }


def test_where_no_raw_values_are_kept_the_mean_comes_from_the_curve() -> None:
    curve = np.array([[0, 8], [4, 4], [1, 3], [0, 0], [1, 3], [1, 3], [1, 3]], np.float32)
    line = comparison.measured(
        Engine(Kept(episode_return=events())), view(episode_return=curve), *RETURNS, 8
    )

    assert line is not None
    assert (line.raw, line.plain()["centre"]) == (False, [1.0, 3.0])


def test_a_curves_bins_merge_exactly() -> None:
    # Two bins of 8 iterations in one of 16: n = 1 + 3; m = (4 + 3·8)/4 = 7;
    # sd² = (1·(0 + 9) + 3·(4 + 1))/4 = 6; two replicas count: SE = √6/√2 = √3.
    curve = np.array(
        [[0, 8, 16], [1, 3, 0], [4, 8, NAN], [0, 2, NAN], *[[0, 0, NAN]] * 3], np.float64
    )
    line = comparison.of_curve(curve, replicas=2, wide=10)

    assert line.at.tolist() == [8.0]
    np.testing.assert_allclose(line.band, [[7.0], [7 - 3**0.5], [7 + 3**0.5]])


@pytest.mark.parametrize("statistic", ["median", "iqm"])
def test_a_curve_has_no_quantiles(statistic: comparison.Statistic) -> None:
    curve = np.ones((7, 3), np.float32)

    assert comparison.measured(Engine(Kept()), view(regret=curve), "regret", statistic, 1) is None


def test_a_run_that_is_gone_or_was_never_kept_has_nothing() -> None:
    assert comparison.measured(Engine(None), view(), *RETURNS, 10) is None


def test_values_that_are_not_finite_are_left_out() -> None:
    kept = events((0, 0, 1.0), (1, 1, float("inf")), (2, 0, NAN))
    line = comparison.of_events(kept, view(), "mean", 10)

    assert line.plain()["centre"] == [1.0]


def test_nothing_yet_is_an_empty_line() -> None:
    line = comparison.of_events(events(), view(), "iqm", 10)

    assert line.plain() == {"at": [], "centre": [], "low": [], "high": [], "replicas": []}


def test_the_same_run_has_the_same_interval_and_another_seed_another_one() -> None:
    first, again = view().spec, view().spec
    other = RunSpec("q_learning", "cliff_walking", replicas=2, seed=1)

    assert comparison.seed(first) == comparison.seed(again)
    assert comparison.seed(first) != comparison.seed(other)
    assert 0 <= comparison.seed(first) < 2**64


def test_bins_against_a_loop() -> None:
    draw = np.random.default_rng(4)
    place, replica = draw.integers(7, size=500), draw.integers(5, size=500)
    value = draw.normal(size=500)
    table = comparison.binned(place, replica, value, 7, 5)
    expected = [[value[(replica == r) & (place == b)].mean() for b in range(7)] for r in range(5)]

    np.testing.assert_allclose(table, expected, rtol=1e-12)
