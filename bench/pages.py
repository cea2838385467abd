"""What a person waits for, in Chromium against the application as it is started."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bench.rows import Row, percentile
from rlviz import lessons
from rlviz.command_line.serve import ROOT, streamlit_command
from tests.serving import Server, free_port, serving

TIMES = 16  # of each latency; p95 of fewer says little
MB = 1e6
LESSON = "/control"

# The board is drawn, the figures stand, and Play can be pressed.
USABLE = """() => document.querySelector('[data-testid="play"]:enabled')
    && document.querySelector('[data-testid="grid-sarsa"]')
    && document.querySelector('[data-testid^="figure-"] .main-svg') && window.__rlviz?.ready"""
AT_HOME = """() => !document.querySelector('[data-testid="play"]')
    && document.querySelector('[data-testid="grid-q_learning"]')"""

# While Streamlit draws the page again, the old transport bar is there for a moment too, disabled.
PLAY = '[data-testid="play"]:enabled'
STANDS = "() => Object.values(window.__rlviz.runs).every(run => run.status === 'paused')"

# Presses Play; answers, in milliseconds, when both new runs have been drawn.
START = """() => new Promise(done => {
    const runs = () => Object.values(window.__rlviz.runs);
    const before = new Set(runs().map(run => run.run));
    const pressed = performance.now();
    document.querySelector('[data-testid="play"]:enabled').click();
    const look = () => runs().length === 2
        && runs().every(run => run.run && !before.has(run.run) && run.frames > 0)
        ? done(performance.now() - pressed) : requestAnimationFrame(look);
    look();
})"""

# Hears the next key; answers when the page says accepted, and when both pictures show the change.
TURN = """() => { window.__turned = new Promise(done => {
    const runs = () => Object.values(window.__rlviz.runs);
    const marks = runs().map(run => run.marks.length);
    const knob = document.querySelector('.st-key-knob-alpha');
    const said = () => [...knob.querySelectorAll('p')].map(p => p.innerText).join().split('✓')[1];
    const before = said();
    addEventListener('keydown', () => {
        const pressed = performance.now();
        let accepted = null;
        const look = () => {
            const now = performance.now() - pressed;
            if (accepted === null && said() !== undefined && said() !== before) accepted = now;
            const used = runs().every((run, i) => run.marks.length > marks[i]);
            used && accepted !== null ? done([accepted, now]) : requestAnimationFrame(look);
        };
        look();
    }, {once: true, capture: true});
}); }"""

# Draws with the tool in hand on a cell of the first stage, as a finger does; answers when both
# pictures are of the changed world.
DRAW = """(cell) => new Promise(done => {
    const grids = () => Object.values(window.__rlviz.grids);
    const changes = grids().map(grid => grid.changes);
    const canvas = document.querySelector('[data-testid^="grid-"]');
    const { left, top, cellWidth, cellHeight, columns } = grids()[0];
    const box = canvas.getBoundingClientRect();
    const place = { bubbles: true, pointerId: 1, button: 0, buttons: 1,
        clientX: box.left + left + (cell % columns + 0.5) * cellWidth,
        clientY: box.top + top + (Math.floor(cell / columns) + 0.5) * cellHeight };
    canvas.setPointerCapture = () => {}; // there is no such pointer
    const pressed = performance.now();
    canvas.dispatchEvent(new PointerEvent('pointerdown', place));
    canvas.dispatchEvent(new PointerEvent('pointerup', place));
    const look = () => grids().every((grid, i) => grid.changes > changes[i])
        ? done(performance.now() - pressed) : requestAnimationFrame(look);
    look();
})"""


def rows() -> Iterator[Row]:
    """Every row of this part."""
    with tempfile.TemporaryDirectory() as folder:
        yield _ready(Path(folder) / "cold")
        with serving(Path(folder) / "home") as server, _page() as page:
            yield _assets(page, server)
            yield from _navigation(page, server)
            resident = psutil.Process(server.process.pid).memory_info().rss / MB
            yield Row("server process, a page open", resident, "MB", "<= 250")
            yield from _latencies(page, server)
            yield _editor(page, server)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def _page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_context(viewport={"width": 1280, "height": 720}).new_page()


def _ready(home: Path) -> Row:
    """From the start of the process, with an empty home, to the first answer of a page."""
    port = free_port()
    home.mkdir()
    started = time.perf_counter()
    with subprocess.Popen(
        streamlit_command("127.0.0.1", port),
        cwd=ROOT,
        env={**os.environ, "RLVIZ_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    ) as process:
        page = _answers(f"http://127.0.0.1:{port}/", started)
        warm = _answers(f"http://127.0.0.1:{port}/api/health", started)
        process.terminate()
    about = f"a page is served; the first worker is warm after {warm:.1f} s"
    return Row("server ready, nothing cached", page, "s", "<= 4", about)


def _answers(url: str, started: float) -> float:
    while time.perf_counter() < started + 60:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return time.perf_counter() - started
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise TimeoutError(f"{url} did not answer within 60 s")


def _assets(page: Page, server: Server) -> Row:
    """Bytes on the wire of our own addresses at the first load of a lesson."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    ours: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def asked(event: dict[str, object]) -> None:
        if "/api/" in (url := str(event["request"]["url"])):  # type: ignore[index]
            ours[str(event["requestId"])] = url

    def loaded(event: dict[str, object]) -> None:
        sizes[str(event["requestId"])] = float(str(event["encodedDataLength"]))

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", loaded)
    started = time.perf_counter()
    page.goto(server.url + LESSON)
    page.wait_for_function(USABLE, timeout=30_000)
    seconds = time.perf_counter() - started
    page.wait_for_timeout(500)
    session.detach()
    total = sum(sizes.get(request, 0.0) for request in ours) / MB
    about = f"{len(ours)} requests; the page was usable after {seconds:.1f} s, nothing cached"
    return Row("our scripts and assets on first load", total, "MB", "<= 2", about)


