"""What was kept of a run is read again: while it is written, thinned, taken back and damaged."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rlviz.errors import BadMessage, NoSuchRun
from rlviz.runs.history import Events, History, Kept
from rlviz.runs.history_writer import HistoryWriter
from rlviz.runs.measured import Values
from rlviz.runs.segments import scan

BUDGET = 2**22


def values(*iterations: int) -> dict[str, Values]:
    """A value of replica 0 at each of these iterations, counted from there."""
    at = np.array(iterations, np.int64)
    zeros = np.zeros(len(at), np.int32)
    return {"episode_return": Values(at, zeros, at.astype(np.int32), at * 0.5)}


def three_frames(folder: Path) -> HistoryWriter:
    """The map, then frames of iterations 0, 10 and 20 with a checkpoint at 10."""
    writer = HistoryWriter(folder, BUDGET)
    writer.frame(b"map", 1, 0, 0, static=True)
    writer.frame(b"frame 0", 2, 0, 0)
    writer.frame(b"frame 10", 3, 10, 0)
    writer.values(values(0, 1, 5), 10)
    writer.checkpoint(b"state 10", 10)
    writer.frame(b"frame 20", 4, 20, 1)
    return writer


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    history = History(tmp_path / "none")

    assert history.frames() == history.checkpoints() == []
    assert (history.nearest(5), history.checkpoint(), history.events()) == (None, b"", {})
    assert (history.static(1), history.damage) == (b"", ())


def test_what_was_written_is_read(tmp_path: Path) -> None:
    three_frames(tmp_path).close()
    history = History(tmp_path)

    assert history.frames() == [Kept(2, 0, 0), Kept(3, 10, 0), Kept(4, 20, 1)]
    assert [history.frame(n) for n in (2, 3, 4)] == [b"frame 0", b"frame 10", b"frame 20"]
    assert history.checkpoints() == [10]
    assert (history.checkpoint(), history.checkpoint(9)) == (b"state 10", b"")
    assert history.damage == history.check() == ()


@pytest.mark.parametrize(
    ("iteration", "sequence"), [(0, 2), (9, 2), (10, 3), (19, 3), (20, 4), (10**6, 4)]
)
def test_the_nearest_frame_is_not_after_it(tmp_path: Path, iteration: int, sequence: int) -> None:
    three_frames(tmp_path).close()

    nearest = History(tmp_path).nearest(iteration)

    assert nearest is not None
    assert nearest.sequence == sequence


def test_a_reader_sees_what_is_written_after_it_began(tmp_path: Path) -> None:
    writer = three_frames(tmp_path)
    history = History(tmp_path)
    assert len(history.frames()) == 3
    writer.frame(b"new map", 5, 30, 0, static=True)
    writer.frame(b"frame 30", 6, 30, 0)
    writer.close()

    assert history.frames()[-1] == Kept(6, 30, 0)
    assert [history.static(n) for n in (2, 4, 5, 6)] == [b"map", b"map", b"new map", b"new map"]


def test_of_several_frames_of_one_moment_the_newest_counts(tmp_path: Path) -> None:
    writer = three_frames(tmp_path)
    writer.frame(b"with more signals", 5, 20, 1)
    writer.close()

    assert History(tmp_path).frames() == [Kept(2, 0, 0), Kept(3, 10, 0), Kept(5, 20, 1)]


def test_raw_values_are_told_apart_by_iteration_and_replica(tmp_path: Path) -> None:
    writer = three_frames(tmp_path)
    writer.values(values(12), 20)
    writer.close()
    events = History(tmp_path).events()["episode_return"]

    assert events.iteration.tolist() == [0, 1, 5, 12]
    assert events.value.tolist() == [0.0, 0.5, 2.5, 6.0]
    assert (events.whole, events.stride) == (True, 1)


def test_raw_values_that_come_from_elsewhere_are_read_as_they_were(tmp_path: Path) -> None:
    given = Events(
        np.array([3, 3, 8]), np.array([0, 1, 0], np.int32), np.array([1.0, 2.0, 3.0]), False, 4
    )
    writer = HistoryWriter(tmp_path, BUDGET)
    writer.events({"episode_return": given}, 9)
    writer.close()
    events = History(tmp_path).events()["episode_return"]

    assert events.iteration.tolist() == [3, 3, 8]
    assert events.replica.tolist() == [0, 1, 0]
    assert (events.whole, events.stride) == (False, 4)


def test_a_frame_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    writer = three_frames(tmp_path)
    history = History(tmp_path)
    assert len(history.frames()) == 3
    writer.rewind(10)
    writer.close()

    with pytest.raises(NoSuchRun, match="Frame 4 is not kept"):
        history.frame(4)


def test_the_files_may_vanish_at_any_time(tmp_path: Path) -> None:
    three_frames(tmp_path).close()
    history = History(tmp_path)
    assert len(history.frames()) == 3
    shutil.rmtree(tmp_path)

    with pytest.raises(NoSuchRun):
        history.frame(3)
    assert (history.frames(), history.events(), history.checkpoint()) == ([], {}, b"")


def flip(folder: Path, family: str, place: int) -> None:
    """Another bit in the payload of that family's record number `place`."""
    (file,) = folder.glob(f"{family}-*.log")
    data = bytearray(file.read_bytes())
    data[scan(file).records[place].end - 1] ^= 1
    file.write_bytes(data)


