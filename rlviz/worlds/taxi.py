"""The taxi (Dietterich 2000) for one passenger and one destination, on two boards.

On the left board the passenger waits, on the right one they sit in the taxi; picking up leads from
one to the other, and delivering to the one cell between them. The tables equal those of
gymnasium's Taxi with this passenger and destination, but for one thing: at the two pads that are
neither, gymnasium lets the passenger out for −1, and here that is refused for −10 as anywhere
else, so that two boards are enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from rlviz.errors import BadValue
from rlviz.hyperparameters import Choices, InTray, TimeLimit, Title
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Taxi"
SUMMARY = (
    "Fetch the passenger on the left board, deliver on the right one: 20 for that, −1 for a step, "
    "−10 for picking up or dropping off in the wrong place."
)
ACTIONS = ("down", "up", "right", "left", "pick up", "drop off")
PADS = {"red": (0, 0), "green": (0, 4), "yellow": (4, 0), "blue": (4, 3)}
ROWS, COLUMNS, BOARD = 5, 11, 6  # the right board begins in column 6
WALLS = ((0, 1), (1, 1), (3, 0), (4, 0), (3, 2), (4, 2))  # (row, column) that one stands right of
DELIVERED = 5  # the state: the column of walls between the boards, top row

Passenger = Annotated[str, Choices(tuple(PADS)), Title("passenger waits at"), InTray("world")]
Destination = Annotated[str, Choices(tuple(PADS)), Title("destination"), InTray("world")]


@dataclass(frozen=True)
class Config:
    """What can be set in this world."""

    passenger: Passenger = "red"
    destination: Destination = "green"
    time_limit: TimeLimit = 200


def make(config: Config) -> TabularWorld:
    """The tables, 55 states, 5 of them between the boards, and 6 actions."""
    if config.passenger == config.destination:
        raise BadValue(
            f"The passenger must wait elsewhere than at the destination, but got "
            f"{config.passenger} for both; choose another."
        )
    waits = _state(*PADS[config.passenger])
    rides, arrives = (_state(*PADS[pad], BOARD) for pad in (config.passenger, config.destination))
    roads = _roads(waits, arrives, config.time_limit)
    here = np.arange(ROWS * COLUMNS)
    pick_to, drop_to = here.copy(), here.copy()
    pick_pays, drop_pays = np.full(here.size, -10.0), np.full(here.size, -10.0)
    pick_to[waits], pick_pays[waits] = rides, -1.0
    drop_to[rides], drop_pays[rides] = waits, -1.0  # out again where they got in
    drop_to[arrives], drop_pays[arrives] = DELIVERED, 20.0
    pays = np.where(roads.terminal[:, None], 0.0, np.stack([pick_pays, drop_pays], axis=1))
    doing = np.stack([pick_to, drop_to], axis=1)[..., None]
    left = (here % COLUMNS < BOARD - 1).astype(np.float64)
    return replace(
        roads,
        next_state=np.concatenate([roads.next_state, doing], axis=1),
        reward=np.concatenate([roads.reward, pays[..., None]], axis=1),
        probability=np.ones((here.size, len(ACTIONS), 1)),
        start=left / left.sum(),
        statics=roads.statics | {"cell_reward": np.where(here == DELIVERED, 20, 0).astype("f4")},
    )


def _roads(waits: int, arrives: int, time_limit: int) -> TabularWorld:
    """Both boards with the two pads that matter, and driving on them."""
    letters = np.full((ROWS, COLUMNS), ".")
    letters[:, BOARD - 1] = "#"
    letters.flat[[waits, arrives, DELIVERED]] = "O", "O", "G"
    walls = [_state(*wall, board) for board in (0, BOARD) for wall in WALLS]
    return gridworld.make(
        "taxi",
        "/".join("".join(row) for row in letters),
        slip=0.0,
        time_limit=time_limit,
        rules=gridworld.Rules(
            actions=ACTIONS[:4],
            thin_walls=(
                *((s, s + 1) for s in walls),
                (DELIVERED - 1, DELIVERED),
                (DELIVERED, DELIVERED + 1),
            ),
        ),
        letters=".#GO",
    )


def _state(row: int, column: int, board: int = 0) -> int:
    return row * COLUMNS + board + column
