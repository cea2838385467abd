"""Records in files: what is written is read, whatever becomes of the bytes around it."""

from __future__ import annotations

import errno
import resource
from io import FileIO
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadMessage
from rlviz.runs.segments import HEAD, Kind, Log, Record, packed, read, scan

PAYLOADS = (b"", b"one", b"\x00" * 50, b"rlv\x01" * 9, bytes(range(200)))


def fill(log: Log, *payloads: bytes) -> None:
    """A frame for each payload, with the next sequence number; the file is closed then."""
    first = log.segments[-1].records[-1].sequence + 1 if log.segments else 0
    for sequence, payload in enumerate(payloads, first):
        log.append(Kind.FRAME, sequence, 10 * sequence, 1, payload)
    log.close()


def contents(folder: Path) -> list[bytes]:
    """What stands in the files of a folder, in the order of sequence numbers."""
    found = {
        record.sequence: read(path, record)
        for path in sorted(folder.glob("*.log"))
        for record in scan(path).records
    }
    return [found[sequence] for sequence in sorted(found)]


def test_a_record_tells_all_of_itself(tmp_path: Path) -> None:
    file = tmp_path / "frames-00000001.log"
    file.write_bytes(
        packed(Kind.STATIC, 1, 2, 3, b"first") + packed(Kind.FRAME, 2, 2**40, 4, b"second")
    )

    found = scan(file)

    assert [record._replace(checksum=0) for record in found.records] == [
        Record(Kind.STATIC, 1, 2, 3, 5, 0, 0),
        Record(Kind.FRAME, 2, 2**40, 4, 6, 0, HEAD + 5),
    ]
    assert (found.end, found.damage) == (2 * HEAD + 11, [])
    assert [read(file, record) for record in found.records] == [b"first", b"second"]


def test_a_scan_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    file = tmp_path / "frames-00000001.log"
    file.write_bytes(packed(Kind.FRAME, 1, 0, 0, b"one"))
    first = scan(file)
    with file.open("ab") as more:
        more.write(packed(Kind.FRAME, 2, 0, 0, b"two"))

    assert [record.sequence for record in scan(file, first.end).records] == [2]


@pytest.mark.parametrize("left", [1, HEAD - 1, HEAD, HEAD + 2])
def test_a_torn_tail_is_no_damage(tmp_path: Path, left: int) -> None:
    file = tmp_path / "frames-00000001.log"
    whole = packed(Kind.FRAME, 1, 0, 0, b"one")
    file.write_bytes(whole + packed(Kind.FRAME, 2, 0, 0, b"two")[:left])

    found = scan(file)

    assert ([record.sequence for record in found.records], found.damage) == ([1], [])
    assert found.end == len(whole)


def test_another_format_is_named(tmp_path: Path) -> None:
    file = tmp_path / "frames-00000001.log"
    record = bytearray(packed(Kind.FRAME, 1, 0, 0, b"one"))
    record[3] = 2
    record[HEAD - 4 : HEAD] = crc32(record[: HEAD - 4]).to_bytes(4, "little")
    file.write_bytes(record)

    assert scan(file).damage == ["`frames-00000001.log` is of format 2, not of 1."]


# A place in the file, how many bytes of it go, and what comes there.
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 120), st.binary(max_size=60)), min_size=1, max_size=3
)


@settings(max_examples=400, deadline=None)
@given(edits=EDITS, payloads=st.lists(st.sampled_from(PAYLOADS) | st.binary(max_size=90)))
def test_what_is_not_damaged_is_still_read(
    tmp_path_factory: pytest.TempPathFactory,
    edits: list[tuple[float, int, bytes]],
    payloads: list[bytes],
) -> None:
    records = [packed(Kind.FRAME, i, i, 0, payload) for i, payload in enumerate(payloads)]
    data = b"".join(records)
    ends = [len(b"".join(records[: i + 1])) for i in range(len(records))]
    owner = [i for i, record in enumerate(records) for _ in record]  # of each byte
    touched: set[int] = set()
    places = list(range(len(data)))  # where each byte that is left was
    pieces = list(data)
    for where, gone, come in edits:
        at = int(where * len(pieces))
        touched |= {owner[p] for p in places[at : at + gone] if p >= 0}
        if 0 < at < len(places) and come and places[at - 1] >= 0:
            before = places[at - 1]
            touched |= set() if before + 1 in ends else {owner[before]}
        pieces[at : at + gone], places[at : at + gone] = list(come), [-1] * len(come)
    file = tmp_path_factory.mktemp("damaged") / "frames-00000001.log"
    file.write_bytes(bytes(pieces))

    sound = set()
    for record in (*scan(file).records, *scan(file, thorough=True).records):
        try:
            payload = read(file, record)
        except BadMessage:
            continue
        assert payload == payloads[record.sequence]
        sound.add(record.sequence)

    assert sound >= set(range(len(records))) - touched


