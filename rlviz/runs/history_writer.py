"""Writing down what a run shows, bounded in bytes and in the number of files.

The newest frames are kept as they came; older ones are thinned to one for every so many
iterations, a power of two that grows with the run. Checkpoints stand at distances that grow with
their age. All of this happens in small steps beside the writing, none longer than a frame takes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from rlviz.errors import BadMessage
from rlviz.runs import measured
from rlviz.runs.history import CHECKPOINTS, EVENTS, FRAMES, Events
from rlviz.runs.measured import Values, ranks
from rlviz.runs.segments import HEAD, SEGMENT, Kind, Log, Record, Segment, Write, plainly, read

BUDGET = 64 * 2**20  # bytes of one run
DENSE = 256  # of the newest frames, none of which is thinned away
MOST_FRAMES = 4096
FEWEST_CHECKPOINTS, MOST_CHECKPOINTS = 8, 32

_ROOM = 0.75  # of the frames' share that is used after they have been thinned
_MERGE = 128  # records of raw values that become one
_AT_ONCE = 8  # files that one step of thinning replaces at most


class HistoryWriter:
    """The one writer of a run's folder. OSError where nothing can be written: nothing is torn."""

    def __init__(self, folder: Path, budget: int = BUDGET, *, write: Write = plainly) -> None:
        """Make the folder where there is none; what is in it is gone on with."""
        folder.mkdir(parents=True, exist_ok=True)
        segment = min(SEGMENT, budget // 64)
        self._frames = Log(folder, FRAMES, segment=segment, write=write)
        self._checkpoints = Log(folder, CHECKPOINTS, segment=0, write=write)
        self._events = Log(folder, EVENTS, segment=segment, write=write)
        self._budget, self._segment = budget, segment
        self._plan: list[tuple[list[Segment], set[Record]]] = []
        self._stride = 1  # in iterations, of the frames that are not among the newest
        self._settled = -1  # the sequence number up to which they are thinned to it

    @property
    def sequence(self) -> int:
        """The greatest sequence number that a frame of this run ever had here."""
        return _last(self._frames.segments).sequence if self._frames.segments else 0

    def frame(
        self, blob: bytes, sequence: int, iteration: int, beat: int, *, static: bool = False
    ) -> None:
        """Keep a frame; sequence numbers grow."""
        self._thin()
        self._frames.append(Kind.STATIC if static else Kind.FRAME, sequence, iteration, beat, blob)

    def checkpoint(self, blob: bytes, iteration: int) -> None:
        """Keep a checkpoint; one of the same iteration is replaced."""
        log = self._checkpoints
        log.append(Kind.CHECKPOINT, _next(log), iteration, 0, blob)
        if len(log.segments) > 1 and log.segments[-2].records[-1].iteration == iteration:
            log.rewrite(len(log.segments) - 2, len(log.segments) - 2, set())
        while (index := self._least_missed()) is not None:
            log.rewrite(index, index, set())

    def events(self, events: dict[str, Events], iteration: int) -> None:
        """Keep the raw values that a run has had from its start up to that iteration."""
        values = {}
        for name, of in events.items():
            ordinals = (ranks(of.replica) * of.stride).astype(np.int32)
            values[name] = Values(of.iteration, of.replica, ordinals, of.value, of.stride)
        self.values(values, iteration)

    def values(self, values: dict[str, Values], iteration: int) -> None:
        """Keep what was measured since this was last called, before that iteration."""
        if not values:
            return
        log = self._events
        log.append(Kind.EVENTS, _next(log), iteration, 0, measured.pack(values))
        many = sum(len(segment.records) for segment in log.segments) > _MERGE
        if many or _size(log.segments) > 2 * measured.MOST_BYTES:
            self._merge_events(iteration)

    def rewind(self, iteration: int) -> None:
        """Forget everything after the checkpoint of that iteration."""
        self._plan.clear()
        highest = self.sequence
        if _cut(self._frames, lambda record: (record.iteration, record.beat) > (iteration, 0)):
            # The numbers of forgotten frames are not used again: somebody may have seen them.
            self._frames.append(Kind.NOTE, highest, iteration, 0, b"")
        _cut(self._checkpoints, lambda record: record.iteration > iteration)
        if self._events.segments and _last(self._events.segments).iteration > iteration:
            self._merge_events(iteration)

    def close(self) -> None:
        """Let the files go."""
        for log in (self._frames, self._checkpoints, self._events):
            log.close()

    # -------------------------------------------------------------- inside

    def _thin(self) -> None:
        """One step, where frames have outgrown their share or are no longer among the newest."""
        if not self._plan:
            old = self._frames.segments[: self._dense_from()]
            full = self._is_full()
            if old and (full or (self._stride > 1 and _last(old).sequence > self._settled)):
                self._settled = _last(old).sequence
                self._plan = self._planned(old, wider=full)
        if self._plan:
            segments, kept = self._plan[0]
            first = self._frames.segments.index(segments[0])
            self._frames.rewrite(first, first + len(segments) - 1, kept)
            del self._plan[0]

    def _planned(
        self, old: list[Segment], *, wider: bool
    ) -> list[tuple[list[Segment], set[Record]]]:
        """Groups of files that become one each, and what is kept of them."""
        frames = [r for segment in old for r in segment.records if r.kind == Kind.FRAME]
        frames = list({(r.iteration, r.beat): r for r in frames}.values())  # one of each moment
        iterations = np.array([r.iteration for r in frames], np.int64)
        sizes = np.array([HEAD + r.length for r in frames], np.int64)
        rest = self._frames.segments[len(old) :]
        room = _ROOM * self._share - _size(rest)
        places = _ROOM * MOST_FRAMES - sum(len(segment.records) for segment in rest)
        if wider:  # never narrower than the oldest are, so that all old ones are alike
            self._stride = max(self._stride, _spacing(old[0]))
        keep = np.ones(len(frames), bool)
        while True:
            window = iterations // self._stride
            keep[1:] = window[1:] != window[:-1]
            fits = sizes[keep].sum() <= room and keep.sum() <= places
            if not wider or fits or self._stride > iterations.max(initial=0):
                break
            self._stride *= 2
        kept = {record for record, stays in zip(frames, keep.tolist(), strict=True) if stays}
        return _groups(old, kept | _statics(old, kept), self._segment)

    @property
    def _share(self) -> int:
        """Bytes that frames may take, with room for a file that is being rewritten."""
        # A quarter more, because the next checkpoint is written before one is let go.
        checkpoints = max(self._budget // 8, 5 * _size(self._checkpoints.segments) // 4)
        share = self._budget - checkpoints - 2 * measured.MOST_BYTES - 2 * self._segment
        return max(share, self._budget // 8)

    def _is_full(self) -> bool:
        segments = self._frames.segments
        many = sum(len(segment.records) for segment in segments) > MOST_FRAMES
        return many or _size(segments) > self._share

    def _dense_from(self) -> int:
        """The index of the oldest file in which a frame stands that is not thinned away."""
        left, room = DENSE, self._share // 2
        for index in range(len(self._frames.segments) - 1, -1, -1):
            for record in reversed(self._frames.segments[index].records):
                left -= record.kind == Kind.FRAME
                room -= HEAD + record.length
                if left <= 0 or room <= 0:
                    return index
        return 0

    def _least_missed(self) -> int | None:
        """The index of the checkpoint to let go; None where they fit."""
        segments = self._checkpoints.segments
        count, size = len(segments), _size(segments)
        most = self._budget // 2 if count > FEWEST_CHECKPOINTS else 3 * self._budget // 4
        if count == 1 or (count <= MOST_CHECKPOINTS and size <= most):
            return None
        at = np.array([0, *(segment.records[0].iteration for segment in segments)])
        gaps = (at[2:] - at[:-2]) / (at[-1] - at[:-2])  # that it would leave, beside its age
        return int(np.argmin(gaps))

    def _merge_events(self, before: int) -> None:
        """One record in place of all, with what was measured before that iteration."""
        payloads = []
        for segment in self._events.segments:
            for record in segment.records:
                with suppress(BadMessage):
                    payloads.append(read(segment.path, record))
        values = measured.unpack(payloads)
        early = {name: of.where(of.iteration < before) for name, of in values.items()}
        sequence = _next(self._events)
        first = self._events.segments[0].records[0].first
        self._events.merge(Kind.EVENTS, sequence, before, sequence - first, measured.pack(early))


def _size(segments: list[Segment]) -> int:
    return sum(segment.size for segment in segments)


def _last(segments: list[Segment]) -> Record:
    return segments[-1].records[-1]


def _next(log: Log) -> int:
    return _last(log.segments).sequence + 1 if log.segments else 0


def _spacing(segment: Segment) -> int:
    """The greatest power of two that no two of its frames have to share."""
    at = np.array([r.iteration for r in segment.records if r.kind == Kind.FRAME], np.int64)
    stride = 1
    while stride < at.max(initial=0) and (np.diff(at // (2 * stride)) > 0).all():
        stride *= 2
    return stride


def _cut(log: Log, past: Callable[[Record], bool]) -> bool:
    """Let go of the first record that is past something and all after it; whether there was one."""
    for index, segment in enumerate(log.segments):
        for place, record in enumerate(segment.records):
            if past(record):
                log.rewrite(index, len(log.segments) - 1, set(segment.records[:place]))
                return True
    return False


def _statics(segments: list[Segment], kept: set[Record]) -> set[Record]:
    """The static frames that a kept one needs, and the newest, which later ones may need."""
    needed: set[Record] = set()
    static = None
    for segment in segments:
        for record in segment.records:
            if record.kind == Kind.STATIC:
                static = record
            elif static and record in kept:
                needed.add(static)
    return needed | {static} if static else needed


def _groups(
    segments: list[Segment], kept: set[Record], most: int
) -> list[tuple[list[Segment], set[Record]]]:
    """Neighbours whose kept records fit into one file together; none that would stay as it is."""
    groups: list[tuple[list[Segment], set[Record]]] = []
    room = 0
    for segment in segments:
        stays = {record for record in segment.records if record in kept}
        size = sum(HEAD + record.length for record in stays)
        if not groups or size > room or len(groups[-1][0]) == _AT_ONCE:
            groups.append(([], set()))
            room = most
        groups[-1][0].append(segment)
        groups[-1][1].update(stays)
        room -= size
    return [
        (group, stays)
        for group, stays in groups
        if len(group) > 1 or len(stays) < len(group[0].records)
    ]
