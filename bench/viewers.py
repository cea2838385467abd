"""A class of sixty: what it costs the server, what everybody sees, and what training loses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from statistics import median

from bench.engine import WATCHED
from bench.room import CLASS, SECONDS, SETTLE, room
from bench.rows import Row, percentile
from bench.visitors import join

TEN_KB = ("q", "state_value", "episode_return")  # a curve that is full is most of it
LESSON = ("q_learning", "sarsa")
COMPARED = ("q_learning", "sarsa", "expected_sarsa", "double_q_learning")
ABOVE_TEN = 12  # frames a second that are asked for, to see whether ten are kept
STARTS_IN, JOINS_IN = 5.0, 10.0  # seconds
ROUNDS = 5  # of training alone and before the class, in turn


def rows() -> Iterator[Row]:
    """Every row of this part."""
    for scene in (_side_by_side, _one_run, _before_a_class, _sixty_runs, _sixty_joins, _pages):
        yield from asyncio.run(scene())


async def _side_by_side() -> list[Row]:
    async with room() as here:
        for algorithm in COMPARED:
            here.view(await here.start("student", algorithm, 1, None), fps=ABOVE_TEN)
        _, rates = await here.measure()
        made = await here.made()
    about = (
        f"asked for {ABOVE_TEN}, at full speed: {min(made):,.0f} to {max(made):,.0f} "
        f"iterations/s a run"
    )
    name = f"{len(COMPARED)} algorithms side by side, 32 replicas"
    return [Row(f"{name}, slowest", min(rates), "frames/s", ">= 10", about)]


async def _one_run() -> list[Row]:
    async with room() as here:
        run = await here.start("teacher", "q_learning", 1, 1000.0)
        for _ in range(CLASS):
            here.view(run, TEN_KB)
        busy, rates = await here.measure()
        size = len(here.viewers[0].newest) / 1000
    name = f"{CLASS} viewers of one run × 10 frames/s"
    about = f"frames of {size:.1f} KB, median {median(rates):.1f} frames/s"
    return [
        Row(f"{name}, server", busy, "% of a core", "<= 5", about),
        Row(f"{name}, slowest viewer", min(rates), "frames/s", ">= 9"),
    ]


async def _before_a_class() -> list[Row]:
    """One run at full speed, watched by its owner and by the class, in turn."""
    async with room() as here:
        run = await here.start("teacher", "q_learning", 1, None)
        owner = here.view(run)
        shares, alone, watched = [], [], []
        for _ in range(ROUNDS):
            await asyncio.sleep(SETTLE)
            one = (await here.made(SECONDS / 2))[0]
            students = [here.view(run) for _ in range(CLASS - 1)]
            await asyncio.sleep(SETTLE)
            many = (await here.made(SECONDS / 2))[0]
            for student in students:
                await here.leave(student)
            shares.append(many / one)
            alone.append(one)
            watched.append(many)
        assert here.viewers == [owner]
    about = f"median of {ROUNDS}: {median(watched):,.0f} against {median(alone):,.0f} iterations/s"
    name = f"training before {CLASS} viewers / before one"
    return [Row(name, median(shares), "ratio", ">= 0.9", about)]


async def _sixty_runs() -> list[Row]:
    async with room() as here:
        refused = 0
        begin = time.perf_counter()
        for student in range(CLASS):  # evenly over the time
            due = begin + student * STARTS_IN / CLASS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asked = time.perf_counter()
            run = await here.start(f"student {student}", "q_learning", student, None)
            if "run" in run:
                here.view(run).started = asked
            refused += "refused" in run
        took = time.perf_counter() - begin
        busy, rates = await here.measure()
        waits = [viewer.first - viewer.started for viewer in here.viewers]
        made = await here.made()
        size = median(len(viewer.newest) for viewer in here.viewers) / 1000
    name = f"{CLASS} viewers of {CLASS} runs"
    about = (
        f"at full speed, frames of {size:.1f} KB, median {median(rates):.1f} frames/s, all kept; "
        f"the workers got {here.workers:.0f} % of a core"
    )
    shares = max(made) / max(min(made), 1)
    each = f"{min(made):,.0f} to {max(made):,.0f} iterations/s a run"
    return [
        Row(f"{CLASS} runs started, refused", refused, "runs", "<= 0", f"within {took:.1f} s"),
        Row(f"{CLASS} runs started, slowest first frame", max(waits), "s", "<= 3"),
        Row(f"{CLASS} runs, largest share / smallest", shares, "ratio", "<= 2", each),
        Row(f"{name}, server", busy, "% of a core", "<= 20", about),
        Row(f"{name}, slowest viewer", min(rates), "frames/s", ">= 5"),
    ]


async def _sixty_joins() -> list[Row]:
    """A class opens the link to the teacher's run: the page's script, then the live route."""
    async with room() as here:
        runs = [await here.start("teacher", algorithm, 1, 1000.0) for algorithm in LESSON]
        here.view(runs[0])
        runs_of_page = ",".join(run["run"] for run in runs)
        begin = time.perf_counter()

        async def student(number: int) -> tuple[float, float]:
            await asyncio.sleep(max(0.0, begin + number * JOINS_IN / CLASS - time.perf_counter()))
            joined = await join(here, "control", runs_of_page, WATCHED)
            return joined.page, joined.frame

        joined = await asyncio.gather(*(student(number) for number in range(CLASS)))
        took = time.perf_counter() - begin
        here.check()
    pages, frames = zip(*joined, strict=True)
    about = (
        f"all within {took:.1f} s; the page's script alone: median {median(pages):.2f}, "
        f"worst {max(pages):.2f} s"
    )
    name = f"{CLASS} joins in {JOINS_IN:g} s, opened → first frame, p95"
    return [Row(name, percentile(list(frames), 0.95), "s", "<= 2", about)]


async def _pages() -> list[Row]:
    async with room() as here:
        for student in range(CLASS):
            for algorithm in LESSON:
                here.view(await here.start(f"student {student}", algorithm, student, 1000.0))
        busy, rates = await here.measure()
        made = await here.made()
    about = (
        f"median {median(rates):.1f} frames/s, {median(made):,.0f} iterations/s a run; "
        f"the workers got {here.workers:.0f} % of a core"
    )
    name = f"{CLASS} pages of two runs each"
    return [
        Row(f"{name}, slowest run", min(rates), "frames/s", "", about),
        Row(f"{name}, server", busy, "% of a core"),
    ]
