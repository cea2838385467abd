"""The hub as pages see it, from a thread of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import signature
from pathlib import Path

import pytest

from rlviz.errors import BadValue, NoSuchRun, RlvizError
from rlviz.runs import messages as m
from rlviz.runs.archive import Unpacked
from rlviz.runs.client import About, Client
from rlviz.server import gateway
from rlviz.server.gateway import Gateway
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from tests.server.stage import SPEC, ScriptedExecutor, scripted_hub, until

Page = Callable[[Gateway], None]


def page(
    work: Page, folder: Path | None = None, *, asleep: bool = False, limits: Limits | None = None
) -> None:
    """Do what a page does, in a thread; before, one run may be on the shelf."""
    drowsy = Limits(tick_seconds=0.01, dormant_seconds=0.01)

    async def scenario() -> None:
        async with scripted_hub(1, drowsy if asleep else limits, folder) as (hub, executor):
            if asleep:
                await shelved(hub, executor)
            await asyncio.to_thread(work, Gateway(hub, asyncio.get_running_loop()))

    asyncio.run(scenario())


async def shelved(hub: Hub, executor: ScriptedExecutor) -> None:
    run = hub.start(SPEC, "ada", playing=False, speed=None)
    executor.last.say(m.Paused(run, 0, 0))
    await until(lambda: hub.table.held(run).dormant)


def test_it_has_every_method_of_a_client() -> None:
    methods = [name for name in vars(Client) if not name.startswith("_")]
    expected = {name: list(signature(getattr(Client, name)).parameters) for name in methods}
    found = {name: list(signature(getattr(Gateway, name)).parameters) for name in methods}

    assert found == expected


def test_a_dormant_run_is_seen_and_steered_like_any_other() -> None:
    def work(client: Gateway) -> None:
        (listed,) = client.runs("ada")
        assert client.owns(listed.run, "ada")
        client.play(listed.run, 5.0)

        assert client.view(listed.run).speed == 5.0

    page(work, asleep=True)


def test_links_and_channels_come_back() -> None:
    def work(client: Gateway) -> None:
        channel = client.open_channel("ada")
        client.publish(channel, "ada", {"a": "1"})

        assert client.published(channel).address == {"a": "1"}
        assert client.kept_link(client.keep_link({"a": "2"})) == {"a": "2"}

    page(work)


def test_an_archive_that_is_refused_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpack(_: bytes, folder: Path, __: object) -> Unpacked:
        folder.mkdir()
        (folder / "checkpoint-00000001.log").touch()
        return Unpacked(SPEC, About(), 7)

    def work(client: Gateway) -> None:
        monkeypatch.setattr(gateway, "unpack", unpack)
        client.adopt(b"", "ada")
        with pytest.raises(BadValue, match="may have 1 unfinished runs"):
            client.adopt(b"", "ada")
        (listed,) = client.runs("ada")

        assert (listed.iteration, listed.status) == (7, "paused")
        assert [file.name for file in (tmp_path / "runs").iterdir()] == [listed.run]

    page(work, tmp_path, limits=Limits(unfinished=1))


@pytest.mark.parametrize("run", ["", "../../etc/passwd", "a" * 12])
def test_no_method_finds_a_run_that_nobody_holds(run: str) -> None:
    def work(client: Gateway) -> None:
        for ask in (client.view, client.pause, client.stop, client.history):
            with pytest.raises(NoSuchRun):
                ask(run)
        with pytest.raises(NoSuchRun):
            client.fork(run, 0, "ada")
        with pytest.raises(NoSuchRun):
            client.rename(run, "x")

    page(work)


def test_without_an_owner_nothing_is_made() -> None:
    def work(client: Gateway) -> None:
        for make in (
            lambda: client.start(SPEC, ""),
            lambda: client.adopt(b"", ""),
            lambda: client.open_channel(""),
        ):
            with pytest.raises(RlvizError, match="needs an owner"):
                make()

    page(work)
