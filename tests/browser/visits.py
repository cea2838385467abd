"""Opening a page of the real application as a person does, and waiting for what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from rlviz import lessons
from tests.browsing import new_page

SIZES = {"wide": (1280, 720), "phone": (390, 844)}
LANGUAGES = ("en", "zh")
THEMES = ("light", "dark")
PATIENCE = 90_000  # milliseconds; two cores that other tests load as well
# On a deep link Streamlit asks for these below the page's own path first, and gets a 404.
PROBES = ("/_stcore/health", "/_stcore/host-config")


@dataclass
class Visit:
    """An open page and what went wrong on it."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """What the page says of its runs."""
        found: dict[str, Any] = self.page.evaluate("window.__rlviz.runs")
        return found

    def wait(self, condition: str, argument: Any = None) -> None:
        """Until a JavaScript condition on `window.__rlviz` (as `r`) and `argument` holds."""
        script = f"(argument) => {{ const r = window.__rlviz; return r && ({condition}); }}"
        self.page.wait_for_function(script, arg=argument, timeout=PATIENCE)

    def play(self) -> None:
        """Press Play and wait until every run has shown frames of its own."""
        self.page.get_by_test_id("play").click()
        self.wait("Object.values(r.runs).every(run => run.frames > 2 && run.iteration > 0)")

    def pause(self) -> None:
        """Press Pause and wait until every run stands and its picture is of where it stands."""
        self.page.get_by_test_id("play").click()
        self.stand()

    def stand(self) -> None:
        """Until every run is paused and shows the frame of its pause, which may come later."""
        self.wait("Object.values(r.runs).every(run => run.status === 'paused' && run.settled)")

    def play_again(self) -> None:
        """Press Play on runs that stand."""
        self.page.get_by_test_id("play").click()
        self.wait("Object.values(r.runs).every(run => run.status === 'playing')")

    def nudge(self, knob: str, key: str = "ArrowLeft") -> None:
        """Move a knob's slider by one key."""
        slider = self.page.locator(f".st-key-knob-{knob}").get_by_role("slider").first
        slider.focus()
        slider.press(key)


@contextmanager
def visit(
    browser: Browser,
    origin: str,
    path: str,
    *,
    language: str = "en",
    theme: str = "light",
    size: str = "wide",
) -> Iterator[Visit]:
    """Somebody who has never been there, on that page, with its first frame drawn."""
    with new_page(browser, size=SIZES[size], theme=theme, language=language) as page:
        opened = Visit(page, origin)
        page.on("console", lambda message: _keep_error(opened, message))
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("request", lambda request: _keep_foreign(opened, request))
        joint = "&" if "?" in path else "?"
        page.goto(f"{origin}{path}{joint}v=1&lang={language}")
        opened.wait("r.ready")
        expect(page.get_by_test_id("stAppViewContainer")).to_be_visible()
        yield opened


def lesson_paths() -> dict[str, str]:
    """The path of every page, by the lesson and the scene that it shows; home is at the root."""
    paths = {}
    for lesson in (scene for name in lessons.names() for scene in lessons.scenes(name)):
        scene = f"?scene={lesson.scene}" if lesson.scene else ""
        name = "-".join(filter(None, (lesson.name, lesson.scene)))
        paths[name] = ("/" if lesson.name == "home" else f"/{lesson.name}") + scene
    return paths


def handy(path: str) -> str:
    """The live knob that a phone shows below the stage of a path; "" where there is none."""
    name, _, scene = path.removeprefix("/").partition("?scene=")
    return lessons.lesson(name or "home", scene).handy


def _keep_error(opened: Visit, message: ConsoleMessage) -> None:
    address = message.location.get("url", "")
    if message.type == "error" and not address.endswith(PROBES):
        opened.errors.append(f"{message.text} ({address})")


def _keep_foreign(opened: Visit, request: Request) -> None:
    asked = urlsplit(request.url)
    local = asked.scheme in ("data", "blob") or asked.netloc == urlsplit(opened.origin).netloc
    if not local:
        opened.foreign.append(request.url)
