"""Curves as a long table: a row for each bin of each signal; as columns, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlviz.runs import codec
from rlviz.runs.curves import Curve
from rlviz.signals import CURVE_COLUMNS

COLUMNS = ("signal", "iteration", *CURVE_COLUMNS[1:])
_WHOLE = ("iteration", "n")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def of_checkpoint(blob: bytes) -> dict[str, NDArray[np.float32]]:
    """The curves that a checkpoint holds, by signal; rows of CURVE_COLUMNS, [7, bins]."""
    if not blob:
        return {}
    saved, arrays = codec.decode(blob)
    curves = {}
    for name, state in codec.unpack(saved["recorder"], arrays)["curves"].items():
        curve = Curve()
        curve.load_state_dict(state)
        curves[name] = curve.columns()
    return dict(sorted(curves.items()))


def long_table(curves: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Column → values; the signal's name stands in each of its rows."""
    rows = {"signal": [name for name, block in curves.items() for _ in range(block.shape[1])]}
    together = np.concatenate(
        [np.zeros((len(CURVE_COLUMNS), 0)), *curves.values()], axis=1, dtype=np.float64
    )
    for column, values in zip(COLUMNS[1:], together, strict=True):
        rows[column] = values.astype(np.int64) if column in _WHOLE else values
    return rows


def as_csv(table: Mapping[str, Any]) -> bytes:
    """Comma-separated, with a header; nothing where there is no number.

    A text that a spreadsheet would take for a formula gets a quote before it, and stays text.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in table])
    columns = [v.tolist() if isinstance(v, np.ndarray) else v for v in table.values()]
    writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))
    return out.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, float):
        short = np.float32(value)  # what a curve holds, in as few digits as say it
        return "" if value != value else str(short) if short == value else value
    return value
