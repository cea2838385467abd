"""A sweep that goes on, over an engine that does what the test says, and over the real one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rlviz import registry
from rlviz.errors import BadMessage, BadValue, NoSuchRun
from rlviz.runs import codec, sweep, sweep_results, sweeping
from rlviz.runs.client import About
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import RunSpec
from rlviz.runs.sweep import Axis, Lost, Plan, Sweep, check
from rlviz.runs.sweeping import Look, Sweeping

KNOWN = registry.catalogue()
SHARED = Plan(RunSpec("sarsa", "room"), (Axis("alpha", (0.1, 0.5, 1.0)),), 2, 100)
APART = Plan(RunSpec("n_step_sarsa", "room"), (Axis("n", (1, 2, 4)),), 2, 100)


class Script:
    """An engine whose runs are what the test says of them."""

    def __init__(self) -> None:
        self.runs: dict[str, Look] = {}
        self.begun: list[tuple[RunSpec, About, int]] = []
        self.told: list[tuple[str, str]] = []
        self.refusal = ""

    def begin(self, spec: RunSpec, about: About, limit: int) -> str:
        if self.refusal:
            raise BadValue(self.refusal)
        self.begun.append((spec, about, limit))
        run = f"run{len(self.begun):09d}"
        self.runs[run] = Look("playing", 0, "", b"")
        return run

    def end(self, run: str) -> None:
        self.told.append(("end", run))
        self.runs.pop(run, None)

    def rest(self, run: str) -> None:
        self.told.append(("rest", run))

    def go_on(self, run: str) -> None:
        self.told.append(("go on", run))

    def look(self, run: str) -> Look | None:
        return self.runs.get(run)

    def say(self, run: str, status: Any, **facts: Any) -> None:
        self.runs[run] = replace(self.runs[run], status=status, **facts)

    def diverge(self, run: str, replicas: list[int], iteration: int = 7) -> None:
        frame = codec.encode({"diverged": [iteration, "td_error", replicas]}, {})
        self.say(run, "diverged", frame=frame)


def fresh(plan: Plan) -> Sweeping:
    return Sweeping.fresh("sweep0000001", "alice", check(plan, KNOWN), 5.0, KNOWN)


def test_as_many_go_at_once_as_may_and_the_next_follow() -> None:
    one, engine = fresh(APART), Script()

    assert one.advance(engine, KNOWN, 2)
    assert one.seen().runs == ("run000000001", "run000000002", "")
    assert not one.advance(engine, KNOWN, 2)  # nothing that must be kept

    engine.say("run000000001", "finished", iteration=100)
    engine.say("run000000002", "playing", iteration=50)
    assert one.advance(engine, KNOWN, 2)

    seen = one.seen()
    assert (seen.done, seen.at) == ((True, False, False), (100, 50, 0))
    assert seen.progress == pytest.approx(0.5)
    assert [begun[1].sweep for begun in engine.begun] == ["sweep0000001"] * 3
    assert [begun[0] for begun in engine.begun] == [p.spec for p in one.parts(KNOWN)]
    assert {begun[2] for begun in engine.begun} == {100}
    assert not seen.ended


def test_a_cap_is_waited_for_and_named() -> None:
    one, engine = fresh(APART), Script()
    engine.refusal = "One person may have 8 running runs."

    one.advance(engine, KNOWN, 4)
    assert one.seen().waits == "One person may have 8 running runs."
    engine.refusal = ""
    one.advance(engine, KNOWN, 4)
    assert (one.seen().waits, len(engine.begun)) == ("", 3)


def test_only_the_guilty_points_are_lost() -> None:
    one, engine = fresh(SHARED), Script()
    one.advance(engine, KNOWN, 4)
    engine.diverge("run000000001", [4])

    one.advance(engine, KNOWN, 4)

    assert one.seen().lost == (Lost(2, 7, "td_error", 1),)
    assert engine.told == [("end", "run000000001")]
    assert one.runs == ["run000000002"]
    assert engine.begun[1][0].config == {"alpha": (0.1, 0.1, 0.5, 0.5, 0.1, 0.1)}
    engine.say("run000000002", "finished", iteration=100)
    one.advance(engine, KNOWN, 4)
    assert one.seen().ended
    assert one.seen().sentences == ("",)


def test_a_stand_in_that_diverges_speaks_against_the_point_whose_values_it_has() -> None:
    one, engine = fresh(SHARED), Script()
    one.advance(engine, KNOWN, 4)
    engine.diverge("run000000001", [4, 5])
    one.advance(engine, KNOWN, 4)
    engine.diverge("run000000002", [5], iteration=9)  # it stands at alpha = 0.1
    one.advance(engine, KNOWN, 4)

    assert one.seen().lost == (Lost(2, 7, "td_error", 2), Lost(0, 9, "td_error", 1))
    engine.diverge("run000000003", [2], iteration=11)
    one.advance(engine, KNOWN, 4)
    assert one.seen().ended  # every point is lost
    assert one.runs == ["run000000003"]  # it can be looked at


def test_a_run_that_diverged_under_another_server_is_made_again() -> None:
    one, engine = fresh(SHARED), Script()
    one.advance(engine, KNOWN, 4)
    engine.say("run000000001", "diverged")  # without its last frame

    one.advance(engine, KNOWN, 4)

    assert one.runs == ["run000000002"]
    assert one.lost == []


def test_a_run_that_diverged_nowhere_says_so() -> None:
    one, engine = fresh(SHARED), Script()
    one.advance(engine, KNOWN, 4)
    engine.say("run000000001", "diverged", frame=codec.encode({}, {}))
    one.advance(engine, KNOWN, 4)

    assert one.seen().sentences == ("It diverged, and it is not known at which point.",)


def test_what_fails_or_is_gone_is_named_and_the_others_go_on() -> None:
    one, engine = fresh(APART), Script()
    one.advance(engine, KNOWN, 3)
    engine.say("run000000001", "failed", sentence="It broke.")
    engine.end("run000000002")
    engine.say("run000000003", "finished", iteration=100)
    one.advance(engine, KNOWN, 3)

    assert one.seen().sentences == ("It broke.", "This run is gone.", "")
    assert one.seen().ended


def test_cancel_ends_what_goes_on_and_keeps_what_was_found() -> None:
    one, engine = fresh(APART), Script()
    one.advance(engine, KNOWN, 2)
    engine.say("run000000001", "finished", iteration=100)
    one.advance(engine, KNOWN, 1)
    one.cancel(engine)

    assert engine.told == [("end", "run000000002")]
    assert one.seen().runs == ("run000000001", "", "")
    assert one.seen().ended
    assert not one.advance(engine, KNOWN, 2)
    assert len(engine.begun) == 2


def test_it_rests_and_goes_on() -> None:
    one, engine = fresh(APART), Script()
    one.advance(engine, KNOWN, 2)
    one.rest(engine)
    engine.say("run000000001", "paused")
    one.advance(engine, KNOWN, 2)

    assert engine.told == [
        ("rest", "run000000001"),
        ("rest", "run000000002"),
        ("go on", "run000000001"),
    ]


def test_it_is_the_same_after_it_was_kept() -> None:
    one, engine = fresh(SHARED), Script()
    one.advance(engine, KNOWN, 4)
    engine.diverge("run000000001", [4])
    one.advance(engine, KNOWN, 4)

    again = sweeping.from_plain(one.id, one.owner, one.created, one.to_plain(), KNOWN)

    assert again == one


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 9},
        {"runs": []},
        {"runs": ["../../secret"]},
        {"lost": [{"point": 1}]},
        {"plan": {}},
        {"done": 3},
    ],
)
def test_what_was_kept_otherwise_is_refused(change: dict[str, Any]) -> None:
    plain = fresh(SHARED).to_plain() | change

    with pytest.raises((BadMessage, BadValue)):
        sweeping.from_plain("sweep0000001", "alice", 5.0, plain, KNOWN)


# ---------------------------------------------------------------- the real engine


def finished(client: LocalClient, key: str, seconds: float = 60.0) -> Sweep:
    give_up = time.monotonic() + seconds
    while not (seen := client.sweep(key)).ended:
        assert time.monotonic() < give_up, seen
        time.sleep(0.02)
    return seen


def found(client: LocalClient, seen: Sweep, name: str) -> list[sweep_results.Result]:
    wanted = sweep_results.metric(name)
    made = sweep.parts(seen.plan, KNOWN, {lost.point for lost in seen.lost})
    measured = []
    for run, part in zip(seen.runs, made, strict=True):
        history = client.history(run)
        frame = history.frame(history.frames()[-1].sequence)
        measured.append(sweep_results.measured(frame, part.points, wanted))
    return list(sweep_results.results(seen, made, measured))


@pytest.fixture(scope="module")
def client() -> Any:
    made = LocalClient()
    yield made
    made.close()


def test_a_point_that_diverges_is_lost_alone(client: LocalClient) -> None:
    """SB figure 12.3: accumulating traces with λ = 1 explode for large step sizes."""
    spec = RunSpec("td_lambda", "random_walk_19", config={"lambda_": 1.0}, seed=5)
    plan = Plan(spec, (Axis("alpha", (0.01, 0.1, 1.0)),), 2, 12_000)
    seen = finished(client, client.start_sweep(plan, "alice"))
    diverging = found(client, seen, "truth_distance.end")

    alone = finished(
        client,
        client.start_sweep(replace(plan, axes=(Axis("alpha", (0.01, 0.1)),)), "alice"),
    )
    calm = found(client, alone, "truth_distance.end")

    assert [lost.point for lost in seen.lost] == [2]
    assert [one.state for one in diverging] == ["measured", "measured", "diverged"]
    assert diverging[:2] == calm  # the same replicas with the same random numbers


def test_runs_apart_are_found_together(client: LocalClient) -> None:
    plan = Plan(RunSpec("n_step_sarsa", "room"), (Axis("n", (1, 4)),), 3, 4000)
    seen = finished(client, client.start_sweep(plan, "alice"))
    results = found(client, seen, "episode_length.last_quarter")

    assert [one.state for one in results] == ["measured", "measured"]
    assert all(one.n == 3 and np.isfinite(one.error) for one in results)
    assert [listed.run for listed in client.runs("alice")] == []  # parts stand in no list
    assert client.sweeps("alice")[0].id == seen.id
    assert client.sweeps("bob") == []


def test_a_sweep_is_cancelled(client: LocalClient) -> None:
    plan = Plan(RunSpec("n_step_sarsa", "room"), (Axis("n", (1, 4)),), 3, 1_000_000)
    key = client.start_sweep(plan, "alice")
    runs = client.sweep(key).runs
    client.cancel_sweep(key)

    assert client.sweep(key).cancelled
    for run in runs:
        with pytest.raises(NoSuchRun):
            client.view(run)


def test_a_sweep_is_deleted_with_its_runs(client: LocalClient) -> None:
    plan = Plan(RunSpec("n_step_sarsa", "room"), (Axis("n", (1, 4)),), 3, 1_000_000)
    key = client.start_sweep(plan, "alice")
    runs = client.sweep(key).runs
    client.forget_sweep(key)

    assert key not in [one.id for one in client.sweeps("alice")]
    for run in runs:
        with pytest.raises(NoSuchRun):
            client.view(run)


def test_nobody_has_that_sweep(client: LocalClient) -> None:
    with pytest.raises(NoSuchRun, match="This sweep is gone"):
        client.sweep("nothing")
