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
OTHER_SIZE = "What was learned can not be kept on a map of another size: start afresh."
MOVES = {  # rows down, columns to the right
    "up": (-1, 0),
    "right": (0, 1),
    "down": (1, 0),
    "left": (0, -1),
    "up-right": (-1, 1),
    "down-right": (1, 1),
    "down-left": (1, -1),
    "up-left": (-1, -1),
}
STRAIGHT = ("up", "right", "down", "left")
_LEADS_TO = {"A": "a", "B": "b"}
_NO_WAY_OVER = "#CP"  # nobody walks on from these


def parse(text: str, letters: str = EPISODIC) -> list[str]:
    """The rows of a map drawn with these letters; BadValue where it is none."""
    rows = text.replace("/", " ").split()
    if not rows or len({len(row) for row in rows}) != 1:
        raise BadValue(
            "All rows of a map must be equally long, but got lengths {lengths}; "
            "fill short rows with `#`.",
            lengths=[len(row) for row in rows],
        )
    cells = "".join(rows)
    if len(cells) > MOST_CELLS:
        raise BadValue(
            "A map must have at most {most} cells, but got {rows} rows of {columns}; "
            "take some away.",
            most=f"{MOST_CELLS:,}",
            rows=len(rows),
            columns=len(rows[0]),
        )
    if strange := set(cells) - set(letters):
        raise BadValue(
            "A map is drawn with `{letters}`, but got {strange}.",
            letters=letters,
            strange=repr(min(strange)),
        )
    if {"S", "G"} <= set(letters) and not {"S", "G"} <= set(cells):
        raise BadValue("A map must have at least one start `S` and one goal `G`; add the missing.")
    if "S" in letters and "S" not in cells:
        raise BadValue("A map must have at least one start `S`; add one.")
    if "C" in cells and cells.count("S") > 1:
        raise BadValue(
            "A map with a cliff must have exactly one start `S`, where falls lead back to, but "
            "got {starts}; leave one.",
            starts=cells.count("S"),
        )
    for from_, to in _LEADS_TO.items():
        if (cells.count(from_), cells.count(to)) not in ((0, 0), (1, 1)):
            raise BadValue(
                "A map must have one `{from_}` and one `{to}` or neither, but got "
                "{from_count} and {to_count}.",
                from_=from_,
                to=to,
                from_count=cells.count(from_),
                to_count=cells.count(to),
            )
    return rows


def check(
    text: str,
    letters: str = EPISODIC,
    moves: tuple[str, ...] = STRAIGHT,
    wind: tuple[int, ...] = (),
) -> str:
    """The map as one line, rows joined by `/`; BadValue also where no way leads to a goal.

    A way is made of these moves, and `wind` blows a step from each column up so many cells.
    """
    rows = parse(text, letters)
    starts = [cell for cell, letter in _cells(rows) if letter == "S"]
    for start in starts if "G" in letters else []:
        if not any(rows[i][j] == "G" for i, j in _met(rows, start, moves, wind)):
            raise BadValue(
                "A goal must be reachable from every start by the moves of this world, but no way "
                "leads from the start in row {row}, column {column}; open a wall.",
                row=start[0] + 1,
                column=start[1] + 1,
            )
    return "/".join(rows)


def same_size(one: str, other: str) -> bool:
    """Whether two maps have as many rows and columns, so that a table of one fits the other."""
    sizes = [[len(row) for row in drawn.split("/")] for drawn in (one, other)]
    return sizes[0] == sizes[1]


def _cells(rows: list[str]) -> list[tuple[tuple[int, int], str]]:
    return [((i, j), letter) for i, row in enumerate(rows) for j, letter in enumerate(row)]


def _met(
    rows: list[str], start: tuple[int, int], moves: tuple[str, ...], wind: tuple[int, ...]
) -> set[tuple[int, int]]:
    """Every cell that some steps lead to."""
    landing = {letter: cell for cell, letter in _cells(rows)}
    lowest, last = len(rows) - 1, len(rows[0]) - 1
    met, edge = {start}, [start]
    while edge:
        i, j = edge.pop()
        letter = rows[i][j]
        if letter in _LEADS_TO:
            around = [landing[_LEADS_TO[letter]]]
        elif letter in _NO_WAY_OVER or letter == "G":
            around = []
        else:
            up = wind[j] if j < len(wind) else 0
            steps = [MOVES[move] for move in moves]
            # A step that would leave the map goes as far as its edge.
            around = [
                (min(max(i + down - up, 0), lowest), min(max(j + right, 0), last))
                for down, right in steps
            ]
        for r, c in around:
            if (r, c) not in met and rows[r][c] != "#":
                met.add((r, c))
                edge.append((r, c))
    return met
