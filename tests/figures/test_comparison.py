"""Runs on shared axes as data: lines, bands, baselines, words and table."""

from __future__ import annotations

from typing import Any

import pytest

from rlviz.figures import StageStyle, resolve
from rlviz.figures.comparison import STATISTICS, Compared, Row, comparison, named
from rlviz.figures.references import needs
from rlviz.figures.resolve import summary, table
from rlviz.figures.theme import theme

ROWS: dict[str, Row] = {
    "at": [5.0, 15.0, 25.0],
    "centre": [-90.0, None, -30.0],
    "low": [-100.0, None, -32.0],
    "high": [-80.0, None, -28.0],
    "replicas": [4.0, 0.0, 4.0],
}
A = Compared(StageStyle("a", "A Q-learning", "td", 0), ROWS)
B = Compared(
    StageStyle("b", "B SARSA", "td", 1),
    {**ROWS, "centre": [-50.0, -40.0, -20.0], "low": [None] * 3, "high": [None] * 3},
)
FRAMES: dict[str, Any] = {
    alias: {
        "metadata": {"run": alias, "iteration": 30, "marks": []},
        "tensors": {"baseline_optimal": -13.0, "baseline_random": -4000.0},
    }
    for alias in "ab"
}


def english(text: str) -> str:
    return text


def made(*runs: Compared, name: str = "episode_return", **how: Any) -> dict[str, Any]:
    given = {"axis": "iteration", "worlds": [("a", "")], **how}
    return comparison(runs, name, "mean", english, **given)


def test_a_line_and_its_band_and_both_baselines() -> None:
    drawn = resolve.resolve(made(A), FRAMES, theme("light"))
    band, best, chance, line = drawn["data"]

    assert (line["x"], line["y"]) == (ROWS["at"], ROWS["centre"])
    assert band["x"] == [5.0, 25.0, 25.0, 5.0]
    assert band["y"] == [-80.0, -28.0, -32.0, -100.0]
    assert (best["x"], best["y"]) == ([0.0, 25.0], [-13.0, -13.0])
    assert chance["y"] == [-4000.0, -4000.0]


def test_a_single_point_is_a_mark() -> None:
    point = Compared(A.style, {name: row[:1] for name, row in ROWS.items()})
    modes = [made(run)["data"][-1]["mode"] for run in (A, point)]

    assert modes == ["lines", "markers"]


def test_chance_far_below_does_not_press_the_lines_together() -> None:
    drawn = resolve.resolve(made(A), FRAMES, theme("light"))
    ends = drawn["layout"]["yaxis"]["autorangeoptions"]

    assert ends["minallowed"] > -200
    assert ends["maxallowed"] >= -13
    assert "random −4000.0" in [a["text"] for a in drawn["layout"]["annotations"]]


def test_baselines_are_named_by_their_runs_where_worlds_differ() -> None:
    figure = made(A, B, worlds=[("a", "A"), ("b", "B")])
    texts = [
        a["text"]
        for a in resolve.resolve(figure, FRAMES, theme("light"), (420, 320))["layout"][
            "annotations"
        ]
    ]

    assert {"best −13.0 A", "best −13.0 B"} <= set(texts)


def test_only_returns_have_baselines() -> None:
    assert needs(made(A, name="episode_length")) == {"a": []}
    assert needs(made(A)) == {"a": ["baseline_optimal", "baseline_random"]}


def test_it_is_said_in_words_with_the_name_of_the_band() -> None:
    assert summary(made(A, B), FRAMES) == [
        "A Q-learning: −30.00, between −32.00 and −28.00 "
        "(mean ± standard error over replicas; 4 of them).",
        "B SARSA: −20.00, from one replica.",
        "Exactly, an episode returns −13.00 at best and −4000.00 at random.",
    ]


def test_its_data_are_a_table() -> None:
    shown = table(made(A), FRAMES)

    assert shown["columns"] == [
        *("series", "iteration", "centre", "lower edge", "upper edge", "replicas"),
    ]
    assert shown["rows"][0] == ["A Q-learning", 5.0, -90.0, -100.0, -80.0, 4.0]


def test_nothing_measured_is_a_sentence() -> None:
    empty = Compared(A.style, {name: [] for name in ROWS})
    drawn = resolve.resolve(made(empty), FRAMES, theme("light"))

    assert drawn["missing"].startswith("Nothing has been measured")


def test_without_their_frames_the_lines_stand_alone() -> None:
    drawn = resolve.resolve(made(A), {"a": None}, theme("light"))

    assert len(drawn["data"]) == 2


def test_knobs_leave_marks_only_on_an_axis_of_iterations() -> None:
    assert made(A)["marks"] == ["a"]
    assert made(A, marks=False)["marks"] == []


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_statistic_has_a_name(statistic: str) -> None:
    assert len(named(statistic, english)) > 20
