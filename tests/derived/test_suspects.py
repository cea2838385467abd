"""Why?: literal runs of each kind of trouble, and nothing at all on runs that are well."""

from __future__ import annotations

import dataclasses
import string
import time
from typing import Any

import numpy as np
import orjson
import pytest

from rlviz import lessons, registry
from rlviz.derived import suspects as module
from rlviz.derived.evidence import SENTENCES, Known
from rlviz.derived.stretches import Stretch, joined, peaks, stretches
from rlviz.derived.suspects import Asking, suspects
from rlviz.lessons import Lesson, Preset, Stage
from rlviz.runs.curves import Curve, rows_of_trace
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec, Set
from rlviz.schedules import Schedule
from rlviz.ui import knobs
from tests.algorithms.pairs import of_batches

CATALOGUE = registry.catalogue()
SCENES = [scene for name in lessons.names() for scene in lessons.scenes(name)]
PER_SPEED = {1000.0: 6000, 100.0: 1500}  # iterations in the time that a class looks at a run
LONG_ENOUGH = {1000.0: 20_000, 100.0: 4000}  # for what is wrong to show
STUCK = [("silent", "no_error"), ("silent", "stays")]
GROWTH = {"start": 44, "before": 1.741824, "end": 1152, "after": 9.821161e154, "doubling": 2.155339}
EAGER = [
    ("diverged", "first", {"signal": "‖Q−Q†‖", "iteration": 1151}),
    ("diverged", "growth", {"signal": "δ", **GROWTH}),
    ("diverged", "overshoots", {"trace": 52.0, "alpha": 0.4, "step": 20.8}),
    ("diverged", "unfading", {"product": 1.0, "longest": 482}),
]


def known(run: Run) -> Known:
    """What the loop hands to the judges."""
    run.recorder.flush()
    recorder = run.recorder
    return Known(
        run.view(),
        recorder.curves,
        recorder.tallies["visits"],
        recorder.tail,
        run.marks,
        recorder.diverged,
        run.settings.at,
    )


def go_to(run: Run, iteration: int) -> Run:
    run.advance(time.perf_counter() + 120, iteration)
    while not run.whole:
        run.pull()
    return run


def run_of(algorithm: str, world: str, iterations: int, **changes: Any) -> Run:
    return go_to(
        Run(RunSpec(algorithm, world, **{"seed": 1, "replicas": 8, **changes})), iterations
    )


def said(run: Run) -> list[tuple[str, str, dict[str, Any]]]:
    """Kind, the sentence's own name, and its values."""
    names = {text: name for name, text in SENTENCES.items()}
    return [(s["kind"], names[s["text"]], s["values"]) for s in suspects(known(run))]


def kinds(run: Run) -> list[tuple[str, str]]:
    return [(kind, name) for kind, name, _ in said(run)]


def about(expected: list[tuple[str, str, dict[str, Any]]]) -> Any:
    """The same with numbers to six digits."""
    return [
        (
            kind,
            name,
            {k: v if isinstance(v, str) else pytest.approx(v, rel=1e-5) for k, v in values.items()},
        )
        for kind, name, values in expected
    ]


# ------------------------------------------------------------------ one run of each kind


def eager(**config: Any) -> dict[str, Any]:
    chosen = {"alpha": 0.4, "lambda_": 1.0, "gamma": 1.0, "trace": "accumulating"}
    return {"config": chosen | config, "replicas": 32}


def test_accumulating_traces_that_never_fade_diverge() -> None:
    run = run_of("td_lambda", "random_walk_19", 3000, **eager())

    assert said(run) == about(EAGER)


def test_values_beyond_any_return_are_named_with_their_bound() -> None:
    # The walk pays 1 at most, so with γ = 0.99 no return is larger than 1 / (1 − 0.99) = 100.
    run = run_of("td_lambda", "random_walk_19", 20_000, **eager(gamma=0.99, alpha=1.0))

    (found,) = [values for _, name, values in said(run) if name == "beyond"]

    assert found == {
        "estimate": "|V|",
        "largest": pytest.approx(found["largest"]),
        "reward": 1.0,
        "gamma": 0.99,
        "bound": pytest.approx(100),
    }
    assert found["largest"] > 1e3


def test_a_knob_that_was_turned_just_before_is_named() -> None:
    run = run_of("td_lambda", "random_walk_19", 500, **eager(lambda_=0.5))
    run.intervene("a", Set("lambda_", 1.0))
    go_to(run, 3000)

    changed = [values for _, name, values in said(run) if name == "changed"]

    assert run.diverged is not None
    assert changed == [{"symbol": "λ", "iteration": 500, "old": 0.5, "new": 1.0}]


