"""What a run shows is kept in bounded room: dense at the end, even before, able to go on."""

from __future__ import annotations

import shutil
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import NoSuchRun
from rlviz.runs import history_writer
from rlviz.runs.history import History, Kept
from rlviz.runs.history_writer import HistoryWriter
from rlviz.runs.measured import MOST_BYTES, Values

SMALL = 2 * MOST_BYTES + 2**23  # a budget whose frames have about 5 MB


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def frames(
    writer: HistoryWriter, first: int, count: int, *, every: int = 10, size: int = 6000
) -> None:
    """Frames at every tenth iteration, each with its own bytes."""
    for n in range(first, first + count):
        writer.frame(blob(n, size), n, every * n, 0)


def blob(sequence: int, size: int = 6000) -> bytes:
    return sequence.to_bytes(4, "little") * (size // 4)


def test_a_long_run_keeps_the_newest_densely_and_the_rest_evenly(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    for start in range(0, 6000, 500):
        frames(writer, start, 500)
        assert size(tmp_path) <= SMALL
        assert len(list(tmp_path.iterdir())) <= 64
    writer.close()
    history = History(tmp_path)
    kept = history.frames()
    steps = [late.iteration - early.iteration for early, late in pairwise(kept)]
    dense = steps.index(10)  # 10 to the end
    stride = 2 ** round(np.log2(np.mean(steps[: dense - 1])))

    assert set(steps[dense:]) == {10}
    assert len(steps) - dense >= history_writer.DENSE
    assert stride >= 128
    assert all(stride - 10 < step < stride + 10 for step in steps[: dense - 1])
    assert kept[0].iteration == 0
    assert all(history.frame(one.sequence) == blob(one.sequence) for one in kept)


def test_a_short_run_keeps_everything(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    frames(writer, 0, 400)
    writer.close()

    assert History(tmp_path).frames() == [Kept(n, 10 * n, 0) for n in range(400)]


def test_many_small_frames_are_bounded_in_number(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    frames(writer, 0, 9000, size=40)
    writer.close()

    assert len(History(tmp_path).frames()) <= history_writer.MOST_FRAMES + 64


def test_thinning_goes_on_after_the_writer_is_opened_again(tmp_path: Path) -> None:
    for start in range(0, 4000, 400):
        writer = HistoryWriter(tmp_path, SMALL)
        frames(writer, start, 400)
        writer.close()
    kept = History(tmp_path).frames()
    steps = [late.iteration - early.iteration for early, late in pairwise(kept)]
    dense = steps.index(10)

    assert size(tmp_path) <= SMALL
    assert len(set(steps[: dense - 1])) <= 2  # a power of two in steps of ten, rounded up or down


def test_no_step_of_thinning_takes_long(tmp_path: Path) -> None:
    writer, longest = HistoryWriter(tmp_path, 2**24), []
    for n in range(3000):
        start = time.thread_time()
        writer.frame(b"x" * 10_000, n, 10 * n, 0)
        longest.append(time.thread_time() - start)
    writer.close()

    assert sorted(longest)[-3] < 0.020  # of processor time; two may have been interrupted


def test_maps_that_a_kept_frame_needs_are_kept(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    for n in range(6000):
        if n % 1000 == 0:
            writer.frame(f"map {n}".encode() * 300, 2 * n, 10 * n, 0, static=True)
        writer.frame(blob(n), 2 * n + 1, 10 * n, 0)
    writer.close()
    history = History(tmp_path)
    kept = history.frames()

    assert len(kept) < 1000
    for one in kept:
        due = one.iteration // 10_000 * 1000
        assert history.static(one.sequence) == f"map {due}".encode() * 300


def test_a_reader_is_right_while_files_are_rewritten(tmp_path: Path) -> None:
    writer, history = HistoryWriter(tmp_path, SMALL), History(tmp_path)
    for start in range(0, 3000, 50):
        frames(writer, start, 50)
        for one in history.frames()[:: max(1, start // 20)]:
            writer.frame(blob(0), 10**6 + 50 * start + one.sequence, 10 * (start + 49), 0)
            try:
                assert history.frame(one.sequence) in (blob(one.sequence), blob(0))
            except NoSuchRun:
                assert one not in history.frames()
    writer.close()

    assert history.damage == history.check() == ()


ACTS = st.tuples(
    st.sampled_from(("frames", "map", "values", "checkpoint", "rewind")), st.integers(1, 90)
)


@settings(max_examples=25)
@given(acts=st.lists(ACTS, min_size=1, max_size=12))
def test_a_reader_that_has_watched_knows_what_a_new_one_finds(
    acts: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("watched")
    writer, watching, at = HistoryWriter(folder, SMALL), History(folder), 0
    for act, n in acts:
        at = n if act == "rewind" else at + n
        match act:
            case "frames":
                for beat in range(n):
                    writer.frame(blob(n), writer.sequence + 1, at, beat % 7)
            case "map":
                writer.frame(b"map", writer.sequence + 1, at, 0, static=True)
            case "values":
                writer.values(values(at - n, at), at)
            case "checkpoint":
                writer.checkpoint(str(at).encode(), at)
            case "rewind":
                writer.rewind(at)

        assert known(watching) == known(History(folder))
    writer.close()
    shutil.rmtree(folder)


def known(history: History) -> tuple[object, ...]:
    """All that a reader tells."""
    raw = history.events().get("episode_return")
    return (
        history.frames(),
        [history.static(one.sequence) for one in history.frames()[-3:]],
        [(at, history.checkpoint(at)) for at in history.checkpoints()],
        raw.iteration.tolist() if raw else None,
        history.last_sequence,
    )


def checkpoints(folder: Path, count: int, *, size: int = 100) -> list[int]:
    """The iterations at which some are left of so many, ten iterations apart."""
    writer = HistoryWriter(folder, SMALL)
    for n in range(1, count + 1):
        writer.checkpoint(bytes([n % 251]) * size, 10 * n)
    writer.close()
    return History(folder).checkpoints()


def test_checkpoints_stand_at_distances_that_grow_with_their_age(tmp_path: Path) -> None:
    left = checkpoints(tmp_path, 2000)
    ages = [20_000 - at for at in left]

    assert left[-3:] == [19_980, 19_990, 20_000]
    assert len(left) == history_writer.MOST_CHECKPOINTS
    # From any iteration, the way back to one is at most half of how long ago it is, or all of it.
    assert all(old - young <= max(20, old // 2) for old, young in pairwise(ages))


def test_of_large_checkpoints_there_are_eight(tmp_path: Path) -> None:
    """Nine of them would be more than half of the budget."""
    left = checkpoints(tmp_path, 40, size=SMALL // 16)

    assert len(left) == history_writer.FEWEST_CHECKPOINTS
    assert left[-1] == 400


def test_a_checkpoint_that_is_larger_than_all_that_is_allowed_is_kept_alone(tmp_path: Path) -> None:
    assert checkpoints(tmp_path, 3, size=SMALL) == [30]


def test_frames_make_room_for_checkpoints(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    for n in range(3000):
        frames(writer, n, 1)
        if n % 20 == 0:
            writer.checkpoint(bytes(SMALL // 64), 10 * n)
        assert n % 100 or size(tmp_path) <= SMALL
    writer.close()

    assert len(History(tmp_path).frames()) > 50


def test_a_checkpoint_of_the_same_iteration_replaces_the_other(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    writer.checkpoint(b"before a change", 7)
    writer.checkpoint(b"after it", 7)
    writer.close()

    assert History(tmp_path).checkpoint() == b"after it"
    assert len(list(tmp_path.iterdir())) == 1


def values(first: int, last: int) -> dict[str, Values]:
    """A value of replica 0 at each of these iterations."""
    at = np.arange(first, last)
    zeros = np.zeros(len(at), np.int32)
    return {"episode_return": Values(at, zeros, at.astype(np.int32), at / 2)}


def test_many_records_of_raw_values_become_one(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    for n in range(1000):
        writer.values(values(n, n + 1), n + 1)
    writer.close()
    events = History(tmp_path).events()["episode_return"]

    assert events.iteration.tolist() == list(range(1000))
    assert size(tmp_path) < 200_000  # of which each value is 24


def test_what_comes_after_a_checkpoint_is_taken_back(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    for n in range(10):
        writer.frame(b"whole", 2 * n, 10 * n, 0)
        writer.frame(b"in the middle", 2 * n + 1, 10 * n, 1)
        writer.values(values(10 * n, 10 * n + 10), 10 * n + 10)
        writer.checkpoint(str(10 * n + 10).encode(), 10 * n + 10)
    writer.close()
    again = HistoryWriter(tmp_path, SMALL)
    again.rewind(50)
    again.close()
    history = History(tmp_path)

    moments = [(one.iteration, one.beat) for one in history.frames()]
    assert moments[-3:] == [(40, 0), (40, 1), (50, 0)]
    assert (history.checkpoints()[-1], history.checkpoint()) == (50, b"50")
    assert history.events()["episode_return"].iteration.tolist() == list(range(50))


def test_numbers_of_frames_that_were_taken_back_are_not_used_again(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    frames(writer, 0, 30)
    writer.close()
    for _ in range(2):
        again = HistoryWriter(tmp_path, SMALL)
        again.rewind(100)
        again.close()

    assert (again.sequence, History(tmp_path).last_sequence) == (29, 29)
    assert History(tmp_path).frames()[-1] == Kept(10, 100, 0)


def test_raw_values_can_be_taken_back_to_the_middle_of_a_record(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, SMALL)
    for n in range(200):  # of which the first hundred and more have become one
        writer.values(values(n, n + 1), n + 1)
    writer.rewind(70)
    writer.values(values(70, 80), 80)
    writer.close()

    assert History(tmp_path).events()["episode_return"].iteration.tolist() == list(range(80))


@settings(max_examples=25, deadline=None)
@given(ends=st.lists(st.integers(1, 200), min_size=1, max_size=4), data=st.data())
def test_however_often_it_is_cut_off_it_goes_on(
    ends: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Files that end anywhere: the newest checkpoint is whole, and all before it is there."""
    folder = tmp_path_factory.mktemp("cut off")
    at = 0
    for count in ends:
        writer = HistoryWriter(folder, SMALL)
        writer.rewind(at)
        for n in range(at, at + count):
            writer.frame(blob(n, 400), writer.sequence + 1, n, 0)
            writer.values(values(n, n + 1), n + 1)
            if n % 7 == 0:
                writer.checkpoint(f"{n + 1}".encode(), n + 1)
        writer.close()
        newest = max(folder.glob("frames-*.log"))
        left = data.draw(st.integers(0, newest.stat().st_size))
        newest.write_bytes(newest.read_bytes()[:left])
        history = History(folder)
        at = history.checkpoints()[-1] if history.checkpoints() else 0

        assert history.checkpoint() == (f"{at}".encode() if at else b"")
        assert history.check() == ()
    writer = HistoryWriter(folder, SMALL)
    writer.rewind(at)
    writer.close()
    kept = History(folder)
    if at:
        assert kept.events()["episode_return"].iteration.tolist() == list(range(at))
    shutil.rmtree(folder)
