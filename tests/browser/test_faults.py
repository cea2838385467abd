"""What a page says when something breaks under it, in Chromium against the real application."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visits import PATIENCE, visit
from tests.browsing import new_page
from tests.serving import Server, free_port, serving

pytestmark = pytest.mark.browser


def workers(server: Server) -> list[psutil.Process]:
    """The worker processes of that server."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    return [child for child in children if "rlviz.runs.worker" in " ".join(child.cmdline())]


def test_a_killed_worker_is_replaced_and_the_runs_go_on(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as server, visit(browser, server.url, "/control") as opened:
        opened.play()
        for worker in workers(server):
            worker.send_signal(signal.SIGKILL)
        opened.wait("Object.values(r.runs).some(run => run.status === 'recovering')")
        before = {alias: run["iteration"] for alias, run in opened.state().items()}

        opened.wait(
            "Object.entries(argument).every("
            "([a, i]) => r.runs[a].status === 'playing' && r.runs[a].iteration > i + 500)",
            before,
        )


def test_a_server_that_is_killed_five_times_costs_a_page_a_moment(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    with contextlib.ExitStack() as visited:
        with serving(tmp_path, port) as server:
            opened = visited.enter_context(visit(browser, server.url, "/control"))
            opened.play()
            first = opened.state()
            os.killpg(server.process.pid, signal.SIGKILL)
        for _ in range(4):
            with serving(tmp_path, port) as server:
                before = {alias: run["frames"] for alias, run in opened.state().items()}
                opened.wait(
                    "Object.entries(argument).every("
                    "([a, n]) => r.runs[a].status === 'playing' && r.runs[a].frames > n + 3)",
                    before,
                )
                last = opened.state()
                os.killpg(server.process.pid, signal.SIGKILL)

    assert {a: run["run"] for a, run in last.items()} == {a: run["run"] for a, run in first.items()}


def test_a_server_that_is_ended_leaves_its_runs_paused_and_says_why(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    with contextlib.ExitStack() as visited:
        with serving(tmp_path, port) as server:
            opened = visited.enter_context(visit(browser, server.url, "/control"))
            opened.play()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(20)
        with serving(tmp_path, port):
            expect(opened.page.get_by_text(re.compile("the server was shut down"))).to_be_visible(
                timeout=PATIENCE
            )
            stood = {alias: run["iteration"] for alias, run in opened.state().items()}
            opened.play()
            opened.wait(
                "Object.entries(argument).every(([a, i]) => r.runs[a].iteration > i)", stood
            )


def test_a_reload_shows_the_same_runs_without_a_gap(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as opened:
        opened.play()
        opened.wait("r.figures.episode_return.data?.[0]?.x?.length > 1")
        before = opened.state()
        opened.page.reload()
        opened.wait("r.ready && Object.values(r.runs).every(run => run.frames > 2)")
        opened.wait("r.figures.episode_return.data?.[0]?.x?.length > 1")
        after = opened.state()
        at = opened.page.evaluate("window.__rlviz.figures.episode_return.data[0].x[0]")

        assert {a: r["run"] for a, r in after.items()} == {a: r["run"] for a, r in before.items()}
        assert all(after[a]["iteration"] > before[a]["iteration"] for a in before)
        # A bin stands at its middle, which moves as bins merge; a curve whose beginning was lost
        # would begin where the page was left.
        assert at < min(run["iteration"] for run in before.values())


def test_a_lost_network_comes_back_to_the_same_runs(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as opened:
        opened.play()
        before = opened.state()
        opened.page.context.set_offline(True)
        opened.page.evaluate("window.dispatchEvent(new Event('offline'))")
        opened.page.context.set_offline(False)
        opened.wait(
            "Object.entries(argument).every(([a, i]) => r.runs[a].iteration > i + 1000)",
            {alias: run["iteration"] for alias, run in before.items()},
        )

        assert {r["run"] for r in opened.state().values()} == {r["run"] for r in before.values()}


def test_another_browser_with_the_same_link_only_watches(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as owner:
        owner.play()
        address = owner.page.url
        with new_page(browser) as page:
            page.goto(address)
            page.wait_for_function(
                "window.__rlviz?.ready"
                " && Object.values(window.__rlviz.runs).every(run => run.frames > 2)",
                timeout=PATIENCE,
            )

            expect(page.get_by_test_id("play")).to_be_disabled()
            expect(page.get_by_test_id("reset")).to_be_disabled()


@pytest.mark.parametrize(
    "query",
    [
        "k.alpha=2",
        "k.alpha=nan",
        "k.alpha=1e400",
        "k.replicas=1000000000",
        "k.unknown=1",
        "preset=nosuch",
        "lang=xx",
        "run=../../etc/passwd",
        "run=zzzzzzzzzzzz",
        "k.alpha=<script>alert(1)</script>",
    ],
)
def test_a_bad_link_opens_with_a_note(browser: Browser, server: Server, query: str) -> None:
    with new_page(browser) as page:
        page.goto(f"{server.url}/control?v=1&{query}")
        page.wait_for_function("window.__rlviz?.ready", timeout=PATIENCE)

        expect(page.locator(".stAlert").first).to_be_visible()
        assert page.locator(".stException").count() == 0
