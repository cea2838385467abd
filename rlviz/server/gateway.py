"""The hub for other threads: pages run in threads, the hub lives in the server's loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rlviz.catalogue import Catalogue
from rlviz.errors import RlvizError
from rlviz.runs.client import RunView
from rlviz.runs.messages import Grain, Step
from rlviz.runs.spec import Intervention, RunSpec
from rlviz.server.hub import Hub

CATALOGUE_SECONDS = 15.0
ANSWER_SECONDS = 5.0

T = TypeVar("T")


class Gateway:
    """A `runs.client.Client` over a hub. Not for the loop's own thread, which it would block."""

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self._hub, self._loop = hub, loop
        self._catalogue: Catalogue | None = None

    def catalogue(self) -> Catalogue:
        """What there is; waits for the first worker at most 15 seconds."""
        if self._catalogue is None:
            self._catalogue = self._wait(self._hub.catalogue, CATALOGUE_SECONDS)
        return self._catalogue

    def start(
        self, spec: RunSpec, owner: str, *, playing: bool = True, speed: float | None = None
    ) -> str:
        """Start a run and return its id; a person's run has an owner."""
        if not owner:
            raise RlvizError("A run needs an owner; allow cookies for this page and reload it.")
        self.catalogue()
        return self._call(lambda: self._hub.start(spec, owner, playing=playing, speed=speed))

    def start_public(self, name: str, spec: RunSpec, speed: float | None = None) -> str:
        """The run of that name that everybody may watch; started where there is none."""
        self.catalogue()
        return self._call(lambda: self._hub.start_public(name, spec, speed))

    def view(self, run: str) -> RunView:
        """The run now; NoSuchRun where nobody holds it."""
        return self._call(lambda: self._hub.view(run))

    def owns(self, run: str, owner: str) -> bool:
        """Whether this owner may control the run."""
        return self._call(lambda: self._hub.owns(run, owner))

    def play(self, run: str, speed: float | None = None) -> None:
        """Go on at that many iterations a second, None for as fast as it goes."""
        self._call(lambda: self._hub.play(run, speed))

    def pause(self, run: str) -> None:
        """Stop pulling beats."""
        self._call(lambda: self._hub.pause(run))

    def step(self, run: str, grain: Grain = "iteration", n: int = 1) -> None:
        """Pull n more and pause."""
        self._call(lambda: self._hub.step(Step(run, grain, n)))

    def intervene(self, run: str, intervention: Intervention) -> str:
        """Change the run from its next iteration on; the id comes back in its events."""
        return self._call(lambda: self._hub.intervene(run, intervention))

    def stop(self, run: str) -> None:
        """Forget the run."""
        self._call(lambda: self._hub.stop(run))

    def history(self, run: str, first: int, last: int) -> list[bytes]:
        """Kept frames of those iterations, oldest first."""
        return self._call(lambda: self._hub.history(run, first, last))

    def _call(self, work: Callable[[], T]) -> T:
        async def working() -> T:
            return work()

        return self._wait(working, ANSWER_SECONDS)

    def _wait(self, making: Callable[[], Awaitable[T]], seconds: float) -> T:
        async def waiting() -> T:
            return await making()

        if self._loop.is_closed():
            raise RlvizError("The engine has been shut down; start the application again.")
        future = asyncio.run_coroutine_threadsafe(waiting(), self._loop)
        try:
            return future.result(seconds)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise RlvizError(
                f"The engine must answer within {seconds:g} seconds, but did not; "
                "see what the server has logged, and try again."
            ) from None
