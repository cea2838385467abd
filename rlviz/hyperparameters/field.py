"""One knob as plain data, and the one validation that every value passes."""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from rlviz import maps, schedules
from rlviz.errors import BadValue, shown
from rlviz.hyperparameters.annotations import Tray
from rlviz.schedules import Schedule

HUGE = sys.float_info.max  # a bound that every finite number keeps and that JSON can carry


Scalar = float | int | bool | str
Value = Scalar | Schedule | tuple[float, ...]  # a tuple is one number for each replica


@dataclass(frozen=True)
class Field:
    """One knob as plain data: what a control, a URL and an error sentence need."""

    name: str
    type: Literal["float", "int", "bool", "str"]
    default: Scalar
    title: str
    symbol: str = ""
    low: float = -HUGE
    high: float = HUGE
    log: bool = False
    live: bool = False
    tray: Tray = "method"
    small: str = ""
    large: str = ""
    options: tuple[str, ...] = ()
    letters: str = ""  # of a map, which has an editor and no control
    moves: tuple[str, ...] = ()  # by which its goal must be reachable
    wind: tuple[int, ...] = ()  # of its columns, to be multiplied by the knob `wind`
    applies: tuple[str, ...] = ()  # it acts only where that setting, if any, has that value

    @property
    def can_schedule(self) -> bool:
        """Live floats may follow a schedule, or be one number for each replica."""
        return self.live and self.type == "float"

    @property
    def bounds(self) -> str:
        """The rule as a formula, for sentences."""
        if self.options:
            return f"{self.name} in {{{', '.join(self.options)}}}"
        return f"{self.low:g} <= {self.name} <= {self.high:g}"

    def check(self, value: object, replicas: int | None = None) -> Value:
        """`value` in its own type, or BadValue with what must hold, what came, and what to do."""
        if isinstance(value, dict):
            value = schedules.from_json(self.name, value)
        if isinstance(value, Schedule):
            return self._check_schedule(value)
        if isinstance(value, list | tuple):
            return self._check_each(value, replicas)
        return self._check_scalar(value)

    def clamp(self, value: object) -> tuple[Value | None, str]:
        """The nearest allowed value and a note; (None, note) where nothing is near.

        For URLs and widgets, which are corrected and not refused.
        """
        try:
            return self.check(value), ""
        except BadValue as refused:
            if self.type not in ("int", "float") or not _is_number(value) or value != value:
                return None, str(refused)
            nearest = min(max(value, self.low), self.high)
            kept = self.check(round(nearest) if self.type == "int" else float(nearest))
            return kept, f"{refused} Using {kept}."

    def parse(self, text: str) -> object:
        """What a person typed, as a raw value for `check`; BadValue where it is none."""
        text = text.strip()
        if self.type == "str":
            return text
        if match := re.fullmatch(r"(\w+)\(([^()]*)\)", text):
            return schedules.from_text(self.name, match[1], match[2])
        if text.startswith("[") and text.endswith("]"):
            return tuple(_number(self, part) for part in text[1:-1].split(","))
        if self.type == "bool":
            if text.lower() in ("true", "false", "1", "0"):
                return text.lower() in ("true", "1")
            raise BadValue(f"`{self.name}` must be true or false, but got {text[:40]!r}.")
        return _number(self, text)

    def _check_scalar(self, value: object) -> Scalar:
        if self.type == "str":
            if not isinstance(value, str) or (self.options and value not in self.options):
                rule = f"`{self.bounds}` must hold" if self.options else f"`{self.name}` is a text"
                raise BadValue(f"{rule}, but got {self.name}={shown(value)}.")
            return self._check_map(value) if self.letters else value
        if self.type == "bool":
            if not isinstance(value, bool):
                raise BadValue(f"`{self.name}` must be true or false, but got {shown(value)}.")
            return value
        whole = self.type == "int"
        if (
            not _is_number(value)
            or (isinstance(value, float) and not math.isfinite(value))
            or (whole and value != int(value))
        ):
            kind = "a whole number" if whole else "a finite number"
            raise BadValue(f"`{self.name}` must be {kind}, but got {self.name}={shown(value)}.")
        if not self.low <= value <= self.high:
            raise BadValue(f"`{self.bounds}` must hold, but got {self.name}={shown(value)}.")
        return int(value) if whole else float(value)

    def _check_map(self, drawn: str) -> str:
        """Where a wind blows, the ways depend on another knob, and `check_world` looks for them."""
        if self.wind:
            return "/".join(maps.parse(drawn, self.letters))
        return maps.check(drawn, self.letters, self.moves)

    def _check_schedule(self, value: Schedule) -> Schedule:
        if not self.can_schedule:
            raise BadValue(f"`{self.name}` can not follow a schedule; give one value.")
        self._check_scalar(value.start)
        self._check_scalar(value.end)
        if not 1 <= value.over <= 10**9:
            raise BadValue(f"`1 <= over <= 1e9` must hold, but got over={value.over}.")
        if value.shape == "exponential" and value.start * value.end <= 0:
            raise BadValue(
                f"`start * end > 0` must hold for an exponential schedule of {self.name}, "
                f"but got start={value.start:g}, end={value.end:g}."
            )
        return value

    def _check_each(self, values: list[Any] | tuple[Any, ...], replicas: int | None) -> Value:
        if not self.can_schedule:
            raise BadValue(f"`{self.name}` takes one value, not one for each replica.")
        if len(values) != (replicas or max(1, len(values))):
            raise BadValue(
                f"`len({self.name}) == replicas` must hold, but got {len(values)} values "
                f"for replicas={replicas or 1}."
            )
        return tuple(float(self._check_scalar(value)) for value in values)


def _number(field: Field, text: str) -> float | int:
    try:
        number = float(text)
    except ValueError:
        raise BadValue(f"`{field.name}` must be a number, but got {text[:40]!r}.") from None
    return (
        int(number)
        if math.isfinite(number) and field.type == "int" and number == int(number)
        else number
    )


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
