"""A worker that keeps what its runs show: it goes on from there, and from what others kept."""

from __future__ import annotations

import errno
import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlviz import derived, registry
from rlviz.runs import codec, history_writer, measured
from rlviz.runs import messages as m
from rlviz.runs.beginning import Shelf, begin
from rlviz.runs.history import History
from rlviz.runs.loop import Run
from rlviz.runs.spec import At, RunSpec, Set, to_plain
from tests.algorithms.pairs import of_batches, spec_of, worlds_of
from tests.runs.talking import SPEC, Talk, start, thread

KNOB = {"kind": "set", "field": "alpha", "value": 0.25, "keep": "all"}


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Talk]:
    with thread(tmp_path) as talk:
        yield talk


def undisturbed(spec: RunSpec, iteration: int) -> Run:
    """That run, by itself."""
    run = Run(spec, measured=True)
    run.advance(time.perf_counter() + 60, iteration)
    run.recorder.flush()
    return run


def numbers(checkpoint: bytes) -> dict[str, bytes]:
    """All that a checkpoint holds of a run's numbers, by name."""
    plain, arrays = codec.decode(checkpoint)
    shown = {"recorder": repr(plain["recorder"]), "iteration": str(plain["iteration"])}
    return {name: array.tobytes() for name, array in arrays.items()} | {
        name: text.encode() for name, text in shown.items()
    }


def test_what_is_kept_are_the_bytes_that_were_sent(worker: Talk, tmp_path: Path) -> None:
    worker.tell(start(limit=2000))
    worker.wait(m.Finished)
    worker.tell(m.Pause("a"))
    worker.wait(m.Paused)
    history = History(tmp_path / "a")
    last = history.frames()[-1]
    metadata, _ = codec.decode(history.frame(last.sequence))

    assert (last.iteration, metadata["sequence"]) == (2000, last.sequence)
    assert codec.decode(history.static(last.sequence))[0]["static"]
    assert history.check() == ()


def test_a_checkpoint_is_kept_and_does_not_travel(worker: Talk, tmp_path: Path) -> None:
    worker.tell(start(limit=700))
    told = worker.wait(m.Checkpoint, lambda c: c.iteration == 700)
    alone = undisturbed(SPEC, 700)

    assert told.blob == b""
    assert History(tmp_path / "a").checkpoint() == alone.checkpoint()


def test_with_a_checkpoint_a_list_hears_how_the_run_goes(worker: Talk) -> None:
    worker.tell(start(limit=3000))
    worker.wait(m.Checkpoint, lambda c: c.iteration == 3000)
    told = worker.wait(m.Course)
    alone = undisturbed(SPEC, 3000)
    bins = alone.recorder.curves["episode_return"]
    mean = bins.bins["total"].sum() / bins.bins["n"].sum()

    assert told.signal == "episode_return"
    assert 20 < len(told.curve) <= 40
    assert np.nanmin(told.curve) < mean < np.nanmax(told.curve)


def test_a_run_goes_on_from_its_own_history(tmp_path: Path) -> None:
    with thread(tmp_path) as first:
        first.tell(start(limit=900))
        first.wait(m.Finished)
    last = History(tmp_path / "a").last_sequence
    with thread(tmp_path) as second:
        second.tell(start(limit=2000))
        assert second.wait(m.Rewound) == m.Rewound("a", 900)
        assert second.wait(m.Frame).sequence > last
        second.wait(m.Finished)
    history, alone = History(tmp_path / "a"), undisturbed(SPEC, 2000)

    assert history.checkpoint() == alone.checkpoint()
    assert_same_events(history, alone)


def assert_same_events(history: History, alone: Run) -> None:
    """The raw values that were kept are those of a run that was never cut off."""
    assert alone.recorder.measured is not None
    expected = alone.recorder.measured.new()
    found = history.events()
    assert found.keys() == expected.keys()
    for name, of in expected.items():
        np.testing.assert_array_equal(found[name].iteration, of.iteration, name)
        np.testing.assert_array_equal(found[name].replica, of.replica, name)
        np.testing.assert_array_equal(found[name].value, of.value, name)
        assert found[name].stride == of.stride


