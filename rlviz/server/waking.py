"""How runs come from the shelf to a worker, and back.

At the start of a server all of its store's runs are dormant; those that played wake up at once.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from rlviz.errors import BadMessage
from rlviz.runs import messages as m
from rlviz.server.held import Held
from rlviz.server.shelf import BROKEN, Last

if TYPE_CHECKING:
    from rlviz.catalogue import Catalogue
    from rlviz.server.hub import Hub

log = logging.getLogger(__name__)

_SAME_SEAT = 60.0  # seconds in which the worker that had the run may not have let go of it


class Waking:
    """Moves the runs of a hub; each is read from its folder once, whoever waits for it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def load(self, known: Catalogue) -> None:
        """Take up everything that is kept."""
        hub, now = self._hub, asyncio.get_running_loop().time()
        runs = await asyncio.to_thread(hub.shelf.load, known, now)
        await asyncio.to_thread(hub.channels.load)
        for run in runs:
            hub.table.add(run)
        log.info("%d runs were taken up from the store.", len(runs))

    async def awake(self, run: Held) -> None:
        """Return when its newest frame is here and, unless it has ended, a worker is told of it."""
        if run.dormant:
            await asyncio.shield(self.wake(run))

    def wake(self, run: Held) -> asyncio.Task[None]:
        """Begin to wake it."""
        if run.id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._wake(run))
            self._tasks[run.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(run.id, None))
        return self._tasks[run.id]

    def sleep(self, run: Held) -> None:
        """Take it from its worker and let its frames go."""
        hub = self._hub
        if run.placed:
            hub.seats.tell(run, m.Stop(run.id))
            run.let_go_at = asyncio.get_running_loop().time()
        run.placed, run.dormant = False, True
        run.frame, run.static, run.history = b"", b"", None
        hub.keep(run)

    def close(self) -> None:
        """Wake nobody any more."""
        for task in list(self._tasks.values()):
            task.cancel()

    async def _wake(self, run: Held) -> None:
        hub, loop = self._hub, asyncio.get_running_loop()
        history = hub.shelf.history(run)
        try:
            last = await asyncio.to_thread(hub.shelf.last, history)
        except (OSError, BadMessage) as broken:
            last = Last(damage=str(broken))
        if hub.table.find(run.id) is not run or not run.dormant:
            return
        run.frame, run.static = last.frame, last.static
        run.sequence = max(run.sequence, last.sequence)
        run.dormant, run.history = False, history
        if last.damage and not run.ended:
            run.fail_on_shelf(BROKEN, run=run.id, damage=last.damage)
            log.error("Quarantined: %s", run.said)
        if not run.ended:
            if loop.time() - run.let_go_at > _SAME_SEAT:
                run.seat = hub.seats.best(run.owner)
            hub.seats.place_waiting(run.seat)
