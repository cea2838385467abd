"""Pictures of every page, to be looked at.

    python -m tests.shots

writes shots/PAGE-LANGUAGE-THEME-SIZE-MOMENT.png for every page, language, theme, size and moment
(`start`, and `playing` after five seconds), and all of them small on shots/sheet.png.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visits import LANGUAGES, SIZES, THEMES, lesson_paths, visit
from tests.conftest import BROWSERS
from tests.imports import ROOT
from tests.serving import serving

FOLDER = ROOT / "shots"
MOMENTS = ("start", "playing")
PLAYING = 5_000  # milliseconds
WIDE, GAP, LABEL = 480, 12, 16  # pixels of the contact sheet


def main() -> None:
    """Take all of them against a server of our own."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    chromium = next(filter(None, map(shutil.which, BROWSERS)))
    with (
        tempfile.TemporaryDirectory() as home,
        serving(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for (name, path), *look in itertools.product(
            lesson_paths().items(), LANGUAGES, THEMES, SIZES
        ):
            print(name, *look, flush=True)
            _take(browser, server.url, name, path, *look)
        browser.close()
    _sheet()
    print(f"{len(list(FOLDER.glob('*-*.png')))} pictures and sheet.png in {FOLDER.name}/")


def _take(
    browser: Browser, origin: str, name: str, path: str, language: str, theme: str, size: str
) -> None:
    stem = f"{name}-{language}-{theme}-{size}"
    with visit(browser, origin, path, language=language, theme=theme, size=size) as opened:
        opened.page.wait_for_timeout(1500)  # figures are drawn a moment after the first frame
        opened.page.screenshot(path=FOLDER / f"{stem}-start.png")
        steers = opened.page.get_by_test_id("play").count() > 0
        if steers:
            opened.play()
        opened.page.wait_for_timeout(PLAYING)
        opened.page.screenshot(path=FOLDER / f"{stem}-playing.png")
        if steers:
            opened.pause()


def _sheet() -> None:
    """One row for each page, language and theme."""
    rows = [
        [f"{page}-{language}-{theme}-{size}-{moment}.png" for size in SIZES for moment in MOMENTS]
        for page, language, theme in itertools.product(lesson_paths(), LANGUAGES, THEMES)
    ]
    small = [[_small(FOLDER / name) for name in row] for row in rows]
    heights = [max(picture.height for picture in row) + LABEL + GAP for row in small]
    widths = [max(row[column].width for row in small) + GAP for column in range(len(rows[0]))]
    sheet = Image.new("RGB", (sum(widths) + GAP, sum(heights) + GAP), "#777777")
    draw, top = ImageDraw.Draw(sheet), GAP
    for names, row, height in zip(rows, small, heights, strict=True):
        left = GAP
        for name, picture, width in zip(names, row, widths, strict=True):
            draw.text((left, top), name.removesuffix(".png"), fill="white")
            sheet.paste(picture, (left, top + LABEL))
            left += width
        top += height
    sheet.save(FOLDER / "sheet.png")


def _small(file: Path) -> Image.Image:
    picture = Image.open(file)
    share = WIDE / 1280
    return picture.resize((round(picture.width * share), round(picture.height * share)))


if __name__ == "__main__":
    main()
