"""Every page of the lesson list and every scene, in Chromium; languages and themes take turns."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from rlviz import i18n, lessons
from tests.browser.visits import (
    LANGUAGES,
    PATIENCE,
    SIZES,
    THEMES,
    Visit,
    handy,
    lesson_paths,
    visit,
)
from tests.serving import Server

PATHS = lesson_paths()
LESSONS = {name: path for name, path in PATHS.items() if name != "home"}
# Every scene is walked through once, the four pairs of language and theme in turn, and looked at in
# the other language.
PAIRS = [(language, theme) for theme in THEMES for language in LANGUAGES]
EVERYWHERE = [
    pytest.param(
        path, *PAIRS[number % len(PAIRS)], id="-".join((name, *PAIRS[number % len(PAIRS)]))
    )
    for number, (name, path) in enumerate(LESSONS.items())
]
# The first figure that is drawn over one of these x axes, and what of it is shown.
CURVES = """(axes) => Object.entries(window.__rlviz.figures).find(
  ([, { layout }]) => axes.includes(layout.xaxis?.title?.text))?.[0]"""
RANGE = "(name) => window.__rlviz.figures[name].layout.xaxis.range"
# Of each lesson one scene that is zoomed, and played on a phone: not always the first.
TURNED = [
    scenes[number % len(scenes)]
    for number, name in enumerate(lessons.names())
    if (scenes := [p for p in LESSONS.values() if p.partition("?")[0] == f"/{name}" and handy(p)])
]
# The x axis of a figure of curves, in both languages: the one that a drag zooms into.
COUNTED = ("steps of one agent", "batches", "number")
ITERATIONS = [
    i18n.translator(code)(f"iteration ({what})") for code in LANGUAGES for what in COUNTED
]
pytestmark = pytest.mark.browser


def assert_clean(opened: Visit) -> None:
    """Nothing in the console, nothing asked of another machine, nothing to scroll sideways."""
    too_wide = opened.page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert opened.errors == []
    assert opened.foreign == []
    assert not too_wide
    assert opened.page.locator(".stException").count() == 0


def assert_translated(opened: Visit) -> None:
    """No line of the page is an English text that has a translation."""
    page = opened.page
    lines = {line.strip() for line in page.evaluate("document.body.innerText").splitlines()}
    # An icon is a ligature of its font: its name is in the text, and a picture on the screen.
    lines -= set(page.get_by_test_id("stIconMaterial").all_inner_texts())
    english = {key for key in i18n.catalogue("zh") if re.search(r"[a-z]{3}", key)}

    # A name that is the same in both languages translates to itself.
    assert {line for line in lines & english if i18n.catalogue("zh")[line] != line} == set()


def assert_above_the_fold(opened: Visit) -> None:
    """What one plays with and what one looks at stand on the first screen of a projector."""
    stages = shown(opened)
    assert len(stages) == len(opened.state())
    for name in ["play", "step", "reset", "counter", *stages]:
        box = opened.page.get_by_test_id(name).bounding_box()
        assert box is not None, name
        assert box["y"] >= 0, name
        assert box["y"] + box["height"] <= 720, name


@pytest.mark.parametrize(("path", "language", "theme"), EVERYWHERE)
def test_a_lesson_from_the_first_frame_to_reset(
    browser: Browser, server: Server, path: str, language: str, theme: str
) -> None:
    with visit(browser, server.url, path, language=language, theme=theme) as opened:
        page = opened.page
        page.wait_for_function("Object.values(window.__rlviz.figures).every(f => f.data)")
        assert_above_the_fold(opened)
        if language == "zh":
            assert_translated(opened)
        opened.play()

        # A knob leaves its mark on every run that knows it.
        if handy(path):
            opened.nudge(handy(path))
            opened.wait("Object.values(r.runs).some(run => run.marks.length === 1)")

        # Zoom survives updates.
        if path in TURNED and (figure := page.evaluate(CURVES, ITERATIONS)):
            zoomed = zoom(opened, figure)
            frames = page.evaluate("window.__rlviz.frames")
            opened.wait("r.frames > argument + 8", frames)
            assert page.evaluate(RANGE, figure) == zoomed

        # Step adds exactly what it says.
        opened.pause()
        before = {alias: run["iteration"] for alias, run in opened.state().items()}
        page.get_by_test_id("grain").select_option("iteration")
        page.get_by_test_id("step").click()
        page.get_by_test_id("step").click()
        expected = {alias: iteration + 2 for alias, iteration in before.items()}
        opened.wait(
            "Object.entries(argument).every(([a, i]) => r.runs[a].iteration === i)", expected
        )

        runs = {run["run"] for run in opened.state().values()}
        page.get_by_test_id("reset").click()
        opened.wait(
            "Object.values(r.runs).every(x => !argument.includes(x.run) && x.iteration === 0)",
            sorted(runs),
        )
        assert_clean(opened)
        in_the_other_language_on_a_phone(opened, path, language)
        if path in TURNED:
            play_step_and_turn_a_knob(opened)
            assert_clean(opened)


def in_the_other_language_on_a_phone(opened: Visit, path: str, language: str) -> None:
    """The same scene as the other half of a class has it."""
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    width, height = SIZES["phone"]
    opened.page.set_viewport_size({"width": width, "height": height})
    opened.page.goto(f"{opened.origin}{path}{'&' if '?' in path else '?'}v=1&lang={other}")
    opened.wait("r.ready && Object.values(r.figures).every(figure => figure.data)")

    if other == "zh":
        assert_translated(opened)
    expect(opened.page.get_by_test_id("play")).to_be_in_viewport()
    assert_clean(opened)


def play_step_and_turn_a_knob(opened: Visit) -> None:
    """With a thumb: the knob that stands below the stage of a phone."""
    page = opened.page
    opened.play()
    opened.pause()
    before = max(run["iteration"] for run in opened.state().values())
    page.get_by_test_id("step").click()
    opened.wait("Object.values(r.runs).some(run => run.iteration > argument)", before)
    slider = page.locator("[class*='st-key-handy']").get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    slider.focus()
    slider.press("ArrowLeft")
    opened.play_again()
    opened.wait("Object.values(r.runs).some(run => run.marks.length === 1)")


@pytest.mark.parametrize("theme", THEMES)
def test_home_is_translated(browser: Browser, server: Server, theme: str) -> None:
    with visit(browser, server.url, "/", language="zh", theme=theme) as opened:
        assert_translated(opened)
        assert_clean(opened)


@pytest.mark.parametrize("path", ["/bandits", "/control"])
def test_space_plays_and_right_steps(browser: Browser, server: Server, path: str) -> None:
    with visit(browser, server.url, path) as opened:
        page = opened.page
        page.keyboard.press("Space")
        opened.wait("Object.values(r.runs).every(run => run.status === 'playing')")
        page.keyboard.press("Space")
        opened.stand()
        before = {alias: run["sequence"] for alias, run in opened.state().items()}
        page.keyboard.press("ArrowRight")

        opened.wait("Object.entries(argument).every(([a, s]) => r.runs[a].sequence > s)", before)


def test_home_shows_a_run_in_motion(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/") as opened:
        opened.wait("Object.values(r.runs).some(run => run.frames > 5)")

        assert_clean(opened)


def zoom(opened: Visit, figure: str) -> list[float]:
    """Drag over a part of that figure, and return the range that it then shows."""
    page = opened.page
    # The picture of the stored run may still stand, and a zoom ends with its run.
    opened.wait(
        "Object.values(r.runs).every(({ run }) =>"
        " r.figures[argument].layout.uirevision?.includes(run))",
        figure,
    )
    box = page.get_by_test_id(f"figure-{figure}").locator(".nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], middle + 2, steps=4)
    page.mouse.up()
    # The whole range grows while the run learns; only a part of it begins far from its left end.
    page.wait_for_function(
        "(name) => { const [from, to] = window.__rlviz.figures[name].layout.xaxis.range;"
        " return from > 0.2 * to; }",
        arg=figure,
        timeout=PATIENCE,
    )
    zoomed: list[float] = page.evaluate(RANGE, figure)
    return zoomed


def shown(opened: Visit) -> list[str]:
    """The test ids of what the stages show: a grid, or a figure that is a stage's picture."""
    there = opened.page.evaluate(
        "[...document.querySelectorAll('[data-testid]')].map((part) => part.dataset.testid)"
    )
    pictures = [part for part in there if part.startswith(("grid-", "figure-"))]
    return [part for alias in opened.state() for part in pictures if part.endswith(f"-{alias}")]
