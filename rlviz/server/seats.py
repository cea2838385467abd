"""Runs on the seats of workers: who computes what, and what they say of it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from rlviz import catalogue as catalogues
from rlviz.runs import messages as m
from rlviz.runs.pool import Executor, Pool
from rlviz.runs.spec import At, intervention_from_plain
from rlviz.server import suspicion
from rlviz.server.held import Held

if TYPE_CHECKING:
    from rlviz.server.hub import Hub

log = logging.getLogger(__name__)


class Seats:
    """The workers of a hub, each with the runs that it has."""

    def __init__(self, executor: Executor, hub: Hub) -> None:
        self._hub = hub
        self.pool = Pool(executor, ready=self._ready, received=self._received, lost=self._lost)

    def tell(self, run: Held, command: m.Command) -> None:
        """Give the run's worker a command; one that has none is told all of it at its start."""
        self.pool.send(run.seat, command)

    def best(self, owner: str) -> int:
        """Where a run of that owner is best placed."""
        seats = sorted(self.pool.warm) or list(self.pool.seats)
        return self._hub.table.best_seat(seats, owner, _now())

    def place_waiting(self, seat: int) -> None:
        """Start every run of that seat that no worker has, as far as suspicion lets it."""
        if seat not in self.pool.warm:
            return
        runs = self._hub.table.on(seat)
        for run in runs:
            if not run.placed and not run.ended and suspicion.may_start(run, runs):
                run.placed = True
                run.placed_at = run.saved_at = _now()
                self.tell(run, run.start())
                for after in (run.watch, *run.steps):
                    if after is not None:
                        self.tell(run, after)

    def _ready(self, seat: int, hello: m.Hello) -> None:
        self._hub.meet(catalogues.from_plain(hello.catalogue))
        self.place_waiting(seat)

    def _lost(self, seat: int) -> None:
        runs = self._hub.table.on(seat)
        log.warning("A worker that held %d runs has ended and is replaced.", len(runs))
        for run in suspicion.blame(runs):
            run.fail(m.Failed(run.id, suspicion.SENTENCE))
            self._hub.keep(run)
        for run in runs:
            if not run.ended:
                run.lost()

    def _received(self, seat: int, message: m.Notification) -> None:
        run = self._hub.table.find(getattr(message, "run", ""))
        if run is None or run.seat != seat or run.dormant:
            return  # said before the worker had heard that the run is forgotten, or sleeps
        if run.ended and not isinstance(message, m.Frame):
            return
        if isinstance(message, m.Changed) and message.id not in run.pending:
            self._take_over(run, message)
        else:
            run.take(message)
        for change, plain in run.late():
            self.tell(run, m.Intervene(run.id, change, plain))
        if isinstance(message, m.Checkpoint):
            run.saved_at = _now()
        elif not isinstance(message, m.Frame | m.Course):
            self._hub.keep(run)
        if isinstance(message, m.Finished | m.Diverged | m.Failed):
            self.place_waiting(seat)  # a suspect that waited for this one may go on

    def _take_over(self, run: Held, message: m.Changed) -> None:
        """A change that a checkpoint knows, and what was kept of the run does not."""
        spec, known = run.spec, self._hub.known()
        change = intervention_from_plain(
            message.intervention, spec.algorithm, spec.world, known, spec.replicas
        )
        if At(message.iteration, change) not in spec.interventions:
            run.acted(message, change)


def _now() -> float:
    return asyncio.get_running_loop().time()
