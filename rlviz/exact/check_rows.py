"""What a row of `python -m rlviz check` is, and rows made by the dozen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from rlviz.exact.dynamic_programming import Array

Row = tuple[str, Callable[[], float], float]


class Group(NamedTuple):
    """Rows of one source, with one tolerance."""

    source: str
    tolerance: float
    rows: list[Row]


def each(
    names: Sequence[str], get: Callable[[], Sequence[float] | Array], expected: Sequence[float]
) -> list[Row]:
    """A row for each entry of what `get` gives."""

    def entry(i: int) -> float:
        return float(np.ravel(get())[i])

    return [
        (name, partial(entry, i), value)
        for i, (name, value) in enumerate(zip(names, expected, strict=True))
    ]


def numbered(
    name: str, get: Callable[[], Sequence[float] | Array], expected: Sequence[float]
) -> list[Row]:
    return each([f"{name}, entry {i}" for i in range(len(expected))], get, expected)


def by_setting(
    names: str,
    setting: str,
    get: Callable[[float], Sequence[float] | Array],
    expected: dict[float, Sequence[float]],
) -> list[Row]:
    """Rows for each of several settings; `names` are separated by semicolons."""
    return [
        row
        for at, values in expected.items()
        for row in each(
            [f"{name}, {setting} = {at:g}" for name in names.split("; ")], partial(get, at), values
        )
    ]
