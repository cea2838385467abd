"""Runs as a link, and a link as runs: the one gives back the other exactly.

The knobs say where all runs of a page begin, the changes of each stage what then became of it. A
run from which another was forked stands under its stage's alias with `PARENT` behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rlviz.catalogue import Catalogue
from rlviz.lessons import Lesson
from rlviz.runs.spec import RunSpec
from rlviz.ui import knobs
from rlviz.ui.knobs import Knobs
from rlviz.ui.link import Link
from rlviz.ui.past import PARENT


def link(specs: Mapping[str, RunSpec], lesson: Lesson, catalogue: Catalogue) -> Link:
    """What makes these runs of the lesson's stages; only what differs from its defaults is said."""
    own = {alias: spec for alias, spec in specs.items() if not alias.endswith(PARENT)}
    shown, first = lesson.shown(tuple(own)), next(iter(own.values()))
    begun = [replace(own[stage.alias], interventions=()) for stage in shown.stages]
    return Link(
        knobs=moved(knobs.of_runs(begun, shown, catalogue), lesson, catalogue),
        scene=lesson.scene or None,
        cast=cast(tuple(own), lesson),
        device=None if first.device == "auto" else first.device,
        changes={a: spec.interventions for a, spec in own.items() if spec.interventions},
        before={
            alias.removesuffix(PARENT): spec.interventions
            for alias, spec in specs.items()
            if alias.endswith(PARENT)
        },
    )


def specs(said: Link, lesson: Lesson, catalogue: Catalogue) -> dict[str, RunSpec]:
    """The runs that a link describes, by alias: those of the stages, then the parents."""
    world = str(said.knobs.get("world", lesson.stages[0].world))
    stands = knobs.defaults(lesson, catalogue, world) | said.knobs
    aliases = said.cast or lesson.cast or tuple(stage.alias for stage in lesson.stages)
    found, parents = {}, {}
    for stage in lesson.shown(aliases).stages:
        begun = knobs.spec(stage, stands, catalogue)
        begun = replace(begun, device=said.device) if said.device else begun
        made = said.changes.get(stage.alias, ())
        found[stage.alias] = replace(begun, interventions=made)
        if stage.alias in said.before:
            before = said.before[stage.alias]
            parents[stage.alias + PARENT] = replace(begun, interventions=before)
    return found | parents


def moved(stands: Knobs, lesson: Lesson, catalogue: Catalogue) -> Knobs:
    """The knobs that do not stand where the lesson has them in their world, and the world."""
    first = knobs.defaults(lesson, catalogue, str(stands["world"]))
    differ = {n: v for n, v in stands.items() if v != first[n] or n == "world"}
    if differ["world"] == lesson.stages[0].world:
        differ.pop("world")
    return differ


def cast(aliases: tuple[str, ...], lesson: Lesson) -> tuple[str, ...]:
    """The stages, where a lesson lets one choose and they are others than those that it shows."""
    return aliases if lesson.cast and set(aliases) != set(lesson.cast) else ()


def until(said: Link, aliases: Mapping[str, object]) -> dict[str, int]:
    """Where each of these runs shall stand; a single number is for all of them."""
    given = said.at if len(said.at) > 1 else said.at * len(aliases)
    return dict(zip(aliases, given, strict=False))
