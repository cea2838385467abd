"""The component on a bare page: frames, transport, keys, zoom, a lost network, a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.ui.assets.harness import Harness

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
FRAMES = "n => window.__rlviz?.frames >= n"
STATE = "Object.values(window.__rlviz.runs).map((run) => run.status)"
POSITION = "Object.values(window.__rlviz.runs).map((run) => [run.iteration, run.beat])"


def ready(page: Page) -> None:
    """Wait for the first picture."""
    page.wait_for_function("window.__rlviz?.ready")


def play(page: Page, frames: int = 3) -> None:
    """Press Play and wait for some frames."""
    ready(page)
    page.get_by_test_id("play").click()
    page.wait_for_function(FRAMES, arg=frames)


def paused(page: Page) -> None:
    """Wait until both stages stand."""
    page.wait_for_function(f"{STATE}.every((status) => status === 'paused')")


def test_before_any_run_the_stored_frames_are_shown(open_page: Open) -> None:
    page = open_page()

    ready(page)

    expect(page.get_by_test_id("status")).to_have_text("a stored run; press Play for your own")
    assert page.evaluate("Object.values(__rlviz.runs).map((r) => r.iteration)") == [8000, 8000]


def test_play_starts_the_runs_and_frames_arrive(open_page: Open) -> None:
    page = open_page()

    play(page)

    assert page.evaluate(STATE) == ["playing", "playing"]


def test_space_pauses_and_plays_wherever_the_focus_is(open_page: Open) -> None:
    page = open_page()
    play(page)
    page.evaluate("document.activeElement.blur()")

    page.keyboard.press("Space")
    paused(page)
    page.keyboard.press("Space")

    page.wait_for_function(f"{STATE}.every((status) => status === 'playing')")


def test_keys_are_left_to_an_element_that_wants_them(open_page: Open) -> None:
    page = open_page()
    ready(page)

    page.get_by_test_id("grid-q_learning").press("ArrowRight")
    page.get_by_test_id("speed").press("ArrowRight")

    assert page.evaluate("window.commands") == []


def test_step_without_a_run_starts_one_and_makes_one_step(open_page: Open) -> None:
    page = open_page()
    ready(page)

    page.get_by_test_id("step").click()

    page.wait_for_function(f"{POSITION}.every(([i, beat]) => i === 1 && beat === 0)")


def test_a_beat_is_less_than_an_iteration_and_opens_the_update(open_page: Open) -> None:
    page = open_page()
    ready(page)
    page.get_by_test_id("grain").select_option("beat")

    page.get_by_test_id("step").click()
    page.wait_for_function(f"{POSITION}.every(([i, beat]) => i === 0 && beat === 1)")
    caption = page.get_by_test_id("caption-q_learning")
    expect(caption).to_contain_text("Reward −1")
    page.get_by_test_id("step").click()

    page.wait_for_function(f"{POSITION}.every(([, beat]) => beat !== 1)")
    expect(caption).to_contain_text("from 0.0 to −")
    expect(page.get_by_test_id("source-q_learning").locator("mark")).to_contain_text("q_new =")


def test_a_zoom_survives_updates(open_page: Open) -> None:
    page = open_page()
    play(page)
    page.wait_for_function(FRAMES, arg=30)  # there are returns by then
    # The picture of the stored run may still stand; a zoom ends with its run.
    page.wait_for_function(
        "Object.values(__rlviz.runs).every(({ run }) =>"
        " __rlviz.figures.episode_return._fullLayout?.uirevision?.includes(run))"
    )
    page.evaluate("Plotly.relayout(__rlviz.figures.episode_return, {'xaxis.range': [100, 200]})")
    page.evaluate("window.before = __rlviz.figures.episode_return")

    page.wait_for_function(FRAMES, arg=page.evaluate("__rlviz.frames") + 8)

    seen = page.evaluate("__rlviz.figures.episode_return._fullLayout.xaxis.range")
    assert seen == [100, 200]
    assert page.evaluate("before === __rlviz.figures.episode_return")


def test_a_knob_leaves_a_labelled_mark_on_the_curve(open_page: Open) -> None:
    page = open_page()
    play(page)

    page.evaluate("fetch('/set?epsilon=0.3')")

    page.wait_for_function("Object.values(__rlviz.runs).every((run) => run.marks.length === 1)")
    label = page.locator("[data-testid=figure-episode_return] .annotation-text")
    expect(label.filter(has_text="ε .1 → .3").first).to_be_visible()


def test_the_truth_layer_asks_for_what_it_shows_while_paused(open_page: Open) -> None:
    page = open_page()
    play(page)
    page.get_by_test_id("play").click()
    paused(page)

    page.get_by_test_id("face-gap").check(force=True)

    # A frame with q_gap comes although the run stands still, so no notice covers the grid.
    expect(page.locator(".rv-notice").first).to_be_hidden()


def test_a_run_that_is_gone_is_said_once_and_not_asked_for_again(
    open_page: Open, harness: tuple[Harness, str]
) -> None:
    page = open_page()
    play(page)
    page.evaluate("window.commands = []")

    harness[0].refuse = 4404
    page.wait_for_function("window.commands.length > 0")
    opens = harness[0].opens
    page.wait_for_timeout(1500)

    assert harness[0].opens == opens
    assert page.evaluate("commands.map((c) => [c.value.name, c.value.code])") == [["gone", 4404]]
    expect(page.get_by_test_id("status")).to_contain_text("the run is gone")


def test_a_lost_network_is_tried_again_with_growing_pauses(
    open_page: Open, harness: tuple[Harness, str]
) -> None:
    page = open_page()
    play(page)
    opens = harness[0].opens

    harness[0].refuse = 1013  # accepts and closes: the pauses must grow all the same
    page.wait_for_timeout(3500)
    tried = harness[0].opens - opens
    harness[0].refuse = 0

    assert 2 <= tried <= 8  # two runs, at about 0.5, 1.5 and 3.5 s
    page.wait_for_function(f"{STATE}.every((status) => status === 'playing')")


def test_the_prediction_is_asked_before_play_and_remembered(open_page: Open) -> None:
    page = open_page()
    ready(page)
    card = page.get_by_test_id("predict")

    card.get_by_label("SARSA").check()
    expect(card).to_contain_text("You said: SARSA. Now press Play.")
    page.reload()
    play(page)

    expect(card).to_contain_text("You said: SARSA. The run will tell.")
    expect(card.locator("fieldset")).to_be_hidden()


def test_the_board_and_the_bar_fit_a_small_laptop(open_page: Open) -> None:
    page = open_page(width=1000, height=650)

    play(page)

    bottoms = page.evaluate(
        "[document.querySelector('.rv-board').getBoundingClientRect().bottom,"
        " document.querySelector('.rv-transport').getBoundingClientRect().top]"
    )
    assert bottoms[0] <= bottoms[1]


def test_a_phone_shows_it_in_one_column_with_large_targets(open_page: Open) -> None:
    page = open_page(width=390, height=844)

    play(page)

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = page.evaluate(
        "[...document.querySelectorAll('.rv :is(button, select, summary, .rv-switch label)')]"
        ".filter((node) => node.getClientRects().length > 0)"  # of what is shown
        ".filter((node) => Math.round(node.getBoundingClientRect().height) < 40)"
        ".map((node) => node.textContent)"
    )
    assert small == []


def test_no_request_leaves_the_machine(open_page: Open, harness: tuple[Harness, str]) -> None:
    page = open_page("?views=")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.reload()
    page.goto(harness[1])
    play(page)

    assert [url for url in asked if not url.startswith((harness[1], "data:", "blob:"))] == []


def test_an_unmounted_component_closes_its_sockets_and_hears_no_keys(open_page: Open) -> None:
    page = open_page()
    play(page)
    page.evaluate("document.activeElement.blur()")

    page.evaluate("for (const end of window.mounted.values()) end()")
    page.keyboard.press("Space")
    frames: Any = page.evaluate("__rlviz.frames")
    page.wait_for_timeout(500)

    assert page.evaluate("__rlviz.frames") == frames
    assert page.evaluate("window.commands.length") == 1  # the start, and no pause
    assert page.locator(".rv").count() == 0


def test_data_that_overtake_a_mount_do_not_end_it(open_page: Open) -> None:
    """Streamlit ends a call that was overtaken while the script was loading, after the next one."""
    page = open_page()
    ready(page)

    page.evaluate(
        "async () => { const overtaken = [...window.mounted.values()]; await window.show();"
        " for (const end of overtaken) end(); }"
    )
    assert page.locator(".rv").count() == 2

    page.evaluate("for (const end of window.mounted.values()) end()")
    assert page.locator(".rv").count() == 0


def test_a_slow_drag_in_a_playing_run_zooms_and_the_zoom_stays(open_page: Open) -> None:
    page = open_page()
    play(page)
    page.wait_for_function(FRAMES, arg=30)  # there are returns by then
    page.wait_for_function(  # the picture is that of the runs, no longer the stored one
        "!__rlviz.figures.episode_return._fullLayout?.uirevision?.includes('first')"
    )
    box = page.evaluate(
        "(() => { const b = __rlviz.figures.episode_return.querySelector('.nsewdrag')"
        ".getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()"
    )
    middle = box[1] + box[3] / 2
    page.mouse.move(box[0] + box[2] * 0.2, middle)
    page.mouse.down()
    frames: Any = page.evaluate("__rlviz.frames")
    for step in range(1, 9):
        page.mouse.move(box[0] + box[2] * (0.2 + 0.05 * step), middle)
        page.wait_for_timeout(100)
    page.wait_for_function(FRAMES, arg=frames + 4)  # the run went on below the drag
    page.mouse.up()
    page.wait_for_function("__rlviz.figures.episode_return._fullLayout.xaxis.range[0] > 0")
    first: Any = page.evaluate("__rlviz.figures.episode_return._fullLayout.xaxis.range")

    page.wait_for_function(FRAMES, arg=page.evaluate("__rlviz.frames") + 8)

    assert first[0] > 0
    assert page.evaluate("__rlviz.figures.episode_return._fullLayout.xaxis.range") == first


def test_the_keyboard_opens_a_cell_s_backup_diagram(open_page: Open) -> None:
    page = open_page()
    ready(page)

    page.get_by_test_id("grid-q_learning").press("ArrowUp")

    expect(page.locator(".rv-stage .rv-branch").first).to_contain_text("● ↑")
    assert page.locator(".rv-stage .rv-branch").count() == 4
