"""Pictures of every page as a person meets it, and one contact sheet of them all.

    python -m tests.shots

writes shots/PAGE-LANGUAGE-THEME-SIZE-MOMENT.png for the start and for five seconds after Play, and
what one meets with a run in hand: a link to share, a look at the past, a fork, one's runs, runs
side by side, a sweep. `python -m tests.shots tour` takes only these.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from rlviz import i18n
from tests.browser.visits import LANGUAGES, SIZES, THEMES, lesson_paths, visit
from tests.serving import serving

FOLDER = Path("shots")
RUNNING = 5000  # milliseconds of running before the second picture
SETTLED = 1500  # milliseconds until what has just come stands still
SWEEP = (
    "method=q_learning&x=alpha&xs=0.1,0.3,0.5,1&y=epsilon&ys=0,0.1,0.3&repeats=3&iterations=1500"
)
DRAWN = "((name) => document.querySelector(`[data-testid^=figure-${name}]`))"
ROW = 300  # pixels of height on the contact sheet
CAPTION = 16


def take(
    browser: Browser, origin: str, name: str, path: str, choice: tuple[str, ...]
) -> list[Path]:
    """The pictures of one page in one language, theme and size."""
    language, theme, size = choice
    stem = "-".join((name, *choice))
    taken = []
    with visit(browser, origin, path, language=language, theme=theme, size=size) as opened:
        opened.wait("Object.values(r.figures).every(figure => figure.data)")
        for moment in ("start", "running"):
            if moment == "running" and name != "home":
                opened.play()
                opened.page.wait_for_timeout(RUNNING)
            target = FOLDER / f"{stem}-{moment}.png"
            opened.page.screenshot(path=target)
            taken.append(target)
    return taken


def tour(browser: Browser, origin: str, choice: tuple[str, ...]) -> list[Path]:
    """The pictures of what is done with runs: shared, looked back at, forked, listed, compared."""
    language, theme, size = choice
    taken = []

    def shot(name: str) -> None:
        opened.page.wait_for_timeout(SETTLED)
        taken.append(FOLDER / f"{'-'.join((name, *choice))}.png")
        opened.page.screenshot(path=taken[-1])

    with visit(browser, origin, "/control", language=language, theme=theme, size=size) as opened:
        page = opened.page
        opened.play()
        opened.wait("Object.values(r.runs).every(run => run.iteration > 2500)")
        opened.pause()
        page.locator(".st-key-share").get_by_role("button").first.click()
        page.locator(".st-key-share-body").wait_for()
        shot("share")
        page.keyboard.press("Escape")
        bar = page.get_by_test_id("scrub")
        for _ in range(8):
            bar.press("PageDown")
        opened.wait("r.past.isThere && r.past.told === r.past.iteration")
        opened.nudge("epsilon", "ArrowRight")
        page.get_by_test_id("offer").wait_for()
        shot("past")
        page.get_by_test_id("fork-held").click()
        opened.wait("Object.keys(r.runs).length === 4 && r.past.at === null")
        opened.play_again()
        shot("fork")
        opened.pause()
        runs = ",".join(run["run"] for run in list(opened.state().values())[:3])
        page.goto(f"{origin}/runs?v=1&lang={language}")
        page.locator(".rv-row").first.wait_for()
        shot("runs")
        page.goto(f"{origin}/compare?v=1&lang={language}&runs={runs}")
        page.wait_for_function(f"{DRAWN}('comparison')?.data?.length > 2")
        shot("compare")
        page.goto(f"{origin}/sweep?v=1&lang={language}&{SWEEP}")
        page.get_by_role("button", name=i18n.translator(language)("Start the sweep")).click()
        page.wait_for_function(f"JSON.stringify({DRAWN}('sweep')?.data ?? '').includes('n = ')")
        shot("sweep")
    return taken


def contact_sheet(pictures: list[Path], target: Path) -> None:
    """All pictures at one height, captioned, in rows of at most 2,400 pixels."""
    sheet = Image.new("RGB", (2400, 20_000), "white")
    pen = ImageDraw.Draw(sheet)
    x = y = 0
    for picture in pictures:
        with Image.open(picture) as opened:
            small = opened.resize((opened.width * ROW // opened.height, ROW))
        if x + small.width > sheet.width:
            x, y = 0, y + ROW + CAPTION
        pen.text((x + 2, y + 2), picture.stem, fill="black")
        sheet.paste(small, (x, y + CAPTION))
        x += small.width + 8
    sheet.crop((0, 0, sheet.width, y + ROW + CAPTION)).save(target)


def main() -> None:
    """Take them all."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("The pictures need Chromium. On Debian: sudo apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    pictures: list[Path] = []
    with (
        tempfile.TemporaryDirectory() as home,
        serving(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        pages = {} if sys.argv[1:] == ["tour"] else lesson_paths()
        for choice in product(LANGUAGES, THEMES, SIZES):
            for name, path in pages.items():
                pictures += take(browser, server.url, name, path, choice)
            pictures += tour(browser, server.url, choice)
        browser.close()
    contact_sheet(pictures, FOLDER / "contact-sheet.png")
    print(f"{len(pictures)} pictures in {FOLDER}/, and {FOLDER / 'contact-sheet.png'}")


if __name__ == "__main__":
    main()
