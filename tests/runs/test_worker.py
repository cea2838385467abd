"""A real worker process: turns, steps, speeds, changes and failures, over its socket."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from rlviz.runs import codec
from rlviz.runs import messages as m
from rlviz.runs.loop import Run
from rlviz.runs.spec import At, RunSpec, Set, to_plain
from tests.runs.talking import PATIENCE, SPEC, Talk, process, start


@pytest.fixture
def worker() -> Iterator[Talk]:
    with process() as talk:
        yield talk


def test_a_paused_run_stands_and_steps_add_up(worker: Talk) -> None:
    worker.tell(start(playing=False), m.Step("a", "beat"), m.Step("a", "beat"))
    worker.wait(m.Paused, lambda p: p.beat == 2)
    worker.tell(m.Step("a", "iteration"), m.Step("a", "iteration", 2))

    assert worker.wait(m.Paused, lambda p: p.iteration > 0) == m.Paused("a", 3, 0)


def test_a_step_of_an_episode_ends_with_the_episode_of_replica_0(worker: Talk) -> None:
    worker.tell(start(playing=False), m.Step("a", "episode"))
    paused = worker.wait(m.Paused, lambda p: p.iteration > 0)
    alone = Run(SPEC)
    while True:
        alone.pull()
        event = alone.recorder.latest.get("episode_return")
        if event is not None and not event[0].isnan():
            break

    assert (paused.iteration, paused.beat) == (alone.iteration, alone.beat)


def test_a_run_that_stands_within_an_iteration_tells_how_it_has_gone(worker: Talk) -> None:
    worker.tell(start(playing=False), m.Step("a", "episode"))
    course = worker.wait(m.Course, lambda c: bool(c.curve))
    paused = worker.wait(m.Paused, lambda p: p.iteration > 0)

    assert paused.beat > 0
    assert course.signal == "episode_return"
    assert any(value < 0 for value in course.curve)


def test_a_run_that_diverged_before_its_first_checkpoint_tells_how_it_has_gone(
    worker: Talk,
) -> None:
    config = {"alpha": 1.0, "gamma": 1.0, "lambda_": 1.0, "trace": "accumulating"}
    worker.tell(start(spec=RunSpec("sarsa_lambda", "cliff_walking", config, replicas=4)))
    course = worker.wait(m.Course, lambda c: bool(c.curve))

    assert course.signal == "episode_return"
    assert worker.wait(m.Diverged).run == "a"


def test_a_run_in_a_worker_is_the_run(worker: Talk) -> None:
    worker.tell(start(limit=400))
    assert worker.wait(m.Checkpoint, lambda c: c.iteration == 400)
    worker.tell(m.Stop("a"), start("b", limit=400))
    checkpoint = worker.wait(m.Checkpoint, lambda c: c.run == "b")
    finished = worker.wait(m.Finished)
    alone = Run(SPEC)
    alone.advance(time.perf_counter() + 60, 400)

    assert finished == m.Finished("b", 400)
    assert checkpoint.blob == alone.checkpoint()


def test_a_change_is_accepted_and_then_acts(worker: Talk) -> None:
    worker.tell(
        start(playing=False),
        m.Step("a", "iteration", 5),
        m.Intervene("a", "id", {"kind": "set", "field": "alpha", "value": 0.25}),
        m.Step("a", "iteration", 5),
    )
    accepted = worker.wait(m.Accepted)
    changed = worker.wait(m.Changed)

    assert accepted.id == changed.id == "id"
    assert accepted.earliest <= changed.iteration
    assert changed.old == {"alpha": 0.5}


def test_a_new_world_is_shown_at_once_by_a_run_that_stands(worker: Talk) -> None:
    edit = {"kind": "edit", "world": {"slip": 0.25}, "keep": "weights"}
    worker.tell(start(playing=False), m.Step("a", "beat", 1))
    stood = worker.wait(m.Paused, lambda paused: paused.beat == 1)
    worker.tell(m.Intervene("a", "id", edit))
    changed = worker.wait(m.Changed)
    picture = worker.wait(m.Frame, lambda frame: not frame.static)
    stands = worker.wait(m.Paused)

    assert (stood.iteration, changed.iteration, stands.iteration) == (0, 1, 1)
    assert codec.decode(picture.blob)[0]["marks"][0]["new"] == 0.25


def test_a_knob_waits_while_a_run_stands_within_an_iteration(worker: Talk) -> None:
    knob = {"kind": "set", "field": "alpha", "value": 0.25}
    worker.tell(start(playing=False), m.Step("a", "beat", 1))
    worker.wait(m.Paused, lambda paused: paused.beat == 1)
    worker.tell(m.Intervene("a", "id", knob), m.Step("a", "beat", 1))
    stood = worker.wait(m.Paused, lambda paused: paused.beat == 2)
    worker.tell(m.Step("a", "iteration", 1), m.Step("a", "beat", 1))

    assert stood.iteration == 0
    assert worker.wait(m.Changed).iteration == 1


def test_a_run_goes_on_from_a_checkpoint_and_its_changes(worker: Talk) -> None:
    spec = RunSpec(**{**vars(SPEC), "interventions": (At(250, Set("alpha", 0.2)),)})
    first = Run(spec)
    first.advance(time.perf_counter() + 60, 130)
    worker.tell(start("a", spec, blob=first.checkpoint(), limit=400))
    rewound = worker.wait(m.Rewound)
    checkpoint = worker.wait(m.Checkpoint, lambda c: c.iteration == 400)
    alone = Run(spec)
    alone.advance(time.perf_counter() + 60, 400)

    assert rewound == m.Rewound("a", 130)
    assert checkpoint.blob == alone.checkpoint()


def test_a_paused_run_comes_back_to_the_beat_where_it_stood(worker: Talk) -> None:
    worker.tell(start(playing=False, position=(57, 1)))
    worker.wait(m.Paused, lambda p: (p.iteration, p.beat) == (57, 1))
    frame = [f for f in worker.heard if isinstance(f, m.Frame)]

    assert frame == []  # the frame of that moment came before the word


def test_a_speed_is_kept(worker: Talk) -> None:
    worker.tell(start(speed=200.0))
    first = worker.wait(m.Frame, lambda f: f.iteration > 50)
    begun = time.monotonic()
    last = worker.wait(m.Frame, lambda f: f.iteration > first.iteration + 300)
    rate = (last.iteration - first.iteration) / (time.monotonic() - begun)

    assert rate < 240  # a busy machine may be slower, never quicker


def test_slow_motion_stops_at_every_beat(worker: Talk) -> None:
    worker.tell(start(speed=10.0), m.Watch("a", ("q",), 60.0))
    frames = [worker.wait(m.Frame, lambda f: not f.static and f.iteration > 0) for _ in range(6)]

    assert {frame.beat for frame in frames} == {1, 2}


def test_frames_carry_what_is_watched(worker: Talk) -> None:
    worker.tell(start(), m.Watch("a", ("q", "alpha"), 10.0))
    names = ("q", "alpha")
    frame = worker.wait(m.Frame, lambda f: set(codec.decode(f.blob)[1]) == set(names))

    assert frame.run == "a"


def test_every_run_gets_its_share(worker: Talk) -> None:
    names = [f"r{i}" for i in range(12)]
    worker.tell(*(start(name) for name in names))
    newest = dict.fromkeys(names, 0)
    while sum(newest.values()) < 24_000:
        frame = worker.wait(m.Frame, lambda f: not f.static)
        newest[frame.run] = frame.iteration
    worker.tell(*(m.Pause(name) for name in names))
    paused = [worker.wait(m.Paused, lambda p: p.iteration > 0) for _ in names]
    stands = {p.run: p.iteration for p in paused}

    assert set(stands) == set(names)
    assert max(stands.values()) < 2 * min(stands.values())


def test_a_bad_spec_fails_alone_and_in_words(worker: Talk) -> None:
    worker.tell(start("good"))
    bad = to_plain(SPEC) | {"config": {"alpha": 2}}
    worker.tell(m.Start("bad", bad))
    failed = worker.wait(m.Failed)
    worker.wait(m.Frame, lambda f: f.run == "good" and f.iteration > 100)

    assert failed == m.Failed("bad", "`0.0001 <= alpha <= 1` must hold, but got alpha=2.")


def test_hostile_bytes_end_the_worker_and_nothing_else() -> None:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "rlviz.runs.worker", "--connect", f"fd:{theirs.fileno()}"]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE)
    theirs.close()
    ours.sendall(b"no json\n")
    _, said = process.communicate(timeout=PATIENCE)
    ours.close()

    assert process.returncode != 0
    assert b"not a JSON object" in said
