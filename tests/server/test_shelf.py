"""Runs between two servers and between two looks, with workers that do what the test says."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from rlviz.errors import NoSuchRun
from rlviz.runs import codec, record
from rlviz.runs import messages as m
from rlviz.runs.cards import NAME, Entry
from rlviz.runs.client import About
from rlviz.runs.history_writer import HistoryWriter
from rlviz.runs.spec import At, RunSpec, Set, intervention_to_plain
from rlviz.runs.store import Store
from rlviz.server.care import RESTING, SHUT_DOWN
from rlviz.server.held import RESTARTED
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from tests.server.stage import SPEC, ScriptedExecutor, scripted_hub, until

Test = Callable[[Hub, ScriptedExecutor], Awaitable[None]]
DROWSY = Limits(tick_seconds=0.01, dormant_seconds=0.05, farewell_seconds=0.0)


def in_turn(folder: Path, *servers: Test, limits: Limits | None = None) -> None:
    """Each test under a server of its own, one after the other, all of the same folder."""

    async def scenario() -> None:
        for server in servers:
            async with scripted_hub(1, limits, folder) as (hub, executor):
                await server(hub, executor)

    asyncio.run(scenario())


def start(hub: Hub, *, playing: bool = False, spec: RunSpec = SPEC, about: str = "") -> str:
    return hub.start(spec, "ada", playing=playing, speed=None, about=About(name=about))


def only(hub: Hub) -> str:
    """The one run that is held."""
    (run,) = hub.table
    return run.id


def write_history(hub: Hub, run: str, iteration: int = 9, sequence: int = 12) -> bytes:
    """What a worker would have left in the run's folder; its newest frame."""
    writer = HistoryWriter(hub.shelf.store.run_folder(run))
    writer.frame(b"map", 1, 0, 0, static=True)
    frame = codec.encode({"iteration": iteration, "marks": []}, {})
    writer.frame(frame, sequence, iteration, 0)
    writer.close()
    return frame


def edited(folder: Path, change: Callable[[record.Record], record.Record]) -> None:
    """The one record in the database, as if it had been so."""
    store = Store(folder)
    (entry,), _ = store.runs()
    plain = record.to_plain(change(record.from_plain(entry.plain)))
    store.put("runs", Entry(entry.id, entry.owner, entry.created, plain), card=True)
    store.close()


def test_a_paused_run_is_there_again_and_costs_no_worker(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub, about="My <b>run</b>")
        write_history(hub, run)
        executor.last.say(m.Paused(run, 9, 1))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        (listed,) = hub.runs("ada")

        assert (listed.status, listed.iteration, listed.about.name) == (
            "paused",
            9,
            "My <b>run</b>",
        )
        assert executor.last.got(m.Start) == []

    in_turn(tmp_path, first, second)


def test_awake_it_shows_its_last_frame_and_stands_where_it_stood(tmp_path: Path) -> None:
    frames = []

    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        frames.append(write_history(hub, run))
        executor.last.say(m.Paused(run, 9, 1))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        run = only(hub)
        await hub.awake(run)
        (told,) = executor.last.got(m.Start)
        executor.last.say(m.Rewound(run, 5))  # where its checkpoint is
        executor.last.say(m.Paused(run, 5, 0))
        executor.last.show(run, 5)
        view = hub.view(run)

        assert (told.playing, told.position, told.sequence) == (False, (9, 1), 12)
        assert (view.frame, view.static) == (frames[0], b"map")
        assert (view.status, view.iteration, view.beat) == ("paused", 9, 1)

    in_turn(tmp_path, first, second)


