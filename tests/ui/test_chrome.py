"""What stands around every page, in Chromium: theme, language, projector, and a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from rlviz import i18n, lessons
from tests.browsing import new_page
from tests.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]
READY = 30_000  # milliseconds; two loaded cores


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as page:
        page.set_default_timeout(READY)
        yield page


def background(page: Page) -> str:
    page.get_by_test_id("stApp").wait_for()
    colour: str = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    return colour


def test_the_theme_that_is_chosen_holds_on_every_page(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/")
    page.locator(".st-key-looks button").click()
    page.get_by_test_id("theme-dark").click()
    page.locator(".st-key-road").wait_for()
    page.wait_for_function("() => localStorage.length > 0")
    page.goto(f"{server.url}/control")
    page.get_by_test_id("play").wait_for()

    assert background(page) == "rgb(17, 21, 27)"


def test_the_language_that_is_chosen_goes_along_to_the_next_page(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/")
    page.locator(".st-key-language").get_by_text("中文").click()
    page.locator(".st-key-road").get_by_role("link").last.click()
    last = lessons.lesson(lessons.names()[-1])

    expect(page.get_by_role("heading", level=1)).to_have_text(
        i18n.translator("zh")(last.title), timeout=READY
    )
    page.wait_for_url(f"**/{last.name}?*lang=zh*")


def test_the_projector_makes_letters_larger_and_stands_in_the_address(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/control?view=projector")
    page.get_by_test_id("play").wait_for()
    size = page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")

    assert size == 19
    assert "view=projector" in page.url


@pytest.mark.parametrize("path", ["/", "/control"])
def test_a_phone_never_scrolls_sideways(page: Page, server: Server, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}{path}")
    page.get_by_test_id("grid-q_learning").wait_for()
    width = page.evaluate("() => document.documentElement.scrollWidth")

    assert width == 390


def test_a_phone_has_the_handy_knob_below_the_stage_and_a_desk_has_not(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/control")
    page.get_by_test_id("play").wait_for()
    expect(page.locator(".st-key-handy")).to_be_hidden(timeout=READY)
    page.set_viewport_size({"width": 390, "height": 844})

    expect(page.locator(".st-key-handy")).to_be_visible(timeout=READY)


def test_stage_and_transport_fit_a_projector_of_720_lines(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/control")
    page.get_by_test_id("play").wait_for()
    page.get_by_test_id("predict").wait_for()
    bar = page.get_by_test_id("play").bounding_box()
    last = page.get_by_test_id("predict").bounding_box()

    assert bar is not None
    assert last is not None
    assert last["y"] + last["height"] <= bar["y"]
    assert bar["y"] + bar["height"] <= 720
