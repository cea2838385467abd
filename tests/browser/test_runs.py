"""One's runs in Chromium: listed, renamed, deleted, opened and compared, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.visits import PATIENCE, SIZES, Visit, visit
from tests.browsing import new_page
from tests.serving import Server

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=\"document.title='run'\"> ![x](http://example.com/x.png) **b**"
WORDS = {
    "en": {"rename": "Rename", "delete": "Delete", "sure": "Delete for good", "keep": "Keep"},
    "zh": {"rename": "重命名", "delete": "删除", "sure": "确认删除", "keep": "保留"},
}


@contextmanager
def with_runs(browser: Browser, server: Server, language: str = "en") -> Iterator[Visit]:
    """A browser of its own with the two paused runs of a lesson."""
    with visit(browser, server.url, "/control", language=language) as opened:
        opened.play()
        opened.wait("Object.values(r.runs).every(run => run.iteration > 2000)")
        opened.pause()
        yield opened


def to_runs(opened: Visit, language: str = "en") -> Locator:
    """The list of runs, reached by its address as from another day."""
    opened.page.goto(f"{opened.origin}/runs?v=1&lang={language}")
    rows = opened.page.locator(".rv-row")
    expect(rows.first).to_be_visible(timeout=PATIENCE)
    return rows


def offer(row: Locator, act: str) -> Locator:
    """An act of a row's menu, which is opened for it."""
    row.locator("summary").click()
    return row.get_by_role("button", name=act, exact=True)


def drawn(page: Page) -> list[dict[str, object]]:
    """The traces of the comparison, once it has lines."""
    page.wait_for_function(
        "document.querySelector('[data-testid^=figure-comparison]')?.data?.length > 2",
        timeout=PATIENCE,
    )
    found: list[dict[str, object]] = page.evaluate(
        "document.querySelector('[data-testid^=figure-comparison]').data"
    )
    return found


def test_runs_are_listed_renamed_and_deleted_with_the_keyboard(
    browser: Browser, server: Server, language: str
) -> None:
    words = WORDS[language]
    with with_runs(browser, server, language) as opened:
        page, rows = opened.page, to_runs(opened, language)
        expect(rows).to_have_count(2)
        expect(rows.first.locator(".rv-spark path")).to_have_attribute("d", re.compile("^M.*L"))
        offer(rows.first, words["rename"]).press("Enter")
        page.keyboard.type(MARKUP)
        page.keyboard.press("Enter")
        expect(rows.first.locator(".rv-name")).to_have_text(MARKUP)
        page.reload()
        expect(rows.first.locator(".rv-name")).to_have_text(MARKUP, timeout=PATIENCE)

        offer(rows.nth(1), words["delete"]).press("Enter")
        page.keyboard.press("Escape")
        expect(rows).to_have_count(2)
        offer(rows.nth(1), words["delete"]).press("Enter")
        expect(page.get_by_role("button", name=words["sure"])).to_be_focused()
        page.keyboard.press("Enter")
        expect(rows).to_have_count(1)
        page.reload()
        expect(rows).to_have_count(1, timeout=PATIENCE)

        assert page.title() != "run"
        assert page.locator(".rv-row img").count() == 0
        assert (opened.errors, opened.foreign) == ([], [])


def test_a_run_goes_on_where_its_lesson_left_it(
    browser: Browser, server: Server, language: str
) -> None:
    with with_runs(browser, server, language) as opened:
        before = {run["run"]: run["iteration"] for run in opened.state().values()}
        to_runs(opened, language).first.locator(".rv-name").click()
        opened.stand()
        after = {run["run"]: run["iteration"] for run in opened.state().values()}
        opened.play_again()

        assert after == before
        assert "/control?" in opened.page.url


