"""What `run --out` writes: rows of curves or of every value (Parquet, JSON Lines), or all (zip)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from rlviz.runs import archive, series
from rlviz.runs.client import About
from rlviz.runs.codec import decode
from rlviz.runs.history import Events, History
from rlviz.runs.history_writer import HistoryWriter
from rlviz.runs.loop import Run
from rlviz.runs.spec import to_plain

Columns = dict[str, Any]
Raw = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]


def write(file: Path, run: Run, *, raw: bool) -> None:
    """Write the run to `file`; a Parquet file also carries the spec in its metadata."""
    if file.suffix == ".zip":
        file.write_bytes(_archive(run))
        return
    rows = pyarrow.table(_values(run) if raw else _curves(run))
    if file.suffix == ".parquet":
        text = orjson.dumps(to_plain(run.spec))
        pyarrow.parquet.write_table(rows.replace_schema_metadata({"rlviz.spec": text}), file)
        return
    with file.open("wb") as lines:
        for batch in rows.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                lines.write(orjson.dumps(row) + b"\n")  # NaN and infinity become null


def _archive(run: Run) -> bytes:
    """As the application exports it: whole, with its last state where there is a whole one."""
    with tempfile.TemporaryDirectory() as folder:
        writer = HistoryWriter(Path(folder))
        run.recorder.flush()
        if raw := _raw(run):
            writer.events({name: Events(*of) for name, of in raw.items()}, run.iteration)
        elif run.recorder.measured:
            writer.values(run.recorder.measured.new(), run.iteration)
        if run.whole:
            writer.checkpoint(run.checkpoint(), run.iteration)
        writer.close()
        return archive.pack(History(Path(folder)), run.spec, About())


def _curves(run: Run) -> Columns:
    names = list(run.summary())
    _, arrays = decode(run.frame(names))
    return series.long_table({name: arrays[name] for name in names if name in arrays})


def _values(run: Run) -> Columns:
    raw = _raw(run)
    columns = zip(*raw.values(), strict=True) if raw else ((), (), ())
    iterations, replicas, values = (_joined(list(parts)) for parts in columns)
    return {
        "signal": _repeated([(name, len(at)) for name, (at, _, _) in raw.items()]),
        "iteration": iterations.astype(int),
        "replica": replicas.astype(int),
        "value": values.astype(float),
    }


def _raw(run: Run) -> dict[str, Raw]:
    """Signal → iterations, replicas and values of all that it had; nothing unless asked for."""
    found: dict[str, Raw] = {}
    for name, kept in (run.recorder.raw or {}).items():
        block = np.stack([value for _, value in kept])  # [m, B]
        at, replica = np.nonzero(~np.isnan(block))
        iterations = np.array([i for i, _ in kept])[at]
        found[name] = (iterations, replica.astype(np.int32), block[at, replica])
    return found


def _repeated(names: list[tuple[str, int]]) -> Any:
    return pyarrow.array([name for name, count in names for _ in range(count)], pyarrow.string())


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0)
