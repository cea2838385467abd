"""What every replica measured, for itself: a mean in each of 40 bins of a run's iterations.

A curve is over all replicas, and raw values are kept to a cap; where replicas stand at different
knobs, as in a sweep, each has a story of its own, and this is as long for a long run as for a
short one. Bin k holds the iterations i with ⌊40 i / limit⌋ = k, so that quarters of a run are whole
bins; what comes after `limit` is not looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 40
MEAN, COUNT, END = "each.mean", "each.count", "each.end"  # what a frame calls its parts


class Each:
    """One signal's sums, [BINS, B], and the newest value of every replica."""

    def __init__(self, limit: int, replicas: int) -> None:
        """Nothing measured; `limit` is the iteration at which the run is finished."""
        self._limit = limit
        self._count = np.zeros((BINS, replicas))
        self._total = np.zeros((BINS, replicas))
        self._end = np.full(replicas, np.nan)

    def add(self, iterations: NDArray[np.int64], values: Floats) -> None:
        """Values [m, B] of iterations [m], which never decrease; NaN where a replica has none."""
        values = values[: int(np.searchsorted(iterations, self._limit))]
        if not len(values):
            return
        place = iterations[: len(values)] * BINS // self._limit
        first = np.flatnonzero(np.diff(place, prepend=-1))  # of each bin that occurs
        there = np.isfinite(values)  # a value that is not ends the run
        known = np.where(there, values, 0.0)
        self._count[place[first]] += np.add.reduceat(there, first, axis=0, dtype=np.float64)
        self._total[place[first]] += np.add.reduceat(known, first, axis=0)
        some = there.any(axis=0)
        newest = len(values) - 1 - there[::-1].argmax(axis=0)
        self._end[some] = values[newest[some], np.flatnonzero(some)]

    def shown(self, name: str) -> dict[str, NDArray[np.float32]]:
        """As a frame carries it: mean and count [BINS, B], and the end [B]."""
        with np.errstate(invalid="ignore"):  # 0 / 0: nothing was measured there
            mean = self._total / self._count
        parts = {MEAN: mean, COUNT: self._count, END: self._end}
        with np.errstate(over="ignore"):  # what float32 can not hold is infinite
            return {f"{name}.{part}": v.astype(np.float32) for part, v in parts.items()}

    def state_dict(self) -> dict[str, Any]:
        """All of it."""
        return {"count": self._count, "total": self._total, "end": self._end}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What `state_dict` gave."""
        self._count[:], self._total[:] = state["count"], state["total"]
        self._end[:] = state["end"]
