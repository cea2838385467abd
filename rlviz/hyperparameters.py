"""Hyper-parameters as annotations, and the one validation that every value passes.

A field of a `Config` is annotated once; controls, URL, command line, glossary and translation
come from that:

    StepSize = Annotated[float, Range(1e-4, 1, log=True), LIVE, Symbol("α"), ...]

    @dataclass(frozen=True)
    class Config:
        alpha: StepSize = 0.5

The process that serves pages never imports an algorithm, so what travels is `Field`: the same
facts as plain data, with the same `check`.
"""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeGuard, get_args, get_origin, get_type_hints

from rlviz import schedules
from rlviz.errors import BadValue, UnknownName, shown
from rlviz.schedules import Schedule

Tray = Literal["world", "agent", "method"]
HUGE = sys.float_info.max  # a bound that every finite number keeps and that JSON can carry


@dataclass(frozen=True)
class Range:
    """Closed interval that must hold; `log` asks for a logarithmic control."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choices:
    """The words that are allowed, in the order of the control."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Symbol:
    """The literature's letter."""

    text: str


@dataclass(frozen=True)
class Title:
    """The name on screen, in English; the catalogues translate it."""

    text: str


@dataclass(frozen=True)
class Hint:
    """What happens at the small and at the large end."""

    small: str
    large: str


@dataclass(frozen=True)
class InTray:
    """Which of the three trays of controls it stands in."""

    tray: Tray


@dataclass(frozen=True)
class Live:
    """The next iteration reads it; without this mark a change restarts the run."""


LIVE = Live()


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
            return value
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


def fields(config: type) -> dict[str, Field]:
    """The knobs of a Config class, in the order in which they are declared."""
    hints = get_type_hints(config, include_extras=True)
    return {f.name: _field(f, hints[f.name]) for f in dataclasses.fields(config)}


def build(
    config: type, values: dict[str, Any], replicas: int | None = None, what: str = "hyper-parameter"
) -> Any:
    """A Config from raw values; unknown names and bad values raise with a sentence."""
    known = fields(config)
    return config(**check_all(known, values, replicas, what))


def check_all(
    known: dict[str, Field],
    values: dict[str, Any],
    replicas: int | None = None,
    what: str = "hyper-parameter",
) -> dict[str, Value]:
    """Every raw value checked by its field."""
    for name in values:
        if name not in known:
            raise UnknownName(what, str(name), known)
    return {name: known[name].check(value, replicas) for name, value in values.items()}


def to_json(value: Value) -> Any:
    """A value as JSON; `Field.check` reads it back."""
    if isinstance(value, Schedule):
        return schedules.to_json(value)
    return list(value) if isinstance(value, tuple) else value


def _field(declared: dataclasses.Field[Any], hint: Any) -> Field:
    base, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    default: Any = declared.default  # a Config gives every field a default
    facts: dict[str, Any] = {"title": declared.name.rstrip("_").replace("_", " ")}
    for mark in marks:
        match mark:
            case Range(low, high, log):
                facts |= {"low": low, "high": high, "log": log}
            case Choices(options):
                facts |= {"options": options}
            case Symbol(text):
                facts |= {"symbol": text}
            case Title(text):
                facts |= {"title": text}
            case Hint(small, large):
                facts |= {"small": small, "large": large}
            case InTray(tray):
                facts |= {"tray": tray}
            case Live():
                facts |= {"live": True}
    return Field(declared.name, base.__name__, default, **facts)


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


# The shared types: the same idea has the same name, letter and hints in every algorithm.

StepSize = Annotated[
    float,
    Range(1e-4, 1.0, log=True),
    LIVE,
    Symbol("α"),
    Title("step size"),
    Hint("slow and steady", "quick and noisy"),
    InTray("method"),
]
Discount = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("γ"),
    Title("discount"),
    Hint("only the next reward counts", "the far future counts as much"),
    InTray("agent"),
]
Exploration = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("ε"),
    Title("exploration"),
    Hint("stays with what it knows", "moves at random more often"),
    InTray("agent"),
]
InitialValue = Annotated[
    float,
    Range(-200.0, 200.0),
    Symbol("Q₀"),
    Title("initial value"),
    Hint("everything new looks bad", "everything new looks promising, so it is tried"),
    InTray("method"),
]
Slip = Annotated[
    float,
    Range(0.0, 0.9),
    Title("slip"),
    Hint("the world obeys", "the world often turns a move to its side"),
    InTray("world"),
]
TimeLimit = Annotated[
    int,
    Range(10, 10_000),
    Title("time limit"),
    Hint("cuts lost episodes early", "lets lost episodes wander"),
    InTray("world"),
]
