"""Runs as things that a person has: lists, names, forks, runs aside, caps, channels."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
import pytest

from rlviz.errors import BadValue, NoSuchRun, NotAllowed
from rlviz.runs import messages as m
from rlviz.runs.client import About, Parent
from rlviz.runs.forks import cut
from rlviz.runs.spec import At, Edit, RunSpec, Set
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from tests.server.stage import SPEC, Listener, ScriptedExecutor, until
from tests.server.test_hub import Looking, events, in_hub, start

CHANGES = RunSpec(
    "q_learning", "room", interventions=(At(3, Set("alpha", 0.1)), At(7, Set("alpha", 0.2)))
)


def came_to(executor: ScriptedExecutor, run: str, iteration: int) -> None:
    executor.last.say(m.Paused(run, iteration, 0))


# ------------------------------------------------------------------ lists and names


def test_a_list_has_the_owners_runs_only_the_newest_first() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        old = hub.start(SPEC, "ada", playing=False, speed=None, about=About("cliff", alias="a"))
        hub.start(SPEC, "grace", playing=False, speed=None)
        hub.start(SPEC, "ada", playing=False, speed=None, about=About(sweep="s"))
        hub.start_public("home", SPEC, None)
        hub.fork(old, 0, "ada", aside=True)
        new = start(hub, playing=False)
        curve = tuple(float(n) for n in range(40))
        executor.last.say(m.Course(old, "episode_return", curve))
        listed = hub.runs("ada")

        assert [one.run for one in listed] == [new, old]
        assert (listed[1].about, listed[1].signal, listed[1].curve) == (
            About("cliff", alias="a"),
            "episode_return",
            curve,
        )
        assert hub.runs("") == hub.runs("nobody") == []

    in_hub(test)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("  a\n\tb\u0000c\u202e ", "a b c"),
        ("学习 α", "学习 α"),
        ("x" * 500, "x" * 80),
        ("\n", ""),
    ],
)
def test_a_name_stays_text_on_one_line(given: str, kept: str) -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        run = start(hub)
        hub.rename(run, given)

        assert hub.view(run).about.name == kept

    in_hub(test)


def test_two_hundred_runs_are_listed_in_no_time() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        for _run in range(200):
            start(hub, playing=False)
        begun = time.perf_counter()
        listed = hub.runs("ada")

        assert len(listed) == 200
        assert time.perf_counter() - begun < 0.05

    in_hub(test, limits=Limits(unfinished=200))


# ------------------------------------------------------------------ forks


def test_a_fork_starts_from_its_parents_history_with_what_it_was_told_by_then() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        parent = hub.start(CHANGES, "ada", playing=False, speed=5.0, about=About("cliff", name="P"))
        came_to(executor, parent, 9)
        child = hub.fork(parent, 5, "grace", changes=(Set("alpha", 0.3),))
        told = executor.last.got(m.Start)[-1]
        view = hub.view(child)

        assert (told.origin, told.position, told.playing, told.keep) == (
            parent,
            (5, 0),
            False,
            True,
        )
        assert [at["iteration"] for at in told.spec["interventions"]] == [3]
        assert [plain["value"] for _, plain in told.pending] == [0.3]
        assert (view.parent, view.about) == (Parent(parent, 5), About("cliff"))
        assert hub.owns(child, "grace")
        assert not hub.owns(child, "ada")

    in_hub(test)


def test_once_it_has_kept_something_a_fork_needs_its_parent_no_more() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        parent = start(hub)
        came_to(executor, parent, 9)
        child = hub.fork(parent, 5, "ada")
        executor.last.say(m.Checkpoint(child, 5))
        dead = executor.last
        dead.kill()
        await until(lambda: executor.last is not dead and executor.last.got(m.Start))
        told = next(t for t in executor.last.got(m.Start) if t.run == child)

        assert (told.origin, told.position) == ("", (5, 0))

    in_hub(test)


def test_a_change_on_the_way_to_the_place_of_the_fork_waits_for_it() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        parent = start(hub)
        came_to(executor, parent, 9)
        child = hub.fork(parent, 5, "ada", changes=(Set("alpha", 0.1),))
        late = hub.intervene(child, Set("alpha", 0.2))
        came_to(executor, child, 4)
        before = executor.last.got(m.Intervene)
        came_to(executor, child, 5)

        assert before == []
        assert [told.id for told in executor.last.got(m.Intervene)] == [late]

    in_hub(test)


@pytest.mark.parametrize("iteration", [-1, 10, 2**60, True, 1.5, "1"])
def test_a_fork_stands_where_its_parent_has_been(iteration: Any) -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        parent = start(hub)
        came_to(executor, parent, 9)

        with pytest.raises(BadValue, match="A fork must be at an iteration from 0 to 9, but got"):
            hub.fork(parent, iteration, "ada")

    in_hub(test)


def test_a_fork_has_an_owner_and_counts_for_its_caps() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        parent = start(hub)
        with pytest.raises(NotAllowed, match="A run needs an owner"):
            hub.fork(parent, 0, "")
        hub.fork(parent, 0, "ada")
        with pytest.raises(BadValue, match="may have 2 unfinished runs"):
            hub.fork(parent, 0, "ada")

    in_hub(test, limits=Limits(unfinished=2))


def test_a_bad_change_makes_no_fork() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        parent = start(hub)
        for change in (Set("alpha", 2.0), Edit({"map": "S#G"}, "nothing")):
            with pytest.raises(BadValue):
                hub.fork(parent, 0, "ada", changes=(change,))

        assert hub.health()["runs"] == 1

    in_hub(test)


def test_a_spec_is_cut_after_the_changes_of_that_iteration() -> None:
    cuts = [len(cut(CHANGES, iteration).interventions) for iteration in (0, 2, 3, 6, 7, 8)]

    assert cuts == [0, 0, 1, 1, 2, 2]


# ------------------------------------------------------------------ aside


def test_a_run_aside_is_kept_nowhere_and_forgotten_when_nobody_looks() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        parent = start(hub, playing=False)
        aside = hub.fork(parent, 0, "ada", aside=True)
        told = executor.last.got(m.Start)[-1]
        async with Looking(hub, aside):
            executor.last.say(m.Paused(aside, 0, 0))
            await asyncio.wrap_future(hub.shelf.store.remove("links", "none"))
            kept = [entry.id for entry in hub.shelf.store.all("runs")[0]]
            held = hub.view(aside).run
        await until(lambda: hub.table.find(aside) is None)

        assert (told.keep, kept, held) == (False, [parent], aside)
        assert hub.view(parent).run == parent

    in_hub(test, limits=Limits(tick_seconds=0.01, aside_seconds=0.05, farewell_seconds=0.0))


def test_a_run_aside_too_many_takes_the_oldest_ones_place() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        parent = start(hub, playing=False)
        asides = [hub.fork(parent, 0, "ada", aside=True) for _ in range(4)]

        assert [hub.table.find(run) is not None for run in asides] == [False, False, True, True]

    in_hub(test, limits=Limits(aside=2, unfinished=1))


# ------------------------------------------------------------------ caps and places


def test_parts_of_a_sweep_count_as_running_and_not_as_unfinished() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        part = About(sweep="s")
        for _run in range(2):
            hub.start(SPEC, "ada", playing=True, speed=None, about=part)
        start(hub, playing=False)

        with pytest.raises(BadValue, match="may have 2 running runs, and has 2"):
            hub.start(SPEC, "ada", playing=True, speed=None, about=part)

    in_hub(test, limits=Limits(unfinished=1, running=2))


def test_limit_and_first_place_reach_the_worker() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        hub.start(SPEC, "ada", playing=True, speed=None, limit=100, until=40)
        (told,) = executor.last.got(m.Start)

        assert (told.limit, told.position, told.playing) == (100, (40, 0), True)

    in_hub(test)


# ------------------------------------------------------------------ what viewers hear


def test_viewers_hear_that_a_run_stalls_and_that_it_goes_on() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        executor.last.say(m.Playing(run))
        async with Looking(hub, run) as looking:
            executor.last.say(m.Stalled(run, "The disk is full."))
            stalled = hub.view(run).status
            executor.last.say(m.Playing(run))
            await until(lambda: len(events(looking.listener, "Status")) == 3)
            said = [(e["status"], e["sentence"]) for e in events(looking.listener, "Status")]

        assert stalled == "stalled"
        assert said == [("playing", ""), ("stalled", "The disk is full."), ("playing", "")]

    in_hub(test)


def test_followers_hear_at_once_and_each_time_until_they_leave() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        channel = hub.channels.open("ada")
        hub.channels.publish(channel, "ada", {"x": "1"})
        viewer, listener = hub.channels.follow(channel), Listener()
        pumping = asyncio.create_task(viewer.pump(listener))
        hub.channels.publish(channel, "ada", {"x": "2"})
        await until(lambda: len(listener.texts) == 2)
        hub.channels.unfollow(channel, viewer)
        hub.channels.publish(channel, "ada", {"x": "3"})
        pumping.cancel()

        assert [orjson.loads(text) for text in listener.texts] == [
            {"type": "Published", "n": 1},
            {"type": "Published", "n": 2},
        ]
        with pytest.raises(NoSuchRun, match="This class is over"):
            hub.channels.follow("nowhere")

    in_hub(test)
