"""Gridworlds: from a map in letters to the tables of a Markov decision process.

    #  wall    .  floor    S  start    G  goal (terminal)    C  cliff (costs, and back to the start)

The state of a cell is row · columns + column, walls included, so that a table is a picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlviz.errors import BadValue
from rlviz.worlds.tabular import TabularWorld

ACTIONS = ("up", "right", "down", "left")
CELLS = ".#SGC"  # the place of a letter is its number in the static signal `cell_kind`
FLOOR, WALL, START, GOAL, CLIFF = range(5)

_MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # clockwise, so that a side move is one place off


def make(
    name: str,
    drawn: str,
    *,
    slip: float,
    time_limit: int,
    step_reward: float = -1.0,
    cliff_reward: float = -100.0,
) -> TabularWorld:
    """The world of a map; with probability `slip` a move turns to one of its two sides."""
    kind = parse(drawn)
    cell = kind.reshape(-1)
    starts = np.flatnonzero(cell == START)
    landing, reward = _moves(kind, int(starts[0]), step_reward, cliff_reward)
    turns = (0, -1, 1) if slip > 0 else (0,)
    moved = np.stack([np.roll(landing, -turn, axis=1) for turn in turns], axis=-1)  # [S, A, K]
    paid = np.stack([np.roll(reward, -turn, axis=1) for turn in turns], axis=-1)
    chance = (1 - slip, slip / 2, slip / 2)[: len(turns)]
    # Nobody ever stands in a wall; as terminal states walls need no value of their own.
    terminal = (cell == GOAL) | (cell == WALL)
    moved[terminal] = np.flatnonzero(terminal)[:, None, None]
    paid[terminal] = 0.0
    return TabularWorld(
        name=name,
        next_state=moved,
        reward=paid,
        probability=np.broadcast_to(chance, moved.shape).astype(np.float64),
        terminal=terminal,
        start=np.where(cell == START, 1 / len(starts), 0.0),
        time_limit=time_limit,
        statics={
            "grid_shape": np.array(kind.shape, dtype=np.int32),
            "cell_kind": cell.astype(np.int32),
        },
    )


def parse(drawn: str) -> NDArray[np.int64]:
    """The kind of each cell, [rows, columns]; BadValue where it is no map."""
    rows = drawn.split()
    if not rows or len({len(row) for row in rows}) != 1:
        raise BadValue(
            f"All rows of a map must be equally long, but got lengths {[len(r) for r in rows]}; "
            f"fill short rows with `#`."
        )
    letters = "".join(rows)
    if strange := set(letters) - set(CELLS):
        raise BadValue(f"A map is drawn with `{CELLS}`, but got {sorted(strange)[0]!r}.")
    if "S" not in letters or "G" not in letters:
        raise BadValue("A map must have at least one start `S` and one goal `G`; add the missing.")
    if "C" in letters and letters.count("S") > 1:
        raise BadValue(
            f"A map with a cliff must have exactly one start `S`, where falls lead back to, but "
            f"got {letters.count('S')}; leave one."
        )
    return np.array([CELLS.index(letter) for letter in letters]).reshape(len(rows), -1)


def _moves(
    kind: NDArray[np.int64], start: int, step_reward: float, cliff_reward: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where each move leads that does not slip, and what it pays, both [S, A]."""
    (rows, columns), cell = kind.shape, kind.reshape(-1)
    row, column = np.divmod(np.arange(cell.size), columns)
    landing = np.stack(
        [
            np.clip(row + down, 0, rows - 1) * columns + np.clip(column + right, 0, columns - 1)
            for down, right in _MOVES
        ],
        axis=1,
    )
    landing = np.where(cell[landing] == WALL, np.arange(cell.size)[:, None], landing)
    falls = cell[landing] == CLIFF
    return np.where(falls, start, landing), np.where(falls, cliff_reward, step_reward)
