"""The bar over the history on a bare page: before there is a run, its keys, and runs that wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.ui.assets.harness import Harness
from tests.ui.assets.test_live import FRAMES, play, ready

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
BACK = "__rlviz.past.isThere && __rlviz.past.at !== null"


def test_without_a_run_there_is_nothing_to_scrub(open_page: Open) -> None:
    page = open_page()

    ready(page)

    expect(page.get_by_test_id("scrub")).to_be_disabled()
    expect(page.get_by_test_id("fork")).to_be_disabled()
    expect(page.get_by_test_id("now")).to_be_disabled()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_run_that_can_not_be_written_down_says_why(
    open_page: Open, harness: tuple[Harness, str], language: str
) -> None:
    page = open_page(f"?language={language}")
    play(page)
    why = "Nothing can be written down (No space left on device)."

    harness[0].says = {"status": "stalled", "sentence": why}

    expect(page.get_by_test_id("banner")).to_be_visible()
    expect(page.get_by_test_id("banner")).to_have_text(why)
    harness[0].says = {}
    expect(page.get_by_test_id("banner")).to_be_hidden()


def test_live_frames_come_and_are_not_drawn_while_the_past_is_looked_at(open_page: Open) -> None:
    page = open_page()
    play(page, 20)
    bar = page.get_by_test_id("scrub")
    for _ in range(6):  # a tenth of the whole each, to where the slower run has been too
        bar.press("PageDown")
    page.wait_for_function(BACK)

    page.wait_for_function(FRAMES, arg=page.evaluate("__rlviz.frames") + 20)

    # What was kept up to there may come to be known a little later; what comes after is not shown.
    at = page.evaluate("__rlviz.past.at")
    runs = page.evaluate("Object.values(__rlviz.runs).map((run) => [run.iteration, run.newest])")
    assert all(shown <= at < newest for shown, newest in runs)
    end = int(bar.get_attribute("max") or 0)
    page.wait_for_function("(end) => document.querySelector('.rv-range').max > end", arg=end)


def test_the_ends_of_the_bar_are_the_beginning_and_now(open_page: Open) -> None:
    page = open_page()
    play(page, 20)
    bar = page.get_by_test_id("scrub")

    bar.press("Home")
    page.wait_for_function(f"{BACK} && __rlviz.past.iteration === 0")
    bar.press("End")

    page.wait_for_function("__rlviz.past.at === null")


def test_space_on_the_bar_plays_the_history_to_its_end(open_page: Open) -> None:
    page = open_page()
    play(page, 20)
    page.get_by_test_id("play").click()  # the run stands: what was kept has an end
    page.wait_for_function("Object.values(__rlviz.runs).every((run) => run.status === 'paused')")
    bar = page.get_by_test_id("scrub")
    bar.press("Home")
    page.wait_for_function(BACK)
    page.get_by_test_id("back-speed").select_option("frames 60")

    bar.press(" ")
    page.wait_for_function("__rlviz.past.playing && __rlviz.past.iteration > 0")

    page.wait_for_function("__rlviz.past.at === null && !__rlviz.past.playing")