def test_a_sum_without_an_end_is_seen_before_it_is_infinite() -> None:
    run = run_of("policy_evaluation", "grid_5x5", 200, replicas=1, config={"gamma": 1.0})

    assert kinds(run) == [("endless", "no_rest"), ("endless", "no_end")]


def test_the_same_sum_with_a_discount_is_well() -> None:
    run = run_of("policy_evaluation", "grid_5x5", 200, replicas=1, config={"gamma": 0.9})

    assert said(run) == []


def test_returns_that_fall_after_a_knob_are_a_collapse_since_then() -> None:
    run = run_of("q_learning", "cliff_walking", 6000)
    assert said(run) == []
    run.intervene("a", Set("epsilon", 0.9))
    go_to(run, 10_000)

    found = said(run)

    assert [(kind, name) for kind, name, _ in found] == [
        ("collapsed", "fell"),
        ("collapsed", "since"),
        ("collapsed", "changed"),
        ("collapsed", "longer"),
    ]
    fell, since, changed = (values for _, _, values in found[:3])
    assert fell["now"] < -500 < -80 < fell["best"]
    assert fell["deviations"] > 5
    assert 6000 <= since["iteration"] <= 7000
    assert changed == {"symbol": "ε", "iteration": 6000, "old": 0.1, "new": 0.9}


def test_a_schedule_that_moved_meanwhile_is_named_with_both_its_ends() -> None:
    rises = Schedule("linear", 0.05, 1.0, 10_000)
    run = run_of("q_learning", "cliff_walking", 10_000, config={"epsilon": rises})

    (moved,) = [values for _, name, values in said(run) if name == "schedule"]

    best = next(values for _, name, values in said(run) if name == "fell")
    assert moved == {
        "symbol": "ε",
        "old": pytest.approx(rises.at(best["iteration"])),
        "new": pytest.approx(1.0),
    }


def test_a_world_that_was_drawn_anew_is_named_without_its_letters() -> None:
    marks = [{"iteration": 95, "field": "map", "symbol": "map", "old": "SG", "new": "S.G"}]

    assert list(module._change(_marked(marks), "collapsed", 90, 100)) == [
        {
            "kind": "collapsed",
            "text": SENTENCES["changed_words"],
            "values": {"symbol": "map", "iteration": 95},
        }
    ]


def test_a_change_of_long_ago_is_no_suspect() -> None:
    marks = [{"iteration": 10, "field": "alpha", "symbol": "α", "old": 0.1, "new": 0.5}]

    assert list(module._change(_marked(marks), "collapsed", 90, 100)) == []


def test_where_no_reward_has_come_there_is_nothing_to_learn_from() -> None:
    run = run_of("q_learning", "frozen_lake_8x8", 150, config={"epsilon": 0.1})

    ((kind, name, values),) = said(run)

    assert (kind, name) == ("silent", "no_reward")
    assert values["n"] >= 20


def test_episodes_that_only_the_limit_ends() -> None:
    run = run_of("q_learning", "cliff_walking", 12_000, config={"gamma": 0.0})

    found = said(run)

    assert [(kind, name) for kind, name, _ in found] == [("silent", "cut"), ("silent", "faint")]
    assert {k: found[0][2][k] for k in ("steps", "limit")} == {"steps": 13, "limit": 500}
    assert found[1][2] == {"steps": 13, "gamma": 0.0, "weight": 0.0}


def test_a_greedy_agent_that_trusts_its_first_try_stays_where_it_is() -> None:
    # Everything untried looks like −200. Whatever is tried first is worth more with γ = 0.5, so it
    # is tried again; in the corner that is a step against the wall for one replica in two.
    config = {"epsilon": 0.0, "gamma": 0.5, "initial_value": -200.0, "alpha": 0.5}
    run = run_of("q_learning", "cliff_walking", 450, replicas=1, seed=2, config=config)

    found = said(run)

    assert [(kind, name) for kind, name, _ in found] == STUCK
    assert found[-1][2] == {"state": 36, "steps": 64}


def test_a_greedy_agent_that_found_the_best_way_has_no_errors_and_is_well() -> None:
    # Everything untried looks better than −1 a step, so it tries all there is and ends at −13.
    run = run_of("q_learning", "cliff_walking", 20_000, config={"epsilon": 0.0, "alpha": 1.0})
    errors = stretches(run.recorder.curves["td_error"])[-1]

    assert (errors.low, errors.high) == (0, 0)
    assert said(run) == []


