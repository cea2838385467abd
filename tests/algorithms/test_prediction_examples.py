"""The worked examples of the prediction lesson: on the way home, in a batch, at the fork."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rlviz import lessons, registry
from rlviz.lessons import first_frames
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec, from_plain
from tests.public import PUBLIC

CATALOGUE = registry.catalogue()
PREDICTORS = (
    "batch_prediction",
    "monte_carlo_prediction",
    "n_step_td",
    "td_gradient",
    "td_lambda",
    "td_prediction",
)


def staged(scene: str, alias: str, preset: str = "", **changes: Any) -> Run:
    """The run of a stage of the lesson, with the knobs of a preset."""
    lesson = lessons.lesson("prediction", scene)
    stage = next(stage for stage in lesson.stages if stage.alias == alias)
    turned = dict(lesson.preset(preset).knobs) | changes if preset else changes
    spec = first_frames.spec(stage, CATALOGUE)
    plain: dict[str, Any] = {
        "algorithm": spec.algorithm,
        "world": turned.pop("world", spec.world),
        "seed": turned.pop("seed", spec.seed),
        "replicas": turned.pop("replicas", spec.replicas),
    }
    of_method = CATALOGUE.algorithm(spec.algorithm).fields
    plain["config"] = stage.config | {k: v for k, v in turned.items() if k in of_method} | stage.own
    of_world = CATALOGUE.world(plain["world"]).fields
    plain["world_config"] = {k: v for k, v in turned.items() if k in of_world}
    return Run(from_plain(plain, CATALOGUE))


def iterations(run: Run, many: int) -> Run:
    while run.iteration < many:
        run.pull()
    return run


def values(run: Run) -> list[float]:
    found: list[float] = run.state.v.mean(0).tolist()
    return found


@pytest.mark.parametrize("name", PREDICTORS)
def test_every_predictor_begins_from_the_guesses_of_the_world(name: str) -> None:
    run = Run(RunSpec(name, "driving_home", replicas=2))

    assert run.state.v.tolist() == [[30, 35, 15, 10, 3, 0]] * 2


def test_thirty_with_ten_gone_and_eighteen_to_go_becomes_29_8() -> None:
    # 30 + .1·(10 + 18 − 30) = 29.8: the first step of TD(0); Monte Carlo has still to wait.
    td = iterations(staged("driving", "driving_td", "thirty_ten_eighteen"), 1)
    mc = iterations(staged("driving", "driving_mc", "thirty_ten_eighteen"), 1)

    shown = [td.recorder.latest[n].item() for n in ("v_s", "reward", "v_next", "v_new")]
    assert shown == pytest.approx([30, 10, 18, PUBLIC["P18"]["taxi_new_Q"]])
    assert td.recorder.latest["td_error"].item() == pytest.approx(PUBLIC["P18"]["taxi_td_error"])
    assert values(mc)[0] == 30


def test_one_trip_at_full_steps_moves_every_guess_onto_its_target() -> None:
    # Example 6.1: predicted totals were 30, 40, 35, 40, 43; TD takes the next of them, MC 43.
    td = values(iterations(staged("driving", "driving_td", "all_at_once"), 5))
    mc = values(iterations(staged("driving", "driving_mc", "all_at_once"), 5))

    assert td == pytest.approx([40 - 0, 35 - 5, 40 - 20, 43 - 30, 43 - 40, 0])
    assert mc == pytest.approx([43, 38, 23, 13, 3, 0])


def test_you_are_the_predictor() -> None:
    # The batch of the scene is that of example 6.4: one A B with 0, six B with 1, one B with 0.
    answers = {}
    for alias, method in (("batch_td", "TD"), ("batch_mc", "MC")):
        run = iterations(staged("batch", alias), 400)
        states, rewards = run.state.states[0, :9], run.state.rewards[0, :9]
        assert (states == 0).sum() == 1
        assert rewards[(states == 0).nonzero().item() + 1] == 0
        assert rewards.sum() == 6
        answers[method] = dict(zip("AB", values(run), strict=False))

    assert answers["TD"] == pytest.approx(PUBLIC["P09"]["TD"], abs=1e-8)
    assert answers["MC"] == pytest.approx(PUBLIC["P09"]["MC"], abs=1e-8)


@pytest.mark.parametrize(
    ("alias", "expected"), [("fork_semi", "V_true"), ("fork_full", "residual_gradient_solution")]
)
def test_each_gradient_rests_where_it_says(alias: str, expected: str) -> None:
    run = iterations(staged("fork", alias, replicas=512, alpha=0.02), 4_000)

    # A's value trembles with an sd of about .05; the mean of 512 of them with .002.
    assert values(run)[:3] == pytest.approx(list(PUBLIC["P10"][expected].values()), abs=0.012)


def test_a_plain_mean_is_unbiased_and_a_constant_step_keeps_its_first_guess() -> None:
    # After 10 returns from −20 with α = .01: 14.667 + .99^10·(−20 − 14.667) = −16.69.
    mean = values(iterations(staged("sampling", "sampling_mean", "sticky_guess"), 10))[0]
    step = values(iterations(staged("sampling", "sampling_step", "sticky_guess"), 10))[0]

    # σ/√(10·512) = .177 for the means; a constant step of .01 varies far less.
    assert mean == pytest.approx(44 / 3, abs=0.7)
    assert step == pytest.approx(44 / 3 + 0.99**10 * (-20 - 44 / 3), abs=0.1)


def test_without_a_trace_the_three_kinds_are_one() -> None:
    kinds = ("decay_accumulating", "decay_replacing", "decay_dutch")
    found = [iterations(staged("decay", alias, "no_trace"), 300).state.v for alias in kinds]

    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(found[0], found[2], rtol=0, atol=1e-12)
