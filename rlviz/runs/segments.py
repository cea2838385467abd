"""Records in append-only files, read again whatever has become of the bytes.

A record is a header of 40 bytes (what it is, where the run stood, how long the payload is and its
checksum, and the header's own checksum) and the payload. Files are named `FAMILY-NUMBER.log`; a
number is never used twice, and what is rewritten gets a new one, so that what a reader knows of a
file stays true for as long as there is that file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from io import FileIO
from pathlib import Path
from typing import NamedTuple, Protocol

from rlviz.errors import BadMessage

SUFFIX = ".log"
SEGMENT = 2**20  # bytes after which a file is closed and the next one is begun
RECORDS = 256  # the same
FORMAT = 1

_MAGIC = b"rlv"
_HEADER = struct.Struct("<3sBBxxxQQIII")  # magic, format, kind, sequence … checksum of the payload
_CHECKSUM = struct.Struct("<I")  # of all that stands before it
_CHUNK = 2**20
HEAD = _HEADER.size + _CHECKSUM.size


class Kind(IntEnum):
    """What a record holds."""

    FRAME = 1
    STATIC = 2
    CHECKPOINT = 3
    EVENTS = 4
    NOTE = 5


class Record(NamedTuple):
    """Where a record stands in its file, and what its header says."""

    kind: int
    sequence: int
    iteration: int
    beat: int
    length: int
    checksum: int
    offset: int

    @property
    def end(self) -> int:
        """Where the next record begins."""
        return self.offset + HEAD + self.length

    @property
    def first(self) -> int:
        """The oldest sequence number that it stands for: raw values tell how many in `beat`."""
        return self.sequence - self.beat if self.kind == Kind.EVENTS else self.sequence


class Write(Protocol):
    """Writes bytes at the end of an open file and returns how many; OSError where it can not."""

    def __call__(self, file: FileIO, data: memoryview, /) -> int:
        """At least one byte, where there are any."""


def plainly(file: FileIO, data: memoryview) -> int:
    """The operating system's own write."""
    return file.write(data) or 0


def packed(kind: Kind, sequence: int, iteration: int, beat: int, payload: bytes) -> bytes:
    """The bytes of a record."""
    checksum = zlib.crc32(payload)
    head = _HEADER.pack(_MAGIC, FORMAT, kind, sequence, iteration, beat, len(payload), checksum)
    return head + _CHECKSUM.pack(zlib.crc32(head)) + payload


@dataclass
class Scan:
    """What was found in a file from some place on: records, how far they reach, what is broken."""

    records: list[Record] = field(default_factory=list)
    end: int = 0
    damage: list[str] = field(default_factory=list)


def scan(path: Path, start: int = 0, *, thorough: bool = False) -> Scan:
    """The records of a file, by their headers alone; payloads too where it shall be `thorough`.

    A record that is not whole at the end of the file is no damage: it was being written. Behind
    broken bytes the next whole record is looked for, also inside the payload of the one before,
    which may have lost bytes.
    """
    found = Scan(end=start)
    with path.open("rb", buffering=0) as file:
        size = file.seek(0, 2)
        while found.end < size:
            head = _at(file, found.end, HEAD)
            record = _record(head, found.end)
            if record and record.end <= size and (not thorough or _is_sound(file, record)):
                found.records.append(record)
                found.end = record.end
                continue
            if other := _other_format(head):
                found.damage.append(f"`{path.name}` is of format {other}, not of {FORMAT}.")
                break
            last = found.records[-1] if found.records and not thorough else None
            begin = last.offset + 1 if last else found.end + 1
            further = _search(file, begin, size, thorough=thorough)
            if further is None:
                if len(head) == HEAD and (record is None or record.end <= size):
                    found.damage.append(f"`{path.name}` is damaged from byte {found.end} on.")
                break
            if last and further < last.end:
                found.records.pop()
                found.end = last.offset
            found.damage.append(
                f"`{path.name}` is damaged from byte {found.end} to byte {further}."
            )
            found.end = further
    return found


def read(path: Path, record: Record) -> bytes:
    """A record's payload; FileNotFoundError without the file, BadMessage where it is damaged."""
    with path.open("rb", buffering=0) as file:
        data = _at(file, record.offset, HEAD + record.length)
    payload = data[HEAD:]
    if _record(data[:HEAD], record.offset) != record or zlib.crc32(payload) != record.checksum:
        raise BadMessage(f"`{path.name}` is damaged at byte {record.offset}.")
    return payload


def _record(head: bytes, offset: int) -> Record | None:
    if not _is_checked(head):
        return None
    magic, form, *values = _HEADER.unpack(head[: _HEADER.size])
    return Record._make((*values, offset)) if (magic, form) == (_MAGIC, FORMAT) else None


def _is_checked(head: bytes) -> bool:
    return len(head) == HEAD and head[_HEADER.size :] == _CHECKSUM.pack(
        zlib.crc32(head[: _HEADER.size])
    )


def _other_format(head: bytes) -> int:
    """The number of the format where it is not ours; 0 where these bytes are of none."""
    return head[3] if head[:3] == _MAGIC and _is_checked(head) and head[3] != FORMAT else 0