def test_a_step_size_that_moves_nothing() -> None:
    # A state that was met n times has gone 1 − (1 − 0.0001)ⁿ of its way.
    run = run_of("td_prediction", "random_walk_5", 1000, config={"alpha": 0.0001})
    found = said(run)

    visits = int(run.recorder.tallies["visits"].max())

    assert [(kind, name) for kind, name, _ in found] == [("silent", "tiny"), ("silent", "per_step")]
    assert found[0][2] == {
        "alpha": 0.0001,
        "visits": visits,
        "share": pytest.approx(100 * (1 - 0.9999**visits)),
    }
    assert found[1][2]["change"] == pytest.approx(0.0001 * found[1][2]["error"])


def test_plain_means_have_no_step_size_to_blame() -> None:
    config = {"alpha": 0.0001, "averaging": "mean"}
    run = run_of("monte_carlo_prediction", "random_walk_5", 1000, config=config)

    assert said(run) == []


# ------------------------------------------------------------------ runs that are well


def played(lesson: Lesson, stage: Stage, preset: Preset | None) -> Run:
    """The stage's run as a page would start it."""
    turned = knobs.defaults(lesson, CATALOGUE)
    if preset:
        world = str(preset.knobs.get("world", turned["world"]))
        turned = knobs.in_world(turned, lesson, CATALOGUE, world) | preset.knobs
    return Run(knobs.spec(stage, turned, CATALOGUE))


def on_the_way(run: Run, most: int) -> set[tuple[str, str]]:
    """All that is said of it at moments between its start and that iteration."""
    found: set[tuple[str, str]] = set()
    at = 50
    while at <= most and not run.diverged:
        found |= set(kinds(go_to(run, at)))
        at = at * 3 // 2
    return found


def batches(stage: Stage, iterations: int) -> int:
    """As many iterations, or a tenth of them where each is a whole batch."""
    return iterations // 10 if of_batches(stage.algorithm) else iterations


def first_cast(lesson: Lesson) -> list[Stage]:
    return [one for one in lesson.stages if not lesson.cast or one.alias in lesson.cast]


def named(*parts: Any) -> str:
    return "-".join(getattr(part, "alias", getattr(part, "name", part)) for part in parts if part)


MEANT = {  # stages that stand there to go wrong, and what is said of them
    "learn_action": {("silent", "no_gradient")},
    "cases_free": {("collapsed", "decided")},
    "discount_printed": {("collapsed", "decided")},
}
STARTS = [(lesson, stage) for lesson in SCENES for stage in first_cast(lesson)]
GOOD = [
    (lesson, stage, preset)
    for lesson in SCENES
    for preset in lesson.presets
    if preset.kind == "good"
    for stage in first_cast(lesson)
]


@pytest.mark.parametrize(
    ("lesson", "stage"), STARTS, ids=[named(lesson, stage) for lesson, stage in STARTS]
)
def test_the_run_that_a_lesson_opens_with_is_well(lesson: Lesson, stage: Stage) -> None:
    found = on_the_way(played(lesson, stage, None), batches(stage, 1000))
    assert found <= MEANT.get(stage.alias, set())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lesson", "stage", "preset"), GOOD, ids=[named(lesson, s, p) for lesson, s, p in GOOD]
)
def test_a_good_preset_is_well_from_start_to_end(
    lesson: Lesson, stage: Stage, preset: Preset
) -> None:
    most = batches(stage, PER_SPEED.get(lesson.speed or 0, 600))
    assert on_the_way(played(lesson, stage, preset), most) <= MEANT.get(stage.alias, set())


BAD = {  # scene, preset, stage → what is said of it in the end, by the names of the sentences
    ("evaluation", "endless", "all_at_once"): ["no_rest", "no_end"],
    ("evaluation", "endless", "in_place"): ["no_rest", "no_end"],
    ("decay", "all_chance", "decay_accumulating"): ["first", "growth", "overshoots", "unfading"],
    ("family", "short_sighted", "q_learning"): ["cut", "faint"],
    ("family", "short_sighted", "sarsa"): ["cut", "faint"],
    ("family", "hasty", "sarsa"): ["fell", "since", "longer"],
    ("triangle", "no_signal", "triangle_one"): ["no_gradient"],
    ("learning", "hasty", "learn_none"): ["decided", "since", "leap"],
    ("step", "one_try", "step_trpo"): ["refused", "tried"],
    ("step", "no_room", "step_trpo"): ["refused", "no_radius"],
}


@pytest.mark.slow
@pytest.mark.parametrize(("scene", "preset", "alias"), BAD, ids=["-".join(bad) for bad in BAD])
def test_a_bad_preset_gets_its_reason(scene: str, preset: str, alias: str) -> None:
    found = ((one, stage) for one in SCENES if one.scene == scene for stage in one.stages)
    lesson, stage = next((one, stage) for one, stage in found if stage.alias == alias)
    run = played(lesson, stage, lesson.preset(preset))

    go_to(run, batches(stage, LONG_ENOUGH.get(lesson.speed or 0, 1000)))

    found = [name for _, name in kinds(run)]
    assert [name for name in found if name != "errors"] == BAD[scene, preset, alias]


