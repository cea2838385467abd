from __future__ import annotations

import asyncio
import dataclasses
import math
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from rlviz.errors import BadValue, NoSuchRun, UnknownName
from rlviz.runs import messages as m
from rlviz.runs.spec import At, Edit, Keep, RunSpec, Set
from rlviz.server.care import RESTING
from rlviz.server.held import RECOVERING
from rlviz.server.hub import GONE, Hub
from rlviz.server.limits import Limits
from tests.server.stage import SPEC, Listener, ScriptedExecutor, scripted_hub, until


def _limits(**changed: Any) -> Limits:
    """A scripted worker says no farewell."""
    return Limits(farewell_seconds=0.0, **changed)


QUICK = _limits(lease_seconds=0.05, tick_seconds=0.01)


def in_hub(
    test: Callable[[Hub, ScriptedExecutor], Awaitable[None]],
    capacity: int = 1,
    limits: Limits | None = None,
) -> None:
    async def scenario() -> None:
        async with scripted_hub(capacity, limits) as (hub, executor):
            await test(hub, executor)

    asyncio.run(scenario())


def start(hub: Hub, owner: str = "ada", *, playing: bool = True, spec: RunSpec = SPEC) -> str:
    return hub.start(spec, owner, playing=playing, speed=None)


def events(listener: Listener, kind: str) -> list[dict[str, Any]]:
    plain = [orjson.loads(text) for text in listener.texts]
    return [event for event in plain if event["type"] == kind]


async def crash(executor: ScriptedExecutor) -> None:
    """Kill the worker and wait until its successor has been told to start a run."""
    dead = executor.last
    dead.kill()
    await until(lambda: executor.last is not dead and executor.last.got(m.Start))


class Looking:
    """A viewer of a run whose pump works while the block lasts."""

    def __init__(self, hub: Hub, run: str) -> None:
        self.hub, self.run = hub, run
        self.listener = Listener()

    async def __aenter__(self) -> Looking:
        self.viewer = self.hub.join(self.run)
        self.pumping = asyncio.create_task(self.viewer.pump(self.listener))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hub.leave(self.run, self.viewer)
        self.pumping.cancel()


def test_a_run_is_started_with_its_checked_spec() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = hub.start(
            dataclasses.replace(SPEC, config={"alpha": 1}), "ada", playing=False, speed=20
        )
        (told,) = executor.last.got(m.Start)

        assert (told.run, told.playing, told.speed) == (run, False, 20.0)
        assert told.spec["config"] == {"alpha": 1.0}

    in_hub(test)


@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        (RunSpec("q_lerning", "room"), "Did you mean `q_learning`"),
        (RunSpec("q_learning", "rom"), "Did you mean `room`"),
        (RunSpec("q_learning", "room", {"alpha": 2.0}), "0.0001 <= alpha <= 1"),
        (RunSpec("q_learning", "room", {"alpha": math.nan}), "finite number"),
        (RunSpec("q_learning", "room", {"alpha": float("1e400")}), "finite number"),
        (RunSpec("q_learning", "room", replicas=10**9), "1 <= replicas <= 4096"),
    ],
)
def test_a_bad_spec_is_refused_in_a_sentence(spec: RunSpec, refusal: str) -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        with pytest.raises((BadValue, UnknownName), match=refusal):
            start(hub, spec=spec)

    in_hub(test)


@pytest.mark.parametrize("speed", [0, -1.0, math.nan, math.inf, 1e9, True])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        run = start(hub)

        with pytest.raises(BadValue, match="speed"):
            hub.play(run, speed)

    in_hub(test)


@pytest.mark.parametrize("run", ["", "../../etc/passwd", "a" * 12, "A" * 12, "é" * 12])
def test_an_unknown_run_is_gone(run: str) -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        with pytest.raises(NoSuchRun, match="gone"):
            hub.view(run)

    in_hub(test)


