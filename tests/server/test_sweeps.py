"""Sweeps of a server: caps, leases, restarts, and what becomes of old ones."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, NoSuchRun
from rlviz.hyperparameters import Field
from rlviz.runs import messages as m
from rlviz.runs.spec import to_plain
from rlviz.runs.sweep import Axis, Plan, parts
from rlviz.runs.sweep_results import SIGNALS
from rlviz.runs.sweeping import RESTING
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from tests.server import stage
from tests.server.stage import SPEC, ScriptedExecutor, scripted_hub, until

STEPS = Field("n", "int", 1, "steps", low=1, high=64)
QUICK = Limits(tick_seconds=0.01)
PLAN = Plan(SPEC, (Axis("n", tuple(range(1, 7))),), repeats=2, iterations=100)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue with a knob that needs a run for each value."""
    (entry,) = stage.CATALOGUE.algorithms
    entry = replace(entry, fields={**entry.fields, "n": STEPS})
    made = replace(stage.CATALOGUE, algorithms=(entry,))
    monkeypatch.setattr(stage, "CATALOGUE", made)
    return made


def started(hub: Hub, plan: Plan = PLAN, owner: str = "alice") -> str:
    return hub.sweeps.start(plan, owner, stage.CATALOGUE)


def end(executor: ScriptedExecutor, run: str) -> None:
    executor.last.say(m.Finished(run, 100))


def test_so_many_runs_go_at_once_and_the_next_follow(known: Catalogue) -> None:
    async def scene() -> None:
        async with scripted_hub(limits=QUICK) as (hub, executor):
            key = started(hub)
            first = hub.sweeps.get(key)
            assert [bool(run) for run in first.runs] == [True] * 4 + [False] * 2
            starts = executor.last.got(m.Start)
            assert [start.spec for start in starts] == [
                to_plain(part.spec) for part in parts(PLAN, known)[:4]
            ]
            assert {(s.limit, s.each, s.playing, s.speed) for s in starts} == {
                (100, SIGNALS, True, None)
            }

            for run in first.runs[:4]:
                end(executor, run)
            await until(lambda: all(hub.sweeps.get(key).runs))
            for run in hub.sweeps.get(key).runs[4:]:
                end(executor, run)
            await until(lambda: hub.sweeps.get(key).ended)
            assert hub.sweeps.get(key).progress == 1.0
            assert hub.runs("alice") == []  # its runs stand in no list

    asyncio.run(scene())


def test_a_sweep_leaves_the_cap_of_running_runs_to_all_of_an_owner() -> None:
    async def scene() -> None:
        async with scripted_hub(limits=replace(QUICK, running=3)) as (hub, executor):
            lesson = hub.start(SPEC, "alice", playing=True, speed=None)
            key = started(hub)
            seen = hub.sweeps.get(key)
            assert sum(bool(run) for run in seen.runs) == 2
            assert "3 running runs" in seen.waits

            hub.pause(lesson)
            executor.last.say(m.Paused(lesson, 0, 0))
            await until(lambda: sum(bool(run) for run in hub.sweeps.get(key).runs) == 3)

    asyncio.run(scene())


def test_cancel_ends_what_goes_on() -> None:
    async def scene() -> None:
        async with scripted_hub(limits=QUICK) as (hub, executor):
            key = started(hub)
            runs = hub.sweeps.get(key).runs
            end(executor, runs[0])
            await until(lambda: hub.sweeps.get(key).done[0])
            hub.sweeps.cancel(key)

            seen = hub.sweeps.get(key)
            assert (seen.cancelled, seen.ended, seen.runs) == (True, True, (runs[0], *[""] * 5))
            assert {run.id for run in hub.table} == {runs[0]}

    asyncio.run(scene())


def test_a_sweep_that_is_looked_at_outlives_the_lease_of_runs() -> None:
    async def scene() -> None:
        limits = replace(QUICK, lease_seconds=0.1, sweep_seconds=30.0)
        async with scripted_hub(limits=limits) as (hub, _):
            started(hub)
            give_up = asyncio.get_running_loop().time() + 0.4
            while asyncio.get_running_loop().time() < give_up:
                await asyncio.sleep(0.02)
                assert all(run.playing for run in hub.table)

    asyncio.run(scene())


def test_a_sweep_outlives_a_time_in_which_the_whole_server_stood_still() -> None:
    async def scene() -> None:
        limits = replace(QUICK, lease_seconds=0.1, sweep_seconds=30.0)
        async with scripted_hub(limits=limits) as (hub, _):
            started(hub)
            time.sleep(0.3)  # the loop stands, as when a machine is put to sleep
            for _ in range(5):
                await asyncio.sleep(0.02)

            assert all(run.playing for run in hub.table)

    asyncio.run(scene())


