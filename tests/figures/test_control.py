"""The two pictures of control, by their data."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlviz import figures
from rlviz.figures import resolve
from rlviz.figures.theme import theme
from tests.figures.samples import STAGES, curve, english, frame

EPSILONS = np.array([0.01, 0.1, 0.3], dtype=np.float32)


def drawn(name: str, frames: dict[str, Any]) -> dict[str, Any]:
    figure = figures.figure(name, STAGES, english)
    return resolve.resolve(figure, frames, theme("light"))


def cliff(**changes: Any) -> dict[str, Any]:
    tensors = {
        "phase_epsilons": EPSILONS,
        "phase_edge": np.array([-16, -46, -127], dtype=np.float32),
        "phase_above": np.array([-15, -21, -49], dtype=np.float32),
        "phase_top": np.array([-17, -22, -40], dtype=np.float32),
        "phase_best": np.array([-15, -20, -39], dtype=np.float32),
        "behaviour_epsilons": np.array([0.1, 0.1], dtype=np.float32),
        "behaviour_returns": np.array([-46, -30], dtype=np.float32),
        "epsilon": np.array(0.25, dtype=np.float32),
    }
    numbers = {"edge_now": -46.0, "above_now": -21.0, "top_now": -22.0, "best_now": -20.0}
    tensors |= {name: np.array(number) for name, number in numbers.items()}
    return frame(tensors | changes)


def test_the_exact_lines_are_drawn_once_and_the_learners_as_dots() -> None:
    got = drawn("cliff_phase", {"q_learning": cliff(), "sarsa": cliff()})["data"]

    assert [(t["name"], t["mode"]) for t in got] == [
        *((name, "lines") for name in ("edge", "one row above", "top row", "best", "ε of now")),
        ("Q-learning", "markers"),
        ("SARSA", "markers"),
    ]
    assert got[0]["y"] == [-16, -46, -127]
    assert (got[4]["x"], got[4]["y"]) == ([0.25, 0.25], [-127, -15])
    assert got[5]["y"] == [-46, -30]


def test_the_edge_may_leave_the_picture_below() -> None:
    axis = drawn("cliff_phase", {"q_learning": cliff()})["layout"]["yaxis"]["autorangeoptions"]

    # 15 % of the way from the worst: −127 + .3·(−46 + 127) = −102.7.
    assert -127 < axis["minallowed"] <= -102.7
    assert axis["maxallowed"] >= -15


def test_the_phase_in_words() -> None:
    figure = figures.figure("cliff_phase", STAGES[:1], english)

    assert resolve.summary(figure, {"q_learning": cliff()}) == [
        "At ε = 0.250, exactly: along the edge −46.00, one row above −21.00, along the top "
        "−22.00; the best policy −20.00.",
        "Q-learning: what its replicas do now returns −46.00 to −30.00, in the middle −38.00.",
    ]


def test_on_another_map_the_dots_stay_and_the_reason_is_said() -> None:
    found = cliff()
    for name in ("phase_edge", "phase_above", "phase_top", "edge_now", "above_now", "top_now"):
        del found["tensors"][name]
        found["metadata"]["missing"][name] = "Another map."
    got = drawn("cliff_phase", {"q_learning": found})

    assert [trace["name"] for trace in got["data"]] == ["best", "Q-learning"]
    assert got["notes"][0] == "Another map."


def test_an_episode_of_two_steps_went_left() -> None:
    # 1.25 steps on average: a quarter of the episodes went left. ε/2 = .05 by exploring alone.
    tensors = {"episode_length": curve([2.0, 1.25]), "epsilon": np.array(0.1)}
    got = drawn("left_share", {"q_learning": frame(tensors, iteration=2)})["data"]

    assert (got[0]["x"], got[0]["y"]) == ([0, 2], [0.05, 0.05])
    assert got[1]["y"] == [1.0, 0.25]


def test_the_share_in_words_and_as_a_table() -> None:
    figure = figures.figure("left_share", STAGES[:1], english)
    frames = {"q_learning": frame({"episode_length": curve([1.25]), "epsilon": np.array(0.1)})}

    assert resolve.summary(figure, frames) == [
        "Q-learning: 0.250 of the episodes go left now; exploring alone would give 0.050."
    ]
    assert resolve.table(figure, frames)["rows"] == [["Q-learning", 0.0, 0.25, 4.0]]
