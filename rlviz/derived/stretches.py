"""A curve's bins taken together in a few stretches of time: what a run measured lately, and before.

Sums merge exactly, so a stretch has the count, mean and spread of all the values in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlviz.derived.view import Array

PARTS = 20  # stretches at most: each is a twentieth of the run so far


class Course(Protocol):
    """One signal over the run so far, as `runs.curves.Curve` holds it."""

    @property
    def width(self) -> int:
        """Iterations of a bin."""

    @property
    def used(self) -> int:
        """Bins that exist so far."""

    @property
    def bins(self) -> Mapping[str, Array]:
        """Sums, squares, counts and extremes of each bin."""


@dataclass(frozen=True)
class Stretch:
    """Values of some neighbouring bins, over all replicas."""

    start: int  # its first iteration
    end: int  # the iteration after its last
    n: float
    mean: float
    sd: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return self.sd / math.sqrt(self.n)


def stretches(course: Course) -> list[Stretch]:
    """Oldest first; those without a value, or with one that is not finite, are left out."""
    step = max(1, math.ceil(course.used / PARTS))
    # From the end, so that the newest stretch is never a rest of one bin.
    starts = np.arange(course.used % step, course.used, step)
    if len(starts) == 0:
        return []
    part = {name: values[: course.used] for name, values in course.bins.items()}
    with np.errstate(all="ignore"):  # what is not finite is left out below
        n, total, squares = (np.add.reduceat(part[k], starts) for k in ("n", "total", "squares"))
        mean = total / n
        sd = np.sqrt(np.maximum(squares / n - mean * mean, 0.0))
    low, high = np.minimum.reduceat(part["low"], starts), np.maximum.reduceat(part["high"], starts)
    columns = (starts * course.width, (starts + step) * course.width, n, mean, sd, low, high)
    whole = (n > 0) & np.isfinite(total) & np.isfinite(squares)
    return [Stretch(*row) for row in zip(*(c[whole].tolist() for c in columns), strict=True)]


def joined(parts: list[Stretch], least: int) -> list[Stretch]:
    """Neighbours taken together, from the newest on, until each has so many values at least.

    Oldest first; what is left over at the beginning is left out.
    """
    found: list[Stretch] = []
    rest: Stretch | None = None
    for one in reversed(parts):
        rest = one if rest is None else _together(one, rest)
        if rest.n >= least:
            found.append(rest)
            rest = None
    return found[::-1]


def _together(one: Stretch, other: Stretch) -> Stretch:
    """Both as one, by their sums."""
    n = one.n + other.n
    mean = (one.n * one.mean + other.n * other.mean) / n
    squares = sum(part.n * (part.sd**2 + part.mean**2) for part in (one, other)) / n
    sd = math.sqrt(max(squares - mean * mean, 0.0))
    low, high = min(one.low, other.low), max(one.high, other.high)
    return Stretch(one.start, other.end, n, mean, sd, low, high)


def peaks(course: Course) -> tuple[NDArray[np.int64], Array]:
    """Where each finite, filled bin ends, and the greatest size of a value in it."""
    part = {name: values[: course.used] for name, values in course.bins.items()}
    size = np.maximum(np.abs(part["low"]), np.abs(part["high"]))
    good = (part["n"] > 0) & np.isfinite(size)
    return (np.flatnonzero(good).astype(np.int64) + 1) * course.width, size[good]
