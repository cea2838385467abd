"""Workers that do what a test says, and waiting on conditions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rlviz import maps
from rlviz.catalogue import AlgorithmEntry, Catalogue, WorldEntry, to_plain
from rlviz.hyperparameters import Field
from rlviz.runs import codec
from rlviz.runs import messages as m
from rlviz.runs.pool import Receive
from rlviz.runs.spec import RunSpec
from rlviz.runs.store import Store
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits

PATIENCE = 20.0
ALPHA = Field("alpha", "float", 0.5, "step size", symbol="α", low=0.0001, high=1.0, live=True)
MAP = Field("map", "str", "S.G", "map", letters=maps.EPISODIC, moves=maps.STRAIGHT)
CATALOGUE = Catalogue(
    algorithms=(
        AlgorithmEntry(
            name="q_learning",
            title="Q-learning",
            family="td",
            member=0,
            summary="",
            source="",
            fields={"alpha": ALPHA},
            worlds=("room",),
            signals=("q", "td_error"),
            beats=("update",),
            truth={},
        ),
    ),
    worlds=(WorldEntry("room", "Room", "", {"map": MAP}, ("grid_shape",)),),
)
SPEC = RunSpec("q_learning", "room")


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait until it holds, and fail when it does not in that time."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "the condition did not come to hold in time"
        await asyncio.sleep(0.005)


class ScriptedWorker:
    """A worker that only remembers; the test speaks for it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.commands: list[m.Command] = []
        self.alive = True

    def send(self, command: m.Command) -> None:
        if isinstance(command, m.Ping):
            asyncio.get_running_loop().call_soon(self._answer, m.Pong(command.n))
        else:
            self.commands.append(command)

    def _answer(self, pong: m.Pong) -> None:
        if self.alive:
            self._receive(pong)

    def kill(self) -> None:
        if self.alive:
            self.alive = False
            self._receive(None)

    def say(self, message: m.Notification) -> None:
        self._receive(message)

    def got(self, kind: type) -> list[Any]:
        """The commands of that kind, oldest first."""
        return [command for command in self.commands if isinstance(command, kind)]

    def show(self, run: str, iteration: int, sequence: int = 1) -> bytes:
        """Send a frame; its bytes."""
        blob = codec.encode({"run": run, "iteration": iteration, "marks": []}, {})
        self.say(m.Frame(run, sequence, iteration, 0, blob=blob))
        return blob


class ScriptedExecutor:
    """Starts scripted workers; `workers` are all that ever were, oldest first."""

    def __init__(self, capacity: int = 1, *, hello: bool = True) -> None:
        self.capacity, self._hello = capacity, hello
        self.workers: list[ScriptedWorker] = []

    async def start(self, receive: Receive) -> ScriptedWorker:
        worker = ScriptedWorker(receive)
        self.workers.append(worker)
        if self._hello:
            hello = m.Hello(to_plain(CATALOGUE))
            asyncio.get_running_loop().call_soon(worker.say, hello)
        return worker

    async def close(self) -> None:
        for worker in self.workers:
            worker.kill()

    @property
    def last(self) -> ScriptedWorker:
        return self.workers[-1]


@asynccontextmanager
async def scripted_hub(
    capacity: int = 1, limits: Limits | None = None, folder: Path | None = None
) -> AsyncIterator[tuple[Hub, ScriptedExecutor]]:
    """A hub whose workers are warm and do what the test says; it keeps its runs in the folder."""
    executor, limits = ScriptedExecutor(capacity), limits or Limits()
    if limits.farewell_seconds == Limits.farewell_seconds:
        # A scripted worker saves nothing, so nobody waits for that unless the test says so.
        limits = replace(limits, farewell_seconds=0.0)
    hub = Hub(executor, limits)
    with TemporaryDirectory() as temporary:
        store = Store(folder or Path(temporary))
        hub.open(store)
        try:
            await until(lambda: hub.health()["warm"] == capacity)
            await hub.catalogue()
            yield hub, executor
        finally:
            await hub.close()
            store.close()


class Listener:
    """The browser's side of a viewer, as far as the hub sees it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.blobs: list[bytes] = []
        self.closed: tuple[int, str | None] | None = None
        self.reading = asyncio.Event()
        self.reading.set()

    async def send_text(self, data: str) -> None:
        await self.reading.wait()
        self.texts.append(data)

    async def send_bytes(self, data: bytes) -> None:
        await self.reading.wait()
        self.blobs.append(data)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self.closed = (code, reason)
