"""Specs: what is valid travels unchanged, and what is not gets a sentence."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, UnknownName
from rlviz.hyperparameters import Field, Value
from rlviz.registry import catalogue
from rlviz.runs.spec import (
    At,
    Edit,
    Intervention,
    Poke,
    RunSpec,
    Set,
    from_plain,
    intervention_from_plain,
    intervention_to_plain,
    safe_run_id,
    to_plain,
)
from rlviz.schedules import Schedule

KNOWN = catalogue()
EVERY_ALGORITHM = ", ".join(algorithm.name for algorithm in KNOWN.algorithms)
GOOD: dict[str, Any] = {"algorithm": "q_learning", "world": "cliff_walking"}


def pokeable() -> Catalogue:
    """The catalogue when every world has a push with one argument, and a kick with two."""
    pokes = {"push": ("force",), "kick": ("x", "y")}
    worlds = tuple(dataclasses.replace(world, pokes=pokes) for world in KNOWN.worlds)
    return dataclasses.replace(KNOWN, worlds=worlds)


# ------------------------------------------------------------------ valid specs


def value_of(field: Field, replicas: int) -> st.SearchStrategy[Value]:
    """Any value that the field allows."""
    if field.type == "str":
        return st.sampled_from(field.options or (str(field.default),))
    if field.type == "bool":
        return st.booleans()
    if field.type == "int":
        return st.integers(int(field.low), int(field.high))
    number = st.floats(field.low, field.high)
    if not field.can_schedule:
        return number
    inside = st.floats(max(field.low, 1e-3), field.high)  # of one sign and not 0
    each = st.lists(number, min_size=replicas, max_size=replicas).map(tuple)
    shapes = st.sampled_from(["constant", "linear", "exponential"])
    return number | each | st.builds(Schedule, shapes, inside, inside, st.integers(1, 10**9))


@st.composite
def some_of(draw: st.DrawFn, fields: dict[str, Field], replicas: int) -> dict[str, Value]:
    names = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
    return {name: draw(value_of(fields[name], replicas)) for name in names}


@st.composite
def changes(
    draw: st.DrawFn, knobs: dict[str, Field], settings: dict[str, Field], replicas: int
) -> Intervention:
    kind = draw(st.sampled_from([Set, Edit, Poke]))
    if kind is Edit:
        return Edit(
            draw(some_of(settings, 1)), draw(st.sampled_from(["all", "weights", "nothing"]))
        )
    if kind is Poke:
        return Poke("push", {"force": draw(st.floats(-1e8, 1e8))})
    field = knobs[draw(st.sampled_from(sorted(knobs)))]
    keeps = ["weights", "nothing", *(["all"] if field.live else [])]
    return Set(field.name, draw(value_of(field, replicas)), draw(st.sampled_from(keeps)))


@st.composite
def specs(draw: st.DrawFn) -> RunSpec:
    algorithm = draw(st.sampled_from(KNOWN.algorithms))
    world = KNOWN.world(draw(st.sampled_from(algorithm.worlds)))
    replicas = draw(st.integers(1, 4))
    acts = st.builds(At, st.integers(0, 99), changes(algorithm.fields, world.fields, replicas))
    return RunSpec(
        algorithm=algorithm.name,
        world=world.name,
        config=draw(some_of(algorithm.fields, replicas)),
        world_config=draw(some_of(world.fields, 1)),
        seed=draw(st.integers(0, 2**63 - 1)),
        replicas=replicas,
        device=draw(st.sampled_from(["cpu", "cuda", "auto"])),
        interventions=tuple(sorted(draw(st.lists(acts, max_size=3)), key=lambda a: a.iteration)),
    )


@settings(deadline=None, max_examples=100)
@given(specs())
def test_a_spec_survives_json(spec: RunSpec) -> None:
    travelled = json.loads(json.dumps(to_plain(spec)))

    assert from_plain(travelled, pokeable()) == spec


@settings(deadline=None, max_examples=50)
@given(specs(), st.data())
def test_an_intervention_survives_json(spec: RunSpec, data: st.DataObject) -> None:
    algorithm, world = KNOWN.algorithm(spec.algorithm), KNOWN.world(spec.world)
    change = data.draw(changes(algorithm.fields, world.fields, spec.replicas))

    travelled = json.loads(json.dumps(intervention_to_plain(change)))

    got = intervention_from_plain(travelled, spec.algorithm, spec.world, pokeable(), spec.replicas)
    assert got == change


def test_what_is_left_out_gets_its_default() -> None:
    assert from_plain(GOOD, KNOWN) == RunSpec("q_learning", "cliff_walking")


def test_interventions_are_kept_in_the_order_of_iterations() -> None:
    spec = RunSpec("q_learning", "room")
    for iteration, alpha in ((20, 0.1), (10, 0.2), (20, 0.3)):
        spec = spec.with_intervention(iteration, Set("alpha", alpha))

    assert [(at.iteration, at.intervention) for at in spec.interventions] == [
        (10, Set("alpha", 0.2)),
        (20, Set("alpha", 0.1)),
        (20, Set("alpha", 0.3)),  # of two at one iteration, the later one acts last
    ]


def test_a_knob_that_is_not_live_restarts_the_run() -> None:
    plain = {"kind": "set", "field": "initial_value", "value": 1, "keep": "all"}

    got = intervention_from_plain(plain, "q_learning", "room", KNOWN, 1)

    assert got == Set("initial_value", 1.0, keep="nothing")


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ({"kind": "set", "field": "alpha", "value": 0.2}, Set("alpha", 0.2)),
        ({"kind": "edit", "world": {"slip": 0.1}}, Edit({"slip": 0.1})),
    ],
)
def test_defaults_of_an_intervention_stand_in_one_place(
    plain: dict[str, Any], expected: Intervention
) -> None:
    assert intervention_from_plain(plain, "sarsa", "room", KNOWN, 1) == expected


# ------------------------------------------------------------------ hostile specs


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        (None, "A spec must be a JSON object, but got NoneType."),
        ([GOOD], "A spec must be a JSON object, but got list."),
        (
            GOOD | {"sede": 1},
            "A spec has no `sede`; it has algorithm, config, device, interventions, replicas, "
            "seed, world, world_config.",
        ),
        (
            {"world": "room"},
            "Unknown algorithm ``. Known: " + ", ".join(a.name for a in KNOWN.algorithms) + ".",
        ),
        (
            GOOD | {"algorithm": "q_lerning"},
            "Unknown algorithm `q_lerning`. Did you mean `q_learning`?",
        ),
        (GOOD | {"algorithm": ["sarsa"]}, "Unknown algorithm `['sarsa']`. Did you mean `sarsa`?"),
        (GOOD | {"world": "rooms"}, "Unknown world `rooms`. Did you mean `room`?"),
        (
            GOOD | {"config": {"alfa": 1}},
            "Unknown hyper-parameter `alfa`. Did you mean `alpha`?",
        ),
        (
            GOOD | {"world_config": {"slop": 0}},
            "Unknown world setting `slop`. Did you mean `slip`?",
        ),
        (GOOD | {"config": [1]}, "`config` must be a JSON object, but got list."),
        (
            GOOD | {"config": {"alpha": 2}},
            "`0.0001 <= alpha <= 1` must hold, but got alpha=2.",
        ),
        (
            GOOD | {"config": {"alpha": math.nan}},
            "`alpha` must be a finite number, but got alpha=nan.",
        ),
        (
            GOOD | {"config": {"alpha": float("1e400")}},
            "`alpha` must be a finite number, but got alpha=inf.",
        ),
        (
            GOOD | {"replicas": 10**9},
            "`1 <= replicas <= 4096` must hold, but got replicas=1000000000.",
        ),
        (GOOD | {"replicas": 2.0}, "`1 <= replicas <= 4096` must hold, but got replicas=2."),
        (GOOD | {"replicas": True}, "`1 <= replicas <= 4096` must hold, but got replicas=True."),
        (
            GOOD | {"seed": -1},
            "`0 <= seed <= 9223372036854775807` must hold, but got seed=-1.",
        ),
        (GOOD | {"device": "tpu"}, "`device in {cpu, cuda, auto}` must hold, but got 'tpu'."),
        (GOOD | {"interventions": {}}, "`interventions` must be a list of at most 10000."),
        (
            GOOD | {"interventions": [{}] * 10_001},
            "`interventions` must be a list of at most 10000.",
        ),
        (GOOD | {"interventions": [7]}, "An intervention must be a JSON object."),
        (
            GOOD | {"interventions": [{"kind": "drop"}]},
            "`kind in {set, edit, poke}` must hold, but got 'drop'.",
        ),
        (
            GOOD | {"interventions": [{"kind": "set", "field": "alpha", "value": 0.1, "keep": 1}]},
            "`keep in {all, weights, nothing}` must hold, but got 1.",
        ),
        (
            GOOD | {"interventions": [{"kind": "set", "field": "epsilonn", "value": 0.1}]},
            "Unknown hyper-parameter `epsilonn`. Did you mean `epsilon`?",
        ),
        (
            GOOD
            | {"interventions": [{"kind": "set", "field": "alpha", "value": 1, "iteration": -1}]},
            f"`0 <= iteration <= {2**53}` must hold, but got iteration=-1.",
        ),
        (
            GOOD | {"interventions": [{"kind": "edit", "world": {"wind": 1}}]},
            "Unknown world setting `wind`. Known: map, slip, step_reward, time_limit, treasure.",
        ),
        (
            GOOD | {"interventions": [{"kind": "poke", "name": "kick", "arguments": {}}]},
            "Unknown poke `kick`. Known: none.",
        ),
    ],
)
def test_a_refusal_says_what_must_hold_and_what_came(plain: object, sentence: str) -> None:
    with pytest.raises((BadValue, UnknownName)) as refused:
        from_plain(plain, KNOWN)

    assert str(refused.value) == sentence


def test_an_algorithm_runs_only_on_its_own_worlds() -> None:
    bandit = dataclasses.replace(KNOWN.world("room"), name="bandit")
    more = dataclasses.replace(KNOWN, worlds=(*KNOWN.worlds, bandit))

    with pytest.raises(BadValue) as refused:
        from_plain(GOOD | {"world": "bandit"}, more)

    worlds = ", ".join(KNOWN.algorithm("q_learning").worlds)
    expected = f"`q_learning` does not run on `bandit`; it runs on {worlds}."
    assert str(refused.value) == expected


@pytest.mark.parametrize(
    "arguments",
    [{}, {"x": 1}, {"x": 1, "y": 2, "z": 3}, {"x": 1, "y": math.nan}, {"x": 1, "y": ""}],
)
def test_a_poke_needs_exactly_its_numbers(arguments: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="`kick` needs finite numbers for x, y"):
        intervention_from_plain(
            {"kind": "poke", "name": "kick", "arguments": arguments},
            "q_learning",
            "room",
            pokeable(),
            1,
        )


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


rubbish = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["alpha", "set", "edit", "poke", "room", 10**9, 10**300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=4)
            | st.sampled_from(["kind", "field", "value", "keep", "world", "name", "alpha", "slip"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from([*RunSpec.__dataclass_fields__, "x"]), rubbish, max_size=4))
def test_rubbish_gets_a_sentence_and_nothing_else(plain: dict[str, Any]) -> None:
    with contextlib.suppress(BadValue, UnknownName):
        from_plain(GOOD | plain, KNOWN)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["set", "edit", "poke"]),
    st.dictionaries(
        st.sampled_from(["field", "value", "keep", "world", "name", "arguments"]), rubbish
    ),
)
def test_a_rubbish_intervention_gets_a_sentence_and_nothing_else(
    kind: str, plain: dict[str, Any]
) -> None:
    with contextlib.suppress(BadValue, UnknownName):
        intervention_from_plain({**plain, "kind": kind}, "sarsa", "room", pokeable(), 2)


@pytest.mark.parametrize("key", sorted(RunSpec.__dataclass_fields__))
def test_lists_in_lists_get_a_sentence(key: str) -> None:
    with pytest.raises((BadValue, UnknownName)):
        from_plain(GOOD | {key: nested(100_000)}, KNOWN)


@pytest.mark.parametrize("key", ["kind", "field", "value", "keep"])
def test_lists_in_lists_are_no_intervention(key: str) -> None:
    plain = {"kind": "set", "field": "alpha", "value": 0.1, key: nested(100_000)}

    with pytest.raises((BadValue, UnknownName)):
        intervention_from_plain(plain, "sarsa", "room", KNOWN, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k3j9x0q2m4az", True),
        ("", False),
        ("k3j9x0q2m4a", False),
        ("k3j9x0q2m4azz", False),
        ("K3j9x0q2m4az", False),
        ("k3j9x0q2m4az\n", False),
        ("../../secret", False),
    ],
)
def test_a_run_id_has_one_form(text: str, expected: bool) -> None:
    assert safe_run_id(text) is expected
