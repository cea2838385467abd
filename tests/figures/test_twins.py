"""The resolver in JavaScript against the one in Python, and the picture as Chromium draws it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import plotly
import pytest
from playwright.sync_api import Browser, Page, Route

from rlviz.figures import figure, needs
from rlviz.figures.references import color, dash, iteration, ref, size, span, text, text_color
from rlviz.figures.resolve import resolve, summary, table
from rlviz.figures.theme import theme
from tests.figures.samples import STAGES, all_figures, corpus, curve, frame

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "rlviz" / "ui" / "assets"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
CORPUS = corpus()
LOOKS = [("light", (420, 200)), ("projector-dark", (350, 180))]

HARNESS = """
<!doctype html><meta charset="utf-8"><body style="margin:0"><script src="/plotly.min.js"></script>
<script type="module">
  import * as resolver from "/resolve.js";
  const tensor = ({ shape, bytes }) => {
    const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    const data = new Float32Array(raw.buffer);
    return shape.length ? { shape, data } : data[0];
  };
  const frame = (f) => f && { metadata: f.metadata, tensors: Object.fromEntries(
    Object.entries(f.tensors).map(([name, t]) => [name, tensor(t)])) };
  window.frames_of = (sent) => Object.fromEntries(
    Object.entries(sent).map(([alias, f]) => [alias, frame(f)]));
  window.resolver = resolver;
  window.corpus = {}; // frames as they are sent, by name
  window.draw = (figure, sent, theme, box) => {
    const frames = frames_of(sent);
    const { data, layout } = resolver.resolve(figure, frames, theme, box);
    const plot = document.querySelector("#plot") ?? document.createElement("div");
    if (!plot.id) { plot.id = "plot"; document.body.append(plot); }
    return Plotly.react(plot, data, { ...layout, ...box }, { displayModeBar: false });
  };
