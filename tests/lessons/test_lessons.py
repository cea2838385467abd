"""Lessons as data: they name only what exists, and what they claim is what the engine computes."""

from __future__ import annotations

import re

import pytest

from rlviz import figures, lessons, registry
from rlviz.errors import UnknownName
from rlviz.exact import dynamic_programming as dp
from rlviz.lessons import first_frames
from rlviz.signals import SIGNALS
from rlviz.ui import knobs, link

CATALOGUE = registry.catalogue()
ALL = [scene for name in lessons.names() for scene in lessons.scenes(name)]
STAGES = [(lesson, stage) for lesson in ALL for stage in lesson.stages]
PRESETS = [(lesson, preset) for lesson in ALL for preset in lesson.presets]


def test_home_comes_first() -> None:
    assert lessons.names()[0] == "home"


def test_an_alias_names_one_stage_of_a_whole_lesson() -> None:
    named = [(lesson.name, stage.alias) for lesson, stage in STAGES]

    assert len(set(named)) == len(named)


@pytest.mark.parametrize("lesson", ALL, ids=lambda lesson: f"{lesson.name}-{lesson.scene}")
def test_no_more_stages_are_shown_than_there_is_room_for(lesson: lessons.Lesson) -> None:
    aliases = {stage.alias for stage in lesson.stages}

    assert set(lesson.cast) <= aliases
    assert 1 <= len(lesson.cast or aliases) <= link.MOST_STAGES


def test_an_unknown_lesson_is_a_sentence() -> None:
    with pytest.raises(UnknownName, match="Did you mean `control`"):
        lessons.lesson("controll")


@pytest.mark.parametrize(("lesson", "stage"), STAGES, ids=lambda x: getattr(x, "alias", ""))
def test_a_stage_is_a_run_that_the_registry_knows(
    lesson: lessons.Lesson, stage: lessons.Stage
) -> None:
    declared = first_frames.spec(stage, CATALOGUE)
    shown = knobs.spec(stage, knobs.defaults(lesson, CATALOGUE), CATALOGUE)

    assert (declared.seed, declared.replicas) == (shown.seed, shown.replicas)
    assert declared.world == shown.world
    assert {k: v for k, v in declared.config.items() if k in shown.config} == shown.config


@pytest.mark.parametrize(("lesson", "preset"), PRESETS, ids=lambda x: getattr(x, "kind", ""))
def test_a_preset_turns_knobs_of_its_lesson_to_allowed_values(
    lesson: lessons.Lesson, preset: lessons.Preset
) -> None:
    world = str(preset.knobs.get("world", lesson.stages[0].world))
    known = knobs.fields(lesson, CATALOGUE, world)

    assert all(known[name].check(value) is not None for name, value in preset.knobs.items())
    assert preset.kind in ("good", "bad")


def test_the_control_lesson_offers_good_and_bad_presets() -> None:
    assert {preset.kind for preset in lessons.lesson("control").presets} == {"good", "bad"}


@pytest.mark.parametrize("lesson", ALL, ids=lambda lesson: f"{lesson.name}-{lesson.scene}")
def test_a_lesson_names_only_what_exists(lesson: lessons.Lesson) -> None:
    planned = {milestone.name for part in lessons.road() for milestone in part.lessons}

    presets = {p.name for scene in lessons.scenes(lesson.name) for p in scene.presets}
    drawn = {name for slot in lesson.figures for name in slot}

    assert drawn | {s.picture for s in lesson.stages} - {""} <= set(figures.FIGURES)
    assert set(lesson.needs) <= planned
    assert {claim.preset for claim in lesson.claims} - {""} <= presets
    assert lesson.name in planned | {"home"}


@pytest.mark.parametrize("scene", [scene.name for scene in lessons.lesson("control").scenes])
def test_a_prediction_has_an_explanation_for_every_choice(scene: str) -> None:
    lesson = lessons.lesson("control", scene)
    assert lesson.predict is not None
    decide = lesson.predict["decide"]

    assert len(lesson.predict["choices"]) == len(decide["stages"]) + 1
    assert len(lesson.predict["explanations"]) == len(lesson.predict["choices"])
    assert decide["stages"] == list(lesson.cast or (stage.alias for stage in lesson.stages))
    assert decide["signal"] in SIGNALS


def test_the_control_lesson_has_three_claims_with_their_source() -> None:
    claims = lessons.lesson("control").claims

    assert [claim.verdict for claim in claims] == ["only if", "true", "only if"]
    # A file and its lines, which read the same in both languages.
    assert all(re.fullmatch(r"\w+\.txt:\d+([–, ]+\d+)*", claim.source) for claim in claims)


def best_route(epsilon: float) -> str:
    """Where the best ε-soft policy walks: the row in which it crosses the middle of the map."""
    world = registry.world("cliff_walking").make(registry.world("cliff_walking").Config())
    policy = dp.best_policy(world, 1.0, epsilon).policy
    state, row = 36, 3
    while state != 47:
        state = int(world.next_state[state, int(policy[state].argmax()), 0])
        row = state // 12 if state % 12 == 6 else row
    return ("top row", "one row above", "edge")[row]


@pytest.mark.parametrize(
    ("epsilon", "expected"), [(0.005, "edge"), (0.1, "one row above"), (0.2, "top row")]
)
def test_the_third_claim_names_the_best_routes(epsilon: float, expected: str) -> None:
    assert best_route(epsilon) == expected
