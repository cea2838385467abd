"""What is a map and what is refused, in whole sentences."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlviz import maps
from rlviz.errors import BadValue
from rlviz.hyperparameters import check_world, fields
from rlviz.worlds import grid_5x5, gridworld, room, windy
from rlviz.worlds.tabular import TabularWorld


@pytest.mark.parametrize("text", ["S.G\n...", " S.G ...", "S.G/...", "S.G/\n.../"])
def test_rows_are_parted_by_whitespace_or_a_slash(text: str) -> None:
    assert maps.check(text) == "S.G/..."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"equally long, but got lengths \[\]; fill short rows"),
        ("S.G/..", r"equally long, but got lengths \[3, 2\]; fill short rows"),
        ("S?G", r"drawn with `.#SGCPR`, but got '\?'\."),
        ("SAG/..a", r"drawn with `.#SGCPR`, but got 'A'\."),
        ("..G", "at least one start `S` and one goal `G`; add the missing"),
        ("S..", "at least one start `S` and one goal `G`; add the missing"),
        ("SCS/..G", "exactly one start `S`, where falls lead back to, but got 2; leave one"),
        ("/".join(["S" + "." * 31 + "G"] * 32), "at most 1,024 cells, but got 32 rows of 33"),
        ("S#G", "no way leads from the start in row 1, column 1; open a wall"),
        ("G.S/###/S.#", "no way leads from the start in row 3, column 1; open a wall"),
        ("SCG", "no way leads from the start"),  # who falls is back at the start
        ("SPG", "no way leads from the start"),  # who falls is out
        ("S#/#G", "no way leads from the start"),  # no step goes diagonally
    ],
)
def test_an_impossible_map_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadValue, match=sentence):
        maps.check(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("SA.", "one `A` and one `a` or neither, but got 1 and 0"),
        ("SAaa", "one `A` and one `a` or neither, but got 1 and 2"),
        ("..b.B", "at least one start `S`; add one"),
        ("S.G", "drawn with `.#SRABab`, but got 'G'"),
    ],
)
def test_a_map_without_an_end_has_rules_of_its_own(text: str, sentence: str) -> None:
    with pytest.raises(BadValue, match=sentence):
        maps.check(text, maps.CONTINUING)


def test_1024_cells_are_allowed() -> None:
    drawn = "/".join(["S" + "." * 30 + "G"] * 32)

    assert maps.check(drawn) == drawn


def test_a_start_may_be_cut_off_where_nothing_ends() -> None:
    assert maps.check("S#.", maps.CONTINUING) == "S#."


def test_a_cell_that_leads_away_is_a_way() -> None:
    assert maps.check("SA#aG", ".#SGAa") == "SA#aG"


def test_a_way_is_made_of_the_moves_of_the_world() -> None:
    with pytest.raises(BadValue, match="by the moves of this world"):
        maps.check("S#/#G", moves=maps.STRAIGHT)
    assert maps.check("S#/#G", moves=tuple(maps.MOVES)) == "S#/#G"


@pytest.mark.parametrize(
    ("drawn", "wind", "leads"),
    [
        ("..G/###/S..", (), False),
        ("..G/###/S..", (2,), True),  # from column 0 even a step to the right goes over the wall
        ("S../##./G..", (), True),
        ("S../##./G..", (0, 0, 1), False),  # who steps down in column 2 stays where they are
    ],
)
def test_the_wind_makes_and_shuts_ways(drawn: str, wind: tuple[int, ...], leads: bool) -> None:
    if leads:
        assert maps.check(drawn, wind=wind) == drawn
    else:
        with pytest.raises(BadValue, match="no way leads"):
            maps.check(drawn, wind=wind)


@given(
    rows=st.lists(st.text("..#SGC", min_size=4, max_size=4), min_size=2, max_size=5),
    moves=st.sampled_from([maps.STRAIGHT, tuple(maps.MOVES)]),
    wind=st.lists(st.integers(0, 3), max_size=4),
)
def test_the_ways_of_a_map_are_those_of_its_tables(
    rows: list[str], moves: tuple[str, ...], wind: list[int]
) -> None:
    drawn = "/".join(rows)
    rules = gridworld.Rules(actions=moves, wind=tuple(wind))
    try:
        maps.parse(drawn)
    except BadValue:
        return
    world = gridworld.make("drawn", drawn, slip=0.0, time_limit=9, rules=rules)
    goals = {s for s in range(world.n_states) if "".join(rows)[s] == "G"}
    leads = all(goals & reached(world, s) for s in np.flatnonzero(world.start).tolist())
    try:
        maps.check(drawn, moves=moves, wind=tuple(wind))
        found = True
    except BadValue:
        found = False

    assert found == leads


def reached(world: TabularWorld, start: int) -> set[int]:
    """Every state that the tables lead to."""
    met, edge = {start}, [start]
    while edge:
        for s in world.next_state[edge.pop()].reshape(-1).tolist():
            if s not in met:
                met.add(s)
                edge.append(s)
    return met


def test_a_map_is_checked_in_the_wind_of_now() -> None:
    known, drawn = fields(windy.Config), "S.../###./G..."

    assert known["map"].check(drawn) == drawn  # who may blow it shut is another knob
    assert check_world(known, {"map": drawn, "wind": 0}) == {"map": drawn, "wind": 0}
    with pytest.raises(BadValue, match="no way leads from the start in row 1, column 1"):
        check_world(known, {"map": drawn})  # in column 3 it blows by 1


def test_a_table_fits_only_a_map_of_its_own_size() -> None:
    assert maps.same_size("S..G", "S#.G")
    assert not maps.same_size("S..G", "S./.G")


def test_a_refusal_is_a_text_with_places() -> None:
    with pytest.raises(BadValue, match="got lengths") as refused:
        maps.check("S.G/..")

    assert refused.value.values == {"lengths": "[3, 2]"}
    assert refused.value.text.format(**refused.value.values) == str(refused.value)


def test_a_field_checks_its_map_and_gives_it_in_one_line() -> None:
    field = fields(room.Config)["map"]

    assert (field.letters, field.check("S.\n.G"), field.live) == (maps.EPISODIC, "S./.G", False)
    with pytest.raises(BadValue, match="no way leads"):
        field.check("S#G")
    assert fields(grid_5x5.Config)["map"].letters == maps.CONTINUING


def test_whoever_checks_a_map_needs_neither_numpy_nor_torch() -> None:
    code = "import sys, rlviz.maps; print({'numpy', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
