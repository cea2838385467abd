"""Frames and checkpoints as safetensors: a JSON header and raw little-endian tensors.

All metadata stands under one key, because safetensors writes several in random order and the
same state must give the same bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors import numpy as safetensors_numpy

from rlviz.errors import BadMessage

METADATA_KEY = "rlviz"
SCHEMA = 1

Arrays = dict[str, NDArray[Any]]


def encode(metadata: dict[str, Any], arrays: Arrays) -> bytes:
    """One blob; equal arguments give equal bytes."""
    text = orjson.dumps({"schema": SCHEMA, **metadata}).decode()
    plain = {
        name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()
    }
    return safetensors_numpy.save(plain, metadata={METADATA_KEY: text})


def decode(blob: bytes) -> tuple[dict[str, Any], Arrays]:
    """Metadata and arrays; BadMessage where the bytes are not a blob of ours."""
    try:
        arrays = safetensors_numpy.load(blob)
        size = int.from_bytes(blob[:8], "little")
        header = orjson.loads(blob[8 : 8 + size])
        metadata = orjson.loads(header["__metadata__"][METADATA_KEY])
    except (SafetensorError, KeyError, TypeError, ValueError, MemoryError):
        raise BadMessage("The bytes are not a frame or checkpoint of rlviz.") from None
    if not isinstance(metadata, dict) or metadata.get("schema") != SCHEMA:
        raise BadMessage(f"The frame or checkpoint is not of schema {SCHEMA}.")
    return metadata, arrays


def pace(metadata: dict[str, Any]) -> float:
    """Environment steps of one replica in an iteration, on average, by a frame's metadata."""
    iterations = metadata.get("replicas", 0) * metadata.get("iteration", 0)
    return float(metadata["env_steps"] / iterations) if iterations else 0.0


def unpack(plain: Any, arrays: Arrays) -> Any:
    """What `checkpoint.pack` was given, with numpy arrays for tensors and lists for tuples."""
    if isinstance(plain, dict) and "$" in plain:
        return arrays[plain["$"]]
    if isinstance(plain, dict) and "{}" in plain:
        return {key: unpack(item, arrays) for key, item in plain["{}"]}
    if isinstance(plain, dict) and plain.keys() == {"float"}:
        return float(plain["float"])
    if isinstance(plain, dict):
        return {key: unpack(item, arrays) for key, item in plain.items()}
    if isinstance(plain, list):
        return [unpack(item, arrays) for item in plain]
    return plain


def for_view(array: NDArray[Any]) -> NDArray[Any]:
    """As a frame carries it: float32 or int32, so that JavaScript reads it without BigInt."""
    kind = array.dtype.kind
    with np.errstate(over="ignore"):  # what float32 can not hold is shown as infinite
        return array.astype(np.float32 if kind == "f" else np.int32, copy=False)