# ------------------------------------------------------------------ form


@pytest.mark.parametrize(
    ("algorithm", "world", "iterations", "changes"),
    [
        ("td_lambda", "random_walk_19", 3000, eager()),
        ("q_learning", "cliff_walking", 12_000, {"config": {"gamma": 0.0}}),
        ("td_prediction", "random_walk_5", 1000, {"config": {"alpha": 0.0001}}),
    ],
)
def test_a_sentence_has_a_value_for_each_of_its_places(
    algorithm: str, world: str, iterations: int, changes: dict[str, Any]
) -> None:
    found = suspects(known(run_of(algorithm, world, iterations, **changes)))

    assert found
    for one in found:
        places = {name for _, name, _, _ in string.Formatter().parse(one["text"]) if name}
        assert places == set(one["values"])
        assert orjson.loads(orjson.dumps(one)) == one  # no number that JSON does not know
        assert one["text"].format(**one["values"])


def test_a_new_run_of_any_kind_has_no_suspects() -> None:
    for name in registry.algorithm_modules():
        world = registry.worlds_for(registry.algorithm(name))[0]
        assert suspects(known(Run(RunSpec(name, world)))) == []


def test_while_it_plays_a_run_is_judged_once_a_second_and_at_once_when_it_stands_or_diverges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    asked: list[float] = []

    def judged(_: Known) -> list[dict[str, Any]]:
        asked.append(clock[0])
        return [{"kind": str(clock[0])}]

    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "suspects", judged)
    asking, well = Asking(), known(run_of("q_learning", "cliff_walking", 10))
    ill = dataclasses.replace(well, diverged=(10, "td_error"))
    moments = [
        (100.0, well, True),
        (100.9, well, True),
        (101.0, well, True),
        (101.1, well, False),
        (101.2, ill, True),
    ]

    answers = []
    for clock[0], case, playing in moments:
        answers.append(asking.suspects(case, playing=playing)[0]["kind"])

    assert asked == [100.0, 101.0, 101.1, 101.2]
    assert answers == ["100.0", "100.0", "101.0", "101.1", "101.2"]


# ------------------------------------------------------------------ stretches


def curve_of(values: list[float], replicas: int = 1) -> Curve:
    curve = Curve()
    column = np.array(values, dtype=np.float64).reshape(-1, replicas)
    curve.add(np.arange(len(column)), rows_of_trace(column))
    return curve


def test_a_stretch_is_the_mean_and_spread_of_its_values() -> None:
    # Sixty bins in twenty stretches of three: 0 1 2, 3 4 5, …; the sd of the first is √(2/3).
    found = stretches(curve_of([float(i) for i in range(60)]))

    assert len(found) == 20
    assert found[0] == Stretch(0, 3, 3.0, 1.0, pytest.approx((2 / 3) ** 0.5), 0.0, 2.0)
    assert found[-1] == Stretch(57, 60, 3.0, 58.0, pytest.approx((2 / 3) ** 0.5), 57.0, 59.0)
    assert found[0].error == pytest.approx((2 / 9) ** 0.5)


def test_the_newest_stretch_is_whole_and_the_rest_is_at_the_beginning() -> None:
    # 25 bins in stretches of two: the first bin is left over.
    found = stretches(curve_of([float(i) for i in range(25)]))

    assert [(one.start, one.end) for one in found] == [(2 * i + 1, 2 * i + 3) for i in range(12)]


def test_a_stretch_that_is_not_finite_is_left_out() -> None:
    found = stretches(curve_of([1.0, float("inf"), 2.0]))

    assert [one.mean for one in found] == [1.0, 2.0]


def test_stretches_are_joined_from_the_newest_until_they_have_enough() -> None:
    # 1 2 | 3 4 5 in stretches of one value each: the mean of 3 4 5 is 4, its sd √(2/3).
    found = joined(stretches(curve_of([1.0, 2.0, 3.0, 4.0, 5.0])), 3)

    assert found == [Stretch(2, 5, 3.0, 4.0, pytest.approx((2 / 3) ** 0.5), 3.0, 5.0)]


def test_peaks_are_the_greatest_sizes_of_what_is_finite() -> None:
    ends, sizes = peaks(curve_of([1.0, -3.0, 2.0, 0.5, float("nan"), 4.0], replicas=2))

    assert (ends.tolist(), sizes.tolist()) == ([1, 2], [3.0, 2.0])


def _marked(marks: list[dict[str, Any]]) -> Known:
    run = run_of("q_learning", "cliff_walking", 100)
    return dataclasses.replace(known(run), marks=marks)
