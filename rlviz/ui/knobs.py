"""The knobs of a lesson as data: which there are, their values, and the runs that they stand for.

A knob is a `Field` of an algorithm or a world of the lesson, or one of three that belong to the
run itself. Stages share a knob of the same name. No Streamlit here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rlviz.catalogue import Catalogue
from rlviz.hyperparameters import Field, Value, check_all
from rlviz.lessons import Lesson, Stage
from rlviz.runs.spec import MAX_REPLICAS, Edit, Intervention, RunSpec, Set

Knobs = dict[str, Value]
RUN_FIELDS = ("world", "replicas", "seed")

_REPLICAS = Field(
    "replicas",
    "int",
    1,
    "replicas",
    low=1,
    high=MAX_REPLICAS,
    small="one story, wild curves",
    large="a smooth mean with an honest band, but slower",
)
_SEED = Field(
    "seed",
    "int",
    0,
    "seed",
    low=0,
    high=10**9,
    small="any whole number gives another run",
    large="the same number gives the same run again",
)


def fields(lesson: Lesson, catalogue: Catalogue, world: str) -> dict[str, Field]:
    """Every knob of the lesson in that world, in the order of the trays.

    What every stage that has it sets for itself is no knob.
    """
    worlds = lesson.worlds or tuple(dict.fromkeys(stage.world for stage in lesson.stages))
    default = lesson.stages[0].world
    known = {"world": Field("world", "str", default, "world", options=worlds, tray="world")}
    known |= catalogue.world(world).fields
    for stage in lesson.stages:
        for name, declared in catalogue.algorithm(stage.algorithm).fields.items():
            if name not in stage.own:
                known.setdefault(name, declared)
    return known | {"replicas": _REPLICAS, "seed": _SEED}


def acts(declared: Field, lesson: Lesson, knobs: Knobs, catalogue: Catalogue) -> bool:
    """Whether some stage that has that knob reads it where the others stand now."""
    if not declared.applies:
        return True
    setting, value = declared.applies
    for stage in lesson.stages:
        known = catalogue.algorithm(stage.algorithm).fields
        if declared.name in known and declared.name not in stage.own:
            at = stage.own.get(setting, knobs.get(setting))
            if setting not in known or at == value:
                return True
    return False


def defaults(lesson: Lesson, catalogue: Catalogue, world: str | None = None) -> Knobs:
    """What the lesson's file says, and the declared default where it is silent."""
    first = lesson.stages[0]
    world = world or first.world
    known = fields(lesson, catalogue, world)
    said: dict[str, Any] = {"replicas": first.replicas, "seed": first.seed}
    for stage in reversed(lesson.stages):
        said |= stage.config | (stage.world_config if stage.world == world else {})
    values = {name: declared.default for name, declared in known.items()}
    values |= {name: value for name, value in said.items() if name in known}
    return check_all(known, values | {"world": world})


def in_world(knobs: Knobs, lesson: Lesson, catalogue: Catalogue, world: str) -> Knobs:
    """The same knobs in another world: what was turned and both worlds know is kept."""
    fresh, known = defaults(lesson, catalogue, world), fields(lesson, catalogue, world)
    before = defaults(lesson, catalogue, str(knobs.get("world", world)))
    for name, value in knobs.items():
        if name in fresh and value != before.get(name) and not known[name].letters:
            kept, _ = known[name].clamp(value)
            fresh[name] = fresh[name] if kept is None else kept
    return fresh | {"world": world}


def spec(stage: Stage, knobs: Knobs, catalogue: Catalogue) -> RunSpec:
    """The run of a stage with these knobs; only what differs from the declared defaults is said."""
    world = str(knobs["world"])
    return RunSpec(
        algorithm=stage.algorithm,
        world=world,
        config=_changed(catalogue.algorithm(stage.algorithm).fields, {**knobs, **stage.own}),
        world_config=_changed(catalogue.world(world).fields, knobs),
        seed=_whole(knobs["seed"]),
        replicas=_whole(knobs["replicas"]),
    )


def of_runs(specs: Iterable[RunSpec], lesson: Lesson, catalogue: Catalogue) -> Knobs:
    """The knobs that running runs stand at: their specs, and the changes that have acted.

    One spec for each stage of the lesson, in their order.
    """
    listed = list(specs)
    knobs = in_world({}, lesson, catalogue, listed[0].world)
    world = {n: f.default for n, f in catalogue.world(listed[0].world).fields.items()}
    for one, stage in reversed(list(zip(listed, lesson.stages, strict=True))):
        known = catalogue.algorithm(one.algorithm).fields
        now: Knobs = {n: f.default for n, f in known.items()} | world | one.config
        now |= one.world_config | {"replicas": one.replicas, "seed": one.seed}
        for at in one.interventions:
            match at.intervention:
                case Set(name, value):
                    now[name] = value
                case Edit(edited):
                    now |= edited
        knobs |= {n: v for n, v in now.items() if n in knobs and n not in stage.own}
    return knobs


def fits(spec: RunSpec, stage: Stage, catalogue: Catalogue) -> bool:
    """Whether a run may be the one of that stage: its algorithm, with what is the stage's own."""
    known = catalogue.algorithm(stage.algorithm).fields
    return spec.algorithm == stage.algorithm and all(
        spec.config.get(name, known[name].default) == known[name].check(value)
        for name, value in stage.own.items()
    )


def keeping(
    changed: Mapping[str, Value], stage: Stage, knobs: Knobs, catalogue: Catalogue
) -> list[Intervention]:
    """The changes as interventions on a running stage that keep what it has learned."""
    of_world = catalogue.world(str(knobs["world"])).fields
    of_agent = set(catalogue.algorithm(stage.algorithm).fields) - set(stage.own)
    sets = [Set(n, v, "weights") for n, v in changed.items() if n in of_agent]
    edit = {n: v for n, v in changed.items() if n in of_world}
    return [*sets, *([Edit(edit, "weights")] if edit else [])]


def can_keep(changed: Iterable[str]) -> bool:
    """Whether the tables keep their shape and meaning under these changes.

    Another world or another number of replicas has other tables, another seed is another run, and
    an initial value says nothing to a table that has already learned.
    """
    return not set(changed) & {*RUN_FIELDS, "initial_value"}


def map_field(known: Mapping[str, Field]) -> Field | None:
    """The knob that is drawn on the stage; None where the world has no map."""
    return next((declared for declared in known.values() if declared.letters), None)


def _changed(known: Mapping[str, Field], knobs: Mapping[str, Any]) -> Knobs:
    """What differs from the declared defaults, checked."""
    found = {n: f.check(knobs[n]) for n, f in known.items()}
    return {n: v for n, v in found.items() if v != known[n].default}


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"A checked whole number was expected, got {value!r}.")
    return value


def stops(declared: Field, current: Value) -> list[float]:
    """The stops of a logarithmic control: 1, 2 and 5 of every decade, the ends, and `current`."""
    nice = (float(f"{digit}e{power}") for power in range(-12, 13) for digit in (1, 2, 5))
    found = {declared.low, declared.high, *(n for n in nice if declared.low <= n <= declared.high)}
    if isinstance(current, float):
        found.add(current)
    return sorted(found)


def step(declared: Field) -> float:
    """The step of a linear control: a round number, about a hundredth of the range."""
    return float(f"1e{math.floor(math.log10((declared.high - declared.low) / 50))}")
