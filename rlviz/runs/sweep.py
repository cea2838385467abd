"""A sweep: one spec at several values of one or two knobs.

A *point* is one value of each swept knob, and `repeats` replicas stand at it. Points that differ
in live numbers alone share one run, each at replicas of its own; where a value of any other knob
differs, that is another run. A point costs as much as a small run, so a sweep has at most 64.

No two points share random numbers: within a run every replica has a stream of its own, and each
run has its own seed, the first one that of the spec. So two points differ by their knobs and by
chance, and their standard errors are independent of each other.

A replica that diverges ends the run that it is in. Then the points it stood at are lost, and the
others of that run are made again: the same replicas with the same random numbers and values, so
the same numbers to the last bit. The replicas of lost points stand in for nothing: they are given
the values of a point that is not lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any

from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, UnknownName, shown
from rlviz.hyperparameters import Field, Value, to_json
from rlviz.runs import spec as specs
from rlviz.runs.spec import MAX_REPLICAS, RunSpec

MAX_POINTS = 64
MAX_ITERATIONS = 1_000_000
MAX_AXES = 2
NOWHERE = -1
_SEEDS = 2**63


@dataclass(frozen=True)
class Axis:
    """A knob of the algorithm or of the world, and the values that it takes."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Plan:
    """What is swept: `repeats` replicas at every point, for so many iterations."""

    spec: RunSpec  # what no axis names
    axes: tuple[Axis, ...]  # one or two
    repeats: int
    iterations: int
    lesson: str = ""
    scene: str = ""
    alias: str = ""

    @property
    def points(self) -> tuple[tuple[Value, ...], ...]:
        """Every point as its values in the order of the axes; the last axis turns first."""
        return tuple(product(*(axis.values for axis in self.axes)))


@dataclass(frozen=True)
class Part:
    """One run of a sweep, and the point that each of its replicas is of."""

    spec: RunSpec
    points: tuple[int, ...]  # [replicas]; NOWHERE for a replica of a lost point
    stand_in: int  # the point at whose values those are


@dataclass(frozen=True)
class Lost:
    """A point that has no result: `replicas` of its replicas were no longer finite."""

    point: int
    iteration: int
    signal: str
    replicas: int


@dataclass(frozen=True)
class Sweep:
    """How far a sweep is, and the runs that carry its points."""

    id: str
    plan: Plan
    created: float  # seconds since 1970
    runs: tuple[str, ...] = ()  # in the order of `parts`; "" for one that has not begun
    done: tuple[bool, ...] = ()  # nothing more will come of that run
    cancelled: bool = False
    sentences: tuple[str, ...] = field(default=())  # what went wrong, where something did
    lost: tuple[Lost, ...] = ()
    at: tuple[int, ...] = ()  # the iteration at which each run is
    waits: str = ""  # why it does not go on now, where something keeps it

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.cancelled or all(self.done)

    @property
    def progress(self) -> float:
        """The share of all iterations that are behind it."""
        behind = [
            self.plan.iterations if done else min(at, self.plan.iterations)
            for done, at in zip(self.done, self.at, strict=True)
        ]
        return sum(behind) / (len(behind) * self.plan.iterations) if behind else 0.0


def parts(plan: Plan, catalogue: Catalogue, lost: Collection[int] = ()) -> tuple[Part, ...]:
    """The runs of a checked plan, where some points are lost already.

    Each other point stands in exactly one of them, at `repeats` replicas in a row.
    """
    known = knobs(plan.spec, catalogue)
    apart = [place for place, axis in enumerate(plan.axes) if not known[axis.name].can_schedule]
    groups: dict[tuple[Value, ...], list[int]] = {}
    for number, values in enumerate(plan.points):
        groups.setdefault(tuple(values[place] for place in apart), []).append(number)
    return tuple(
        _part(plan, catalogue, members, lost, seed=(plan.spec.seed + nth) % _SEEDS)
        for nth, members in enumerate(groups.values())
    )


def at_point(plan: Plan, point: int, catalogue: Catalogue) -> RunSpec:
    """The spec with the knobs of that point, as a run of `repeats` replicas alone would have it."""
    values = dict(zip((axis.name for axis in plan.axes), plan.points[point], strict=True))
    return replace(_turned(plan.spec, values, catalogue), replicas=plan.repeats)


def knobs(spec: RunSpec, catalogue: Catalogue) -> dict[str, Field]:
    """The knobs that can be swept: all of the algorithm and of the world but its map."""
    own = catalogue.algorithm(spec.algorithm).fields | catalogue.world(spec.world).fields
    return {n: f for n, f in own.items() if f.type != "str" or f.options}


