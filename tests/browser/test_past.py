"""Scrubbing, playing back, forking and slow motion of the real application, in both languages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from rlviz import i18n
from rlviz.runs.history import History
from tests.browser.test_pages import assert_clean
from tests.browser.visits import PATIENCE, Visit, visit
from tests.serving import Server

pytestmark = pytest.mark.browser

THERE = "r.past.isThere"
NOW = "r.past.at === null"
RESTS = 0.3  # seconds without a move until Python is told
# Moves the thumb to those shares of the bar, one after the other as fast as they are drawn.
SCRUB = """async (shares) => {
  const bar = document.querySelector("[data-testid=scrub]");
  for (const share of shares) {
    const drawn = window.__rlviz.past.moves.length;
    bar.value = String(Math.round(share * (Number(bar.max) - 1)));
    bar.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise((done) => {
      const look = () => window.__rlviz.past.moves.length > drawn ? done() : setTimeout(look, 2);
      look();
    });
  }
}"""


# The same as fast as a hand moves it, whether that is drawn or not.
DRAG = """async (shares) => {
  const bar = document.querySelector("[data-testid=scrub]");
  for (const share of shares) {
    bar.value = String(Math.round(share * (Number(bar.max) - 1)));
    bar.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise((done) => setTimeout(done, 16));
  }
}"""


@pytest.fixture
def opened(browser: Browser, server: Server, language: str) -> Iterator[Visit]:
    """The lesson on control with runs that have gone on for a while, and play."""
    with visited(browser, server, language) as page:
        yield page


@contextmanager
def visited(
    browser: Browser, server: Server, language: str = "en", size: str = "wide"
) -> Iterator[Visit]:
    with visit(browser, server.url, "/control", language=language, size=size) as page:
        page.play()
        page.wait("Object.values(r.runs).every(run => run.frames > 12 && run.iteration > 1500)")
        yield page
        assert_clean(page)


def say(opened: Visit, text: str, **values: str) -> str:
    """A text in the language of the page."""
    language = opened.page.evaluate("document.querySelector('.rv').lang")
    return i18n.translator(language)(text, **values)


def look(opened: Visit, share: float) -> int:
    """Put the bar's thumb there, until Python knows; the iteration that was asked for."""
    opened.page.evaluate(SCRUB, [share])
    opened.wait(f"{THERE} && r.past.told === r.past.iteration")
    return int(opened.page.get_by_test_id("scrub").input_value())


def moved(opened: Visit) -> dict[str, Any]:
    """What the page says of where it looks."""
    found: dict[str, Any] = opened.page.evaluate("window.__rlviz.past")
    return found


def newest(opened: Visit) -> dict[str, int]:
    """How far each run is, whatever the page looks at."""
    return {alias: run["newest"] for alias, run in opened.state().items()}


def epsilon(opened: Visit) -> None:
    """Move the knob of exploration by one step."""
    opened.nudge("epsilon", "ArrowRight")


def test_every_stage_shows_the_newest_frame_that_was_kept(opened: Visit, server: Server) -> None:
    opened.pause()
    for share in (0.7, 0.2, 0.5):
        asked = look(opened, share)

        for run in opened.state().values():
            kept = History(server.home / "store" / "runs" / run["run"]).nearest(asked)
            assert kept is not None
            assert (run["sequence"], run["iteration"]) == (kept.sequence, kept.iteration)
    shown = str(moved(opened)["iteration"])
    counter = opened.page.get_by_test_id("counter").inner_text().replace(",", "")
    assert counter == shown


def test_the_bar_says_what_it_shows(opened: Visit) -> None:
    opened.pause()
    look(opened, 0.4)

    bar = opened.page.get_by_test_id("scrub")
    k = f"{moved(opened)['iteration']:,}"
    n = f"{max(newest(opened).values()):,}"
    expect(bar).to_have_attribute("aria-valuetext", say(opened, "iteration {k} of {n}", k=k, n=n))
    expect(opened.page.get_by_test_id("kept")).not_to_have_text("")
    expect(opened.page.get_by_test_id("status")).to_have_text(
        say(opened, "looking at iteration {k} of {n}", k=k, n=n)
    )
    bar.press("End")
    opened.wait(NOW)
    expect(bar).to_have_attribute("aria-valuetext", say(opened, "now, iteration {n}", n=n))


