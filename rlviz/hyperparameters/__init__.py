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
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from rlviz import maps, schedules
from rlviz.errors import UnknownName
from rlviz.hyperparameters.annotations import (
    LIVE,
    Applies,
    Choices,
    Hint,
    InTray,
    IsMap,
    Live,
    Range,
    Symbol,
    Title,
    Tray,
)
from rlviz.hyperparameters.field import HUGE, Field, Scalar, Value
from rlviz.hyperparameters.shared import (
    Backtrack,
    Behaviour,
    Confidence,
    ConjugateSteps,
    ConstantBaseline,
    ContinuingMap,
    Copies,
    CriticStep,
    Damping,
    Discount,
    EntropyBonus,
    Episodes,
    EpisodicMap,
    Expectation,
    Exploration,
    FirstProbability,
    Hold,
    InitialValue,
    Instance,
    OptimiserKind,
    ParameterScale,
    PolicyStep,
    Preference1,
    Preference2,
    Preference3,
    RandomShare,
    Reward1,
    Reward2,
    Reward3,
    RewardNoise,
    RolloutSteps,
    Slip,
    StepReward,
    Steps,
    StepSize,
    SweepOrder,
    Temperature,
    TimeLimit,
    TraceDecay,
    TraceKind,
    Treasure,
    Tries,
    TrustRadius,
    WinChance,
    Wind,
)
from rlviz.schedules import Schedule


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


def check_world(known: dict[str, Field], values: dict[str, Any]) -> dict[str, Value]:
    """Every raw value of a world checked, and its map in the wind that blows with them."""
    checked = check_all(known, values, None, "world setting")
    now = {name: field.default for name, field in known.items()} | checked
    for name, field in known.items():
        strength = now.get("wind", 0)
        if field.wind and isinstance(strength, int):
            wind = tuple(strength * blow for blow in field.wind)
            maps.check(str(now[name]), field.letters, field.moves, wind)
    return checked


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
            case IsMap(letters, moves, wind):
                facts |= {"letters": letters, "moves": moves, "wind": wind}
            case Symbol(text):
                facts |= {"symbol": text}
            case Title(text):
                facts |= {"title": text}
            case Hint(small, large):
                facts |= {"small": small, "large": large}
            case Applies(setting, value):
                facts |= {"applies": (setting, value)}
            case InTray(tray):
                facts |= {"tray": tray}
            case Live():
                facts |= {"live": True}
    return Field(declared.name, base.__name__, default, **facts)


__all__ = [
    "HUGE",
    "LIVE",
    "Applies",
    "Backtrack",
    "Behaviour",
    "Choices",
    "Confidence",
    "ConjugateSteps",
    "ConstantBaseline",
    "ContinuingMap",
    "Copies",
    "CriticStep",
    "Damping",
    "Discount",
    "EntropyBonus",
    "Episodes",
    "EpisodicMap",
    "Expectation",
    "Exploration",
    "Field",
    "FirstProbability",
    "Hint",
    "Hold",
    "InTray",
    "InitialValue",
    "Instance",
    "IsMap",
    "OptimiserKind",
    "ParameterScale",
    "PolicyStep",
    "Preference1",
    "Preference2",
    "Preference3",
    "RandomShare",
    "Range",
    "Reward1",
    "Reward2",
    "Reward3",
    "RewardNoise",
    "RolloutSteps",
    "Scalar",
    "Slip",
    "StepReward",
    "StepSize",
    "Steps",
    "SweepOrder",
    "Symbol",
    "Temperature",
    "TimeLimit",
    "Title",
    "TraceDecay",
    "TraceKind",
    "Tray",
    "Treasure",
    "Tries",
    "TrustRadius",
    "Value",
    "WinChance",
    "Wind",
    "build",
    "check_all",
    "check_world",
    "fields",
    "to_json",
]
