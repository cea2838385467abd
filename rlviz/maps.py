"""Maps in letters: what a text must be to be one. Plain Python, so that the server may ask too.

    .  floor    #  wall     S  start    G  goal (terminal)    P  pit (terminal)
    C  cliff (costs, and back to the start)    R  floor that pays when it is entered
    A  leads to a, whatever the action; B to b    O  floor where something can be done

Rows are parted by whitespace or by `/`, so that a map can stand in an address.
"""

from __future__ import annotations

from rlviz.errors import BadValue

CELLS = ".#SGCPRABabO"  # the place of a letter is its number in the static signal `cell_kind`
EPISODIC = ".#SGCPR"  # with a goal, which must be there
CONTINUING = ".#SRABab"  # without one, so that nothing ends
MOST_CELLS = 1024
_LEADS_TO = {"A": "a", "B": "b"}
_NO_WAY_OVER = "#CP"  # nobody walks on from these


def parse(text: str, letters: str = EPISODIC) -> list[str]:
    """The rows of a map drawn with these letters; BadValue where it is none."""
    rows = text.replace("/", " ").split()
    if not rows or len({len(row) for row in rows}) != 1:
        raise BadValue(
            f"All rows of a map must be equally long, but got lengths {[len(r) for r in rows]}; "
            f"fill short rows with `#`."
        )
    cells = "".join(rows)
    if len(cells) > MOST_CELLS:
        raise BadValue(
            f"A map must have at most {MOST_CELLS:,} cells, but got {len(rows)} rows of "
            f"{len(rows[0])}; take some away."
        )
    if strange := set(cells) - set(letters):
        raise BadValue(f"A map is drawn with `{letters}`, but got {sorted(strange)[0]!r}.")
    if {"S", "G"} <= set(letters) and not {"S", "G"} <= set(cells):
        raise BadValue("A map must have at least one start `S` and one goal `G`; add the missing.")
    if "S" in letters and "S" not in cells:
        raise BadValue("A map must have at least one start `S`; add one.")
    if "C" in cells and cells.count("S") > 1:
        raise BadValue(
            f"A map with a cliff must have exactly one start `S`, where falls lead back to, but "
            f"got {cells.count('S')}; leave one."
        )
    for from_, to in _LEADS_TO.items():
        if (cells.count(from_), cells.count(to)) not in ((0, 0), (1, 1)):
            raise BadValue(
                f"A map must have one `{from_}` and one `{to}` or neither, but got "
                f"{cells.count(from_)} and {cells.count(to)}."
            )
    return rows


def check(text: str, letters: str = EPISODIC) -> str:
    """The map as one line, rows joined by `/`; BadValue also where no way leads to a goal."""
    rows = parse(text, letters)
    starts = [cell for cell, letter in _cells(rows) if letter == "S"]
    for start in starts if "G" in letters else []:
        if not any(rows[i][j] == "G" for i, j in _met(rows, start)):
            row, column = start[0] + 1, start[1] + 1
            raise BadValue(
                f"A goal must be reachable from every start by steps up, right, down and left, "
                f"but no way leads from the start in row {row}, column {column}; open a wall."
            )
    return "/".join(rows)


def _cells(rows: list[str]) -> list[tuple[tuple[int, int], str]]:
    return [((i, j), letter) for i, row in enumerate(rows) for j, letter in enumerate(row)]


def _met(rows: list[str], start: tuple[int, int]) -> set[tuple[int, int]]:
    """Every cell that some steps lead to."""
    landing = {letter: cell for cell, letter in _cells(rows)}
    met, edge = {start}, [start]
    while edge:
        i, j = edge.pop()
        letter = rows[i][j]
        if letter in _LEADS_TO:
            around = [landing[_LEADS_TO[letter]]]
        elif letter in _NO_WAY_OVER or letter == "G":
            around = []
        else:
            around = [(i - 1, j), (i, j + 1), (i + 1, j), (i, j - 1)]
        for r, c in around:
            inside = 0 <= r < len(rows) and 0 <= c < len(rows[0])
            if inside and (r, c) not in met and rows[r][c] != "#":
                met.add((r, c))
                edge.append((r, c))
    return met
