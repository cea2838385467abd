"""Pages in one Chromium for each test process, which keeps what it has compiled and forgets us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

LOCALES = {"en": "en-US", "zh": "zh-CN"}
REMEMBERED = "local_storage,indexeddb,cache_storage,service_workers"


@contextmanager
def chromium(executable: str, profile: Path) -> Iterator[Browser]:
    """A headless Chromium on that profile.

    Only what has a profile keeps compiled scripts: our pages open in half the time that they take
    in a context of their own.
    """
    with sync_playwright() as playwright:
        # Without a sandbox: continuous integration runs as root, and only our own pages are opened.
        home = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable, args=["--no-sandbox"]
        )
        assert home.browser is not None
        yield home.browser
        home.close()


@contextmanager
def new_page(
    browser: Browser,
    *,
    size: tuple[int, int] = (1280, 720),
    theme: str = "light",
    language: str = "en",
) -> Iterator[Page]:
    """A page of somebody who was never here; whoever comes while it is open is somebody else."""
    home = browser.contexts[0]
    taken = len(home.pages) > 1  # beside the blank one that it starts with
    context = browser.new_context() if taken else home
    page = context.new_page()
    try:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        _speak(page, LOCALES[language])
        yield page
    finally:
        if taken:
            context.close()
        else:
            _forget(home)


def _speak(page: Page, locale: str) -> None:
    session = page.context.new_cdp_session(page)
    agent = page.evaluate("navigator.userAgent")
    session.send("Emulation.setLocaleOverride", {"locale": locale.replace("-", "_")})
    session.send("Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": locale})


def _forget(home: BrowserContext) -> None:
    """Close all pages but the blank one, and clear what they have left behind."""
    blank, *visited = home.pages
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(page.url)) for page in visited}
    for page in visited:
        page.close()
    home.clear_cookies()
    home.clear_permissions()
    home.set_offline(False)
    session = home.new_cdp_session(blank)
    for origin in origins:
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": REMEMBERED})
    session.detach()
