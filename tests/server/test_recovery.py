"""With real workers: a killed one costs its runs nothing but a moment."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from rlviz.runs import codec
from rlviz.runs import messages as m
from rlviz.runs.loop import Run
from rlviz.runs.processes import LocalExecutor
from rlviz.runs.spec import RunSpec, Set
from rlviz.runs.store import Store
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from tests.server.stage import until

LONG = 60.0  # seconds; a worker imports torch on a loaded machine
SPEC = RunSpec("q_learning", "cliff_walking", seed=3, replicas=4)


@asynccontextmanager
async def real_hub(limits: Limits | None = None) -> AsyncIterator[Hub]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        executor = LocalExecutor(1, store=store.runs_folder)
        hub = Hub(executor, limits or Limits(save_seconds=0.2, tick_seconds=0.05))
        hub.open(store)
        try:
            await asyncio.wait_for(hub.catalogue(), LONG)
            yield hub
        finally:
            await hub.close()
            store.close()


def kill_workers() -> None:
    for child in psutil.Process().children():
        if "rlviz.runs.worker" in child.cmdline():
            child.kill()


async def reaches(hub: Hub, run: str, iteration: int) -> None:
    await until(lambda: hub.view(run).iteration >= iteration, LONG)


async def changed(hub: Hub, run: str, field: str, value: float) -> None:
    count = len(hub.view(run).spec.interventions)
    hub.intervene(run, Set(field, value))
    await until(lambda: len(hub.view(run).spec.interventions) > count, LONG)


async def stands(hub: Hub, run: str) -> None:
    await until(lambda: hub.view(run).status == "paused", LONG)


async def stops_whole(hub: Hub, run: str) -> tuple[RunSpec, int, bytes]:
    """Pause between two iterations; the spec, the iteration and its checkpoint."""
    hub.pause(run)
    await stands(hub, run)
    hub.step(m.Step(run, "iteration", 1))
    await until(lambda: not hub.table.held(run).steps, LONG)
    view = hub.view(run)
    assert view.beat == 0
    return view.spec, view.iteration, saved(hub, run)


def saved(hub: Hub, run: str) -> bytes:
    """The newest checkpoint that the run's worker has kept."""
    return hub.history(run).checkpoint()


def undisturbed(spec: RunSpec, iteration: int) -> bytes:
    """The checkpoint of the same spec, run in one go."""
    run = Run(spec, measured=True)
    while run.iteration < iteration:
        run.advance(float("inf"), iteration)
    return run.checkpoint()


def assert_same_state(got: bytes, expected: bytes) -> None:
    got_plain, got_arrays = codec.decode(got)
    plain, arrays = codec.decode(expected)
    # Who has been answered is of the run's story, not of its state.
    assert {**got_plain, "answers": []} == {**plain, "answers": []}
    assert got_arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(got_arrays[name], array, err_msg=name, strict=True)


def test_killed_in_mid_run_it_goes_on_to_the_same_numbers() -> None:
    async def scenario() -> tuple[RunSpec, int, bytes]:
        async with real_hub() as hub:
            run = hub.start(SPEC, "ada", playing=True, speed=4000.0)
            await reaches(hub, run, 500)
            await changed(hub, run, "alpha", 0.1)
            await until(lambda: saved(hub, run), LONG)
            kill_workers()
            await until(lambda: hub.view(run).status == "recovering", LONG)
            hub.intervene(run, Set("epsilon", 0.3))  # while there is no worker to tell
            await until(lambda: len(hub.view(run).spec.interventions) == 2, LONG)
            await reaches(hub, run, hub.view(run).iteration + 1000)
            return await stops_whole(hub, run)

    spec, iteration, blob = asyncio.run(scenario())

    assert [at.intervention for at in spec.interventions] == [
        Set("alpha", 0.1),
        Set("epsilon", 0.3),
    ]
    assert_same_state(blob, undisturbed(spec, iteration))


def test_killed_while_paused_within_an_iteration_it_stands_there_again() -> None:
    async def scenario() -> tuple[dict[str, object], dict[str, object]]:
        async with real_hub() as hub:
            run = hub.start(SPEC, "ada", playing=False, speed=None)
            await stands(hub, run)
            hub.step(m.Step(run, "iteration", 20))
            await until(lambda: hub.view(run).iteration == 20 and saved(hub, run), LONG)
            hub.step(m.Step(run, "beat", 1))
            await until(lambda: (hub.view(run).iteration, hub.view(run).beat) == (20, 1), LONG)
            await stands(hub, run)
            shown = hub.view(run).frame
            kill_workers()
            await until(lambda: hub.view(run).status == "recovering", LONG)
            await until(
                lambda: hub.view(run).status == "paused" and hub.view(run).frame != shown, LONG
            )
            await until(lambda: (hub.view(run).iteration, hub.view(run).beat) == (20, 1), LONG)
            return codec.decode(shown)[1], codec.decode(hub.view(run).frame)[1]

    before, after = asyncio.run(scenario())

    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array, err_msg=name)


@pytest.mark.slow
def test_a_fork_goes_on_when_its_parent_is_gone_and_its_worker_dies() -> None:
    async def scenario() -> tuple[RunSpec, int, bytes]:
        async with real_hub() as hub:
            parent = hub.start(SPEC, "ada", playing=True, speed=4000.0)
            await reaches(hub, parent, 1500)
            child = hub.fork(parent, 1200, "grace", changes=(Set("alpha", 0.2),), playing=True)
            hub.stop(parent)
            kill_workers()
            await until(lambda: hub.view(child).spec.interventions != (), LONG)
            await reaches(hub, child, 2000)
            return await stops_whole(hub, child)

    spec, iteration, blob = asyncio.run(scenario())

    assert spec == SPEC.with_intervention(1200, Set("alpha", 0.2))
    assert_same_state(blob, undisturbed(spec, iteration))


@pytest.mark.slow
def test_two_runs_of_one_killed_worker_both_go_on() -> None:
    async def scenario() -> list[tuple[RunSpec, int, bytes]]:
        async with real_hub() as hub:
            runs = [
                hub.start(
                    dataclasses.replace(SPEC, algorithm=name), "ada", playing=True, speed=3000
                )
                for name in ("q_learning", "sarsa")
            ]
            for run in runs:
                await reaches(hub, run, 300)
                await until(lambda run=run: saved(hub, run), LONG)
            kill_workers()
            for run in runs:
                await until(lambda run=run: hub.view(run).status == "recovering", LONG)
            ends = []
            for run in runs:
                await reaches(hub, run, 3000)
                ends.append(await stops_whole(hub, run))
            return ends

    for spec, iteration, blob in asyncio.run(scenario()):
        assert_same_state(blob, undisturbed(spec, iteration))


@pytest.mark.slow
def test_a_run_that_kills_its_worker_twice_has_failed_and_the_next_worker_lives() -> None:
    async def scenario() -> tuple[str, str, str]:
        async with real_hub() as hub:
            bad = hub.start(SPEC, "ada", playing=True, speed=100.0)
            for _ in range(2):
                await until(lambda: hub.view(bad).status == "playing", LONG)
                kill_workers()
                await until(lambda: hub.view(bad).status != "playing", LONG)
            await until(lambda: hub.health()["warm"] == 1, LONG)
            good = hub.start(SPEC, "ada", playing=True, speed=None)
            await reaches(hub, good, 100)
            return hub.view(bad).status, hub.view(bad).sentence, hub.view(good).status

    assert asyncio.run(scenario()) == (
        "failed",
        "This run has ended its worker twice, so it is not started again.",
        "playing",
    )