def test_runs_of_one_page_go_to_different_workers() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        start(hub, playing=False)
        start(hub, playing=False)

        assert [len(worker.got(m.Start)) for worker in executor.workers] == [1, 1]

    in_hub(test, capacity=2)


def test_a_run_goes_to_the_worker_with_the_fewest_playing_runs() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        busy, idle = executor.workers
        runs = [start(hub, f"owner{i}") for i in range(4)]
        held = {worker: {c.run for c in worker.got(m.Start)} for worker in (busy, idle)}
        for run in runs:
            if run in held[idle]:
                hub.pause(run)
        late = [start(hub, "late1"), start(hub, "late2")]

        assert {c.run for c in idle.got(m.Start)} - held[idle] == set(late)

    in_hub(test, capacity=2)


def test_viewers_get_status_map_and_frame_at_once() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        executor.last.say(m.Frame(run, 1, 0, 0, static=True, blob=b"map"))
        frame = executor.last.show(run, 7)
        executor.last.say(m.Playing(run))
        async with Looking(hub, run) as looking:
            await until(lambda: len(looking.listener.blobs) == 2)

            assert looking.listener.blobs == [b"map", frame]
            (status,) = events(looking.listener, "Status")
            assert status == {
                "type": "Status",
                "status": "playing",
                "sentence": "",
                "text": "",
                "values": {},
                "iteration": 7,
                "beat": 0,
                "speed": None,
            }

    in_hub(test)


def test_the_worker_is_told_the_union_of_what_viewers_watch() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        async with Looking(hub, run) as one, Looking(hub, run) as two:
            hub.watch(run, one.viewer, ("q", "td_error"), 5.0)
            hub.watch(run, two.viewer, ("alpha", "q"), 20.0)

            assert executor.last.got(m.Watch)[-1] == m.Watch(run, ("alpha", "q", "td_error"), 20.0)

        assert executor.last.got(m.Watch)[-1].fps == 0.0

    in_hub(test)


def test_the_same_wish_is_sent_once() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        async with Looking(hub, run) as one, Looking(hub, run) as two:
            for viewer in (one.viewer, two.viewer, one.viewer):
                hub.watch(run, viewer, ("q",), 10.0)

            assert executor.last.got(m.Watch) == [m.Watch(run, ("q",), 10.0)]

    in_hub(test)


def test_a_change_stands_in_the_spec_from_the_iteration_at_which_it_acted() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        change = hub.intervene(run, Set("alpha", 0.1))
        (told,) = executor.last.got(m.Intervene)
        executor.last.say(m.Changed(run, change, 41, told.intervention, {"alpha": 0.5}))

        assert hub.view(run).spec.interventions == (At(41, Set("alpha", 0.1)),)

    in_hub(test)


def test_a_bad_change_is_refused() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        run = start(hub)

        with pytest.raises(BadValue, match="must hold, but got alpha=2"):
            hub.intervene(run, Set("alpha", 2.0))

    in_hub(test)


@pytest.mark.parametrize(
    ("drawn", "keep", "sentence"),
    [
        ("S.G/...", "weights", "can not be kept on a map of another size"),
        ("S#G", "nothing", "no way leads from the start"),
    ],
)
def test_an_edit_that_would_fail_the_run_never_reaches_it(
    drawn: str, keep: Keep, sentence: str
) -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)

        with pytest.raises(BadValue, match=sentence):
            hub.intervene(run, Edit({"map": drawn}, keep))
        assert executor.last.got(m.Intervene) == []

    in_hub(test)


def test_the_size_of_a_map_is_that_of_the_edit_before() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        run = start(hub)
        hub.intervene(run, Edit({"map": "S.G/..."}, "nothing"))  # on its way

        assert hub.intervene(run, Edit({"map": "..G/S.."}, "weights"))
        with pytest.raises(BadValue, match="another size"):
            hub.intervene(run, Edit({"map": "S.G"}, "weights"))

    in_hub(test)


