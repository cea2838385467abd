"""What a run has shown so far: newest values, tails of replica 0, and curves.

For each beat it only appends references; every few beats they become one block for each signal,
and arithmetic happens once every few hundred beats or when a frame is made. That is why a traced
value must be a fresh tensor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlviz.runs.curves import Curve, Rows, rows_of_event, rows_of_trace
from rlviz.runs.each import Each
from rlviz.runs.measured import Measured
from rlviz.signals import SIGNALS, TAIL, Beat

FLUSH = 512  # beats of a name that wait at most; fewer where that many would leave the cache
BLOCK = 32  # beats whose tensors are held; the next ones are made where these were, in the cache
VALUES = 2**17  # of a signal that wait at most, over all replicas
LAST = 100  # values that the summary's mean is over
TELLING = ("episode_return", "truth_distance")  # what a list of runs shows of one, the first it has
POINTS = 40  # of that
TALLIES = {"visits": "state"}  # how often replica 0 had each value of a signal


@dataclass
class _Waiting:
    """Beats of one name that wait for a flush: their iterations and the values that are kept."""

    keys: tuple[str, ...]
    most: int
    pick: Callable[[dict[str, Tensor]], Sequence[Tensor]]
    stamps: list[int] = field(default_factory=list)
    held: list[Sequence[Tensor]] = field(default_factory=list)  # the newest, in no block yet
    blocks: list[list[Tensor]] = field(default_factory=list)  # for each key, [n, ...]

    def settle(self) -> None:
        """Make a block of what is held and let it go."""
        if self.held:
            self.blocks.append([torch.stack(values) for values in zip(*self.held, strict=True)])
            self.held.clear()


class Recorder:
    """Takes beats; gives newest values, tails, curves and tallies."""

    def __init__(
        self, sizes: dict[str, int], *, raw: bool = False, measured: Measured | None = None
    ) -> None:
        """`sizes` says how many values a tallied signal can have; `raw` keeps every value.

        `measured` takes those that are written down with a run's history.
        """
        self.latest: dict[str, Tensor] = {}
        self.curves: dict[str, Curve] = {}
        self.tallies = {
            name: np.zeros(sizes[of], np.int64) for name, of in TALLIES.items() if of in sizes
        }
        self.raw: dict[str, list[tuple[int, NDArray[Any]]]] | None = {} if raw else None
        self.measured = measured
        self.diverged: tuple[int, str] | None = None
        self.gone: set[int] = set()  # the replicas that were no longer finite then
        self.each: dict[str, Each] = {}  # of signals whose replicas are told apart
        self.beat_name = ""
        self._tails: dict[str, NDArray[Any]] = {}  # replica 0 only
        self._last: dict[str, deque[float]] = {}
        self._waiting: dict[str, _Waiting] = {}

    def take(self, item: Beat, iteration: int) -> None:
        """Keep references to what the beat shows."""
        name, values = item
        self.beat_name = name
        self.latest.update(values)
        waiting = self._waiting.get(name) or self._meet(name, values)
        waiting.stamps.append(iteration)
        waiting.held.append(waiting.pick(values))
        if len(waiting.held) >= BLOCK:
            waiting.settle()
            if len(waiting.stamps) >= waiting.most:
                self.flush()

    def put(self, name: str, iteration: int, value: NDArray[np.float64], width: int) -> None:
        """A derived value [B] on its grid of iterations."""
        if name not in self.curves:
            self.curves[name] = Curve(width=width)
        self._add(self.curves[name], name, np.array([iteration]), value.reshape(1, -1))

    def flush(self) -> None:
        """Turn what waits into curves, tallies and tails; it may be called at any time."""
        for waiting in self._waiting.values():
            if waiting.stamps:
                waiting.settle()
                iterations = np.array(waiting.stamps)
                of_keys = zip(*waiting.blocks, strict=True)
                for key, blocks in zip(waiting.keys, of_keys, strict=True):
                    # Only a curve is over all replicas.
                    parts = blocks if _is_curve(key) else [block[:, 0] for block in blocks]
                    self._reduce(key, iterations, torch.cat(parts))
                waiting.stamps.clear()
                waiting.blocks.clear()

    def tail(self, name: str) -> NDArray[Any]:
        """The last values of replica 0, oldest first."""
        self.flush()
        return self._tails.get(name, np.zeros(0))

    def parting(self) -> dict[str, Any]:
        """Of a run that has diverged: where, which signal went first, and of which replicas."""
        return {"diverged": [*self.diverged, sorted(self.gone)]} if self.diverged else {}

    def tell_apart(self, names: Sequence[str], limit: int, replicas: int) -> None:
        """Keep what every replica measures of these signals up to that iteration."""
        self.each = {name: Each(limit, replicas) for name in names}

    def of_each(self) -> dict[str, NDArray[Any]]:
        """What every replica measured, where they are told apart."""
        return {k: v for name, one in self.each.items() for k, v in one.shown(name).items()}

    def telling(self) -> tuple[str, tuple[float, ...]]:
        """The signal that says most of how the run goes, and its course in a few numbers."""
        self.flush()
        known = [name for name in TELLING if name in self.curves] or sorted(self.curves)
        return (known[0], self.curves[known[0]].means(POINTS)) if known else ("", ())

    def summary(self) -> dict[str, dict[str, float]]:
        """For every curve the last value and the mean of the last hundred."""
        self.flush()
        return {
            name: {"last": last[-1], "mean_last_100": sum(last) / len(last)}
            for name, last in sorted(self._last.items())
            if last
        }

    def state_dict(self) -> dict[str, Any]:
        """All of it, as arrays and JSON; `latest` is the run's to save.

        Sorted, because what is met first depends on when somebody looked.
        """
        self.flush()
        return {
            "beat_name": self.beat_name,
            "curves": {name: self.curves[name].state_dict() for name in sorted(self.curves)},
            "tallies": dict(self.tallies),
            "tails": dict(sorted(self._tails.items())),
            "last": {name: np.array(self._last[name]) for name in sorted(self._last)},
            "diverged": self.diverged,
            **({"measured": self.measured.state_dict()} if self.measured else {}),
            **({"each": {n: e.state_dict() for n, e in self.each.items()}} if self.each else {}),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What `state_dict` gave, into a recorder that has taken nothing."""
        self.beat_name = state["beat_name"]
        for name, saved in state["curves"].items():
            self.curves[name] = Curve()
            self.curves[name].load_state_dict(saved)
        for name, saved in state["tallies"].items():
            self.tallies[name][:] = saved
        for name, saved in state["tails"].items():
            self._tails[name] = saved
        for name, saved in state["last"].items():
            self._last[name] = deque(saved.tolist(), maxlen=LAST)
        if self.measured and "measured" in state:
            self.measured.load_state_dict(state["measured"])
        for name in self.each:
            self.each[name].load_state_dict(state["each"][name])
        if state["diverged"] is not None:
            at, name = state["diverged"]
            self.diverged = at, name

    def _meet(self, name: str, values: dict[str, Tensor]) -> _Waiting:
        """What is kept of the beats of that name, decided at the first of them."""
        keys = tuple(key for key in values if _is_kept(key))
        # `itemgetter` gives a bare value for one key, and takes no fewer.
        pick = itemgetter(*keys) if len(keys) > 1 else lambda beat: [beat[key] for key in keys]
        replicas = max((values[key].numel() for key in keys), default=1)
        most = min(FLUSH, max(BLOCK, VALUES // replicas))
        self._waiting[name] = _Waiting(keys, most, pick)
        return self._waiting[name]

    def _reduce(self, key: str, iterations: NDArray[np.int64], column: Tensor) -> None:
        values = column.cpu().numpy().reshape(len(iterations), -1)
        if _is_curve(key):
            self._add(self.curves.setdefault(key, Curve()), key, iterations, values)
        first = values[:, 0].copy()  # the rest is let go
        if SIGNALS[key].tail:
            before = self._tails.get(key)
            self._tails[key] = (first if before is None else np.append(before, first))[-TAIL:]
        for name, of in TALLIES.items():
            if of == key and name in self.tallies:
                tally = self.tallies[name]
                tally += np.bincount(first, minlength=len(tally))

    def _add(
        self, curve: Curve, name: str, iterations: NDArray[np.int64], values: NDArray[Any]
    ) -> None:
        values = values.astype(np.float64, copy=False)
        event = SIGNALS[name].kind == "event"
        rows = rows_of_event(values) if event else rows_of_trace(values)
        curve.add(iterations, rows)
        self._check(name, iterations, rows)
        if self.measured and name in self.measured.names:
            at = rows.at if event else np.flatnonzero(values == values)
            m, replica = np.divmod(at, values.shape[1])
            self.measured.add(name, iterations[m], replica, values.reshape(-1)[at])
        if name in self.each:
            self.each[name].add(iterations, values)
        if self.diverged and "B" in SIGNALS[name].axes.split():
            bad = np.isinf(values) | (np.isnan(values) & (not event))
            self.gone |= set(np.flatnonzero(bad.any(axis=0)).tolist())
        last = self._last.setdefault(name, deque(maxlen=LAST))
        last.extend(rows.each[-LAST:].tolist())
        if self.raw is not None:
            kept = self.raw.setdefault(name, [])
            kept.extend(zip(iterations.tolist(), values, strict=True))

    def _check(self, name: str, iterations: NDArray[np.int64], rows: Rows) -> None:
        some = rows.n > 0  # a row without values has low = inf by construction
        bad = some & ~(np.isfinite(rows.low) & np.isfinite(rows.high))
        if bad.any():
            at = int(iterations[int(np.argmax(bad))])
            if self.diverged is None or at < self.diverged[0]:
                self.diverged = (at, name)


def _is_kept(key: str) -> bool:
    return _is_curve(key) or SIGNALS[key].tail or key in TALLIES.values()


def _is_curve(key: str) -> bool:
    return SIGNALS[key].kind in ("event", "trace")
