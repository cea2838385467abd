"""The pictures of a sweep as data: cells, lines, bands, crosses, words and tables."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest

from rlviz.figures.resolve import resolve, summary, table
from rlviz.figures.sweep_curves import named, sweep_curves
from rlviz.figures.sweeps import Found, Knob, Spot, sweep_points
from rlviz.figures.theme import THEMES, theme

ALPHA = Knob("α step size (logarithmic)", "α", ("0.1", "1"), (0.1, 1.0), log=True)
WORD = Knob("behaviour (choice)", "behaviour", ("greedy", "softmax", "ucb"))
AT = (10.0, 20.0)
SPOTS = (
    Spot("measured", -12.5, 0.5, 4, (-20.0, -12.0)),
    Spot("diverged"),
    Spot("measured", -8.0, 1.0, 4, (-9.0, None)),
    Spot("running", curve=(-30.0, None)),
    Spot("measured", -120.0, None, 1, (-100.0, -90.0)),
    Spot("empty"),
)
MAP = Found(
    (ALPHA, WORD), SPOTS, "return, last quarter", "reward", "return", True, AT, 30,
    best=2, worst=-66.25, heights=(-100.0, -8.0),
)  # fmt: skip
LINE = replace(MAP, knobs=(ALPHA,), spots=SPOTS[:2], best=0)
EMPTY = replace(LINE, spots=(Spot("waiting"), Spot("waiting")), best=None, heights=None, worst=None)
FRAMES: dict[str, Any] = {}


def english(text: str) -> str:
    return text


def drawn(figure: dict[str, Any]) -> dict[str, Any]:
    return resolve(figure, FRAMES, theme("light"))


def test_a_map_has_a_cell_for_each_point() -> None:
    heat, signs = drawn(sweep_points(MAP, english))["data"]

    assert (heat["x"], heat["y"]) == (["0.1", "1"], ["greedy", "softmax", "ucb"])
    assert heat["z"] == [[-12.5, None], [None, -120.0], [-8.0, None]]
    assert heat["customdata"] == [[0, 3], [1, 4], [2, 5]]
    assert heat["text"] == [["−12.5", ""], ["", "−120"], ["−8.00", ""]]
    assert (heat["zmin"], heat["zmax"], heat["reversescale"]) == (-66.25, -8.0, False)
    assert heat["hovertext"][0][0] == (
        "α = 0.1, behaviour = greedy<br>−12.5 ± 0.50 SE<br>n = 4 replicas"
    )
    assert heat["hovertext"][1][0] == "α = 0.1, behaviour = softmax<br>diverged"
    assert (signs["x"], signs["y"]) == (["0.1", "1", "1"], ["softmax", "greedy", "ucb"])
    assert (signs["text"], signs["customdata"]) == (["✕", "…", "–"], [1, 3, 5])


def test_the_frame_stands_around_the_best() -> None:
    (frame,) = drawn(sweep_points(MAP, english))["layout"]["shapes"]

    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (-0.5, 0.5, 1.5, 2.5)


def test_where_less_is_better_bright_is_less() -> None:
    less = replace(MAP, highest=False, best=4)
    heat = drawn(sweep_points(less, english))["data"][0]

    assert heat["reversescale"]
    assert (heat["zmin"], heat["zmax"]) == (-120.0, -66.25)
    assert "lower is better" in sweep_points(less, english)["subtitle"]


def test_a_line_has_a_band_where_there_is_an_error_and_a_cross_where_it_diverged() -> None:
    band, line, signs = drawn(sweep_points(LINE, english))["data"]
    layout = drawn(sweep_points(LINE, english))["layout"]

    assert (band["x"], band["y"]) == ([0.1, 0.1], [-12.0, -13.0])
    assert (line["x"], line["y"]) == ([0.1, 1.0], [-12.5, None])
    assert (signs["x"], signs["text"], signs["customdata"]) == ([1.0], ["✕"], [1])
    assert layout["xaxis"]["type"] == "log"
    assert layout["xaxis"]["ticktext"] == ["0.1", "1"]


def test_words_stand_on_an_axis_of_words() -> None:
    words = replace(LINE, knobs=(WORD,), spots=SPOTS[:3])
    figure = drawn(sweep_points(words, english))

    assert figure["layout"]["xaxis"]["type"] == "category"
    assert figure["data"][1]["x"] == ["greedy", "softmax", "ucb"]


def test_curves_of_few_points_are_all_named() -> None:
    figure = drawn(sweep_curves(MAP, english))

    assert named(MAP) == [0, 2, 3, 4]
    assert [trace["y"] for trace in figure["data"]] == [
        [-20.0, -12.0],
        [-9.0, None],
        [-30.0, None],
        [-100.0, -90.0],
    ]
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert "<b>α = 0.1, behaviour = ucb</b>" in texts
    assert len({trace["line"]["dash"] for trace in figure["data"]}) == 4  # not by colour alone


def test_of_many_points_the_best_the_median_and_the_worst_are_named() -> None:
    steps = Knob("n steps (number)", "n", tuple(map(str, range(11))), tuple(map(float, range(11))))
    spots = tuple(Spot("measured", float(k), 0.1, 4, (0.0, float(k))) for k in range(11))
    many = replace(LINE, knobs=(steps,), spots=spots, best=10)

    assert named(many) == [10, 5, 0]
    assert named(replace(many, highest=False)) == [0, 5, 10]
    assert len(drawn(sweep_curves(many, english))["data"]) == 11
    assert len(sweep_curves(many, english)["labels"]) == 3


def test_before_there_is_a_number_it_says_so() -> None:
    figure = drawn(sweep_curves(EMPTY, english))

    assert figure == {
        "missing": "Nothing has been measured yet.",
        "notes": [],
    }
    assert summary(sweep_points(EMPTY, english), FRAMES) == ["0 of 2 points have a number."]


def test_the_pictures_in_words() -> None:
    assert summary(sweep_points(MAP, english), FRAMES) == [
        "3 of 6 points have a number.",
        "The best of them is α = 0.1, behaviour = ucb, with −8.00 ± 1.00 (4 replicas).",
        "Diverged: 1.",
    ]
    one = replace(MAP, best=4)
    assert summary(sweep_points(one, english), FRAMES)[1] == (
        "The best of them is α = 1, behaviour = softmax, with −120.00 (one replica)."
    )
    assert summary(sweep_curves(LINE, english), FRAMES) == ["The curve of α = 0.1 ends at −12.00."]


def test_the_pictures_as_tables() -> None:
    found = table(sweep_points(MAP, english), FRAMES)

    assert found["columns"] == ["point", "mean", "state", "standard error", "replicas"]
    assert found["rows"][:2] == [
        ["α = 0.1, behaviour = greedy", -12.5, "measured", 0.5, 4],
        ["α = 0.1, behaviour = softmax", None, "diverged", None, 0],
    ]
    assert len(found["rows"]) == 6
    assert table(sweep_curves(LINE, english), FRAMES)["rows"] == [
        ["α = 0.1", 10.0, -20.0],
        ["α = 0.1", 20.0, -12.0],
    ]


@pytest.mark.parametrize("found", [MAP, LINE, EMPTY], ids=["map", "line", "empty"])
@pytest.mark.parametrize("make", [sweep_points, sweep_curves])
@pytest.mark.parametrize("look", THEMES)
def test_plotly_accepts_every_picture(make: Any, found: Found, look: str) -> None:
    figure = make(found, english)
    done = resolve(figure, FRAMES, theme(look))

    assert json.loads(json.dumps(figure)) == figure
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", json.dumps(figure))
    for part in ("title", "short", "subtitle", "plots", "reading", "missing"):
        assert figure[part].strip(), part
    if "missing" not in done:
        go.Figure(data=done["data"], layout=done["layout"])
        for axis in ("xaxis", "yaxis"):
            assert re.search(r"\(.+\)", done["layout"][axis]["title"]["text"])
