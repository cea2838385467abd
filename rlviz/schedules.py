"""Values that move with the iteration: a kind of knob, written `linear(0.5,0.01,20000)`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from rlviz.errors import BadValue, shown

Shape = Literal["constant", "linear", "exponential"]


@dataclass(frozen=True)
class Schedule:
    """A value that moves with the iteration, from `start` to `end` over `over` iterations.

    linear       start + (end − start)·f            f = min(1, iteration / over)
    exponential  start·(end / start)^f              start and end of one sign, not 0
    """

    shape: Shape
    start: float
    end: float
    over: int

    def at(self, iteration: int) -> float:
        """The value used by that iteration."""
        if self.shape == "constant":
            return self.start
        if iteration >= self.over:
            return self.end  # itself, where the formula would be off by its rounding
        f = iteration / self.over
        if self.shape == "linear":
            return self.start + (self.end - self.start) * f
        return float(self.start * (self.end / self.start) ** f)

    def __str__(self) -> str:
        """As it is written on the command line and in a URL; `from_text` reads it back."""
        ends = (f"{n:g}" if float(f"{n:g}") == n else repr(n) for n in (self.start, self.end))
        return f"{self.shape}({','.join(ends)},{self.over})"


def from_text(name: str, shape: str, arguments: str) -> Schedule:
    """From `linear(start,end,over)`, as on the command line; `name` is for the sentence."""
    parts = [part.strip() for part in arguments.split(",")]
    keys = ("start", "end", "over")
    if len(parts) != len(keys):
        raise BadValue(
            f"A schedule of `{name}` is written linear(start,end,over), "
            f"but got {shape}({arguments[:40]})."
        )
    return from_json(name, {"schedule": shape, **dict(zip(keys, parts, strict=True))})


def from_json(name: str, value: dict[str, Any]) -> Schedule:
    """From the JSON that `to_json` gives; what its numbers may be is the field's to check."""
    shape: Any = value.get("schedule")
    if shape not in ("constant", "linear", "exponential"):
        raise BadValue(
            f"A schedule of `{name}` is constant, linear or exponential, but got {shown(shape)}."
        )
    try:
        if any(isinstance(value[key], bool) for key in ("start", "end", "over")):
            raise TypeError
        over = float(value["over"])
        if not math.isfinite(over) or over != int(over):
            raise ValueError
        return Schedule(shape, float(value["start"]), float(value["end"]), int(over))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BadValue(
            f"A schedule of `{name}` needs numbers start, end and a whole number over."
        ) from None


def to_json(schedule: Schedule) -> dict[str, Any]:
    """As JSON; `from_json` reads it back."""
    return {
        "schedule": schedule.shape,
        "start": schedule.start,
        "end": schedule.end,
        "over": schedule.over,
    }
