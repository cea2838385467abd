"""The hub for other threads: pages run in threads, the hub lives in the server's loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from rlviz.catalogue import Catalogue
from rlviz.errors import RlvizError
from rlviz.runs import sharing
from rlviz.runs.archive import unpack
from rlviz.runs.client import About, Listed, Published, RunView
from rlviz.runs.forks import NO_OWNER
from rlviz.runs.history import History
from rlviz.runs.messages import Grain, Step
from rlviz.runs.spec import Intervention, RunSpec
from rlviz.runs.sweep import Plan, Sweep
from rlviz.server.hub import Hub

CATALOGUE_SECONDS = 15.0
ANSWER_SECONDS = 5.0

T = TypeVar("T")


class Gateway:
    """A `runs.client.Client` over a hub. Not for the loop's own thread, which it would block.

    Files and the database are read in the thread that asks; the loop only wakes runs.
    """

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self._hub, self._loop = hub, loop
        self._catalogue: Catalogue | None = None

    def catalogue(self) -> Catalogue:
        """What there is; waits for the first worker at most 15 seconds."""
        if self._catalogue is None:
            self._catalogue = self._wait(self._hub.catalogue, CATALOGUE_SECONDS)
        return self._catalogue

    def start(
        self,
        spec: RunSpec,
        owner: str,
        *,
        playing: bool = True,
        speed: float | None = None,
        about: About | None = None,
        limit: int | None = None,
        until: int = 0,
    ) -> str:
        """Start a run and return its id; a person's run has an owner."""
        if not owner:
            raise RlvizError(NO_OWNER)
        return self._call(
            lambda: self._hub.start(
                spec, owner, playing=playing, speed=speed, about=about, limit=limit, until=until
            )
        )

    def start_public(self, name: str, spec: RunSpec, speed: float | None = None) -> str:
        """The run of that name that everybody may watch; started where there is none."""
        return self._call(lambda: self._hub.start_public(name, spec, speed))

    def fork(
        self,
        run: str,
        iteration: int,
        owner: str,
        *,
        changes: tuple[Intervention, ...] = (),
        playing: bool = False,
        speed: float | None = None,
        aside: bool = False,
    ) -> str:
        """A new run that is `run` up to that iteration, and goes on with `changes`."""
        return self._call(
            lambda: self._hub.fork(
                run, iteration, owner, changes=changes, playing=playing, speed=speed, aside=aside
            )
        )

    def view(self, run: str) -> RunView:
        """The run now; NoSuchRun where nobody holds it."""
        return self._with(run, lambda: self._hub.view(run))

    def owns(self, run: str, owner: str) -> bool:
        """Whether this owner may control the run."""
        return self._call(lambda: self._hub.owns(run, owner))

    def play(self, run: str, speed: float | None = None) -> None:
        """Go on at that many iterations a second, None for as fast as it goes."""
        self._with(run, lambda: self._hub.play(run, speed))

    def pause(self, run: str) -> None:
        """Stop pulling beats."""
        self._with(run, lambda: self._hub.pause(run))

    def step(self, run: str, grain: Grain = "iteration", n: int = 1) -> None:
        """Pull n more and pause."""
        self._with(run, lambda: self._hub.step(Step(run, grain, n)))

    def intervene(self, run: str, intervention: Intervention) -> str:
        """Change the run from its next iteration on; the id comes back in its events."""
        return self._with(run, lambda: self._hub.intervene(run, intervention))

    def stop(self, run: str) -> None:
        """Forget the run, and what was kept of it."""
        self._call(lambda: self._hub.stop(run))

    def history(self, run: str) -> History:
        """What was kept of the run, to be read; NoSuchRun where nobody holds it."""
        return self._call(lambda: self._hub.history(run))

    def runs(self, owner: str) -> list[Listed]:
        """This owner's runs, the newest first; parts of sweeps and runs aside are left out."""
        return self._call(lambda: self._hub.runs(owner))

    def rename(self, run: str, name: str) -> None:
        """Call it something; at most 80 characters are kept."""
        self._call(lambda: self._hub.rename(run, name))

    def adopt(self, archive: bytes, owner: str) -> str:
        """A run from what `runs.archive.pack` made of one, as this owner's."""
        if not owner:
            raise RlvizError(NO_OWNER)
        known, run = self.catalogue(), sharing.new_id()
        folder = self._hub.shelf.store.run_folder(run)
        try:
            found = unpack(archive, folder, known)
            self._call(
                lambda: self._hub.adopt(run, found.spec, owner, found.about, found.iteration)
            )
        except RlvizError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return run

    def keep_link(self, address: Mapping[str, str]) -> str:
        """A short id under which the parameters of a long address can be had again."""
        return sharing.keep_link(self._hub.shelf.store, address)

    def kept_link(self, link: str) -> dict[str, str]:
        """The parameters of that id; empty where there is no such link."""
        return sharing.kept_link(self._hub.shelf.store, link)

    def open_channel(self, owner: str) -> str:
        """A channel on which this owner shows a page to those who follow it; its id."""
        return self._call(lambda: self._hub.channels.open(owner))

    def publish(self, channel: str, owner: str, address: Mapping[str, str]) -> None:
        """What the page of the channel shows now; NotAllowed for any other than its owner."""
        self._call(lambda: self._hub.channels.publish(channel, owner, address))

    def published(self, channel: str) -> Published:
        """What the channel shows now; empty where there is no such channel."""
        return self._call(lambda: self._hub.channels.published(channel))

    def start_sweep(self, plan: Plan, owner: str) -> str:
        """Start the runs of a sweep, as many at once as the owner may have; its id."""
        if not owner:
            raise RlvizError(NO_OWNER)
        known = self.catalogue()
        return self._call(lambda: self._hub.sweeps.start(plan, owner, known))

    def sweep(self, sweep: str) -> Sweep:
        """How far it is and what it has found; NoSuchRun where there is no such sweep."""
        return self._call(lambda: self._hub.sweeps.get(sweep))

    def sweeps(self, owner: str) -> list[Sweep]:
        """This owner's sweeps, the newest first."""
        return self._call(lambda: self._hub.sweeps.of(owner))

    def cancel_sweep(self, sweep: str) -> None:
        """End what has not finished; what was found stays."""
        self._call(lambda: self._hub.sweeps.cancel(sweep))

    def forget_sweep(self, sweep: str) -> None:
        """Delete it with all of its runs."""
        self._call(lambda: self._hub.sweeps.forget(sweep))

    def _with(self, run: str, work: Callable[[], T]) -> T:
        """Do it once the run is awake."""

        async def working() -> T:
            await self._hub.awake(run)
            return work()

        self.catalogue()
        return self._wait(working, ANSWER_SECONDS)

    def _call(self, work: Callable[[], T]) -> T:
        async def working() -> T:
            return work()

        self.catalogue()  # before it is there, nobody knows which runs are kept
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
