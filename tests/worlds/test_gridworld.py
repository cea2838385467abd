"""From a map to tables: moves, walls, falls, slips, and maps that are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadValue
from rlviz.worlds import gridworld
from rlviz.worlds.gridworld import CLIFF, FLOOR, GOAL, START, WALL
from rlviz.worlds.tabular import TabularWorld

UP, RIGHT, DOWN, LEFT = range(4)
MAP = """
    .#.
    S.G
    .C.
"""  # states 0 1 2 / 3 4 5 / 6 7 8


def outcomes(world: TabularWorld, s: int, a: int) -> dict[tuple[int, float], float]:
    """(next state, reward) → probability."""
    found: dict[tuple[int, float], float] = {}
    for after, r, p in zip(
        world.next_state[s, a], world.reward[s, a], world.probability[s, a], strict=True
    ):
        found[int(after), float(r)] = found.get((int(after), float(r)), 0.0) + float(p)
    return found


@pytest.mark.parametrize(
    ("state", "action", "expected"),
    [
        (3, UP, (0, -1)),
        (3, RIGHT, (4, -1)),
        (3, DOWN, (6, -1)),
        (3, LEFT, (3, -1)),  # the edge of the map
        (0, UP, (0, -1)),
        (0, RIGHT, (0, -1)),  # a wall
        (4, UP, (4, -1)),  # a wall
        (4, RIGHT, (5, -1)),  # the goal
        (4, DOWN, (3, -100)),  # the cliff, and back to the start
        (8, LEFT, (3, -100)),
        (8, RIGHT, (8, -1)),
        (5, LEFT, (5, 0)),  # the goal absorbs
        (1, DOWN, (1, 0)),  # nobody is in a wall
    ],
)
def test_a_move_leads_where_the_map_says(
    state: int, action: int, expected: tuple[int, float]
) -> None:
    world = gridworld.make("map", MAP, slip=0.0, time_limit=10)

    assert outcomes(world, state, action) == {expected: 1.0}


@pytest.mark.parametrize(
    ("state", "action", "expected"),
    [
        (3, UP, {(0, -1.0): 0.8, (3, -1.0): 0.1, (4, -1.0): 0.1}),
        (3, RIGHT, {(4, -1.0): 0.8, (0, -1.0): 0.1, (6, -1.0): 0.1}),
        (6, LEFT, {(6, -1.0): 0.9, (3, -1.0): 0.1}),  # the edge twice: ahead and below
        (4, LEFT, {(3, -1.0): 0.8, (4, -1.0): 0.1, (3, -100.0): 0.1}),  # slips over the cliff
    ],
)
def test_a_slip_turns_the_move_to_either_side(
    state: int, action: int, expected: dict[tuple[int, float], float]
) -> None:
    world = gridworld.make("map", MAP, slip=0.2, time_limit=10)

    assert outcomes(world, state, action) == pytest.approx(expected)


def test_without_slip_there_is_one_outcome() -> None:
    world = gridworld.make("map", MAP, slip=0.0, time_limit=10)

    assert world.next_state.shape == (9, 4, 1)


def test_statics_say_what_each_cell_is() -> None:
    world = gridworld.make("map", MAP, slip=0.0, time_limit=10)

    assert {name: (a.dtype.name, a.tolist()) for name, a in world.statics.items()} == {
        "grid_shape": ("int32", [3, 3]),
        "cell_kind": ("int32", [FLOOR, WALL, FLOOR, START, FLOOR, GOAL, FLOOR, CLIFF, FLOOR]),
        "cell_reward": ("float32", [0, 0, 0, 0, 0, 0, 0, -100, 0]),
    }


def test_several_starts_share_evenly() -> None:
    world = gridworld.make("starts", "S.S\n.G.", slip=0.0, time_limit=10)

    assert world.start.tolist() == [0.5, 0, 0.5, 0, 0, 0]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 5),
    st.integers(2, 5),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.1, 0.9]),
)
def test_on_any_map_a_step_stays_off_the_walls_and_goes_to_a_neighbour(
    rows: int, columns: int, seed: int, slip: float
) -> None:
    rng = np.random.default_rng(seed)
    cells = rng.choice(list("...##C"), (rows, columns))
    cells.flat[0], cells.flat[-1] = "S", "G"
    drawn = "\n".join("".join(row) for row in cells)
    world = gridworld.make("any", drawn, slip=slip, time_limit=10)

    flat = cells.reshape(-1)
    walked = ~world.terminal
    assert world.probability.sum(-1) == pytest.approx(1.0)
    assert not np.isin(flat[world.next_state[walked]], ["#", "C"]).any()
    here = np.arange(flat.size)[:, None, None]
    far = np.abs(here // columns - world.next_state // columns) + np.abs(
        here % columns - world.next_state % columns
    )
    assert (far[world.reward > -100] <= 1).all()
    assert (world.next_state[world.reward == -100] == 0).all()


@pytest.mark.parametrize(
    ("drawn", "sentence"),
    [
        ("", r"equally long, but got lengths \[\]"),
        ("S.G\n..", r"equally long, but got lengths \[3, 2\]"),
        ("S?G", r"drawn with `.#SGCPR`, but got '\?'"),
        ("..G", "at least one start `S` and one goal `G`"),
        ("S..", "at least one start `S` and one goal `G`"),
        ("SCS\n..G", "exactly one start `S`, where falls lead back to, but got 2"),
    ],
)
def test_what_is_no_map_is_refused(drawn: str, sentence: str) -> None:
    with pytest.raises(BadValue, match=sentence):
        gridworld.parse(drawn)


def test_wind_blows_as_the_column_says_where_the_step_began() -> None:
    rules = gridworld.Rules(wind=(0, 2, 1, 7))
    world = gridworld.make("wind", "...\n...\nS.G", slip=0.0, time_limit=10, rules=rules)

    assert outcomes(world, 7, LEFT) == {(0, -1.0): 1.0}  # one left, two up
    assert outcomes(world, 7, UP) == {(1, -1.0): 1.0}  # three up would leave the map
    assert outcomes(world, 6, RIGHT) == {(7, -1.0): 1.0}  # no wind where it began
    assert world.statics["wind"].tolist() == [0, 2, 1] * 3


def test_a_king_also_moves_and_slips_diagonally() -> None:
    rules = gridworld.Rules(actions=gridworld.KINGS)
    world = gridworld.make("king", "...\n.S.\n..G", slip=0.2, time_limit=10, rules=rules)

    assert [int(to) for to in world.next_state[4, :, 0]] == [1, 5, 7, 3, 2, 8, 6, 0]
    expected = {(2, -1.0): 0.8, (0, -1.0): 0.1, (8, -1.0): 0.1}
    assert outcomes(world, 4, gridworld.KINGS.index("up-right")) == pytest.approx(expected)


def test_a_thin_wall_stops_both_ways_and_nothing_else() -> None:
    rules = gridworld.Rules(thin_walls=((0, 1),))
    world = gridworld.make("thin", "S.\n.G", slip=0.0, time_limit=10, rules=rules)

    assert outcomes(world, 0, RIGHT) == {(0, -1.0): 1.0}
    assert outcomes(world, 1, LEFT) == {(1, -1.0): 1.0}
    assert outcomes(world, 0, DOWN) == {(2, -1.0): 1.0}
    assert world.statics["thin_wall"].tolist() == [2, 8, 0, 0]


def test_what_entering_pays_is_paid_on_entering_only() -> None:
    rules = gridworld.Rules(
        step_reward=-2.0, bump_reward=-3.0, goal_reward=9.0, pit_reward=-7.0, treasure=4.0
    )
    world = gridworld.make("pays", "SRG\n.P.", slip=0.0, time_limit=10, rules=rules)

    assert outcomes(world, 0, RIGHT) == {(1, 4.0): 1.0}
    assert outcomes(world, 1, UP) == {(1, -3.0): 1.0}  # a bump does not enter
    assert outcomes(world, 1, RIGHT) == {(2, 9.0): 1.0}
    assert outcomes(world, 1, DOWN) == {(4, -7.0): 1.0}
    assert outcomes(world, 0, DOWN) == {(3, -2.0): 1.0}
    assert world.terminal.tolist() == [False, False, True, False, True, False]
    assert world.statics["cell_reward"].tolist() == [0, 4, 9, 0, -7, 0]


def test_a_cell_that_leads_away_does_so_whatever_the_action() -> None:
    rules = gridworld.Rules(step_reward=0.0, leave_a=10.0)
    world = gridworld.make("away", "SA.\n..a", slip=0.0, time_limit=10, rules=rules, letters=".SAa")

    assert [outcomes(world, 1, a) for a in range(4)] == [{(5, 10.0): 1.0}] * 4
    assert world.statics["leads_to"].tolist() == [-1, 5, -1, -1, -1, -1]