def test_raw_values_are_the_same_after_they_were_thinned_and_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "MOST_BYTES", 24 * 7 * 20)  # twenty of each signal
    for limit in (400, 800, 1600):
        with thread(tmp_path) as worker:
            worker.tell(start(limit=limit))
            worker.wait(m.Finished)
    alone = undisturbed(SPEC, 1600)

    assert_same_events(History(tmp_path / "a"), alone)
    assert not History(tmp_path / "a").events()["episode_return"].whole


def test_raw_values_are_written_once(worker: Talk, tmp_path: Path) -> None:
    worker.tell(start(playing=False))
    for iteration in (300, 600, 900):  # a checkpoint at each
        worker.tell(m.Step("a", "iteration", 300))
        while worker.wait(m.Paused).iteration < iteration:
            pass

    assert History(tmp_path / "a").checkpoints()[-3:] == [300, 600, 900]
    assert_same_events(History(tmp_path / "a"), undisturbed(SPEC, 900))


def test_what_came_after_the_checkpoint_comes_again(tmp_path: Path) -> None:
    with thread(tmp_path) as first:
        first.tell(start(limit=500))
        first.wait(m.Finished)
    writer = history_writer.HistoryWriter(tmp_path / "a")
    writer.frame(b"of another future", writer.sequence + 7, 777, 0)
    writer.close()
    with thread(tmp_path) as second:
        second.tell(start(limit=600))
        second.wait(m.Finished)
    history = History(tmp_path / "a")

    assert [frame.iteration for frame in history.frames()][-2:] == [500, 600]
    assert b"of another future" not in [history.frame(f.sequence) for f in history.frames()]


def test_a_change_that_the_server_has_forgotten_is_told_and_not_done_again(tmp_path: Path) -> None:
    with thread(tmp_path) as first:
        first.tell(start(playing=False), m.Step("a", "iteration", 5))
        first.wait(m.Paused, lambda p: p.iteration == 5)
        first.tell(m.Intervene("a", "c1", KNOB))
        changed = first.wait(m.Changed)
        first.wait(m.Checkpoint)
    with thread(tmp_path) as second:
        second.tell(start(playing=False, pending=(("c1", KNOB), ("c2", KNOB | {"value": 0.5}))))
        again, later = second.wait(m.Changed), second.wait(m.Changed)

    assert again == changed
    assert (later.id, later.iteration, later.old) == ("c2", 5, {"alpha": 0.25})


def test_a_change_that_only_the_checkpoint_knows_is_told(tmp_path: Path) -> None:
    with thread(tmp_path) as first:
        first.tell(start(playing=False), m.Intervene("a", "c1", KNOB))
        changed = first.wait(m.Changed)
        first.wait(m.Checkpoint)
    with thread(tmp_path) as second:
        second.tell(start(playing=False))

        assert second.wait(m.Changed) == changed


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    with thread(tmp_path) as worker:
        worker.tell(start(limit=50))
        worker.wait(m.Finished)
        worker.tell(start(spec=replace(SPEC, seed=5)))

        assert "another run" in worker.wait(m.Failed).sentence


@pytest.mark.parametrize("run", ["..", "a/b", "", "ä"])
def test_a_run_is_no_path(worker: Talk, run: str) -> None:
    worker.tell(start(run))

    assert "letters and digits" in worker.wait(m.Failed).sentence


def test_what_shall_not_be_kept_is_not(worker: Talk, tmp_path: Path) -> None:
    worker.tell(start(limit=100, keep=False))
    checkpoint = worker.wait(m.Checkpoint)

    assert checkpoint.blob != b""
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ forks

CHANGES = (At(40, Set("alpha", 0.1)), At(200, Set("epsilon", 0.3)), At(333, Set("alpha", 0.9)))
CHANGED = replace(SPEC, interventions=CHANGES)


def parent(folder: Path) -> None:
    """Run "a" up to 700, with checkpoints at 300 and 700."""
    for limit in (300, 700):
        with thread(folder) as worker:
            worker.tell(start(spec=CHANGED, limit=limit))
            worker.wait(m.Finished)


@pytest.mark.parametrize("at", [0, 120, 300, 333, 555, 700])
def test_a_fork_without_a_change_goes_on_as_its_parent_did(tmp_path: Path, at: int) -> None:
    parent(tmp_path)
    spec = replace(SPEC, interventions=tuple(one for one in CHANGES if one.iteration <= at))
    with thread(tmp_path) as worker:
        worker.tell(start("b", spec, origin="a", position=(at, 0), limit=1000))
        worker.wait(m.Finished)
    history, alone = History(tmp_path / "b"), undisturbed(spec, 1000)

    assert numbers(history.checkpoint()) == numbers(alone.checkpoint())
    assert_same_events(history, alone)


