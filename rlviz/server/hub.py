"""The hub: what every run was told and has shown, between workers and viewers.

It lives in the server's event loop, and nothing in it waits: messages of workers come in as
calls, viewers are given references. Other threads reach it through `server.gateway`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import secrets

from rlviz import catalogue as catalogues
from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, RlvizError
from rlviz.runs import messages as m
from rlviz.runs.client import RunView
from rlviz.runs.pool import Executor, Pool
from rlviz.runs.spec import (
    Edit,
    Intervention,
    RunSpec,
    from_plain,
    intervention_from_plain,
    intervention_to_plain,
    to_plain,
)
from rlviz.server import suspicion
from rlviz.server.held import Held
from rlviz.server.limits import Limits
from rlviz.server.table import Table, new_id
from rlviz.server.viewer import Viewer

log = logging.getLogger(__name__)

GONE = 4404  # close code of the live route: this run is held by nobody
MOST_SPEED = 1e6  # iterations a second
RESTING = "Paused, because nobody was looking. Press Play to go on."
_GC_EVERY = 30.0
_QUIET = 0.01  # seconds: the loop is quiet when it wakes us no later than that


class Hub:
    """All runs of this server. Every method is called in the loop that `open` ran in."""

    def __init__(self, executor: Executor, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._table = Table(self.limits)
        self._public: dict[str, str] = {}  # name → run
        self._catalogue: asyncio.Future[Catalogue] | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._pool = Pool(executor, ready=self._ready, received=self._received, lost=self._lost)

    # -------------------------------------------------------------- on and off

    def open(self) -> None:
        """Start the workers, without waiting for them."""
        self._catalogue = asyncio.get_running_loop().create_future()
        self._ticking = asyncio.create_task(self._tick())
        self._pool.open()

    async def close(self) -> None:
        """End the workers; afterwards no process of ours is left."""
        if self._ticking:
            self._ticking.cancel()
        await self._pool.close()

    async def catalogue(self) -> Catalogue:
        """What there is; waits for the first worker."""
        assert self._catalogue is not None
        return await asyncio.shield(self._catalogue)

    def health(self) -> dict[str, int]:
        """How many workers there should be, how many are warm, and how many runs are held."""
        playing = sum(run.playing for run in self._table)
        workers, warm = len(self._pool.seats), len(self._pool.warm)
        return {"workers": workers, "warm": warm, "runs": len(self._table), "playing": playing}

    # -------------------------------------------------------------- what pages ask for

    def start(self, spec: RunSpec, owner: str, *, playing: bool, speed: float | None) -> str:
        """Hold a new run and start it; BadValue where a cap or a rule refuses it."""
        spec = from_plain(to_plain(spec), self._known())
        self._table.check_new(owner, replicas=spec.replicas, playing=playing)
        now = asyncio.get_running_loop().time()
        seats = sorted(self._pool.warm) or list(self._pool.seats)
        seat = self._table.best_seat(seats, owner, now)
        run = Held(new_id(), owner, spec, seat, playing, _checked_speed(speed), now, now)
        self._table.add(run)
        self._place_waiting(seat)
        return run.id

    def start_public(self, name: str, spec: RunSpec, speed: float | None) -> str:
        """The run of that name that everybody may watch; started where there is none."""
        run = self._table.find(self._public.get(name, ""))
        if run is None or run.ended:
            self._public[name] = self.start(spec, "", playing=True, speed=speed)
        return self._public[name]

    def view(self, run: str) -> RunView:
        """The run now; a page that asks counts as somebody who looks."""
        held = self._table.held(run)
        held.seen_at = asyncio.get_running_loop().time()
        return held.view()

    def owns(self, run: str, owner: str) -> bool:
        """Whether this owner may control the run."""
        return owner != "" and self._table.held(run).owner == owner

    def play(self, run: str, speed: float | None) -> None:
        """Go on at that speed; BadValue where the owner's cap refuses it."""
        held, speed = self._table.held(run), _checked_speed(speed)
        if held.ended:
            return
        if not held.playing:
            self._table.check_playing(held.owner)
        held.speed, held.resting = speed, False
        held.told(playing=True)
        self._pool.send(held.seat, m.Play(run, speed))

    def pause(self, run: str, sentence: str = "") -> None:
        """Stop pulling beats; the sentence says why, where a person did not ask for it."""
        held = self._table.held(run)
        if held.ended:
            return
        held.told(playing=False, sentence=sentence)
        self._pool.send(held.seat, m.Pause(run))

    def step(self, step: m.Step) -> None:
        """Pull some more and pause."""
        held = self._table.held(step.run)
        if held.ended:
            return
        if held.playing:
            held.told(playing=False)
        held.steps.append(step)
        self._pool.send(held.seat, step)

    def intervene(self, run: str, intervention: Intervention) -> str:
        """Change the run from its next iteration on; the change is kept until it has acted."""
        held = self._table.held(run)
        plain, spec = intervention_to_plain(intervention), held.spec
        checked = intervention_from_plain(
            plain, spec.algorithm, spec.world, self._known(), spec.replicas
        )
        if isinstance(checked, Edit):
            held.check_edit(checked, self._known().world(spec.world).fields)
        change = secrets.token_hex(8)
        if not held.ended:
            held.pending[change] = checked
            if held.catch_up is None:
                told = m.Intervene(run, change, intervention_to_plain(checked))
                self._pool.send(held.seat, told)
        return change

    def stop(self, run: str) -> None:
        """Forget the run and hang up on its viewers."""
        held = self._table.held(run)
        self._table.remove(held)
        self._pool.send(held.seat, m.Stop(run))
        for viewer in held.viewers:
            viewer.close(GONE, "This run has been ended.")
        self._place_waiting(held.seat)

    def history(self, run: str, first: int, last: int) -> list[bytes]:
        """Of those iterations, what is held: the newest frame."""
        held = self._table.held(run)
        return [held.frame] if held.frame and first <= held.iteration <= last else []

    # -------------------------------------------------------------- what viewers do

    def join(self, run: str) -> Viewer:
        """A new viewer, who is given the status and the newest frames at once."""
        held = self._table.held(run)
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
        held = self._table.held(run)
        viewer.watch(signals, fps)
        self._rewatch(held)

    def leave(self, run: str, viewer: Viewer) -> None:
        """The browser is closed."""
        if held := self._table.find(run):
            held.viewers.discard(viewer)
            self._rewatch(held)

    # -------------------------------------------------------------- what workers say

    def _ready(self, seat: int, hello: m.Hello) -> None:
        assert self._catalogue is not None
        if not self._catalogue.done():
            self._catalogue.set_result(catalogues.from_plain(hello.catalogue))
        self._place_waiting(seat)

    def _lost(self, seat: int) -> None:
        runs = self._table.on(seat)
        log.warning("A worker that held %d runs has ended and is replaced.", len(runs))
        for run in suspicion.blame(runs):
            run.fail(m.Failed(run.id, suspicion.SENTENCE))
        for run in runs:
            if not run.ended:
                run.lost()

    def _received(self, seat: int, message: m.Notification) -> None:
        run = self._table.find(getattr(message, "run", ""))
        if run is None or run.seat != seat:
            return  # said before the worker had heard that the run is forgotten
        if run.ended and not isinstance(message, m.Frame):
            return
        run.take(message)
        if run.caught_up():
            for change, intervention in run.plain_pending():
                self._pool.send(seat, m.Intervene(run.id, change, intervention))
        if isinstance(message, m.Checkpoint):
            run.saved_at = asyncio.get_running_loop().time()
        if isinstance(message, m.Finished | m.Diverged | m.Failed):
            self._place_waiting(seat)  # a suspect that waited for this one may go on

    # -------------------------------------------------------------- inside

    def _known(self) -> Catalogue:
        if self._catalogue is None or not self._catalogue.done():
            raise RlvizError("The engine is still starting: no worker is ready. Try again soon.")
        return self._catalogue.result()

    def _place_waiting(self, seat: int) -> None:
        """Start every run of that seat that no worker has, as far as suspicion lets it."""
        if seat not in self._pool.warm:
            return
        runs = self._table.on(seat)
        for run in runs:
            if not run.placed and not run.ended and suspicion.may_start(run, runs):
                run.placed = True
                run.placed_at = run.saved_at = asyncio.get_running_loop().time()
                self._pool.send(seat, run.start())
                for after in (run.watch, *run.steps):
                    if after is not None:
                        self._pool.send(seat, after)

    def _rewatch(self, run: Held) -> None:
        """After a viewer has come, gone or asked for something else."""
        run.seen_at = asyncio.get_running_loop().time()
        if watch := run.rewatch():
            self._pool.send(run.seat, watch)
        if run.resting and not run.owner and run.looked_at:
            self.play(run.id, run.speed)  # nobody can press Play for a public run

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        collected = loop.time()
        while True:
            due = loop.time() + self.limits.tick_seconds
            await asyncio.sleep(self.limits.tick_seconds)
            now = loop.time()
            if now - collected > (_GC_EVERY if now - due < _QUIET else 4 * _GC_EVERY):
                gc.collect()
                collected = now
            for run in self._table:
                self._look_after(run, now)

    def _look_after(self, run: Held, now: float) -> None:
        """Leases, checkpoints, and suspects that may be cleared by now."""
        if suspicion.review(run, now, self.limits):
            self._place_waiting(run.seat)
        if run.placed and run.playing and now - run.saved_at > self.limits.save_seconds:
            # A worker saves by the time that a run has cost it, which is little for a slow run.
            run.saved_at = now
            self._pool.send(run.seat, m.Save(run.id))
        if run.looked_at:
            run.seen_at = now
        elif now - run.seen_at > self.limits.keep_seconds:
            self.stop(run.id)
        elif now - run.seen_at > self.limits.lease_seconds and run.playing:
            run.resting = True
            self.pause(run.id, RESTING)


def _checked_speed(speed: float | None) -> float | None:
    if speed is None:
        return None
    if isinstance(speed, bool) or not isinstance(speed, int | float):
        raise BadValue(f"`speed` must be a number or null, but got {type(speed).__name__}.")
    if not (math.isfinite(speed) and 0 < speed <= MOST_SPEED):
        raise BadValue(f"`0 < speed <= {MOST_SPEED:g}` must hold, but got speed={speed:g}.")
    return float(speed)
