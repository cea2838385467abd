"""What a browser may say on the live route: five commands as JSON, checked like any bad input."""

from __future__ import annotations

import math
from typing import Any, get_args

import orjson

from rlviz.errors import BadMessage
from rlviz.hyperparameters import Value
from rlviz.runs.messages import Grain, Pause, Play, Step, Watch
from rlviz.runs.spec import Edit, Keep
from rlviz.server.limits import MOST_SPEED
from rlviz.signals import SIGNALS

LiveCommand = Play | Pause | Step | Watch | Edit

LONGEST = 16 * 1024  # characters of a command
MOST_STEPS = 10_000
MOST_FPS = 60.0
_PARTS = ("", "now", "tail")  # what a frame can carry of a signal
_FIELDS = {
    "Play": {"speed"},
    "Pause": set(),
    "Step": {"grain", "n"},
    "Watch": {"signals", "fps"},
    "Edit": {"world", "keep"},
}


def parse(text: str, run: str) -> LiveCommand:
    """The command of that text for that run; BadMessage with a sentence where it is none."""
    if len(text) > LONGEST:
        raise BadMessage(f"A command has at most {LONGEST} characters, but got {len(text)}.")
    try:
        plain = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadMessage("A command must be JSON, but got something else.") from None
    kind = plain.get("type") if isinstance(plain, dict) else None
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise BadMessage("`type in {Play, Pause, Step, Watch, Edit}` must hold for a command.")
    if extra := set(plain) - _FIELDS[kind] - {"type"}:
        raise BadMessage(f"A {kind} command has no `{min(extra)[:20]}`.")
    if kind == "Play":
        return Play(run, _speed(plain.get("speed")))
    if kind == "Step":
        return Step(run, _grain(plain.get("grain", "iteration")), _count(plain.get("n", 1)))
    if kind == "Watch":
        return Watch(run, _signals(plain.get("signals")), _fps(plain.get("fps")))
    if kind == "Edit":
        return Edit(_world(plain.get("world")), _keep(plain.get("keep", Edit.keep)))
    return Pause(run)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)


def _speed(value: Any) -> float | None:
    if value is None:
        return None
    if not 0 < (speed := _number(value)) <= MOST_SPEED:
        raise BadMessage(f"`0 < speed <= {MOST_SPEED:g}`, or null, must hold.")
    return speed


def _fps(value: Any) -> float:
    if not 0 <= (fps := _number(value)) <= MOST_FPS:
        raise BadMessage(f"`0 <= fps <= {MOST_FPS:g}` must hold.")
    return fps


def _grain(value: Any) -> Grain:
    for grain in get_args(Grain):
        if value == grain:
            return grain  # type: ignore[no-any-return]  # get_args forgets that it is a Literal
    raise BadMessage("`grain in {beat, iteration, episode}` must hold.")


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_STEPS:
        raise BadMessage(f"`1 <= n <= {MOST_STEPS}` must hold for a whole number n.")
    return value


def _signals(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadMessage("`signals` must be a list of names.")
    for name in value:
        base, _, part = name.partition(".")
        if base not in SIGNALS or part not in _PARTS:
            raise BadMessage(f"Unknown signal `{name[:40]}`.")
    return tuple(sorted(set(value)))


def _world(value: Any) -> dict[str, Value]:
    """The new values of the world's own fields; what they may be is checked where it is known."""
    if not isinstance(value, dict) or not all(
        isinstance(v, str | int | float) for v in value.values()
    ):
        raise BadMessage("`world` must be an object of texts and numbers.")
    return dict(value)


def _keep(value: Any) -> Keep:
    if value == "weights":
        return "weights"
    if value == "nothing":
        return "nothing"
    raise BadMessage("`keep in {weights, nothing}` must hold for an Edit.")