def test_a_sweep_that_nobody_looks_at_rests_and_goes_on_when_somebody_does() -> None:
    async def scene() -> None:
        async with scripted_hub(limits=replace(QUICK, sweep_seconds=0.05)) as (hub, executor):
            key = started(hub)
            runs = [run for run in hub.sweeps.get(key).runs if run]
            await until(lambda: not any(run.playing for run in hub.table))
            assert {pause.run for pause in executor.last.got(m.Pause)} == set(runs)
            for run in runs:
                executor.last.say(m.Paused(run, 5, 0))

            assert hub.sweeps.get(key).waits == RESTING
            await until(lambda: hub.sweeps.get(key) and all(r.playing for r in hub.table))
            assert {play.run for play in executor.last.got(m.Play)} >= set(runs)

    asyncio.run(scene())


def test_a_sweep_goes_on_under_the_next_server(tmp_path: Path) -> None:
    async def scene() -> None:
        async with scripted_hub(limits=QUICK, folder=tmp_path) as (hub, executor):
            key = started(hub)
            before = hub.sweeps.get(key)
            end(executor, before.runs[0])
            await until(lambda: hub.sweeps.get(key).runs[4])

        async with scripted_hub(limits=QUICK, folder=tmp_path) as (hub, executor):
            seen = hub.sweeps.get(key)
            assert (seen.runs[:4], seen.done[:2]) == (before.runs[:4], (True, False))
            assert [one.id for one in hub.sweeps.of("alice")] == [key]
            going = [run for run in seen.runs[1:] if run]
            await until(lambda: {s.run for s in executor.last.got(m.Start)} >= set(going))
            await until(lambda: all(hub.table.held(run).playing for run in going))

    asyncio.run(scene())


def test_a_sweep_that_was_kept_otherwise_harms_no_other(tmp_path: Path) -> None:
    async def scene() -> None:
        async with scripted_hub(limits=QUICK, folder=tmp_path) as (hub, _):
            good, bad = started(hub), started(hub)
            broken = hub.sweeps._going[bad]
            broken.runs = ["../../secret"]
            hub.sweeps._keep(broken)

        async with scripted_hub(limits=QUICK, folder=tmp_path) as (hub, _):
            assert [one.id for one in hub.sweeps.of("alice")] == [good]

    asyncio.run(scene())


def test_one_more_takes_the_place_of_the_oldest_that_has_ended() -> None:
    async def scene() -> None:
        async with scripted_hub(limits=replace(QUICK, sweeps=2)) as (hub, _):
            first, second = started(hub), started(hub)
            with pytest.raises(BadValue, match="One person may have 2 sweeps that have not ended"):
                started(hub)
            started(hub, owner="bob")
            hub.sweeps.cancel(second)
            third = started(hub)

            assert [one.id for one in hub.sweeps.of("alice")] == [third, first]
            with pytest.raises(NoSuchRun, match="This sweep is gone"):
                hub.sweeps.get(second)

    asyncio.run(scene())


def test_a_sweep_whose_runs_were_forgotten_is_forgotten() -> None:
    async def scene() -> None:
        async with scripted_hub(limits=replace(QUICK, dormant_seconds=0.05)) as (hub, executor):
            key = started(hub, replace(PLAN, axes=(Axis("n", (1, 2)),)))
            runs = hub.sweeps.get(key).runs
            for run in runs:
                end(executor, run)
            await until(lambda: hub.sweeps._going[key].ended)
            for run in runs:
                hub.stop(run)
            await until(lambda: hub.sweeps.of("alice") == [])

    asyncio.run(scene())


def test_a_sweep_is_deleted_with_its_runs() -> None:
    async def scene() -> None:
        async with scripted_hub(limits=QUICK) as (hub, executor):
            key, other = started(hub), started(hub)
            kept = set(hub.sweeps.get(other).runs) - {""}
            end(executor, hub.sweeps.get(key).runs[0])
            await until(lambda: hub.sweeps.get(key).done[0])
            hub.sweeps.forget(key)

            assert [one.id for one in hub.sweeps.of("alice")] == [other]
            assert {run.id for run in hub.table} == kept
            with pytest.raises(NoSuchRun, match="This sweep is gone"):
                hub.sweeps.get(key)

    asyncio.run(scene())


def test_a_bad_plan_begins_nothing() -> None:
    async def scene() -> None:
        async with scripted_hub(limits=QUICK) as (hub, _):
            with pytest.raises(BadValue):
                started(hub, replace(PLAN, repeats=0))
            assert len(hub.table) == 0
            assert hub.sweeps.of("") == []

    asyncio.run(scene())
