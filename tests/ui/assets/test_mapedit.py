"""A press of the map editor, and the shapes of moves in a cell."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.ui.assets.conftest import Call

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("cell", "letter", "expected"),
    [
        (1, "G", "SG./..."),  # the only goal moves
        (4, "S", "..G/.S."),  # and so does the only start
        (2, "G", "S.G/..."),  # where it stands already
        (4, "#", "S.G/.#."),
        (0, ".", "..G/..."),  # the server refuses it, in words
    ],
)
def test_one_press_draws_one_cell(call: Call, cell: int, letter: str, expected: str) -> None:
    assert call("mapedit.js", "edited", "S.G\n...", cell, letter) == expected


def test_a_second_goal_is_drawn_where_there_are_two(call: Call) -> None:
    assert call("mapedit.js", "edited", "SGG/...", 5, "G") == "SGG/..G"


def corners(call: Call, *steps: list[int] | None) -> list[list[list[float]]]:
    """The corners of each sector, rounded."""
    found: Any = call("directions.js", "sectors", list(steps))
    return [[[round(x, 3) + 0.0, round(y, 3) + 0.0] for x, y in one] for one in found]


def test_left_and_right_are_halves(call: Call) -> None:
    left, right = corners(call, [0, -1], [0, 1])

    assert sorted(left) == [[-0.5, -0.5], [-0.5, 0.5], [0, -0.5], [0, 0], [0, 0.5]]
    assert sorted(right) == [[0, -0.5], [0, 0], [0, 0.5], [0.5, -0.5], [0.5, 0.5]]


def test_four_moves_are_triangles(call: Call) -> None:
    up, *_ = corners(call, [-1, 0], [0, 1], [1, 0], [0, -1])

    assert up == [[0, 0], [-0.5, -0.5], [0.5, -0.5]]


def test_what_points_nowhere_has_no_sector(call: Call) -> None:
    assert corners(call, None, None) == [[], []]


def frame_and_map() -> tuple[dict[str, Any], dict[str, Any]]:
    """Two states in a row: the second ends; state 0 has two actions, one of them slips."""

    def tensor(shape: list[int], data: list[float]) -> dict[str, Any]:
        return {"shape": shape, "data": data}

    tails = {"state.tail": [0], "action.tail": [1], "next_state.tail": [0]}
    values = {"state_value": tensor([2], [4, 0]), "gamma": 0.5}
    frame = {"metadata": {}, "tensors": values | {k: tensor([1], v) for k, v in tails.items()}}
    outcomes = {
        "outcome_next": tensor([2, 2, 2], [0, 0, 1, 0, 1, 1, 1, 1]),
        "outcome_probability": tensor([2, 2, 2], [0.5, 0.5, 0.75, 0.25, 1, 0, 1, 0]),
        "outcome_reward": tensor([2, 2, 2], [-1, -1, 8, -1, 0, 0, 0, 0]),
    }
    return frame, {"metadata": {}, "tensors": outcomes}


def test_a_backup_joins_equal_outcomes_and_ends_without_a_future(call: Call) -> None:
    stay, go = call("backup.js", "branches", *frame_and_map(), 0)

    # Staying: −1 + 0.5·4 = 1, surely. Going: 0.75·8 + 0.25·1 = 6.25.
    assert [(o["probability"], o["worth"]) for o in stay["outcomes"]] == [(1, 1)]
    assert [(o["next"], o["ends"], o["worth"]) for o in go["outcomes"]] == [
        (1, True, 8),
        (0, False, 1),
    ]
    assert (stay["total"], go["total"]) == (1, 6.25)
    assert [o["sampled"] for o in go["outcomes"]] == [False, True]
    assert (stay["sampled"], go["sampled"]) == (False, True)


@pytest.mark.parametrize(
    ("numbers", "winner", "expected"),
    [
        ([1, 2, 3], 3, [1, 2, 3]),
        ([1, None, 3], 3, [1, 3]),  # −∞: there is no such action
        ([1, 2, 3, 4, 9, 6, 7, 8], 9, [1, 2, None, 9, None, 8]),
        ([9, 2, 3, 4, 5, 6, 7, 8], 9, [9, 2, None, 8]),
    ],
)
def test_of_a_long_vector_the_winner_and_the_ends_are_shown(
    call: Call, numbers: list[float | None], winner: float, expected: list[float | None]
) -> None:
    given = [-math.inf if number is None else number for number in numbers]

    assert call("equation.js", "few", given, winner) == expected