def test_a_thorough_look_finds_what_a_damaged_record_hides(tmp_path: Path) -> None:
    """The first has lost as many bytes as the second has: the third seems to follow it."""
    file = tmp_path / "frames-00000001.log"
    sizes = {1: 200, 2: 20, 3: 20}
    one, two, three = (packed(Kind.FRAME, n, n, 0, bytes([n]) * size) for n, size in sizes.items())
    file.write_bytes(one[: len(one) - len(two)] + two + three)
    quick, thorough = scan(file), scan(file, thorough=True)

    assert [record.sequence for record in quick.records] == [1, 3]
    assert [record.sequence for record in thorough.records] == [2, 3]
    assert len(thorough.damage) == 1


def test_a_log_goes_on_after_it_is_opened_again(tmp_path: Path) -> None:
    log = Log(tmp_path, "frames", segment=150)
    fill(log, b"a" * 60, b"b" * 60, b"c" * 60)
    fill(Log(tmp_path, "frames", segment=150), b"d")

    assert contents(tmp_path) == [b"a" * 60, b"b" * 60, b"c" * 60, b"d"]
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_is_written_behind_a_torn_tail(tmp_path: Path) -> None:
    fill(Log(tmp_path, "frames"), b"whole")
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + packed(Kind.FRAME, 1, 0, 0, b"torn")[:-1])
    fill(Log(tmp_path, "frames"), b"next")

    assert contents(tmp_path) == [b"whole", b"next"]
    assert len(list(tmp_path.iterdir())) == 2


def test_rewriting_keeps_what_it_is_told_to_in_a_file_of_another_name(tmp_path: Path) -> None:
    log = Log(tmp_path, "frames", segment=1)
    fill(log, b"a", b"b", b"c", b"d")
    before = set(tmp_path.iterdir())
    log.rewrite(0, 2, {log.segments[1].records[0], log.segments[2].records[0]})
    after = set(tmp_path.iterdir())

    assert contents(tmp_path) == [b"b", b"c", b"d"]
    assert len(after - before) == 1
    assert len(after) == 2


def test_a_rewriting_that_was_cut_off_leaves_no_record_twice(tmp_path: Path) -> None:
    """The old files are still there beside the new one: the new one counts."""
    log = Log(tmp_path, "frames", segment=1)
    fill(log, b"a", b"b", b"c")
    old = {file: file.read_bytes() for file in tmp_path.iterdir()}
    log.rewrite(0, 1, {log.segments[0].records[0], log.segments[1].records[0]})
    for file, data in old.items():
        file.write_bytes(data)
    (tmp_path / "frames-00000009.part").write_bytes(b"half")
    again = Log(tmp_path, "frames", segment=1)

    assert [record.sequence for segment in again.segments for record in segment.records] == [
        0,
        1,
        2,
    ]
    assert len(list(tmp_path.iterdir())) == 2


class Full:
    """A disk with room for so many bytes."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __call__(self, file: FileIO, data: memoryview) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = file.write(data[: self.room]) or 0
        self.room -= written
        return written


@pytest.mark.parametrize("room", [0, 7, HEAD, HEAD + 3])
def test_a_full_disk_tears_nothing(tmp_path: Path, room: int) -> None:
    disk = Full(10_000)
    log = Log(tmp_path, "frames", write=disk)
    fill(log, b"before")
    disk.room = room
    with pytest.raises(OSError, match="No space left"):
        fill(log, b"too much for it")
    log.close()
    (file,) = tmp_path.iterdir()
    kept = file.read_bytes()
    disk.room = 10_000
    fill(log, b"after")

    assert kept == packed(Kind.FRAME, 0, 0, 1, b"before")
    assert contents(tmp_path) == [b"before", b"after"]


def test_a_write_that_the_system_refuses_half_way_tears_nothing(tmp_path: Path) -> None:
    """Not injected: files of this process may not be larger than 1,000 bytes for a moment."""
    log = Log(tmp_path, "frames")
    fill(log, b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            fill(log, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    log.close()
    (file,) = tmp_path.iterdir()
    left = file.stat().st_size
    fill(log, bytes(5000))

    assert left == HEAD + len(b"before")
    assert contents(tmp_path) == [b"before", bytes(5000)]


def test_a_full_disk_leaves_no_empty_file(tmp_path: Path) -> None:
    log = Log(tmp_path, "frames", write=Full(0))
    with pytest.raises(OSError, match="No space left"):
        fill(log, b"first")

    assert (list(tmp_path.iterdir()), log.segments) == ([], [])


def test_a_full_disk_while_rewriting_loses_nothing(tmp_path: Path) -> None:
    disk = Full(10_000)
    log = Log(tmp_path, "frames", segment=1, write=disk)
    fill(log, b"a", b"b")
    disk.room = 5
    with pytest.raises(OSError, match="No space left"):
        log.rewrite(0, 1, {log.segments[0].records[0]})

    assert contents(tmp_path) == [b"a", b"b"]
    assert [path.suffix for path in tmp_path.iterdir()] == [".log", ".log"]
