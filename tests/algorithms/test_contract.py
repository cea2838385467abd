"""What every algorithm owes, on every world that it runs on."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rlviz import equations, registry
from rlviz.hyperparameters import fields
from rlviz.runs import checkpoint, codec
from rlviz.runs.loop import Run
from rlviz.runs.spec import At, Set
from rlviz.schedules import Schedule
from rlviz.signals import SIGNALS
from tests.algorithms.pairs import (
    ALGORITHMS,
    BESIDE,
    PAIRS,
    entry,
    known,
    live_knobs,
    many,
    of_batches,
    other_value,
    slippery,
    spec_of,
)


def to_iteration(run: Run, iteration: int) -> Run:
    run.advance(time.perf_counter() + 60, iteration)
    assert run.iteration == iteration
    return run


def shown(run: Run) -> bytes:
    """State and curves, as bytes that can be compared; who asked for a change is no part of it."""
    metadata, arrays = codec.decode(run.checkpoint())
    return codec.encode(metadata | {"answers": []}, arrays)


@pytest.mark.parametrize(("name", "world"), PAIRS)
def test_yields_exactly_what_it_declares(name: str, world: str) -> None:
    run = Run(spec_of(name, world))
    seen: dict[str, tuple[str, ...]] = {}
    for item in itertools.islice(run._stream, many(name, 3000)):
        if item is not None:
            seen[item[0]] = tuple(item[1])

    assert {k: set(v) for k, v in seen.items()} == {
        k: set(v) for k, v in run.algorithm.SIGNALS.items()
    }


@pytest.mark.parametrize(("name", "world"), PAIRS)
def test_values_have_the_axes_that_their_declaration_says(name: str, world: str) -> None:
    replicas = 5
    run = Run(spec_of(name, world, replicas=replicas))
    world = run.truth.world
    sizes = {"B": replicas, "S": world.n_states, "A": world.n_actions, "O": world.n_observations}
    for item in itertools.islice(run._stream, 9):
        for key, value in item[1].items() if item else ():
            axes = SIGNALS[key].axes.split()
            assert value.dim() == len(axes), key
            for axis, size in zip(axes, value.shape, strict=True):
                # The others are as long as there are samples, steps or parameters.
                assert axis in "TNKP" or size == (sizes.get(axis) or int(axis)), key


@pytest.mark.parametrize("name", ALGORITHMS)
def test_traced_values_are_fresh_and_never_written_to_again(name: str) -> None:
    run = Run(spec_of(name))
    kept = []
    for item in itertools.islice(run._stream, 400):
        for key, value in item[1].items() if item else ():
            if SIGNALS[key].kind in ("event", "trace") or SIGNALS[key].tail:
                kept.append((key, value, value.clone()))

    changed = {
        key for key, value, copy in kept if not torch.equal(value.nan_to_num(), copy.nan_to_num())
    }
    assert changed == set()


@pytest.mark.parametrize(("name", "world"), PAIRS)
def test_every_equation_holds_with_the_numbers_of_its_beat(name: str, world: str) -> None:
    run = Run(spec_of(name, world, config=known(name, {"alpha": 0.3, "gamma": 0.9})))
    assert_every_equation_holds(run, 500 if of_batches(name) else 1000)


def assert_every_equation_holds(run: Run, beats: int) -> None:
    by_beat = {e.beat: e for e in run.algorithm.EQUATIONS if "←" in e.template}
    checked = 0
    settings_of = run.view().setting
    for item in itertools.islice(run._stream, beats):
        if item is None:
            continue
        run.recorder.take(item, run.iteration)
        if item[0] not in by_beat:
            continue
        template = by_beat[item[0]].template
        for replica in range(4):
            values: dict[str, Any] = {k: v[replica].tolist() for k, v in item[1].items()}
            latest = {k: v[replica].tolist() for k, v in run.recorder.latest.items()}
            settings = {k: settings_of(k) for k in run.settings.signals}
            computed, result = equations.evaluate(template, settings | latest | values)
            assert computed == pytest.approx(result, abs=1e-9)
            checked += 1

    assert checked >= beats / (40 if of_batches(run.spec.algorithm) else 10) * bool(by_beat)


@pytest.mark.parametrize(
    ("name", "field", "option"),
    [(n, f.name, o) for n in ALGORITHMS for f in entry(n).fields.values() for o in f.options],
)
def test_every_equation_holds_with_every_choice(name: str, field: str, option: str) -> None:
    assert_every_equation_holds(Run(spec_of(name, config={field: option})), 400)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_equation_and_caption_uses_only_what_there_is(name: str) -> None:
    module = registry.algorithm(name)
    known = {s for names in module.SIGNALS.values() for s in names} | set(fields(module.Config))
    used = set()
    for equation in module.EQUATIONS:
        used |= set(equations.slots(equation.template))
        for condition, sentence in equation.captions:
            used |= {condition.split("<")[0].split(">")[0]} - {""}
            used |= {slot.split(":")[0] for slot in sentence_slots(sentence)}

    assert used <= known


def sentence_slots(sentence: str) -> list[str]:
    return [part.split("}")[0] for part in sentence.split("{")[1:]]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_beat_has_an_equation_whose_source_line_stands_in_the_file(name: str) -> None:
    entry = registry.catalogue().algorithm(name)

    assert {e.beat for e in entry.equations} == set(entry.beats)
    assert all(e.source_line > 0 for e in entry.equations)


@pytest.mark.parametrize(("name", "field"), live_knobs())
def test_a_live_knob_acts_from_the_next_iteration(name: str, field: str) -> None:
    declared, settings = entry(name).fields[field], known(name, BESIDE.get(field, {}))
    spec, value = spec_of(name, config=settings), other_value(declared)
    # Sweeps over a known world come to rest soon, and then no knob of theirs moves anything.
    at, end = (
        (2, 6) if registry.algorithm(name).ENV_STEPS == 0 else (many(name, 50), many(name, 400))
    )
    if field == "confidence":  # whole episodes of untried actions come first
        end = 4_000 if "monte_carlo" in name else end
    run, same = to_iteration(Run(spec), at), to_iteration(Run(spec), at)
    run.intervene("id", Set(field, value))
    to_iteration(run, at + 1)

    assert [(c, change.iteration, old) for c, change, old in run.changed] == [
        ("id", at, {field: declared.default})
    ]
    assert run.spec.interventions == (At(at, Set(field, value)),)

    # Whoever had it from the start of that iteration is the same run, and the other is not.
    told = to_iteration(Run(replace(spec, interventions=run.spec.interventions)), end)
    assert shown(told) == shown(to_iteration(run, end))
    assert moving(to_iteration(same, end)) != moving(told)


def moving(run: Run) -> bytes:
    """All that is learned and drawn, without the spec."""
    tensors = checkpoint.tensors(run.state)
    return b"".join(tensors[path].numpy().tobytes() for path in sorted(tensors))


@pytest.mark.parametrize(("name", "world"), PAIRS)
def test_same_spec_same_bytes(name: str, world: str) -> None:
    spec = spec_of(name, world)

    n = many(name, 300)
    assert shown(to_iteration(Run(spec), n)) == shown(to_iteration(Run(spec), n))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_looking_does_not_change_what_is_seen(name: str) -> None:
    spec = spec_of(name)
    end = many(name, 500)
    watched, alone = Run(spec), to_iteration(Run(spec), end)
    for iteration in range(7, end, 7):
        to_iteration(watched, iteration).frame()
    to_iteration(watched, end)

    assert shown(watched) == shown(alone)


def sampled(name: str) -> bool:
    """Whether it learns from an environment, and not from the tables themselves."""
    return "state" in entry(name).signals


@pytest.mark.parametrize("name", ALGORITHMS)
def test_another_seed_gives_another_run(name: str) -> None:
    one = to_iteration(Run(spec_of(name)), many(name, 200))
    other = to_iteration(Run(spec_of(name, seed=4)), many(name, 200))

    assert not sampled(name) or moving(one) != moving(other)


@pytest.mark.parametrize(("name", "world"), PAIRS)
@pytest.mark.parametrize("replicas", [3, 33])
def test_replica_0_is_the_same_for_every_number_of_replicas(
    name: str, world: str, replicas: int
) -> None:
    slip = slippery(world)
    alone = Run(spec_of(name, world, replicas=1, world_config=slip), raw=True)
    together = Run(spec_of(name, world, replicas=replicas, world_config=slip), raw=True)
    for run in (alone, together):
        to_iteration(run, many(name, 400)).recorder.flush()

    # Tables are the same bit by bit; sums over samples are rounded as their memory lies.
    close = 0.0 if {"q", "v"} & set(alone.algorithm.WEIGHTS) else 1e-9
    for key, weight in alone.weights().items():
        torch.testing.assert_close(weight[0], together.weights()[key][0], rtol=close, atol=close)
    assert alone.recorder.raw is not None
    assert together.recorder.raw is not None
    for key, rows in alone.recorder.raw.items():
        expected = [(i, v[0]) for i, v in rows]
        found = [(i, v[0]) for i, v in together.recorder.raw[key]]
        np.testing.assert_allclose(found, expected, rtol=close, atol=close)


@pytest.mark.parametrize("pair", list(itertools.pairwise([*ALGORITHMS, ALGORITHMS[0]])))
def test_two_interleaved_runs_equal_each_alone(pair: tuple[str, str]) -> None:
    specs = [spec_of(name) for name in pair]
    ends = [many(name, 120) for name in pair]
    expected = [shown(to_iteration(Run(spec), n)) for spec, n in zip(specs, ends, strict=True)]
    runs = [Run(spec) for spec in specs]
    while going := [run for run, end in zip(runs, ends, strict=True) if run.iteration < end]:
        for run in going:  # one beat each, so that they are cut in the middle of iterations
            run.pull()

    assert [shown(run) for run in runs] == expected


@pytest.mark.parametrize(("name", "world"), PAIRS)
def test_checkpoint_and_resume_equal_an_undisturbed_run(name: str, world: str) -> None:
    # A change on the way, a schedule, slip, and a global generator that somebody disturbs.
    schedules = {"epsilon": Schedule("linear", 0.5, 0.05, 350)}
    spec = spec_of(name, world, config=known(name, schedules), world_config=slippery(world))
    field = next(f for f in entry(name).fields.values() if f.live)
    early, middle, end = (many(name, n) for n in (90, 203, 420))
    change = At(early, Set(field.name, other_value(field)))
    spec = replace(spec, interventions=(change,))
    expected = shown(to_iteration(Run(spec), end))
    first = to_iteration(Run(spec), middle)
    torch.rand(17)
    np.random.default_rng().random(3)
    second = Run(spec)
    second.restore(first.checkpoint())

    assert second.iteration == middle
    assert shown(to_iteration(second, end)) == expected


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_resumed_run_shows_the_same_frame(name: str) -> None:
    run = to_iteration(Run(spec_of(name)), many(name, 260))
    resumed = Run(spec_of(name))
    resumed.restore(run.checkpoint())
    metadata, arrays = codec.decode(resumed.frame())
    expected_metadata, expected = codec.decode(run.frame())

    assert metadata == expected_metadata
    assert set(arrays) == set(expected)
    for key, value in expected.items():
        np.testing.assert_array_equal(arrays[key], value, err_msg=key)


@pytest.mark.parametrize(
    ("name", "step_size"),
    [(n, f) for n in ALGORITHMS for f in ("alpha", "alpha_theta") if f in entry(n).fields],
)
def test_one_step_size_for_each_replica_is_many_runs_in_one(name: str, step_size: str) -> None:
    sweep = Run(spec_of(name, replicas=3, config={step_size: (0.5, 0.1, 0.9)}))
    alone = Run(spec_of(name, replicas=1, config={step_size: 0.5}))
    to_iteration(sweep, many(name, 300))
    to_iteration(alone, many(name, 300))

    for key, weight in alone.weights().items():
        assert torch.equal(sweep.weights()[key][0], weight[0])


@pytest.mark.parametrize("name", ALGORITHMS)
def test_gradients_stay_switched_on(name: str) -> None:
    run = Run(spec_of(name))
    for _ in range(9):
        run.pull()
        assert torch.is_grad_enabled()


def test_the_same_idea_has_the_same_annotation_everywhere() -> None:
    by_name: dict[str, set[Any]] = {}
    for module in registry.algorithm_modules().values():
        for name, field in fields(module.Config).items():
            facts = {k: v for k, v in vars(field).items() if k != "default"}
            by_name.setdefault(name, set()).add(tuple(facts.items()))

    assert {name for name, seen in by_name.items() if len(seen) > 1} == set()
