"""Knobs as data: trays, defaults, specs, and what may be kept."""

from __future__ import annotations

import dataclasses

from rlviz import lessons, registry
from rlviz.hyperparameters import Field
from rlviz.runs.spec import At, Edit, RunSpec, Set
from rlviz.ui import knobs

WHOLE = lessons.lesson("control")
LESSON = WHOLE.shown(WHOLE.cast)
CATALOGUE = registry.catalogue()
DEFAULTS = knobs.defaults(LESSON, CATALOGUE)
KNOBS = ("epsilon", "temperature", "confidence")  # each acts with one behaviour


def test_the_lesson_has_these_knobs_in_this_order() -> None:
    world = ["world", *CATALOGUE.world("cliff_walking").fields]
    agents = CATALOGUE.algorithm("q_learning").fields | CATALOGUE.algorithm("sarsa").fields
    expected = [*world, *agents, "replicas", "seed"]

    assert list(knobs.fields(LESSON, CATALOGUE, "cliff_walking")) == expected


def test_defaults_are_what_the_lesson_says() -> None:
    agents = CATALOGUE.algorithm("q_learning").fields | CATALOGUE.algorithm("sarsa").fields
    expected = {
        **{name: field.default for name, field in agents.items()},
        **{name: field.default for name, field in CATALOGUE.world("cliff_walking").fields.items()},
        "world": "cliff_walking",
        "alpha": 0.5,
        "gamma": 1.0,
        "epsilon": 0.1,
        "initial_value": 0.0,
        "replicas": 32,
        "seed": 1,
    }

    assert expected == DEFAULTS


def test_both_stages_get_the_same_knobs_and_seed() -> None:
    turned = DEFAULTS | {"epsilon": 0.2, "slip": 0.1, "seed": 7}
    expected = [
        RunSpec(algorithm, "cliff_walking", {"epsilon": 0.2}, {"slip": 0.1}, seed=7, replicas=32)
        for algorithm in ("q_learning", "sarsa")
    ]

    assert [knobs.spec(stage, turned, CATALOGUE) for stage in LESSON.stages] == expected


def test_knobs_are_read_back_from_a_run_with_the_changes_that_have_acted() -> None:
    changes = (At(10, Set("alpha", 0.1)), At(20, Edit({"slip": 0.3})))
    spec = RunSpec("q_learning", "cliff_walking", {"epsilon": 0.2}, {}, 5, 8, interventions=changes)
    expected = DEFAULTS | {"alpha": 0.1, "epsilon": 0.2, "slip": 0.3, "seed": 5, "replicas": 8}

    assert knobs.of_runs([spec, spec], LESSON, CATALOGUE) == expected


def test_another_world_keeps_what_both_worlds_know_and_its_own_map() -> None:
    fresh = knobs.defaults(LESSON, CATALOGUE, "room")
    expected = fresh | {"alpha": 0.2, "slip": 0.4}

    turned = DEFAULTS | {"alpha": 0.2, "slip": 0.4, "map": "S..G"}

    assert knobs.in_world(turned, LESSON, CATALOGUE, "room") == expected


OWN = lessons.Stage(
    "bold", "q_learning", "cliff_walking", own={"alpha": 0.7}, title="Bold", member=5
)
TWO = dataclasses.replace(LESSON, stages=(LESSON.stages[0], OWN))


def test_what_is_a_stages_own_is_no_shared_knob() -> None:
    alone = dataclasses.replace(LESSON, stages=(OWN,))
    turned = knobs.defaults(TWO, CATALOGUE) | {"alpha": 0.2}

    assert "alpha" not in knobs.fields(alone, CATALOGUE, "cliff_walking")
    assert "alpha" in knobs.fields(TWO, CATALOGUE, "cliff_walking")
    assert [knobs.spec(s, turned, CATALOGUE).config["alpha"] for s in TWO.stages] == [0.2, 0.7]
    assert knobs.keeping({"alpha": 0.3}, OWN, turned, CATALOGUE) == []


def test_a_run_fits_the_stage_whose_own_values_it_has() -> None:
    turned = knobs.defaults(TWO, CATALOGUE) | {"alpha": 0.2}
    shared, own = (knobs.spec(stage, turned, CATALOGUE) for stage in TWO.stages)

    assert knobs.fits(own, OWN, CATALOGUE)
    assert not knobs.fits(shared, OWN, CATALOGUE)
    assert knobs.of_runs([shared, own], TWO, CATALOGUE) == turned


def test_a_table_can_be_kept_in_a_changed_world_but_not_in_another() -> None:
    assert knobs.can_keep({"slip", "time_limit"})
    assert not any(
        knobs.can_keep({name}) for name in ("world", "replicas", "seed", "initial_value")
    )


def test_a_kept_change_of_the_world_is_one_intervention() -> None:
    stage = LESSON.stages[0]

    assert knobs.keeping({"slip": 0.2, "time_limit": 50}, stage, DEFAULTS, CATALOGUE) == [
        Edit({"slip": 0.2, "time_limit": 50}, "weights")
    ]


def test_a_logarithmic_control_stops_at_round_numbers_and_where_it_stands() -> None:
    declared = Field("x", "float", 0.1, "x", low=0.01, high=1.0, log=True)

    assert knobs.stops(declared, 0.3) == [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0]


def test_a_linear_control_steps_by_a_round_hundredth() -> None:
    ranges = [(0.0, 1.0), (0.0, 0.9), (-200.0, 200.0)]

    assert [knobs.step(Field("x", "float", 0.0, "x", low=a, high=b)) for a, b in ranges] == [
        0.01,
        0.01,
        1.0,
    ]


def acting(name: str, lesson: lessons.Lesson = LESSON, **turned: str) -> bool:
    known = knobs.fields(lesson, CATALOGUE, lesson.stages[0].world)
    at = knobs.defaults(lesson, CATALOGUE) | turned
    return knobs.acts(known[name], lesson, at, CATALOGUE)


def test_a_knob_acts_only_beside_the_behaviour_that_reads_it() -> None:
    choices = ("epsilon_greedy", "softmax", "ucb")
    acts = {b: [n for n in KNOBS if acting(n, behaviour=b)] for b in choices}

    assert acts == {
        "epsilon_greedy": ["epsilon"],
        "softmax": ["temperature"],
        "ucb": ["confidence"],
    }


def test_a_knob_that_waits_for_nothing_always_acts() -> None:
    assert acting("gamma", behaviour="ucb")


def test_a_knob_acts_where_no_method_has_what_it_waits_for() -> None:
    # α waits for `averaging`, which a bandit has and control has not.
    assert acting("alpha")


def test_a_knob_acts_where_one_stage_has_the_setting_for_its_own() -> None:
    own = dataclasses.replace(LESSON.stages[0], alias="soft", own={"behaviour": "softmax"})
    lesson = dataclasses.replace(LESSON, stages=(*LESSON.stages, own))

    assert [acting(name, lesson) for name in KNOBS] == [True, True, False]
