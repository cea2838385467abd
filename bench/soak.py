"""Minutes of a class that comes and goes: what the server and its workers hold must not grow.

    python -m bench soak [minutes]

Runs are started, watched, paused, forked and dropped, and pages are joined, all the time and never
more than a few at once. Whatever grows then, grows for ever.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

import psutil

from bench.engine import WATCHED
from bench.room import Room, Viewer, room
from bench.rows import Row
from bench.visitors import join

MINUTES = 5.0
EVERY = 2.0  # seconds between two looks at the processes
AT_ONCE = 12  # runs that a class has open
STAYS = (2.0, 12.0)  # seconds for which a student looks at a run
JOIN_EVERY = 3.0  # seconds between two pages that are opened
ALGORITHMS = ("q_learning", "sarsa", "sarsa_lambda", "double_q_learning", "monte_carlo_control")
WARM = 0.4  # of the time, until caches are full and allocators have what they want
# Seconds for which Streamlit keeps the session of a closed page: few, so that it can be seen to go.
SESSIONS = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "20"}
ORPHANS_AFTER = 30.0  # seconds
MB = 1e6


@dataclass
class Held:
    """What the processes held, look by look."""

    server: list[dict[str, float]] = field(default_factory=list)
    workers: list[dict[str, float]] = field(default_factory=list)
    disk: list[float] = field(default_factory=list)  # MB

    def look(self, here: Room, kept: Path) -> None:
        """Once more."""
        children = [one for one in here.process.children(recursive=True) if _is_worker(one)]
        self.server.append(_of([here.process]))
        self.workers.append(_of(children))
        self.disk.append(_disk(kept))

    def grown(self, which: str, what: str) -> tuple[float, float]:
        """The median of the first looks after the warm-up, and of the last looks."""
        values = [one[what] for one in getattr(self, which)][int(WARM * len(self.server)) :]
        third = max(1, len(values) // 3)
        return median(values[:third]), median(values[-third:])


def rows(minutes: float = MINUTES) -> Iterator[Row]:
    """Every row of this part."""
    yield from asyncio.run(_soak(minutes))


async def _soak(minutes: float) -> list[Row]:
    held, done = Held(), {"started": 0, "forked": 0, "dropped": 0, "joined": 0, "failed": 0}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        kept = home / "store" / "runs"
        async with room(home, **SESSIONS) as here:
            end = time.perf_counter() + 60 * minutes
            ids = count()
            work = [_student(here, end, ids, done) for _ in range(AT_ONCE)]
            work += [_joins(here, end, done), _looks(here, end, held, kept)]
            await asyncio.gather(*work)
            for viewer in list(here.viewers):
                await here.leave(viewer)
            await asyncio.sleep(2 * EVERY)  # until what was dropped is gone from the disk
            left = _disk(kept)
            session = os.getsid(here.server.process.pid)
        closed = time.perf_counter()
        while orphans := _of_session(session):
            if time.perf_counter() - closed > ORPHANS_AFTER:
                break
            await asyncio.sleep(1.0)
    return _judged(held, done, left, orphans, minutes)


def _judged(
    held: Held, done: dict[str, int], left: float, orphans: list[int], minutes: float
) -> list[Row]:
    what = ", ".join(f"{n} {name}" for name, n in done.items())
    name = f"soak of {minutes:g} minutes"
    made = [Row(f"{name}, failures", done["failed"], "", "<= 0", what)]
    for which in ("server", "workers"):
        before, after = held.grown(which, "memory")
        about = f"{before:.1f} → {after:.1f} MB, from {WARM:.0%} of the time on"
        made.append(Row(f"{name}, memory of {which}", after / before, "ratio", "<= 1.05", about))
        before, after = held.grown(which, "files")
        about = f"{before:.0f} → {after:.0f} descriptors"
        made.append(Row(f"{name}, files of {which}", after / before, "ratio", "<= 1.1", about))
        before, after = held.grown(which, "threads")
        about = f"{before:.0f} → {after:.0f}"
        made.append(Row(f"{name}, threads of {which}", after - before, "more", "<= 0", about))
    about = f"at most {max(held.disk):.0f} MB of the {AT_ONCE} runs that were open"
    made.append(Row(f"{name}, kept of runs that were dropped", left, "MB", "<= 0", about))
    made.append(Row(f"{name}, processes {ORPHANS_AFTER:g} s later", len(orphans), "", "<= 0"))
    return made


# ------------------------------------------------------------------ the class


async def _student(here: Room, end: float, ids: Iterator[int], done: dict[str, int]) -> None:
    """Starts a run, looks at it for a while, sometimes forks it, and drops both."""
    while time.perf_counter() < end:
        number = next(ids)
        with _counted(done):
            draw = random.Random(number)
            owner, algorithm = f"student {number % 40}", ALGORITHMS[number % len(ALGORITHMS)]
            speed = draw.choice((20.0, 1000.0, None))
            run = await here.start(owner, algorithm, number, speed)
            done["started"] += 1
            viewer = await _looked(here, run, draw.uniform(*STAYS))
            if number % 3 == 0:
                at = viewer.iteration() // 2
                asked = {"run": run["run"], "iteration": at, "owner": owner, "speed": speed}
                fork = await here.ask("act", act="fork", **asked)
                done["forked"] += 1
                await _looked(here, fork, draw.uniform(*STAYS))
                await here.ask("act", act="stop", run=fork["run"])
                done["dropped"] += 1
            await here.ask("act", act="stop", run=run["run"])
            done["dropped"] += 1


async def _looked(here: Room, run: dict[str, str], seconds: float) -> Viewer:
    """Watch it so long, and until a frame has come."""
    viewer = here.view(run)
    begun = time.perf_counter()
    while not viewer.first or time.perf_counter() < begun + seconds:
        if time.perf_counter() > begun + seconds + 30:
            raise TimeoutError(f"No frame of {run['run']} came.")
        await asyncio.sleep(0.1)
    await here.leave(viewer)
    return viewer


async def _joins(here: Room, end: float, done: dict[str, int]) -> None:
    """A page on a run that stays, again and again."""
    run = await here.start("teacher", "q_learning", 1, 100.0)
    other = await here.start("teacher", "sarsa", 1, 100.0)
    while time.perf_counter() < end:
        with _counted(done):
            joined = await join(here, "control", f"{run['run']},{other['run']}", WATCHED)
            done["joined"] += 1
            await here.leave(joined.viewer)
        await asyncio.sleep(JOIN_EVERY)
    for one in (run, other):
        await here.ask("act", act="stop", run=one["run"])


@contextmanager
def _counted(done: dict[str, int]) -> Iterator[None]:
    """What fails is counted and said, and the class goes on."""
    try:
        yield
    except (OSError, RuntimeError, TimeoutError, KeyError, ValueError) as failed:
        done["failed"] += 1
        print(f"soak: {type(failed).__name__}: {failed}", flush=True)


async def _looks(here: Room, end: float, held: Held, kept: Path) -> None:
    while time.perf_counter() < end:
        held.look(here, kept)
        await asyncio.sleep(EVERY)


# ------------------------------------------------------------------ processes and files


def _of(processes: list[psutil.Process]) -> dict[str, float]:
    found = {"memory": 0.0, "threads": 0.0, "files": 0.0}
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            found["memory"] += one.memory_info().rss / MB
            found["threads"] += one.num_threads()
            found["files"] += one.num_fds()
    return found


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "rlviz.runs.worker" in " ".join(process.cmdline())
    return False


def _of_session(session: int) -> list[int]:
    """Processes that the server or its workers have left behind."""
    found = []
    for pid in psutil.pids():
        with suppress(OSError):
            if os.getsid(pid) == session:
                found.append(pid)
    return found


def _disk(folder: Path) -> float:
    total = 0
    for where, _, names in os.walk(folder):  # it passes over what vanishes meanwhile
        for name in names:
            with suppress(OSError):
                total += os.stat(os.path.join(where, name)).st_size
    return total / MB
