"""The menu of a picture, and Why?, in Chromium against the real application."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Locator, expect

from rlviz import i18n, lessons, registry
from rlviz.figures import resolve
from rlviz.runs import codec
from rlviz.ui import component
from tests.browser.visits import PATIENCE, Visit, visit
from tests.serving import Server

CATALOGUE = registry.catalogue()
NAME = "q_learning+sarsa-cliff_walking-episode_return-8000"
SVG = "{http://www.w3.org/2000/svg}"
pytestmark = pytest.mark.browser


def stored(alias: str) -> dict[str, Any]:
    """The first frame of a stage of the control lesson, as the resolver takes it."""
    blob = (lessons.FIRST_FRAMES / f"control.{alias}.safetensors").read_bytes()
    metadata, tensors = codec.decode(blob)
    plain = {name: float(t) if t.shape == () else t for name, t in tensors.items()}
    return {"metadata": metadata, "tensors": plain}


def table(figure: str, language: str = "en") -> dict[str, Any]:
    """What the figure's table holds of the stored frames, worked out in Python."""
    lesson = lessons.lesson("control")
    lesson = lesson.shown(lesson.cast)
    drawn = component.pictures(lesson, CATALOGUE, i18n.translator(language))["figures"]
    frames = {alias: stored(alias) for alias in lesson.cast}
    return resolve.table(next(one for one in drawn if one["name"] == figure), frames)


def opens(opened: Visit, menu: str) -> Locator:
    """That menu, open."""
    found = opened.page.get_by_test_id(menu).first
    found.locator("summary").click()
    return found


