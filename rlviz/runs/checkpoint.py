"""State to tensors and JSON and back, without pickle and without reading a class name.

Saving walks a dataclass; loading fills a State that is fresh from `init`, so that nothing of what
is read decides what is built. What a field is decides how it travels: a tensor as a block, an
object with `state_dict` (module, optimiser, stream) as that, a nested dataclass by its fields, and
numbers and texts as JSON.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlviz.errors import BadMessage
from rlviz.runs.codec import Arrays
from rlviz.runs.codec import unpack as unpack  # the other way round: the server reads it too


def pack(value: Any, path: str, arrays: Arrays) -> Any:
    """`value` as JSON in which each tensor is `{"$": name}`, put into `arrays` under that name."""
    if isinstance(value, Tensor):
        arrays[path] = value.detach().cpu().numpy().copy()
        return {"$": path}
    if isinstance(value, np.ndarray):
        arrays[path] = value.copy()
        return {"$": path}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value)]
        return {name: pack(getattr(value, name), f"{path}.{name}", arrays) for name in names}
    if hasattr(value, "state_dict"):
        return pack(value.state_dict(), path, arrays)
    if isinstance(value, dict):  # pairs, because the keys of an optimiser's state are ints
        pairs = [[key, pack(item, f"{path}.{key}", arrays)] for key, item in value.items()]
        return {"{}": pairs}
    if isinstance(value, list | tuple):
        return [pack(item, f"{path}.{i}", arrays) for i, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):  # JSON would make it null
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A State may not hold a {type(value).__name__} (at {path}).")


def fill(fresh: Any, saved: Any, path: str = "state") -> Any:
    """`fresh`, of the same form as what was saved, with the saved values."""
    if isinstance(fresh, Tensor):
        if not isinstance(saved, np.ndarray) or tuple(saved.shape) != tuple(fresh.shape):
            raise BadMessage(f"The checkpoint's {path} does not have shape {tuple(fresh.shape)}.")
        loaded = torch.from_numpy(saved.copy())
        if loaded.dtype != fresh.dtype:
            raise BadMessage(f"The checkpoint's {path} must be {fresh.dtype}, got {loaded.dtype}.")
        return loaded.to(fresh.device)
    if dataclasses.is_dataclass(fresh) and not isinstance(fresh, type):
        for f in dataclasses.fields(fresh):
            if not isinstance(saved, dict) or f.name not in saved:
                raise BadMessage(f"The checkpoint has no {path}.{f.name}.")
            value = fill(getattr(fresh, f.name), saved[f.name], f"{path}.{f.name}")
            setattr(fresh, f.name, value)
        return fresh
    if isinstance(fresh, dict) and fresh:  # an empty one says nothing of its form
        if not isinstance(saved, dict) or saved.keys() != fresh.keys():
            raise BadMessage(f"The checkpoint's {path} must have {sorted(fresh)}.")
        return {key: fill(fresh[key], saved[key], f"{path}.{key}") for key in fresh}
    if hasattr(fresh, "load_state_dict"):
        try:
            fresh.load_state_dict(_with_tensors(saved))
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as reason:
            raise BadMessage(f"The checkpoint's {path} does not fit: {reason}") from None
        return fresh
    return saved if isinstance(fresh, np.ndarray) else _with_tensors(saved)


def _with_tensors(saved: Any) -> Any:
    """What modules and optimisers load: the arrays of `unpack` as tensors of their own."""
    if isinstance(saved, np.ndarray):
        return torch.from_numpy(saved.copy())
    if isinstance(saved, dict):
        return {key: _with_tensors(item) for key, item in saved.items()}
    if isinstance(saved, list):
        return [_with_tensors(item) for item in saved]
    return saved


def tensors(value: Any, path: str = "state") -> dict[str, Tensor]:
    """Every tensor that the State owns directly, by its path."""
    if isinstance(value, Tensor):
        return {path: value}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found: dict[str, Tensor] = {}
        for f in dataclasses.fields(value):
            found |= tensors(getattr(value, f.name), f"{path}.{f.name}")
        return found
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            found |= tensors(item, f"{path}.{key}")
        return found
    return {}