def test_a_run_that_played_goes_on_without_being_asked(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub, playing=True)
        executor.last.say(m.Playing(run))
        hub.play(run, 50.0)
        await asyncio.wrap_future(hub.shelf.store.put("links", Entry("x", "", 0.0, {})))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        run = only(hub)
        view = hub.view(run)
        await until(lambda: executor.last.got(m.Start))
        (told,) = executor.last.got(m.Start)

        assert (view.status, view.sentence) == ("recovering", RESTARTED)
        assert (told.playing, told.speed, told.position) == (True, 50.0, (0, 0))

    async def crash() -> None:
        """The first server says no farewell, so it is killed as far as its runs can tell."""
        async with scripted_hub(1, None, tmp_path) as (hub, executor):
            await first(hub, executor)
            kept = Store(tmp_path).all("runs")[0]
        store = Store(tmp_path)
        store.put("runs", kept[0], card=True)
        store.close()

    asyncio.run(crash())
    in_turn(tmp_path, second)


def test_a_server_that_ends_pauses_its_runs_and_says_why(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub, playing=True)
        executor.last.say(m.Playing(run))
        closing = asyncio.create_task(hub.close())
        await until(lambda: executor.last.got(m.Step))
        executor.last.say(m.Checkpoint(run, 31))
        executor.last.say(m.Paused(run, 31, 0))
        write_history(hub, run, 31)
        await closing

        assert executor.last.got(m.Step) == [m.Step(run, "iteration", 1)]

    async def second(hub: Hub, _: ScriptedExecutor) -> None:
        (listed,) = hub.runs("ada")

        assert (listed.status, listed.sentence, listed.iteration) == ("paused", SHUT_DOWN, 31)

    in_turn(tmp_path, first, limits=Limits(farewell_seconds=20.0))
    in_turn(tmp_path, second)


