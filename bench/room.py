"""A server of its own, and sixty browsers as far as it can tell: websockets and page clients.

The server is `bench.app`, the application with two more routes. Each viewer sends the Watch that
the lesson page sends and reads what comes; nothing is drawn. They share the machine's cores with
the workers, so rates are those of a machine that also carries all its viewers. All of it is on the
loopback address, and all of it ends with the room.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import websockets

from bench.engine import WATCHED
from rlviz.runs.codec import decode
from tests.serving import Server, serving

CLASS = 60
SECONDS = 8.0
SETTLE = 3.0


@dataclass
class Viewer:
    """One connection and what it has got since it was last asked."""

    frames: int = 0
    first: float = 0.0  # when its first frame came
    newest: bytes = b""
    started: float = field(default_factory=time.perf_counter)

    def take(self, frame: bytes) -> None:
        """Count a frame; the first is the first that shows the run and not only its map."""
        self.newest = frame
        self.frames += 1
        if not self.first and not decode(frame)[0]["static"]:
            self.first = time.perf_counter()

    def iteration(self) -> int:
        """Where its run stood in the newest frame."""
        return int(decode(self.newest)[0]["iteration"])


class Room:
    """A server of its own and the runs and viewers in it."""

    def __init__(self, server: Server, key: str) -> None:
        """Nothing runs yet."""
        self.server, self._key = server, key
        self.process = psutil.Process(server.process.pid)
        self.workers = 0.0  # what they got in the last measurement, in percent of a core
        self.viewers: list[Viewer] = []
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by the viewer

    async def start(
        self, owner: str, algorithm: str, seed: int, speed: float | None, **more: Any
    ) -> dict[str, str]:
        """A run for that owner: its id and token, or why it was refused."""
        spec = {"algorithm": algorithm, "world": "cliff_walking", "seed": seed, "replicas": 32}
        return await self.ask("start", owner=owner, spec=spec, speed=speed, **more)

    async def ask(self, what: str, **asked: Any) -> dict[str, str]:
        """One of the bench's own routes."""
        body = json.dumps({"key": self._key, **asked}).encode()
        request = urllib.request.Request(f"{self.server.url}/bench/{what}", body, method="POST")

        def answered() -> dict[str, str]:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return dict(json.load(answer))

        return await asyncio.to_thread(answered)

    async def get(self, path: str, **query: Any) -> bytes:
        """The body of one of the application's routes; an error where it refuses."""
        text = "&".join(f"{key}={value}" for key, value in query.items())
        url = f"{self.server.url}{path}?{text}"

        def answered() -> bytes:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return bytes(answer.read())

        return await asyncio.to_thread(answered)

    def view(
        self, run: dict[str, str], signals: tuple[str, ...] = WATCHED, *, fps: float = 10
    ) -> Viewer:
        """One more viewer of that run."""
        viewer = Viewer()
        self.viewers.append(viewer)
        watch = {"type": "Watch", "signals": signals, "fps": fps}
        look = self._look(viewer, run, json.dumps(watch))
        self._tasks[id(viewer)] = asyncio.create_task(look)
        return viewer

    async def leave(self, viewer: Viewer) -> None:
        """That browser is closed."""
        self.viewers.remove(viewer)
        task = self._tasks.pop(id(viewer))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _look(self, viewer: Viewer, run: dict[str, str], watch: str) -> None:
        url = f"{self.server.url.replace('http', 'ws')}/api/live/{run['run']}?token={run['token']}"
        async with websockets.connect(
            url, origin=websockets.Origin(self.server.url), compression=None, max_size=None
        ) as socket:
            await socket.send(watch)
            async for message in socket:
                if isinstance(message, bytes):
                    viewer.take(message)

    async def measure(self, seconds: float = SECONDS) -> tuple[float, list[float]]:
        """Share of a core that the server took, in percent, and frames a second of each viewer."""
        await asyncio.sleep(SETTLE)
        for viewer in self.viewers:
            viewer.frames = 0
        children = self.process.children(recursive=True)
        before, start = _seconds(self.process), time.perf_counter()
        of_workers = sum(map(_seconds, children))
        await asyncio.sleep(seconds)
        span = time.perf_counter() - start
        self.check()
        busy = 100 * (_seconds(self.process) - before) / span
        self.workers = 100 * (sum(map(_seconds, children)) - of_workers) / span
        return busy, [viewer.frames / span for viewer in self.viewers]

    async def made(self, seconds: float = SECONDS) -> list[float]:
        """Iterations a second of the run of each viewer."""
        before, start = [viewer.iteration() for viewer in self.viewers], time.perf_counter()
        await asyncio.sleep(seconds)
        self.check()
        span = time.perf_counter() - start
        return [(v.iteration() - b) / span for v, b in zip(self.viewers, before, strict=True)]

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def check(self) -> None:
        """A viewer that was hung up on is a fault of the bench or of the server, not a rate."""
        for task in self._tasks.values():
            if task.done():
                raise RuntimeError("A viewer's connection has ended.") from task.exception()


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def room(home: Path | None = None, **environment: str) -> AsyncIterator[Room]:
    """A room that is cleared at the end; its home is a temporary one unless said."""
    settings = {"app": "bench/app.py", **environment}
    key = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        place = home or Path(folder)
        with serving(place, RLVIZ_BENCH_KEY=key, **settings) as server:
            made = Room(server, key)
            try:
                yield made
            finally:
                await made.close()
