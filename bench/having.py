"""What is kept of runs: the history route, an export, a link, the scrub bar, the list of runs."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from bench.pages import PLAY, STANDS, USABLE, chromium
from bench.room import Room, room
from bench.rows import Row, percentile
from tests.serving import Server, serving

LONG_RUN = 100_000  # iterations
TIMES = 60  # of each request
EXPORTS = 5
LINKS = 8
MOVES = 60
LISTED = 200
KEY = "bench"
DONE = 300.0  # seconds for the long run

# Every run of the page has shown a frame of its own.
ALIVE = """() => window.__rlviz?.ready && Object.values(window.__rlviz.runs).length > 0
    && Object.values(window.__rlviz.runs).every(run => run.run && run.frames > 0)"""
LINK = "/control?v=1&k.alpha=0.3&i.sarsa=2000:epsilon=0.05&go=1"
# The list is there: a row for each run, and its curve is drawn.
ROWS = """(n) => document.querySelectorAll('.rv-row').length >= n
    && document.querySelector('.rv-row .rv-spark')"""


def rows() -> Iterator[Row]:
    """Every row of this part."""
    yield from asyncio.run(_routes())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with serving(home, app="bench/app.py", RLVIZ_BENCH_KEY=KEY) as server, chromium() as opened:
            yield _link(opened, server)
            yield _scrub(opened, server)
            yield _list(opened, server)


async def _routes() -> list[Row]:
    """A run of 100,000 iterations at full speed, looked at and taken home."""
    async with room() as here:
        run = await here.start("student", "q_learning", 1, None, limit=LONG_RUN)
        viewer = here.view(run)
        begun = time.perf_counter()
        while not viewer.newest or viewer.iteration() < LONG_RUN:
            here.check()
            if time.perf_counter() - begun > DONE:
                raise TimeoutError(f"{LONG_RUN} iterations took more than {DONE:g} s.")
            await asyncio.sleep(0.2)
        path, token = f"/api/runs/{run['run']}", run["token"]
        kept = json.loads(await here.get(f"{path}/history", token=token))["positions"]
        lists = await _timed(here, [f"{path}/history"] * TIMES, token)
        step = max(1, len(kept) // TIMES)
        frames = [f"{path}/frames/{sequence}" for sequence, _, _ in kept[::step]]
        moves = await _timed(here, frames, token)
        exports = await _timed(here, [f"{path}/export.zip"] * EXPORTS, token)
        size = len(await here.get(f"{path}/export.zip", token=token)) / 1e6
    listed = f"{len(kept)} frames kept of a run of {LONG_RUN:,} iterations"
    fetched = f"n = {len(moves)}, median {1000 * percentile(moves, 0.5):.1f} ms"
    about = f"zip of {size:.1f} MB, worst of {EXPORTS}"
    return [
        Row("history route, p95", 1000 * percentile(lists, 0.95), "ms", "<= 50", listed),
        Row("kept frame route, p95", 1000 * percentile(moves, 0.95), "ms", "<= 50", fetched),
        Row("export of a run of 100,000 iterations", max(exports), "s", "<= 5", about),
    ]


async def _timed(here: Room, paths: list[str], token: str) -> list[float]:
    spent = []
    for path in paths:
        begun = time.perf_counter()
        await here.get(path, token=token)
        spent.append(time.perf_counter() - begun)
    return spent


def _link(browser: Browser, server: Server) -> Row:
    """A link that somebody was sent, in a browser that has never been here."""
    first, again = [], []
    for _ in range(LINKS):
        context = _context(browser)
        for spent in (first, again):
            page = context.new_page()
            spent.append(_until(page, ALIVE, server.url + LINK))
            _stand(page)  # runs that nobody looks at would play for two minutes
            page.close()
        context.close()
    cached = f"median {percentile(first, 0.5):.2f}, opened again {percentile(again, 0.5):.2f} s"
    return Row("link → first frame, warm server, worst", max(first), "s", "<= 2", cached)


def _scrub(browser: Browser, server: Server) -> Row:
    """Along the bar over the history of two runs that stand, and of what was fetched nothing."""
    context = _context(browser)
    page = context.new_page()
    page.goto(f"{server.url}/control")
    page.wait_for_function(USABLE, timeout=30_000)
    page.get_by_test_id("speed").select_option(value="")  # full speed
    page.get_by_test_id("play").click()
    page.wait_for_function(
        "() => Object.values(window.__rlviz.runs).every(run => run.iteration > 20000)",
        timeout=120_000,
    )
    _stand(page)
    bar = page.locator(".rv-range")
    box = bar.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 12, middle)
    page.mouse.down()
    for i in range(MOVES):
        page.mouse.move(box["x"] + box["width"] * (0.95 - 0.9 * i / MOVES), middle)
        page.wait_for_function("() => window.__rlviz.past.isThere")
    page.mouse.up()
    moves = page.evaluate("window.__rlviz.past.moves")
    context.close()
    about = f"n = {len(moves)}, median {percentile(moves, 0.5):.0f}, worst {max(moves):.0f} ms"
    return Row(
        "scrub: a move → everything is drawn, p95", percentile(moves, 0.95), "ms", "<= 50", about
    )


def _list(browser: Browser, server: Server) -> Row:
    """The page of a person who has 200 runs."""
    context = _context(browser)
    page = context.new_page()
    page.goto(f"{server.url}/control")  # it gives the browser its owner
    page.wait_for_function(USABLE, timeout=30_000)
    for seed in range(LISTED):
        spec = {"algorithm": "q_learning", "world": "cliff_walking", "seed": seed, "replicas": 4}
        asked = {"key": KEY, "spec": spec, "limit": 500, "about": {"lesson": "control"}}
        while True:  # of one owner so many at once
            answer = page.request.post(f"{server.url}/bench/start", data=asked).json()
            if "run" in answer:
                break
            time.sleep(0.05)
    opened = []
    for _ in range(LINKS):
        begun = time.perf_counter()
        page.goto(f"{server.url}/runs")
        page.wait_for_function(ROWS, arg=LISTED, timeout=60_000)
        opened.append(time.perf_counter() - begun)
    context.close()
    about = f"n = {len(opened)}, worst {max(opened):.2f} s, opened as an address"
    return Row(f"Runs page with {LISTED} runs, median", percentile(opened, 0.5), "s", "<= 1", about)


def _stand(page: Page) -> None:
    """Pause the runs of the page."""
    page.click(PLAY)
    page.wait_for_function(STANDS, timeout=120_000)


def _context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1280, "height": 720})


def _until(page: Page, condition: str, address: str) -> float:
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_function(condition, timeout=60_000)
    return time.perf_counter() - begun
