"""Raw values of a run: each episode's return and the like, by iteration and replica.

They are bounded: when a signal has too many, every second value of each replica is let go, then
every fourth, and so on, so that what stays is spread over the whole run and over all replicas. What
is kept depends on the run alone, not on when somebody looked or wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlviz.runs import codec

MOST_BYTES = 4 * 2**20  # of one run
_VALUE_BYTES = 24
_COLUMNS = ("iteration", "replica", "ordinal", "value")


@dataclass(frozen=True)
class Values:
    """Some values of one signal, in the order of time."""

    iteration: NDArray[np.int64]  # [n]
    replica: NDArray[np.int32]  # [n]
    ordinal: NDArray[np.int32]  # [n], from 0 for the first value that this replica had
    value: NDArray[np.float64]  # [n]
    stride: int = 1  # only ordinals that it divides are kept

    def where(self, mask: NDArray[np.bool_]) -> Values:
        """Those of the mask."""
        at, replica, ordinal = self.iteration[mask], self.replica[mask], self.ordinal[mask]
        return Values(at, replica, ordinal, self.value[mask], self.stride)

    def thinned(self, stride: int) -> Values:
        """Those whose ordinal the stride divides."""
        if stride == self.stride:
            return self
        return replace(self.where(self.ordinal % stride == 0), stride=stride)


class Measured:
    """Takes every value; holds those that have not been written yet."""

    def __init__(self, names: Collection[str], replicas: int) -> None:
        """Of these signals; each has its share of the bytes."""
        self.names, self._replicas = frozenset(names), replicas
        self._most = max(MOST_BYTES // _VALUE_BYTES // max(len(names), 1), replicas)
        self._counts: dict[str, NDArray[np.int64]] = {}  # values that each replica had
        self._strides: dict[str, int] = {}
        self._new: dict[str, list[Values]] = {}

    def add(
        self,
        name: str,
        iterations: NDArray[np.int64],
        replicas: NDArray[np.int64],
        values: NDArray[np.float64],
    ) -> None:
        """Values in the order of time, [n] each."""
        if len(values) == 0:
            return
        counts = self._counts.setdefault(name, np.zeros(self._replicas, np.int64))
        ordinals = ranks(replicas) + counts[replicas]
        counts += np.bincount(replicas, minlength=len(counts))
        stride = self._strides.get(name, 1)
        while int((-(-counts // stride)).sum()) > self._most:
            stride *= 2
        self._strides[name] = stride
        stays = ordinals % stride == 0
        if stays.any():
            kept = Values(
                iterations[stays],
                replicas[stays].astype(np.int32),
                ordinals[stays].astype(np.int32),
                values[stays],
                stride,
            )
            self._new.setdefault(name, []).append(kept)

    def new(self) -> dict[str, Values]:
        """What has come since `forget`."""
        return {name: join(parts, self._strides[name]) for name, parts in self._new.items()}

    def forget(self) -> None:
        """What has come so far is written."""
        self._new.clear()

    def state_dict(self) -> dict[str, Any]:
        """How many there were of each, and how they are thinned."""
        names = sorted(self._counts)
        return {name: [self._counts[name], self._strides[name]] for name in names}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What `state_dict` gave."""
        for name, (counts, stride) in state.items():
            self._counts[name], self._strides[name] = counts.copy(), stride


def ranks(replicas: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many of the same replica stand before each, [n]."""
    order = np.argsort(replicas.astype(np.int16), kind="stable")  # 4,096 at most: quick so
    # In the order of replicas each one's values stand together: their ranks are 0, 1, 2 …
    counts = np.bincount(replicas)
    found = np.empty(len(replicas), np.int64)
    found[order] = np.arange(len(replicas)) - np.repeat(np.cumsum(counts) - counts, counts)
    return found


def join(parts: Iterable[Values], stride: int | None = None) -> Values:
    """One after the other, thinned as the newest is; at least one."""
    parts = list(parts)
    stride = stride or parts[-1].stride
    same = [part.thinned(stride) for part in parts]
    return Values(
        np.concatenate([part.iteration for part in same]),
        np.concatenate([part.replica for part in same]),
        np.concatenate([part.ordinal for part in same]),
        np.concatenate([part.value for part in same]),
        stride,
    )


def pack(values: dict[str, Values]) -> bytes:
    """As a record carries them."""
    arrays = {
        f"{name}.{column}": getattr(of, column)
        for name, of in values.items()
        for column in _COLUMNS
    }
    return codec.encode({"values": {name: of.stride for name, of in values.items()}}, arrays)


def unpack(payloads: Iterable[bytes]) -> dict[str, Values]:
    """The values of several records, the oldest first."""
    parts: dict[str, list[Values]] = {}
    for payload in payloads:
        about, arrays = codec.decode(payload)
        for name, stride in about["values"].items():
            at, replica, ordinal, value = (arrays[f"{name}.{column}"] for column in _COLUMNS)
            parts.setdefault(name, []).append(Values(at, replica, ordinal, value, stride))
    return {name: join(of) for name, of in parts.items()}
