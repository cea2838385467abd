"""Pictures of every page as a person meets it, and one contact sheet of them all.

    python -m tests.shots

writes shots/PAGE-LANGUAGE-THEME-SIZE-MOMENT.png for the start and for five seconds after Play.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visits import LANGUAGES, SIZES, THEMES, lesson_paths, visit
from tests.serving import serving

FOLDER = Path("shots")
RUNNING = 5000  # milliseconds of running before the second picture
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
        for name, path in lesson_paths().items():
            for choice in product(LANGUAGES, THEMES, SIZES):
                pictures += take(browser, server.url, name, path, choice)
        browser.close()
    contact_sheet(pictures, FOLDER / "contact-sheet.png")
    print(f"{len(pictures)} pictures in {FOLDER}/, and {FOLDER / 'contact-sheet.png'}")


if __name__ == "__main__":
    main()
