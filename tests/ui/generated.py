"""Values, changes and runs of any lesson, made up by hypothesis."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qsl

from hypothesis import strategies as st

from rlviz import registry
from rlviz.errors import BadValue
from rlviz.hyperparameters import Field, Value
from rlviz.lessons import Lesson, Stage
from rlviz.runs.spec import (
    At,
    Edit,
    Intervention,
    RunSpec,
    Set,
    intervention_from_plain,
    intervention_to_plain,
)
from rlviz.schedules import Schedule
from rlviz.ui import knobs, link
from rlviz.ui.knobs import Knobs

CATALOGUE = registry.catalogue()
_KEEPS = st.sampled_from(["all", "weights", "nothing"])


def values(declared: Field, replicas: int = 3) -> st.SearchStrategy[Value]:
    """What a knob may stand at."""
    if declared.options:
        return st.sampled_from(declared.options)
    if declared.letters:
        return st.sampled_from(_maps(declared))
    if declared.type == "bool":
        return st.booleans()
    if declared.type == "int":
        return st.integers(int(declared.low), int(declared.high))
    numbers = st.floats(declared.low, declared.high, allow_nan=False)
    if not declared.can_schedule:
        return numbers
    linear = st.builds(Schedule, st.just("linear"), numbers, numbers, st.integers(1, 10**9))
    each = st.lists(numbers, min_size=replicas, max_size=replicas).map(tuple)
    return st.one_of(numbers, linear, each)


def _maps(declared: Field) -> list[str]:
    """The world's own map, and it with one more wall, where that is a map."""
    own, found = str(declared.default), {str(declared.default)}
    for at in (place for place, letter in enumerate(own) if letter == "."):
        with suppress(BadValue):
            found.add(str(declared.check(f"{own[:at]}#{own[at + 1 :]}")))
    return sorted(found)


def worlds(lesson: Lesson) -> tuple[str, ...]:
    """Those that the lesson offers."""
    first = lesson.stages[0].world
    return knobs.fields(lesson, CATALOGUE, first)["world"].options


@st.composite
def turned(draw: st.DrawFn, lesson: Lesson) -> Knobs:
    """Some knobs of the lesson in one of its worlds."""
    world = draw(st.sampled_from(worlds(lesson)))
    replicas = draw(st.integers(1, 4))
    known = knobs.fields(lesson, CATALOGUE, world)
    drawn = {n: values(f, replicas) for n, f in known.items() if n not in ("world", "replicas")}
    some = draw(st.fixed_dictionaries({}, optional=drawn))
    return {"world": world, "replicas": replicas, **some}


@st.composite
def changes(draw: st.DrawFn, stage: Stage, world: str, replicas: int) -> tuple[At, ...]:
    """What may have happened to a run of that stage."""
    made = []
    of_agent = CATALOGUE.algorithm(stage.algorithm).fields
    of_world = CATALOGUE.world(world).fields
    for _ in range(draw(st.integers(0, 4))):
        if of_world and draw(st.booleans()):
            names = draw(st.lists(st.sampled_from(sorted(of_world)), min_size=1, unique=True))
            edited = {name: draw(values(of_world[name], replicas)) for name in names}
            change: Intervention = Edit(edited, draw(_KEEPS))
        elif of_agent:
            name = draw(st.sampled_from(sorted(of_agent)))
            change = Set(name, draw(values(of_agent[name], replicas)), draw(_KEEPS))
        else:
            continue
        plain = intervention_to_plain(change)
        checked = intervention_from_plain(plain, stage.algorithm, world, CATALOGUE, replicas)
        made.append(At(draw(st.integers(0, 10**9)), checked))
    return tuple(sorted(made, key=lambda at: at.iteration))


@st.composite
def runs(draw: st.DrawFn, lesson: Lesson) -> dict[str, RunSpec]:
    """The runs of a page: of some of its stages, on the same knobs, each with its own changes."""
    some = draw(turned(lesson))
    world, replicas = str(some["world"]), int(str(some["replicas"]))
    stands = knobs.defaults(lesson, CATALOGUE, world) | some
    aliases = [stage.alias for stage in lesson.stages]
    if lesson.cast:
        aliases = draw(
            st.lists(st.sampled_from(aliases), min_size=1, max_size=link.MOST_STAGES, unique=True)
        )
    return {
        stage.alias: replace(
            knobs.spec(stage, stands, CATALOGUE),
            interventions=draw(changes(stage, world, replicas)),
        )
        for stage in lesson.shown(tuple(aliases)).stages
    }


def as_opened(said: link.Link) -> dict[str, str]:
    """The parameters as they come out of an address bar."""
    return dict(parse_qsl(link.query(link.write(said)), keep_blank_values=True))
