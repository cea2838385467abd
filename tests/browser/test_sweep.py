"""A sweep in Chromium: begun, watched, measured, opened; cancelled; and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visits import PATIENCE, SIZES
from tests.browsing import new_page
from tests.serving import Server

pytestmark = pytest.mark.browser

SMALL = "method=q_learning&x=alpha&xs=0.1,0.5,1&y=epsilon&ys=0,0.3&repeats=3&iterations=1500"
EXPLODES = (
    "method=td_lambda&world=random_walk_19&fixed=lambda_=1&x=alpha&xs=0.01,0.1,1&seed=5"
    "&repeats=2&iterations=12000"
)
WORDS = {
    "en": {"start": "Start the sweep", "cancel": "Cancel", "best": "Best:", "lesson": "lesson"},
    "zh": {"start": "开始扫描", "cancel": "取消", "best": "最好：", "lesson": "课程"},
}
POINTS = "figure-sweep_points"


@contextmanager
def opened(
    browser: Browser, server: Server, address: str, language: str = "en", size: str = "wide"
) -> Iterator[tuple[Page, list[str]]]:
    """The page as somebody meets it who was never there, and what it complains of."""
    wrong: list[str] = []
    with new_page(browser, size=SIZES[size]) as page:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((server.url, "data:", "blob:"))
                else wrong.append(request.url)
            ),
        )
        page.goto(f"{server.url}/sweep?v=1&lang={language}&{address}")
        yield page, wrong


def begin(page: Page, language: str = "en") -> None:
    page.get_by_role("button", name=WORDS[language]["start"]).click(timeout=PATIENCE)


def measured(page: Page) -> list[dict[str, Any]]:
    """The traces of the points, once every one of them has a number or a reason."""
    page.wait_for_function(
        f"""() => {{
          const plot = document.querySelector("[data-testid={POINTS}]");
          return plot?.data && !document.querySelector(".st-key-sweep-cancel")
            && JSON.stringify(plot.data).includes("n = ");
        }}""",
        timeout=PATIENCE,
    )
    found: list[dict[str, Any]] = page.evaluate(
        f"document.querySelector('[data-testid={POINTS}]').data"
    )
    return found


def test_a_sweep_from_the_form_to_the_lesson(
    browser: Browser, server: Server, language: str
) -> None:
    words = WORDS[language]
    with opened(browser, server, SMALL, language) as (page, wrong):
        begin(page, language)
        heat = measured(page)[0]
        assert (heat["x"], heat["y"]) == (["0.1", "0.5", "1"], ["0", "0.3"])
        assert all(isinstance(value, float) for row in heat["z"] for value in row)
        expect(page.get_by_text(words["best"])).to_be_visible()
        spoken = page.get_by_test_id(POINTS).get_attribute("aria-label") or ""
        assert "α = " in spoken

        box = page.get_by_test_id(POINTS).locator(".nsewdrag").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 5 / 6, box["y"] + box["height"] / 4)
        chosen = page.locator(".st-key-sweep-one")
        point = chosen.get_by_role("combobox")
        expect(point).to_have_value("α = 1, ε = 0.3", timeout=PATIENCE)

        link = chosen.get_by_role("link").first
        expect(link).to_contain_text(words["lesson"])
        address = link.get_attribute("href") or ""
        assert "k.alpha=1" in address
        assert "k.epsilon=0.3" in address
        page.goto(f"{server.url}{address}")
        slider = page.locator(".st-key-knob-alpha").get_by_role("slider").first
        expect(slider).to_have_attribute("aria-valuetext", "1", timeout=PATIENCE)
        assert wrong == []


def test_a_sweep_is_found_again_and_measured_otherwise_with_the_keyboard(
    browser: Browser, server: Server
) -> None:
    with opened(browser, server, SMALL) as (page, _):
        begin(page)
        measured(page)
        page.reload()
        measured(page)
        metric = page.locator(".st-key-sweep-metric").get_by_role("combobox")
        metric.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("metric=truth_distance.whole"), timeout=PATIENCE)
        expect(page.get_by_text("lower is better")).to_be_visible(timeout=PATIENCE)


def test_a_point_that_diverges_is_shown_as_such(browser: Browser, server: Server) -> None:
    with opened(browser, server, EXPLODES) as (page, _):
        begin(page)
        traces = measured(page)
        signs = traces[-1]
        assert (signs["x"], signs["text"]) == ([1], ["✕"])
        assert [value is None for value in traces[1]["y"]] == [False, False, True]


def test_cancel_ends_it(browser: Browser, server: Server) -> None:
    long = SMALL.replace("iterations=1500", "iterations=1000000")
    with opened(browser, server, long) as (page, _):
        begin(page)
        expect(page.get_by_text(re.compile(r"0 of 1 runs, \d+ %"))).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Cancelled; 0 of 1 runs had finished.")).to_be_visible(
            timeout=PATIENCE
        )


def test_another_browser_does_not_see_it(browser: Browser, server: Server) -> None:
    with opened(browser, server, SMALL) as (page, _):
        begin(page)
        measured(page)
        sweep = re.search("sweep=([0-9a-z]{12})", page.url)
        assert sweep is not None
        with opened(browser, server, f"sweep={sweep[1]}") as (other, _):
            expect(other.get_by_text("That sweep belongs to another browser")).to_be_visible(
                timeout=PATIENCE
            )
            expect(other.get_by_test_id(POINTS)).to_have_count(0)


def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, server: Server) -> None:
    with opened(browser, server, SMALL, size="phone") as (page, _):
        begin(page)
        measured(page)
        wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        plot = page.get_by_test_id(POINTS).bounding_box()

        assert wide <= 390
        assert plot is not None
        assert plot["width"] > 300
