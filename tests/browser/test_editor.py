"""The map editor and the backup diagram on the stage, in Chromium against the real application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from rlviz import maps
from rlviz.worlds import room
from tests.browser.visits import PATIENCE, Visit, visit
from tests.serving import Server

pytestmark = pytest.mark.browser

ROOM = "/control?k.world=room"
COLUMNS = len(room.MAP.split("/")[0])
GOAL = room.MAP.replace("/", "").index("G")
WALL_KIND, GOAL_KIND = maps.CELLS.index("#"), maps.CELLS.index("G")
# Every picture is of the newest change of its own run, and shows that kind in that cell.
SHOWS = """Object.values(r.grids).every(g => g.kinds[argument[0]] === argument[1]
    && g.run && g.changes === argument[2])"""


@pytest.fixture
def opened(browser: Browser, server: Server) -> Iterator[Visit]:
    """Two rooms with both runs playing, and the editor open."""
    with visit(browser, server.url, ROOM) as found:
        found.play()
        found.page.get_by_test_id("edit-map").click()
        yield found
        assert found.errors == []
        assert found.page.locator(".stException").count() == 0


def grid(opened: Visit) -> Locator:
    return opened.page.get_by_test_id("grid-q_learning")


def middle(opened: Visit, cell: int) -> tuple[float, float]:
    """Where on its canvas the first stage's grid draws that cell."""
    at = opened.page.evaluate("window.__rlviz.grids.q_learning")
    row, column = divmod(cell, at["columns"])
    return (
        at["left"] + (column + 0.5) * at["cellWidth"],
        at["top"] + (row + 0.5) * at["cellHeight"],
    )


def press(opened: Visit, cell: int) -> None:
    x, y = middle(opened, cell)
    grid(opened).click(position={"x": x, "y": y})


def tool(opened: Visit, name: str) -> None:
    opened.page.get_by_test_id(f"tool-{name}").check(force=True)


def walk(opened: Visit, cell: int) -> None:
    """Bring the keyboard's cursor from wherever it is to that cell."""
    grid(opened).focus()
    for key in ("ArrowUp", "ArrowLeft"):
        for _ in range(COLUMNS):
            opened.page.keyboard.press(key)
    row, column = divmod(cell, COLUMNS)
    for key, times in (("ArrowDown", row), ("ArrowRight", column)):
        for _ in range(times):
            opened.page.keyboard.press(key)


def address(opened: Visit) -> str:
    """The map in the address."""
    return parse_qs(urlsplit(opened.page.url).query).get("k.map", [""])[0]


def ids(opened: Visit) -> dict[str, str]:
    return {alias: run["run"] for alias, run in opened.state().items()}


def test_a_wall_is_drawn_by_a_click_and_another_by_a_key(opened: Visit) -> None:
    before = ids(opened)
    tool(opened, "wall")
    press(opened, 1)
    opened.wait(SHOWS, [1, WALL_KIND, 1])
    walk(opened, 2)
    opened.page.keyboard.press("w")
    opened.wait(SHOWS, [2, WALL_KIND, 2])
    walk(opened, 13)
    opened.page.keyboard.press("Enter")  # draws with the tool in hand
    opened.wait(SHOWS, [13, WALL_KIND, 3])

    assert ids(opened) == before


def test_a_drag_draws_a_line_as_one_change(opened: Visit) -> None:
    tool(opened, "wall")
    box = grid(opened).bounding_box()
    assert box is not None
    places = [middle(opened, cell) for cell in (10, 19, 28)]
    mouse = opened.page.mouse
    mouse.move(box["x"] + places[0][0], box["y"] + places[0][1])
    mouse.down()
    for x, y in places[1:]:
        mouse.move(box["x"] + x, box["y"] + y, steps=4)
    mouse.up()

    for cell in (10, 19, 28):
        opened.wait(SHOWS, [cell, WALL_KIND, 1])


def test_the_goal_moves_under_trained_agents_in_one_click(opened: Visit) -> None:
    opened.wait("Object.values(r.runs).every(run => run.iteration > 1500)")
    before = opened.state()
    press(opened, 6 * COLUMNS)
    opened.wait(SHOWS, [6 * COLUMNS, GOAL_KIND, 1])
    opened.wait(
        "Object.entries(argument).every(([a, i]) => r.runs[a].iteration > i)",
        {alias: run["iteration"] for alias, run in before.items()},
    )
    after = opened.state()

    assert ids(opened) == {alias: run["run"] for alias, run in before.items()}
    assert opened.page.evaluate("window.__rlviz.grids.q_learning.kinds")[GOAL] != GOAL_KIND
    for run in after.values():
        changed = next(e for e in run["events"] if e["type"] == "Changed")
        assert changed["intervention"]["keep"] == "weights"
        assert changed["old"] == {"map": room.MAP}