def test_a_fork_changes_where_it_leaves_its_parent(tmp_path: Path) -> None:
    parent(tmp_path)
    spec = replace(SPEC, interventions=CHANGES[:2])
    pending = (("c1", {"kind": "set", "field": "alpha", "value": 0.125}),)
    with thread(tmp_path) as worker:
        worker.tell(start("b", spec, origin="a", position=(320, 0), pending=pending, playing=False))
        changed = worker.wait(m.Changed)
        paused = worker.wait(m.Paused, lambda p: p.iteration > 0)
        worker.tell(m.Step("b", "iteration", 200))
        worker.wait(m.Paused, lambda p: p.iteration == 520)
    expected = replace(spec, interventions=(*spec.interventions, At(320, Set("alpha", 0.125))))

    assert (changed.iteration, changed.old) == (320, {"alpha": 0.1})
    assert (paused.iteration, paused.beat) == (320, 0)
    checkpoint = History(tmp_path / "b").checkpoint()
    assert numbers(checkpoint) == numbers(undisturbed(expected, 520).checkpoint())


def test_a_fork_can_go_on_without_its_parent(tmp_path: Path) -> None:
    parent(tmp_path)
    with thread(tmp_path) as worker:
        worker.tell(start("b", CHANGED, origin="a", position=(500, 0), playing=False))
        worker.wait(m.Paused, lambda p: p.iteration == 500)
    shutil.rmtree(tmp_path / "a")
    with thread(tmp_path) as worker:
        worker.tell(start("b", CHANGED, origin="a", position=(500, 0), limit=800))
        assert worker.wait(m.Rewound) == m.Rewound("b", 500)
        worker.wait(m.Finished)

    history, alone = History(tmp_path / "b"), undisturbed(CHANGED, 800)
    assert numbers(history.checkpoint()) == numbers(alone.checkpoint())
    assert_same_events(history, alone)


def test_a_fork_that_stands_says_so_only_when_it_is_there(tmp_path: Path) -> None:
    parent(tmp_path)
    with thread(tmp_path) as worker:
        worker.tell(start("b", CHANGED, origin="a", position=(650, 1), playing=False))

        assert worker.wait(m.Paused) == m.Paused("b", 650, 1)


def test_a_fork_that_is_not_kept_starts_from_what_its_parent_kept(tmp_path: Path) -> None:
    parent(tmp_path)
    with thread(tmp_path) as worker:
        worker.tell(start("b", CHANGED, origin="a", position=(310, 0), playing=False, keep=False))
        assert worker.wait(m.Rewound) == m.Rewound("b", 300)
        worker.wait(m.Paused, lambda p: p.iteration == 310)

    assert [folder.name for folder in tmp_path.iterdir()] == ["a"]


# ------------------------------------------------------------------ when nothing can be written