def test_after_a_crash_the_run_starts_from_all_that_the_hub_knows() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        first = executor.last
        run = start(hub)
        seen = hub.intervene(run, Set("alpha", 0.1))
        plain = first.got(m.Intervene)[0].intervention
        first.say(m.Changed(run, seen, 3, plain, {"alpha": 0.5}))
        first.say(m.Checkpoint(run, 5, blob=b"state at 5"))
        first.show(run, 9, sequence=12)
        hub.play(run, 100.0)
        await crash(executor)
        (told,) = executor.last.got(m.Start)

        assert told.blob == b"state at 5"
        assert (told.playing, told.speed, told.sequence) == (True, 100.0, 12)
        assert [at["iteration"] for at in told.spec["interventions"]] == [3]

    in_hub(test)


def test_a_change_that_had_not_acted_is_not_repeated_before_those_that_had() -> None:
    """With alpha set to .1, then to .2, the worker dies: .1 must not come last."""

    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        acted = hub.intervene(run, Set("alpha", 0.1))
        plain = executor.last.got(m.Intervene)[0].intervention
        executor.last.say(m.Changed(run, acted, 12, plain, {"alpha": 0.5}))
        executor.last.show(run, 9)
        waiting = [hub.intervene(run, Set("alpha", 0.2))]
        await crash(executor)
        waiting.append(hub.intervene(run, Set("alpha", 0.3)))
        executor.last.say(m.Rewound(run, 5))
        executor.last.show(run, 11)
        early = executor.last.got(m.Start)[0].pending, executor.last.got(m.Intervene)
        executor.last.show(run, 12)

        assert early == ((), [])
        assert [told.id for told in executor.last.got(m.Intervene)] == waiting

    in_hub(test)


def test_a_paused_run_comes_back_to_the_beat_where_it_stood() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        first = executor.last
        run = start(hub, playing=False)
        first.say(m.Paused(run, 6, 1))
        await crash(executor)
        (told,) = executor.last.got(m.Start)

        assert (told.playing, told.position) == (False, (6, 1))

    in_hub(test)


def test_steps_that_were_not_done_are_asked_for_again() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        first = executor.last
        run = start(hub, playing=False)
        first.say(m.Paused(run, 0, 0))
        hub.step(m.Step(run, "iteration", 2))
        hub.step(m.Step(run, "beat", 1))
        await crash(executor)

        assert executor.last.got(m.Step) == [m.Step(run, "iteration", 2), m.Step(run, "beat", 1)]

    in_hub(test)


def test_viewers_see_that_a_run_recovers() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        executor.last.say(m.Playing(run))
        async with Looking(hub, run) as looking:
            await crash(executor)
            executor.last.say(m.Rewound(run, 0))
            executor.last.say(m.Playing(run))
            await until(lambda: len(events(looking.listener, "Status")) == 3)
            said = [(e["status"], e["sentence"]) for e in events(looking.listener, "Status")]

            assert said == [("playing", ""), ("recovering", RECOVERING), ("playing", "")]

    in_hub(test)


def test_what_is_said_again_after_a_crash_reaches_viewers_once() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        async with Looking(hub, run) as looking:
            change = hub.intervene(run, Set("alpha", 0.1))
            plain = executor.last.got(m.Intervene)[0].intervention
            accepted = m.Accepted(run, change, 4)
            changed = m.Changed(run, change, 4, plain, {"alpha": 0.5})
            executor.last.say(accepted)
            await crash(executor)
            for message in (accepted, changed, changed):
                executor.last.say(message)
            await until(lambda: events(looking.listener, "Changed"))

            assert len(events(looking.listener, "Accepted")) == 1
            assert len(events(looking.listener, "Changed")) == 1

    in_hub(test)


def test_a_run_that_kills_its_worker_twice_has_failed() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        await crash(executor)
        executor.last.kill()
        view = hub.view(run)

        assert view.status == "failed"
        assert view.sentence == "This run has ended its worker twice, so it is not started again."

    in_hub(test)


