"""One run: positions, changes, what is shown, divergence, and what may not be restored."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch

from rlviz.errors import BadMessage, BadValue, UnknownName
from rlviz.runs import codec
from rlviz.runs.loop import Run
from rlviz.runs.spec import At, Edit, RunSpec, Set
from rlviz.schedules import Schedule
from rlviz.signals import SIGNALS, TAIL


def run_of(**changes: Any) -> Run:
    return Run(RunSpec("q_learning", "cliff_walking", **{"seed": 1, "replicas": 2, **changes}))


def go_to(run: Run, iteration: int) -> Run:
    run.advance(time.perf_counter() + 60, iteration)
    return run


def test_a_position_is_iteration_and_beat() -> None:
    run = run_of()
    seen = []
    for _ in range(4):
        whole = run.pull()
        seen.append((run.iteration, run.beat, run.recorder.beat_name, whole))

    assert seen == [
        (0, 1, "act", False),
        (0, 2, "update", False),
        (1, 0, "update", True),
        (1, 1, "act", False),
    ]


def test_a_run_is_saved_only_between_iterations() -> None:
    run = run_of()
    run.pull()

    with pytest.raises(RuntimeError, match="between two iterations"):
        run.checkpoint()


def test_a_change_asked_for_in_the_middle_waits_for_the_next_iteration() -> None:
    run = go_to(run_of(), 10)
    run.pull()
    run.intervene("a", Set("epsilon", 0.0))
    go_to(run, 12)

    assert [at for _, at, _ in run.changed] == [At(11, Set("epsilon", 0.0))]
    assert [(m["iteration"], m["symbol"], m["old"], m["new"]) for m in run.marks] == [
        (11, "ε", 0.1, 0.0)
    ]


def test_a_replay_of_the_recorded_changes_is_the_same_run() -> None:
    live = go_to(run_of(), 40)
    live.intervene("a", Set("alpha", 0.1))
    live.intervene("b", Set("initial_value", 5.0, "nothing"))
    go_to(live, 90)
    live.intervene("c", Edit({"slip": 0.3}, "weights"))
    go_to(live, 200)
    replay = go_to(Run(live.spec), 200)

    assert torch.equal(live.state.q, replay.state.q)
    assert codec.decode(live.frame())[1]["td_error"].tobytes() == (
        codec.decode(replay.frame())[1]["td_error"].tobytes()
    )


@pytest.mark.parametrize(("keep", "kept"), [("all", True), ("weights", True), ("nothing", False)])
def test_what_is_kept_when_a_knob_restarts(keep: Any, kept: bool) -> None:
    run = go_to(run_of(), 60)
    before = run.state.q.clone()
    run.intervene("a", Set("initial_value", 7.0, keep))
    run.pull()

    assert torch.equal(run.state.q, before) == kept
    assert (run.state.q[0, 0, 0] == 7.0) == (not kept)


def test_a_schedule_moves_with_the_iteration() -> None:
    run = run_of(config={"epsilon": Schedule("linear", 1.0, 0.0, 100)})
    shown = []
    for iteration in (1, 25, 50, 200):
        go_to(run, iteration)
        shown.append(float(codec.decode(run.frame(["epsilon"]))[1]["epsilon"]))

    np.testing.assert_allclose(shown, [0.99, 0.75, 0.5, 0.0], rtol=1e-6)


def test_a_frame_carries_what_was_asked_and_no_more() -> None:
    run = go_to(run_of(), 300)
    names = ["q", "td_error", "td_error.now", "state.tail", "visits", "alpha", "nonsense"]
    metadata, arrays = codec.decode(run.frame(names, sequence=5, status="playing"))

    assert {k: v.shape for k, v in arrays.items()} == {
        "q": (48, 4),
        "td_error": (7, 300),
        "td_error.now": (),
        "state.tail": (TAIL,),
        "visits": (48,),
        "alpha": (),
    }
    assert {v.dtype for v in arrays.values()} == {np.dtype("f4"), np.dtype("i4")}
    assert metadata["missing"] == {"nonsense": "There is no signal `nonsense`."}
    assert (metadata["sequence"], metadata["status"], metadata["iteration"]) == (5, "playing", 300)
    assert arrays["visits"].sum() == 300


def test_a_frame_before_the_first_iteration_shows_the_table_and_waits_for_the_rest() -> None:
    metadata, arrays = codec.decode(run_of().frame(["q", "td_error", "q_sa", "truth_q"]))

    assert set(arrays) == {"q", "truth_q"}
    assert metadata["missing"] == {}


def test_a_frame_says_how_many_beats_an_iteration_has() -> None:
    run, said = run_of(), []
    for _ in range(4):
        said.append(codec.decode(run.frame(["q"]))[0]["beats"])
        run.pull()
    again = run_of()
    again.restore(go_to(run_of(), 5).checkpoint())

    assert said == [0, 0, 0, 2]
    assert codec.decode(again.frame(["q"]))[0]["beats"] == 2


def test_a_run_that_has_diverged_shows_what_is_suspected() -> None:
    run = go_to(run_of(), 100)
    healthy = codec.decode(run.frame(["q"]))[0]["suspects"]
    run.state.q[0, 36] = float("inf")
    run.advance(time.perf_counter() + 5, 5000)
    found = codec.decode(run.frame(["q"]))[0]["suspects"]

    assert healthy == []
    assert found[0]["kind"] == "diverged"
    assert found[0]["values"] == {"signal": "δ", "iteration": run.diverged[0]}  # type: ignore[index]


def test_what_is_available_is_declared() -> None:
    run = run_of()

    assert {name.split(".")[0] for name in run.available()} <= set(SIGNALS)


def test_the_static_frame_has_the_map() -> None:
    metadata, arrays = codec.decode(run_of().static())

    assert metadata["static"]
    assert metadata["actions"] == ["up", "right", "down", "left"]
    assert arrays["grid_shape"].tolist() == [4, 12]
    assert arrays["cell_kind"][36:].tolist() == [2, *[4] * 10, 3]


def test_truth_that_does_not_exist_is_said_in_words() -> None:
    """Without exploration and with a goal behind walls there is no finite value at γ = 1."""
    run = go_to(run_of(config={"gamma": 1.0}), 5)
    run.truth.world.terminal[:] = False
    metadata, arrays = codec.decode(run.frame(["q_optimal"]))

    assert "q_optimal" not in arrays
    assert "choose γ < 1" in metadata["missing"]["q_optimal"]


def test_a_run_that_diverges_stops_and_names_the_signal() -> None:
    run = go_to(run_of(), 100)
    run.state.q[0, 36] = float("inf")
    run.advance(time.perf_counter() + 5, 5000)
    run.recorder.flush()

    assert run.diverged is not None
    assert run.diverged[0] >= 100
    assert run.diverged[1] == "td_error"
    assert run.iteration < 5000


def test_the_summary_has_the_last_values() -> None:
    run = Run(RunSpec("sarsa", "cliff_walking", seed=1, replicas=2), raw=True)
    go_to(run, 3000)
    summary = run.summary()
    raw = run.recorder.raw
    assert raw is not None
    returns = [x for _, row in raw["episode_return"] for x in row if x == x]
    errors = [row.mean() for _, row in raw["td_error"]]

    assert summary["episode_return"]["last"] == returns[-1]
    assert summary["episode_return"]["mean_last_100"] == pytest.approx(np.mean(returns[-100:]))
    assert summary["td_error"]["mean_last_100"] == pytest.approx(np.mean(errors[-100:]))


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"replicas": 3},
        {"config": {"alpha": 0.2}},
        {"world_config": {"slip": 0.1}},
    ],
)
def test_a_checkpoint_of_another_run_is_refused(other: dict[str, Any]) -> None:
    saved = go_to(run_of(), 5).checkpoint()

    with pytest.raises(BadMessage, match="another run"):
        run_of(**other).restore(saved)


def test_a_change_that_only_the_checkpoint_knows_becomes_part_of_the_run() -> None:
    live = go_to(run_of(), 40)
    live.intervene("a", Set("alpha", 0.1))
    go_to(live, 60)
    fresh = run_of()

    assert fresh.restore(live.checkpoint()) == [At(40, Set("alpha", 0.1))]
    assert fresh.spec == live.spec
    assert torch.equal(go_to(fresh, 90).state.q, go_to(live, 90).state.q)


def test_a_checkpoint_that_does_not_know_a_change_of_the_past_is_refused() -> None:
    saved = go_to(run_of(), 60).checkpoint()

    with pytest.raises(BadMessage, match="another run"):
        run_of(interventions=(At(40, Set("alpha", 0.1)),)).restore(saved)


def test_a_frame_is_no_checkpoint() -> None:
    with pytest.raises(BadMessage, match="not a checkpoint"):
        run_of().restore(run_of().frame())


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean `q_learning`"):
        Run(RunSpec("q_lerning", "cliff_walking"))


def test_cuda_is_refused_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BadValue, match="needs a CUDA device"):
        run_of(device="cuda")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_same_run_on_cuda() -> None:
    """Tables need only add, multiply, max, gather and scatter, which are the same everywhere."""
    cpu, cuda = go_to(run_of(device="cpu"), 300), go_to(run_of(device="cuda"), 300)

    assert torch.equal(cpu.state.q, cuda.state.q.cpu())