def _navigation(page: Page, server: Server) -> Iterator[Row]:
    """From the click on a lesson's link on the home page, and of an address that is opened."""
    clicked, opened = [], []
    for _ in range(TIMES // 2):
        page.goto(server.url)
        page.wait_for_function(AT_HOME, timeout=30_000)
        link = page.get_by_test_id("stPageLink").filter(has_text=lessons.lesson("control").title)
        clicked.append(_until(page, USABLE, link.first.click))
        opened.append(_until(page, USABLE, lambda: page.goto(server.url + LESSON)))
    link, address = percentile(clicked, 0.5), percentile(opened, 0.5)
    about = f"by a link, worst {max(clicked):.2f} s; opened as an address {address:.2f} s"
    yield Row("page usable after navigation, median", link, "s", "<= 1.5", about)


def _latencies(page: Page, server: Server) -> Iterator[Row]:
    starts = []
    for _ in range(TIMES):
        page.goto(server.url + LESSON)
        page.wait_for_function(USABLE, timeout=30_000)
        page.get_by_test_id("speed").select_option(value="")  # full speed
        page.wait_for_timeout(300)
        starts.append(page.evaluate(START))
        page.click(PLAY)  # paused, so that it costs the next one nothing
        page.wait_for_function(STANDS, timeout=10_000)
    yield _latency("Start pressed → first frame, p95", starts, 500)
    page.click(PLAY)
    accepted, used = [], []
    knob = page.locator(".st-key-knob-alpha input[type=range]").first
    for i in range(TIMES):
        page.wait_for_timeout(600)
        knob.focus()
        page.evaluate(TURN)
        page.keyboard.press("ArrowLeft" if i % 2 else "ArrowRight")
        says, shows = page.evaluate("() => window.__turned")
        accepted.append(says)
        used.append(shows)
    yield _latency("knob moved → the page says accepted, p95", accepted, 300)
    yield _latency("knob moved → the pictures show it, p95", used, 300)


def _editor(page: Page, server: Server) -> Row:
    """The goal goes to and fro under two runs that learn."""
    page.goto(f"{server.url}{LESSON}?k.world=room")
    page.wait_for_function(USABLE, timeout=30_000)
    page.evaluate(START)
    page.get_by_test_id("edit-map").click()  # with the goal in hand
    drawn = []
    for i in range(TIMES):
        page.wait_for_timeout(700)
        drawn.append(page.evaluate(DRAW, (54, 62)[i % 2]))  # two corners of the lowest row
    return _latency("map edited → both pictures show it, p95", drawn, 200)


def _latency(name: str, values: list[float], budget: int) -> Row:
    about = f"n = {len(values)}, median {percentile(values, 0.5):.0f}, worst {max(values):.0f} ms"
    return Row(name, percentile(values, 0.95), "ms", f"<= {budget}", about)


def _until(page: Page, condition: str, act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    page.wait_for_function(condition, timeout=30_000)
    return time.perf_counter() - started