def test_axes_and_colours_stay_while_the_curves_go_back(browser: Browser, server: Server) -> None:
    axes = "Object.values(r.figures).map(({ layout: l }) => [l.xaxis.range, l.yaxis.range])"
    ranges = "(() => { const r = window.__rlviz; return " + axes + "; })()"
    last = "Math.max(...r.figures.episode_return.data.flatMap(({ x }) => x.filter(Number)))"
    with visited(browser, server) as opened:
        opened.pause()
        # A figure is drawn a little later than the frame that it shows comes.
        opened.wait(
            "Object.values(r.figures).every(({ layout }) => layout.xaxis.range[1] === argument)",
            max(newest(opened).values()),
        )
        opened.wait(f"{last} > 0.8 * r.figures.episode_return.layout.xaxis.range[1]")
        before = opened.page.evaluate(ranges)
        colours = opened.page.locator(".rv-scale").all_inner_texts()

        look(opened, 0.5)

        opened.wait(f"{last} < 0.6 * r.figures.episode_return.layout.xaxis.range[1]")
        assert opened.page.evaluate(ranges) == before
        assert opened.page.locator(".rv-scale").all_inner_texts() == colours


def test_a_drag_runs_no_script_for_its_moves(browser: Browser, server: Server) -> None:
    sent: list[bytes | str] = []

    def listen(socket: WebSocket) -> None:
        if "stream" in socket.url:  # where Streamlit hears of commands
            socket.on("framesent", lambda payload: sent.append(payload))

    with visited(browser, server) as opened:
        opened.pause()
        opened.page.on("websocket", listen)
        opened.page.reload()
        opened.wait("r.ready && Object.values(r.runs).every(run => run.frames > 0)")
        look(opened, 0.5)
        opened.wait("r.past.told === argument", moved(opened)["iteration"])
        before, began = len(sent), time.monotonic()

        opened.page.evaluate(DRAG, [0.2 + 0.01 * i for i in range(50)])

        rests = (time.monotonic() - began) / RESTS  # a slow machine rests between two moves, too
        opened.wait(f"{THERE} && r.past.told === r.past.iteration")
        assert moved(opened)["at"] > 0.65 * max(newest(opened).values())
        assert len(sent) - before <= 1 + rests


def test_playing_back_while_the_run_trains_on_ends_at_now(opened: Visit) -> None:
    page = opened.page
    page.get_by_test_id("scrub").press("Home")
    opened.wait(THERE)
    before = newest(opened)
    page.get_by_test_id("back-speed").select_option("frames 60")

    page.get_by_test_id("play").click()

    opened.wait("r.past.playing && r.past.iteration > 200")
    opened.wait("Object.entries(argument).every(([a, i]) => r.runs[a].newest > i + 500)", before)
    page.get_by_test_id("play").click()
    opened.wait("!r.past.playing && r.past.at !== null")
    page.get_by_test_id("now").click()
    opened.wait(f"{NOW} && Object.values(r.runs).every(run => run.iteration === run.newest)")
    assert {run["status"] for run in opened.state().values()} == {"playing"}


def test_arrows_step_through_what_was_kept_and_n_returns(opened: Visit) -> None:
    opened.pause()
    page = opened.page
    page.evaluate("document.activeElement.blur()")

    page.keyboard.press("ArrowLeft")
    opened.wait(f"{THERE} && r.past.at !== null")
    first = moved(opened)["at"]
    page.keyboard.press("ArrowLeft")
    opened.wait(f"{THERE} && r.past.at < argument", first)
    page.keyboard.press("ArrowRight")
    opened.wait(f"{THERE} && r.past.at === argument", first)
    page.keyboard.press("n")

    opened.wait(NOW)


def test_a_knob_in_the_past_is_offered_a_fork_and_both_are_drawn(opened: Visit) -> None:
    page = opened.page
    opened.pause()
    parents = {alias: run["run"] for alias, run in opened.state().items()}
    look(opened, 0.6)  # by then episodes of both have ended
    at = moved(opened)["iteration"]

    epsilon(opened)
    offer = page.get_by_test_id("offer")
    expect(offer).to_be_visible(timeout=PATIENCE)
    expect(offer).to_contain_text("ε 0.1 → 0.11")
    page.get_by_test_id("fork-held").click()

    opened.wait("Object.keys(r.runs).length === 4 && r.past.at === null")
    expect(offer).to_be_hidden()
    opened.wait(
        "Object.entries(r.runs).every(([alias, run]) => run.status === 'paused'"
        " && run.marks.length === (alias.endsWith('~parent') ? 0 : 1))"
    )
    state = opened.state()
    assert {a: state[f"{a}~parent"]["run"] for a in parents} == parents
    for alias in parents:
        assert [mark["iteration"] for mark in state[alias]["marks"]] == [state[alias]["iteration"]]
        assert state[alias]["iteration"] <= at
    names = "Object.values(r.figures)[0].data.map((trace) => trace.name)"
    title = say(opened, "{title} (parent)", title="SARSA")
    opened.wait(f"{names}.includes('SARSA') && {names}.includes(argument)", title)


