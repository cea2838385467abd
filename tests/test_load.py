"""A class of sixty at once: nobody is refused, forgotten or given less than everything.

Bounded in number and by deadlines alone; how quick it is stands in `python -m bench`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from bench.room import CLASS, Room, room
from bench.visitors import join
from rlviz.runs.codec import decode

PATIENCE = 120.0  # seconds; two loaded cores
FEW = ("episode_return", "state_value")
pytestmark = pytest.mark.slow


async def until(here: Room, condition: Callable[[], bool]) -> None:
    """Until it holds; every viewer's connection must last."""
    begun = time.monotonic()
    while not condition():
        here.check()
        assert time.monotonic() < begun + PATIENCE
        await asyncio.sleep(0.05)


def seen(here: Room) -> list[int]:
    """Where each viewer's run stood in its newest frame; −1 before the first."""
    return [viewer.iteration() if viewer.first else -1 for viewer in here.viewers]


def test_sixty_runs_started_at_once_all_run_to_their_end() -> None:
    async def scene() -> list[int]:
        async with room() as here:
            runs = await asyncio.gather(
                *(here.start(f"s{i}", "q_learning", i, None, limit=300) for i in range(CLASS))
            )
            assert [run for run in runs if "refused" in run] == []
            for run in runs:
                here.view(run, FEW)
            await until(here, lambda: set(seen(here)) == {300})
            health = json.loads(await here.get("/api/health"))
            return [health["stored"], health["damaged"], health["playing"], len(set(seen(here)))]

    assert asyncio.run(scene()) == [CLASS, 0, 0, 1]


def test_sixty_viewers_of_one_run_all_see_its_last_frame() -> None:
    async def scene() -> set[bytes]:
        async with room() as here:
            run = await here.start("teacher", "q_learning", 1, None, limit=30_000)
            for _ in range(CLASS):
                here.view(run, FEW)
            await until(here, lambda: set(seen(here)) == {30_000})
            return {viewer.newest for viewer in here.viewers}

    last = asyncio.run(scene())

    assert len(last) == 1
    assert {"episode_return", "state_value"} <= decode(last.pop())[1].keys()


def test_sixty_pages_opened_at_once_all_show_the_run() -> None:
    async def scene() -> list[str]:
        async with room() as here:
            runs = [await here.start("teacher", name, 1, 50.0) for name in ("q_learning", "sarsa")]
            address = ",".join(run["run"] for run in runs)
            joined = await asyncio.gather(
                *(join(here, "control", address, FEW) for _ in range(CLASS))
            )
            here.check()
            return [decode(one.viewer.newest)[0]["run"] for one in joined if one.viewer.first]

    shown = asyncio.run(scene())

    assert len(shown) == CLASS
    assert len(set(shown)) == 1
