"""What a grid shows, before anything is drawn: trail, ties, range, gap."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.assets.conftest import Call

pytestmark = pytest.mark.browser

COLUMNS = 4
KINDS = [0] * 8 + [2, 4, 4, 3]  # the last row: start, cliff, cliff, goal
STEPS = [[-1, 0], [0, 1], [1, 0], [0, -1]]
UP, RIGHT, DOWN, LEFT = range(4)


def tails(beat: str = "update", **values: list[int]) -> dict[str, Any]:
    """A frame with nothing but tails."""
    names = ("state", "action", "next_state", "exploratory", "terminated", "truncated")
    length = len(values["state"])
    filled = {name: values.get(name, [0] * length) for name in names}
    tensors = {f"{k}.tail": {"shape": [len(v)], "data": v} for k, v in filled.items()}
    return {"metadata": {"beat_name": beat}, "tensors": tensors}


def trail(call: Call, frame: dict[str, Any]) -> list[list[Any]]:
    """[from, to, exploratory, fell] of each move."""
    moves = call("gridmodel.js", "trail", frame, KINDS, COLUMNS, STEPS)
    return [[m["from"], m["to"], m["exploratory"], m["fell"]] for m in moves]


def test_the_trail_begins_where_the_episode_began(call: Call) -> None:
    frame = tails(
        state=[1, 2, 4, 5],
        action=[RIGHT, RIGHT, RIGHT, RIGHT],
        next_state=[2, 3, 5, 6],
        exploratory=[0, 0, 0, 1],
        terminated=[0, 1, 0, 0],
    )

    assert trail(call, frame) == [[4, 5, False, False], [5, 6, True, False]]


def test_a_truncated_episode_ends_a_trail_too(call: Call) -> None:
    frame = tails(state=[1, 4], action=[RIGHT, RIGHT], next_state=[2, 5], truncated=[1, 0])

    assert trail(call, frame) == [[4, 5, False, False]]


def test_an_episode_that_has_just_ended_is_shown_whole(call: Call) -> None:
    frame = tails(state=[1, 2], action=[RIGHT, RIGHT], next_state=[2, 3], terminated=[0, 1])

    assert trail(call, frame) == [[1, 2, False, False], [2, 3, False, False]]


def test_after_act_the_ends_lag_one_move_behind(call: Call) -> None:
    frame = tails(
        "act",
        state=[1, 2, 4],
        action=[RIGHT, RIGHT, RIGHT],
        next_state=[2, 3, 5],
        terminated=[0, 1],
        truncated=[0, 0],
    )

    assert trail(call, frame) == [[4, 5, False, False]]


def test_after_act_the_ends_lag_also_where_the_tails_are_full(call: Call) -> None:
    # 64 moves each; the ends are those of the moves one earlier: index 63 ends move 62.
    ends = [0] * 63 + [1]
    frame = tails("act", state=[0] * 64, next_state=[1] * 64, action=[RIGHT] * 64, terminated=ends)

    assert len(trail(call, frame)) == 1


def test_a_fall_is_drawn_to_the_cliff_and_goes_on_at_the_start(call: Call) -> None:
    frame = tails(state=[5, 8], action=[DOWN, UP], next_state=[8, 4])

    moves = call("gridmodel.js", "trail", frame, KINDS, COLUMNS, STEPS)

    # From row 1, column 1 down to the cliff in row 2; the world then put it into state 8.
    assert [(m["row"], m["column"], m["fell"]) for m in moves] == [(2, 1, True), (1, 0, False)]


def test_a_fall_from_the_start_ends_where_it_began_and_is_a_fall(call: Call) -> None:
    assert trail(call, tails(state=[8], action=[RIGHT], next_state=[8])) == [[8, 8, False, True]]


def test_a_move_against_the_edge_is_no_fall(call: Call) -> None:
    assert trail(call, tails(state=[8], action=[LEFT], next_state=[8])) == [[8, 8, False, False]]


def test_a_slip_is_drawn_to_where_it_led(call: Call) -> None:
    frame = tails(state=[5], action=[RIGHT], next_state=[1])

    (move,) = call("gridmodel.js", "trail", frame, KINDS, COLUMNS, STEPS)

    assert (move["row"], move["column"], move["fell"]) == (0, 1, False)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0, 0, 0], 1),
        ([], 1),
        ([-13, -1, 2], 15),
        ([-113, *([-1] * 9)], 120),
        ([0.004, -0.001], 0.004),
        ([*([1] * 999), 1e6], 1),  # one in a thousand lies beyond the 98 % quantile
    ],
)
def test_the_range_is_symmetric_round_and_heeds_quantiles(
    call: Call, numbers: list[float], expected: float
) -> None:
    assert call("gridmodel.js", "symmetricRange", numbers) == pytest.approx(expected)


def frame_and_map() -> tuple[dict[str, Any], dict[str, Any]]:
    """Two cells and a goal: in the first both moves tie, in the second one is best."""

    def tensor(shape: list[int], data: list[float]) -> dict[str, Any]:
        return {"shape": shape, "data": data}

    frame = {
        "metadata": {"beat_name": "update", "missing": {}},
        "tensors": {
            "action_value": tensor([3, 2], [-1, -1, -4, -2, 0, 0]),
            "state_value": tensor([3], [-1, -2, 0]),
            "shown_policy": tensor([3, 2], [0.5, 0.5, 0, 1, 0.5, 0.5]),
            "q_gap": tensor([3, 2], [1, 3, -7, 0, 9, 9]),
            "value_gap": tensor([3], [2, 0, 0]),
            "truth_q": tensor([3, 2], [-2, -4, 3, -2, 0, 0]),
            "truth_value": tensor([3], [-2, 3, 0]),
            "next_state": 1,
        },
    }
    static = {
        "metadata": {"actions": ["left", "right"]},
        "tensors": {"grid_shape": tensor([2], [1, 3]), "cell_kind": tensor([3], [2, 0, 3])},
    }
    return frame, static


def test_ties_keep_their_shares(call: Call) -> None:
    model = call("gridmodel.js", "gridModel", *frame_and_map(), "estimate")

    assert model["policy"] == [0.5, 0.5, 0, 1, 0.5, 0.5]


def test_estimate_and_truth_share_the_range_of_the_truth(call: Call) -> None:
    faces = ("estimate", "truth")

    ranges = [call("gridmodel.js", "gridModel", *frame_and_map(), f)["range"] for f in faces]

    assert ranges == [4, 4]


def test_the_gap_has_a_range_of_its_own_without_the_goal(call: Call) -> None:
    assert call("gridmodel.js", "gridModel", *frame_and_map(), "gap")["range"] == 8


def test_the_number_of_the_gap_is_that_of_the_value(call: Call) -> None:
    tops = call("gridmodel.js", "gridModel", *frame_and_map(), "gap")["tops"]

    assert [tops[i] for i in range(2)] == [2, 0]


def test_an_advantage_is_what_an_action_has_above_its_state(call: Call) -> None:
    shown = call("gridmodel.js", "gridModel", *frame_and_map(), "estimate", True)

    # Q − V of each pair; the range is that of the exact ones, of which −5 is the greatest.
    assert shown["values"] == [0, 0, -2, 0, 0, 0]
    assert [shown["tops"][i] for i in range(3)] == [-1, -2, 0]
    assert shown["range"] == 5


def test_what_is_missing_is_said_with_the_worker_s_reason(call: Call) -> None:
    frame, static = frame_and_map()
    frame["metadata"]["missing"] = {"truth_value": "It never arrives."}
    del frame["tensors"]["truth_value"]

    assert call("gridmodel.js", "gridModel", frame, static, "truth")["missing"] == (
        "It never arrives."
    )


def test_zero_has_exactly_the_neutral_colour(call: Call) -> None:
    palette = {"zero": "#f7f7f7", "neg": "#b2182b", "pos": "#2166ac", "panel": "#ffffff"}

    colors = [call("gridpaint.js", "fieldColor", v, 10, palette) for v in (0, -10, 10, -1e9)]

    neutral, low, high, beyond = colors
    assert neutral == "rgb(247,247,247)"
    assert low == beyond
    assert low != high