def check(plan: Plan, catalogue: Catalogue) -> Plan:
    """The plan with every value in its own type; BadValue or UnknownName with a sentence."""
    if plan.spec.interventions:
        raise BadValue("A sweep begins every run anew; its spec may have no interventions.")
    if len(plan.axes) not in range(1, MAX_AXES + 1):
        raise BadValue(f"A sweep has 1 or {MAX_AXES} knobs, but got {len(plan.axes)}.")
    names = [axis.name for axis in plan.axes]
    if len(set(names)) != len(names):
        raise BadValue(f"The knobs of a sweep must differ, but got `{names[0]}` twice.")
    _whole("repeats", plan.repeats, MAX_REPLICAS)
    _whole("iterations", plan.iterations, MAX_ITERATIONS)
    rest = replace(
        plan.spec,
        config={n: v for n, v in plan.spec.config.items() if n not in names},
        world_config={n: v for n, v in plan.spec.world_config.items() if n not in names},
        replicas=1,
    )
    spec = specs.from_plain(specs.to_plain(rest), catalogue)
    known = knobs(spec, catalogue)
    checked = replace(plan, spec=spec, axes=tuple(_axis(axis, known) for axis in plan.axes))
    points = prod(len(axis.values) for axis in checked.axes)
    if points > MAX_POINTS:
        raise BadValue(
            "`points <= {most}` must hold, because each costs as much as a run, but got "
            "{product} = {points}.",
            most=MAX_POINTS,
            product=" × ".join(str(len(axis.values)) for axis in checked.axes),
            points=points,
        )
    if points * plan.repeats > MAX_REPLICAS:
        raise BadValue(
            "`points × repeats <= {most}` must hold, but got {points} × {repeats}; "
            "{fit} repeats are the most.",
            most=MAX_REPLICAS,
            points=points,
            repeats=plan.repeats,
            fit=MAX_REPLICAS // points,
        )
    for axis in checked.axes:
        _check_acts(known, axis.name, checked)
    for part in parts(checked, catalogue):  # what values forbid together, as a wind and a map
        specs.from_plain(specs.to_plain(part.spec), catalogue)
    return checked


def to_plain(plan: Plan) -> dict[str, Any]:
    """The plan as JSON; `from_plain` reads it back to an equal value."""
    axes = [{"name": a.name, "values": [to_json(v) for v in a.values]} for a in plan.axes]
    return {
        "spec": specs.to_plain(plan.spec),
        "axes": axes,
        "repeats": plan.repeats,
        "iterations": plan.iterations,
        "lesson": plan.lesson,
        "scene": plan.scene,
        "alias": plan.alias,
    }


def from_plain(plain: object, catalogue: Catalogue) -> Plan:
    """A checked plan from JSON of any origin."""
    if not isinstance(plain, dict) or set(plain) - set(Plan.__dataclass_fields__):
        raise BadValue(
            f"A sweep must be a JSON object of {', '.join(Plan.__dataclass_fields__)}, "
            f"but got {shown(plain)}."
        )
    axes = plain.get("axes", ())
    if not isinstance(axes, list | tuple) or not all(_is_axis(axis) for axis in axes):
        raise BadValue(f"`axes` must be a list of name and values, but got {shown(axes)}.")
    texts = {k: plain.get(k, "") for k in ("lesson", "scene", "alias")}
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > 80:
            raise BadValue(f"`{name}` must be a short text, but got {shown(text)}.")
    spec = specs.from_plain(plain.get("spec"), catalogue)
    swept = tuple(Axis(a["name"], tuple(a["values"])) for a in axes)
    plan = Plan(spec, swept, plain.get("repeats", 1), plain.get("iterations", 0), **texts)
    return check(plan, catalogue)


def _part(
    plan: Plan, catalogue: Catalogue, members: list[int], lost: Collection[int], *, seed: int
) -> Part:
    whole = next((p for p in members if p not in lost), members[0])
    values: dict[str, Value] = {}
    for place, axis in enumerate(plan.axes):
        each = [plan.points[whole if p in lost else p][place] for p in members]
        if len(set(each)) == 1:  # all of them, where the knob can not differ within a run
            values[axis.name] = each[0]
        else:
            values[axis.name] = tuple(_repeated(each, plan.repeats))
    here = [NOWHERE if p in lost else p for p in members]
    points = tuple(_repeated(here, plan.repeats))
    spec = replace(_turned(plan.spec, values, catalogue), seed=seed, replicas=len(points))
    return Part(spec, points, whole)


def _turned(spec: RunSpec, values: dict[str, Value], catalogue: Catalogue) -> RunSpec:
    of_world = catalogue.world(spec.world).fields
    return replace(
        spec,
        config=spec.config | {n: v for n, v in values.items() if n not in of_world},
        world_config=spec.world_config | {n: v for n, v in values.items() if n in of_world},
    )


def _repeated(values: list[Any], times: int) -> Iterator[Any]:
    return (value for value in values for _ in range(times))


def _axis(axis: Axis, known: dict[str, Field]) -> Axis:
    if axis.name not in known:
        raise UnknownName("knob", axis.name, known)
    values = tuple(known[axis.name].check(value) for value in axis.values)
    if not all(isinstance(value, int | float | str) for value in values):  # no schedules
        raise BadValue(f"A sweep takes single values of `{axis.name}`.")
    if not values or len(set(values)) != len(values):
        raise BadValue(
            "The values of `{name}` must differ, but got {values}.",
            name=axis.name,
            values=", ".join(str(value) for value in values)[:60] or "–",
        )
    return Axis(axis.name, values)


def _check_acts(known: dict[str, Field], name: str, plan: Plan) -> None:
    """BadValue where the knob would turn nothing beside another setting."""
    setting, needed = known[name].applies or ("", "")
    if setting not in known:
        return
    swept = {axis.name: axis.values for axis in plan.axes}
    now = swept.get(setting) or (plan.spec.config.get(setting, known[setting].default),)
    if wrong := [value for value in now if value != needed]:
        raise BadValue(
            "`{setting} = {needed}` must hold for `{name}` to act, but got {setting}={given}.",
            setting=setting,
            needed=needed,
            name=name,
            given=wrong[0],
        )


def _is_axis(axis: object) -> bool:
    if not isinstance(axis, dict) or set(axis) != {"name", "values"}:
        return False
    return isinstance(axis["name"], str) and isinstance(axis["values"], list | tuple)


def _whole(name: str, value: object, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= high:
        raise BadValue(f"`1 <= {name} <= {high}` must hold, but got {name}={shown(value)}.")