class Disk:
    """A disk that may be full."""

    full = False

    def __call__(self, file: FileIO, data: memoryview) -> int:
        if self.full:
            file.write(data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return file.write(data) or 0


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """The disk of every writer of this test."""
    disk, init = Disk(), history_writer.HistoryWriter.__init__

    def with_disk(self: Any, folder: Path, budget: int, **_: object) -> None:
        init(self, folder, budget, write=disk)

    monkeypatch.setattr(history_writer.HistoryWriter, "__init__", with_disk)
    return disk


def test_a_full_disk_stalls_the_run_until_there_is_room(
    disk: Disk, worker: Talk, tmp_path: Path
) -> None:
    worker.tell(start())
    worker.wait(m.Frame, lambda f: f.iteration > 100)
    disk.full = True
    stalled = worker.wait(m.Stalled)
    worker.wait(m.Frame)  # of the first try to write again
    stands = worker.wait(m.Frame).iteration
    disk.full = False
    worker.wait(m.Playing)
    worker.wait(m.Frame, lambda f: f.iteration > stands)
    worker.tell(m.Pause("a"))
    paused = worker.wait(m.Paused)
    if paused.beat:
        worker.tell(m.Step("a", "iteration"))
        paused = worker.wait(m.Paused)
    history, alone = History(tmp_path / "a"), undisturbed(SPEC, paused.iteration)

    assert stalled.sentence == (
        "There is no room left to keep what this run shows. It waits, and goes on when there is."
    )
    assert numbers(history.checkpoint()) == numbers(alone.checkpoint())
    assert history.check() == ()
    assert_same_events(history, alone)


def test_a_run_that_is_stalled_at_its_end_finishes_when_it_is_kept(
    disk: Disk, worker: Talk, tmp_path: Path
) -> None:
    disk.full = True
    worker.tell(start(limit=200))
    worker.wait(m.Stalled)
    worker.wait(m.Frame, lambda f: f.sequence > 2)
    assert [x for x in worker.heard if isinstance(x, m.Finished | m.Checkpoint)] == []
    disk.full = False
    worker.wait(m.Finished)

    assert History(tmp_path / "a").checkpoints() == [200]


def test_another_run_goes_on_while_one_is_stalled(disk: Disk, worker: Talk) -> None:
    worker.tell(start("b", keep=False))
    disk.full = True
    worker.tell(start("a"))
    worker.wait(m.Stalled)
    begun = worker.wait(m.Frame, lambda f: f.run == "b").iteration

    worker.wait(m.Frame, lambda f: f.run == "b" and f.iteration > begun + 1000)


# ------------------------------------------------------------------ every algorithm


def kept_run(folder: Path, spec: RunSpec, limit: int, every: int) -> list[tuple[int, bytes]]:
    """Frames at which a run of that spec was seen, and what they were; kept as run "a".

    Its one checkpoint is at the third of them.
    """
    shelf = Shelf(folder)
    begun = begin(m.Start("a", to_plain(spec)), registry.catalogue(), shelf)
    run, keeper, seen = begun.run, begun.keeper, []
    assert keeper is not None
    for sequence, iteration in enumerate(range(7, limit + 1, every)):
        run.advance(time.perf_counter() + 60, iteration)
        blob = run.frame(sequence=sequence)
        keeper.frame(m.Frame("a", sequence, iteration, 0, blob=blob))
        seen.append((iteration, blob))
        if sequence == 2:
            keeper.checkpoint(run)
    keeper.close()
    return seen


PASSING = {"run", "sequence", "status", "suspects", "truth_iteration"}  # of the view, not the run


def told(blob: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a frame says of the run, without what it says of the moment of looking."""
    metadata, arrays = codec.decode(blob)
    return {k: v for k, v in metadata.items() if k not in PASSING}, arrays


@pytest.mark.parametrize("name", [entry.name for entry in registry.catalogue().algorithms])
def test_every_algorithm_forks_and_replays_as_it_was(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # While the truth for the screen has had its share of time, an older one stands in.
    monkeypatch.setattr(derived, "TRUTH_SHARE", math.inf)
    fields = registry.catalogue().algorithm(name).fields
    changes = (At(60, Set("alpha", 0.2)),) if "alpha" in fields else ()
    worlds = registry.catalogue().algorithm(name).worlds
    batches = of_batches(name)
    world = "room" if "room" in worlds and not batches else worlds_of(name)[0]
    spec = spec_of(name, world, seed=4, replicas=3, interventions=changes)
    every, limit, end = (2, 16, 20) if batches else (31, 200, 300)
    seen = kept_run(tmp_path, spec, limit, every)
    replay = Run(spec, "another")
    for iteration, blob in seen:
        replay.advance(time.perf_counter() + 60, iteration)
        metadata, arrays = told(blob)
        again, expected = told(replay.frame()), (metadata, arrays.keys())
        assert (again[0], again[1].keys()) == expected
        for signal, array in arrays.items():
            np.testing.assert_array_equal(again[1][signal], array, f"{signal} at {iteration}")
    alone = undisturbed(spec, end)
    for at in (7 + 2 * every, 8 + 3 * every):  # the checkpoint, and an iteration after it
        fork = m.Start("b", to_plain(spec), origin="a", position=(at, 0), keep=False)
        begun = begin(fork, registry.catalogue(), Shelf(tmp_path))
        assert begun.restored
        begun.run.advance(time.perf_counter() + 60, end)
        ours, theirs = codec.decode(begun.run.checkpoint()), codec.decode(alone.checkpoint())
        assert ours[0]["state"] == theirs[0]["state"]
        for part, array in theirs[1].items():
            if not part.startswith("recorder.measured"):
                np.testing.assert_array_equal(ours[1][part], array, part)