def test_chosen_runs_are_compared(browser: Browser, server: Server, language: str) -> None:
    with with_runs(browser, server, language) as opened:
        page, rows = opened.page, to_runs(opened, language)
        offer(rows.first, WORDS[language]["rename"]).click()
        page.keyboard.type(MARKUP)
        page.keyboard.press("Enter")
        expect(rows.first.locator(".rv-name")).to_have_text(MARKUP)
        for row in rows.all():
            row.get_by_role("checkbox").check()
        page.get_by_test_id("compare-runs").click()
        table = page.locator(".rv-differences")
        expect(table).to_contain_text("SARSA", timeout=PATIENCE)
        expect(table).to_contain_text(MARKUP)
        lines = [trace for trace in drawn(page) if trace.get("name")]
        page.wait_for_function("Object.keys(window.__rlviz?.grids ?? {}).length === 2")

        assert sorted(str(line["name"])[2:] for line in lines) == ["Q-learning", "SARSA"]
        assert page.locator(".rv-differences img").count() == 0
        assert page.title() != "run"
        assert (opened.errors, opened.foreign) == ([], [])


def test_a_statistic_is_chosen_and_stands_in_the_address(browser: Browser, server: Server) -> None:
    with with_runs(browser, server) as opened:
        page = opened.page
        runs = ",".join(str(run["run"]) for run in opened.state().values())
        page.goto(f"{opened.origin}/compare?v=1&runs={runs}&as=iqm&by=steps")
        drawn(page)
        figure = page.get_by_test_id("figure-comparison_episode_return_iqm")

        expect(figure).to_have_attribute(
            "aria-label", re.compile("interquartile mean with 95 % bootstrap interval")
        )
        expect(figure).to_contain_text("environment steps of one replica")
        expect(figure).to_contain_text("best −13.0")


def test_the_comparison_follows_runs_that_play(browser: Browser, server: Server) -> None:
    with with_runs(browser, server) as opened:
        page = opened.page
        runs = ",".join(str(run["run"]) for run in opened.state().values())
        page.goto(f"{opened.origin}/compare?v=1&runs={runs}")
        drawn(page)
        end = "Math.max(...document.querySelector('[data-testid^=figure-comparison]').data"
        end += ".filter(t => t.name).flatMap(t => t.x))"
        before = page.evaluate(end)
        page.get_by_role("button", name="Play all").click()
        page.wait_for_function(f"{end} > 2 * {before}", timeout=PATIENCE)
        page.get_by_role("button", name="Pause all").click()

        expect(page.get_by_role("button", name="Play all")).to_be_visible(timeout=PATIENCE)


def test_another_browser_sees_none_of_them_and_is_refused(browser: Browser, server: Server) -> None:
    with with_runs(browser, server) as opened:
        to_runs(opened)
        run = opened.page.locator(".rv-row").first.get_attribute("data-run")
        with new_page(browser) as page:
            page.goto(f"{opened.origin}/runs?v=1&lang=en")
            expect(page.get_by_text("No run yet.")).to_be_visible(timeout=PATIENCE)
            page.goto(f"{opened.origin}/compare?v=1&lang=en&runs={run}")
            expect(page.get_by_text(f"The run {run} belongs to another browser")).to_be_visible(
                timeout=PATIENCE
            )
            drawn_there = page.locator("[data-testid^=figure-]").count()

        assert drawn_there == 0


def test_nothing_is_wider_than_the_window(browser: Browser, server: Server) -> None:
    with with_runs(browser, server) as opened:
        page, widths = opened.page, {}
        to_runs(opened)
        runs = ",".join(str(row.get_attribute("data-run")) for row in page.locator(".rv-row").all())
        for path in ("/runs?v=1", f"/compare?v=1&runs={runs}"):
            page.goto(f"{opened.origin}{path}")
            expect(page.locator(".rv-row, .rv-comparison").first).to_be_visible(timeout=PATIENCE)
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                over = page.evaluate("document.documentElement.scrollWidth") - width
                widths[path.partition("?")[0], size] = over

        assert set(widths.values()) == {0}, widths
