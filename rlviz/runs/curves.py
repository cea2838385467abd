"""Curves: everything that a run measured, in at most 400 bins over iterations.

A bin holds the count, sum, sum of squares, least and greatest value over replicas, and those of
replica 0. These merge exactly, so when the bins are full each pair becomes one and the width
doubles. Values are added one after the other in the order of time, so a curve does not depend on
how often it was looked at: the same run gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 400
_SUMS = ("n", "total", "squares", "first_n", "first_total")
_EXTREMES = {"low": (np.minimum, np.inf), "high": (np.maximum, -np.inf)}


@dataclass(frozen=True)
class Rows:
    """Statistics over replicas, one row for each value that a signal had; all [m]."""

    n: Floats
    total: Floats
    squares: Floats
    low: Floats
    high: Floats
    first_n: Floats
    first_total: Floats
    each: Floats  # in the order of time: the values of an event, the means of a trace
    at: NDArray[np.int64]  # where these values of an event stand in its flat [m · B]


def rows_of_trace(values: Floats) -> Rows:
    """Statistics of a dense [m, B]; a value that is not finite makes its row's sums so."""
    one = np.ones(len(values))
    with np.errstate(all="ignore"):  # divergence is found by the caller, not by a warning
        total = values.sum(axis=1)
        return Rows(
            n=one * values.shape[1],
            total=total,
            squares=np.square(values).sum(axis=1),
            low=values.min(axis=1),
            high=values.max(axis=1),
            first_n=one,
            first_total=values[:, 0].copy(),
            each=total / values.shape[1],
            at=np.zeros(0, np.int64),
        )


def rows_of_event(values: Floats) -> Rows:
    """Statistics of a NaN-masked [m, B], where most entries are NaN."""
    m = len(values)
    flat = values.reshape(-1)
    at = np.flatnonzero(flat == flat)
    row, found = at // values.shape[1], flat[at]
    low, high = np.full(m, np.inf), np.full(m, -np.inf)
    np.minimum.at(low, row, found)
    np.maximum.at(high, row, found)
    first = ~np.isnan(values[:, 0])
    with np.errstate(over="ignore"):
        squares = found * found
    return Rows(
        n=np.bincount(row, minlength=m).astype(float),
        total=np.bincount(row, weights=found, minlength=m).astype(float),
        squares=np.bincount(row, weights=squares, minlength=m).astype(float),
        low=low,
        high=high,
        first_n=first.astype(float),
        first_total=np.where(first, values[:, 0], 0.0),
        each=found,
        at=at,
    )


@dataclass
class Curve:
    """One signal's bins; `width` iterations each, starting at iteration 0."""

    width: int = 1
    used: int = 0  # bins that exist so far
    bins: dict[str, Floats] = field(default_factory=lambda: _empty(BINS))

    def add(self, iterations: NDArray[np.int64], rows: Rows) -> None:
        """Put rows where their iterations belong; iterations never decrease."""
        done = 0
        with np.errstate(all="ignore"):  # divergence is found by the caller, not by a warning
            while done < len(iterations):
                fits = int(np.searchsorted(iterations, self.width * BINS))
                if fits > done:
                    self._put(iterations[done:fits], rows, slice(done, fits))
                    done = fits
                if done < len(iterations):
                    self._halve()

    def columns(self) -> NDArray[np.float32]:
        """The rows of signals.CURVE_COLUMNS, [7, used]; NaN where a bin is empty."""
        part = {name: values[: self.used] for name, values in self.bins.items()}
        with np.errstate(all="ignore"):  # 0 / 0 is what an empty bin's NaN is made of
            mean = part["total"] / part["n"]
            sd = np.sqrt(np.maximum(part["squares"] / part["n"] - mean * mean, 0.0))
            first = part["first_total"] / part["first_n"]
            empty = part["n"] == 0
            low = np.where(empty, np.nan, part["low"])
            high = np.where(empty, np.nan, part["high"])
            at = np.arange(self.used) * float(self.width)
            return np.stack([at, part["n"], mean, sd, low, high, first]).astype(np.float32)

    def means(self, points: int) -> tuple[float, ...]:
        """The mean over time in at most so many numbers; NaN where there was no value."""
        if not self.used:
            return ()
        first = np.arange(0, self.used, -(-self.used // points))
        with np.errstate(all="ignore"):  # 0 / 0, and what has diverged
            total = np.add.reduceat(self.bins["total"][: self.used], first)
            n = np.add.reduceat(self.bins["n"][: self.used], first)
            return tuple((total / n).tolist())

    def state_dict(self) -> dict[str, Any]:
        """Width and the bins that exist."""
        return {
            "width": self.width,
            "bins": np.stack([self.bins[name][: self.used] for name in self.bins]),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What `state_dict` gave."""
        self.width, saved = int(state["width"]), state["bins"]
        self.used = saved.shape[1]
        self.bins = _empty(BINS)
        for name, values in zip(self.bins, saved, strict=True):
            self.bins[name][: self.used] = values

    def _put(self, iterations: NDArray[np.int64], rows: Rows, part: slice) -> None:
        index = iterations // self.width
        for name in _SUMS:  # ufunc.at adds one after the other, so the order is that of time
            np.add.at(self.bins[name], index, getattr(rows, name)[part])
        for name, (pick, _) in _EXTREMES.items():
            pick.at(self.bins[name], index, getattr(rows, name)[part])
        self.used = max(self.used, int(index[-1]) + 1)

    def _halve(self) -> None:
        merged = _empty(BINS)
        half = BINS // 2
        for name in _SUMS:
            merged[name][:half] = self.bins[name][0::2] + self.bins[name][1::2]
        for name, (pick, _) in _EXTREMES.items():
            merged[name][:half] = pick(self.bins[name][0::2], self.bins[name][1::2])
        self.bins, self.width, self.used = merged, self.width * 2, (self.used + 1) // 2


def _empty(size: int) -> dict[str, Floats]:
    sums = {name: np.zeros(size) for name in _SUMS}
    return sums | {name: np.full(size, fill) for name, (_, fill) in _EXTREMES.items()}
