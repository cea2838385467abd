"""The room: a value is a distance, counted here by walking the map outwards from the goal."""

from __future__ import annotations

import numpy as np

from rlviz.exact.dynamic_programming import best_policy
from rlviz.worlds import room


def distances(drawn: str) -> dict[tuple[int, int], int]:
    """Steps to the goal of every cell that is no wall, by breadth-first search."""
    rows = drawn.split("/")
    free = {(i, j) for i, row in enumerate(rows) for j, cell in enumerate(row) if cell != "#"}
    wave = {(i, j) for i, j in free if rows[i][j] == "G"}
    found: dict[tuple[int, int], int] = {}
    steps = 0
    while wave:
        found |= dict.fromkeys(wave, steps)
        around = {(i + a, j + b) for i, j in wave for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        wave, steps = (around & free) - found.keys(), steps + 1
    return found


def test_the_best_value_of_a_cell_is_minus_its_distance_to_the_goal() -> None:
    v = best_policy(room.make(room.Config()), 1.0).v.reshape(7, 9)

    expected = np.zeros((7, 9))
    for cell, steps in distances(room.MAP).items():
        expected[cell] = -steps
    np.testing.assert_allclose(v, expected, atol=1e-9)


def test_the_goal_is_fourteen_steps_from_the_start() -> None:
    assert distances(room.MAP)[0, 0] == 14


def test_slip_gives_every_move_three_outcomes() -> None:
    assert room.make(room.Config(slip=0.2)).next_state.shape == (63, 4, 3)
