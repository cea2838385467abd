"""One browser that looks at one run: a slot for the newest frame, a short queue of events."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

FPS = 10.0  # until the viewer says otherwise
MOST_EVENTS = 256
TOO_SLOW = 1013  # "try again later": the browser connects again and gets everything anew


class Socket(Protocol):
    """What a viewer needs of a websocket."""

    async def send_text(self, data: str) -> None:
        """Send one event."""

    async def send_bytes(self, data: bytes) -> None:
        """Send one frame."""

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close with a code and a sentence."""


class Viewer:
    """Filled by the hub without ever waiting, emptied by `pump` as fast as its browser reads.

    A slow viewer loses frames, because each frame is whole and replaces the one in the slot. It
    loses no event: when too many wait, it is hung up on and starts over.
    """

    def __init__(self) -> None:
        self.signals: tuple[str, ...] | None = None  # None until it has asked
        self.fps = FPS
        self._events: deque[str] = deque()
        self._static = b""
        self._frame = b""
        self._wake = asyncio.Event()
        self._closing: tuple[int, str] | None = None

    def tell(self, event: str) -> None:
        """Queue an event."""
        if len(self._events) >= MOST_EVENTS:
            self.close(TOO_SLOW, "This browser reads too slowly; connecting again.")
            return
        self._events.append(event)
        self._wake.set()

    def show(self, frame: bytes, *, static: bool = False) -> None:
        """Put a frame into its slot, over the one that has not been sent."""
        if static:
            self._static = frame
        else:
            self._frame = frame
        self._wake.set()

    def watch(self, signals: tuple[str, ...], fps: float) -> None:
        """What it wants to see, and how many frames a second at most."""
        self.signals, self.fps = signals, fps
        self._wake.set()

    def close(self, code: int, sentence: str) -> None:
        """Hang up after what is still queued; the first reason stands."""
        self._closing = self._closing or (code, sentence)
        self._wake.set()

    async def pump(self, socket: Socket) -> None:
        """Send until closed. Waits only for this browser."""
        due = 0.0
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._events:
                await socket.send_text(self._events.popleft())
            if self._closing:
                await socket.close(*self._closing)
                return
            due = await self._send_frames(socket, due)

    async def _send_frames(self, socket: Socket, due: float) -> float:
        """Send what stands in the slots, a frame not before `due`; when the next one is due."""
        if self._static:
            static, self._static = self._static, b""
            await socket.send_bytes(static)
        if not self._frame or not self.fps:
            return due
        loop = asyncio.get_running_loop()
        if (early := due - loop.time()) > 0:
            loop.call_later(early, self._wake.set)
            return due
        frame, self._frame = self._frame, b""
        # A tenth early is on time: otherwise the jitter of a run at the same rate adds up.
        due = loop.time() + 0.9 / self.fps
        await socket.send_bytes(frame)
        return due
