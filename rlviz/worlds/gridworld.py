"""Gridworlds: from a map in letters to the tables of a Markov decision process.

The letters are those of `rlviz.maps`. The state of a cell is row · columns + column, walls
included, so that a table is a picture. A move is known by its word, so that a world may list its
moves in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlviz import maps
from rlviz.worlds.tabular import TabularWorld

ACTIONS = maps.STRAIGHT
KINGS = (*ACTIONS, "up-right", "down-right", "down-left", "up-left")
CELLS = maps.CELLS
FLOOR, WALL, START, GOAL, CLIFF, PIT, TREASURE = range(7)
MOVES = maps.MOVES
SIDES = maps.STRAIGHT  # bit by bit in the static signal `thin_wall`
Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Rules:
    """What a world pays and what else holds on its map."""

    actions: tuple[str, ...] = ACTIONS
    step_reward: float = -1.0
    bump_reward: float | None = None  # of a move that the edge or a wall stops; None: as any step
    goal_reward: float | None = None  # for entering; None: as any step
    pit_reward: float = -100.0
    cliff_reward: float = -100.0
    treasure: float = 0.0  # for entering an R
    leave_a: float = 10.0
    leave_b: float = 5.0
    wind: tuple[int, ...] = ()  # how far a step from each column is blown up; 0 beyond its end
    thin_walls: tuple[tuple[int, int], ...] = ()  # pairs of neighbouring cells


def make(
    name: str,
    drawn: str,
    *,
    slip: float,
    time_limit: int,
    rules: Rules | None = None,
    letters: str = maps.EPISODIC,
) -> TabularWorld:
    """The world of a map; with probability `slip` a move turns to one of its two sides.

    Without a start on the map an episode begins on any cell that is not terminal.
    """
    rules, kind = rules or Rules(), parse(drawn, letters)
    cell = kind.reshape(-1)
    turns = (0, -1, 1) if slip > 0 else (0,)
    moves = [MOVES[action] for action in rules.actions]
    each = [[_move(kind, _turned(move, turn), rules) for turn in turns] for move in moves]
    moved = np.array([[to for to, _ in row] for row in each]).transpose(2, 0, 1)  # [S, A, K]
    paid = np.array([[reward for _, reward in row] for row in each]).transpose(2, 0, 1)
    chance = (1 - slip, slip / 2, slip / 2)[: len(turns)]
    # Nobody ever stands in a wall; as terminal states walls need no value of their own.
    terminal = np.isin(cell, (GOAL, PIT, WALL))
    moved[terminal] = np.flatnonzero(terminal)[:, None, None]
    paid[terminal] = 0.0
    starts = cell == START if (cell == START).any() else ~terminal & (cell != CLIFF)
    return TabularWorld(
        name=name,
        next_state=np.ascontiguousarray(moved),
        reward=np.ascontiguousarray(paid),
        probability=np.broadcast_to(chance, moved.shape).astype(np.float64),
        terminal=terminal,
        start=np.where(starts, 1 / starts.sum(), 0.0),
        time_limit=time_limit,
        statics=_statics(kind, rules),
    )


def parse(drawn: str, letters: str = maps.EPISODIC) -> Cells:
    """The kind of each cell, [rows, columns]; BadValue where it is no map."""
    return np.array([[CELLS.index(letter) for letter in row] for row in maps.parse(drawn, letters)])


def _turned(move: tuple[int, int], turn: int) -> tuple[int, int]:
    """A move turned by a right angle: clockwise for 1, against the clock for −1."""
    down, right = move
    return move if turn == 0 else (turn * right, -turn * down)


def _move(kind: Cells, move: tuple[int, int], rules: Rules) -> tuple[Cells, NDArray[np.float64]]:
    """Where one move leads from every cell and what it pays, both [S]."""
    (rows, columns), cell = kind.shape, kind.reshape(-1)
    here = np.arange(cell.size)
    row, column = np.divmod(here, columns)
    row = np.clip(row + move[0] - _wind(columns, rules)[column], 0, rows - 1)
    landing = row * columns + np.clip(column + move[1], 0, columns - 1)
    landing = np.where(cell[landing] == WALL, here, landing)
    for wall in rules.thin_walls:
        for from_, to in (wall, wall[::-1]):
            landing[from_] = from_ if landing[from_] == to else landing[from_]
    bumped = landing == here
    bump = rules.step_reward if rules.bump_reward is None else rules.bump_reward
    reward = np.where(bumped, bump, rules.step_reward)
    for what, pay in _entering(rules).items():
        reward[(cell[landing] == what) & ~bumped] = pay
    for letter, pay in (("A", rules.leave_a), ("B", rules.leave_b)):
        if (away := np.flatnonzero(cell == CELLS.index(letter))).size:
            landing[away] = np.flatnonzero(cell == CELLS.index(letter.lower()))
            reward[away] = pay
    falls = cell[landing] == CLIFF
    first = np.flatnonzero(cell == START)[:1] if falls.any() else here[:1]
    return np.where(falls, first, landing), np.where(falls, rules.cliff_reward, reward)


def _entering(rules: Rules) -> dict[int, float]:
    """Kinds of cells that pay something of their own when they are entered."""
    goal = {} if rules.goal_reward is None else {GOAL: rules.goal_reward}
    return goal | {PIT: rules.pit_reward, TREASURE: rules.treasure}


def _wind(columns: int, rules: Rules) -> Cells:
    wind = np.zeros(columns, dtype=np.int64)
    some = rules.wind[:columns]
    wind[: len(some)] = some
    return wind


def _statics(kind: Cells, rules: Rules) -> dict[str, NDArray[Any]]:
    """The map as signals; what a world does not have is left out."""
    (rows, columns), cell = kind.shape, kind.reshape(-1)
    pays, leads = np.zeros(cell.size, dtype=np.float32), np.full(cell.size, -1, dtype=np.int32)
    for what, pay in _entering(rules).items():
        pays[cell == what] = pay
    pays[cell == CLIFF] = rules.cliff_reward
    for letter, pay in (("A", rules.leave_a), ("B", rules.leave_b)):
        pays[cell == CELLS.index(letter)] = pay
        if (back := np.flatnonzero(cell == CELLS.index(letter.lower()))).size:
            leads[cell == CELLS.index(letter)] = back
    wind = np.tile(_wind(columns, rules), rows).astype(np.int32)
    thin = np.zeros(cell.size, dtype=np.int32)
    for one, other in rules.thin_walls:
        for from_, to in ((one, other), (other, one)):
            step = (to // columns - from_ // columns, to % columns - from_ % columns)
            thin[from_] |= 1 << [MOVES[side] for side in SIDES].index(step)
    found: dict[str, NDArray[Any]] = {
        "grid_shape": np.array(kind.shape, dtype=np.int32),
        "cell_kind": cell.astype(np.int32),
    }
    some: dict[str, NDArray[Any]] = {"cell_reward": pays, "wind": wind, "thin_wall": thin}
    found |= {name: values for name, values in some.items() if values.any()}
    return found | ({"leads_to": leads} if (leads >= 0).any() else {})
