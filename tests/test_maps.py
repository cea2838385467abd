"""What is a map and what is refused, in whole sentences."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rlviz import maps
from rlviz.errors import BadValue
from rlviz.hyperparameters import fields
from rlviz.worlds import grid_5x5, room


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
