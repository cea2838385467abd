"""The pace of slow motion, with a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from rlviz.runs import held
from rlviz.runs import messages as m


@dataclass
class Counting:
    """A run whose iterations have the lengths that a test gives, and which computes nothing."""

    lengths: Iterator[int]
    iteration: int = 0
    beat: int = 0
    id: str = "a"
    diverged: None = None
    changed: list[object] = field(default_factory=list)
    recorder: Any = field(default_factory=lambda: SimpleNamespace(telling=lambda: ("", ())))

    def __post_init__(self) -> None:
        self._left = next(self.lengths)

    @property
    def whole(self) -> bool:
        return self.beat == 0

    def pull(self) -> bool:
        if self._left:
            self._left -= 1
            self.beat += 1
            return False
        self.iteration, self.beat, self._left = self.iteration + 1, 0, next(self.lengths)
        return True

    def frame(self, *_: object, **__: object) -> bytes:
        return b""

    def checkpoint(self) -> bytes:
        return b""


def seconds(monkeypatch: pytest.MonkeyPatch, lengths: list[int], speed: float) -> list[float]:
    """When each of those iterations ended, by a clock that goes on only where a run waits."""
    now = 0.0
    monkeypatch.setattr(held.time, "perf_counter", lambda: now)
    run: Any = Counting(iter([*lengths, 1]))
    start = m.Start("a", {}, speed=speed)
    one = held.Held(run, start, 0.0, lambda _: None)
    ends: list[float] = []
    while len(ends) < len(lengths):
        now = max(now, one.due(now))
        one.serve(0.01)
        if run.iteration > len(ends):
            ends.append(now)
    return ends


def test_iterations_of_one_length_take_as_long_as_the_speed_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = seconds(monkeypatch, [5] * 6, speed=4.0)

    gaps = [after - before for before, after in pairwise(ends[1:])]
    assert gaps == pytest.approx([0.25] * 4)


def test_a_long_iteration_after_short_ones_does_not_take_ages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = seconds(monkeypatch, [2, 2, 500, 2], speed=1.0)

    # At the pace of two beats a second it would take 250 s; now it is 1/2 + 1/2 + 1/3 + ….
    assert ends[2] - ends[1] == pytest.approx(0.5 + sum(1 / k for k in range(2, 500)), rel=0.1)
    assert ends[3] - ends[2] < 0.01
