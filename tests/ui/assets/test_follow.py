"""Following a page: Python is asked until it shows what the server told of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.ui.assets.harness import Harness

# A socket that nobody answers, and a clock that only the test moves.
BEGIN = """async () => {
  class Silent { constructor() { window.socket = this; } close() {} }
  window.WebSocket = Silent;
  const { Follower } = await import("/assets/follow.js");
  window.asked = 0;
  window.follower = new Follower();
  const ask = () => (window.asked += 1);
  window.show = (n) => window.follower.update({ channel: "c", token: "t", n }, ask);
  window.publish = (n) => {
    window.socket.onmessage({ data: JSON.stringify({ type: "Published", n }) });
  };
  window.show(1);
}"""


@pytest.fixture
def page(browser: Browser, harness: tuple[Harness, str]) -> Iterator[Page]:
    """A page that follows, and shows the first publication."""
    opened = browser.new_page()
    opened.goto(f"{harness[1]}/?views=")
    opened.clock.install()
    opened.evaluate(BEGIN)
    yield opened
    opened.close()


def asked(page: Page, milliseconds: int) -> int:
    page.clock.run_for(milliseconds)
    return int(page.evaluate("window.asked"))


def test_what_is_shown_already_is_not_asked_for(page: Page) -> None:
    page.evaluate("window.publish(1)")

    assert asked(page, 10_000) == 0


def test_it_asks_until_python_shows_it(page: Page) -> None:
    page.evaluate("window.publish(2)")
    assert asked(page, 600) == 1
    assert asked(page, 3_000) == 2
    page.evaluate("window.show(2)")

    assert asked(page, 10_000) == 2


def test_a_channel_that_is_gone_is_not_asked_about(page: Page) -> None:
    page.evaluate("window.publish(2)")
    page.evaluate("window.socket.onclose({ code: 4404 })")

    assert asked(page, 10_000) == 0