def test_a_damaged_frame_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    three_frames(tmp_path).close()
    flip(tmp_path, "frames", 2)
    history = History(tmp_path)

    with pytest.raises(BadMessage, match="is damaged at byte"):
        history.frame(3)
    assert (history.frame(2), history.frame(4)) == (b"frame 0", b"frame 20")
    assert [sentence.split(" at byte")[0] for sentence in history.damage] == [
        "`frames-00000001.log` is damaged"
    ]


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path) -> None:
    writer = three_frames(tmp_path)
    writer.close()
    flip(tmp_path, "checkpoint", 0)
    writer.checkpoint(b"state 20", 20)
    newest = sorted(tmp_path.glob("checkpoint-*.log"))[-1]
    newest.write_bytes(newest.read_bytes()[:-1] + b"?")
    writer.checkpoint(b"state 5", 5)

    assert History(tmp_path).checkpoint() == b"state 5"


def test_damaged_raw_values_are_no_longer_whole(tmp_path: Path) -> None:
    writer = three_frames(tmp_path)
    writer.values(values(12), 20)
    writer.close()
    flip(tmp_path, "events", 0)
    events = History(tmp_path).events()["episode_return"]

    assert (events.iteration.tolist(), events.whole) == ([12], False)


def test_everything_is_looked_through_when_it_is_asked_for(tmp_path: Path) -> None:
    three_frames(tmp_path).close()
    flip(tmp_path, "checkpoint", 0)
    history = History(tmp_path)

    assert history.damage == ()
    assert len(history.check()) == 1


@pytest.mark.slow
def test_a_large_history_is_quickly_read(tmp_path: Path) -> None:
    """64 MB are opened in 20 ms after the first look, and a frame is read in 5 ms."""
    writer = HistoryWriter(tmp_path, 2**28)
    for sequence in range(4000):
        writer.frame(b"x" * 16_000, sequence, 100 * sequence, 0)
    writer.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) > 60 * 2**20
    history = History(tmp_path)
    kept = history.frames()

    assert least(history.frames) < 0.020
    assert least(lambda: history.frame(kept[len(kept) // 2].sequence)) < 0.005
    assert least(lambda: History(tmp_path).frames()) < 0.2  # the first look


def least(call: Callable[[], object]) -> float:
    """The least of several measurements, in processor time: the machine may have more to do."""
    times = []
    for _ in range(9):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return min(times)
