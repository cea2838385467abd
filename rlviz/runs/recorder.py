"""What a run has shown so far: newest values, tails of replica 0, and curves.

For each beat it only appends references; arithmetic happens once every few hundred beats or when
a frame is made. That is why a traced value must be a fresh tensor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlviz.runs.curves import Curve, Rows, rows_of_event, rows_of_trace
from rlviz.signals import SIGNALS, TAIL, Beat

FLUSH = 128  # values of a signal that wait at most
LAST = 100  # values that the summary's mean is over
TALLIES = {"visits": "state"}  # how often replica 0 had each value of a signal


class Recorder:
    """Takes beats; gives newest values, tails, curves and tallies."""

    def __init__(self, sizes: dict[str, int], *, raw: bool = False) -> None:
        """`sizes` says how many values a tallied signal can have; `raw` keeps every value."""
        self.latest: dict[str, Tensor] = {}
        self.curves: dict[str, Curve] = {}
        self.tallies = {
            name: np.zeros(sizes[of], np.int64) for name, of in TALLIES.items() if of in sizes
        }
        self.raw: dict[str, list[tuple[int, NDArray[Any]]]] | None = {} if raw else None
        self.diverged: tuple[int, str] | None = None
        self.beat_name = ""
        self._tails: dict[str, deque[Tensor]] = {}
        self._last: dict[str, deque[float]] = {}
        self._waiting: dict[str, list[Tensor]] = {}
        self._stamps: dict[str, list[int]] = {}
        self._plans: dict[str, list[tuple[str, Callable[[Any], None]]]] = {}

    def take(self, item: Beat, iteration: int) -> None:
        """Keep references to what the beat shows."""
        name, values = item
        self.beat_name = name
        self.latest.update(values)
        plan = self._plans.get(name)
        if plan is None:
            plan = self._plan(name, values)
        for key, push in plan:
            push(values[key])
        stamps = self._stamps[name]
        stamps.append(iteration)
        if len(stamps) >= FLUSH:
            self.flush()

    def put(self, name: str, iteration: int, value: NDArray[np.float64], width: int) -> None:
        """A derived value [B] on its grid of iterations."""
        curve = self.curves.setdefault(name, Curve(width=width))
        self._add(curve, name, np.array([iteration]), value.reshape(1, -1))

    def flush(self) -> None:
        """Turn what waits into curves and tallies; it may be called at any time."""
        for beat_name, stamps in self._stamps.items():
            if stamps:
                iterations = np.array(stamps)
                for key, _ in self._plans[beat_name]:
                    if waiting := self._waiting.get(key):
                        self._reduce(key, iterations, torch.stack(waiting).cpu().numpy())
                        waiting.clear()
                stamps.clear()

    def tail(self, name: str) -> NDArray[Any]:
        """The last values of replica 0, oldest first."""
        kept = self._tails.get(name)
        return torch.stack([v[0] for v in kept]).cpu().numpy() if kept else np.zeros(0)

    def summary(self) -> dict[str, dict[str, float]]:
        """For every curve the last value and the mean of the last hundred."""
        self.flush()
        return {
            name: {"last": last[-1], "mean_last_100": sum(last) / len(last)}
            for name, last in sorted(self._last.items())
            if last
        }

    def state_dict(self) -> dict[str, Any]:
        """All of it, as arrays and JSON; `latest` is the run's to save."""
        self.flush()
        return {
            "beat_name": self.beat_name,
            "curves": {name: curve.state_dict() for name, curve in self.curves.items()},
            "tallies": dict(self.tallies),
            "tails": {name: torch.stack(list(kept)) for name, kept in self._tails.items() if kept},
            "last": {name: np.array(kept) for name, kept in self._last.items()},
            "diverged": self.diverged,
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
            self._tails[name] = deque(torch.as_tensor(saved).unbind(0), maxlen=TAIL)
        for name, saved in state["last"].items():
            self._last[name] = deque(saved.tolist(), maxlen=LAST)
        if state["diverged"] is not None:
            at, name = state["diverged"]
            self.diverged = at, name

    def _plan(
        self, name: str, values: dict[str, Tensor]
    ) -> list[tuple[str, Callable[[Any], None]]]:
        plan: list[tuple[str, Callable[[Any], None]]] = []
        for key in values:
            declared = SIGNALS[key]
            if declared.kind in ("event", "trace") or key in TALLIES.values():
                plan.append((key, self._waiting.setdefault(key, []).append))
            if declared.tail:
                kept = self._tails.setdefault(key, deque(maxlen=TAIL))
                plan.append((key, kept.append))
        self._stamps.setdefault(name, [])
        self._plans[name] = plan
        return plan

    def _reduce(self, key: str, iterations: NDArray[np.int64], values: NDArray[Any]) -> None:
        values = values.reshape(len(values), -1)
        for name, of in TALLIES.items():
            if of == key and name in self.tallies:
                tally = self.tallies[name]
                tally += np.bincount(values[:, 0], minlength=len(tally))
        if SIGNALS[key].kind in ("event", "trace"):
            self._add(self.curves.setdefault(key, Curve()), key, iterations, values)

    def _add(
        self, curve: Curve, name: str, iterations: NDArray[np.int64], values: NDArray[Any]
    ) -> None:
        values = values.astype(np.float64, copy=False)
        event = SIGNALS[name].kind == "event"
        rows = rows_of_event(values) if event else rows_of_trace(values)
        curve.add(iterations, rows)
        self._check(name, iterations, rows)
        last = self._last.setdefault(name, deque(maxlen=LAST))
        if event:
            last.extend(_newest(values))
        else:
            last.extend((rows.total / rows.n)[-LAST:].tolist())
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


def _newest(values: NDArray[np.float64]) -> list[float]:
    """The last values of a NaN-masked [m, B], looked for from its end."""
    found: list[float] = []
    for row in values[::-1]:
        found = row[row == row].tolist() + found
        if len(found) >= LAST:
            break
    return found[-LAST:]
