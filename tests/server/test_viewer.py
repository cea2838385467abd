from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rlviz.server.viewer import MOST_EVENTS, TOO_SLOW, Viewer
from tests.server.stage import Listener, until


def pumped(test: Callable[[Viewer, Listener], Awaitable[None]]) -> None:
    async def scenario() -> None:
        viewer, listener = Viewer(), Listener()
        pumping = asyncio.create_task(viewer.pump(listener))
        await test(viewer, listener)
        pumping.cancel()

    asyncio.run(scenario())


def test_events_arrive_in_order() -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        for event in ("a", "b", "c"):
            viewer.tell(event)
        await until(lambda: len(listener.texts) == 3)

        assert listener.texts == ["a", "b", "c"]

    pumped(test)


def test_a_slow_browser_gets_the_newest_frame_only() -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        viewer.watch((), 1000.0)
        listener.reading.clear()
        for number in range(100):
            viewer.show(b"%d" % number)
            await asyncio.sleep(0)
        listener.reading.set()
        await until(lambda: listener.blobs[-1:] == [b"99"])

        assert len(listener.blobs) <= 2  # the one that was on its way, and the newest

    pumped(test)


def test_the_map_is_not_lost_to_a_frame() -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        viewer.show(b"map", static=True)
        viewer.show(b"old")
        viewer.show(b"new")
        await until(lambda: len(listener.blobs) == 2)

        assert listener.blobs == [b"map", b"new"]

    pumped(test)


def test_frames_come_no_faster_than_asked() -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        viewer.watch((), 20.0)
        loop = asyncio.get_running_loop()
        end, number = loop.time() + 0.5, 0
        while loop.time() < end:
            number += 1
            viewer.show(b"%d" % number)
            await asyncio.sleep(0.001)

        assert 2 <= len(listener.blobs) <= 12

    pumped(test)


def test_the_last_frame_always_comes() -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        viewer.watch((), 20.0)
        viewer.show(b"first")
        await until(lambda: listener.blobs)
        viewer.show(b"last")
        await until(lambda: listener.blobs == [b"first", b"last"])

    pumped(test)


def test_who_wants_no_frames_gets_the_newest_when_it_wants_one() -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        viewer.watch((), 0.0)
        viewer.show(b"old")
        viewer.show(b"new")
        viewer.tell("event")
        await until(lambda: listener.texts)
        hidden = list(listener.blobs)
        viewer.watch((), 10.0)
        await until(lambda: listener.blobs)

        assert (hidden, listener.blobs) == ([], [b"new"])

    pumped(test)


def test_too_many_waiting_events_hang_up() -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        for number in range(MOST_EVENTS + 5):
            viewer.tell(str(number))
        await until(lambda: listener.closed)

        assert listener.closed == (TOO_SLOW, "This browser reads too slowly; connecting again.")
        assert len(listener.texts) == MOST_EVENTS

    pumped(test)


@pytest.mark.parametrize("codes", [(4404, 1013), (1013, 4404)])
def test_the_first_reason_to_hang_up_stands(codes: tuple[int, int]) -> None:
    async def test(viewer: Viewer, listener: Listener) -> None:
        for code in codes:
            viewer.close(code, f"because of {code}")
        await until(lambda: listener.closed)

        assert listener.closed == (codes[0], f"because of {codes[0]}")

    pumped(test)
