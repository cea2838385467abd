from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from websockets.asyncio.client import ClientConnection

from rlviz.runs import messages as m
from rlviz.server.access import Access
from rlviz.server.admission import FOREIGN, ONLY_WATCH
from rlviz.server.limits import Limits
from rlviz.server.live import ONLY_TEXT
from tests.server.stage import until
from tests.server.web import Site, closing, on_site

NOBODY = "a" * 12


async def event(browser: ClientConnection) -> dict[str, object]:
    """The next event; frames are passed over."""
    while isinstance(text := await asyncio.wait_for(browser.recv(), 20), bytes):
        pass
    found = orjson.loads(text)
    assert isinstance(found, dict)
    return found


def test_commands_reach_the_worker_and_frames_the_browser(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start(playing=False)
        worker = site.executor.last
        async with site.live(run) as browser:
            assert (await event(browser))["type"] == "Status"
            for command in (
                {"type": "Watch", "signals": ["q"], "fps": 30},
                {"type": "Step", "grain": "beat", "n": 2},
                {"type": "Step"},
                {"type": "Play", "speed": 5},
                {"type": "Pause"},
            ):
                await browser.send(orjson.dumps(command).decode())
            await until(lambda: worker.got(m.Pause))
            frame = worker.show(run, 3)

            assert worker.commands[1:] == [
                m.Watch(run, ("q",), 30.0),
                m.Step(run, "beat", 2),
                m.Step(run, "iteration", 1),
                m.Play(run, 5.0),
                m.Pause(run),
            ]
            assert await browser.recv() == frame

    on_site(test, tmp_path)


def test_an_edit_reaches_the_worker_checked_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start(playing=False)
        worker = site.executor.last
        async with site.live(run) as browser:
            assert (await event(browser))["type"] == "Status"
            for world in ({"sleep": 0.5}, {}):
                await browser.send(orjson.dumps({"type": "Edit", "world": world}).decode())
            refused = await event(browser)
            await until(lambda: worker.got(m.Intervene))

            assert str(refused["sentence"]).startswith("Unknown world setting `sleep`.")
            assert [told.intervention for told in worker.got(m.Intervene)] == [
                {"kind": "edit", "world": {}, "keep": "weights"}
            ]

    on_site(test, tmp_path)


def test_a_forged_token_is_refused(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        token = site.access.token(run, "watch").replace("watch", "control")
        async with site.live(run, token=token) as browser:
            code, reason = await closing(browser)

        assert code == 4401
        assert reason == "The token of this page is not valid for this run; reload the page."

    on_site(test, tmp_path)


def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        old = Access(tmp_path / "secret", seconds=-1).token(run, "control")
        async with site.live(run, token=old) as browser:
            code, reason = await closing(browser)

        assert (code, reason) == (4401, "The token of this page has expired; reload the page.")

    on_site(test, tmp_path)


def test_the_token_of_another_run_is_refused(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run, other = site.start(), site.start()
        async with site.live(run, token=site.access.token(other, "control")) as browser:
            assert (await closing(browser))[0] == 4401

    on_site(test, tmp_path)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused(tmp_path: Path, origin: str) -> None:
    async def test(site: Site) -> None:
        async with site.live(site.start(), origin=origin) as browser:
            assert await closing(browser) == (4403, FOREIGN)

    on_site(test, tmp_path)


def test_a_run_that_nobody_holds_is_gone(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        async with site.live(NOBODY) as browser:
            code, reason = await closing(browser)

        assert code == 4404
        assert reason == "This run is gone: it was deleted, or nobody looked at it for a week."

    on_site(test, tmp_path)


def test_a_run_that_is_ended_while_watched_is_gone(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        async with site.live(run) as browser:
            await event(browser)
            site.hub.stop(run)

            assert await closing(browser) == (4404, "This run has been ended.")

    on_site(test, tmp_path)


@pytest.mark.parametrize("command", ["Play", "Pause", "Step"])
def test_who_may_watch_may_not_control(tmp_path: Path, command: str) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        before = list(site.executor.last.commands)
        async with site.live(run, role="watch") as browser:
            await browser.send(f'{{"type":"{command}"}}')

            assert await closing(browser) == (4403, ONLY_WATCH)
        kinds = (m.Play, m.Pause, m.Step)
        assert [c for c in site.executor.last.commands if isinstance(c, kinds)] == [
            c for c in before if isinstance(c, kinds)
        ]

    on_site(test, tmp_path)


def test_who_may_watch_may_say_what(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        async with site.live(run, role="watch") as browser:
            await browser.send('{"type":"Watch","signals":["q"],"fps":10}')
            await until(lambda: site.executor.last.got(m.Watch))

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("", "A command must be JSON, but got something else."),
        ('{"type":"Pl', "A command must be JSON, but got something else."),
        ("[" * 3000, "A command must be JSON, but got something else."),
        ('{"type":"Start"}', "`type in {Play, Pause, Step, Watch, Edit}` must hold for a command."),
        ("x" * 100_000, "A command has at most 16384 characters, but got 100000."),
        ('{"type":"Play","speed":-1}', "`0 < speed <= 1e+06`, or null, must hold."),
        (b"", ONLY_TEXT),
        (b"\x80\x04\x95cposix\nsystem\n", ONLY_TEXT),
        (b"\xff" * 100_000, ONLY_TEXT),
    ],
)
def test_a_hostile_message_gets_a_sentence(
    tmp_path: Path, message: str | bytes, sentence: str
) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        async with site.live(run) as browser:
            await browser.send(message)

            assert await closing(browser) == (4400, sentence)
        async with site.live(run) as again:  # nobody else is harmed, nor the run
            assert (await event(again))["status"] == "queued"

    on_site(test, tmp_path)


def test_a_long_sentence_fits_into_a_close(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        async with site.live(run) as browser:
            name = "é" * 40
            await browser.send(orjson.dumps({"type": "Pause", name: 1}).decode())
            code, reason = await closing(browser)

        assert code == 4400
        assert len(reason.encode()) <= 123

    on_site(test, tmp_path)


def test_a_cap_is_said_and_the_connection_stays(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.start()
        run = site.start(playing=False)
        async with site.live(run) as browser:
            await event(browser)
            await browser.send('{"type":"Play"}')
            refusal = await event(browser)
            await browser.send('{"type":"Step"}')
            await until(lambda: site.executor.last.got(m.Step))

        assert refusal["type"] == "Refused"
        assert refusal["sentence"] == (
            "One person may have 1 running runs, and has 1; pause one first."
        )

    on_site(test, tmp_path, Limits(running=1))


def test_a_closed_browser_is_noticed_while_nothing_is_sent(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start(playing=False)
        async with site.live(run) as browser:
            await browser.send('{"type":"Watch","signals":["q"],"fps":10}')
            await until(lambda: site.executor.last.got(m.Watch))
        await until(lambda: site.executor.last.got(m.Watch)[-1].fps == 0)

    on_site(test, tmp_path)


def test_a_slow_viewer_does_not_slow_another(tmp_path: Path) -> None:
    """One browser never reads: it loses frames, and the other one gets all of its own."""

    async def test(site: Site) -> None:
        run = site.start()
        frames = 40
        async with site.live(run) as slow, site.live(run) as quick:
            for browser in (slow, quick):
                await event(browser)
                await browser.send('{"type":"Watch","signals":["q"],"fps":60}')
            slow.transport.pause_reading()
            await until(lambda: site.executor.last.got(m.Watch))
            for number in range(frames):
                blob = number.to_bytes(4, "big") * 250_000  # 1 MB: no buffer holds them all
                site.executor.last.say(m.Frame(run, number, number, 0, blob=blob))
                assert await asyncio.wait_for(quick.recv(), 20) == blob
            slow.transport.resume_reading()
            seen = [await asyncio.wait_for(slow.recv(), 20)]
            while seen[-1][:4] != (frames - 1).to_bytes(4, "big"):
                seen.append(await asyncio.wait_for(slow.recv(), 20))

        assert len(seen) < frames

    on_site(test, tmp_path)
