"""A run as one file: what it is, what it measured, its last state, and code that makes it again.

    README.txt             five lines on the others
    spec.json              the run as a value
    about.json             how far it was, and what it is for
    state.safetensors      the last checkpoint
    events.safetensors     raw values, from which `events.parquet` is made
    series.parquet         curves
    events.parquet         raw values
    script.py, notebook.ipynb

The same run gives the same bytes. Who imports one reads the first five only, which are texts and
plain numbers (`runs.foreign` says what they must look like): nothing of it is executed.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson

import rlviz
from rlviz.catalogue import Catalogue
from rlviz.runs import codec, foreign, measured, script, series
from rlviz.runs.client import About
from rlviz.runs.history import History
from rlviz.runs.history_writer import HistoryWriter
from rlviz.runs.measured import Values
from rlviz.runs.spec import RunSpec, to_plain

SCHEMA = 1
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip's first day: when it was packed changes no byte
_README = """\
A run of rlviz {version}: {algorithm} on {world}, {iterations} iterations.
spec.json is the whole run as a value: python -m rlviz run --spec spec.json --iterations {many}
series.parquet holds its curves, events.parquet every raw value that was kept (pandas reads both).
state.safetensors is its last state; with events.safetensors it is what rlviz reads to go on.
script.py and notebook.ipynb make the run again; the page of runs takes this file in again.
"""


@dataclass(frozen=True)
class Unpacked:
    """A run that came out of an archive."""

    spec: RunSpec
    about: About
    iteration: int  # of its last checkpoint; 0 where there is none


def pack(history: History, spec: RunSpec, about: About) -> bytes:
    """The archive of a run, as far as its last checkpoint."""
    state = history.checkpoint()
    iteration = int(codec.decode(state)[0]["iteration"]) if state else 0
    values = {name: of for name, of in history.values(iteration).items() if len(of.value)}
    texts = {
        "README.txt": _README.format(
            version=rlviz.__version__,
            algorithm=spec.algorithm,
            world=spec.world,
            iterations=iteration,
            many=max(iteration, 1),
        ).encode(),
        "spec.json": orjson.dumps(to_plain(spec), option=orjson.OPT_INDENT_2),
        "about.json": orjson.dumps(
            {
                "schema": SCHEMA,
                "rlviz": rlviz.__version__,
                "iteration": iteration,
                "about": asdict(about) | {"sweep": ""},
            },
            option=orjson.OPT_INDENT_2,
        ),
        "script.py": script.script(spec, iteration).encode(),
        "notebook.ipynb": script.notebook(spec, iteration, about.name),
    }
    dense = {
        "state.safetensors": state,
        "events.safetensors": measured.pack(dict(sorted(values.items()))) if values else b"",
        "series.parquet": _parquet(series.long_table(series.of_checkpoint(state))),
        "events.parquet": _parquet(_long_table(values)),
    }
    return _zipped(texts, {name: content for name, content in dense.items() if content})


def unpack(archive: bytes, folder: Path, catalogue: Catalogue) -> Unpacked:
    """Keep what an archive holds in that empty folder; BadValue where it is not one of ours."""
    found = foreign.read(archive, catalogue)
    writer = HistoryWriter(folder)
    try:
        if found.state:
            writer.checkpoint(found.state, found.iteration)
        writer.values(found.values, found.iteration)
    finally:
        writer.close()
    return Unpacked(found.spec, found.about, found.iteration)


def file_name(spec: RunSpec, ending: str) -> str:
    """What a file about a run is called; names of algorithms and worlds are plain ASCII words."""
    return f"{spec.algorithm}-{spec.world}{ending}"


def _zipped(texts: dict[str, bytes], dense: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in (texts | dense).items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr = 0o644 << 16
            # Numbers hardly become smaller, and are read where they stand.
            how = zipfile.ZIP_DEFLATED if name in texts else zipfile.ZIP_STORED
            packed.writestr(entry, content, how, 6)
    return out.getvalue()


def _long_table(values: dict[str, Values]) -> dict[str, object]:
    """A row for each raw value; of each replica every `stride`-th is kept."""
    together = sorted(values.items())
    counts = [len(of.value) for _, of in together]
    names = np.repeat(np.array([name for name, _ in together], dtype=object), counts)
    strides = np.repeat(np.array([of.stride for _, of in together], np.int64), counts)
    at, replica, value = (
        np.concatenate([np.zeros(0, kind), *(getattr(of, column) for _, of in together)])
        for column, kind in (("iteration", np.int64), ("replica", np.int32), ("value", np.float64))
    )
    return {"signal": names, "iteration": at, "replica": replica, "value": value, "stride": strides}


def _parquet(table: dict[str, object]) -> bytes:
    """As a Parquet file; pyarrow is large, and loaded by the first export."""
    import pyarrow
    import pyarrow.parquet

    columns = {name: values for name, values in table.items() if name != "signal"}
    signal = pyarrow.array(table["signal"], pyarrow.string())
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"signal": signal, **columns}), out)
    return out.getvalue()
