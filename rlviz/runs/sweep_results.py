"""What a sweep has found: one number for each point with its standard error, and its curve.

A *metric* is one number of each replica: the mean of all its values of a signal in a window of
iterations, or its last value. A point's number is the mean over its replicas, and

    SE = √(Σ_r (x_r − m)² / (n − 1)) / √n

where n counts the replicas that have a value; one of them alone has no standard error. A replica
without a value in the window, because no episode of it ended there, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rlviz.catalogue import AlgorithmEntry
from rlviz.errors import UnknownName
from rlviz.runs import codec
from rlviz.runs.each import BINS, COUNT, END, MEAN
from rlviz.runs.sweep import NOWHERE, Part, Sweep
from rlviz.statistics import Floats, standard_error

Window = Literal["last_quarter", "whole", "end"]
State = Literal["waiting", "running", "measured", "empty", "diverged", "failed", "cancelled"]


@dataclass(frozen=True)
class Metric:
    """What is compared, and which way is better."""

    signal: str
    window: Window
    highest: bool  # whether the highest is the best

    @property
    def name(self) -> str:
        """As an address has it."""
        return f"{self.signal}.{self.window}"


METRICS = (
    Metric("episode_return", "last_quarter", highest=True),
    Metric("episode_return", "whole", highest=True),
    Metric("episode_length", "last_quarter", highest=False),
    Metric("regret", "end", highest=False),
    Metric("truth_distance", "end", highest=False),
    Metric("truth_distance", "whole", highest=False),
)
SIGNALS = tuple(dict.fromkeys(metric.signal for metric in METRICS))  # that a run keeps for them


@dataclass(frozen=True)
class Result:
    """One point: its number where it has one, and why not where it has none."""

    state: State
    mean: float = math.nan
    error: float = math.nan  # one standard error
    n: int = 0  # replicas that have a value
    curve: tuple[float, ...] = ()  # the signal's mean in each bin, NaN where there is none


@dataclass(frozen=True)
class Measured:
    """What one run has shown so far: each replica's number, and each point's curve."""

    each: Floats  # [replicas]
    curves: dict[int, tuple[float, ...]]  # by point


def metrics(entry: AlgorithmEntry) -> tuple[Metric, ...]:
    """What can be measured of that algorithm, the most telling first.

    What only estimates does not earn its returns, so its distance to the truth comes first.
    """
    there = {*entry.signals, *(["truth_distance"] if entry.truth else [])}
    found = [metric for metric in METRICS if metric.signal in there]
    estimates = "v_policy" in entry.truth.values()
    return tuple(sorted(found, key=lambda one: estimates and one.signal != "truth_distance"))


def metric(name: str) -> Metric:
    """The metric of that name; UnknownName with the nearest one."""
    known = {one.name: one for one in METRICS}
    if name not in known:
        raise UnknownName("metric", name, known)
    return known[name]


def measured(frame: bytes, replicas: tuple[int, ...], wanted: Metric) -> Measured:
    """What a frame of a part says, whose replicas are of these points; BadMessage for no frame."""
    arrays = codec.decode(frame)[1]
    points = np.array(replicas)
    if f"{wanted.signal}.{MEAN}" not in arrays:
        return Measured(np.full(len(points), np.nan), {})
    mean, count, end = (
        arrays[f"{wanted.signal}.{name}"].astype(np.float64) for name in (MEAN, COUNT, END)
    )
    curves = {
        point: tuple(_mean(mean[:, points == point], count[:, points == point], 1).tolist())
        for point in sorted(set(replicas) - {NOWHERE})
    }
    if wanted.window == "end":
        return Measured(end, curves)
    first = BINS - BINS // 4 if wanted.window == "last_quarter" else 0
    return Measured(_mean(mean[first:], count[first:], 0), curves)


def results(
    sweep: Sweep, parts: Sequence[Part], found: Sequence[Measured | None]
) -> tuple[Result, ...]:
    """One result for each point; `found` has what each run has shown, None for nothing."""
    made = {p.point: Result("diverged") for p in sweep.lost}
    for nth, (part, run) in enumerate(zip(parts, found, strict=True)):
        state = _state(sweep, nth)
        for point in set(part.points) - {NOWHERE}:
            made[point] = _result(state, part, run, point)
    return tuple(made[point] for point in range(len(sweep.plan.points)))


def bins_at(iterations: int) -> tuple[float, ...]:
    """The middle of each bin of a curve, in iterations."""
    return tuple((nth + 0.5) * iterations / BINS for nth in range(BINS))


def best(found: Sequence[Result], metric: Metric) -> int | None:
    """The point with the best mean; None where none has one."""
    there = [p for p, one in enumerate(found) if one.state == "measured"]
    sign = -1 if metric.highest else 1
    return min(there, key=lambda p: (sign * found[p].mean, p), default=None)


def worst_shown(found: Sequence[Result], metric: Metric) -> float | None:
    """From here on the colours of a map tell no more, so that a few bad points hide no others.

    It is the quartile at the worse end of all means.
    """
    means = [one.mean for one in found if one.state == "measured"]
    return float(np.quantile(means, 0.25 if metric.highest else 0.75)) if means else None


def heights(found: Sequence[Result]) -> tuple[float, float] | None:
    """Between which values nearly all of the curves run: all but the outermost 2 % at each end."""
    values = [value for one in found for value in one.curve if math.isfinite(value)]
    if not values:
        return None
    low, high = np.quantile(values, (0.02, 0.98))
    return float(low), float(high)


def alike(found: Sequence[Result], point: int) -> list[int]:
    """The other points whose interval of one standard error overlaps that one's, nearest first.

    Where one of the two has no standard error nothing can be said of them, so it is not counted.
    """
    one = found[point]

    def near(other: Result) -> bool:
        return abs(other.mean - one.mean) <= other.error + one.error  # False with a NaN

    others = [p for p, r in enumerate(found) if p != point and r.state == "measured" and near(r)]
    return sorted(others, key=lambda p: abs(found[p].mean - one.mean))


def _mean(mean: Floats, count: Floats, axis: int) -> Floats:
    """The mean of all values along an axis; NaN where there is none."""
    n = count.sum(axis)
    total = np.where(count > 0, mean * count, 0.0).sum(axis)
    found: Floats = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    return found


def _state(sweep: Sweep, nth: int) -> State:
    if sweep.sentences[nth]:
        return "failed"
    if sweep.done[nth]:
        return "measured"
    if sweep.cancelled:
        return "cancelled"
    return "running" if sweep.runs[nth] else "waiting"


def _result(state: State, part: Part, run: Measured | None, point: int) -> Result:
    curve = run.curves.get(point, ()) if run else ()
    if state != "measured" or run is None:
        return Result("empty" if state == "measured" else state, curve=curve)
    own = run.each[np.array(part.points) == point]
    if np.isinf(own).any():  # too large for a frame: it was on its way out
        return Result("diverged", curve=curve)
    n = int(np.isfinite(own).sum())
    if n == 0:
        return Result("empty", curve=curve)
    mean, _, high = (float(edge[0]) for edge in standard_error(own[:, None]))
    return Result("measured", mean, high - mean, n, curve)
