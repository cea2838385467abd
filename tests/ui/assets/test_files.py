"""Files that the browser makes: names, tables, and grids drawn as lines."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.ui.assets.conftest import Call

pytestmark = pytest.mark.browser


def frame(algorithm: str, world: str, iteration: int) -> dict[str, Any]:
    about = {"algorithm": algorithm, "world": world, "iteration": iteration}
    return {"metadata": about, "tensors": {}}


@pytest.mark.parametrize(
    ("figure", "frames", "expected"),
    [
        (
            "td_error",
            [frame("q_learning", "cliff_walking", 500)],
            "q_learning-cliff_walking-td_error-500",
        ),
        (
            "episode_return",
            [frame("q_learning", "room", 7), frame("sarsa", "room", 9)],
            "q_learning+sarsa-room-episode_return-7+9",
        ),
        ("arms-bandit_ucb", [None], "arms_bandit_ucb"),
        ("comparison", [{"metadata": {}, "tensors": {}}], "comparison"),
        ("../..\\passwd", [frame("<script>", "a/b", 1)], "script-a_b-passwd-1"),
        ("", [], "rlviz"),
    ],
)
def test_a_file_is_named_for_method_world_figure_and_iteration(
    call: Call, figure: str, frames: list[Any], expected: str
) -> None:
    assert call("files.js", "fileName", figure, frames) == expected


def test_a_name_is_no_longer_than_a_file_system_takes(call: Call) -> None:
    assert len(call("files.js", "fileName", "x" * 500, [])) == 120


def test_a_table_keeps_every_digit_and_every_sign(call: Call) -> None:
    rows = [["Q, with a comma", 0.1, -13], ['say "so"', 1 / 3, None], ["two\nlines", 1e-300, 5]]

    text = call("files.js", "csv", ["series", "mean", "n"], rows)

    assert text.startswith("\ufeffseries,mean,n\r\n")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))) == [
        ["series", "mean", "n"],
        ["Q, with a comma", "0.1", "-13"],
        ['say "so"', "0.3333333333333333", ""],
        ["two\nlines", "1e-300", "5"],
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_text_is_never_a_formula(call: Call, name: str) -> None:
    (row,) = csv.reader(io.StringIO(call("files.js", "csv", ["a"], [[name]]).split("\r\n")[1]))

    assert row == [f"'{name}"]


def test_a_number_that_is_not_finite_is_an_empty_cell(open_page: Any) -> None:
    # JSON has no infinity, so the browser makes one.
    rows = "import('/assets/files.js').then((m) => m.csv(['a'], [[Infinity], [NaN], [1.5]]))"

    assert open_page("?views=").evaluate(rows).split("\r\n")[1:] == ["", "", "1.5", ""]


DRAWN = """async () => {
  const { SvgPen } = await import("/assets/svgpen.js");
  const pen = new SvgPen(document.createElement("canvas").getContext("2d"));
  pen.fillStyle = "#123456";
  pen.fillRect(1, 2, 3, 4);
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, 5, 5);
  pen.clip();
  pen.globalAlpha = 0.5;
  pen.strokeStyle = "#abcdef";
  pen.setLineDash([2, 3]);
  pen.beginPath();
  pen.moveTo(0, 0);
  pen.lineTo(4, 4);
  pen.stroke();
  pen.restore();
  pen.textAlign = "right";
  pen.textBaseline = "bottom";
  pen.font = '10px "A & B"';
  pen.fillText("1 < 2", 7, 8);
  const sheet = { width: 10, height: 20, head: 30, paper: "#fff", ink: "#000", font: "x" };
  const text = pen.svg({ ...sheet, title: "<b>" });
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  return [...root.querySelectorAll("g > *, clipPath > *, title")].map((node) => {
    const attributes = [...node.attributes].map((one) => [one.name, one.value]);
    return [node.tagName, node.textContent, Object.fromEntries(attributes)];
  });
}"""


def test_a_pen_writes_the_shapes_and_letters_that_a_canvas_would_draw(
    open_page: Any,
) -> None:
    page: Page = open_page("?views=")

    found = page.evaluate(DRAWN)

    assert found == [
        ["title", "<b>", {}],
        ["path", "", {"d": "M0.00 0.00h5v5h-5Z"}],
        [
            "rect",
            "",
            {"x": "1.00", "y": "2.00", "width": "3.00", "height": "4.00", "fill": "#123456"},
        ],
        [
            "path",
            "",
            {
                "d": "M0.00 0.00L4.00 4.00",
                "fill": "none",
                "stroke": "#abcdef",
                "stroke-width": "1",
                "stroke-linecap": "butt",
                "stroke-linejoin": "miter",
                "stroke-dasharray": "2 3",
                "opacity": "0.5",
                "clip-path": "url(#c0)",
            },
        ],
        [
            "text",
            "1 < 2",
            {
                "x": "7.00",
                "y": "8.00",
                "text-anchor": "end",
                "dominant-baseline": "text-after-edge",
                "style": 'font:10px "A & B"',
                "fill": "#123456",
            },
        ],
    ]


ROUND = """async () => {
  const { SvgPen } = await import("/assets/svgpen.js");
  const pen = new SvgPen(document.createElement("canvas").getContext("2d"));
  pen.beginPath();
  pen.arc(10, 10, 5, 0, 2 * Math.PI);
  pen.fill();
  const look = { paper: "#fff", title: "", ink: "#000", font: "x" };
  document.body.innerHTML = pen.svg({ width: 20, height: 20, head: 0, ...look });
  const { x, y, width, height } = document.querySelector("g > path").getBBox();
  return [x, y, width, height].map(Math.round);
}"""


def test_a_whole_round_is_round(open_page: Any) -> None:
    assert open_page("?views=").evaluate(ROUND) == [5, 5, 10, 10]


WHY = """async (suspects) => {
  const { Why } = await import("/assets/why.js");
  const why = new Why("sarsa", {});
  document.body.replaceChildren(why.node);
  const seen = () => [why.menu.hidden, [...why.list.children].map((li) => li.textContent)];
  const before = seen();
  why.draw(suspects, {});
  const shown = seen();
  const heard = why.spoken.textContent;
  why.open();
  const focus = document.activeElement.textContent;
  why.draw([], {});
  return { before, shown, heard, focus, after: seen(), open: why.menu.open };
}"""


def test_why_shows_the_finding_and_its_causes_and_goes_with_them(open_page: Any) -> None:
    page: Page = open_page("?views=")
    text = "{symbol} was changed from {old:.4g} to {new:.4g} at iteration {iteration:,d}."
    values = {"symbol": "α", "old": 0.00012, "new": 0.5, "iteration": 12345}
    fell = {"kind": "collapsed", "text": "It fell by {x:.2g}.", "values": {"x": 1.26}}

    found = page.evaluate(WHY, [fell, {"kind": "collapsed", "text": text, "values": values}])

    assert found == {
        "before": [True, []],
        "shown": [
            False,
            ["It fell by 1.3.", "α was changed from 0.00012 to 0.5 at iteration 12,345."],
        ],
        "heard": "It fell by 1.3.",
        "focus": "Why?",
        "after": [True, []],
        "open": False,
    }


def test_markup_in_a_value_stays_text(open_page: Any) -> None:
    page: Page = open_page("?views=")
    one = {
        "kind": "silent",
        "text": "{symbol}",
        "values": {"symbol": "<img src=x onerror=alert(1)>"},
    }

    assert page.evaluate(WHY, [one])["shown"][1] == ["<img src=x onerror=alert(1)>"]
