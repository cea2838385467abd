"""The hub: what every run was told and has shown, between workers and viewers.

It lives in the server's event loop, and nothing in it waits: messages of workers come in as
calls, viewers are given references, files are read and written in threads. Most runs are dormant
(`server.shelf`); who wants to see one awaits `awake` first. Other threads reach all of this through
`server.gateway`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace

from rlviz.catalogue import Catalogue
from rlviz.errors import NotAllowed, RlvizError
from rlviz.runs import messages as m
from rlviz.runs.client import About, Listed, Parent, RunView
from rlviz.runs.forks import NO_OWNER, checked_place, cut
from rlviz.runs.history import History
from rlviz.runs.pool import Executor
from rlviz.runs.record import clean_name
from rlviz.runs.sharing import new_id
from rlviz.runs.spec import (
    Intervention,
    RunSpec,
    from_plain,
    intervention_to_plain,
    to_plain,
)
from rlviz.runs.store import Store
from rlviz.server.care import Care
from rlviz.server.changes import checked as checked_change
from rlviz.server.channels import Followed
from rlviz.server.held import Held
from rlviz.server.limits import Limits, checked_speed
from rlviz.server.seats import Seats
from rlviz.server.shelf import Shelf
from rlviz.server.sweeps import Sweeps
from rlviz.server.table import Table
from rlviz.server.viewer import Viewer
from rlviz.server.waking import Waking

GONE = 4404  # close code of the live route: this run is held by nobody
MOST_ITERATIONS = 2**53


class Hub:
    """All runs of this server. Every method is called in the loop that `open` ran in."""

    shelf: Shelf
    channels: Followed

    def __init__(self, executor: Executor, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.table = Table(self.limits)
        self.seats = Seats(executor, self)
        self._catalogue: asyncio.Future[Catalogue] | None = None
        self._loading: asyncio.Task[None] | None = None
        self.waking = Waking(self)
        self.sweeps = Sweeps(self)
        self._care = Care(self)

    # -------------------------------------------------------------- on and off

    def open(self, store: Store) -> None:
        """Start the workers, without waiting for them; runs are kept in that store."""
        self.shelf, self.channels = Shelf(store), Followed(store)
        self._catalogue = asyncio.get_running_loop().create_future()
        self._care.open()
        self.seats.pool.open()

    async def close(self) -> None:
        """Save all runs and end the workers; afterwards no process of ours is left."""
        if self._loading:
            self._loading.cancel()
        self.waking.close()
        await self._care.close()
        await self.seats.pool.close()

    async def catalogue(self) -> Catalogue:
        """What there is; waits for the first worker, and until all kept runs are known."""
        assert self._catalogue is not None
        return await asyncio.shield(self._catalogue)

    def health(self) -> dict[str, int]:
        """How many workers there should be, how many are warm, and how many runs are held."""
        return {
            "workers": len(self.seats.pool.seats),
            "warm": len(self.seats.pool.warm),
            "runs": len(self.table),
            "playing": sum(run.playing for run in self.table),
            "stored": sum(not run.aside for run in self.table),
            "damaged": sum(run.damaged for run in self.table),
        }

    # -------------------------------------------------------------- what pages ask for

    def start(
        self,
        spec: RunSpec,
        owner: str,
        *,
        playing: bool,
        speed: float | None,
        about: About | None = None,
        limit: int | None = None,
        until: int = 0,
    ) -> str:
        """Hold a new run and start it; BadValue where a cap or a rule refuses it."""
        run = self._new(spec, owner, playing=playing, speed=speed, about=about or About())
        run.limit = None if limit is None else checked_place(limit, MOST_ITERATIONS)
        run.until = checked_place(until, MOST_ITERATIONS)
        return self._begin(run)

    def start_public(self, name: str, spec: RunSpec, speed: float | None) -> str:
        """The run of that name that everybody may watch; started where there is none like it."""
        run = self.table.public(name)
        checked = from_plain(to_plain(spec), self.known())
        if run is not None and (run.ended or run.spec != checked):
            self.stop(run.id)
            run = None
        if run is None:
            run = self._new(spec, "", playing=True, speed=speed, about=About())
            run.public = name
            self._begin(run)
        return run.id

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
        """A run of its own that is another up to there; whoever knows a run may fork it."""
        parent = self.table.held(run)
        if not owner:
            raise NotAllowed(NO_OWNER)
        at = checked_place(iteration, parent.iteration)
        about = replace(parent.about, name="", sweep="")
        spec = cut(parent.spec, at)
        child = self._new(spec, owner, playing=playing, speed=speed, about=about, aside=aside)
        child.parent, child.until = Parent(run, at), at
        for change in changes:
            child.pending[secrets.token_hex(8)] = checked_change(child, change, self.known())
        return self._begin(child)

    def adopt(self, run: str, spec: RunSpec, owner: str, about: About, iteration: int) -> str:
        """Hold a run whose folder somebody has filled, up to that iteration; it is paused."""
        held = self._new(spec, owner, playing=False, speed=None, about=about)
        held.id, held.status, held.dormant, held.begun = run, "paused", True, True
        held.iteration, held.stands_at = iteration, (iteration, 0)
        self.table.add(held)
        self.keep(held)
        return run

    async def awake(self, run: str) -> None:
        """Return when the run is at hand; NoSuchRun where nobody holds it."""
        await self.catalogue()
        await self.waking.awake(self.table.held(run))

    def view(self, run: str) -> RunView:
        """The run now; a page that asks counts as somebody who looks."""
        held = self.table.held(run)
        held.see(asyncio.get_running_loop().time())
        return held.view()

    def owns(self, run: str, owner: str) -> bool:
        """Whether this owner may control the run."""
        return owner != "" and self.table.held(run).owner == owner

    def runs(self, owner: str) -> list[Listed]:
        """This owner's runs, the newest first."""
        return self.table.listed(owner) if owner else []

    def rename(self, run: str, name: str) -> None:
        """Call it something."""
        held = self.table.held(run)
        held.about = replace(held.about, name=clean_name(name))
        self.keep(held)

    def history(self, run: str) -> History:
        """What was kept of it."""
        return self.shelf.history(self.table.held(run))

    def play(self, run: str, speed: float | None) -> None:
        """Go on at that speed; BadValue where the owner's cap refuses it."""
        held, speed = self.table.held(run), checked_speed(speed)
        if held.ended:
            return
        if not held.playing:
            self.table.check_playing(held.owner)
        held.speed, held.resting = speed, False
        held.told(playing=True)
        self._tell(held, m.Play(run, speed))

    def pause(self, run: str, sentence: str = "") -> None:
        """Stop pulling beats; the sentence says why, where a person did not ask for it."""
        held = self.table.held(run)
        if held.ended:
            return
        held.told(playing=False, sentence=sentence)
        self._tell(held, m.Pause(run))

    def step(self, step: m.Step) -> None:
        """Pull some more and pause."""
        held = self.table.held(step.run)
        if held.ended:
            return
        if held.playing:
            held.told(playing=False)
        held.steps.append(step)
        self._tell(held, step)

    def intervene(self, run: str, intervention: Intervention) -> str:
        """Change the run from its next iteration on; the change is kept until it has acted."""
        held = self.table.held(run)
        checked = checked_change(held, intervention, self.known())
        change = secrets.token_hex(8)
        if not held.ended:
            held.pending[change] = checked
            if held.steady and held.placed:
                held.sent.add(change)
                self._tell(held, m.Intervene(run, change, intervention_to_plain(checked)))
            else:
                self._tell(held, None)
        return change

    def stop(self, run: str) -> None:
        """Forget the run and what was kept of it, and hang up on its viewers."""
        held = self.table.held(run)
        self.table.remove(held)
        self.seats.tell(held, m.Stop(run))
        for viewer in held.viewers:
            viewer.close(GONE, "This run has been ended.")
        self.shelf.forget(held)
        self.seats.place_waiting(held.seat)

    # -------------------------------------------------------------- what viewers do

    def join(self, run: str) -> Viewer:
        """A new viewer, who is given the status and the newest frames at once."""
        held = self.table.held(run)
        viewer = Viewer()
        held.viewers.add(viewer)
        viewer.tell(held.status_event())
        if held.static:
            viewer.show(held.static, static=True)
        if held.frame:
            viewer.show(held.frame)
        self._rewatch(held)
        return viewer

    def watch(self, run: str, viewer: Viewer, signals: tuple[str, ...], fps: float) -> None:
        """What this viewer wants to see from now on."""
        held = self.table.held(run)
        viewer.watch(signals, fps)
        self._rewatch(held)

    def leave(self, run: str, viewer: Viewer) -> None:
        """The browser is closed."""
        if held := self.table.find(run):
            held.viewers.discard(viewer)
            self._rewatch(held)

    # -------------------------------------------------------------- inside

    def keep(self, run: Held) -> None:
        """Have the store note it as it is now."""
        now = asyncio.get_running_loop().time()
        run.kept_at = now
        self.shelf.keep(run, now)

    def meet(self, known: Catalogue) -> None:
        """The first worker has said what there is; now kept runs can be read."""
        if self._loading is None:
            self._loading = asyncio.create_task(self._load(known))

    async def _load(self, known: Catalogue) -> None:
        assert self._catalogue is not None
        try:
            await self.waking.load(known)
            await self.sweeps.load(known)
        except RlvizError as refused:
            self._catalogue.set_exception(refused)
            raise
        self._catalogue.set_result(known)
        for run in self.table:
            if run.playing:
                self.waking.wake(run)

    def known(self) -> Catalogue:
        """What there is; RlvizError while the engine starts."""
        if self._catalogue is None or not self._catalogue.done():
            raise RlvizError("The engine is still starting: no worker is ready. Try again soon.")
        return self._catalogue.result()

    def _new(
        self,
        spec: RunSpec,
        owner: str,
        *,
        playing: bool,
        speed: float | None,
        about: About,
        aside: bool = False,
    ) -> Held:
        """A run that may be started, where caps and rules allow it."""
        spec, now = from_plain(to_plain(spec), self.known()), asyncio.get_running_loop().time()
        part = aside or bool(about.sweep)
        self.table.check_new(owner, replicas=spec.replicas, playing=playing, part=part)
        for oldest in self.table.aside(owner)[: -self.limits.aside + 1] if aside else ():
            self.stop(oldest.id)
        about = replace(about, name=clean_name(about.name))
        run = Held(new_id(), owner, spec, 0, playing, checked_speed(speed), now, now)
        run.about, run.aside, run.created = about, aside, time.time()
        return run

    def _begin(self, run: Held) -> str:
        run.seat = self.seats.best(run.owner)
        self.table.add(run)
        self.keep(run)
        self.seats.place_waiting(run.seat)
        return run.id

    def _tell(self, run: Held, command: m.Command | None) -> None:
        """Give a command to the worker of the run; one without a worker is told at its start."""
        if run.dormant:
            self.waking.wake(run)
        elif command is not None:
            self.seats.tell(run, command)
        self.keep(run)

    def _rewatch(self, run: Held) -> None:
        """After a viewer has come, gone or asked for something else."""
        run.see(asyncio.get_running_loop().time())
        if watch := run.rewatch():
            self.seats.tell(run, watch)
        if run.resting and run.public and run.looked_at:
            self.play(run.id, run.speed)  # nobody can press Play for a public run
