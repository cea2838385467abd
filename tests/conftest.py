"""What tests share: the application, Chromium, and fonts that can draw both languages."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from rlviz.runs.environment import ONE_THREAD
from tests.browsing import chromium
from tests.serving import Server, serving

# Before torch is loaded. Beside another test, threads that wait for each other are a hundred times
# slower than one.
os.environ |= ONE_THREAD | os.environ

# How long an example takes depends on what else the machine does; speed is measured by `bench`.
# The same examples each time: what fails once fails again, here and elsewhere.
settings.register_profile("untimed", deadline=None, derandomize=True)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """What was collected stays to the end: garbage is not looked for among all those tests."""
    gc.collect()
    gc.freeze()


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application as a person starts it, one for each test process.

    What a test leaves running stops soon, so that the next one has the machine for itself.
    """
    with serving(tmp_path_factory.mktemp("home"), RLVIZ_LEASE_SECONDS="8") as running:
        yield running


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is, once it is known that Chinese characters can be drawn."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("The browser tests need Chromium. On Debian: sudo apt-get install chromium")
    fonts = (
        shutil.which("fc-list")
        and subprocess.run(
            ["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=True
        ).stdout
    )
    if not fonts:
        pytest.fail(
            "The browser tests need a font with Chinese characters. "
            "On Debian: sudo apt-get install fontconfig fonts-noto-cjk"
        )
    return found


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser of this process keeps its cache."""
    return tmp_path_factory.mktemp("profile")


# One for each module and not for the session: while it is open, Playwright keeps an event loop
# running in this thread, in which other modules could not call asyncio.run.
@pytest.fixture(scope="module")
def browser(chromium_path: str, profile: Path) -> Iterator[Browser]:
    """A headless Chromium; `new_page` opens a page for each test."""
    with chromium(chromium_path, profile) as opened:
        yield opened