def test_a_paused_run_shows_what_was_drawn_and_stands_still(opened: Visit) -> None:
    opened.pause()
    before = opened.state()
    press(opened, 6 * COLUMNS)
    opened.wait(SHOWS, [6 * COLUMNS, GOAL_KIND, 1])

    after = opened.state()
    for alias, run in after.items():  # an iteration that was half done is done first
        assert run["iteration"] - before[alias]["iteration"] in (0, 1)
    assert {run["status"] for run in after.values()} == {"paused"}


def test_undo_and_reset_lead_back(opened: Visit) -> None:
    tool(opened, "wall")
    press(opened, 1)
    opened.wait(SHOWS, [1, WALL_KIND, 1])
    press(opened, 2)
    opened.wait(SHOWS, [2, WALL_KIND, 2])
    undo = opened.page.get_by_test_id("map-undo")
    expect(undo).to_be_enabled(timeout=PATIENCE)
    undo.click()
    opened.wait(SHOWS, [2, 0, 3])
    opened.wait(SHOWS, [1, WALL_KIND, 3])
    opened.page.get_by_test_id("map-reset").click()
    opened.wait(SHOWS, [1, 0, 4])

    expect(opened.page.get_by_test_id("map-reset")).to_be_disabled(timeout=PATIENCE)


def test_starting_afresh_forgets_what_was_learned(opened: Visit) -> None:
    opened.wait("Object.values(r.runs).every(run => run.iteration > 1500)")
    opened.pause()
    opened.page.get_by_test_id("map-afresh").check(force=True)
    press(opened, 6 * COLUMNS)
    opened.wait(SHOWS, [6 * COLUMNS, GOAL_KIND, 1])

    for run in opened.state().values():
        changed = next(e for e in run["events"] if e["type"] == "Changed")
        assert changed["intervention"]["keep"] == "nothing"
    grid(opened).press("ArrowDown")
    opened.page.get_by_test_id("edit-map").click()  # with a tool in hand no numbers are shown
    walk(opened, 1)
    expect(opened.page.get_by_role("tooltip").first).to_contain_text(re.compile(r"V\s*0\.00"))


def test_an_impossible_map_is_refused_in_a_sentence_and_the_runs_go_on(opened: Visit) -> None:
    before = opened.state()
    walk(opened, GOAL - 1)
    opened.page.keyboard.press("w")
    opened.wait(SHOWS, [GOAL - 1, WALL_KIND, 1])
    walk(opened, GOAL - COLUMNS)
    opened.page.keyboard.press("w")

    sentence = opened.page.get_by_test_id("map-refused")
    expect(sentence).to_contain_text("no way leads from the start", timeout=PATIENCE)
    opened.wait(
        "Object.entries(argument).every(([a, i]) => r.runs[a].iteration > i + 1000"
        " && r.runs[a].status === 'playing')",
        {alias: run["iteration"] for alias, run in before.items()},
    )
    opened.wait(SHOWS, [GOAL - COLUMNS, 0, 1])
    opened.page.keyboard.press("f")  # what is floor already is no change
    walk(opened, GOAL - 1)
    opened.page.keyboard.press("f")
    opened.wait(SHOWS, [GOAL - 1, 0, 2])
    expect(sentence).to_be_hidden()


def test_a_refusal_is_said_in_the_language_of_the_page(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, ROOM, language="zh") as opened:
        opened.page.get_by_test_id("edit-map").click()
        grid(opened).focus()
        for cell in (GOAL - 1, GOAL - COLUMNS):
            walk(opened, cell)
            opened.page.keyboard.press("w")

        expect(opened.page.get_by_test_id("map-refused")).to_contain_text(
            re.compile(r"第 1 行第 1 列"), timeout=PATIENCE
        )


def test_the_address_carries_the_map_and_a_reload_shows_it(opened: Visit) -> None:
    press(opened, 6 * COLUMNS)
    opened.wait(SHOWS, [6 * COLUMNS, GOAL_KIND, 1])
    opened.page.wait_for_url(re.compile("k.map="), timeout=PATIENCE)
    drawn, before = address(opened), ids(opened)
    opened.page.reload()
    opened.wait("r.ready && Object.values(r.runs).every(run => run.frames > 2)")
    opened.wait(SHOWS, [6 * COLUMNS, GOAL_KIND, 1])

    assert drawn.replace("/", "")[6 * COLUMNS] == "G"
    assert (address(opened), ids(opened)) == (drawn, before)


