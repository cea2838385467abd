"""The scripts in Chromium, served by the harness; a page that must not complain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import new_page
from tests.serving import free_port
from tests.ui.assets.harness import Harness, serving

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def harness() -> Iterator[tuple[Harness, str]]:
    """An engine in this process behind our scripts, and its address."""
    made = Harness()
    with serving(made, free_port()) as url:
        yield made, url


@pytest.fixture
def complaints() -> list[str]:
    """What the page has said on its console; each test that opens a page ends with it empty."""
    return []


@pytest.fixture
def open_page(
    browser: Browser, harness: tuple[Harness, str], complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """Opens the harness page at a query and a size of the window."""
    made, url = harness
    made.runs.clear()
    made.refuse, made.says = 0, {}
    pages = ExitStack()

    def opened(query: str = "", width: int = 1280, height: int = 720) -> Page:
        page = pages.enter_context(new_page(browser, size=(width, height)))
        page.on("console", lambda m: m.type in ("error", "warning") and complaints.append(m.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/{query}")
        return page

    yield opened
    pages.close()
    for run in made.runs.values():
        made.client.stop(run)  # it would take the next test's time
    assert complaints == []


@pytest.fixture(scope="module")
def call(browser: Browser, harness: tuple[Harness, str]) -> Iterator[Call]:
    """An exported function of one of our modules by name, as in `call("text.js", "count", 7)`."""
    page = browser.new_page()
    page.goto(f"{harness[1]}/?views=")

    def called(module: str, function: str, *arguments: Any) -> Any:
        return page.evaluate(
            "([module, name, given]) => import(`/assets/${module}`).then((m) => m[name](...given))",
            [module, function, list(arguments)],
        )

    yield called
    page.close()