</script>
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with the resolver and Plotly; nothing else can be fetched."""
    errors: list[str] = []

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name == "":
            route.fulfill(body=HARNESS, content_type="text/html")
        elif name == PLOTLY.name:
            route.fulfill(path=PLOTLY, content_type="text/javascript")
        elif (ASSETS / name).is_file():
            route.fulfill(path=ASSETS / name, content_type="text/javascript")
        else:
            route.fulfill(status=204)

    with browser.new_context() as context:
        opened = context.new_page()
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.route("**/*", answer)
        opened.goto("http://figures.test/")
        opened.wait_for_function("window.resolver && window.Plotly")
        for name, frames in CORPUS.items():
            opened.evaluate("([name, sent]) => { corpus[name] = sent; }", [name, sent(frames)])
        yield opened
    assert errors == []


def sent(frames: dict[str, Any]) -> dict[str, Any]:
    """Frames for the page: arrays as the bytes that the websocket would carry."""

    def tensor(array: Any) -> dict[str, Any]:
        plain = np.asarray(array, dtype="<f4")
        return {"shape": list(plain.shape), "bytes": base64.b64encode(plain.tobytes()).decode()}

    return {
        alias: f and {**f, "tensors": {name: tensor(a) for name, a in f["tensors"].items()}}
        for alias, f in frames.items()
    }


def plain(value: Any) -> Any:
    """As JSON, which both languages can be compared in."""
    return json.loads(json.dumps(value))


def in_browser(page: Page, call: str, figures: list[Any], frames: Any, *more: Any) -> list[Any]:
    """What a function of resolve.js gives for each figure."""
    text = page.evaluate(
        "([call, figures, sent, more]) => { const frames = frames_of(sent);"
        " return JSON.stringify(figures.map((f) => resolver[call](f, frames, ...more))); }",
        [call, figures, sent(frames), more],
    )
    return list(json.loads(text))


ALL = all_figures()
EVERY = pytest.mark.parametrize("figure", ALL, ids=lambda f: f["name"])


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize(("look", "box"), LOOKS)
def test_both_resolvers_give_the_same_figures(
    page: Page, name: str, look: str, box: tuple[int, int]
):
    size = {"width": box[0], "height": box[1]}
    expected = [resolve(figure, CORPUS[name], theme(look), box) for figure in ALL]

    assert in_browser(page, "resolve", ALL, CORPUS[name], theme(look), size) == plain(expected)


@pytest.mark.parametrize("name", CORPUS)
def test_both_say_the_same_words(page: Page, name: str):
    expected = [summary(figure, CORPUS[name]) for figure in ALL]

    assert in_browser(page, "summary", ALL, CORPUS[name]) == expected


@pytest.mark.parametrize("name", CORPUS)
def test_both_make_the_same_tables(page: Page, name: str):
    expected = [table(figure, CORPUS[name]) for figure in ALL]

    assert in_browser(page, "table", ALL, CORPUS[name]) == plain(expected)


@EVERY
def test_both_need_the_same_signals(page: Page, figure: dict[str, Any]):
    assert page.evaluate("(figure) => resolver.needs(figure)", figure) == needs(figure)


LEAVES = {
    "matrix": ref("q", "sarsa"),
    "matrix ends": ref("q", "sarsa", symmetric_range=True),
    "matrix sum": ref("q", "sarsa", stat="sum", scale=0.1),
    "matrix mean": ref("q", "sarsa", stat="mean"),
    "vector": ref("state_value", "sarsa", scale=-3),
    "number": ref("alpha", "sarsa", scale=3),
    "not a number": ref("gamma", "sarsa", default="none"),
    "default": ref("epsilon", "sarsa", default=[1, 2]),
    "newest": ref("td_error", "sarsa", now=True),
    **{
        f"{column} {smooth}": ref("td_error", "sarsa", column=column, smooth=smooth)
        for column in ("at", "n", "mean", "sd", "min", "max", "replica_0")
        for smooth in (None, 9, 31)
    },
    **{
        f"{stat} of all": ref("td_error", "sarsa", column="mean", smooth=9, stat=stat)
        for stat in ("min", "max", "mean", "last", "first", "sum")
    },
    **{f"quantile {p}": ref("td_error", "sarsa", column="max", quantile=p) for p in (0, 0.3, 1)},
    **{
        f"band {part}": ref("td_error", "sarsa", band=part, smooth=9)
        for part in ("upper", "lower", "x", "y")
    },
    "words": text(
        "{k:,d} and {a:.3f} of {w}", k=iteration("sarsa"), a=ref("alpha", "sarsa"), w="w"
    ),
    "looks": [color("neg", 0.5), text_color("reward"), dash("series:td:3"), size("font")],
    "marker": {"$symbol": "series:td:2"},
    "axis": span(ref("td_error", "sarsa", column="mean"), include=(3.0,), pad=0.1),
    "absent": [span(ref("visits", "sarsa")), text("{a:.1f}", a=ref("visits", "sarsa"))],
}


@pytest.mark.parametrize("name", LEAVES)
def test_both_resolve_every_kind_of_leaf(page: Page, name: str):
    rng = np.random.default_rng(1)
    means = np.where(rng.random(101) < 0.3, np.nan, rng.normal(0, 1e3, 101)).tolist()
    tensors = {
        "q": rng.normal(0, 10, (48, 4)).astype(np.float32),
        "state_value": rng.normal(0, 10, 48).astype(np.float32),
        "alpha": np.float32(0.3),
        "gamma": np.float32(np.nan),
        "td_error": curve(means, width=3, sd=40, reach=20),
        "td_error.now": np.float32(-8.25),
    }
    frames = {"sarsa": frame(tensors, iteration=1234567)}
    parts = {"data": [{"leaf": LEAVES[name]}, {}], "labels": [], "marks": []}
    probe = {"name": "probe", "missing": "-", **parts, "layout": {"xaxis": {}, "yaxis": {}}}
    expected = resolve(probe, frames, theme("dark"))

    assert in_browser(page, "resolve", [probe], frames, theme("dark")) == [plain(expected)]


@pytest.mark.parametrize("look", ["dark", "projector"])
@pytest.mark.parametrize("name", ["400 bins", "many marks"])
@EVERY
def test_what_is_written_neither_overlaps_nor_leaves_the_box(
    page: Page, figure: dict[str, Any], name: str, look: str
):
    box = {"width": 420, "height": 200}
    page.evaluate(
        "([figure, name, ...more]) => draw(figure, corpus[name], ...more)",
        [figure, name, theme(look), box],
    )
    found = page.evaluate(
        # A line box has air above and below its letters, more in some fonts than in others.
        "() => [...document.querySelectorAll('#plot .annotation-text')].map((node) => {"
        " const { left, right, top, bottom } = node.getBoundingClientRect();"
        " const lines = Math.max(1, node.querySelectorAll('tspan.line').length);"
        " const high = parseFloat(getComputedStyle(node).fontSize) * lines * 1.2 / 2;"
        " const middle = (top + bottom) / 2;"
        " return [node.textContent, left, middle - high, right, middle + high]; })"
    )
    out = [
        t
        for t, left, top, right, bottom in found
        if left < 0 or top < -1 or right > 420 or bottom > 200
    ]
    slack = 1  # labels stand on whole pixels
    over = [
        (a[0], b[0])
        for a, b in combinations(found, 2)
        if min(a[3], b[3]) - max(a[1], b[1]) > slack and min(a[4], b[4]) - max(a[2], b[2]) > slack
    ]

    assert (out, over) == ([], [])
    assert len(found) > 1 or not figure["labels"]


def test_a_zoom_survives_new_frames_and_ends_with_the_run(page: Page):
    size = {"width": 420, "height": 200}
    shown = figure("episode_return", STAGES, str)
    given = [shown, sent(CORPUS["both stages"]), theme("light"), size]
    zoomed = "() => plot._fullLayout.xaxis.range.map(Math.round)"
    page.evaluate("(given) => draw(...given)", given)
    page.evaluate("() => Plotly.relayout(plot, {'xaxis.range': [20, 60], 'yaxis.range': [-99, 0]})")

    later = {
        alias: {**f, "metadata": {**f["metadata"], "iteration": 400}}
        for alias, f in CORPUS["both stages"].items()
    }
    page.evaluate("(given) => draw(...given)", [shown, sent(later), *given[2:]])
    kept = page.evaluate(zoomed)

    other = {alias: {**f, "metadata": {**f["metadata"], "run": "z9"}} for alias, f in later.items()}
    page.evaluate("(given) => draw(...given)", [shown, sent(other), *given[2:]])

    assert (kept, page.evaluate(zoomed)) == ([20, 60], [0, 400])