def saved(opened: Visit, menu: Locator, kind: str, folder: Path) -> Path:
    """The file that an item of an open menu gives."""
    with opened.page.expect_download(timeout=PATIENCE) as download:
        menu.get_by_test_id(f"save-{kind}").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def rows_of(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def ready(opened: Visit) -> None:
    """Every figure is drawn, and not only its frame."""
    opened.page.wait_for_function(
        "Object.values(window.__rlviz.figures).every(f => f.data?.length)"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_figure_gives_its_data_with_every_digit(
    browser: Browser, server: Server, tmp_path: Path, language: str
) -> None:
    with visit(browser, server.url, "/control", language=language) as opened:
        ready(opened)
        path = saved(opened, opens(opened, "save-figure"), "csv", tmp_path)

        head, *rows = rows_of(path)

        expected = table("episode_return", language)
        numbers = [[None if cell == "" else float(cell) for cell in row[1:]] for row in rows]
        assert path.name == f"{NAME}.csv"
        assert head == expected["columns"]
        assert [row[0] for row in rows] == [row[0] for row in expected["rows"]]
        assert numbers == [row[1:] for row in expected["rows"]]
        assert opened.errors == []


def test_a_figure_gives_its_picture_in_pixels_and_in_lines(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    with visit(browser, server.url, "/control") as opened:
        ready(opened)
        menu = opens(opened, "save-figure")
        png = saved(opened, menu, "png", tmp_path)
        svg = saved(opened, menu, "svg", tmp_path)
        box = opened.page.get_by_test_id("figure-episode_return").bounding_box()

        assert box is not None
        assert [png.name, svg.name] == [f"{NAME}.png", f"{NAME}.svg"]
        data = png.read_bytes()
        width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
        assert data.startswith(b"\x89PNG")
        assert (width, height) == (round(2 * box["width"]), round(2 * (box["height"] + 30)))
        words = "".join(ElementTree.fromstring(svg.read_text(encoding="utf-8")).itertext())
        assert "Return of an episode · iteration 8,000" in words
        assert "SARSA" in words
        assert opened.errors == []
        assert opened.foreign == []


def test_a_grid_gives_its_numbers_and_its_picture(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    with visit(browser, server.url, "/control") as opened:
        ready(opened)
        menu = opens(opened, "save-grid-sarsa")
        data, png, svg = (saved(opened, menu, kind, tmp_path) for kind in ("csv", "png", "svg"))

        head, *rows = rows_of(data)

        tensors = stored("sarsa")["tensors"]
        arrows = ["↑", "→", "↓", "←"]
        of_pairs = [f"{letter} {arrow}" for letter in ("Q", "Q†", "π") for arrow in arrows]
        assert head == ["row", "column", "V", "V†", "N", *of_pairs]
        assert len(rows) == 37  # three rows of twelve, and the start
        for row in rows:
            s = 12 * (int(row[0]) - 1) + int(row[1]) - 1
            states = [tensors[name][s] for name in ("state_value", "truth_value", "visits")]
            pairs = [tensors[name][s] for name in ("action_value", "truth_q", "shown_policy")]
            expected = [*states, *(value for pair in pairs for value in pair)]
            assert [float(cell) for cell in row[2:]] == [float(value) for value in expected]
        assert {path.stem for path in (data, png, svg)} == {"sarsa-cliff_walking-grid-8000"}
        assert png.read_bytes().startswith(b"\x89PNG")
        drawn = ElementTree.fromstring(svg.read_text(encoding="utf-8"))
        texts = [node.text for node in drawn.iter(f"{SVG}text")]
        assert "SARSA · iteration 8,000" in texts
        assert {"cliff −100", "goal", "S"} <= set(texts)
        assert opened.errors == []


def test_the_menu_is_walked_with_the_keyboard(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as opened:
        ready(opened)
        page = opened.page
        menu = page.get_by_test_id("save-figure").first
        menu.locator("summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        expect(menu.get_by_test_id("save-csv")).to_be_focused()
        with page.expect_download(timeout=PATIENCE) as download:
            page.keyboard.press("Enter")
        expect(menu.get_by_role("status")).to_have_text(f"Saved as {NAME}.csv")
        page.keyboard.press("Escape")

        expect(menu.locator("summary")).to_be_focused()
        assert menu.get_attribute("open") is None
        assert download.value.suggested_filename == f"{NAME}.csv"


def test_a_link_opens_the_same_runs_where_they_stood(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as opened:
        opened.play()
        opened.nudge("alpha")
        opened.wait("Object.values(r.runs).every(run => run.marks.length === 1)")
        opened.pause()
        opened.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        menu = opens(opened, "save-figure")
        menu.get_by_test_id("save-link").click()
        expect(menu.get_by_role("status")).to_contain_text("Copied", timeout=PATIENCE)
        address = opened.page.evaluate("navigator.clipboard.readText()")
        stood = {alias: (run["iteration"], run["marks"]) for alias, run in opened.state().items()}

        with visit(browser, server.url, address.removeprefix(server.url)) as other:
            other.wait(
                "Object.entries(argument).every(([a, [i]]) => r.runs[a]?.iteration === i)",
                {alias: list(pair) for alias, pair in stood.items()},
            )

            found = other.state()
            assert {run["run"] for run in found.values()}.isdisjoint(
                run["run"] for run in opened.state().values()
            )
            assert {alias: _plain(run["marks"]) for alias, run in found.items()} == {
                alias: _plain(marks) for alias, (_, marks) in stood.items()
            }


def _plain(marks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in mark.items() if key != "wall"} for mark in marks]


def test_the_whole_run_comes_as_a_zip(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as opened:
        opened.play()
        opened.pause()
        menu = opens(opened, "save-grid-sarsa")
        href = menu.get_by_test_id("save-run-sarsa").get_attribute("href")

        answer = opened.page.request.get(server.url + str(href), timeout=PATIENCE)

        assert answer.status == 200
        assert "spec.json" in zipfile.ZipFile(io.BytesIO(answer.body())).namelist()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_phone_shows_the_whole_menu_in_reach_of_a_finger(
    browser: Browser, server: Server, language: str
) -> None:
    with visit(browser, server.url, "/control", size="phone", language=language) as opened:
        ready(opened)
        menu = opens(opened, "save-figure")
        items = menu.locator("li > *")
        bar = opened.page.locator(".rv-transport").bounding_box()

        boxes = [items.nth(i).bounding_box() for i in range(items.count())]

        assert bar is not None
        assert len(boxes) == 4
        for box in boxes:
            assert box is not None
            assert box["height"] >= 40
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            assert box["y"] + box["height"] <= bar["y"]
        if language == "zh":
            assert re.findall(r"[a-z]{3}", menu.inner_text()) == []


@pytest.mark.parametrize(
    ("language", "size", "finding", "cause"),
    [
        ("en", "wide", "was the first to be infinite or not a number, at iteration 1,151.", "20.8"),
        ("zh", "phone", "最先变为无穷大或非数，在第 1,151 次迭代。", "20.8 倍"),
    ],
)
def test_a_run_that_diverged_says_why(
    browser: Browser, server: Server, language: str, size: str, finding: str, cause: str
) -> None:
    path = "/prediction?scene=decay&preset=all_chance"
    with visit(browser, server.url, path, language=language, size=size) as opened:
        page = opened.page
        page.get_by_test_id("speed").select_option(value="1000")
        page.get_by_test_id("play").click()
        opened.wait("r.runs.decay_accumulating.status === 'diverged'")
        why = page.get_by_test_id("why-decay_accumulating")
        why.locator("summary").click(timeout=PATIENCE)
        said = why.locator("li")

        expect(said.first).to_contain_text(finding)
        expect(said.nth(2)).to_contain_text(cause)
        expect(page.get_by_test_id("why-decay_replacing")).to_be_hidden()
        box = why.locator(".rv-popover").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= (390 if size == "phone" else 1280)
        page.keyboard.press("Escape")
        expect(why.locator("summary")).to_be_focused()
        assert opened.errors == []
