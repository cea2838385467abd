"""Sixty browsers, as far as the server can tell: websockets on the live route.

The server is `bench.app`, the application with one more route to start runs. Each viewer sends the
Watch that the lesson page sends and reads what comes; nothing is drawn. They share the machine's
cores with the workers, so frame rates are those of a machine that also carries all its viewers.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil
import websockets

from bench.engine import WATCHED
from bench.rows import Row
from rlviz.runs.codec import decode
from tests.serving import Server, serving

CLASS = 60
SECONDS = 8.0
SETTLE = 3.0
TEN_KB = ("q", "state_value", "episode_return")  # a curve that is full is most of it
LESSON = ("q_learning", "sarsa")
COMPARED = ("q_learning", "sarsa", "expected_sarsa", "double_q_learning")
ABOVE_TEN = 12  # frames a second that are asked for, to see whether ten are kept


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


class Class:
    """A server of its own and the runs and viewers in it."""

    def __init__(self, server: Server, key: str) -> None:
        """Nothing runs yet."""
        self.server, self._key = server, key
        self._process = psutil.Process(server.process.pid)
        self.workers = 0.0  # what they got in the last measurement, in percent of a core
        self.viewers: list[Viewer] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(
        self, owner: str, algorithm: str, seed: int, speed: float | None
    ) -> dict[str, str]:
        """A run for that owner: its id and token, or why it was refused."""
        spec = {"algorithm": algorithm, "world": "cliff_walking", "seed": seed, "replicas": 32}
        asked = {"key": self._key, "owner": owner, "spec": spec, "speed": speed}
        body = json.dumps(asked).encode()
        request = urllib.request.Request(f"{self.server.url}/bench/start", body, method="POST")

        def ask() -> dict[str, str]:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return dict(json.load(answer))

        return await asyncio.to_thread(ask)

    def view(
        self, run: dict[str, str], signals: tuple[str, ...] = WATCHED, *, fps: float = 10
    ) -> Viewer:
        """One more viewer of that run."""
        viewer = Viewer()
        self.viewers.append(viewer)
        watch = {"type": "Watch", "signals": signals, "fps": fps}
        self._tasks.append(asyncio.create_task(self._look(viewer, run, json.dumps(watch))))
        return viewer

    async def _look(self, viewer: Viewer, run: dict[str, str], watch: str) -> None:
        url = f"{self.server.url.replace('http', 'ws')}/api/live/{run['run']}?token={run['token']}"
        async with websockets.connect(
            url, origin=websockets.Origin(self.server.url), compression=None, max_size=None
        ) as socket:
            await socket.send(watch)
            async for message in socket:
                if isinstance(message, bytes):
                    viewer.take(message)

    async def measure(self) -> tuple[float, list[float]]:
        """Share of a core that the server took, in percent, and frames a second of each viewer."""
        await asyncio.sleep(SETTLE)
        for viewer in self.viewers:
            viewer.frames = 0
        children = self._process.children(recursive=True)
        before, start = _seconds(self._process), time.perf_counter()
        of_workers = sum(map(_seconds, children))
        await asyncio.sleep(SECONDS)
        span = time.perf_counter() - start
        self._check()
        busy = 100 * (_seconds(self._process) - before) / span
        self.workers = 100 * (sum(map(_seconds, children)) - of_workers) / span
        return busy, [viewer.frames / span for viewer in self.viewers]

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _check(self) -> None:
        """A viewer that was hung up on is a fault of the bench or of the server, not a rate."""
        for task in self._tasks:
            if task.done():
                raise RuntimeError("A viewer's connection has ended.") from task.exception()


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def rows() -> Iterator[Row]:
    """Every row of this part."""
    for scene in (_side_by_side, _one_run, _sixty_runs, _sixty_pages):
        yield from asyncio.run(scene())


@asynccontextmanager
async def _class() -> AsyncIterator[Class]:
    key = secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), app="bench/app.py", RLVIZ_BENCH_KEY=key) as server,
    ):
        room = Class(server, key)
        try:
            yield room
        finally:
            await room.close()


async def _side_by_side() -> list[Row]:
    async with _class() as room:
        for algorithm in COMPARED:
            room.view(await room.start("student", algorithm, 1, None), fps=ABOVE_TEN)
        _, rates = await room.measure()
        before = [viewer.iteration() for viewer in room.viewers]
        await asyncio.sleep(SECONDS)
        made = [v.iteration() - b for v, b in zip(room.viewers, before, strict=True)]
    about = (
        f"asked for {ABOVE_TEN}, at full speed: {min(made) / SECONDS:,.0f} to "
        f"{max(made) / SECONDS:,.0f} iterations/s a run"
    )
    name = f"{len(COMPARED)} algorithms side by side, 32 replicas"
    return [Row(f"{name}, slowest", min(rates), "frames/s", ">= 10", about)]


async def _one_run() -> list[Row]:
    async with _class() as room:
        run = await room.start("teacher", "q_learning", 1, 1000.0)
        for _ in range(CLASS):
            room.view(run, TEN_KB)
        busy, rates = await room.measure()
        size = len(room.viewers[0].newest) / 1000
    name = f"{CLASS} viewers of one run × 10 frames/s"
    about = f"frames of {size:.1f} KB, median {median(rates):.1f} frames/s"
    return [
        Row(f"{name}, server", busy, "% of a core", "<= 5", about),
        Row(f"{name}, slowest viewer", min(rates), "frames/s", ">= 9"),
    ]


async def _sixty_runs() -> list[Row]:
    async with _class() as room:
        refused = 0
        begin = time.perf_counter()
        for student in range(CLASS):  # evenly over five seconds
            await asyncio.sleep(max(0.0, begin + student * 5.0 / CLASS - time.perf_counter()))
            asked = time.perf_counter()
            run = await room.start(f"student {student}", "q_learning", student, None)
            if "run" in run:
                room.view(run).started = asked
            refused += "refused" in run
        took = time.perf_counter() - begin
        busy, rates = await room.measure()
        waits = [viewer.first - viewer.started for viewer in room.viewers]
        before = [viewer.iteration() for viewer in room.viewers]
        await asyncio.sleep(SECONDS)
        made = [v.iteration() - b for v, b in zip(room.viewers, before, strict=True)]
        size = median(len(viewer.newest) for viewer in room.viewers) / 1000
    name = f"{CLASS} viewers of {CLASS} runs"
    about = (
        f"at full speed, frames of {size:.1f} KB, median {median(rates):.1f} frames/s, no store; "
        f"the workers got {room.workers:.0f} % of a core"
    )
    shares = max(made) / max(min(made), 1)
    each = f"{min(made) / SECONDS:,.0f} to {max(made) / SECONDS:,.0f} iterations/s a run"
    return [
        Row(f"{CLASS} runs started, refused", refused, "runs", "<= 0", f"within {took:.1f} s"),
        Row(f"{CLASS} runs started, slowest first frame", max(waits), "s", "<= 3"),
        Row(f"{CLASS} runs, largest share / smallest", shares, "ratio", "<= 2", each),
        Row(f"{name}, server", busy, "% of a core", "<= 20", about),
        Row(f"{name}, slowest viewer", min(rates), "frames/s", ">= 5"),
    ]


async def _sixty_pages() -> list[Row]:
    async with _class() as room:
        for student in range(CLASS):
            for algorithm in LESSON:
                room.view(await room.start(f"student {student}", algorithm, student, 1000.0))
        busy, rates = await room.measure()
        before = [viewer.iteration() for viewer in room.viewers]
        await asyncio.sleep(SECONDS)
        made = [v.iteration() - b for v, b in zip(room.viewers, before, strict=True)]
    about = (
        f"median {median(rates):.1f} frames/s, {median(made) / SECONDS:,.0f} iterations/s a run; "
        f"the workers got {room.workers:.0f} % of a core"
    )
    name = f"{CLASS} pages of two runs each"
    return [
        Row(f"{name}, slowest run", min(rates), "frames/s", "", about),
        Row(f"{name}, server", busy, "% of a core"),
    ]
