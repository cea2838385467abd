"""An archive that comes from anywhere: read with hard limits, or refused with a sentence.

Of a zip only a closed list of flat names is looked at; nothing is written under a name from it,
executed, unpickled or given to a parser of Parquet. What is in a checkpoint is compared with what
a run of its spec saves. The tensors of the State itself are compared with a fresh one by the worker
that goes on from them: one that does not fit fails its own run, with a sentence.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import orjson

from rlviz.catalogue import Catalogue
from rlviz.errors import BadMessage, BadValue, RlvizError
from rlviz.runs import codec
from rlviz.runs.client import About
from rlviz.runs.measured import Values
from rlviz.runs.saved import MIXED, OTHER_FORM, check_checkpoint, refuse
from rlviz.runs.spec import RunSpec, from_plain
from rlviz.signals import SIGNALS

BROKEN = "This file is no zip, or it was cut off on its way; export the run again."
NOT_OURS = "This zip holds something else than a run that rlviz has exported."
BOMB = "What this archive holds is larger than a run can be."

MOST_BYTES = 64 * 2**20  # of an archive
_KB, _MB = 2**10, 2**20
LARGEST = {  # name → bytes of what it holds
    "README.txt": 16 * _KB,
    "spec.json": 2 * _MB,
    "about.json": 16 * _KB,
    "state.safetensors": 64 * _MB,
    "events.safetensors": 8 * _MB,
    "series.parquet": 16 * _MB,
    "events.parquet": 16 * _MB,
    "script.py": 2 * _MB,
    "notebook.ipynb": 4 * _MB,
}
_NEEDED = ("spec.json", "about.json")
_READ = (*_NEEDED, "state.safetensors", "events.safetensors")
MOST_RATIO = 100  # of what an entry of more than a megabyte holds to its packed size
_LONGEST_HEADER = 8 * _MB  # of safetensors
_LONGEST_DIRECTORY = 8 * _KB
_END = struct.Struct("<4sHHHHIIH")  # the end of a zip's directory
_LINK_BITS, _REGULAR = 0o170000, (0, 0o100000)

_COLUMNS = {
    "iteration": np.dtype(np.int64),
    "replica": np.dtype(np.int32),
    "ordinal": np.dtype(np.int32),
    "value": np.dtype(np.float64),
}


@dataclass(frozen=True)
class Found:
    """What an archive holds, checked."""

    spec: RunSpec
    about: About
    iteration: int
    state: bytes
    values: dict[str, Values]


def read(archive: bytes, catalogue: Catalogue) -> Found:
    """All that an import needs of it; BadValue where anything is not as we pack it."""
    entries = _entries(archive)
    try:
        spec = from_plain(_object(entries["spec.json"], "spec.json"), catalogue)
    except BadValue:
        raise
    except RlvizError as unknown:
        raise BadValue(str(unknown)) from None
    plain = _object(entries["about.json"], "about.json")
    state = entries.get("state.safetensors", b"")
    iteration = check_checkpoint(*_decoded(state), spec, catalogue) if state else 0
    if plain.get("schema") != 1 or plain.get("iteration") != iteration:
        raise refuse(MIXED, "its about.json is of another schema or another run")
    blob = entries.get("events.safetensors", b"")
    values = _values(blob, spec, iteration) if blob else {}
    return Found(spec, _about(plain.get("about")), iteration, state, values)


def _entries(archive: bytes) -> dict[str, bytes]:
    """Name → content of those that are read, with every limit of a zip kept."""
    if len(archive) > MOST_BYTES:
        raise BadValue(
            "An archive must have at most {most} MB, but this one has {size}.",
            most=MOST_BYTES // _MB,
            size=-(-len(archive) // _MB),
        )
    _check_directory(archive)
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            listed = packed.infolist()
            for entry in listed:
                _check_entry(entry)
            names = [entry.filename for entry in listed]
            if len(set(names)) != len(names):
                raise refuse(NOT_OURS, "a name stands in it twice")
            if missing := [name for name in _NEEDED if name not in names]:
                raise refuse(NOT_OURS, f"it has no {missing[0]}")
            return {name: _content(packed, name) for name in _READ if name in names}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        OSError,
        OverflowError,
        RuntimeError,  # zipfile's word for what is encrypted, or packed in a way it does not know
        struct.error,
        ValueError,
    ) as broken:
        if isinstance(broken, BadValue):
            raise
        raise refuse(BROKEN, "it is damaged") from None


def _check_directory(archive: bytes) -> None:
    """Before zipfile reads it: a short directory, at the very end, of a plain zip."""
    if len(archive) < _END.size:
        raise refuse(BROKEN, "it is none")
    magic, disk, first, here, count, size, start, comment = _END.unpack(archive[-_END.size :])
    if magic != b"PK\5\6" or disk or first or comment or here != count:
        raise refuse(BROKEN, "it is none, or cut off")
    if not 0 < count <= len(LARGEST) or size > _LONGEST_DIRECTORY:
        raise refuse(NOT_OURS, "it has more entries than those have")
    if start + size + _END.size != len(archive) or b"PK\6\7" in archive[start:]:
        raise refuse(NOT_OURS, "something stands before or between its parts")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.filename not in LARGEST or entry.orig_filename != entry.filename:
        raise refuse(NOT_OURS, "it has an entry of another name")
    if entry.flag_bits & 1 or entry.compress_type not in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    ):
        raise refuse(NOT_OURS, "an entry is encrypted or packed in another way")
    if (entry.external_attr >> 16) & _LINK_BITS not in _REGULAR:
        raise refuse(NOT_OURS, "an entry is not a plain file")
    large = entry.file_size > max(_MB, MOST_RATIO * entry.compress_size)
    if entry.file_size > LARGEST[entry.filename] or large:
        raise refuse(BOMB, f"{entry.filename} is too large")


def _content(packed: zipfile.ZipFile, name: str) -> bytes:
    """Its bytes; what its header says of their number is not believed."""
    with packed.open(name) as entry:
        content = entry.read(LARGEST[name] + 1)
    if len(content) > LARGEST[name]:
        raise refuse(BOMB, f"{name} is too large")
    return content


def _object(content: bytes, name: str) -> dict[str, Any]:
    try:
        plain = orjson.loads(content)
    except orjson.JSONDecodeError:
        plain = None
    if not isinstance(plain, dict):
        raise refuse(OTHER_FORM, f"{name} is not a JSON object")
    return plain


def _decoded(blob: bytes) -> tuple[dict[str, Any], codec.Arrays]:
    """A safetensors blob; its header is bounded before anything reads it."""
    if len(blob) < 8 or int.from_bytes(blob[:8], "little") > _LONGEST_HEADER:
        raise refuse(OTHER_FORM, "its tensors have an impossible header")
    try:
        return codec.decode(blob)
    except BadMessage:
        raise refuse(OTHER_FORM, "its tensors are damaged") from None


def _about(plain: object) -> About:
    names = {f.name for f in fields(About)}
    if not isinstance(plain, dict) or set(plain) != names:
        raise refuse(OTHER_FORM, "its about.json has another form")
    if not all(isinstance(text, str) and len(text) <= 80 for text in plain.values()):
        raise refuse(OTHER_FORM, "its about.json has another form")
    return About(**plain | {"sweep": ""})


def _values(blob: bytes, spec: RunSpec, iteration: int) -> dict[str, Values]:
    """Raw values, as `runs.measured` packs them."""
    plain, arrays = _decoded(blob)
    listed = plain.get("values")
    if not isinstance(listed, dict) or set(plain) != {"schema", "values"}:
        raise refuse(OTHER_FORM, "its raw values have another form")
    if set(arrays) != {f"{name}.{column}" for name in listed for column in _COLUMNS}:
        raise refuse(OTHER_FORM, "its raw values have another form")
    values = {}
    for name, stride in listed.items():
        columns = {column: arrays[f"{name}.{column}"] for column in _COLUMNS}
        for column, kind in _COLUMNS.items():
            found = columns[column]
            if found.ndim != 1 or found.dtype != kind or len(found) != len(columns["value"]):
                raise refuse(OTHER_FORM, "its raw values have another form")
        of = Values(**columns, stride=stride)
        if name not in SIGNALS or not _is_stride(stride) or not _fits(of, spec, iteration):
            raise refuse(MIXED, "its raw values are of another run")
        values[name] = of
    return values


def _fits(of: Values, spec: RunSpec, iteration: int) -> bool:
    """Whether they stand in the order of time, before that iteration, and have such replicas."""
    if not len(of.value):
        return True
    in_time = of.iteration[0] >= 0 and of.iteration[-1] < iteration
    ordered = bool((np.diff(of.iteration) >= 0).all())
    replicas = of.replica.min() >= 0 and of.replica.max() < spec.replicas
    return bool(in_time and ordered and replicas and of.ordinal.min() >= 0)


def _is_stride(stride: object) -> bool:
    return isinstance(stride, int) and not isinstance(stride, bool) and 1 <= stride <= 2**40
