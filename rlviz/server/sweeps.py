"""The sweeps of a server: begun as far as caps allow, kept in the store, given up by nobody.

A sweep is a job with an end, so it has a longer lease than a run: while its page is open, or was
within the last ten minutes, its runs are not paused. Then it rests, and goes on when somebody
looks again. After a server has been started anew, by whatever it was ended, its sweeps go on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, RlvizError
from rlviz.runs import sweeping
from rlviz.runs.cards import Entry
from rlviz.runs.client import About
from rlviz.runs.sharing import new_id
from rlviz.runs.spec import RunSpec
from rlviz.runs.sweep import Plan, Sweep, check
from rlviz.runs.sweeping import RESTING, Look, Sweeping, no_sweep

if TYPE_CHECKING:
    from rlviz.server.hub import Hub

log = logging.getLogger(__name__)


class Sweeps:
    """Every method is called in the hub's loop."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: Catalogue | None = None
        self._going: dict[str, Sweeping] = {}
        self._seen: dict[str, float] = {}  # when somebody last looked, by the loop's clock

    async def load(self, known: Catalogue) -> None:
        """Take up what the store has, when the runs are there."""
        entries, _ = await asyncio.to_thread(self._hub.shelf.store.all, "sweeps")
        for entry in entries:
            try:
                self._take(
                    sweeping.from_plain(entry.id, entry.owner, entry.created, entry.plain, known)
                )
            except RlvizError as odd:
                log.warning("Sweep %s can not be gone on with: %s", entry.id, odd)
        self._known = known

    def start(self, plan: Plan, owner: str, known: Catalogue) -> str:
        """Check a sweep and begin it; BadValue where a rule or a cap refuses it."""
        plan = check(plan, known)
        own = [one for one in self._going.values() if one.owner == owner]
        while len(own) >= self._hub.limits.sweeps:
            if (ended := next((one for one in own if one.ended), None)) is None:
                raise BadValue(
                    "One person may have {most} sweeps that have not ended, and has {own}; cancel "
                    "one first.",
                    most=self._hub.limits.sweeps,
                    own=len(own),
                )
            own.remove(ended)
            self._forget(ended)
        made = Sweeping.fresh(new_id(), owner, plan, time.time(), known)
        self._take(made)
        made.advance(self._engine(made), known, self._hub.limits.sweep_running)
        self._keep(made)
        return made.id

    def get(self, sweep: str) -> Sweep:
        """The sweep now; whoever asks counts as somebody who looks at all of its runs."""
        found, now = self._found(sweep), asyncio.get_running_loop().time()
        self._seen[found.id] = now
        for run in found.runs:
            if held := self._hub.table.find(run):
                held.see(now)
        return found.seen()

    def of(self, owner: str) -> list[Sweep]:
        """This owner's, the newest first."""
        own = [one for one in self._going.values() if one.owner == owner != ""]
        return [one.seen() for one in sorted(own, key=lambda one: -one.created)]

    def cancel(self, sweep: str) -> None:
        """End what has not finished."""
        found = self._found(sweep)
        if not found.ended:
            found.cancel(self._engine(found))
            self._keep(found)

    def forget(self, sweep: str) -> None:
        """Delete it with all of its runs."""
        self._forget(self._found(sweep))

    def look(self, now: float) -> None:
        """Go on with every sweep; called now and then."""
        if self._known is None:
            return
        for one in list(self._going.values()):
            unseen = now - self._seen[one.id]
            if one.ended:
                if unseen > self._hub.limits.dormant_seconds and not self._has_runs(one):
                    self._forget(one)  # its runs have been forgotten, one lease after the other
            elif unseen > self._hub.limits.sweep_seconds:
                one.rest(self._engine(one))
            else:
                self._see(one, now)
                if one.advance(self._engine(one), self._known, self._hub.limits.sweep_running):
                    self._keep(one)

    # -------------------------------------------------------------- inside

    def _take(self, one: Sweeping) -> None:
        self._going[one.id] = one
        self._seen[one.id] = asyncio.get_running_loop().time()

    def _found(self, sweep: str) -> Sweeping:
        if sweep not in self._going:
            raise no_sweep()
        return self._going[sweep]

    def _engine(self, one: Sweeping) -> _Engine:
        return _Engine(self._hub, one.owner)

    def _keep(self, one: Sweeping) -> None:
        entry = Entry(one.id, one.owner, one.created, one.to_plain())
        self._hub.shelf.store.put("sweeps", entry)

    def _forget(self, one: Sweeping) -> None:
        del self._going[one.id], self._seen[one.id]
        one.forget(self._engine(one))
        self._hub.shelf.store.remove("sweeps", one.id)

    def _has_runs(self, one: Sweeping) -> bool:
        return any(self._hub.table.find(run) for run in one.runs)

    def _see(self, one: Sweeping, now: float) -> None:
        for run, done in zip(one.runs, one.done, strict=True):
            if not done and (held := self._hub.table.find(run)):
                held.see(now)


@dataclass(frozen=True)
class _Engine:
    """The hub as a sweep of that owner uses it."""

    hub: Hub
    owner: str

    def begin(self, spec: RunSpec, about: About, limit: int) -> str:
        return self.hub.start(spec, self.owner, playing=True, speed=None, about=about, limit=limit)

    def end(self, run: str) -> None:
        if self.hub.table.find(run):
            self.hub.stop(run)

    def rest(self, run: str) -> None:
        if (held := self.hub.table.find(run)) and held.playing:
            self.hub.pause(run, RESTING)

    def go_on(self, run: str) -> None:
        self.hub.play(run, None)

    def look(self, run: str) -> Look | None:
        held = self.hub.table.find(run)
        if held is None:
            return None
        return Look(held.status, held.iteration, held.sentence, held.frame)