def test_a_worker_that_is_not_quick_enough_delays_no_farewell(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        executor.last.say(m.Playing(start(hub, playing=True)))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        (listed,) = hub.runs("ada")

        assert (listed.status, listed.sentence) == ("paused", SHUT_DOWN)
        assert executor.last.got(m.Start) == []

    in_turn(tmp_path, first, second)


def test_changes_that_acted_and_those_that_wait_are_both_kept(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        seen = hub.intervene(run, Set("alpha", 0.1))
        plain = executor.last.got(m.Intervene)[0].intervention
        executor.last.say(m.Changed(run, seen, 3, plain, {"alpha": 0.5}))
        hub.intervene(run, Set("alpha", 0.2))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        await hub.awake(only(hub))
        (told,) = executor.last.got(m.Start)

        assert hub.view(only(hub)).spec.interventions == (At(3, Set("alpha", 0.1)),)
        assert [plain["value"] for _, plain in told.pending] == [0.2]

    in_turn(tmp_path, first, second)


def test_a_change_that_only_the_checkpoint_knows_is_taken_over_once(tmp_path: Path) -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        plain = intervention_to_plain(Set("alpha", 0.1))
        for _ in range(2):
            executor.last.say(m.Changed(run, "", 4, plain, {}))

        assert hub.view(run).spec.interventions == (At(4, Set("alpha", 0.1)),)

    in_turn(tmp_path, test)


def test_unseen_at_rest_it_is_taken_from_its_worker_until_somebody_comes(tmp_path: Path) -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        executor.last.say(m.Paused(run, 0, 0))
        frame = write_history(hub, run)
        executor.last.show(run, 9, 12)
        executor.last.say(m.Paused(run, 9, 0))
        await until(lambda: executor.last.got(m.Stop))
        asleep = hub.table.held(run)
        assert (asleep.frame, asleep.static, asleep.placed) == (b"", b"", False)
        await hub.awake(run)

        assert hub.view(run).frame == frame
        assert executor.last.got(m.Start)[-1].position == (9, 0)

    in_turn(tmp_path, test, limits=DROWSY)


@pytest.mark.parametrize("status", ["queued", "playing"])
def test_a_run_that_a_worker_is_busy_with_does_not_sleep(tmp_path: Path, status: str) -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub, playing=status == "playing")
        if status == "playing":
            executor.last.say(m.Playing(run))
        resting = start(hub)
        executor.last.say(m.Paused(resting, 0, 0))
        await until(lambda: executor.last.got(m.Stop))

        assert executor.last.got(m.Stop) == [m.Stop(resting)]

    in_turn(tmp_path, test, limits=DROWSY)


def test_a_command_to_a_dormant_run_wakes_it_and_is_done(tmp_path: Path) -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        executor.last.say(m.Paused(run, 0, 0))
        await until(lambda: executor.last.got(m.Stop))
        hub.play(run, 7.0)
        await until(lambda: len(executor.last.got(m.Start)) == 2)
        told = executor.last.got(m.Start)[-1]

        assert (told.playing, told.speed) == (True, 7.0)

    in_turn(tmp_path, test, limits=DROWSY)


def test_an_ended_run_is_looked_at_without_a_worker(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        write_history(hub, run)
        executor.last.say(m.Finished(run, 9))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        await hub.awake(only(hub))
        view = hub.view(only(hub))

        assert (view.status, bool(view.frame)) == ("finished", True)
        assert executor.last.got(m.Start) == []

    in_turn(tmp_path, first, second)


def test_a_removed_run_is_removed_from_the_disk(tmp_path: Path) -> None:
    async def first(hub: Hub, _: ScriptedExecutor) -> None:
        run = start(hub)
        write_history(hub, run)
        hub.stop(run)

    async def second(hub: Hub, _: ScriptedExecutor) -> None:
        assert hub.health()["stored"] == 0
        assert list((tmp_path / "runs").iterdir()) == []

    in_turn(tmp_path, first, second)


def test_a_public_run_is_found_again_and_goes_on_for_whoever_looks(tmp_path: Path) -> None:
    runs = []

    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        runs.append(hub.start_public("home", SPEC, 20.0))
        executor.last.say(m.Playing(runs[0]))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        runs.append(hub.start_public("home", SPEC, 20.0))
        await hub.awake(runs[0])
        hub.join(runs[0])
        await until(lambda: executor.last.got(m.Play))

    in_turn(tmp_path, first, second)
    assert runs[0] == runs[1]


def test_a_public_run_of_another_spec_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        old = hub.start_public("home", SPEC, 20.0)
        new = hub.start_public("home", dataclasses.replace(SPEC, seed=1), 20.0)

        assert new != old
        with pytest.raises(NoSuchRun):
            hub.view(old)

    in_turn(tmp_path, test)


# ------------------------------------------------------------------ leases


def test_unseen_time_goes_on_under_the_next_server(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        executor.last.say(m.Paused(start(hub), 0, 0))

    async def second(hub: Hub, _: ScriptedExecutor) -> None:
        week = hub.limits.keep_seconds
        await until(lambda: len(hub.table) == 0)

        assert week == 7 * 24 * 3600

    in_turn(tmp_path, first)
    edited(tmp_path, lambda kept: dataclasses.replace(kept, unseen=7 * 24 * 3600 - 0.1))
    in_turn(
        tmp_path,
        second,
        limits=Limits(tick_seconds=0.01, shelf_seconds=0.02, farewell_seconds=0.0),
    )


@pytest.mark.parametrize("jump", [-1e7, 1e7])
def test_a_clock_that_jumps_ends_no_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    real = time.time

    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub, playing=True)
        executor.last.say(m.Playing(run))
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        saves = len(executor.last.got(m.Save))
        await until(lambda: len(executor.last.got(m.Save)) > saves + 5)  # many ticks later

        assert executor.last.got(m.Pause) == executor.last.got(m.Stop) == []

    in_turn(
        tmp_path,
        test,
        limits=Limits(tick_seconds=0.01, save_seconds=0.02, farewell_seconds=0.0),
    )


def test_a_look_begins_the_lease_anew(tmp_path: Path) -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub, playing=True)
        held = hub.table.held(run)
        held.unseen_before = 1e9
        hub.view(run)
        now = asyncio.get_running_loop().time()

        assert held.unseen(now) < 10.0
        held.unseen_before = 1e3
        await until(lambda: executor.last.got(m.Pause))
        assert held.sentence == RESTING

    in_turn(tmp_path, test, limits=Limits(tick_seconds=0.01, farewell_seconds=0.0))


# ------------------------------------------------------------------ quarantine


def test_a_run_with_a_broken_file_has_failed_by_name_and_others_live(tmp_path: Path) -> None:
    runs = []

    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        for _ in range(2):
            runs.append(start(hub))
            write_history(hub, runs[-1])
            executor.last.say(m.Paused(runs[-1], 9, 0))

    async def second(hub: Hub, executor: ScriptedExecutor) -> None:
        (file,) = hub.shelf.store.run_folder(runs[0]).glob("frames-*.log")
        content = bytearray(file.read_bytes())
        content[41] ^= 1  # of the map
        file.write_bytes(content)
        for run in runs:
            await hub.awake(run)
        broken, whole = hub.view(runs[0]), hub.view(runs[1])

        assert broken.status == "failed"
        assert broken.sentence.startswith(
            f"Run {runs[0]} does not go on, because a file of it is broken: `{file.name}`"
        )
        assert broken.frame != b""
        assert whole.status == "paused"
        assert [told.run for told in executor.last.got(m.Start)] == [runs[1]]
        assert hub.health()["damaged"] == 1

    in_turn(tmp_path, first, second)


def test_a_run_whose_files_are_gone_has_failed_by_name(tmp_path: Path) -> None:
    async def first(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        write_history(hub, run)
        executor.last.say(m.Paused(run, 9, 0))

    async def second(hub: Hub, _: ScriptedExecutor) -> None:
        view = hub.view(only(hub))

        assert (view.status, view.sentence) == (
            "failed",
            f"The files of run {view.run} are gone, so it can not go on. Start it anew.",
        )

    in_turn(tmp_path, first)
    for file in (tmp_path / "runs").glob("*/*.log"):
        file.unlink()
    in_turn(tmp_path, second)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda kept: {**kept, "spec": {"algorithm": "q_lerning"}}, "Unknown algorithm"),
        (lambda kept: {**kept, "spec": {**kept["spec"], "config": {"beta": 1}}}, "`beta`"),
        (lambda kept: {**kept, "schema": 0}, "it is of schema 0, and 1 is what can be read"),
        (lambda kept: {**kept, "status": "asleep"}, "its status is 'asleep', which is none"),
        (lambda kept: {k: v for k, v in kept.items() if k != "about"}, "another form"),
    ],
)
def test_a_record_of_another_age_is_quarantined_and_left_as_it_is(
    tmp_path: Path, change: Callable[[dict[str, object]], dict[str, object]], reason: str
) -> None:
    async def first(hub: Hub, _: ScriptedExecutor) -> None:
        start(hub)

    async def second(hub: Hub, _: ScriptedExecutor) -> None:
        view = hub.view(only(hub))

        assert view.status == "failed"
        assert view.sentence.startswith(f"The record of run {view.run} can not be read: ")
        assert reason in view.sentence
        await hub.awake(view.run)
        assert start(hub)

    in_turn(tmp_path, first)
    store = Store(tmp_path)
    (entry,), _ = store.runs()
    odd = Entry(entry.id, entry.owner, entry.created, change(entry.plain))
    store.put("runs", odd, card=True)
    store.close()
    in_turn(tmp_path, second)

    store = Store(tmp_path)
    assert store.get("runs", entry.id) == odd
    store.close()


def test_a_broken_card_and_row_cost_only_that_run(tmp_path: Path) -> None:
    async def first(hub: Hub, _: ScriptedExecutor) -> None:
        start(hub)
        start(hub)

    async def second(hub: Hub, _: ScriptedExecutor) -> None:
        found = sorted(run.status for run in hub.table)

        assert found == ["failed", "paused"]
        assert [listed.sentence for listed in hub.runs("ada")].count("") == 1

    in_turn(tmp_path, first)
    store = Store(tmp_path)
    broken = store.runs()[0][0].id
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET record = ? WHERE id = ?", ("{}", broken))
    store.close()
    (tmp_path / "runs" / broken / NAME).write_text("torn")
    in_turn(tmp_path, second)
