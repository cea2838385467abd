"""Forks, places to go to first, and sleep: the hub with the worker's own loop in a thread."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rlviz.runs import messages as m
from rlviz.runs.pool import Receive
from rlviz.runs.spec import RunSpec, Set
from rlviz.runs.store import Store
from rlviz.runs.thread import WorkerThread
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from tests.server.stage import until
from tests.server.test_recovery import (
    LONG,
    SPEC,
    assert_same_state,
    changed,
    reaches,
    saved,
    stands,
    stops_whole,
    undisturbed,
)


class ThreadedExecutor:
    """One worker in a thread: all of the engine, and nothing to wait for."""

    capacity = 1

    def __init__(self, store: Path) -> None:
        self._store = store
        self._threads: list[WorkerThread] = []

    async def start(self, receive: Receive) -> WorkerThread:
        loop = asyncio.get_running_loop()

        def take(message: m.Command | m.Notification) -> None:
            loop.call_soon_threadsafe(receive, message)

        self._threads.append(await asyncio.to_thread(WorkerThread, take, self._store))
        return self._threads[-1]

    async def close(self) -> None:
        for thread in self._threads:
            await asyncio.to_thread(thread.close)


@asynccontextmanager
async def real_hub(limits: Limits | None = None) -> AsyncIterator[Hub]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        hub = Hub(
            ThreadedExecutor(store.runs_folder),  # type: ignore[arg-type]  # its link is never killed
            limits or Limits(save_seconds=0.2, tick_seconds=0.05),
        )
        hub.open(store)
        try:
            await asyncio.wait_for(hub.catalogue(), LONG)
            yield hub
        finally:
            await hub.close()
            store.close()


def test_a_fork_without_a_change_is_its_parent_bit_for_bit() -> None:
    async def scenario() -> list[bytes]:
        async with real_hub() as hub:
            parent = hub.start(SPEC, "ada", playing=True, speed=4000.0)
            await reaches(hub, parent, 300)
            await changed(hub, parent, "alpha", 0.1)
            at = hub.view(parent).spec.interventions[0].iteration + 700
            await reaches(hub, parent, at + 500)
            await stops_whole(hub, parent)
            child = hub.fork(parent, at, "grace")
            await until(lambda: hub.view(child).status == "paused", LONG)
            assert (hub.view(child).iteration, hub.view(child).beat) == (at, 0)
            hub.step(m.Step(child, "iteration", hub.view(parent).iteration - at))
            await reaches(hub, child, hub.view(parent).iteration)
            await stands(hub, child)
            await until(lambda: not hub.table.held(child).steps, LONG)
            return [saved(hub, parent), saved(hub, child)]

    parent, child = asyncio.run(scenario())

    assert_same_state(child, parent)


def test_a_fork_with_a_change_is_the_run_that_was_changed_there() -> None:
    async def scenario() -> tuple[RunSpec, int, bytes]:
        async with real_hub() as hub:
            parent = hub.start(SPEC, "ada", playing=True, speed=4000.0)
            await reaches(hub, parent, 1500)
            await changed(hub, parent, "alpha", 0.1)  # after the place of the fork
            child = hub.fork(parent, 1000, "grace", changes=(Set("epsilon", 0.4),))
            await until(lambda: hub.view(child).status == "paused", LONG)
            await until(lambda: hub.view(child).spec.interventions != (), LONG)
            hub.play(child, 4000.0)
            await reaches(hub, child, 2000)
            return await stops_whole(hub, child)

    spec, iteration, blob = asyncio.run(scenario())

    assert spec == SPEC.with_intervention(1000, Set("epsilon", 0.4))
    assert_same_state(blob, undisturbed(spec, iteration))


def test_a_run_goes_first_to_where_it_was_asked_to_stand() -> None:
    async def scenario() -> tuple[int, int]:
        async with real_hub() as hub:
            run = hub.start(SPEC, "ada", playing=False, speed=None, until=777)
            await stands(hub, run)
            return hub.view(run).iteration, hub.view(run).beat

    assert asyncio.run(scenario()) == (777, 0)


def test_a_run_with_a_limit_is_finished_there() -> None:
    async def scenario() -> tuple[str, int]:
        async with real_hub() as hub:
            run = hub.start(SPEC, "ada", playing=True, speed=None, limit=500)
            await until(lambda: hub.view(run).status == "finished", LONG)
            return hub.view(run).status, hub.view(run).iteration

    assert asyncio.run(scenario()) == ("finished", 500)


def test_after_sleep_a_run_is_where_it_was_and_goes_on_to_the_same_numbers() -> None:
    async def scenario() -> tuple[tuple[int, int], tuple[int, int], tuple[RunSpec, int, bytes]]:
        async with real_hub() as hub:
            run = hub.start(SPEC, "ada", playing=False, speed=None, until=300)
            await stands(hub, run)
            hub.step(m.Step(run, "beat", 1))
            await until(lambda: hub.view(run).beat == 1 and not hub.table.held(run).steps, LONG)
            was = hub.view(run).iteration, hub.view(run).beat
            hub.waking.sleep(hub.table.held(run))
            await hub.awake(run)
            await until(lambda: hub.table.held(run).target is None, LONG)
            now = hub.view(run).iteration, hub.view(run).beat
            hub.play(run, 4000.0)
            await reaches(hub, run, 1000)
            return was, now, await stops_whole(hub, run)

    was, now, (spec, iteration, blob) = asyncio.run(scenario())

    assert was == now == (300, 1)
    assert_same_state(blob, undisturbed(spec, iteration))