def _at(file: FileIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    data = file.read(length)
    while data is not None and len(data) < length and (more := file.read(length - len(data))):
        data += more
    return data or b""


def _is_sound(file: FileIO, record: Record) -> bool:
    return zlib.crc32(_at(file, record.offset + HEAD, record.length)) == record.checksum


def _search(file: FileIO, begin: int, size: int, *, thorough: bool) -> int | None:
    """Where the first whole record at `begin` or later stands."""
    for chunk in range(begin, size, _CHUNK):
        data = _at(file, chunk, _CHUNK + HEAD - 1)
        at = data.find(_MAGIC)
        while at >= 0:
            record = _record(data[at : at + HEAD], chunk + at)
            if record and record.end <= size and (not thorough or _is_sound(file, record)):
                return record.offset
            at = data.find(_MAGIC, at + 1)
    return None


class Segment:
    """A file of a log, and the records that stand in it."""

    def __init__(self, path: Path, records: Iterable[Record] = (), *, clean: bool = True) -> None:
        """A `clean` one holds nothing else, so it may be written on."""
        self.path, self.records, self.clean = path, list(records), clean

    @property
    def size(self) -> int:
        """Bytes up to the end of its last record."""
        return self.records[-1].end if self.records else 0


class Log:
    """The files of one family in a folder, written by one process.

    Records stand in the order of their sequence numbers, which only grow. An OSError leaves
    everything as it was.
    """

    def __init__(
        self, folder: Path, family: str, *, segment: int = SEGMENT, write: Write = plainly
    ) -> None:
        """Read what there is; a record that is not whole, or damaged, is not among it."""
        self._folder, self._family, self._most, self._write = folder, family, segment, write
        self._file: FileIO | None = None
        for part in folder.glob(f"{family}-*.part"):
            part.unlink()
        paths = sorted(folder.glob(f"{family}-*{SUFFIX}"), key=number, reverse=True)
        self._number = number(paths[0]) if paths else 0
        self.segments: list[Segment] = []
        for path in paths:
            found = scan(path)
            segment_ = Segment(path, found.records, clean=found.end == path.stat().st_size)
            # One that was being rewritten when its writer died is in the newer file already.
            if not segment_.records or any(_overlap(segment_, new) for new in self.segments):
                path.unlink(missing_ok=True)
            else:
                self.segments.append(segment_)
        self.segments.sort(key=lambda s: s.records[0].sequence)

    def append(self, kind: Kind, sequence: int, iteration: int, beat: int, payload: bytes) -> None:
        """Write a record at the end; after an OSError nothing of it is left."""
        segment, file = self._last()
        data = packed(kind, sequence, iteration, beat, payload)
        try:
            self._put(file, segment.size, data)
        except OSError:
            if not segment.records:
                self.close()
                segment.path.unlink(missing_ok=True)
                self.segments.pop()
            raise
        record = Record(kind, sequence, iteration, beat, len(payload), zlib.crc32(payload), 0)
        segment.records.append(record._replace(offset=segment.size))
        if self._is_full(segment):
            self.close()

    def rewrite(self, first: int, last: int, kept: set[Record]) -> None:
        """In place of the segments from `first` to `last`: one with these records of theirs."""
        self.close()
        old = self.segments[first : last + 1]
        parts: list[bytes] = []
        new: list[Record] = []
        end = 0
        for segment in old:
            for record in segment.records:
                if record in kept:
                    with suppress(BadMessage):  # what is damaged is let go
                        payload = read(segment.path, record)
                        parts.append(packed(Kind(record.kind), *record[1:4], payload))
                        new.append(record._replace(offset=end))
                        end = new[-1].end
        self._replace(first, last, parts, new)

    def merge(self, kind: Kind, sequence: int, iteration: int, beat: int, payload: bytes) -> None:
        """In place of all there is: one record."""
        self.close()
        data = packed(kind, sequence, iteration, beat, payload)
        record = Record(kind, sequence, iteration, beat, len(payload), zlib.crc32(payload), 0)
        self._replace(0, len(self.segments) - 1, [data], [record])

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _replace(self, first: int, last: int, parts: list[bytes], records: list[Record]) -> None:
        old = self.segments[first : last + 1]
        self.segments[first : last + 1] = [self._made(parts, records)] if parts else []
        for segment in old:
            segment.path.unlink(missing_ok=True)

    def _made(self, parts: list[bytes], records: list[Record]) -> Segment:
        path = self._next()
        part = path.with_suffix(".part")
        with part.open("wb", buffering=0) as file:
            try:
                self._put(file, 0, b"".join(parts))
            except OSError:
                part.unlink()
                raise
        part.replace(path)
        return Segment(path, records)

    def _last(self) -> tuple[Segment, FileIO]:
        """The segment that is written on, and its file."""
        last = self.segments[-1] if self.segments else None
        if last is None or not last.clean or self._is_full(last):
            self.close()
            last = Segment(self._next())
            self._file = last.path.open("xb", buffering=0)
            self.segments.append(last)
        elif self._file is None:
            self._file = last.path.open("r+b", buffering=0)
        assert self._file is not None
        return last, self._file

    def _is_full(self, segment: Segment) -> bool:
        return segment.size >= self._most or len(segment.records) >= RECORDS

    def _next(self) -> Path:
        self._number += 1
        return self._folder / f"{self._family}-{self._number:08d}{SUFFIX}"

    def _put(self, file: FileIO, offset: int, data: bytes) -> None:
        file.seek(offset)
        left = memoryview(data)
        try:
            while left:
                left = left[self._write(file, left) :]
        except OSError:
            with suppress(OSError):  # else the next record is written over it
                file.truncate(offset)
            raise


def number(path: Path) -> int:
    """The number in a file's name."""
    return int(path.stem.rpartition("-")[2])


def _overlap(one: Segment, other: Segment) -> bool:
    return (
        one.records[0].first <= other.records[-1].sequence
        and other.records[0].first <= one.records[-1].sequence
    )
