"""What runs have measured, on shared bins of iterations, with statistics over their replicas.

All bins have the same width and begin at iteration 0. In each, a replica counts with the mean of
what it has measured there, its episodes for a return, so that one that finishes many episodes
weighs no more than the others; a replica without any is left out of that bin. The statistics are
over replicas (`rlviz.statistics`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import orjson
from numpy.typing import NDArray

from rlviz import statistics
from rlviz.errors import RlvizError
from rlviz.runs.client import RunView
from rlviz.runs.codec import decode
from rlviz.runs.history import Events, History
from rlviz.runs.spec import RunSpec, to_plain
from rlviz.signals import CURVE_COLUMNS
from rlviz.statistics import Band, Floats

Statistic = Literal["mean", "median", "iqm"]
Plain = dict[str, list[float | None]]

BINS = 100
MOST_REPLICAS = 256  # whose raw values are looked at: beyond it a band hardly narrows


@dataclass(frozen=True)
class Line:
    """One run's statistic: middles of bins, centre and band, and how many replicas each has."""

    at: Floats  # iterations, the middle of each bin
    band: Band
    replicas: Floats
    raw: bool  # from the values of each replica; else from the curve, whose error is an upper bound
    stride: int = 1  # only every so many-th value of each replica was kept
    damaged: bool = False  # some values can not be read any more

    def plain(self, steps: float = 1) -> Plain:
        """As JSON, over `steps` environment steps an iteration; None where there is nothing."""
        rows = {"at": self.at * steps, **self.band._asdict(), "replicas": self.replicas}
        return {name: _json(row) for name, row in rows.items()}


class Engine(Protocol):
    """What of a client is needed here."""

    def history(self, run: str) -> History:
        """What was kept of the run."""


def width(longest: int) -> int:
    """Iterations in each bin, so that at most BINS of them reach to the end of the longest run."""
    return max(1, -(-longest // BINS))


def measured(
    engine: Engine, view: RunView, signal: str, statistic: Statistic, wide: int
) -> Line | None:
    """That statistic of a run, from raw values where there are any, else from its curve.

    None where the run has measured no such signal, or only a curve and no mean was asked for:
    quantiles can not be had from curves.
    """
    events = _events(engine, view.run).get(signal)
    if events is not None and len(events.value):
        return of_events(events, view, statistic, wide)
    if statistic != "mean" or (curve := _curve(engine, view, signal)) is None:
        return None
    return of_curve(curve, view.spec.replicas, wide)


def of_events(events: Events, view: RunView, statistic: Statistic, wide: int) -> Line:
    """From raw values, as the head of this file says."""
    known = np.isfinite(events.value) & (events.replica < MOST_REPLICAS)
    iteration, value = events.iteration[known], events.value[known]
    bins = int(iteration.max()) // wide + 1 if len(iteration) else 0
    table = binned(
        iteration // wide,
        events.replica[known],
        value,
        bins,
        min(view.spec.replicas, MOST_REPLICAS),
    )
    match statistic:
        case "mean":
            band = statistics.standard_error(table)
        case "median":
            band = statistics.quantile_band(table)
        case "iqm":
            band = statistics.bootstrap_interval(table, seed(view.spec))
    at = (np.arange(bins, dtype=np.float64) + 0.5) * wide
    damaged = events.stride == 1 and not events.whole
    return Line(at, band, statistics.count(table), True, events.stride, damaged)


def of_curve(curve: Floats, replicas: int, wide: int) -> Line:
    """From a curve's own bins; so many become one that it is no narrower than the others.

    They merge exactly:

        n = Σ n_i,   m = Σ n_i·m_i / n,   sd² = Σ n_i·(sd_i² + (m_i − m)²) / n
    """
    row = dict(zip(CURVE_COLUMNS, curve.astype(np.float64), strict=True))
    own = float(row["at"][1] - row["at"][0]) if curve.shape[1] > 1 else 1.0
    whole = own * max(1.0, np.ceil(wide / own))
    some = row["n"] > 0
    place = (row["at"][some] // whole).astype(np.int64)
    bins = int(place.max()) + 1 if len(place) else 0
    n_i, mean_i, sd_i = (row[name][some] for name in ("n", "mean", "sd"))
    n: Floats = np.bincount(place, n_i, bins).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0: a bin without values
        mean = np.bincount(place, n_i * mean_i, bins) / n
        squares = np.bincount(place, n_i * (sd_i**2 + (mean_i - mean[place]) ** 2), bins) / n
    band = statistics.error_of_curve(mean, np.sqrt(squares), n, replicas)
    return Line((np.arange(bins) + 0.5) * whole, band, np.minimum(n, replicas), False)


def binned(
    place: NDArray[np.int64],
    replica: NDArray[np.integer],
    value: Floats,
    bins: int,
    replicas: int,
) -> Floats:
    """Each replica's mean in each bin, [replicas, bins]; NaN where it has no value there."""
    cell = replica.astype(np.int64) * bins + place
    n = np.bincount(cell, minlength=replicas * bins)
    total = np.bincount(cell, value, minlength=replicas * bins)
    with np.errstate(invalid="ignore"):  # 0 / 0
        return np.asarray(total / n).reshape(replicas, bins)


def seed(spec: RunSpec) -> int:
    """Of a run's resamples: the same run gives the same interval."""
    return int.from_bytes(hashlib.sha256(orjson.dumps(to_plain(spec))).digest()[:8], "little")


def _events(engine: Engine, run: str) -> dict[str, Events]:
    try:
        return engine.history(run).events()
    except RlvizError:  # it was deleted meanwhile, or was never kept
        return {}


def _curve(engine: Engine, view: RunView, signal: str) -> Floats | None:
    """From the newest frame that has it: the one of now carries what somebody watches."""
    for blob in (view.frame, _last(engine, view.run)):
        if blob and signal in (arrays := decode(blob)[1]):
            return arrays[signal].astype(np.float64)
    return None


def _last(engine: Engine, run: str) -> bytes:
    try:
        history = engine.history(run)
        frames = history.frames()
        return history.frame(frames[-1].sequence) if frames else b""
    except RlvizError:
        return b""


def _json(row: Floats) -> list[float | None]:
    return [float(f"{v:.7g}") if np.isfinite(v) else None for v in row.tolist()]
