"""What `run --out` writes: curves, or every value, as rows of Parquet or JSON Lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from rlviz.runs.codec import decode
from rlviz.runs.loop import Run
from rlviz.runs.spec import to_plain
from rlviz.signals import CURVE_COLUMNS

Columns = dict[str, Any]


def write(file: Path, run: Run, *, raw: bool) -> None:
    """Write the run to `file`; a Parquet file also carries the spec in its metadata."""
    columns = _values(run) if raw else _curves(run)
    rows = pyarrow.table(columns)
    if file.suffix == ".parquet":
        text = orjson.dumps(to_plain(run.spec))
        pyarrow.parquet.write_table(rows.replace_schema_metadata({"rlviz.spec": text}), file)
        return
    with file.open("wb") as lines:
        for batch in rows.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                lines.write(orjson.dumps(row) + b"\n")  # NaN and infinity become null


def _curves(run: Run) -> Columns:
    names = list(run.summary())
    _, arrays = decode(run.frame(names))
    blocks = [(name, arrays[name].astype(np.float64)) for name in names if name in arrays]
    columns: Columns = {"signal": _repeated([(name, block.shape[1]) for name, block in blocks])}
    for row, column in enumerate(CURVE_COLUMNS):
        values = _joined([block[row] for _, block in blocks])
        whole = column in ("at", "n")
        columns["iteration" if column == "at" else column] = values.astype(int) if whole else values
    return columns


def _values(run: Run) -> Columns:
    names, counts, iterations, replicas, values = [], [], [], [], []
    for name, kept in (run.recorder.raw or {}).items():
        block = np.stack([value for _, value in kept])  # [m, B]
        at, replica = np.nonzero(~np.isnan(block))
        names.append(name)
        counts.append(len(at))
        iterations.append(np.array([i for i, _ in kept])[at])
        replicas.append(replica)
        values.append(block[at, replica])
    return {
        "signal": _repeated(list(zip(names, counts, strict=True))),
        "iteration": _joined(iterations).astype(int),
        "replica": _joined(replicas).astype(int),
        "value": _joined(values).astype(float),
    }


def _repeated(names: list[tuple[str, int]]) -> Any:
    return pyarrow.array([name for name, count in names for _ in range(count)], pyarrow.string())


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0)
