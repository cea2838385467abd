"""What is kept of a run: frames, checkpoints and raw values in the files of its folder.

The run's worker writes them (`runs.history_writer`); here they are read, by whoever wants to, also
while they are written, thinned and taken back.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlviz.errors import BadMessage, NoSuchRun
from rlviz.runs import measured
from rlviz.runs.measured import Values
from rlviz.runs.segments import SUFFIX, Kind, Record, Scan, read, scan

FRAMES, CHECKPOINTS, EVENTS = FAMILIES = ("frames", "checkpoint", "events")


@dataclass(frozen=True)
class Kept:
    """One kept frame."""

    sequence: int
    iteration: int
    beat: int


@dataclass(frozen=True)
class Events:
    """Raw values of a signal, in the order of time; `whole` where every one of them is kept.

    Else they are every `stride`-th value of each replica.
    """

    iteration: NDArray[np.int64]  # [n]
    replica: NDArray[np.int32]  # [n]
    value: NDArray[np.float64]  # [n]
    whole: bool = True
    stride: int = 1


@dataclass
class _Index:
    """What the files of a folder hold; never changed once it is made."""

    frames: dict[int, tuple[Path, Record]] = field(default_factory=dict)  # by sequence
    statics: dict[int, tuple[Path, Record]] = field(default_factory=dict)
    checkpoints: dict[int, tuple[Path, Record]] = field(default_factory=dict)  # by iteration
    events: dict[int, tuple[Path, Record]] = field(default_factory=dict)  # by sequence
    moments: dict[tuple[int, int], int] = field(default_factory=dict)  # to its newest frame
    kept: list[Kept] = field(default_factory=list)
    last_sequence: int = 0
    newest: dict[str, tuple[int, str]] = field(default_factory=dict)  # record of each family


class History:
    """The reader of a run's folder: cheap to make, quicker when it is kept.

    It may be used from any thread. A folder that is not there yet is empty.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is read before something is asked."""
        self._folder = folder
        self._scans: dict[Path, Scan] = {}
        self._sizes: dict[Path, int] = {}
        self._index = _Index()
        self._broken: dict[str, None] = {}  # sentences about payloads, in the order of discovery
        self._thorough = False
        self._lock = threading.Lock()

    @property
    def damage(self) -> tuple[str, ...]:
        """What is broken, a sentence each, as far as it has been read; `check` reads all."""
        self._refresh()
        with self._lock:
            found = [sentence for one in self._scans.values() for sentence in one.damage]
            return (*found, *self._broken)

    def check(self) -> tuple[str, ...]:
        """Read every payload; the damage that there is. What is damaged is not listed any more."""
        with self._lock:
            self._thorough = True
            self._scans, self._sizes, self._broken = {}, {}, {}
        return self.damage

    def frames(self) -> list[Kept]:
        """Every kept frame, the oldest first."""
        return list(self._refresh().kept)

    def frame(self, sequence: int) -> bytes:
        """That frame; NoSuchRun where it has been thinned away, BadMessage where it is damaged."""
        for _ in range(2):  # its file may be replaced between a look at the folder and this
            place = self._refresh().frames.get(sequence)
            if place is None:
                break
            try:
                return self._payload(*place)
            except FileNotFoundError:
                continue
        raise NoSuchRun(f"Frame {sequence} is not kept any more; ask for the ones that are.")

    def static(self, sequence: int) -> bytes:
        """The newest static frame that is not after that sequence; b"" where there is none."""
        for _ in range(2):
            statics = self._refresh().statics
            fits = [one for one in statics if one <= sequence] or list(statics)[:1]
            try:
                return self._payload(*statics[max(fits)]) if fits else b""
            except FileNotFoundError:
                continue
        return b""

    def nearest(self, iteration: int) -> Kept | None:
        """The newest kept frame that is not after that iteration."""
        kept = self._refresh().kept
        after = bisect_right(kept, iteration, key=lambda frame: frame.iteration)
        return kept[after - 1] if after else None

    def checkpoints(self) -> list[int]:
        """The iterations from which the run can go on, the oldest first."""
        return sorted(self._refresh().checkpoints)

    def checkpoint(self, at_most: int | None = None) -> bytes:
        """The newest one that is not after that iteration and not damaged; b"" for none."""
        places = self._refresh().checkpoints
        for iteration in sorted(places, reverse=True):
            if at_most is None or iteration <= at_most:
                try:
                    return self._payload(*places[iteration])
                except (BadMessage, FileNotFoundError):
                    continue
        return b""

    def events(self) -> dict[str, Events]:
        """The raw values that were kept of each signal."""
        values, undamaged = self._values()
        return {
            name: Events(
                of.iteration, of.replica, of.value, undamaged and of.stride == 1, of.stride
            )
            for name, of in values.items()
        }

    def values(self, before: int) -> dict[str, Values]:
        """The same as they are written, of iterations before that one."""
        values, _ = self._values()
        return {name: of.where(of.iteration < before) for name, of in values.items()}

    @property
    def last_sequence(self) -> int:
        """The greatest sequence number that a frame ever had here; 0 where there was none."""
        return self._refresh().last_sequence

    def _values(self) -> tuple[dict[str, Values], bool]:
        """What is written of raw values, and whether all of it could be read."""
        for _ in range(2):
            payloads, events = [], self._refresh().events
            try:
                for one in sorted(events):
                    with suppress(BadMessage):
                        payloads.append(self._payload(*events[one]))
            except FileNotFoundError:
                continue
            return measured.unpack(payloads), len(payloads) == len(events)
        return {}, False

    def _payload(self, path: Path, record: Record) -> bytes:
        try:
            return read(path, record)
        except BadMessage as damaged:
            with self._lock:
                self._broken[str(damaged)] = None
            raise

    def _refresh(self) -> _Index:
        """The index of the folder as it is now."""
        with self._lock:
            sizes = _sizes(self._folder)
            if sizes != self._sizes:
                scans, more = {}, []
                for path, size in sizes.items():
                    before = self._scans.get(path)
                    if before is None or size < before.end:
                        before = Scan()
                    if size != self._sizes.get(path):
                        try:
                            added = scan(path, before.end, thorough=self._thorough)
                        except FileNotFoundError:
                            continue
                        more += [(path, record) for record in added.records]
                        damage = list(dict.fromkeys(before.damage + added.damage))
                        before = Scan(before.records + added.records, added.end, damage)
                    scans[path] = before
                grown = all(
                    path in scans and one.end <= scans[path].end
                    for path, one in self._scans.items()
                )
                self._scans, self._sizes = scans, sizes
                self._index = (grown and _continued(self._index, more)) or _indexed(scans)
            return self._index


def _sizes(folder: Path) -> dict[Path, int]:
    """The files of ours in that folder."""
    sizes = {}
    try:
        for entry in os.scandir(folder):
            path = folder / entry.name
            if _family(path) in FAMILIES and path.suffix == SUFFIX and "-" in path.stem:
                with suppress(FileNotFoundError):  # rewritten while we look
                    sizes[path] = entry.stat().st_size
    except FileNotFoundError:
        return {}
    return sizes


def _indexed(scans: dict[Path, Scan]) -> _Index:
    """Of all that the files hold."""
    found = [(path, record) for path, one in scans.items() for record in one.records]
    return _with(_Index(), sorted(found, key=_order))


def _continued(index: _Index, more: list[tuple[Path, Record]]) -> _Index | None:
    """The same with what was written since; None where that is not newer than all there was.

    A run that trains writes many frames a second, and sorting all of them again for each is slow.
    """
    if any(_order(one) <= index.newest.get(_family(one[0]), (-1, "")) for one in more):
        return None
    copy = replace(
        index,
        frames=dict(index.frames),
        statics=dict(index.statics),
        checkpoints=dict(index.checkpoints),
        events=dict(index.events),
        moments=dict(index.moments),
        newest=dict(index.newest),
    )
    return _with(copy, sorted(more, key=_order))


def _family(path: Path) -> str:
    return path.name.partition("-")[0]


def _order(found: tuple[Path, Record]) -> tuple[int, str]:
    """While a file is rewritten its records stand in both; the newer one is there for longer."""
    path, record = found
    return record.sequence, path.name


def _with(index: _Index, found: list[tuple[Path, Record]]) -> _Index:
    """That index, which is nobody's yet, with these records in their order."""
    for path, record in found:
        if record.kind in (Kind.FRAME, Kind.STATIC, Kind.NOTE):
            index.last_sequence = record.sequence
        match record.kind:
            case Kind.FRAME:
                index.frames[record.sequence] = path, record
                # Of several frames of one moment the newest has all that the others had.
                index.moments[record.iteration, record.beat] = record.sequence
            case Kind.STATIC:
                index.statics[record.sequence] = path, record
            case Kind.CHECKPOINT:
                index.checkpoints[record.iteration] = path, record
            case Kind.EVENTS:
                for merged in range(record.first, record.sequence):
                    index.events.pop(merged, None)
                index.events[record.sequence] = path, record
        index.newest[_family(path)] = _order((path, record))
    index.kept = [Kept(sequence, *moment) for moment, sequence in index.moments.items()]
    return index