def test_a_comparison_plays_survives_a_reload_and_ends(opened: Visit) -> None:
    page = opened.page
    opened.pause()
    look(opened, 0.3)
    page.get_by_test_id("fork").click()
    opened.wait("Object.keys(r.runs).length === 4 && r.past.at === null")
    opened.stand()
    before = newest(opened)

    opened.play_again()
    opened.wait("Object.entries(argument).every(([a, i]) => r.runs[a].newest > i)", before)
    opened.pause()
    runs = {alias: run["run"] for alias, run in opened.state().items()}
    page.reload()
    opened.wait("r.ready && Object.keys(r.runs).length === 4")
    assert {alias: run["run"] for alias, run in opened.state().items()} == runs

    page.get_by_test_id("end-comparison").click()
    opened.wait("Object.keys(r.runs).length === 2")
    expect(page.get_by_test_id("end-comparison")).to_be_hidden()


def test_now_and_set_it_there_turns_the_runs_of_now(opened: Visit) -> None:
    look(opened, 0.3)
    epsilon(opened)
    page = opened.page
    expect(page.get_by_test_id("offer")).to_be_visible(timeout=PATIENCE)

    page.get_by_test_id("now-held").click()

    opened.wait(f"{NOW} && Object.values(r.runs).every(run => run.marks.length === 1)")
    expect(page.get_by_test_id("offer")).to_be_hidden()


def test_slow_motion_tells_beat_after_beat_and_pauses(opened: Visit) -> None:
    page = opened.page
    opened.pause()
    page.get_by_test_id("speed").select_option("slow")
    page.get_by_test_id("play").click()
    number = page.get_by_test_id("beat-q_learning")
    for n in ("1", "2", "1"):
        words = say(opened, "beat {n} of {all}", n=n, all="2")
        expect(number).to_have_text(words, timeout=PATIENCE)
        expect(page.get_by_test_id("caption-q_learning")).not_to_have_text("")
    size = number.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 15

    page.get_by_test_id("play").click()

    opened.wait("!r.past.slow")
    expect(page.get_by_test_id("play")).to_have_attribute("data-playing", "false")


def test_slow_motion_of_the_past_runs_aside_and_comes_back(opened: Visit) -> None:
    page = opened.page
    before = {alias: run["run"] for alias, run in opened.state().items()}
    look(opened, 0.3)
    at = moved(opened)["iteration"]

    page.get_by_test_id("slow-here").click()

    opened.wait(
        "Object.entries(argument).every(([a, run]) => r.runs[a].run !== run"
        " && r.runs[a].iteration + r.runs[a].beat > 0)",
        before,
    )
    opened.wait("r.past.slow && Object.values(r.runs).some(run => run.beat > 0)")
    shown = [run["iteration"] for run in opened.state().values()]
    assert max(shown) <= at + 1
    page.get_by_test_id("now").click()
    opened.wait(
        "Object.entries(argument).every(([a, run]) => r.runs[a].run === run)"
        f" && {NOW} && !r.past.slow",
        before,
    )
    opened.wait("Object.values(r.runs).every(run => run.iteration === run.newest)")


def test_a_thumb_can_scrub_on_a_phone(browser: Browser, server: Server) -> None:
    with visited(browser, server, "zh", "phone") as opened:
        bar = opened.page.get_by_test_id("scrub")
        box = bar.bounding_box()
        assert box is not None
        assert box["height"] >= 40
        assert box["width"] >= 300

        press(opened.page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

        opened.wait(f"{THERE} && r.past.at !== null")
        expect(opened.page.get_by_test_id("now")).to_be_in_viewport()


def press(page: Page, x: float, y: float) -> None:
    """A press of the pointer there."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.up()
