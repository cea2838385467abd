"""`kill -9` of a worker at twenty moments: what comes out is what would have come out anyway."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest

from rlviz.derived import DERIVED
from rlviz.runs import codec
from rlviz.runs import messages as m
from rlviz.runs.history import History
from rlviz.runs.loop import Run
from rlviz.runs.processes import LocalExecutor
from rlviz.runs.spec import RunSpec, Set
from rlviz.runs.store import Store
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from tests.server.stage import until

LONG = 120.0  # seconds
KILLS = 20
SPEC = RunSpec("q_learning", "cliff_walking", seed=8, replicas=4)
# A person kills here, not the run: it is forgiven as soon as it is past that place.
FORGIVING = Limits(save_seconds=0.2, tick_seconds=0.05, forgive_seconds=0.0)


@dataclass
class Story:
    """What happened to a run, and what is left of it."""

    spec: RunSpec = SPEC
    iteration: int = 0
    starting: float = 0.0  # seconds that a worker takes to be ready on this machine now
    noticed: list[float] = field(default_factory=list)  # seconds after each kill
    resumed: list[float] = field(default_factory=list)


def kill_worker() -> None:
    (worker,) = [c for c in psutil.Process().children() if "rlviz.runs.worker" in c.cmdline()]
    os.kill(worker.pid, signal.SIGKILL)


async def survives(folder: Path) -> Story:
    """A run that plays, is changed, and loses its worker again and again."""
    story, chance = Story(), random.Random(20)
    store = Store(folder)
    hub, begun = Hub(LocalExecutor(1, store=store.runs_folder), FORGIVING), time.monotonic()
    hub.open(store)
    try:
        await asyncio.wait_for(hub.catalogue(), LONG)
        story.starting = time.monotonic() - begun
        run = hub.start(SPEC, "ada", playing=True, speed=300.0)
        await until(lambda: hub.view(run).iteration > 0, LONG)
        for kill in range(KILLS):
            if kill % 5 == 2:
                hub.intervene(run, Set("alpha", chance.uniform(0.1, 0.9)))
            moment = time.monotonic() + chance.uniform(0.0, 1.0)
            await until(lambda moment=moment: time.monotonic() >= moment, LONG)
            was_at, killed = hub.view(run).iteration, time.monotonic()
            kill_worker()
            await until(lambda: hub.view(run).status == "recovering", LONG)
            story.noticed.append(time.monotonic() - killed)
            await until(lambda at=was_at: hub.view(run).iteration > at, LONG)
            story.resumed.append(time.monotonic() - killed)
            await until(lambda: hub.table.held(run).strikes == 0, LONG)
        hub.pause(run)
        await until(lambda: hub.view(run).status == "paused", LONG)
        hub.step(m.Step(run, "iteration", 1))
        await until(lambda: not hub.table.held(run).steps and hub.view(run).beat == 0, LONG)
        story.spec, story.iteration = hub.view(run).spec, hub.view(run).iteration
        await until(lambda: hub.history(run).checkpoints()[-1] == story.iteration, LONG)
        os.rename(store.runs_folder / run, folder / "kept")
    finally:
        await hub.close()
        store.close()
    return story


@pytest.mark.slow
def test_a_worker_may_be_killed_at_any_moment() -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = asyncio.run(survives(Path(folder)))
        history = History(Path(folder) / "kept")
        blob, events, frames = history.checkpoint(), history.events(), history.frames()
        some = frames[:: len(frames) // 40 + 1]
        shown = {one: history.frame(one.sequence) for one in some}
        damage = history.check()
    alone = Run(story.spec, measured=True)
    for one in some:  # a replay shows at each kept moment what was shown then
        go_to(alone, one.iteration, one.beat)
        assert_same(shown[one], alone.frame(), derived=False)
    go_to(alone, story.iteration, 0)
    expected = alone.checkpoint()
    assert alone.recorder.measured is not None

    print(f"noticed after {max(story.noticed):.2f} s, resumed after {max(story.resumed):.2f} s")
    assert max(story.noticed) <= 5.0
    # On a machine that has other things to do than to start a worker it takes as long as that.
    assert max(story.resumed) <= max(10.0, 2 * story.starting)
    assert len(story.spec.interventions) == 4
    assert len(frames) > KILLS
    assert damage == ()
    assert_same(blob, expected)
    for name, values in alone.recorder.measured.new().items():
        for column in ("iteration", "replica", "value"):
            kept, due = getattr(events[name], column), getattr(values, column)
            np.testing.assert_array_equal(kept, due, f"{column} of {name}")


def go_to(run: Run, iteration: int, beat: int) -> None:
    """Pull until it stands there."""
    if run.iteration < iteration:
        run.advance(float("inf"), iteration)
    while run.beat < beat:
        run.pull()


OF_LOOKING = {"run", "sequence", "status", "missing", "suspects", "truth_iteration", "answers"}


def assert_same(one: bytes, other: bytes, *, derived: bool = True) -> None:
    """Equal in all but what tells of the moment of looking; truths for the screen may be older."""
    (plain, arrays), (due, expected) = codec.decode(one), codec.decode(other)
    for metadata in (plain, due):
        for name in OF_LOOKING & metadata.keys():
            del metadata[name]
        for mark in metadata["marks"]:
            mark.pop("wall", None)
    assert plain == due
    for name, array in expected.items():
        if derived or name not in DERIVED or name == "truth_distance":
            np.testing.assert_array_equal(arrays[name], array, err_msg=name)
