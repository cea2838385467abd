"""Warm workers that are replaced when they die, and the seam behind which they are made.

An `Executor` starts workers and moves messages; a `Pool` keeps so many of them alive, one on each
*seat*, and puts a new one where one has died. Both live in one asyncio loop and call back in it:
nothing here blocks, and nothing raw passes but whole messages.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from rlviz.runs.messages import Command, Hello, Notification, Ping, Pong

log = logging.getLogger(__name__)

Receive = Callable[[Notification | None], None]  # None: the worker has gone

HELLO_SECONDS = 60.0  # in which a new worker must be ready
PING_SECONDS = 2.0
SILENT_SECONDS = 8.0  # without a Pong: then a worker that lives is ended all the same
_LONGEST_WAIT = 30.0  # seconds between two tries to start a worker that dies before its Hello


class Link(Protocol):
    """One worker, as its executor holds it."""

    def send(self, command: Command) -> None:
        """Give the worker a command; without effect once it has gone."""

    def kill(self) -> None:
        """End the worker now; `receive(None)` follows."""


class Executor(Protocol):
    """What starts workers: processes of this machine, later others."""

    @property
    def capacity(self) -> int:
        """How many workers are worth having."""

    async def start(self, receive: Receive) -> Link:
        """Start a worker; its messages, then None, are given to `receive` in this loop."""

    async def close(self) -> None:
        """End all workers; afterwards none is left."""


class Pool:
    """As many warm workers as the executor has capacity, each on a seat; the dead are replaced.

    `ready(seat, hello)` comes with every new worker, `received(seat, message)` with each message,
    `lost(seat)` at once when one has died.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        ready: Callable[[int, Hello], None],
        received: Callable[[int, Notification], None],
        lost: Callable[[int], None],
        ping_seconds: float = PING_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._ping_seconds, self._silent_seconds = ping_seconds, silent_seconds
        self._executor = executor
        self._ready, self._received, self._lost = ready, received, lost
        self._links: dict[int, Link] = {}
        self._warm: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    @property
    def seats(self) -> range:
        """The numbers of the seats."""
        return range(self._executor.capacity)

    @property
    def warm(self) -> frozenset[int]:
        """The seats whose worker has said Hello and lives."""
        return frozenset(self._warm)

    def open(self) -> None:
        """Start the workers, without waiting for them."""
        self._tasks = [asyncio.create_task(self._keep(seat)) for seat in self.seats]

    async def close(self) -> None:
        """End all workers."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._warm.clear()
        self._links.clear()
        await self._executor.close()

    def send(self, seat: int, command: Command) -> None:
        """Give a command to the worker on that seat; dropped while none is warm there.

        Nothing is lost by that: what a run was told goes with the Start that recovers it.
        """
        if seat in self._warm:
            self._links[seat].send(command)

    def kill(self, seat: int) -> None:
        """End the worker on that seat; another takes its place."""
        if link := self._links.get(seat):
            link.kill()

    async def _keep(self, seat: int) -> None:
        wait = 0.0
        while True:
            await asyncio.sleep(wait)
            said_hello = await self._one_life(seat)
            wait = 0.0 if said_hello else min(max(2 * wait, 0.5), _LONGEST_WAIT)

    async def _one_life(self, seat: int) -> bool:
        """Start a worker and wait until it has gone; whether it ever was ready."""
        gone = asyncio.Event()
        said_hello = False
        heard_at = 0.0

        def receive(message: Notification | None) -> None:
            nonlocal said_hello, heard_at
            if message is None:
                self._warm.discard(seat)
                self._links.pop(seat, None)
                gone.set()
                if said_hello and not self._closing:
                    self._lost(seat)
            elif isinstance(message, Hello):
                said_hello, heard_at = True, loop.time()
                self._warm.add(seat)
                self._ready(seat, message)
            elif isinstance(message, Pong):
                heard_at = loop.time()
            else:
                self._received(seat, message)

        loop = asyncio.get_running_loop()
        try:
            link = await self._executor.start(receive)
        except OSError as refused:  # also TimeoutError, where it did not connect
            log.error("A worker could not be started: %r", refused)
            return False
        if not gone.is_set():
            self._links[seat] = link
        late = loop.call_later(HELLO_SECONDS, lambda: None if said_hello else link.kill())
        watch = asyncio.create_task(self._watch(seat, link, lambda: heard_at))
        try:
            await gone.wait()
        finally:
            late.cancel()
            watch.cancel()
        if not said_hello:
            log.error("A worker ended before it was ready; its own message stands above.")
        return said_hello

    async def _watch(self, seat: int, link: Link, heard_at: Callable[[], float]) -> None:
        """Ask a worker now and then whether it is there, and end one that does not answer."""
        loop = asyncio.get_running_loop()
        asked = waited = 0  # waited: pings in a row without a Pong
        while True:
            asked_at = loop.time()
            await asyncio.sleep(self._ping_seconds)
            if seat not in self._warm:
                continue
            # Counted, not timed: where this process itself stood still, its workers did not.
            waited = 0 if heard_at() >= asked_at else waited + 1
            if (waited + 1) * self._ping_seconds >= self._silent_seconds:
                log.error("The worker on seat %d has not answered and is ended.", seat)
                link.kill()
            asked += 1
            link.send(Ping(asked))
