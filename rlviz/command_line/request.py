"""From the arguments of `run` to a checked spec; every refusal is a sentence."""

from __future__ import annotations

import argparse
import math
import operator
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rlviz import lessons
from rlviz.catalogue import AlgorithmEntry, Catalogue
from rlviz.errors import BadValue, UnknownName
from rlviz.hyperparameters import Field
from rlviz.runs.spec import RunSpec, from_plain
from rlviz.signals import SIGNALS

MAX_ITERATIONS = 10**12
SUFFIXES = (".parquet", ".jsonl", ".zip")
_COMPARE: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Until:
    """A condition on one number of the summary, which ends a run early."""

    signal: str
    statistic: str  # "last" or "mean_last_100"
    relation: str  # ">=" or "<="
    value: float

    def holds(self, numbers: dict[str, dict[str, float]]) -> bool:
        """Whether it holds now; a number that does not exist yet is NaN, which holds nothing."""
        return _COMPARE[self.relation](numbers[self.signal][self.statistic], self.value)


def spec(asked: argparse.Namespace, catalogue: Catalogue) -> RunSpec:
    """The spec that the arguments describe, or the stored one."""
    if asked.spec is not None:
        _refuse_beside_spec(asked)
        return from_plain(_stored(asked.spec), catalogue)
    if asked.algorithm is None:
        known = ", ".join(entry.name for entry in catalogue.algorithms)
        raise BadValue(f"`run` needs an ALGORITHM or --spec FILE. Algorithms: {known}.")
    algorithm = catalogue.algorithm(asked.algorithm)
    knobs = _preset(asked.preset) if asked.preset else {}
    world_name = knobs.pop("world", None) if asked.world is None else asked.world
    knobs.pop("world", None)
    if world_name is None:
        raise BadValue(
            f"`run` needs --world WORLD; `{algorithm.name}` runs on {', '.join(algorithm.worlds)}."
        )
    world = catalogue.world(world_name)
    for item in asked.set:
        name, text = _assignment(item, "--set", "NAME=VALUE")
        knobs[name] = _field(name, algorithm.fields, world.fields).parse(text)
    config = {name: value for name, value in knobs.items() if name not in world.fields}
    world_config = {name: value for name, value in knobs.items() if name in world.fields}
    plain = {
        "algorithm": algorithm.name,
        "world": world.name,
        "config": config,
        "world_config": world_config,
        "seed": 0 if asked.seed is None else asked.seed,
        "replicas": 1 if asked.replicas is None else asked.replicas,
        "device": "auto" if asked.device is None else asked.device,
        "interventions": [_change(item, algorithm.fields, world.fields) for item in asked.at],
    }
    return from_plain(plain, catalogue)


def until(text: str, algorithm: AlgorithmEntry) -> Until:
    """Read `--until`; the signal must be a number at each time."""
    match = re.fullmatch(r"\s*(\w+)(?:\.(\w+))?\s*(>=|<=)\s*(\S+)\s*", text)
    if not match:
        raise BadValue(
            "`--until` is written 'SIGNAL[.last|.mean_last_100] >= VALUE' (or <=), "
            f"but got {text[:80]!r}."
        )
    name, statistic, relation, number = match.groups(default="last")
    numbers = scalars(algorithm)
    if name not in numbers:
        if name in SIGNALS:
            raise BadValue(
                f"`--until` needs a number of `{algorithm.name}`, and `{name}` is none. "
                f"Its numbers: {', '.join(numbers)}."
            )
        raise UnknownName("signal", name, numbers)
    if statistic not in ("last", "mean_last_100"):
        raise BadValue(f"`{name}` has .last and .mean_last_100, but got .{statistic[:40]}.")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadValue(f"`--until` compares with a finite number, but got {number[:40]!r}.")
    return Until(name, statistic, relation, value)


def scalars(algorithm: AlgorithmEntry) -> list[str]:
    """The signals of an algorithm that are one number at a time, its settings left out."""
    return sorted(
        name
        for name, declared in SIGNALS.items()
        if (declared.is_curve or declared.axes == "")
        and (name in algorithm.signals or declared.kind == "derived")
        and name not in algorithm.fields
    )


def iterations(count: int) -> int:
    """`count`, where it is one that a run can have."""
    if not 1 <= count <= MAX_ITERATIONS:
        raise BadValue(f"`1 <= iterations <= {MAX_ITERATIONS}` must hold, but got {count}.")
    return count


def out(path: str | None, *, raw: bool) -> Path | None:
    """Where to write, refused before the training and not after it."""
    if path is None:
        if raw:
            raise BadValue(
                "`--raw` writes to a file: add --out FILE.parquet, FILE.jsonl or FILE.zip."
            )
        return None
    file = Path(path)
    if file.suffix not in SUFFIXES:
        raise BadValue(f"`--out` must end in {', '.join(SUFFIXES)}, but got {file.name[:80]!r}.")
    if not file.parent.is_dir():
        raise BadValue(f"`--out` needs a folder that exists, but {str(file.parent)!r} does not.")
    return file


def _refuse_beside_spec(asked: argparse.Namespace) -> None:
    values = ("algorithm", "world", "seed", "replicas", "device", "preset", "set", "at")
    for name in values:
        if getattr(asked, name) not in (None, []):
            shown = "ALGORITHM" if name == "algorithm" else f"--{name}"
            raise BadValue(f"`--spec` holds the whole run: leave out {shown}, or change the file.")


def _stored(path: str) -> object:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise BadValue(f"`--spec` can not read {path[:80]!r}: {error.strerror}.") from None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadValue(f"`--spec` must be JSON, but {path[:80]!r} is not: {error}.") from None


def _preset(name: str) -> dict[str, Any]:
    """The knobs of a preset, by its name or, where two lessons share that, LESSON.NAME."""
    full = {
        (lesson, preset.name): preset.knobs
        for lesson in lessons.names()
        for preset in lessons.lesson(lesson).presets
    }
    times = Counter(short for _, short in full)
    known = {f"{lesson}.{short}": knobs for (lesson, short), knobs in full.items()}
    known |= {short: knobs for (_, short), knobs in full.items() if times[short] == 1}
    if name not in known:
        raise UnknownName("preset", name, known)
    return dict(known[name])


def _change(
    item: str, of_algorithm: dict[str, Field], of_world: dict[str, Field]
) -> dict[str, Any]:
    when, colon, rest = item.partition(":")
    if not colon or not re.fullmatch(r"\s*\d{1,15}\s*", when):
        raise BadValue(f"`--at` is written ITERATION:NAME=VALUE, but got {item[:80]!r}.")
    name, text = _assignment(rest, "--at", "ITERATION:NAME=VALUE")
    value = _field(name, of_algorithm, of_world).parse(text)
    if name in of_algorithm:
        return {"iteration": int(when), "kind": "set", "field": name, "value": value}
    return {"iteration": int(when), "kind": "edit", "world": {name: value}, "keep": "weights"}


def _assignment(item: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not equals:
        raise BadValue(f"`{option}` is written {form}, but got {item[:80]!r}.")
    return name.strip(), value


def _field(name: str, of_algorithm: dict[str, Field], of_world: dict[str, Field]) -> Field:
    known = {**of_world, **of_algorithm}
    if name not in known:
        raise UnknownName("hyper-parameter", name, known)
    return known[name]
