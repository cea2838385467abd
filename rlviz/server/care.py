"""What runs need without anybody asking: leases, checkpoints, cleared suspects, and a farewell."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

from rlviz.runs import messages as m
from rlviz.server import suspicion
from rlviz.server.held import Held
from rlviz.server.leases import due

if TYPE_CHECKING:
    from rlviz.server.hub import Hub

RESTING = "Paused, because nobody was looking. Press Play to go on."
SHUT_DOWN = "Paused, because the server was shut down. Press Play to go on."
_GC_EVERY = 30.0
_QUIET = 0.01  # seconds: the loop is quiet when it wakes us no later than that
_LOOK = 0.02  # seconds between two looks at whether everybody has said farewell


class Care:
    """Looks after the runs of a hub, twice a second."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._ticking: asyncio.Task[None] | None = None

    def open(self) -> None:
        """From now on."""
        self._ticking = asyncio.create_task(self._tick())

    async def close(self) -> None:
        """Let every run that plays come to the end of its iteration, and be saved and paused."""
        if self._ticking:
            self._ticking.cancel()
        hub, loop = self._hub, asyncio.get_running_loop()
        last = loop.time() + hub.limits.farewell_seconds
        played = [run for run in hub.table if run.playing and not run.ended]
        for run in played:
            if run.dormant:  # it was about to be taken up
                run.told(playing=False)
            else:
                hub.step(m.Step(run.id, "iteration", 1))
        while any(run.placed and run.active for run in played) and loop.time() < last:
            await asyncio.sleep(_LOOK)
        for run in played:
            if not run.ended:  # also where its worker was not quick enough
                run.sentence = SHUT_DOWN
        for run in {*played, *(run for run in hub.table if not run.dormant)}:
            hub.keep(run)

    async def _tick(self) -> None:
        hub, loop = self._hub, asyncio.get_running_loop()
        collected = shelved = loop.time()
        while True:
            expected = loop.time() + hub.limits.tick_seconds
            await asyncio.sleep(hub.limits.tick_seconds)
            now = loop.time()
            if now - collected > (_GC_EVERY if now - expected < _QUIET else 4 * _GC_EVERY):
                gc.collect()
                collected = now
            every = now - shelved > hub.limits.shelf_seconds
            shelved = now if every else shelved
            # First, because runs of a sweep live by its lease, also after a long sleep.
            hub.sweeps.look(now)
            for run in hub.table:
                if every or not run.dormant:
                    self._look_after(run, now)

    def _look_after(self, run: Held, now: float) -> None:
        hub = self._hub
        if suspicion.review(run, now, hub.limits):
            hub.seats.place_waiting(run.seat)
        if run.placed and run.playing and now - run.saved_at > hub.limits.save_seconds:
            # A worker saves by the time that a run has cost it, which is little for a slow run.
            run.saved_at = now
            hub.seats.tell(run, m.Save(run.id))
        match due(run, now, hub.limits):
            case "rest":
                run.resting = True
                hub.pause(run.id, RESTING)
            case "sleep":
                hub.waking.sleep(run)
            case "forget":
                hub.stop(run.id)
            case "nothing":
                if run.stale or now - run.kept_at > hub.limits.note_seconds:
                    hub.keep(run)