def test_ended_runs_take_no_commands() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        executor.last.say(m.Diverged(run, 8, "q"))
        before = len(executor.last.commands)
        hub.play(run, None)
        hub.step(m.Step(run))
        hub.pause(run)

        assert hub.view(run).status == "diverged"
        assert len(executor.last.commands) == before

    in_hub(test)


def test_an_unseen_run_is_paused_and_says_why() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        await until(lambda: executor.last.got(m.Pause))
        executor.last.say(m.Paused(run, 3, 0))

        assert (hub.view(run).status, hub.view(run).sentence) == ("paused", RESTING)

    in_hub(test, limits=QUICK)


def test_a_run_that_somebody_watches_goes_on() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        watched = start(hub)
        async with Looking(hub, watched):
            unseen = start(hub)
            await until(lambda: m.Pause(unseen) in executor.last.commands)

            assert m.Pause(watched) not in executor.last.commands

    in_hub(test, limits=QUICK)


def test_a_hidden_page_does_not_look() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        async with Looking(hub, run) as looking:
            hub.watch(run, looking.viewer, ("q",), 0.0)
            await until(lambda: executor.last.got(m.Pause))

    in_hub(test, limits=QUICK)


def test_a_playing_run_is_saved_again_and_again() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        resting = start(hub, playing=False)
        await until(lambda: len(executor.last.got(m.Save)) == 3)

        assert m.Save(run) in executor.last.commands
        assert m.Save(resting) not in executor.last.commands

    in_hub(test, limits=_limits(save_seconds=0.02, tick_seconds=0.01))


def test_an_unseen_run_is_deleted_in_the_end() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        await until(lambda: executor.last.got(m.Stop))

        with pytest.raises(NoSuchRun):
            hub.view(run)

    in_hub(test, limits=_limits(keep_seconds=0.05, tick_seconds=0.01))


def test_unfinished_runs_of_an_owner_are_capped() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        for _run in range(3):
            start(hub, "ada", playing=False)

        with pytest.raises(BadValue, match="may have 3 unfinished runs, and has 3"):
            start(hub, "ada", playing=False)
        start(hub, "grace", playing=False)

    in_hub(test, limits=_limits(unfinished=3))


def test_finished_runs_do_not_count() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        executor.last.say(m.Finished(run, 100))

        start(hub)

    in_hub(test, limits=_limits(unfinished=1, running=1))


def test_running_runs_of_an_owner_are_capped_at_start_and_at_play() -> None:
    async def test(hub: Hub, _: ScriptedExecutor) -> None:
        start(hub)
        with pytest.raises(BadValue, match="may have 1 running runs, and has 1"):
            start(hub)
        paused = start(hub, playing=False)
        with pytest.raises(BadValue, match="pause one first"):
            hub.play(paused, None)

    in_hub(test, limits=_limits(running=1))


def test_a_public_run_is_started_once_and_owned_by_nobody() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        first = hub.start_public("home", SPEC, 20.0)

        assert hub.start_public("home", SPEC, 20.0) == first
        assert len(executor.last.got(m.Start)) == 1
        assert not hub.owns(first, "")

    in_hub(test)


def test_a_public_run_rests_unseen_and_goes_on_when_somebody_looks() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = hub.start_public("home", SPEC, 20.0)
        await until(lambda: executor.last.got(m.Pause))
        async with Looking(hub, run):
            assert executor.last.got(m.Play) == [m.Play(run, 20.0)]

    in_hub(test, limits=QUICK)


def test_stopping_a_run_hangs_up_on_its_viewers() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        async with Looking(hub, run) as looking:
            hub.stop(run)
            await until(lambda: looking.listener.closed)

            assert looking.listener.closed == (GONE, "This run has been ended.")
            assert executor.last.got(m.Stop) == [m.Stop(run)]

    in_hub(test)


def test_words_of_a_worker_about_a_forgotten_run_are_ignored() -> None:
    async def test(hub: Hub, executor: ScriptedExecutor) -> None:
        run = start(hub)
        hub.stop(run)
        executor.last.show(run, 5)

        assert hub.health()["runs"] == 0

    in_hub(test)