def test_a_map_is_drawn_before_the_first_run_and_kept_in_a_link(
    browser: Browser, server: Server
) -> None:
    with visit(browser, server.url, ROOM) as opened:
        opened.page.get_by_test_id("edit-map").click()
        press(opened, 6 * COLUMNS)
        opened.wait("Object.values(r.grids).every(g => g.kinds[argument] === 3)", 6 * COLUMNS)
        opened.page.wait_for_url(re.compile("k.map="), timeout=PATIENCE)
        link = opened.page.url.removeprefix(server.url).replace("v=1&", "").replace("lang=en", "")
    with visit(browser, server.url, link) as opened:
        opened.wait("Object.values(r.grids).every(g => g.kinds[argument] === 3)", 6 * COLUMNS)
        opened.play()
        opened.wait(SHOWS, [6 * COLUMNS, GOAL_KIND, 0])

        assert opened.errors == []


@pytest.mark.parametrize(
    ("drawn", "sentence"),
    [
        ("S%23G", "no way leads from the start"),
        ("..G", "at least one start"),
        ("/".join(["S" + "." * 31 + "G"] * 32), "at most 1,024 cells"),
    ],
)
def test_an_impossible_map_in_a_link_is_left_out_with_a_note(
    browser: Browser, server: Server, drawn: str, sentence: str
) -> None:
    with visit(browser, server.url, f"{ROOM}&k.map={drawn}") as opened:
        expect(opened.page.locator(".stAlert").first).to_contain_text(sentence)
        kinds = opened.page.evaluate("window.__rlviz.grids.q_learning.kinds")

        assert kinds == [maps.CELLS.index(letter) for letter in room.MAP.replace("/", "")]


def test_a_cell_tells_its_backup_by_mouse_and_by_key(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as opened:
        opened.play()
        opened.pause()
        tip = grid(opened).locator("xpath=..").get_by_role("tooltip")
        x, y = middle(opened, 12)
        grid(opened).hover(position={"x": x, "y": y})
        assert_backup(tip)
        opened.page.mouse.move(5, 5)
        expect(tip).to_be_hidden()

        grid(opened).focus()
        opened.page.keyboard.press("ArrowUp")  # to where the agent stands
        assert_backup(tip)
        opened.page.keyboard.press("Escape")
        expect(tip).to_be_hidden()


def test_the_sampled_branch_of_a_backup_stands_out(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as opened:
        opened.play()
        opened.pause()
        grid(opened).focus()
        opened.page.keyboard.press("ArrowUp")
        tip = grid(opened).locator("xpath=..").get_by_role("tooltip")
        walked = next(cell for cell in range(36, -1, -12) if sampled(opened, tip, cell) is not None)

        assert sampled(opened, tip, walked) == 1  # one action, with one outcome


def test_a_finger_reads_a_backup_on_a_phone(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{server.url}/control?v=1")
    page.wait_for_function("window.__rlviz?.ready", timeout=PATIENCE)
    opened = Visit(page, server.url)
    opened.play()
    opened.pause()
    grid(opened).scroll_into_view_if_needed()
    x, y = middle(opened, 12)
    grid(opened).tap(position={"x": x, "y": y})
    tip = grid(opened).locator("xpath=..").get_by_role("tooltip")
    assert_backup(tip)
    box = tip.bounding_box()

    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    context.close()


def assert_backup(tip: Locator) -> None:
    """Four moves, each with where it leads and a sum in numbers."""
    expect(tip).to_be_visible()
    branches = tip.locator(".rv-branch")
    expect(branches).to_have_count(4)
    expect(branches.first).to_contain_text(
        re.compile(r"● ↑.*\(\d+, \d+\).*−1 \+ −?[\d.]+ = −?[\d.]+")
    )


def sampled(opened: Visit, tip: Locator, cell: int) -> int | None:
    """How many branches of that cell's backup were sampled; None where none was."""
    opened.page.keyboard.press("Escape")
    row, column = divmod(cell, 12)
    opened.page.keyboard.press("ArrowUp")
    for key, times in (
        ("ArrowUp", 4),
        ("ArrowLeft", 12),
        ("ArrowDown", row),
        ("ArrowRight", column),
    ):
        for _ in range(times):
            opened.page.keyboard.press(key)
    found = tip.locator(".rv-branch[data-sampled=true]").count()
    bold = tip.locator("li[data-sampled=true]")
    assert bold.count() == found
    if found:
        assert int(bold.first.evaluate("node => getComputedStyle(node).fontWeight")) >= 600
    return found or None
