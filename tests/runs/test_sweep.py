"""Plans of sweeps: what is refused, and which replica of which run stands at which point."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz import registry
from rlviz.errors import BadValue, UnknownName
from rlviz.hyperparameters import Value
from rlviz.runs import codec, sweep
from rlviz.runs.each import BINS
from rlviz.runs.loop import Run
from rlviz.runs.spec import At, RunSpec, Set
from rlviz.runs.sweep import NOWHERE, Axis, Part, Plan, check, parts
from tests.algorithms.pairs import ALGORITHMS, BESIDE, entry, many, spec_of, worlds_of

KNOWN = registry.catalogue()
SPEC = RunSpec("n_step_sarsa", "cliff_walking", seed=5)
ALPHA, N = Axis("alpha", (0.1, 0.5)), Axis("n", (1, 2, 4))
PLAN = check(Plan(SPEC, (ALPHA, N), repeats=2, iterations=1000), KNOWN)


def test_live_numbers_share_a_run_and_everything_else_has_its_own() -> None:
    def part(n: int, seed: int, points: tuple[int, ...]) -> Part:
        config: dict[str, Value] = {"alpha": (0.1, 0.1, 0.5, 0.5), "n": n}
        return Part(replace(SPEC, config=config, seed=seed, replicas=4), points, points[0])

    assert parts(PLAN, KNOWN) == (
        part(1, 5, (0, 0, 3, 3)),
        part(2, 6, (1, 1, 4, 4)),
        part(4, 7, (2, 2, 5, 5)),
    )


def test_a_lost_point_is_stood_in_for_and_the_others_stay_where_they_are() -> None:
    first = parts(PLAN, KNOWN, {0, 2, 5})[0]

    assert first.spec.config == {"alpha": 0.5, "n": 1}
    assert first.points == (NOWHERE, NOWHERE, 3, 3)
    assert first.stand_in == 3
    assert [part.points for part in parts(PLAN, KNOWN, {0, 2, 5})[1:]] == [
        (1, 1, 4, 4),
        (NOWHERE,) * 4,
    ]


AXES = st.sampled_from(
    [
        Axis("alpha", (0.1, 0.2, 0.5)),
        Axis("epsilon", (0.0, 0.1)),
        Axis("gamma", (0.9,)),
        Axis("n", (1, 3)),
        Axis("trace", ("dutch", "replacing")),
        Axis("initial_value", (-1.0, 0.0, 1.0)),
        Axis("slip", (0.0, 0.3)),
    ]
)


@given(st.lists(AXES, min_size=1, max_size=2, unique_by=lambda a: a.name), st.data())
@settings(max_examples=60, deadline=None)
def test_every_point_stands_at_its_values_at_so_many_replicas(axes: list[Axis], data: Any) -> None:
    algorithm = "sarsa_lambda" if "trace" in [axis.name for axis in axes] else "n_step_sarsa"
    axes = [axis for axis in axes if axis.name in known_of(algorithm)] or [ALPHA]
    repeats = data.draw(st.integers(1, 4))
    plan = check(Plan(RunSpec(algorithm, "cliff_walking"), tuple(axes), repeats, 10), KNOWN)
    lost = data.draw(st.sets(st.integers(0, len(plan.points) - 1)))

    stands: dict[int, list[tuple[Value, ...]]] = {}
    for part in parts(plan, KNOWN, lost):
        assert len(part.points) == part.spec.replicas
        for replica, point in enumerate(part.points):
            values = {**part.spec.config, **part.spec.world_config}
            here = tuple(at(values[axis.name], replica) for axis in plan.axes)
            stands.setdefault(point, []).append(here)
    stands.pop(NOWHERE, None)

    assert stands == {
        p: [values] * repeats for p, values in enumerate(plan.points) if p not in lost
    }


def known_of(algorithm: str) -> set[str]:
    return set(sweep.knobs(RunSpec(algorithm, "cliff_walking"), KNOWN))


def at(value: Value, replica: int) -> Value:
    return value[replica] if isinstance(value, tuple) else value


def test_a_plan_and_its_json_are_the_same() -> None:
    plan = check(replace(PLAN, lesson="control", scene="family", alias="n_step_sarsa"), KNOWN)

    assert sweep.from_plain(sweep.to_plain(plan), KNOWN) == plan


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"repeats": 0}, "`1 <= repeats <= 4096` must hold, but got repeats=0."),
        ({"iterations": 2_000_000}, "`1 <= iterations <= 1000000` must hold, but got"),
        ({"axes": ()}, "A sweep has 1 or 2 knobs, but got 0."),
        ({"axes": (ALPHA, ALPHA)}, "The knobs of a sweep must differ, but got `alpha` twice."),
        ({"axes": (Axis("alpha", (0.1, 2.0)),)}, "`0.0001 <= alpha <= 1` must hold, but got"),
        ({"axes": (Axis("alpha", (0.1, 0.1)),)}, "The values of `alpha` must differ, but got"),
        ({"axes": (Axis("alpha", ()),)}, "The values of `alpha` must differ, but got –."),
        ({"axes": (Axis("alpha", ((0.1, 0.2),)),)}, "A sweep takes single values of `alpha`."),
        (
            {"axes": (Axis("alpha", tuple(k / 100 for k in range(1, 24))), N)},
            "`points <= 64` must hold, because each costs as much as a run, but got 23 × 3 = 69.",
        ),
        ({"repeats": 700}, "`points × repeats <= 4096` must hold, but got 6 × 700; 682 repeats"),
        (
            {"axes": (Axis("temperature", (1.0,)),)},
            "`behaviour = softmax` must hold for `temperature` to act, but got",
        ),
        (
            {"axes": (Axis("epsilon", (0.1,)), Axis("behaviour", ("epsilon_greedy", "ucb")))},
            "`behaviour = epsilon_greedy` must hold for `epsilon` to act, but got behaviour=ucb.",
        ),
        (
            {"spec": replace(SPEC, interventions=(At(3, Set("alpha", 0.2)),))},
            "A sweep begins every run anew; its spec may have no interventions.",
        ),
    ],
)
def test_what_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadValue) as refused:
        check(replace(PLAN, **change), KNOWN)

    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("name", ["alhpa", "map"])
def test_what_is_no_knob(name: str) -> None:
    with pytest.raises(UnknownName):
        check(replace(PLAN, axes=(Axis(name, ("x", "y")),)), KNOWN)


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        {"axes": 3},
        {"spec": {"algorithm": "q_learning", "world": "room"}, "axes": [{"name": "alpha"}]},
        {"spec": {"algorithm": "q_learning", "world": "room"}, "axes": [], "lesson": 3},
        {"spec": {"algorithm": "q_learning", "world": "room"}, "axes": [], "owner": "me"},
    ],
)
def test_json_of_another_form_is_refused(plain: Any) -> None:
    with pytest.raises(BadValue):
        sweep.from_plain(plain, KNOWN)


def test_a_spec_of_a_running_sweep_may_be_swept_anew() -> None:
    running = replace(SPEC, config={"alpha": (0.1, 0.2), "n": 2}, replicas=2)

    assert check(replace(PLAN, spec=running, axes=(ALPHA,)), KNOWN).spec == replace(
        SPEC, config={"n": 2}
    )


def each_live_float() -> list[tuple[str, str]]:
    return [(n, f.name) for n in ALGORITHMS for f in entry(n).fields.values() if f.can_schedule]


@pytest.mark.parametrize(("name", "knob"), each_live_float())
def test_a_replica_of_a_shared_run_is_that_of_a_run_at_its_value(name: str, knob: str) -> None:
    field, beside = entry(name).fields[knob], BESIDE.get(knob, {})
    beside = {k: v for k, v in beside.items() if k in entry(name).fields}
    low, high = max(field.low, 0.01), min(field.high, 1.0)
    values = (low, high)
    end = 6 if registry.algorithm(name).ENV_STEPS == 0 else many(name, 150)

    def run(value: Value) -> Run:
        spec = spec_of(name, worlds_of(name)[0], replicas=2, config={**beside, knob: value})
        made = Run(spec)
        made.recorder.tell_apart(("episode_return", "truth_distance", "regret"), end, 2)
        made.advance(time.perf_counter() + 60, end)
        return made

    shared = run(values)
    shown = codec.decode(shared.frame([]))[1]
    for replica, value in enumerate(values):
        alone = run(value)
        for weight, other in alone.weights().items():
            assert torch.equal(shared.weights()[weight][replica], other[replica])
        for key, array in codec.decode(alone.frame([]))[1].items():
            np.testing.assert_array_equal(shown[key][..., replica], array[..., replica], key)


def test_what_is_told_apart_is_what_was_measured() -> None:
    limit = 400
    run = Run(
        spec_of("q_learning", "room", replicas=3, config={"alpha": (0.1, 0.5, 1.0)}), raw=True
    )
    run.recorder.tell_apart(("episode_return", "truth_distance"), limit, 3)
    run.advance(time.perf_counter() + 60, 500)  # what comes after the limit is not looked at
    run.recorder.flush()
    assert run.recorder.raw is not None

    shown = codec.decode(run.frame([]))[1]
    for name in ("episode_return", "truth_distance"):
        cells: dict[tuple[int, int], list[float]] = {}
        for iteration, values in run.recorder.raw[name]:
            for replica in range(3):
                if iteration < limit and np.isfinite(values[replica]):
                    place = iteration * BINS // limit, replica
                    cells.setdefault(place, []).append(float(values[replica]))
        expected = np.full((BINS, 3), np.nan)
        for place, found in cells.items():
            expected[place] = np.mean(found)
        np.testing.assert_allclose(shown[f"{name}.each.mean"], expected, rtol=1e-6)
        last = [[v for (_, r), vs in sorted(cells.items()) if r == k for v in vs] for k in range(3)]
        np.testing.assert_allclose(
            shown[f"{name}.each.end"], [v[-1] if v else np.nan for v in last], rtol=1e-6
        )


def test_a_restored_run_tells_the_same_apart() -> None:
    def fresh() -> Run:
        run = Run(spec_of("q_learning", "room", replicas=2, config={"alpha": (0.1, 0.5)}))
        run.recorder.tell_apart(("episode_return",), 900, 2)
        return run

    undisturbed, first, second = fresh(), fresh(), fresh()
    undisturbed.advance(time.perf_counter() + 60, 900)
    first.advance(time.perf_counter() + 60, 350)
    second.restore(first.checkpoint())
    second.advance(time.perf_counter() + 60, 900)

    assert second.checkpoint() == undisturbed.checkpoint()
    assert second.frame([]) == undisturbed.frame([])


def test_a_run_that_diverges_says_which_replicas_did() -> None:
    spec = RunSpec(
        "td_lambda",
        "random_walk_19",
        config={"alpha": (0.1, 1.0, 0.1, 0.9), "lambda_": 1.0},
        replicas=4,
        seed=5,
    )
    run = Run(spec)
    run.advance(time.perf_counter() + 60, 100_000)
    at_iteration, signal, gone = codec.decode(run.frame([]))[0]["diverged"]

    assert run.diverged == (at_iteration, signal)
    assert gone == [1]


def test_survivors_are_the_same_to_the_last_bit_when_others_are_stood_in_for() -> None:
    plan = check(
        Plan(
            RunSpec("td_lambda", "random_walk_19", config={"lambda_": 1.0}, seed=5),
            (Axis("alpha", (0.05, 0.1, 1.0)),),
            repeats=2,
            iterations=200,  # before anything diverges
        ),
        KNOWN,
    )
    tables = []
    for lost in ((), (2,)):
        (part,) = parts(plan, KNOWN, lost)
        run = Run(part.spec)
        run.advance(time.perf_counter() + 60, plan.iterations)
        tables.append(run.state.v)

    assert torch.equal(tables[0][:4], tables[1][:4])
    assert not torch.equal(tables[0][4:], tables[1][4:])
